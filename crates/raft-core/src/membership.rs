//! Who belongs to the cluster, and what a majority of it is.

use alloc::vec::Vec;

use crate::{ConfigError, NodeId};

/// The servers of a cluster, in ascending order without duplicates.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Membership {
    voters: Vec<NodeId>,
}

impl Membership {
    /// The most voters that a cluster may have.
    pub const MAX_VOTERS: usize = 9;

    /// A cluster of these voters; their order does not matter and repetitions count once.
    pub fn new(voters: impl IntoIterator<Item = NodeId>) -> Self {
        let mut voters: Vec<NodeId> = voters.into_iter().collect();
        voters.sort_unstable();
        voters.dedup();
        Self { voters }
    }

    /// Checks that there are 1 to 9 voters, whose ids start at 1.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.voters.is_empty() || self.voters.len() > Self::MAX_VOTERS {
            return Err(ConfigError::VoterCount(self.voters.len()));
        }
        if self.voters.contains(&NodeId(0)) {
            return Err(ConfigError::NodeIdZero);
        }
        Ok(())
    }

    /// The servers whose votes and acknowledgements count.
    pub fn voters(&self) -> &[NodeId] {
        &self.voters
    }

    /// Whether `node` may vote.
    pub fn is_voter(&self, node: NodeId) -> bool {
        self.voters.binary_search(&node).is_ok()
    }

    /// How many voters make a majority: more than half of them.
    pub fn majority(&self) -> usize {
        self.voters.len() / 2 + 1
    }
}
