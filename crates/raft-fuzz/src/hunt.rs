//! The hunt for a planted bug: seeds are played with a rule switched off until a check notices, and
//! the run is shrunk to the shortest script.

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use raft_script::{Script, Statement};
use raft_sim::{Switch, Switches};

use crate::play::{Symptom, play};
use crate::shrink::{ShrinkProgress, Shrinker, Shrunk, statements};
use crate::{Plan, Profile, SeedRun};

/// A run that fails only because a rule is switched off.
#[derive(Clone, Debug)]
pub struct Catch {
    /// The rule.
    pub switch: Switch,
    /// The seed of the run.
    pub seed: u64,
    /// The kind of the failure.
    pub symptom: Symptom,
    /// The run up to the failure.
    pub script: Script,
}

/// The failure of a script that only fails because a rule is switched off.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The kind of the failure.
    pub symptom: Symptom,
    /// The failure with all details, in one line.
    pub description: String,
    /// The statements that were carried out up to then.
    pub script: Script,
}

/// After a failed assertion of the core, so many more seeds are played, because one of them may
/// break a property.
const SEEDS_AFTER_ASSERTION: u64 = 500;

/// Plays seeds of the profile `swarm` with a rule switched off until a property is broken. `None`
/// if no seed fails; a failed assertion of the core if that is all there is. Calls `progress` with
/// each seed before it is played.
pub fn hunt(
    switch: Switch,
    seeds: RangeInclusive<u64>,
    progress: &mut dyn FnMut(u64),
) -> Option<Catch> {
    let mut assertion: Option<Catch> = None;
    for seed in seeds {
        if let Some(first) = &assertion
            && seed > first.seed + SEEDS_AFTER_ASSERTION
        {
            break;
        }
        progress(seed);
        match hunt_one(switch, seed) {
            Some(catch) if matches!(catch.symptom, Symptom::Assertion(_)) => {
                assertion.get_or_insert(catch);
            }
            Some(catch) => return Some(catch),
            None => {}
        }
    }
    assertion
}

/// Plays one seed with a rule switched off. `None` if it does not fail, or if its script fails with
/// all rules on, too.
fn hunt_one(switch: Switch, seed: u64) -> Option<Catch> {
    let plan = Plan { bugs: Switches::NONE.with(switch), ..Plan::new(Profile::Swarm, seed) };
    let mut run = SeedRun::new(&plan);
    let panicked = catch_unwind(AssertUnwindSafe(|| run.play())).is_err();
    if !panicked && run.failure().is_none() {
        return None;
    }
    let Shown { symptom, script, .. } = shown(&run.script())?;
    Some(Catch { switch, seed, symptom, script })
}

/// The shortest script with the same symptom; `None` if the script has another.
pub fn shrink(
    catch: &Catch,
    max_runs: u64,
    progress: &mut dyn FnMut(ShrinkProgress),
) -> Option<Shrunk> {
    let mut oracle = |script: &Script| {
        let Shown { symptom, script, .. } = shown(script)?;
        (symptom == catch.symptom).then_some(script)
    };
    Shrinker::new(max_runs, &mut oracle, progress).running_on().shrink(&catch.script)
}

/// The failure of a script, unless the script fails with all rules on, too.
pub fn shown(script: &Script) -> Option<Shown> {
    let played = play(script);
    let symptom = played.symptom?;
    let sound = play(&with_all_rules(&played.script));
    let (description, script) = (played.description, played.script);
    sound.symptom.is_none().then_some(Shown { symptom, description, script })
}

/// The script with all rules on.
pub fn with_all_rules(script: &Script) -> Script {
    statements(script.statements.iter().map(|line| {
        let mut statement = line.statement.clone();
        if let Statement::Cluster(setup) = &mut statement {
            setup.bugs = Switches::NONE;
        }
        statement
    }))
}
