//! The order of scripts: which of two is simpler.

use raft_script::Statement;

use super::text;

/// The cost of a script to its reader. Earlier fields count more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Cost {
    statements: usize,
    nodes: u64,
    words: usize,
    /// The length of the run as far as the text says, in [`TIME_STEP`]s: a rounder number may cost
    /// some time.
    time: u64,
    characters: usize,
    /// The sum of all durations, in microseconds.
    times: u64,
    /// The sum of all counts in the settings of the cluster.
    counts: u64,
}

/// In microseconds.
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
