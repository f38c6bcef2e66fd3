//! Fewer nodes, and small seeds.

use raft_core::NodeId;
use raft_script::Statement;

use super::{Shrinker, text};

/// The number of seeds that are tried with fewer nodes. With another seed nearly everything is
/// drawn anew.
const SEEDS_WITH_FEWER_NODES: u64 = 12;
/// The number of small seeds that are tried instead of a larger one.
const SMALL_SEEDS: u64 = 20;
/// Other seeds are tried only in scripts with at most so many statements that may go.
const SEEDS_UP_TO: usize = 30;

impl Shrinker<'_> {
    /// Proposes fewer nodes, then a small seed, then another seed with one statement less.
    pub(super) fn simpler_cluster(&mut self) {
        while self.fewer_nodes() {}
        self.smaller_seed();
        while self.leave_out_with_another_seed() {}
    }

    fn nodes_and_seed(&self) -> Option<(u64, u64)> {
        let Some(Statement::Cluster(setup)) = self.best.first() else { return None };
        Some((setup.nodes, setup.seed))
    }

    fn fewer_nodes(&mut self) -> bool {
        let Some((nodes, seed)) = self.nodes_and_seed() else { return false };
        for fewer in 1..nodes {
            let kept = self.most_named(nodes, fewer);
            for seed in std::iter::once(seed).chain(1..=SEEDS_WITH_FEWER_NODES) {
                for kept in [&(1..=fewer).collect::<Vec<_>>(), &kept] {
                    let candidate = self.with_only(nodes, kept, seed);
                    if candidate.is_some_and(|candidate| self.propose(candidate)) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// The `count` voters that statements name most often, ascending.
    fn most_named(&self, nodes: u64, count: u64) -> Vec<u64> {
        let named = |node: &u64| {
            let texts = self.best.iter().skip(1).map(text::action_words);
            let counts = texts.map(|text| numbers(&text).filter(|found| found == node).count());
            std::cmp::Reverse(counts.sum::<usize>())
        };
        let mut all: Vec<u64> = (1..=nodes).collect();
        all.sort_by_key(named);
        all.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        all.sort_unstable();
        all
    }

    /// The script with these voters alone, numbered from 1. Other voters are left out of
    /// statements; `None` if a protected statement names one.
    fn with_only(&self, nodes: u64, kept: &[u64], seed: u64) -> Option<Vec<Statement>> {
        let protected = self.open_range().end;
        let mut candidate = Vec::new();
        for (place, statement) in self.best.iter().enumerate() {
            if let Statement::Cluster(setup) = statement {
                let mut setup = setup.clone();
                (setup.nodes, setup.seed) = (kept.len() as u64, seed);
                setup.down.retain(|node| kept.contains(&node.0));
                for node in &mut setup.down {
                    *node = NodeId(renumbered(kept, node.0));
                }
                candidate.push(Statement::Cluster(setup));
                continue;
            }
            let is_gone = |number: u64| number >= 1 && number <= nodes && !kept.contains(&number);
            let words = text::action_words(statement);
            let names_gone = numbers(&words).any(is_gone);
            if names_gone && place >= protected {
                return None;
            }
            candidate.extend(renamed(statement, nodes, kept));
        }
        Some(candidate)
    }

    fn smaller_seed(&mut self) {
        let Some((_, seed)) = self.nodes_and_seed() else { return };
        for small in (1..=SMALL_SEEDS).take_while(|small| *small < seed) {
            let mut candidate = self.best.clone();
            set_seed(&mut candidate, small);
            if self.propose(candidate) {
                return;
            }
        }
    }

    /// Some statements only bring about a moment at which the others do harm. With other latencies
    /// and timeouts it may come without them.
    fn leave_out_with_another_seed(&mut self) -> bool {
        let open = self.open_range();
        if open.len() > SEEDS_UP_TO || self.nodes_and_seed().is_none() {
            return false;
        }
        for place in open.rev() {
            for seed in 1..=SEEDS_WITH_FEWER_NODES {
                let mut candidate = self.best.clone();
                candidate.remove(place);
                set_seed(&mut candidate, seed);
                if self.propose(candidate) {
                    return true;
                }
            }
        }
        false
    }
}

fn set_seed(script: &mut [Statement], seed: u64) {
    if let Some(Statement::Cluster(setup)) = script.first_mut() {
        setup.seed = seed;
    }
}

/// The numbers in a text, which mostly are nodes.
fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split(' ').filter_map(|word| word.strip_prefix("via=").unwrap_or(word).parse().ok())
}

fn renumbered(kept: &[u64], node: u64) -> u64 {
    kept.iter().position(|kept| *kept == node).map_or(node, |place| place as u64 + 1)
}

/// The statement with its nodes renumbered, and without those that are left out; `None` if the rest
/// is no statement.
fn renamed(statement: &Statement, nodes: u64, kept: &[u64]) -> Option<Statement> {
    let whole = statement.to_string();
    let action = text::action_words(statement);
    let moment = &whole[..whole.len() - action.len()];
    let mut words: Vec<String> = Vec::new();
    for word in action.split(' ') {
        let (before, number) = match word.strip_prefix("via=") {
            Some(number) => ("via=", number),
            None => ("", word),
        };
        match number.parse::<u64>() {
            Ok(number) if number > nodes || number == 0 => words.push(word.to_owned()),
            Ok(number) if kept.contains(&number) => {
                words.push(format!("{before}{}", renumbered(kept, number)));
            }
            Ok(_) => {}
            Err(_) => words.push(word.to_owned()),
        }
    }
    text::parse(&format!("{moment}{}", words.join(" ")))
}
