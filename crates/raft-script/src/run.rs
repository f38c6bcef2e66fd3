//! Runs a whole script at full speed.

use std::collections::BTreeMap;

use raft_core::Instant;
use raft_sim::Event;

use crate::capacity::Capacity;
use crate::lesson::{LessonStatement, Rehearsal};
use crate::limits::{MAX_RUN_STEPS, MAX_RUN_TIME};
use crate::orders::UnfulfilledOrder;
use crate::outcome::{ExecError, FailedStatement};
use crate::session::{Session, Started, Stepped};
use crate::statement::{Run, Script, SourceLine, Statement, When};
use crate::units::Span;

/// The result of a script's run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The statement at which the run ended early; `None`: every statement was carried out and
    /// every expectation held.
    pub failure: Option<FailedStatement>,
    /// The orders about leadership and membership that were not carried out, or not yet, and that
    /// no statement of the script is about.
    pub unfulfilled: Vec<UnfulfilledOrder>,
    /// The number of the script's `expect` statements.
    pub expectations: usize,
    /// The virtual time at the end.
    pub at: Instant,
    /// The number of events.
    pub events: u64,
    /// The number of the world's steps.
    pub steps: u64,
    /// The world's trace hash at the end; 0 without a world.
    pub trace_hash: u64,
    /// The session at the end; `None`: a setting or a disk of the world is not valid.
    pub session: Option<Session>,
}

/// Runs a whole script, and shows every event to the observer, in order. A broken property ends the
/// run, also if the script does not expect `safe`.
pub fn run(script: &Script, observer: &mut dyn FnMut(&Event)) -> RunReport {
    run_with(script, observer, None, (MAX_RUN_STEPS, Capacity::RUN))
}

/// Runs a whole script as [`run`] does, but skips each statement that the world refuses. Each other
/// statement is shown to `done` when it is finished: a script of these alone has the same run. The
/// run ends with an error after `max_steps` steps.
///
/// ```
/// let script = raft_script::parse("run until leader\nrestart 1\nput x=1\nrun until idle")?;
/// let mut done = Vec::new();
/// let mut note = |line: &raft_script::SourceLine| done.push(line.number);
/// let report = raft_script::run_leniently(&script, &mut |_| {}, &mut note, 10_000);
/// assert_eq!((report.failure, done), (None, vec![1, 3, 4]));
/// # Ok::<(), raft_script::ParseError>(())
/// ```
pub fn run_leniently(
    script: &Script,
    observer: &mut dyn FnMut(&Event),
    done: &mut dyn FnMut(&SourceLine),
    max_steps: u64,
) -> RunReport {
    run_with(script, observer, Some(done), (max_steps.min(MAX_RUN_STEPS), Capacity::RUN))
}

fn run_with<'a>(
    script: &Script,
    observer: &'a mut dyn FnMut(&Event),
    done: Option<&'a mut dyn FnMut(&SourceLine)>,
    (max_steps, capacity): (u64, Capacity),
) -> RunReport {
    let (session, lines) = match Session::open(script) {
        Ok(opened) => opened,
        Err(failure) => {
            return RunReport {
                failure: Some(failure),
                unfulfilled: Vec::new(),
                expectations: script.expectations(),
                at: Instant(0),
                events: 0,
                steps: 0,
                trace_hash: 0,
                session: None,
            };
        }
    };
    let mut runner = Runner {
        session,
        observer,
        done,
        events: 0,
        max_steps,
        capacity,
        order_lines: Vec::new(),
        rehearsal: Rehearsal::default(),
        scene: None,
        is_scene_over: false,
        scenes: BTreeMap::new(),
    };
    runner.show_events();
    let failure = runner.carry_out_all(script, lines).err();
    let Runner { session, events, order_lines, .. } = runner;
    let world = session.world();
    RunReport {
        failure,
        expectations: script.expectations(),
        unfulfilled: session.unfulfilled_orders(&order_lines),
        at: world.now(),
        events,
        steps: world.steps(),
        trace_hash: world.trace_hash(),
        session: Some(session),
    }
}

struct Runner<'a> {
    session: Session,
    observer: &'a mut dyn FnMut(&Event),
    /// Called with each finished statement; `None`: a refused statement ends the run.
    done: Option<&'a mut dyn FnMut(&SourceLine)>,
    events: u64,
    max_steps: u64,
    capacity: Capacity,
    /// The line of each order about leadership and membership.
    order_lines: Vec<usize>,
    /// What the present scene of a lesson asks for.
    rehearsal: Rehearsal,
    /// The title of that scene.
    scene: Option<String>,
    /// A property is broken, as the scene wants it: the rest of it is left out.
    is_scene_over: bool,
    /// The ends of the scenes before, by their titles.
    scenes: BTreeMap<String, Session>,
}

impl Runner<'_> {
    fn show_events(&mut self) {
        for event in self.session.events() {
            self.events += 1;
            (self.observer)(event);
        }
    }

    fn carry_out_all(
        &mut self,
        script: &Script,
        lines: &[SourceLine],
    ) -> Result<(), FailedStatement> {
        // The contents of the disks may contradict each other.
        if let Some(first) = script.statements.iter().find(|line| !line.statement.is_note()) {
            self.check().map_err(|error| FailedStatement::at(first, error))?;
        }
        for line in lines {
            self.change_scene(line)?;
            if self.is_scene_over {
                continue;
            }
            let steps_and_time =
                |session: &Session| (session.world().steps(), session.world().now());
            let before = steps_and_time(&self.session);
            let result = self.carry_out(line);
            self.order_lines.resize(self.session.orders().len(), line.number);
            match (result, &mut self.done) {
                (Ok(()), Some(done)) => done(line),
                (Ok(()), None) => {}
                (Err(ExecError::Statement(error)), Some(done)) if error.is_refusal() => {
                    let has_passed = steps_and_time(&self.session) != before;
                    if let Some(statement) = waiting(&line.statement).filter(|_| has_passed) {
                        done(&SourceLine { number: line.number, statement });
                    }
                }
                (Err(ExecError::Violated(_)), None)
                    if self.rehearsal.accepts_violation(&self.session) =>
                {
                    self.is_scene_over = true;
                }
                (Err(error), _) => return Err(FailedStatement::at(line, error)),
            }
            if let Statement::Lesson(lesson) = &line.statement {
                self.rehearsal.add(line, lesson, &self.session)?;
            }
        }
        self.rehearsal.end(&self.session)
    }

    /// Ends the scene of a lesson if another one begins, and begins that at the end of the one that
    /// it names.
    fn change_scene(&mut self, line: &SourceLine) -> Result<(), FailedStatement> {
        let Statement::Lesson(LessonStatement::Scene { title, after }) = &line.statement else {
            return Ok(());
        };
        self.rehearsal.end(&self.session)?;
        if let Some(before) = self.scene.replace(title.clone()) {
            self.scenes.insert(before, self.session.clone());
        }
        if let Some(session) = after.as_ref().and_then(|after| self.scenes.get(after)) {
            self.session = session.clone();
        }
        if self.session.checks().violation().is_some() {
            let found = "a property is broken at the end of the scene before".to_owned();
            let expected = "`after` and an earlier scene".to_owned();
            let error = ExecError::Expectation { expected, found };
            return Err(FailedStatement::at(line, error));
        }
        self.is_scene_over = false;
        Ok(())
    }

    fn carry_out(&mut self, line: &SourceLine) -> Result<(), ExecError> {
        let started = self.session.start(&line.statement);
        self.show_events();
        if let Started::Done(_) = started? {
            return self.check();
        }
        loop {
            let stepped = self.session.step();
            self.show_events();
            self.check()?;
            match stepped {
                Stepped::Event => {}
                Stepped::Finished(result) => return result.map(|_| ()),
                Stepped::Nothing => return Ok(()),
            }
        }
    }

    fn check(&mut self) -> Result<(), ExecError> {
        self.rehearsal.observe(&self.session);
        if let Some(violation) = self.session.checks().violation() {
            return Err(ExecError::Violated(violation.clone()));
        }
        let world = self.session.world();
        if world.steps() > self.max_steps {
            return Err(ExecError::LimitExceeded { limit: format!("{} steps", self.max_steps) });
        }
        if let Some(limit) = self.capacity.exceeded(world) {
            return Err(ExecError::LimitExceeded { limit });
        }
        if world.now() > Instant(0) + MAX_RUN_TIME {
            let limit = format!("{} of virtual time", Span(MAX_RUN_TIME));
            return Err(ExecError::LimitExceeded { limit });
        }
        Ok(())
    }
}

/// The wait of an `at`, without the statement that follows it.
fn waiting(statement: &Statement) -> Option<Statement> {
    let Statement::At { moment, .. } = statement else { return None };
    Some(Statement::Run(match *moment {
        When::Absolute { time, step } => Run::To { time, step },
        When::Relative(time) => Run::For(time),
    }))
}

#[cfg(test)]
mod tests;
