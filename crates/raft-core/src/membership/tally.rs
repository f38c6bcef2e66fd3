//! How far a count of voters is from a majority.

use core::fmt;

/// How many voters of a set were counted, and how many are a majority of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tally {
    /// The voters that were counted.
    pub count: usize,
    /// A majority of the set.
    pub needed: usize,
    /// The set.
    pub set: VoterSet,
}

/// A set of voters of which a majority is needed (§6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum VoterSet {
    /// The voters of a membership that is not joint.
    #[default]
    All,
    /// The voters of a joint membership that count after it too.
    Incoming,
    /// The voters of the membership before a joint one.
    Outgoing,
}

impl Tally {
    /// How many more are needed.
    pub(super) fn lacks(self) -> usize {
        self.needed.saturating_sub(self.count)
    }
}

/// `2 of the 3 it needs`, or `0 of the 2 outgoing voters that it needs`.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, needed, set } = self;
        match set {
            VoterSet::All => write!(f, "{count} of the {needed} it needs"),
            VoterSet::Incoming => write!(f, "{count} of the {needed} new voters that it needs"),
            VoterSet::Outgoing => {
                write!(f, "{count} of the {needed} outgoing voters that it needs")
            }
        }
    }
}
