//! The search for a run in which a condition comes to hold: among drawn runs, or among the futures
//! of one moment.
//!
//! A condition is judged by a [`Session`], after each statement and each step. A drawn run is first
//! played by the fuzzer, which is faster and makes its script. If that run shows that the condition
//! cannot hold in it, the session is spared.

mod candidate;
mod shorten;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use raft_core::Instant;
use raft_script::{
    ClusterCondition, Comparison, Condition, CountCondition, Occurrence, Order, Run, Session,
    Statement,
};

use self::candidate::{Candidate, Went};
pub use self::shorten::{Shortened, shorten};
use crate::{Plan, SeedRun};

/// A search, in slices: call [`advance`](Self::advance) until it is over. Drop it to end it early.
///
/// ```
/// use raft_fuzz::{Plan, Profile, Search, Searched};
///
/// let condition = raft_script::parse_condition("happened split-vote")?;
/// let mut search = Search::of_runs(condition, Plan::new(Profile::Swarm, 0), 1..1_001);
/// let hit = loop {
///     match search.advance(10_000) {
///         Searched::Hit(hit) => break hit,
///         Searched::Going => {}
///         Searched::Over => panic!("not in 1,000 runs"),
///     }
/// };
/// let script = raft_script::parse(&hit.script())?;
/// assert_eq!(raft_script::run(&script, &mut |_| {}).failure, None);
/// # Ok::<(), raft_script::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Search {
    condition: Condition,
    source: Source,
    seeds: Range<u64>,
    /// The run that is being looked at.
    candidate: Option<Candidate>,
    counts: SearchCounts,
}

/// Where the runs come from.
#[derive(Clone, Debug)]
enum Source {
    /// The fuzzer draws them.
    Drawn(Box<Plan>),
    /// They go on from a moment with a seed of their own.
    From { moment: Box<Session>, time: Duration },
}

/// How far a search is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SearchCounts {
    /// The number of seeds whose runs were looked at to their end, or to the moment at which the
    /// condition holds.
    pub seeds: u64,
    /// In so many of them the condition came to hold.
    pub hits: u64,
    /// The number of steps of the world, of the fuzzer and of sessions.
    pub steps: u64,
}

/// What a slice of a search found.
#[derive(Clone, Debug)]
pub enum Searched {
    /// A run in which the condition comes to hold. The search can go on with the next seed.
    Hit(Box<Hit>),
    /// Nothing yet.
    Going,
    /// Every seed was tried.
    Over,
}

/// The first moment of a run at which a condition holds.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The seed of the run.
    pub seed: u64,
    /// The run up to that moment.
    pub session: Session,
    condition: Condition,
}

impl Search {
    /// Looks at the runs of the fuzzer with these seeds, in order. The seed of the plan does not
    /// matter.
    pub fn of_runs(condition: Condition, plan: Plan, seeds: Range<u64>) -> Self {
        Self::new(condition, Source::Drawn(Box::new(plan)), seeds)
    }

    /// Looks at the futures of a session, each for so much virtual time: a statement `reseed` with
    /// one of these seeds, and then no other one. A statement that waits is given up.
    pub fn from_moment(
        condition: Condition,
        mut moment: Session,
        time: Duration,
        seeds: Range<u64>,
    ) -> Self {
        moment.cancel();
        Self::new(condition, Source::From { moment: Box::new(moment), time }, seeds)
    }

    fn new(condition: Condition, source: Source, seeds: Range<u64>) -> Self {
        Self { condition, source, seeds, candidate: None, counts: SearchCounts::default() }
    }

    /// How far the search is.
    pub fn counts(&self) -> SearchCounts {
        self.counts
    }

    /// Goes on for so many steps of the world, or to the next hit. A run of the fuzzer is played at
    /// once, so the last one may take more.
    ///
    /// A run that a failed assertion of the core ends is looked at up to there, where the program
    /// unwinds. A panic hook can silence the message.
    pub fn advance(&mut self, steps: u64) -> Searched {
        let end = self.counts.steps.saturating_add(steps.max(1));
        while self.counts.steps < end {
            let Some(mut candidate) = self.candidate.take() else {
                let Some(seed) = self.seeds.next() else { return Searched::Over };
                self.candidate = self.begin(seed);
                self.counts.seeds += u64::from(self.candidate.is_none());
                continue;
            };
            let left = end - self.counts.steps;
            let play = AssertUnwindSafe(|| candidate.play(&self.condition, left));
            let (went, made) = catch_unwind(play).unwrap_or((Went::ToItsEnd, 0));
            self.counts.steps += made;
            match went {
                Went::On => self.candidate = Some(candidate),
                Went::ToItsEnd => self.counts.seeds += 1,
                Went::ToTheCondition => {
                    self.counts.seeds += 1;
                    self.counts.hits += 1;
                    let (seed, session) = candidate.into_parts();
                    let condition = self.condition.clone();
                    return Searched::Hit(Box::new(Hit { seed, session, condition }));
                }
            }
        }
        Searched::Going
    }

    /// The run of a seed, before its first step; `None` if the condition cannot hold in it.
    fn begin(&mut self, seed: u64) -> Option<Candidate> {
        match &self.source {
            Source::From { moment, time } => {
                let statements =
                    [Statement::Order(Order::Reseed(seed)), Statement::Run(Run::For(*time))];
                Some(Candidate::new(seed, Session::clone(moment), statements.into()))
            }
            Source::Drawn(plan) => {
                let mut run = SeedRun::new(&Plan { seed, ..Plan::clone(plan) });
                // A session stops at the same assertion.
                let is_over = catch_unwind(AssertUnwindSafe(|| run.play())).is_ok();
                self.counts.steps += run.world().steps();
                if is_over && !may_hold(&self.condition, &run) {
                    return None;
                }
                Candidate::of_script(seed, &run.script())
            }
        }
    }
}

/// False if what the fuzzer counted and checked in a run shows that the condition never holds in
/// it.
fn may_hold(condition: &Condition, run: &SeedRun) -> bool {
    match condition {
        Condition::Count(CountCondition {
            occurrence: Occurrence::Happened(event),
            comparison: Comparison::AtLeast | Comparison::Equal,
            number,
            ..
        }) => run.report().rare.count(*event) >= *number,
        Condition::Cluster(ClusterCondition::Broken(_)) => run.failure().is_some(),
        Condition::Not(condition) => {
            **condition != Condition::Cluster(ClusterCondition::Safe) || run.failure().is_some()
        }
        Condition::All(conditions) => conditions.iter().all(|condition| may_hold(condition, run)),
        Condition::Count(_)
        | Condition::Cluster(
            ClusterCondition::Converged
            | ClusterCondition::Complete
            | ClusterCondition::Settled
            | ClusterCondition::Safe,
        )
        | Condition::Leader(_)
        | Condition::Members(_)
        | Condition::Node(_)
        | Condition::Data(_)
        | Condition::Client(_)
        | Condition::Order { .. } => true,
    }
}

impl Hit {
    /// The virtual time of the moment.
    pub fn at(&self) -> Instant {
        self.session.world().now()
    }

    /// The run as a script that ends at the moment, with an `expect` of the condition. It holds
    /// there when the script is played again.
    ///
    /// If a property is broken there, `raft_script::run` ends with that; a session goes on.
    pub fn script(&self) -> String {
        format!("{}expect {}\n", self.session.export(), self.condition)
    }
}
