//! The page's requests to the lab: statements, time, and replacing it.

use raft_lab::{
    ConsoleKind, Crossroads, DiagramFormat, DiagramWindow, EntryMoment, EventNumber, ExecResult,
    Frame, Instant, Lab, LinkedPage, LogPosition, MomentLink, NodeId, Presented, RecordedStep,
    Related, RunForm, Suggestion, ViewWindow,
};

use super::Runner;
use crate::app::panic;
use crate::lab::kept_run;

impl Runner {
    /// The lab's present frame.
    pub(crate) fn frame(&self) -> Frame {
        self.0.lab.borrow().frame()
    }

    /// Carries out one line of the language, as if typed.
    pub(crate) fn exec(&self, line: &str) {
        self.with(|lab| lab.exec(line));
    }

    /// As [`exec`](Self::exec), and calls `listener` with the result.
    pub(crate) fn exec_then(&self, line: &str, listener: impl FnOnce(ExecResult) + 'static) {
        self.with(|lab| lab.exec_then(line, listener));
    }

    /// Changes what frames show of long lists.
    pub(crate) fn set_window(&self, change: impl FnOnce(&mut ViewWindow)) {
        let mut window = self.0.lab.borrow().window().clone();
        change(&mut window);
        if window != *self.0.lab.borrow().window() {
            self.with(|lab| lab.set_window(window));
        }
    }

    /// Runs or pauses.
    pub(crate) fn set_running(&self, running: bool) {
        self.with(|lab| lab.set_running(running));
    }

    /// Shows the answer to a question no more.
    pub(crate) fn dismiss_explanation(&self) {
        self.with(Lab::dismiss_explanation);
    }

    /// Sets how fast virtual time passes.
    pub(crate) fn set_speed(&self, speed: f64) {
        self.with(|lab| lab.set_speed(speed));
    }

    /// Pauses, and lets one event happen.
    pub(crate) fn step(&self) {
        self.with(|lab| {
            lab.set_running(false);
            lab.step();
        });
    }

    /// Shows the run as it was after so many steps.
    pub(crate) fn show_after(&self, steps: u64) {
        self.with(|lab| lab.show(steps));
    }

    /// Shows the run as it was at a time.
    pub(crate) fn show_at(&self, time: Instant) {
        self.with(|lab| lab.show_at(time));
    }

    /// Shows the next thing of a kind, or the one before.
    pub(crate) fn jump_to(&self, what: raft_lab::JumpTo, forward: bool) {
        self.with(|lab| lab.jump_to(what, forward));
    }

    /// Shows the next message of a node, or between two, or the one before.
    pub(crate) fn jump_to_message(&self, node: NodeId, peer: Option<NodeId>, forward: bool) {
        self.with(|lab| lab.jump_to_message(node, peer, forward));
    }

    /// Shows the moment at which this happened to a log entry.
    pub(crate) fn jump_to_entry(&self, entry: LogPosition, what: EntryMoment) {
        self.with(|lab| lab.jump_to_entry(entry, what));
    }

    /// The part of the run that the tape shows, in µs; `None`: the whole run.
    pub(crate) fn tape_window(&self) -> Option<std::ops::Range<u64>> {
        self.0.lab.borrow().window().tape.clone()
    }

    /// Chooses the part of the run that the tape shows.
    pub(crate) fn set_tape_window(&self, part: Option<std::ops::Range<u64>>) {
        self.set_window(|window| window.tape = part);
    }

    /// What the page wants of the sequence diagram; `None`: it is not open.
    pub(crate) fn diagram_window(&self) -> Option<DiagramWindow> {
        self.0.lab.borrow().window().diagram.clone()
    }

    /// Opens the diagram as it was left, or closes it.
    pub(crate) fn show_diagram(&self, is_open: bool) {
        let open = self.diagram_window();
        if is_open == open.is_some() {
            return;
        }
        if let Some(open) = open {
            *self.0.left_diagram.borrow_mut() = open.anew();
        }
        let next = is_open.then(|| self.0.left_diagram.borrow().clone());
        self.set_window(|window| window.diagram = next);
    }

    /// Opens the diagram at an event, and lights what led to it.
    pub(crate) fn show_in_diagram(&self, event: EventNumber, at: Instant) {
        self.stop_comparing();
        self.show_diagram(true);
        self.set_diagram(|window| {
            (window.only, window.about) = (None, Some(event));
            window.lit = Some(Related::Past(event));
            window.from = Some(Instant(at.0.saturating_sub(window.span / 4 * 3)));
        });
    }

    /// Shows the moment of an event of the diagram.
    pub(crate) fn show_event(&self, event: EventNumber) {
        let steps = self.0.lab.borrow().steps_of(event);
        if let Some(steps) = steps {
            self.show_after(steps);
        }
    }

    /// Changes what the page wants of the diagram, if it is open.
    pub(crate) fn set_diagram(&self, change: impl FnOnce(&mut DiagramWindow)) {
        self.set_window(|window| {
            if let Some(diagram) = &mut window.diagram {
                change(diagram);
            }
        });
    }

    /// The same for what changes with every move of a pointer: the next frame is painted with it,
    /// and the panels follow when it is their turn.
    pub(crate) fn glide_diagram(&self, change: impl FnOnce(&mut DiagramWindow)) {
        let mut lab = self.0.lab.borrow_mut();
        let mut window = lab.window().clone();
        if let Some(diagram) = &mut window.diagram {
            change(diagram);
            lab.set_window(window);
        }
    }

    /// The diagram as text: what is shown, or all of it.
    pub(crate) fn export_diagram(
        &self,
        format: DiagramFormat,
        is_whole: bool,
    ) -> Result<String, String> {
        self.0.lab.borrow().export_diagram(format, is_whole)
    }

    /// Shows the moment one step earlier.
    pub(crate) fn step_back(&self) {
        self.with(Lab::step_back);
    }

    /// Shows the run backward, or stops that.
    pub(crate) fn play_backward(&self, plays: bool) {
        self.with(|lab| lab.play_backward(plays));
    }

    /// Shows the next thing that the tape marks, or the one before.
    pub(crate) fn jump(&self, forward: bool) {
        self.with(|lab| lab.jump(forward));
    }

    /// Shows the end of the run.
    pub(crate) fn return_to_live(&self) {
        self.with(Lab::return_to_live);
    }

    /// Pins the moment, so that changes are told since then; or since the moment before again.
    pub(crate) fn pin(&self, is_pinned: bool) {
        self.with(if is_pinned { Lab::pin } else { Lab::unpin });
    }

    /// Takes back the last order.
    pub(crate) fn undo(&self) {
        self.with(|lab| tell(lab, Lab::undo));
    }

    /// Goes to another branch.
    pub(crate) fn switch_to(&self, branch: u32) {
        self.with(|lab| tell(lab, |lab| lab.switch_to(branch)));
    }

    /// Shows the live branch beside the one that it left.
    pub(crate) fn compare(&self) {
        self.with(|lab| tell(lab, Lab::compare));
    }

    /// Begins a scene of the lesson.
    pub(crate) fn show_scene(&self, scene: usize) {
        self.with(|lab| tell(lab, |lab| lab.show_scene(scene)));
    }

    /// Chooses an answer: the run answers then.
    pub(crate) fn choose(&self, choice: usize) {
        self.with(|lab| tell(lab, |lab| lab.choose(choice)));
    }

    /// Goes a way to the goals of the scene.
    pub(crate) fn show_solution(&self) {
        self.with(|lab| tell(lab, Lab::show_solution));
    }

    /// Plays a run in which a choice would be right.
    pub(crate) fn show_instead(&self, choice: usize) {
        self.with(|lab| tell(lab, |lab| lab.show_instead(choice)));
    }

    /// Shows the run that answered again.
    pub(crate) fn leave_instead(&self) {
        self.with(|lab| tell(lab, Lab::leave_instead));
    }

    /// Goes to the end of what the lesson plays.
    pub(crate) fn hurry(&self) {
        self.with(Lab::hurry);
    }

    /// Ends the lesson; the run stays.
    pub(crate) fn leave_lesson(&self) {
        self.with(Lab::leave_lesson);
    }

    /// Shows the live branch alone.
    pub(crate) fn stop_comparing(&self) {
        self.with(Lab::stop_comparing);
    }

    /// Shows the moment before a statement of the live branch.
    pub(crate) fn show_before(&self, line: usize) {
        self.with(|lab| tell(lab, |lab| lab.show_before(line)));
    }

    /// Begins a branch without a statement of the live branch.
    pub(crate) fn leave_out(&self, line: usize) {
        self.with(|lab| tell(lab, |lab| lab.leave_out(line)));
    }

    /// Gives a branch another name.
    pub(crate) fn rename_branch(&self, branch: u32, name: &str) {
        self.with(|lab| tell(lab, |lab| lab.rename_branch(branch, name)));
    }

    /// Computes the branches of an earlier run again.
    pub(crate) fn recall(&self, run: u64) {
        self.with(|lab| tell(lab, |lab| lab.recall(run)));
    }

    /// Stores the live branch in place of the one that is stored.
    pub(crate) fn adopt(&self) {
        self.with(|lab| tell(lab, Lab::adopt));
    }

    /// Keeps the run for the next visit: the page may be going away.
    pub(crate) fn keep(&self) {
        let lab = self.0.lab.try_borrow().ok().filter(|_| !panic::has_panicked());
        if let Some(lab) = lab {
            kept_run::keep(&lab);
        }
    }

    /// Removes a branch.
    pub(crate) fn remove_branch(&self, branch: u32) {
        self.with(|lab| tell(lab, |lab| lab.remove_branch(branch)));
    }

    /// Adds a breakpoint; a refusal is in words.
    pub(crate) fn add_breakpoint(&self, condition: &str) -> Result<u32, String> {
        self.with(|lab| lab.add_breakpoint(condition))
    }

    /// Switches a breakpoint on or off.
    pub(crate) fn set_breakpoint(&self, id: u32, is_on: bool) {
        self.with(|lab| tell(lab, |lab| lab.set_breakpoint(id, is_on)));
    }

    /// Removes a breakpoint.
    pub(crate) fn remove_breakpoint(&self, id: u32) {
        self.with(|lab| tell(lab, |lab| lab.remove_breakpoint(id)));
    }

    /// Begins to record a lesson, or gives the recorded one up.
    pub(crate) fn set_recording(&self, is_on: bool) {
        self.with(|lab| tell(lab, |lab| lab.set_recording(is_on)));
    }

    /// Names the lesson that is being recorded.
    pub(crate) fn name_recording(&self, title: &str, about: &str) {
        self.with(|lab| tell(lab, |lab| lab.name_recording(title, about)));
    }

    /// Adds a step to it at the shown moment; a refusal is in words.
    pub(crate) fn record(&self, step: RecordedStep) -> Result<(), String> {
        self.with(|lab| lab.record(step))
    }

    /// Changes a step of it; a refusal is in words.
    pub(crate) fn change_recorded(&self, number: usize, step: RecordedStep) -> Result<(), String> {
        self.with(|lab| lab.change_recorded(number, Some(step)))
    }

    /// Keeps a step of it that is being written.
    pub(crate) fn draft_step(&self, step: RecordedStep) {
        self.with(|lab| tell(lab, |lab| lab.draft_step(step)));
    }

    /// Shows the moment of a step of it.
    pub(crate) fn show_recorded(&self, number: usize) {
        self.with(|lab| tell(lab, |lab| lab.show_recorded(number)));
    }

    /// Removes a step of it.
    pub(crate) fn remove_recorded(&self, number: usize) {
        self.with(|lab| tell(lab, |lab| lab.change_recorded(number, None)));
    }

    /// The recorded lesson as a script; what is missing is in words.
    pub(crate) fn recorded_lesson(&self) -> Result<String, String> {
        self.0.lab.borrow().recorded_lesson()
    }

    /// The moment that the page shows, for a search of its futures.
    pub(crate) fn crossroads(&self) -> Crossroads {
        self.0.lab.borrow().crossroads()
    }

    /// Shows an earlier time of the run whose futures were searched.
    pub(crate) fn show_before_crossroads(&self, from: &Crossroads, at: Instant) {
        self.with(|lab| tell(lab, |lab| lab.show_before_crossroads(from, at)));
    }

    /// Makes a future of a moment a branch, and plays it up to where it was found.
    pub(crate) fn open_future(&self, from: &Crossroads, seed: u64, at: Instant, steps: u64) {
        self.with(|lab| tell(lab, |lab| lab.open_future(from, seed, at, steps)));
    }

    /// Makes what was found by exploring from a moment a branch, and plays it to its end.
    pub(crate) fn open_continuation(&self, from: &Crossroads, after: &str) {
        self.with(|lab| tell(lab, |lab| lab.open_continuation(from, after)));
    }

    /// Cancels the statement that is being waited for.
    pub(crate) fn cancel(&self) {
        self.with(Lab::cancel);
    }

    /// Writes a notice into the console.
    pub(crate) fn say(&self, text: &str) {
        self.with(|lab| lab.say(ConsoleKind::Info, text));
    }

    /// Writes an error into the console.
    pub(crate) fn refuse(&self, text: &str) {
        self.with(|lab| lab.say(ConsoleKind::Error, text));
    }

    /// Replaces the lab.
    pub(crate) fn replace(&self, lab: Lab) {
        self.keep();
        let is_recording = self.frame().lab.recording.is_some();
        if is_recording {
            kept_run::keep_recorded(&self.0.lab.borrow().keep());
        }
        self.with(|current| current.replace(lab));
        self.0.keeper.begin();
    }

    /// Continues without the browser's storage.
    pub(crate) fn continue_as_scratch(&self) {
        self.with(Lab::continue_as_scratch);
    }

    /// The script that leads to this moment.
    pub(crate) fn export(&self) -> String {
        self.0.lab.borrow().export_shown()
    }

    /// The run up to this moment in another form; an error in words.
    pub(crate) fn export_as(&self, form: RunForm) -> Result<String, String> {
        self.0.lab.borrow().export_as(form)
    }

    /// The link to this moment.
    pub(crate) fn link(&self, title: &str, page: &LinkedPage) -> MomentLink {
        self.0.lab.borrow().link(title, page.clone())
    }

    /// What is shown, for the audience of a presenter.
    pub(crate) fn present(&self, presenter: u64, title: &str, page: &LinkedPage) -> Presented {
        self.0.lab.borrow().present(presenter, title, page.clone())
    }

    /// Whether a line is a statement or a command.
    pub(crate) fn understands(&self, line: &str) -> bool {
        self.0.lab.borrow().understands(line)
    }

    /// The completions of a line that is being typed.
    pub(crate) fn complete(&self, text: &str) -> Vec<Suggestion> {
        self.0.lab.borrow().complete(text)
    }

    /// The completions of a condition that is being typed.
    pub(crate) fn complete_condition(&self, text: &str) -> Vec<Suggestion> {
        self.0.lab.borrow().complete_condition(text)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Lab) -> T) -> T {
        let result = change(&mut self.0.lab.borrow_mut());
        self.changed();
        result
    }
}

/// A refusal goes into the console.
fn tell(lab: &mut Lab, act: impl FnOnce(&mut Lab) -> Result<(), String>) {
    if let Err(words) = act(lab) {
        lab.say(ConsoleKind::Error, words);
    }
}
