//! What a majority is: everything that is counted, is counted here (§5.2, §5.3, §6).
//!
//! In a joint membership each count needs a majority of the old voters and one of the new
//! ([`Membership::is_quorum`]). Learners count nowhere.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::progress::Progress;
use super::{Leader, Node, Role};
use crate::{LogIndex, Membership, NodeId, Round};

impl Leader {
    /// What is known about a server; `None` for the leader itself and for strangers.
    pub(super) fn progress(&self, node: NodeId) -> Option<&Progress> {
        self.position(node).map(|position| &self.peers[position])
    }

    /// Where a server stands among the peers.
    pub(super) fn position(&self, node: NodeId) -> Option<usize> {
        // There are few: looking at each is faster than a binary search.
        self.peers.iter().position(|progress| progress.peer == node)
    }
}

impl Node {
    /// Raft §5.2: votes of a majority of the servers elect.
    pub(super) fn is_elected_by(&self, votes: &BTreeMap<NodeId, bool>) -> bool {
        let granted = |node: NodeId| votes.get(&node).is_some_and(|granted| *granted);
        if bug!(self, ElectionByUnion) {
            let voters =
                self.membership().members().into_iter().filter(|m| self.membership().is_voter(*m));
            return Membership::new(voters).is_quorum(granted);
        }
        self.membership().is_quorum(granted)
    }

    /// The votes that were granted and the votes that are needed; in a joint membership, those of the
    /// set of voters that lacks more. Only for the trace.
    pub(super) fn tally(&self) -> (usize, usize) {
        let (Role::PreCandidate { votes } | Role::Candidate { votes }) = &self.role else {
            return (0, 0);
        };
        self.membership().tally(|node| votes.get(&node).is_some_and(|granted| *granted))
    }

    /// The last entry that is on the disks of a quorum, this leader's own disk counted like the
    /// others.
    pub(super) fn on_quorum_of_disks(&self, leader: &Leader) -> LogIndex {
        let own = self.durability.log_index();
        let id = self.config.id;
        let reached = |node: NodeId| match node == id {
            true => own,
            false => leader.progress(node).map_or(LogIndex(0), |progress| progress.match_index),
        };
        let membership = self.membership();
        if bug!(self, CommitUnsorted) {
            let numbers: Vec<LogIndex> = membership.voters().iter().map(|n| reached(*n)).collect();
            return numbers[membership.majority() - 1];
        }
        if bug!(self, JointHalfCommit) {
            return membership.without_outgoing().reached_by_quorum(reached);
        }
        if bug!(self, LearnersCount) {
            let mut numbers: Vec<LogIndex> =
                membership.members().into_iter().map(reached).collect();
            numbers.sort_unstable();
            return numbers[(numbers.len() - 1) / 2];
        }
        membership.reached_by_quorum(reached)
    }

    /// The latest round that a quorum has answered, this leader included.
    pub(super) fn answered_by_quorum(&self, leader: &Leader) -> Round {
        let id = self.config.id;
        let current = leader.rounds.current();
        let reached = |node: NodeId| match node == id {
            true => current,
            false => leader.progress(node).map_or(Round(0), |progress| progress.answered_round),
        };
        if bug!(self, ReadQuorumShort) {
            let mut rounds: Vec<Round> =
                self.membership().voters().iter().map(|node| reached(*node)).collect();
            rounds.sort_unstable_by(|left, right| right.cmp(left));
            return rounds[self.membership().majority().saturating_sub(2)];
        }
        self.membership().reached_by_quorum(reached)
    }

    /// Whether this leader heard from a quorum within the longest election timeout: if not, another
    /// may have been elected, and clients had better look for it (dissertation §6.2).
    pub(super) fn hears_quorum(&self, leader: &Leader) -> bool {
        let (id, now, window) =
            (self.config.id, self.now, self.config.settings.election_timeout_max);
        let is_heard = |node: NodeId| {
            let progress = leader.progress(node);
            node == id || progress.is_some_and(|progress| now - progress.last_contact <= window)
        };
        let hears_any = || self.peers().iter().any(|peer| is_heard(*peer));
        self.membership().is_quorum(is_heard) || bug!(self, LeaderWithoutQuorum) && hears_any()
    }

    /// Whose disks hold the entry at `index`. Only for the trace.
    pub(super) fn holders_of(&self, index: LogIndex) -> Vec<NodeId> {
        let Role::Leader(leader) = &self.role else { return Vec::new() };
        let holds = |node: &NodeId| match *node == self.config.id {
            true => self.durability.log_index() >= index,
            false => leader.progress(*node).is_some_and(|progress| progress.match_index >= index),
        };
        self.membership().members().into_iter().filter(holds).collect()
    }

    /// The other servers of the cluster, by ascending id.
    pub(super) fn peers(&self) -> Vec<NodeId> {
        let mut members = self.membership().members();
        members.retain(|member| *member != self.config.id);
        members
    }

    /// The other servers whose votes count, by ascending id.
    pub(super) fn other_voters(&self) -> Vec<NodeId> {
        let mut voters = self.peers();
        voters.retain(|peer| self.membership().is_voter(*peer));
        voters
    }
}
