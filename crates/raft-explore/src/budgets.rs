//! How often each thing may still happen: four bits each, in one number.

use crate::model::{Bounds, Scope};

/// What is left of the bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Budgets(pub(crate) u64);

/// A thing that is bounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Budget {
    Elections,
    Heartbeats,
    Proposals,
    Reads,
    Snapshots,
    Transfers,
    Changes,
    Crashes,
    Duplicates,
    Losses,
    Forgets,
    Ticks,
}

/// The most of each.
const MOST: u8 = 15;

impl Budgets {
    pub(crate) fn of(model: &Scope) -> Self {
        let Bounds {
            elections,
            heartbeats,
            proposals,
            reads,
            snapshots,
            transfers,
            changes,
            crashes,
            duplicates,
            losses,
            forgets,
            ticks,
            depth: _,
        } = model.bounds;
        let all = [
            elections, heartbeats, proposals, reads, snapshots, transfers, changes, crashes,
            duplicates, losses, forgets, ticks,
        ];
        let nibbles = all.iter().rev().map(|bound| u64::from((*bound).min(MOST)));
        Self(nibbles.fold(0, |packed, bound| packed << 4 | bound))
    }

    /// How many are left.
    pub(crate) fn left(self, budget: Budget) -> u8 {
        (self.0 >> (4 * budget as u32) & 0xF) as u8
    }

    /// One less.
    pub(crate) fn spend(self, budget: Budget) -> Self {
        debug_assert!(self.left(budget) > 0, "{budget:?} are used up");
        Self(self.0 - (1 << (4 * budget as u32)))
    }
}
