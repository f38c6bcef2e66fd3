//! Hunts for a rule that is switched off: what it takes to catch it, and the shortest script that
//! shows what the rule is for.

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use raft_script::{Script, Statement};
use raft_sim::{Switch, Switches};

use crate::play::{Symptom, play};
use crate::shrink::{ShrinkProgress, Shrinker, Shrunk, statements};
use crate::{Plan, Profile, SeedRun};

/// A run in which something is wrong only because a rule is switched off.
#[derive(Clone, Debug)]
pub struct Catch {
    /// The rule.
    pub switch: Switch,
    /// The seed of the run.
    pub seed: u64,
    /// What is wrong with it.
    pub symptom: Symptom,
    /// The run.
    pub script: Script,
}

/// What a script shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What is wrong.
    pub symptom: Symptom,
    /// What is wrong, in one line with all details.
    pub description: String,
    /// The statements that were carried out up to then.
    pub script: Script,
}

/// When a rule is caught only by an assertion of the core, so many seeds more may show the property
/// that it breaks.
const SEEDS_AFTER_ASSERTION: u64 = 500;

/// Plays seeds of the profile `swarm` with a rule switched off until it is caught; rather by a
/// property than by an assertion. `None` if no seed catches it. `progress` is told of each seed
/// before it is played.
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

/// Plays one seed with a rule switched off. `None` if nothing is wrong, or if something is wrong
/// with the same script when the rule holds.
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

/// The shortest script that shows what a caught one shows.
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

/// What is wrong with a script's run and is not when all rules hold.
pub fn shown(script: &Script) -> Option<Shown> {
    let played = play(script);
    let symptom = played.symptom?;
    let sound = play(&with_all_rules(&played.script));
    let (description, script) = (played.description, played.script);
    sound.symptom.is_none().then_some(Shown { symptom, description, script })
}

/// The script with all rules in force.
pub fn with_all_rules(script: &Script) -> Script {
    statements(script.statements.iter().map(|line| {
        let mut statement = line.statement.clone();
        if let Statement::Cluster(setup) = &mut statement {
            setup.bugs = Switches::NONE;
        }
        statement
    }))
}
