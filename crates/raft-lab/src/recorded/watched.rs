//! A real cluster that is watched: its servers tell what they do, and the run grows meanwhile.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use raft_core::{Instant, NodeId};
use raft_trace::{
    Fact, Judge, JudgedProperty, RecordedRun, TraceError, TraceLine, TraceReader, TraceStep,
};

use super::Recorded;

/// With more events the oldest are dropped.
pub(super) const MOST_EVENTS: usize = 30_000;
/// So many events are left then.
const LEFT_EVENTS: usize = 20_000;

/// A cluster of which lines of its trace come, one message after the other.
#[derive(Default)]
pub struct Watched {
    reader: TraceReader,
    /// `None` before the first header.
    present: Option<Present>,
}

/// The run of the last header.
struct Present {
    run: Rc<RefCell<Recorded>>,
    judge: Judge,
    verdict: Rc<RunVerdict>,
    /// The servers that tell what they do.
    in_sight: BTreeSet<NodeId>,
    missed: Option<Missed>,
}

/// What the properties say of a recorded run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunVerdict {
    /// The first step that no correct cluster makes: its place, from 0, and its line, from 1.
    pub broken: Option<(usize, usize)>,
    /// The properties, in the order of the table of raft-check.
    pub properties: Vec<JudgedProperty>,
}

/// Events that nobody was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Missed {
    /// How often some are missing.
    pub times: usize,
    /// The server of which some are missing, the last time.
    pub node: NodeId,
    /// When it told its state again.
    pub until: Instant,
}

impl Watched {
    /// Another connection begins, and with it another run. The last one stays until its header
    /// comes.
    pub fn connect(&mut self) {
        self.reader = TraceReader::new();
    }

    /// Takes a message: lines, which are whole moments.
    ///
    /// # Errors
    /// The first line that cannot be read. Those before it are taken. What comes after it cannot be
    /// read, unless another [connection](Self::connect) begins.
    pub fn take(&mut self, message: &str) -> Result<(), TraceError> {
        let mut steps = Vec::new();
        for line in message.lines() {
            match self.reader.read(line) {
                Ok(TraceLine::Other) => {}
                Ok(TraceLine::Step(step)) => steps.push(step),
                Ok(TraceLine::Header(run)) => {
                    self.add(std::mem::take(&mut steps));
                    self.present = Some(Present::begin(*run));
                }
                Err(error) => {
                    self.add(steps);
                    return Err(error);
                }
            }
        }
        self.add(steps);
        Ok(())
    }

    fn add(&mut self, steps: Vec<TraceStep>) {
        if let Some(present) = self.present.as_mut().filter(|_| !steps.is_empty()) {
            present.add(steps);
        }
    }

    /// The run so far; another header makes another one. `None`: no header has come yet.
    pub fn run(&self) -> Option<Rc<RefCell<Recorded>>> {
        self.present.as_ref().map(|present| present.run.clone())
    }

    /// The verdict so far.
    pub fn verdict(&self) -> Option<Rc<RunVerdict>> {
        self.present.as_ref().map(|present| present.verdict.clone())
    }

    /// How many servers tell what they do, and how many there are.
    pub fn servers(&self) -> (usize, usize) {
        self.present
            .as_ref()
            .map_or((0, 0), |present| (present.in_sight.len(), present.run.borrow().nodes()))
    }

    /// The events of this run that are missing.
    pub fn missed(&self) -> Option<Missed> {
        self.present.as_ref()?.missed
    }
}

impl Present {
    fn begin(run: RecordedRun) -> Self {
        let judge = Judge::new(&run);
        Self {
            verdict: Rc::new(RunVerdict::of(&judge)),
            judge,
            run: Rc::new(RefCell::new(Recorded::growing(run))),
            in_sight: BTreeSet::new(),
            missed: None,
        }
    }

    fn add(&mut self, steps: Vec<TraceStep>) {
        steps.iter().for_each(|step| self.look(step));
        self.judge.take(&steps);
        let mut run = self.run.borrow_mut();
        run.extend(steps);
        if run.events() - run.first() > MOST_EVENTS {
            run.keep_last(LEFT_EVENTS);
            self.judge.begin_anew();
        }
        let verdict = RunVerdict::of(&self.judge);
        if verdict != *self.verdict {
            self.verdict = Rc::new(verdict);
        }
    }

    /// Notes who is in sight. A server that was, and tells its state again, did what nobody was
    /// told.
    fn look(&mut self, step: &TraceStep) {
        let Some(node) = step.node else { return };
        if step.facts.contains(&Fact::OutOfSight) {
            self.in_sight.remove(&node);
        } else if step.facts.contains(&Fact::Observed) && !self.in_sight.insert(node) {
            let times = self.missed.map_or(0, |missed| missed.times) + 1;
            let until = Instant(step.at_us.unwrap_or_default());
            self.missed = Some(Missed { times, node, until });
        }
    }
}

impl RunVerdict {
    fn of(judge: &Judge) -> Self {
        let verdict = judge.verdict();
        let broken = verdict.broken.as_ref().map(|broken| (broken.step, broken.line));
        Self { broken, properties: verdict.properties() }
    }
}
