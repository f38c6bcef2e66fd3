//! Statements: some act at once, others need time to pass.

use raft_kv::{ClientId, Sequence};
use raft_script::{
    ConsoleInput, Order, Reply, SourceLine, Started, Statement, Suggestion, complete_input,
    parse_input,
};

use super::news::STOPPED;
use super::{Lab, Queued, Waiting};
use crate::operations::ClientAnswer;
use crate::{ConsoleKind, Pacing};

/// The state of a line right after it was given.
#[derive(Clone, PartialEq, Debug)]
pub enum ExecStatus {
    /// It was blank, or a comment.
    Nothing,
    /// It is carried out. A client's answer comes later, as a line of the console.
    Done(Reply),
    /// It needs time to pass, or waits for a statement that does.
    Waiting,
    /// It cannot be parsed (the words show the column), or was refused.
    Failed(String),
}

/// The result of a line in the end.
#[derive(Clone, PartialEq, Debug)]
pub enum ExecResult {
    /// It is carried out; in words.
    Done(String),
    /// The client got its answer, or gave up.
    Answered(Box<ClientAnswer>),
    /// It failed; in words.
    Failed(String),
}

/// Called with the result of a statement. It must not call the lab.
pub(super) type Listener = Box<dyn FnOnce(ExecResult)>;
pub(super) type Finished = Result<Reply, String>;

impl Lab {
    /// Carries out one line of the language, or a command that only a console has. The line and its
    /// result go into the console.
    ///
    /// In the past, `step` shows a later moment of the branch, `why` is about the shown moment, and
    /// any other statement begins a branch. While the lab is paused and a statement waits, `step`
    /// lets single events happen.
    ///
    /// A statement that needs no time acts at once, also while another one waits. Statements that
    /// need time wait for each other, and start the clock if the lab is paused. One that is given
    /// while the lab is paused in the middle of another one takes its place, unless a script waits.
    pub fn exec(&mut self, line: &str) -> ExecStatus {
        self.exec_with(line, None)
    }

    /// As [`exec`](Self::exec), and calls `listener` once with the result: for an operation, the
    /// client's answer. A durable lab calls it when the browser has stored what led there. The
    /// listener must not call the lab.
    pub fn exec_then(
        &mut self,
        line: &str,
        listener: impl FnOnce(ExecResult) + 'static,
    ) -> ExecStatus {
        self.exec_with(line, Some(Box::new(listener)))
    }

    /// The completions of a line that is being typed, in the moment that the page shows.
    pub fn complete(&self, text: &str) -> Vec<Suggestion> {
        complete_input(text, text.len(), self.shown_session(), &self.branches)
    }

    fn exec_with(&mut self, line: &str, listener: Option<Listener>) -> ExecStatus {
        self.stop_backward();
        self.finish_seeking();
        let executed = match parse_input(line) {
            Ok(None) => {
                self.tell(listener, ExecResult::Done(String::new()));
                return ExecStatus::Nothing;
            }
            Ok(Some(ConsoleInput::Command(command))) => self.carry_out(command, listener),
            Ok(Some(ConsoleInput::Statement(Statement::Step(count)))) if self.steps_by_hand() => {
                self.step_by_hand(count, listener)
            }
            Ok(Some(ConsoleInput::Statement(statement))) => match self.may_begin(&statement) {
                Ok(()) => self.begin(line, statement, listener),
                Err(words) => {
                    self.say(ConsoleKind::Command, line.trim());
                    self.fail(words, listener)
                }
            },
            Err(error) => {
                self.say(ConsoleKind::Command, line.trim());
                self.fail(error.to_string(), listener)
            }
        };
        self.check_breakpoints();
        self.settle();
        self.changed();
        executed
    }

    /// Whether a statement can be given now; in the past a branch begins for it.
    fn may_begin(&mut self, statement: &Statement) -> Result<(), String> {
        if !statement.only_asks() {
            self.give_way_to_lesson()?;
            // It becomes a run of the person.
            self.arrival = None;
        }
        self.branch_off(statement)
    }

    fn begin(
        &mut self,
        text: &str,
        statement: Statement,
        listener: Option<Listener>,
    ) -> ExecStatus {
        let line = SourceLine { number: 1, statement };
        let is_held = self.is_waiting() && !self.pacer.is_running();
        if is_held && !self.has_script() && needs_time(&line.statement) {
            self.cancel();
        }
        if self.is_waiting() && needs_time(&line.statement) {
            let hint = if is_held { "; `continue` goes on" } else { "" };
            let words = format!("{} (waits for the statement before it{hint})", text.trim());
            self.say(ConsoleKind::Info, words);
            self.queue.push_back(Queued { line, is_scripted: false, key_moment: None, listener });
            return ExecStatus::Waiting;
        }
        self.start(Queued { line, is_scripted: false, key_moment: None, listener })
    }

    /// Starts queued statements, up to the first that needs time to pass, or that a breakpoint
    /// or the key moment follows.
    pub(super) fn begin_queued(&mut self) {
        while self.session().goal().is_none()
            && let Some(next) = self.queue.pop_front()
        {
            let is_last_of_script =
                next.is_scripted && !self.queue.iter().any(|queued| queued.is_scripted);
            let key_moment = next.key_moment.clone();
            let executed = self.start(next);
            if is_last_of_script && matches!(executed, ExecStatus::Done(_)) {
                self.tell_script_over();
            }
            let has_fired = self.check_breakpoints();
            if let Some(words) = key_moment {
                return self.pause_at(words);
            }
            if has_fired {
                return;
            }
        }
    }

    fn start(&mut self, queued: Queued) -> ExecStatus {
        let Queued { line: SourceLine { number, statement }, is_scripted, listener, .. } = queued;
        if let Statement::Why(question) = statement {
            return self.explain(&question, listener);
        }
        self.say(ConsoleKind::Command, statement.to_string());
        if let Some(failure) = self.failure() {
            return self.fail(format!("{STOPPED}: {failure}"), listener);
        }
        let started = self.branches.start(self.live, &statement);
        self.take_events();
        match started {
            Ok(Started::Done(reply)) => {
                self.say(ConsoleKind::Reply, reply.words().clone());
                match (listener, self.asked(&statement)) {
                    (Some(listener), Some(operation)) => {
                        self.operation_listeners.insert(operation, listener);
                    }
                    (listener, _) => self.tell(listener, ExecResult::Done(reply.to_string())),
                }
                ExecStatus::Done(reply)
            }
            Ok(Started::Waiting) => {
                let tells_place = !is_scripted && matches!(statement, Statement::Step(_));
                self.waiting =
                    Some(Waiting { line_number: number, is_scripted, tells_place, listener });
                self.pacer.run_for_statement();
                ExecStatus::Waiting
            }
            Err(error) => {
                let words = error.to_string();
                let executed = self.fail(words, listener);
                if is_scripted {
                    self.stop_script(number);
                }
                executed
            }
        }
    }

    /// The operation that this statement has just given to a client: the last in its queue.
    fn asked(&self, statement: &Statement) -> Option<(ClientId, Sequence)> {
        let Statement::Order(Order::Request(request)) = statement else { return None };
        let client = request.client;
        let actor = self.session().world().client(client)?;
        let pending = actor.pending()?.sequence;
        Some((client, Sequence(pending.0 + actor.queued() as u64)))
    }

    /// The statement that needed time is over.
    pub(super) fn finish_statement(&mut self, waiting: Option<Waiting>, result: Finished) {
        let Some(Waiting { line_number, is_scripted, tells_place, listener }) = waiting else {
            return;
        };
        match result {
            Ok(reply) if tells_place => {
                self.say_all(&self.place());
                self.tell(listener, ExecResult::Done(reply.to_string()));
            }
            Ok(reply) => {
                self.say(ConsoleKind::Reply, reply.words().clone());
                self.tell(listener, ExecResult::Done(reply.to_string()));
                if is_scripted && !self.queue.iter().any(|queued| queued.is_scripted) {
                    self.tell_script_over();
                }
            }
            Err(words) => {
                self.fail(words, listener);
                if is_scripted {
                    self.stop_script(line_number);
                }
            }
        }
    }

    /// Cancels the statement that is being waited for, and all that wait for it.
    pub fn cancel(&mut self) {
        if let Err(words) = self.give_way_to_lesson() {
            return self.say(ConsoleKind::Error, words);
        }
        self.branches.cancel(self.live);
        self.arrival = None;
        let waiting = self.waiting.take();
        if waiting.is_some() || !self.queue.is_empty() {
            self.say(ConsoleKind::Info, "Cancelled.");
        }
        self.tell(
            waiting.and_then(|waiting| waiting.listener),
            ExecResult::Failed("cancelled".to_owned()),
        );
        for queued in std::mem::take(&mut self.queue) {
            self.tell(queued.listener, ExecResult::Failed("cancelled".to_owned()));
        }
        self.settle();
        self.changed();
    }

    /// In a lesson, the page shows whose turn it is.
    fn tell_script_over(&mut self) {
        if self.lesson.is_none() {
            self.say(ConsoleKind::Info, SCRIPT_OVER);
        }
    }

    /// A script ends at the first statement that fails. Statements typed meanwhile stay queued.
    fn stop_script(&mut self, line: usize) {
        self.queue.retain(|queued| !queued.is_scripted);
        self.say(ConsoleKind::Error, format!("The script stopped at line {line}."));
    }

    pub(super) fn fail(&mut self, words: String, listener: Option<Listener>) -> ExecStatus {
        self.say(ConsoleKind::Error, words.clone());
        self.tell(listener, ExecResult::Failed(words.clone()));
        ExecStatus::Failed(words)
    }

    /// Calls every waiting listener: its statement will never be over.
    pub(super) fn dismiss_listeners(&mut self, why: &str) {
        let waiting = self.waiting.take().and_then(|waiting| waiting.listener);
        let queued = std::mem::take(&mut self.queue).into_iter().filter_map(|next| next.listener);
        let asking = std::mem::take(&mut self.operation_listeners).into_values();
        for listener in waiting.into_iter().chain(queued).chain(asking) {
            listener(ExecResult::Failed(why.to_owned()));
        }
    }

    /// Whether virtual time passes, and how fast.
    pub fn pacing(&self) -> Pacing {
        Pacing {
            running: self.pacer.is_running(),
            speed: self.pacer.speed(),
            stalled_on_disk: self.stalled,
        }
    }
}

const SCRIPT_OVER: &str = "The script has ended.";

/// Whether the statement needs time to pass.
fn needs_time(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Run(_)
            | Statement::Step(_)
            | Statement::At { .. }
            | Statement::Expect { within: Some(_), .. }
    )
}
