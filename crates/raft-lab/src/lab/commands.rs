//! Commands that only a console has: they look at the run, or move in it.

use raft_core::NodeId;
use raft_script::{
    Breakpoint, ConsoleCommand, Destination, HelpLine, Moment, Place, Reply, Statement,
};
use raft_sim::{Event, EventNumber, Mention, Words, say, words};

use super::exec::{ExecResult, Listener};
use super::{Lab, log_table};
use crate::frame::Recent;
use crate::view::ViewMaker;
use crate::{BreakpointView, ConsoleKind, ExecStatus, ViewWindow};

/// The most events that are told of a moment.
const MOST_EVENTS: usize = 40;
/// The most steps at once while a statement waits: they are made in one call.
const MOST_STEPS: u64 = 10_000;
/// The width of a form in the help, in characters.
const FORM: usize = 32;

impl Lab {
    /// Whether a line can be carried out as far as its words tell: it is a statement or a command,
    /// and no comment.
    pub fn understands(&self, line: &str) -> bool {
        let input = raft_script::parse_input(line);
        !line.trim_start().starts_with('#') && matches!(input, Ok(Some(_)))
    }

    /// Carries out a command. Its answer is lines of the console.
    pub(super) fn carry_out(
        &mut self,
        command: ConsoleCommand,
        listener: Option<Listener>,
    ) -> ExecStatus {
        self.say(ConsoleKind::Command, command.to_string());
        let answer = self.answer(command);
        self.tell_answer(answer, listener)
    }

    /// Whether `step` is no statement that waits, but shows the next moments: in the past, and
    /// while the statement that waits is held.
    pub(super) fn steps_by_hand(&self) -> bool {
        self.past.is_some() || (self.is_waiting() && !self.pacer.is_running())
    }

    /// `step` there.
    pub(super) fn step_by_hand(&mut self, count: u64, listener: Option<Listener>) -> ExecStatus {
        self.say(ConsoleKind::Command, Statement::Step(count).to_string());
        let answer = match self.past.is_some() {
            true => Ok(self.step_in_past(count)),
            false => self.step_held(count),
        };
        self.tell_answer(answer, listener)
    }

    fn step_held(&mut self, count: u64) -> Result<Vec<Words>, String> {
        if count > MOST_STEPS {
            return Err(format!("at most {MOST_STEPS} steps while a statement waits"));
        }
        (0..count).for_each(|_| self.step());
        Ok(self.place())
    }

    fn step_in_past(&mut self, count: u64) -> Vec<Words> {
        let journal = self.session().journal();
        let shown = self.shown_session().moment();
        self.moved_to((0..count).fold(shown, |moment, _| journal.after(moment)))
    }

    fn tell_answer(
        &mut self,
        answer: Result<Vec<Words>, String>,
        listener: Option<Listener>,
    ) -> ExecStatus {
        match answer {
            Ok(lines) => {
                self.say_all(&lines);
                let words = Words::joined(lines, "\n");
                self.tell(listener, ExecResult::Done(words.to_string()));
                ExecStatus::Done(Reply::new(words))
            }
            Err(words) => self.fail(words, listener),
        }
    }

    pub(super) fn say_all(&mut self, lines: &[Words]) {
        lines.iter().for_each(|line| self.say(ConsoleKind::Reply, line.clone()));
    }

    fn answer(&mut self, command: ConsoleCommand) -> Result<Vec<Words>, String> {
        match command {
            ConsoleCommand::Back(count) => self.back(count),
            ConsoleCommand::Goto(destination) => self.go(destination),
            ConsoleCommand::Continue => self.go_on(),
            ConsoleCommand::Break(breakpoint) => self.breakpoint(breakpoint),
            ConsoleCommand::Fork(name) => self.fork(name.as_deref()).map(|()| self.place()),
            ConsoleCommand::Branches => Ok(self.branch_lines()),
            ConsoleCommand::Switch(name) => {
                let number = self.branch_named(&name)?.number();
                self.switch_to(number).map(|()| self.place())
            }
            ConsoleCommand::Diff(pair) => self.difference_lines(pair),
            ConsoleCommand::Logs(nodes) => self.log_lines(&nodes),
            ConsoleCommand::Diagram(drawing) => self.diagram_lines(drawing),
            ConsoleCommand::Undo => self.undo().map(|()| self.place()),
            ConsoleCommand::Help(word) => Ok(help(word.as_deref())),
        }
    }

    fn log_lines(&self, nodes: &[NodeId]) -> Result<Vec<Words>, String> {
        let (mut maker, window) = (ViewMaker::default(), ViewWindow::default());
        let view = maker.make(self.shown_session(), &Recent::default(), &window);
        log_table::lines(&view, nodes)
    }

    fn back(&mut self, count: u64) -> Result<Vec<Words>, String> {
        let shown = self.shown_session().moment();
        let mut moment = shown;
        for _ in 0..count {
            let Some(before) = self.session().journal().before(moment) else { break };
            moment = before;
        }
        match moment == shown {
            true => Err("nothing was before this moment: it is the start".to_owned()),
            false => Ok(self.moved_to(moment)),
        }
    }

    fn go(&mut self, destination: Destination) -> Result<Vec<Words>, String> {
        let (end, world) = (self.session().moment(), self.session().world());
        let (now, events) = (world.now(), world.event_count());
        match destination {
            Destination::Time(time) if time > now => {
                return Err(format!("the branch ends at {now}: `run` lets time pass"));
            }
            Destination::Time(time) => self.show_at(time),
            Destination::Step(steps) if steps > end.steps => {
                return Err(format!("the branch ends after step {}", end.steps));
            }
            Destination::Step(steps) => self.show(steps),
            Destination::Event(number) if number.get() > events => {
                return Err(format!("the branch ends after event {events}"));
            }
            Destination::Event(number) => {
                let moment = self.moment_of_event(number)?;
                self.show_moment(moment);
            }
            Destination::End => self.return_to_live(),
        }
        self.finish_seeking();
        Ok(self.place())
    }

    /// The moment after the step or the statement that made an event of the live branch.
    fn moment_of_event(&self, number: EventNumber) -> Result<Moment, String> {
        let near = self.shown_session();
        let found = self
            .branches
            .first_moment(self.live, near, |session| session.world().event_count() >= number.get());
        let found = found.map_err(|error| error.to_string())?;
        found.ok_or_else(|| format!("there is no event {number}"))
    }

    fn moved_to(&mut self, moment: Moment) -> Vec<Words> {
        self.show_moment(moment);
        self.finish_seeking();
        self.place()
    }

    fn go_on(&mut self) -> Result<Vec<Words>, String> {
        if !self.is_waiting() {
            return Err("nothing waits: `run` lets time pass".to_owned());
        }
        self.set_running(true);
        Ok(Vec::new())
    }

    fn breakpoint(&mut self, breakpoint: Breakpoint) -> Result<Vec<Words>, String> {
        match breakpoint {
            Breakpoint::When(condition) => {
                let id = self.add_breakpoint(&condition.to_string())?;
                Ok(self.breakpoint_lines(Some(id)))
            }
            Breakpoint::Violation => {
                self.set_breakpoint(0, true)?;
                Ok(self.breakpoint_lines(Some(0)))
            }
            Breakpoint::List => Ok(self.breakpoint_lines(None)),
            Breakpoint::Remove(0) => {
                self.set_breakpoint(0, false)?;
                Ok(self.breakpoint_lines(Some(0)))
            }
            Breakpoint::Remove(id) => {
                self.remove_breakpoint(id)?;
                Ok(vec![words! { "breakpoint {id} is removed" }])
            }
        }
    }

    /// The breakpoints in words, or one of them.
    fn breakpoint_lines(&self, only: Option<u32>) -> Vec<Words> {
        let line = |BreakpointView { id, text, is_on, holds }: &BreakpointView| {
            let state = match (is_on, holds) {
                (false, _) => " (off)",
                (true, true) if *id > 0 => " (it holds now: it must cease to hold first)",
                (true, _) => "",
            };
            words! { "breakpoint {id}: {text}{state}" }
        };
        let views = self.breakpoint_views();
        views.iter().filter(|view| only.is_none_or(|id| view.id == id)).map(line).collect()
    }

    /// The moment that the page shows, in words, and the events that led to it, one a line.
    pub fn place(&self) -> Vec<Words> {
        let (shown, end) = (self.shown_session(), self.session().moment().steps);
        let (now, steps) = (shown.world().now(), shown.moment().steps);
        let branch = self.branch_name(self.live);
        let place = match self.past.is_some() {
            true => words! { "{now}, step {steps} of {end} in {branch}" },
            false => words! { "{now}, step {steps}, the end of {branch}" },
        };
        // At the end of a wait, the session has forgotten what the last step did.
        let last = match shown.events().is_empty() {
            true => self.branches.at(Place { branch: self.live, moment: shown.moment() }).ok(),
            false => None,
        };
        let events = last.as_ref().unwrap_or(shown).events();
        let more = events.len().saturating_sub(MOST_EVENTS);
        let mut lines = vec![place];
        lines.extend(events.iter().take(MOST_EVENTS).map(event_line));
        lines.extend((more > 0).then(|| words! { "  and {more} more events" }));
        lines
    }

    /// Whether a script that was loaded has statements left.
    pub fn has_script(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.is_scripted)
            || self.queue.iter().any(|queued| queued.is_scripted)
    }
}

/// `  #812 node 3 becomes leader`
fn event_line(event: &Event) -> Words {
    Words::told(|out| {
        let number = event.number;
        out.plain(format_args!("  "))?;
        out.name(Mention::Event(number), format_args!("#{number}"))?;
        say!(out; " ", event.kind)
    })
}

fn help(word: Option<&str>) -> Vec<Words> {
    let line = |HelpLine { form, meaning }: HelpLine| words! { "{form:FORM$}  {meaning}" };
    match word {
        Some(word) => raft_script::help_of(word).into_iter().map(line).collect(),
        None => {
            let mut lines: Vec<Words> = raft_script::console_help().into_iter().map(line).collect();
            let statements = raft_script::complete("", 0, None);
            let names: Vec<String> = statements.into_iter().map(|offer| offer.text).collect();
            let names = names.join(", ");
            lines.push(words! { "Statements: {names}. `help run` tells the forms of one." });
            lines
        }
    }
}
