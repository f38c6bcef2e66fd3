//! Runs a whole script at full speed.

use raft_core::Instant;
use raft_sim::Event;

use crate::limits::{MAX_BACKLOG, MAX_RUN_STEPS, MAX_RUN_TIME};
use crate::outcome::{ExecError, Failure};
use crate::print::Time;
use crate::session::{Session, Started, Stepped};
use crate::statement::{Line, Script};

/// How a script's run ended.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The statement at which it ended early, and why; `None`: every statement was carried out and
    /// every expectation held.
    pub failure: Option<Failure>,
    /// The virtual time at its end.
    pub at: Instant,
    /// How many events there were.
    pub events: u64,
    /// How many steps the world made.
    pub steps: u64,
    /// The world's trace hash at the end; 0 without a world.
    pub trace_hash: u64,
    /// The session at its end; `None` if the world could not begin.
    pub session: Option<Session>,
}

/// Runs a whole script. The observer is shown every event, in order. A property that is broken ends
/// the run, whether the script expects `safe` or not.
pub fn run(script: &Script, observer: &mut dyn FnMut(&Event)) -> RunReport {
    let (session, lines) = match Session::open(script) {
        Ok(opened) => opened,
        Err(failure) => {
            return RunReport {
                failure: Some(failure),
                at: Instant(0),
                events: 0,
                steps: 0,
                trace_hash: 0,
                session: None,
            };
        }
    };
    let mut runner = Runner { session, observer, events: 0 };
    runner.show_events();
    let failure = runner.carry_out_all(script, lines).err();
    let Runner { session, events, .. } = runner;
    let world = session.world();
    RunReport {
        failure,
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
    events: u64,
}

impl Runner<'_> {
    fn show_events(&mut self) {
        for event in self.session.events() {
            self.events += 1;
            (self.observer)(event);
        }
    }

    fn carry_out_all(&mut self, script: &Script, lines: &[Line]) -> Result<(), Failure> {
        // What disks hold at the beginning may contradict itself.
        if let Some(first) = script.statements.first() {
            self.check().map_err(|error| Failure::at(first, error))?;
        }
        lines
            .iter()
            .try_for_each(|line| self.carry_out(line).map_err(|error| Failure::at(line, error)))
    }

    fn carry_out(&mut self, line: &Line) -> Result<(), ExecError> {
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

    fn check(&self) -> Result<(), ExecError> {
        if let Some(violation) = self.session.checks().violation() {
            return Err(ExecError::Violated(violation.clone()));
        }
        let world = self.session.world();
        if world.steps() > MAX_RUN_STEPS {
            return Err(ExecError::LimitExceeded { limit: format!("{MAX_RUN_STEPS} steps") });
        }
        if world.backlog() > MAX_BACKLOG {
            let limit = format!(
                "{MAX_BACKLOG} messages and writes under way; let timers be slower, or latencies shorter"
            );
            return Err(ExecError::LimitExceeded { limit });
        }
        if world.now() > Instant(0) + MAX_RUN_TIME {
            let limit = format!("{} of virtual time", Time(MAX_RUN_TIME));
            return Err(ExecError::LimitExceeded { limit });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
