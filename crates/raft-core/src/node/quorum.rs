//! Everything that is counted, is counted here (§5.2, §5.3, §6).
//!
//! A majority is defined in `membership.rs` only, and a quorum is counted here only, with
//! [`Membership::is_quorum`] and [`Membership::reached_by_quorum`]. (`advance_commit` also looks at
//! [`Membership::majority`], to see when there is nothing to count.) In a joint membership each
//! count needs a majority of the outgoing voters and one of the voters. Learners count nowhere.
//!
//! [`Membership::is_quorum`]: crate::Membership::is_quorum
//! [`Membership::majority`]: crate::Membership::majority
//! [`Membership::reached_by_quorum`]: crate::Membership::reached_by_quorum

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::progress::Progress;
use super::{Leader, Node};
use crate::{HeartbeatRound, LogIndex, Membership, NodeId, Refusal, Tally, Unheard};

impl Leader {
    /// The leader's view of a server; `None` for the leader itself and for a server that is no
    /// member.
    pub(super) fn progress(&self, node: NodeId) -> Option<&Progress> {
        self.position(node).map(|position| &self.peers[position])
    }

    /// A server's position in `peers`.
    pub(super) fn position(&self, node: NodeId) -> Option<usize> {
        // There are few: looking at each is faster than a binary search.
        self.peers.iter().position(|progress| progress.peer == node)
    }
}

impl Node {
    /// Raft §5.2: the votes of a quorum elect.
    pub(super) fn has_vote_quorum(&self, votes: &BTreeMap<NodeId, bool>) -> bool {
        self.membership().is_quorum(|node| votes.get(&node).is_some_and(|granted| *granted))
    }

    /// The granted votes; in a joint membership, those of the set of voters that lacks more. Only
    /// for the trace.
    pub(super) fn tally(&self, votes: &BTreeMap<NodeId, bool>) -> Tally {
        self.membership().tally(|node| votes.get(&node).is_some_and(|granted| *granted))
    }

    /// Raft §5.3: the last entry that the disks of a quorum hold. The leader's own disk counts like
    /// the others.
    pub(super) fn quorum_match_index(&self, leader: &Leader) -> LogIndex {
        self.membership().reached_by_quorum(|node| self.match_index_of(leader, node))
    }

    /// Raft §5.3: the last entry known to be on a server's disk. This leader's own disk counts when
    /// it is done (dissertation §10.2.1).
    pub(super) fn match_index_of(&self, leader: &Leader, node: NodeId) -> LogIndex {
        match node == self.config.id {
            true => self.durability.log_index(),
            false => leader.progress(node).map_or(LogIndex(0), |progress| progress.match_index),
        }
    }

    /// Dissertation §6.4: the latest round that a quorum has answered, this leader included.
    pub(super) fn quorum_acked_round(&self, leader: &Leader) -> HeartbeatRound {
        self.membership().reached_by_quorum(|node| self.acked_round_of(leader, node))
    }

    /// The latest round that a server has answered; this leader answers its own at once.
    pub(super) fn acked_round_of(&self, leader: &Leader, node: NodeId) -> HeartbeatRound {
        match node == self.config.id {
            true => leader.rounds.current(),
            false => {
                leader.progress(node).map_or(HeartbeatRound(0), |progress| progress.acked_round)
            }
        }
    }

    /// Dissertation §6.2: whether this leader heard from a quorum within the longest election
    /// timeout. If not, another leader may have been elected, and clients should look for it.
    pub(super) fn is_quorum_active(&self, leader: &Leader) -> bool {
        self.membership().is_quorum(|node| self.is_active(leader, node))
    }

    /// Whether a server answered within the longest election timeout.
    pub(super) fn is_active(&self, leader: &Leader, node: NodeId) -> bool {
        let window = self.config.settings.election_timeout_max;
        let progress = leader.progress(node);
        node == self.config.id
            || progress.is_some_and(|progress| self.now - progress.last_contact <= window)
    }

    /// Whether the leader may make the voters of `target` the voters: a majority of them answered
    /// within the longest election timeout. Else nobody could lead after the change, and no later
    /// change could repair that. `joining` servers, which catch up first, count as if they had
    /// answered.
    pub(super) fn check_voters_heard(
        &self,
        leader: &Leader,
        target: &Membership,
        joining: &[NodeId],
    ) -> Result<(), Refusal> {
        let is_heard = |node| joining.contains(&node) || self.is_heard(leader, node);
        if target.voters() == self.membership().voters() || target.is_quorum(is_heard) {
            return Ok(());
        }
        let Tally { count, needed, .. } = target.tally(is_heard);
        let (heard, needed) = (count as u8, needed as u8);
        let unheard = target.voters().iter().copied().filter(|node| !is_heard(*node));
        Err(Refusal::VotersNotHeard { heard, needed, unheard: Unheard::from_iter(unheard) })
    }

    /// Whether a server answered in this term, and within the longest election timeout.
    fn is_heard(&self, leader: &Leader, node: NodeId) -> bool {
        let has_answered = self.acked_round_of(leader, node) > HeartbeatRound(0);
        has_answered && self.is_active(leader, node)
    }

    /// The servers whose disks hold the entry at `index`. Only for the trace.
    pub(super) fn holders_of(&self, leader: &Leader, index: LogIndex) -> Vec<NodeId> {
        let mut members = self.membership().members();
        members.retain(|node| self.match_index_of(leader, *node) >= index);
        members
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
