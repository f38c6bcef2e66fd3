//! One run: the fault phase, then the recovery phase, in which a quorum has to make progress.

mod growth;
mod liveness;
mod script;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use raft_check::{Checks, RareEvents, RareWatcher};
use raft_core::{Instant, Membership, MembershipTrace, NodeId, Trace};
use raft_kv::{ClientId, Response};
use raft_script::Statement;
use raft_script::limits::{MAX_BACKLOG, MAX_RUN_STEPS};
use raft_sim::{Action, AdminRequest, ClientEvent, ClusterEvent, EventKind, World};

pub use self::verdict::{Failure, RunResult, of_script};

use crate::nemesis::Nemesis;
use crate::plan::{DrawnPlan, Plan};

/// The client of the recovery phase. No other client of a run has this number.
pub const FRESH_CLIENT: ClientId = ClientId(999);

/// The result of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct SeedReport {
    /// The seed of the plan.
    pub seed: u64,
    /// The failure, if there was one.
    pub result: RunResult,
    /// Whether there was a fair quorum, of which progress was demanded.
    pub progress_asked: bool,
    /// The number of steps of the world.
    pub steps: u64,
    /// The number of events.
    pub events: u64,
    /// The virtual time at the end.
    pub time: Instant,
    /// The world's trace hash at the end.
    pub trace_hash: u64,
    /// How often each rare event happened.
    pub rare: RareEvents,
}

impl SeedReport {
    /// The report of a seed whose cluster never finishes its start.
    pub fn endless(seed: u64) -> Self {
        Self {
            seed,
            result: RunResult::Failed(Failure::Endless { steps: 0, at: Instant(0) }),
            progress_asked: false,
            steps: 0,
            events: 0,
            time: Instant(0),
            trace_hash: 0,
            rare: RareEvents::default(),
        }
    }
}

/// A run, in progress or ended. A caller that catches a panic of the core can still get the script.
#[derive(Clone, Debug)]
pub struct SeedRun {
    drawn: DrawnPlan,
    world: World,
    checks: Checks,
    nemesis: Nemesis,
    /// The action that is being applied. After a panic of the core it is the last action of the
    /// script.
    attempt: Option<Action>,
    journal: Vec<Statement>,
    /// Whether there is a fair quorum, of which progress is demanded.
    progress_asked: bool,
    /// Whether the run ends with an expectation, and not with time that passes.
    ends_waiting: bool,
    /// The step by which the cluster must have made progress.
    last_step: u64,
    rare: RareWatcher,
    /// The targets of membership changes that leaders have begun.
    targets: Vec<(NodeId, Membership)>,
    fresh_answer: Option<Response>,
    events: u64,
    /// The number of steps and actions so far, the one that is being made included.
    operations: u64,
    /// The run ends before this operation.
    stops_before: u64,
    /// Has `operations`, for a caller that watches the run.
    progress: Arc<AtomicU64>,
    result: Option<RunResult>,
}

/// Plays a plan to its end.
///
/// # Panics
/// A planted bug may break an assertion of the core. [`SeedRun`] keeps the script for a caller that
/// catches the panic.
pub fn run_seed(plan: &Plan) -> SeedReport {
    let mut run = SeedRun::new(plan);
    run.play();
    run.report()
}

/// `Err` when a check has found a failure.
type Checked = Result<(), Failure>;

impl SeedRun {
    /// A run before its first step.
    ///
    /// # Panics
    /// If the number of nodes of the plan is not 1 to 9.
    pub fn new(plan: &Plan) -> Self {
        Self::of(plan.draw())
    }

    /// A run before its first step.
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
            journal: Vec::new(),
            progress_asked: false,
            ends_waiting: false,
            last_step: u64::MAX,
            rare: RareWatcher::default(),
            targets: Vec::new(),
            fresh_answer: None,
            events,
            operations: 0,
            stops_before: u64::MAX,
            progress: Arc::default(),
            result: None,
        }
    }

    /// Counts each step and action in `progress`, before it is made. If the number no longer goes
    /// up, the last one never ends.
    #[must_use]
    pub fn watched(self, progress: Arc<AtomicU64>) -> Self {
        Self { progress, ..self }
    }

    /// Ends the run before the step or action with this number, from 1: it is known never to end.
    /// The script ends with it.
    #[must_use]
    pub fn ending_before(self, operation: u64) -> Self {
        Self { stops_before: operation, ..self }
    }

    /// Plays the run to its end.
    pub fn play(&mut self) {
        let played = self.fault_phase().and_then(|()| self.recovery_phase());
        self.result = Some(played.map_or_else(RunResult::Failed, |()| RunResult::Clean));
    }

    /// Records that an assertion of the core failed, for a caller that has caught the panic.
    pub fn panicked(&mut self, message: String) {
        self.result = Some(RunResult::Failed(Failure::Assertion { message }));
    }

    /// The world in its present state.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The actions that were applied and the demands of the recovery phase, in order.
    pub fn journal(&self) -> &[Statement] {
        &self.journal
    }

    /// The result so far.
    pub fn report(&self) -> SeedReport {
        SeedReport {
            seed: self.drawn.setup.seed,
            result: self.result.clone().unwrap_or(RunResult::Clean),
            progress_asked: self.progress_asked,
            steps: self.world.steps(),
            events: self.events,
            time: self.world.now(),
            trace_hash: self.world.trace_hash(),
            rare: self.rare.counts().clone(),
        }
    }

    /// Injects faults until the end of the fault phase.
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
                // A script applies an action after all that is due, so it is the same here.
                self.pass(at)?;
                self.act(action)?;
            }
        }
    }

    /// Makes every step that is due up to `at`. False if the nemesis has something to do before.
    fn pass_until_alarm(&mut self, at: Instant) -> Result<bool, Failure> {
        while self.world.next_step_at().is_some_and(|next| next <= at) {
            self.step()?;
            if self.nemesis.observe(&self.world) {
                return Ok(false);
            }
        }
        self.world.advance_clock(at);
        Ok(true)
    }

    /// Makes every step that is due up to `at`.
    fn pass(&mut self, at: Instant) -> Checked {
        self.ends_waiting = false;
        while self.world.next_step_at().is_some_and(|next| next <= at) {
            self.step()?;
        }
        self.world.advance_clock(at);
        Ok(())
    }

    fn step(&mut self) -> Checked {
        self.count_operation()?;
        self.world.step();
        self.look()
    }

    /// Applies an action, unless the world refuses it.
    fn act(&mut self, action: Action) -> Checked {
        self.attempt = Some(action.clone());
        self.count_operation()?;
        let done = self.world.apply(action);
        let action = self.attempt.take();
        if done.is_err() {
            return Ok(());
        }
        self.journal.extend(action.map(|action| script::at(self.world.now(), &action)));
        self.look()
    }

    fn count_operation(&mut self) -> Checked {
        self.operations += 1;
        self.progress.store(self.operations, Ordering::Relaxed);
        if self.operations < self.stops_before {
            return Ok(());
        }
        Err(Failure::Endless { steps: self.world.steps(), at: self.world.now() })
    }

    /// Checks the events of the last step or action.
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
                EventKind::Core {
                    node,
                    trace: Trace::Membership(MembershipTrace::ChangeGivenUp { .. }),
                } => self.targets.retain(|(leader, _)| leader != node),
                EventKind::Cluster(ClusterEvent::Administered {
                    node, request, outcome, ..
                }) => {
                    let is_change = matches!(**request, AdminRequest::ChangeMembership { .. });
                    if is_change && !matches!(outcome, raft_core::Outcome::Refused(_)) {
                        self.targets.retain(|(leader, _)| leader != node);
                    }
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
                | EventKind::Cluster(_)
                | EventKind::Acted { .. } => {}
            }
        }
        self.judge()
    }

    /// Whether every property holds. The limits are those of scripts, so the script of a run that
    /// reaches a limit reaches it too.
    fn judge(&self) -> Checked {
        if let Some(violation) = self.checks.violation() {
            return Err(Failure::Violation(violation.clone()));
        }
        if self.world.steps() > MAX_RUN_STEPS || self.world.backlog() > MAX_BACKLOG {
            let description = format!(
                "no progress in {} steps, with {} messages and writes in flight",
                self.world.steps(),
                self.world.backlog()
            );
            return Err(Failure::no_progress(description, &self.world));
        }
        Ok(())
    }
}
