//! The clusters that a page offers.

use std::time::Duration;

use raft_core::Settings;
use raft_sim::{DelayRange, Setup};

/// A cluster for watching: messages take longer than by default, so that they are visible at a
/// speed at which an election takes only seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewLab {
    /// The number of nodes, from 1 to 9.
    pub nodes: u64,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// Whether nodes use only the paper's protocol: no pre-vote, no check-quorum, no leases.
    pub paper: bool,
    /// Whether followers forward commands to the leader.
    pub forward: bool,
}

const WATCHABLE_LATENCY: DelayRange =
    DelayRange { min: Duration::from_millis(10), max: Duration::from_millis(20) };

impl NewLab {
    /// The cluster of a first visit. With its seed, the first election timeout is short, and only
    /// one node starts an election.
    pub const FIRST: Self = Self { nodes: 5, seed: 896, paper: false, forward: false };

    /// The set-up of the cluster.
    pub fn setup(self) -> Setup {
        let Self { nodes, seed, paper, forward } = self;
        let usual = Settings::default();
        let settings = Settings {
            forward_proposals: forward,
            pre_vote: usual.pre_vote && !paper,
            check_quorum: usual.check_quorum && !paper,
            lease_reads: usual.lease_reads && !paper,
            ..usual
        };
        let usual = Setup::default();
        Setup { nodes, seed, link_latency: WATCHABLE_LATENCY, settings, ..usual }
    }
}

#[cfg(test)]
mod tests;
