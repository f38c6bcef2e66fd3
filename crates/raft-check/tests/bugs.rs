//! A checker that has never caught a planted bug does not count.

mod storm;

use raft_core::{Bug, Bugs};
use storm::Storm;

#[test]
fn survey() {
    for bug in Bug::ALL {
        let mut found = Vec::new();
        let mut panics = 0;
        for seed in 1..=400 {
            let mut setup = Storm::setup(1 + seed % 5, seed);
            setup.snapshot_threshold = [5, 20, 10_000][seed as usize % 3];
            setup.bugs = Bugs::NONE.with(*bug);
            match std::panic::catch_unwind(|| Storm::with(setup).run(8_000_000)) {
                Ok(storm) => {
                    if let Some(violation) = storm.checks.violation() {
                        found.push((seed, violation.property.name));
                    }
                }
                Err(_) => panics += 1,
            }
        }
        let mut by: std::collections::BTreeMap<&str, u32> = Default::default();
        found.iter().for_each(|(_, name)| *by.entry(name).or_default() += 1);
        println!(
            "{:28} {:22} first {:?} panics {panics} {by:?}",
            bug.name(),
            bug.breaks(),
            found.first().map(|f| f.0)
        );
    }
}
