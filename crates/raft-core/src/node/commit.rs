//! Committing (§5.3, §5.4.2), applying, and telling clients what became of their proposals.

use alloc::vec::Vec;

use super::durability::Needs;
use super::{Leader, Node, Role};
use crate::{Bytes, LogIndex, LogPosition, NodeId, Outcome, Output, Payload, RequestId, Trace};

/// A proposal whose fate is open.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    request: RequestId,
    position: LogPosition,
}

impl Node {
    /// Raft §8: only the leader takes commands; others say whom to ask.
    pub(super) fn propose(&mut self, request: RequestId, command: Bytes) {
        if !matches!(self.role, Role::Leader(_)) {
            let leader = self.leader();
            self.trace(|| Trace::ProposalRedirected { leader });
            let outcome = Outcome::NotLeader { leader };
            return self.durability.stage(Output::Reply { request, outcome }, Needs::Nothing);
        }
        let position = self.append_as_leader(Payload::Command(command));
        // A leader that lost entries and leads again can append before places where its older
        // proposals still wait, so this is not always the back.
        let place = self.proposals.partition_point(|p| p.position.index <= position.index);
        self.proposals.insert(place, Proposal { request, position });
        self.replicate_to_all(false);
    }

    /// As leader: commits what a majority of disks hold, the leader's own counted like the others.
    pub(super) fn advance_commit(&mut self) {
        let Role::Leader(Leader { peers, .. }) = &self.role else { return };
        let mut match_indexes: Vec<LogIndex> =
            peers.iter().map(|progress| progress.match_index).collect();
        if self.membership.is_voter(self.config.id) {
            match_indexes.push(self.durability.log_index());
        }
        // Descending: the one at place `majority` is reached by a majority.
        match_indexes.sort_unstable_by(|left, right| right.cmp(left));
        let on_majority = match_indexes[self.membership.majority() - 1];
        if on_majority <= self.commit_index {
            return;
        }
        // Raft §5.4.2: counting replicas of an entry of an older term proves nothing (Figure 8). Once
        // an entry of this term is committed, all before it are, by the Log Matching Property.
        let term =
            self.log.term_at(on_majority).expect("a majority holds only what the leader holds");
        if term != self.current_term {
            return self.withhold_commit(LogPosition::new(on_majority, term));
        }
        let from = self.commit_index;
        let quorum = self.holders_of(on_majority);
        self.trace(|| Trace::Committed { from, to: on_majority, quorum });
        self.commit_index = on_majority;
        self.apply_committed();
    }

    fn withhold_commit(&mut self, position: LogPosition) {
        let term = self.current_term;
        if let Role::Leader(leader) = &mut self.role
            && leader.withheld != position.index
        {
            leader.withheld = position.index;
            self.trace(|| Trace::CommitWithheld { position, term });
        }
    }

    /// Whose disks hold the entry at `index`. Only for the trace.
    fn holders_of(&self, index: LogIndex) -> Vec<NodeId> {
        let Role::Leader(Leader { peers, .. }) = &self.role else { return Vec::new() };
        let mut holders: Vec<NodeId> = Vec::new();
        if self.config.trace {
            let peers = peers.iter().filter(|progress| progress.match_index >= index);
            holders.extend(peers.map(|progress| progress.peer));
            if self.durability.log_index() >= index {
                holders.push(self.config.id);
            }
            holders.sort_unstable();
        }
        holders
    }

    /// As follower: the leader says what is committed. It never goes back.
    pub(super) fn learn_commit(&mut self, committed: LogIndex) {
        let from = self.commit_index;
        if committed > from {
            self.trace(|| Trace::CommitLearned { from, to: committed });
            self.commit_index = committed;
            self.apply_committed();
        }
    }

    /// Hands over what is committed and on this server's own disk.
    pub(super) fn apply_committed(&mut self) {
        let through = self.commit_index.min(self.durability.log_index());
        // A snapshot being installed comes first: `Restore` is withheld until it is durable.
        if through <= self.last_applied || !self.is_snapshot_durable() {
            return;
        }
        let count = (through.0 - self.last_applied.0) as usize;
        let entries = self.log.batch(self.last_applied.next(), count, usize::MAX);
        assert!(entries.len() == count, "committed entries up to {through} are in the log");
        self.last_applied = through;
        self.durability.stage(Output::Apply(entries), Needs::Nothing);
        self.answer_proposals(through);
        self.request_snapshot_if_due();
    }

    /// The entries up to `through` are applied: the fate of every proposal there is known.
    fn answer_proposals(&mut self, through: LogIndex) {
        while let Some(proposal) = self.proposals.pop_front_if(|p| p.position.index <= through) {
            let Proposal { request, position } = proposal;
            // Not earlier: an entry that was removed from this log may still be committed by a later
            // leader that holds it (Figure 8), until another entry is committed in its place.
            let outcome = if self.log.term_at(position.index) == Some(position.term) {
                Outcome::Committed(position)
            } else {
                Outcome::Superseded { position }
            };
            self.durability.stage(Output::Reply { request, outcome }, Needs::Nothing);
        }
    }

    /// A snapshot covers the entries up to `through`: what became of proposals there is lost.
    pub(super) fn lose_proposals(&mut self, through: LogIndex) {
        while let Some(proposal) = self.proposals.pop_front_if(|p| p.position.index <= through) {
            let Proposal { request, position } = proposal;
            let outcome = Outcome::Unknown { position };
            self.durability.stage(Output::Reply { request, outcome }, Needs::Nothing);
        }
    }
}
