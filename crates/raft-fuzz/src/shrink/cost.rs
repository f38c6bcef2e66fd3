//! Which of two scripts is simpler.

use raft_script::Statement;

use super::text;

/// What a reader pays for a script. Compared from the first part on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Cost {
    statements: usize,
    nodes: u64,
    words: usize,
    /// How long it runs, in microseconds, as far as the script says; in steps, because a rounder
    /// number is worth some time.
    time: u64,
    characters: usize,
    /// All times together, in microseconds.
    times: u64,
    /// All counts of the cluster's settings together.
    counts: u64,
}

/// What a rounder number is worth, in microseconds.
const TIME_STEP: u64 = 500_000;

impl Cost {
    pub(super) fn of(script: &[Statement]) -> Self {
        let mut cost = Self {
            statements: script.len(),
            nodes: 0,
            words: 0,
            time: 0,
            characters: 0,
            times: 0,
            counts: 0,
        };
        for statement in script {
            if let Statement::Cluster(setup) = statement {
                cost.nodes = setup.nodes;
            }
            let text = statement.to_string();
            if let Statement::Cluster(_) = statement {
                let counts =
                    text.split(' ').filter_map(|word| word.split_once('=')?.1.parse().ok());
                cost.counts = counts.fold(0, u64::saturating_add);
            }
            cost.words += text.split(' ').count();
            cost.characters += text.chars().count();
            let times = text::durations(&text);
            cost.times += times.iter().map(|found| found.micros).sum::<u64>();
            if text::waits(statement) {
                let last = times.first().map_or(0, |found| found.micros.div_ceil(TIME_STEP));
                cost.time = cost.time.max(last);
            }
        }
        cost
    }
}
