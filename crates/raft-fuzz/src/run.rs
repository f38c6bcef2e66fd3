//! One run: faults for a while, then the question whether a quorum that works makes progress.

mod script;
mod verdict;

use raft_check::{Checks, complete, converged};
use raft_core::{Instant, Membership, NodeId, Trace};
use raft_kv::{ClientId, Operation, Response};
use raft_script::limits::{MAX_BACKLOG, MAX_RUN_STEPS};
use raft_sim::{Action, EventKind, Random, ReadPolicy, World};

pub use self::verdict::{Failure, Outcome, of_script};

use crate::adversary::Adversary;
use crate::plan::{Plan, RECOVERY, Scene};
use crate::rare::{RareEvents, Watcher};
use crate::recovery;

/// The client that asks the nodes that recovered; no other client of a run has this number.
pub const FRESH_CLIENT: ClientId = ClientId(999);

/// What became of a seed.
#[derive(Clone, PartialEq, Debug)]
pub struct SeedReport {
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
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

/// A run that is under way, or over. A caller that catches a panic of the core still has its script.
#[derive(Clone, Debug)]
pub struct SeedRun {
    scene: Scene,
    world: World,
    checks: Checks,
    adversary: Adversary,
    /// What is being done to the world at this moment: if the core panics, that was the last.
    attempt: Option<Action>,
    /// What is asked of the nodes that recovered, once they have.
    expectations: Vec<raft_script::Statement>,
    rare: Watcher,
    /// The memberships that leaders are on their way to.
    targets: Vec<(NodeId, Membership)>,
    fresh_answer: Option<Response>,
    events: u64,
    outcome: Option<Outcome>,
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
type Played = Result<(), Failure>;

impl SeedRun {
    /// The beginning of a plan.
    ///
    /// # Panics
    /// If the plan's number of nodes is not from 1 to 9.
    pub fn new(plan: &Plan) -> Self {
        let scene = plan.scene();
        let world = World::new(scene.setup.clone()).expect("a plan draws what is within bounds");
        let checks = Checks::new(&world);
        let adversary = Adversary::new(&scene);
        let events = world.events().len() as u64;
        Self {
            scene,
            world,
            checks,
            adversary,
            attempt: None,
            expectations: Vec::new(),
            rare: Watcher::default(),
            targets: Vec::new(),
            fresh_answer: None,
            events,
            outcome: None,
        }
    }

    /// Plays it to its end.
    pub fn play(&mut self) {
        let played = self.chaos().and_then(|()| self.recover());
        self.outcome = Some(played.map_or_else(Outcome::Failed, |()| Outcome::Clean));
    }

    /// Notes that the core came upon what it holds for impossible, as the caller who caught its panic
    /// knows.
    pub fn panicked(&mut self, message: String) {
        self.outcome = Some(Outcome::Failed(Failure::Assertion { message }));
    }

    /// The world as it is now.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The checks, which have seen everything.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// What became of it so far.
    pub fn report(&self) -> SeedReport {
        SeedReport {
            seed: self.scene.setup.seed,
            outcome: self.outcome.clone().unwrap_or(Outcome::Clean),
            progress_asked: !self.expectations.is_empty(),
            steps: self.world.steps(),
            events: self.events,
            time: self.world.now(),
            trace_hash: self.world.trace_hash(),
            rare: self.rare.counts().clone(),
        }
    }

    /// Everything goes wrong that the plan has.
    fn chaos(&mut self) -> Played {
        self.judge()?;
        let end = Instant(0) + self.scene.chaos;
        loop {
            let at = self.adversary.next_at().max(self.world.now());
            if at >= end {
                return self.pass(end);
            }
            self.pass(at)?;
            for action in self.adversary.act(&self.world) {
                // Everything due by now has happened before each of them: so a script says it.
                self.pass(at)?;
                self.act(action)?;
            }
        }
    }

    /// A quorum recovers, answers a new client, and comes to agree.
    fn recover(&mut self) -> Played {
        let mut random = Random::for_plan(self.scene.setup.seed, RECOVERY);
        let chosen = recovery::choose(&mut random, &self.world, &self.checks, &self.targets);
        let Some(nodes) = chosen else { return Ok(()) };
        let now = self.world.now();
        self.act(Action::Recover { nodes })?;
        let within = recovery::bound(&self.world);
        self.expectations = script::expectations(within);
        // Should its patience end before the bound, it asks again.
        let patience = self.scene.setup.client_patience.as_micros().max(1);
        let times = within.as_micros() / patience + 1;
        for _ in 0..times {
            self.pass(now)?;
            let operation = Operation::Set { key: "progress".into(), value: "made".into() };
            let read = ReadPolicy::Log;
            self.act(Action::Request { client: FRESH_CLIENT, operation, via: None, read })?;
        }
        self.await_that(within, "an answer to a new client", |run| {
            let waits = run.world.client(FRESH_CLIENT).is_none_or(|c| c.pending().is_some());
            match &run.fresh_answer {
                Some(Response::Done) if !waits => Ok(()),
                _ => Err("it waits".to_owned()),
            }
        })?;
        self.await_that(within, "agreement", |run| converged(&run.world))?;
        self.await_that(within, "all that was committed", |run| {
            complete(&run.world, run.checks.ledger())
        })
    }

    /// Lets time pass until something holds.
    fn await_that(
        &mut self,
        within: std::time::Duration,
        awaited: &str,
        holds: impl Fn(&Self) -> Result<(), String>,
    ) -> Played {
        let deadline = self.world.now() + within;
        loop {
            let Err(found) = holds(self) else { return Ok(()) };
            match self.world.next_event() {
                Some(next) if next.at <= deadline => self.step()?,
                _ => {
                    self.world.advance_clock(deadline);
                    let description =
                        format!("waited {} s for {awaited}, found: {found}", within.as_secs());
                    return Err(Failure::no_progress(description, &self.world));
                }
            }
        }
    }

    /// Does everything that is due up to `at`.
    fn pass(&mut self, at: Instant) -> Played {
        while self.world.next_event().is_some_and(|next| next.at <= at) {
            self.step()?;
        }
        self.world.advance_clock(at);
        Ok(())
    }

    fn step(&mut self) -> Played {
        self.world.step();
        self.look()
    }

    /// Does something to the world, if that is possible now.
    fn act(&mut self, action: Action) -> Played {
        self.attempt = Some(action.clone());
        let done = self.world.apply(action);
        self.attempt = None;
        if done.is_err() {
            return Ok(());
        }
        self.look()
    }

    /// Looks at what happened.
    fn look(&mut self) -> Played {
        self.checks.observe(&self.world, self.world.events());
        self.events += self.world.events().len() as u64;
        self.rare.observe(&self.world, &self.checks);
        for event in self.world.events() {
            match &event.kind {
                EventKind::Core { node, trace: Trace::ChangeStarted { target, .. } } => {
                    self.targets.retain(|(leader, _)| leader != node);
                    self.targets.push((*node, target.clone()));
                }
                EventKind::ClientAnswered { client: FRESH_CLIENT, response, .. } => {
                    self.fresh_answer = Some(response.clone());
                }
                _ => {}
            }
        }
        self.judge()
    }

    /// Whether everything holds. The limits are those of a script, so that the script of a run that
    /// breaks one breaks it as well.
    fn judge(&self) -> Played {
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
