//! One run: faults for a while, then the question whether a quorum that works makes progress.

mod liveness;
mod script;
mod verdict;

use raft_check::Checks;
use raft_core::{Instant, Membership, MembershipTrace, NodeId, Trace};
use raft_kv::{ClientId, Response};
use raft_script::Statement;
use raft_script::limits::{MAX_BACKLOG, MAX_RUN_STEPS};
use raft_sim::{Action, AdminRequest, ClientEvent, ClusterEvent, EventKind, World};

pub use self::verdict::{Failure, RunResult, of_script};

use crate::nemesis::Nemesis;
use crate::plan::{DrawnPlan, Plan};
use crate::rare::{RareEvents, Watcher};

/// The client that asks the nodes that recovered; no other client of a run has this number.
pub const FRESH_CLIENT: ClientId = ClientId(999);

/// What became of a seed.
#[derive(Clone, PartialEq, Debug)]
pub struct SeedReport {
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub result: RunResult,
    /// Whether there was a quorum that progress could be asked of.
    pub progress_asked: bool,
    /// How many steps the world made.
    pub steps: u64,
    /// How many events there were.
    pub events: u64,
    /// The virtual time at the end.
    pub time: Instant,
    /// The world's trace hash at the end.
    pub trace_hash: u64,
    /// What is rare and came about.
    pub rare: RareEvents,
}

/// A run that is under way, or over. A caller that catches a panic of the core still has its
/// script.
#[derive(Clone, Debug)]
pub struct SeedRun {
    drawn: DrawnPlan,
    world: World,
    checks: Checks,
    nemesis: Nemesis,
    /// What is being done to the world at this moment: if the core panics, that was the last.
    attempt: Option<Action>,
    /// What was asked of the nodes that recovered, each behind so many actions of the journal.
    expectations: Vec<(usize, Statement)>,
    /// Whether the last thing that was done is to wait for what was asked.
    ends_waiting: bool,
    /// After how many steps the cluster must have made progress.
    last_step: u64,
    rare: Watcher,
    /// The memberships that leaders are on their way to.
    targets: Vec<(NodeId, Membership)>,
    fresh_answer: Option<Response>,
    events: u64,
    result: Option<RunResult>,
}

/// Plays a plan to its end.
///
/// # Panics
/// If the core, under a planted bug, comes upon what it holds for impossible. [`SeedRun`] keeps the
/// script for a caller that catches it.
pub fn run_seed(plan: &Plan) -> SeedReport {
    let mut run = SeedRun::new(plan);
    run.play();
    run.report()
}

/// What the world has come to.
type Checked = Result<(), Failure>;

impl SeedRun {
    /// The beginning of a plan.
    ///
    /// # Panics
    /// If the plan's number of nodes is not from 1 to 9.
    pub fn new(plan: &Plan) -> Self {
        Self::of(plan.draw())
    }

    /// The beginning of a drawn plan.
    pub(crate) fn of(drawn: DrawnPlan) -> Self {
        let world = World::new(drawn.setup.clone()).expect("a plan draws what is within bounds");
        let checks = Checks::new(&world);
        let nemesis = Nemesis::new(&drawn);
        let events = world.events().len() as u64;
        Self {
            drawn,
            world,
            checks,
            nemesis,
            attempt: None,
            expectations: Vec::new(),
            ends_waiting: false,
            last_step: u64::MAX,
            rare: Watcher::default(),
            targets: Vec::new(),
            fresh_answer: None,
            events,
            result: None,
        }
    }

    /// Plays it to its end.
    pub fn play(&mut self) {
        let played = self.fault_phase().and_then(|()| self.recovery_phase());
        self.result = Some(played.map_or_else(RunResult::Failed, |()| RunResult::Clean));
    }

    /// Notes that the core came upon what it holds for impossible, as the caller who caught its
    /// panic knows.
    pub fn panicked(&mut self, message: String) {
        self.result = Some(RunResult::Failed(Failure::Assertion { message }));
    }

    /// The world as it is now.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What became of it so far.
    pub fn report(&self) -> SeedReport {
        SeedReport {
            seed: self.drawn.setup.seed,
            result: self.result.clone().unwrap_or(RunResult::Clean),
            progress_asked: !self.expectations.is_empty(),
            steps: self.world.steps(),
            events: self.events,
            time: self.world.now(),
            trace_hash: self.world.trace_hash(),
            rare: self.rare.counts().clone(),
        }
    }

    /// Everything goes wrong that the plan has.
    fn fault_phase(&mut self) -> Checked {
        self.judge()?;
        let end = Instant(0) + self.drawn.fault_phase;
        loop {
            let at = self.nemesis.next_at().max(self.world.now());
            if at >= end {
                return self.pass(end);
            }
            if !self.pass_until_alarm(at)? {
                continue;
            }
            for action in self.nemesis.act(&self.world) {
                // Everything due by now has happened before each of them: so a script says it.
                self.pass(at)?;
                self.act(action)?;
            }
        }
    }

    /// Does everything that is due up to `at`. False if the nemesis has something to do before
    /// that.
    fn pass_until_alarm(&mut self, at: Instant) -> Result<bool, Failure> {
        while self.world.next_step().is_some_and(|next| next.at <= at) {
            self.step()?;
            if self.nemesis.observe(&self.world) {
                return Ok(false);
            }
        }
        self.world.advance_clock(at);
        Ok(true)
    }

    /// Does everything that is due up to `at`.
    fn pass(&mut self, at: Instant) -> Checked {
        self.ends_waiting = false;
        while self.world.next_step().is_some_and(|next| next.at <= at) {
            self.step()?;
        }
        self.world.advance_clock(at);
        Ok(())
    }

    fn step(&mut self) -> Checked {
        self.world.step();
        self.look()
    }

    /// Does something to the world, if that is possible now.
    fn act(&mut self, action: Action) -> Checked {
        self.attempt = Some(action.clone());
        let done = self.world.apply(action);
        self.attempt = None;
        if done.is_err() {
            return Ok(());
        }
        self.look()
    }

    /// Looks at what happened.
    fn look(&mut self) -> Checked {
        self.checks.observe(&self.world, self.world.events());
        self.events += self.world.events().len() as u64;
        self.rare.observe(&self.world, &self.checks);
        for event in self.world.events() {
            match &event.kind {
                EventKind::Core {
                    node,
                    trace: Trace::Membership(MembershipTrace::ChangeStarted { target, .. }),
                } => {
                    self.targets.retain(|(leader, _)| leader != node);
                    self.targets.push((*node, target.clone()));
                }
                EventKind::Cluster(ClusterEvent::Administered {
                    node,
                    request: AdminRequest::ChangeMembership(_),
                    outcome,
                }) if !matches!(outcome, raft_core::Outcome::Refused(_)) => {
                    self.targets.retain(|(leader, _)| leader != node);
                }
                EventKind::Client {
                    client: FRESH_CLIENT,
                    event: ClientEvent::Answered { response, .. },
                    ..
                } => {
                    self.fresh_answer = Some(response.clone());
                }
                EventKind::Core { .. }
                | EventKind::StateMachine { .. }
                | EventKind::Disk { .. }
                | EventKind::Process { .. }
                | EventKind::Message { .. }
                | EventKind::Network(_)
                | EventKind::Client { .. }
                | EventKind::Cluster(_) => {}
            }
        }
        self.judge()
    }

    /// Whether everything holds. The limits are those of a script, so that the script of a run that
    /// breaks one breaks it as well.
    fn judge(&self) -> Checked {
        if let Some(violation) = self.checks.violation() {
            return Err(Failure::Violation(violation.clone()));
        }
        if self.world.steps() > MAX_RUN_STEPS || self.world.backlog() > MAX_BACKLOG {
            let description = format!(
                "{} steps were made, {} messages and writes are under way: the cluster keeps itself busy",
                self.world.steps(),
                self.world.backlog()
            );
            return Err(Failure::no_progress(description, &self.world));
        }
        Ok(())
    }
}
