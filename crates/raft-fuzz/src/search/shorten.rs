//! Makes a script in which a condition comes to hold as short as it can be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use raft_script::limits::MAX_RUN_STEPS;
use raft_script::{ClusterCondition, Condition, Script};

use super::Hit;
use super::candidate::{Candidate, Went};
use crate::{ShrinkProgress, Shrinker};

/// A shorter script may take so many steps more than the one that was found.
const MORE_STEPS: u64 = 100_000;

/// A short script in which a condition comes to hold.
#[derive(Clone, Debug)]
pub struct Shortened {
    /// The run of the script, up to the first moment at which the condition holds.
    pub hit: Hit,
    /// Its size, and the number of replays.
    pub progress: ShrinkProgress,
    /// False if the number of replays was used up before.
    pub is_minimal: bool,
}

/// Shortens a script, by at most `max_runs` replays, and calls `progress` after each. Where the
/// condition is `broken` and a property is, the short script breaks the same one.
///
/// The first moment of the run at which the condition holds counts. `None` if there is none.
pub fn shorten(
    script: &Script,
    condition: &Condition,
    max_runs: u64,
    progress: &mut dyn FnMut(ShrinkProgress),
) -> Option<Shortened> {
    let first = first_hit(script, condition, MAX_RUN_STEPS)?;
    let condition = same_failure(condition, &first);
    let steps = first.session.world().steps() + MORE_STEPS;
    let mut oracle = |script: &Script| {
        let hit = first_hit(script, &condition, steps)?;
        raft_script::parse(&hit.session.export()).ok()
    };
    let script = raft_script::parse(&first.session.export()).ok()?;
    let shrunk = Shrinker::new(max_runs, &mut oracle, progress).running_on().shrink(&script)?;
    Some(Shortened {
        hit: first_hit(&shrunk.script, &condition, steps)?,
        progress: shrunk.progress,
        is_minimal: shrunk.is_minimal,
    })
}

/// The condition; `broken` names the property that is broken.
fn same_failure(condition: &Condition, hit: &Hit) -> Condition {
    match (condition, hit.session.checks().violation()) {
        (Condition::Cluster(ClusterCondition::Broken(None)), Some(violation)) => {
            Condition::Cluster(ClusterCondition::Broken(Some(violation.property)))
        }
        (condition, _) => condition.clone(),
    }
}

/// The first moment of a script's run at which a condition holds, within so many steps. Statements
/// that cannot be carried out are left out.
fn first_hit(script: &Script, condition: &Condition, steps: u64) -> Option<Hit> {
    let mut candidate = Candidate::of_script(0, script)?.leniently();
    let play = AssertUnwindSafe(|| candidate.play(condition, steps));
    let (went, _) = catch_unwind(play).ok()?;
    (went == Went::ToTheCondition).then(|| {
        let (seed, session) = candidate.into_parts();
        Hit { seed, session, condition: condition.clone() }
    })
}
