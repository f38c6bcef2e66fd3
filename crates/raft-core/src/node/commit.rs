//! Proposals, committing (§5.3, §5.4.2), applying, and telling clients what became of their proposals.

use alloc::collections::VecDeque;

use super::progress::Progress;
use super::{Node, Role};
use crate::{
    Bytes, ClientTrace, CommitTrace, Entries, Entry, LogIndex, LogPosition, Outcome, Output,
    Payload, Refusal, ReplicationTrace, RequestId,
};

/// A proposal whose fate is open.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    request: RequestId,
    position: LogPosition,
}

/// What an entry counts against [`Settings::max_uncommitted_bytes`](crate::Settings) beside its payload.
pub(super) const ENTRY_BYTES: u64 = 64;

impl Node {
    /// Raft §8: only the leader takes commands; others say whom to ask, or pass them on.
    pub(super) fn propose(&mut self, request: RequestId, command: Bytes) {
        if self.passes_on() {
            return self.forward_proposal(request, command);
        }
        match self.append_command(command) {
            Ok(position) => self.await_commit(request, position),
            Err(Refusal::NotLeader) => {
                let leader = self.leader();
                self.trace(|| ClientTrace::ProposalRedirected { leader });
                self.reply(request, Outcome::NotLeader { leader });
            }
            Err(refusal) => {
                self.trace(|| ClientTrace::ProposalRefused { reason: refusal });
                self.reply(request, Outcome::Refused(refusal));
            }
        }
    }

    /// As leader: takes a command. It is in the log after the drain, with all that came with it.
    pub(super) fn append_command(&mut self, command: Bytes) -> Result<LogPosition, Refusal> {
        let Role::Leader(leader) = &mut self.role else { return Err(Refusal::NotLeader) };
        if let Some(handover) = &leader.handover {
            return Err(Refusal::TransferInProgress { to: handover.target() });
        }
        let (bytes, limit) = (leader.uncommitted_bytes, self.config.settings.max_uncommitted_bytes);
        let with_it = bytes + command.len() as u64 + ENTRY_BYTES;
        // Proposals of earlier terms may still wait although their entries are gone from the log.
        let waiting = self.proposals.len() as u64 * ENTRY_BYTES;
        if (bytes > 0 && with_it > limit) || waiting > limit {
            return Err(Refusal::TooMuchUncommitted { bytes, limit });
        }
        leader.uncommitted_bytes = with_it;
        let index = LogIndex(self.log.last().index.0 + self.proposed.len() as u64 + 1);
        let entry = Entry { index, term: self.current_term, payload: Payload::Command(command) };
        let position = entry.position();
        self.proposed.push(entry);
        self.has_requests = true;
        self.trace(|| ReplicationTrace::Appended { position, noop: false });
        Ok(position)
    }

    /// The request is answered when the entry at `position` is applied, or another in its place.
    pub(super) fn await_commit(&mut self, request: RequestId, position: LogPosition) {
        let proposal = Proposal { request, position };
        // A leader that lost entries and leads again can append before places where its older
        // proposals still wait, so this is not always the back.
        match self.proposals.back() {
            Some(last) if last.position.index > position.index => {
                let is_before = |other: &Proposal| other.position.index <= position.index;
                let place = self.proposals.partition_point(is_before);
                self.proposals.insert(place, proposal);
            }
            _ => self.proposals.push_back(proposal),
        }
    }

    /// What the entries behind `after`, up to and including `to`, count against the limit.
    pub(super) fn bytes_between(&self, after: LogIndex, to: LogIndex) -> u64 {
        self.log.payload_bytes_between(after, to) + ENTRY_BYTES * (to.0 - after.0)
    }

    /// As leader: commits what a quorum of disks hold, the leader's own counted like the others.
    pub(super) fn advance_commit(&mut self) {
        let Role::Leader(leader) = &self.role else { return };
        // Two voters or more need another disk: as long as none holds more than is committed, there is
        // nothing to count.
        let is_ahead = |peer: &Progress| peer.match_index > self.commit_index;
        if self.membership().majority() > 1 && !leader.peers.iter().any(is_ahead) {
            return;
        }
        let on_quorum = self.on_quorum_of_disks(leader);
        if on_quorum <= self.commit_index {
            return;
        }
        // Raft §5.4.2: counting replicas of an entry of an older term proves nothing (Figure 8). Once
        // an entry of this term is committed, all before it are, by the Log Matching Property.
        let term = self.log.term_at(on_quorum).expect("a quorum holds only what the leader holds");
        if term != self.current_term && !bug!(self, CommitOldTerm) {
            return self.withhold_commit(LogPosition::new(on_quorum, term));
        }
        let from = self.commit_index;
        if self.config.trace {
            let quorum = self.holders_of(on_quorum);
            self.trace(|| CommitTrace::Committed { from, to: on_quorum, quorum });
        }
        self.commit_index = on_quorum;
        self.apply_committed();
        self.take_next_step();
    }

    fn withhold_commit(&mut self, position: LogPosition) {
        let term = self.current_term;
        if let Role::Leader(leader) = &mut self.role
            && leader.withheld != position.index
        {
            leader.withheld = position.index;
            self.trace(|| CommitTrace::Withheld { position, term });
        }
    }

    /// As follower: the leader says what is committed. It never goes back.
    pub(super) fn learn_commit(&mut self, committed: LogIndex) {
        let from = self.commit_index;
        if committed > from {
            self.trace(|| CommitTrace::Learned { from, to: committed });
            self.commit_index = committed;
            self.apply_committed();
        } else if bug!(self, CommitGoesBack) {
            self.commit_index = committed;
        }
    }

    /// Hands over what is committed and on this server's own disk.
    pub(super) fn apply_committed(&mut self) {
        let through = self.commit_index.min(self.durability.log_index());
        if through <= self.last_applied {
            return;
        }
        // A snapshot being installed comes first: `Restore` is withheld until it is durable.
        if !self.is_snapshot_durable() {
            return;
        }
        // Not before they are on its own disk too: the others may commit without it, and it must not
        // hold more and more.
        if matches!(self.role, Role::Leader(_)) {
            let bytes = self.bytes_between(self.last_applied, through);
            let Role::Leader(leader) = &mut self.role else { return };
            leader.uncommitted_bytes = leader.uncommitted_bytes.saturating_sub(bytes);
        }
        while self.last_applied < through {
            let entries = self.log.part(self.last_applied.next(), through);
            self.last_applied = LogIndex(self.last_applied.0 + entries.len() as u64);
            match self.proposals.front() {
                Some(proposal) if proposal.position.index <= self.last_applied => {
                    self.outputs.push_back(Output::Apply(entries.clone()));
                    answer_proposals(&mut self.proposals, &entries, &mut self.outputs);
                }
                _ => self.outputs.push_back(Output::Apply(entries)),
            }
        }
        self.answer_readable();
        self.request_snapshot_if_due();
    }

    /// A snapshot covers the entries up to `through`: what became of proposals there is lost.
    pub(super) fn lose_proposals(&mut self, through: LogIndex) {
        while let Some(proposal) = self.proposals.pop_front_if(|p| p.position.index <= through) {
            let outcome = Outcome::Unknown { position: Some(proposal.position) };
            self.reply(proposal.request, outcome);
        }
    }
}

/// These entries are applied: the fate of every proposal among them is known.
fn answer_proposals(
    proposals: &mut VecDeque<Proposal>,
    applied: &Entries,
    outputs: &mut VecDeque<Output>,
) {
    let Some(first) = applied.first() else { return };
    let last_index = LogIndex(first.index.0 + applied.len() as u64 - 1);
    while let Some(proposal) = proposals.pop_front_if(|p| p.position.index <= last_index) {
        let Proposal { request, position } = proposal;
        // Not earlier: an entry that was removed from this log may still be committed by a later
        // leader that holds it (Figure 8), until another entry is committed in its place.
        let offset = position.index.0.saturating_sub(first.index.0) as usize;
        let outcome = match applied[offset].term == position.term {
            true => Outcome::Committed(position),
            false => Outcome::Superseded { position },
        };
        outputs.push_back(Output::Reply { request, outcome });
    }
}
