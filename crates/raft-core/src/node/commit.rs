//! Proposals, committing (§5.3, §5.4.2), applying, and the answers to proposals.

use alloc::collections::VecDeque;

use super::progress::Progress;
use super::{Leader, Node};
use crate::{
    Bytes, ClientTrace, CommitTrace, Entries, Entry, LogIndex, LogPosition, Outcome, Output,
    Payload, Refusal, ReplicationTrace, RequestId, Term,
};

/// A proposal that is not answered yet.
#[derive(Clone, Hash, Debug)]
pub(super) struct Proposal {
    pub(super) request: RequestId,
    pub(super) position: LogPosition,
    /// Whether another leader may append the same in its term: the last step of a change through a
    /// joint membership, which is committed.
    is_last_step: bool,
}

impl Proposal {
    /// The outcome if the entry will never be committed.
    fn superseded(&self) -> Outcome {
        let position = self.position;
        match self.is_last_step {
            true => Outcome::Unknown { position: Some(position) },
            false => Outcome::Superseded { position },
        }
    }
}

/// Bytes that an entry counts beside its payload, where a setting limits the bytes of a log.
pub(super) const ENTRY_BYTES: u64 = 64;

/// Bytes that an entry counts.
pub(super) fn bytes_of(entry: &Entry) -> u64 {
    ENTRY_BYTES + entry.payload.len() as u64
}

impl Node {
    /// Raft §8: only the leader takes commands; other servers name the leader, or forward to it.
    pub(super) fn propose(&mut self, request: RequestId, command: Bytes) {
        if self.forwards_proposals() {
            return self.forward_proposal(request, command);
        }
        match self.append_command(command) {
            Ok(position) => self.await_commit(request, position),
            Err(Refusal::NotLeader) => {
                let leader = self.leader_hint();
                self.trace(|| ClientTrace::ProposalRedirected { leader });
                self.reply(request, Outcome::NotLeader { leader });
            }
            Err(refusal) => {
                self.trace(|| ClientTrace::ProposalRefused { reason: refusal });
                self.reply(request, Outcome::Refused(refusal));
            }
        }
    }

    /// As leader: takes a command. It is in the log after the drain, with all others since the
    /// last.
    pub(super) fn append_command(&mut self, command: Bytes) -> Result<LogPosition, Refusal> {
        self.as_leader(|node, leader| node.append_command_as_leader(leader, command))
            .unwrap_or(Err(Refusal::NotLeader))
    }

    /// Dissertation §3.10: while its leadership is transferred, a leader takes no commands.
    pub(super) fn check_transfer_waits(&self, leader: &Leader) -> Result<(), Refusal> {
        match &leader.transfer {
            Some(transfer) => Err(Refusal::TransferInProgress { to: transfer.target() }),
            None => Ok(()),
        }
    }

    pub(super) fn append_command_as_leader(
        &mut self,
        leader: &mut Leader,
        command: Bytes,
    ) -> Result<LogPosition, Refusal> {
        rule!(self.check_transfer_waits(leader))?;
        self.check_command(&command)?;
        let with_it = leader.uncommitted_bytes + command.len() as u64 + ENTRY_BYTES;
        rule!(self.check_uncommitted(leader, with_it))?;
        leader.uncommitted_bytes = with_it;
        let index = LogIndex(self.log.last().index.0 + self.proposed.len() as u64 + 1);
        let entry = Entry { index, term: self.current_term, payload: Payload::Command(command) };
        let position = entry.position();
        self.proposed.push(entry);
        self.has_requests = true;
        self.trace(|| ReplicationTrace::Appended { position, noop: false });
        Ok(position)
    }

    /// A long command holds up all that follows it, heartbeats included.
    pub(super) fn check_command(&self, command: &Bytes) -> Result<(), Refusal> {
        let (bytes, limit) = (command.len() as u64, self.config.settings.max_command_bytes as u64);
        match bytes <= limit {
            true => Ok(()),
            false => Err(Refusal::CommandTooLong { bytes, limit }),
        }
    }

    /// Whether a command may be added, with which so many bytes would wait. One is always possible.
    pub(super) fn check_uncommitted(&self, leader: &Leader, with_it: u64) -> Result<(), Refusal> {
        let bytes = leader.uncommitted_bytes;
        let limit = self.config.settings.max_uncommitted_bytes;
        // Proposals of earlier terms may still wait although their entries are gone from the log.
        let waiting = self.proposals.len() as u64 * ENTRY_BYTES;
        match (bytes > 0 && with_it > limit) || waiting > limit {
            true => Err(Refusal::TooMuchUncommitted { bytes, limit }),
            false => Ok(()),
        }
    }

    /// Bytes of entries that a new leader finds in its log, which ends at `last`, and that it has
    /// not applied: they may have to be committed yet.
    pub(super) fn uncommitted_bytes_found(&self, last: LogIndex) -> u64 {
        self.bytes_between(self.last_applied, last)
    }

    /// Raft §5.3: the request is answered when the entry at `position`, or another in its place, or
    /// any of a later term, is applied.
    pub(super) fn await_commit(&mut self, request: RequestId, position: LogPosition) {
        self.await_proposal(Proposal { request, position, is_last_step: false });
    }

    /// Raft §6: the joint membership before the entry at `position` is committed. So each later
    /// leader takes the last step, if this entry is lost.
    pub(super) fn await_last_step(&mut self, request: RequestId, position: LogPosition) {
        self.await_proposal(Proposal { request, position, is_last_step: true });
    }

    fn await_proposal(&mut self, proposal: Proposal) {
        let position = proposal.position;
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

    /// Bytes that the entries after `after`, up to and including `to`, count.
    pub(super) fn bytes_between(&self, after: LogIndex, to: LogIndex) -> u64 {
        self.log.payload_bytes_between(after, to) + ENTRY_BYTES * (to.0 - after.0)
    }

    /// Bytes that all entries of the log count.
    pub(super) fn log_bytes(&self) -> u64 {
        self.log.payload_bytes() + ENTRY_BYTES * self.log.len() as u64
    }

    /// Raft §5.3, §5.4.2: commits the entries that the disks of a quorum hold.
    pub(super) fn advance_commit(&mut self, leader: &mut Leader) {
        // Two voters or more need another disk: as long as no other disk holds more than is
        // committed, there is nothing to count.
        let is_ahead = |peer: &Progress| peer.match_index > self.commit_index;
        if self.membership().majority() > 1 && !leader.peers.iter().any(is_ahead) {
            return;
        }
        let from = self.commit_index;
        let to = rule!(self.quorum_match_index(leader));
        if to <= from {
            return;
        }
        assert!(to <= self.log.last().index, "the leader holds what a quorum holds");
        let term = self.log.term_at(to).expect("a quorum holds only what the leader holds");
        if !rule!(self.may_commit_by_counting(term)) {
            return self.trace_old_term(leader, LogPosition::new(to, term));
        }
        if self.config.trace {
            let quorum = self.holders_of(leader, to);
            self.trace(|| CommitTrace::Committed { from, to, quorum });
        }
        self.commit(to);
        self.apply_committed_as_leader(leader);
        self.take_next_step(leader);
    }

    /// Raft §5.4.2: counting replicas of an entry of an older term proves nothing (Figure 8). Once
    /// an entry of this term is committed, all before it are, by the Log Matching Property.
    pub(super) fn may_commit_by_counting(&self, term: Term) -> bool {
        term == self.current_term
    }

    /// Says once for each entry that counting must not commit it.
    fn trace_old_term(&mut self, leader: &mut Leader, position: LogPosition) {
        let term = self.current_term;
        if leader.traced_old_term != position.index {
            leader.traced_old_term = position.index;
            self.trace(|| CommitTrace::OldTermNotCounted { position, term });
        }
    }

    /// Raft §5.3: the follower learns from its leader which entries are committed.
    pub(super) fn learn_commit(&mut self, committed: LogIndex) {
        let from = self.commit_index;
        if committed > from {
            self.trace(|| CommitTrace::Learned { from, to: committed });
            self.commit(committed);
            self.apply_committed();
            rule!(self.lose_proposals_if_removed());
        }
    }

    /// Figure 2, `commitIndex`: raises it, never lowers it. The only other writer installs a
    /// snapshot.
    #[inline]
    fn commit(&mut self, to: LogIndex) {
        let (from, last) = (self.commit_index, self.log.last().index);
        assert!(to > from, "commit_index {from} never goes back, to {to}");
        assert!(to <= last, "the log, which ends at {last}, holds the committed entry {to}");
        self.commit_index = to;
        // Its entries are committed here: the snapshot would not be installed.
        if self.incoming_snapshot.is_some() {
            rule!(self.abandon_incoming_snapshot());
        }
        if self.has_file_pause() {
            self.end_file_pause();
        }
        let index = self.membership_index();
        // A removed server hears no more from any leader. If it did not know after a restart that
        // its removal is committed, it would start elections for ever.
        if from < index && index <= to && !self.membership().is_voter(self.config.id) {
            rule!(self.store_removal(last));
        }
    }

    /// Raft §6: the removal of this server is committed. Its log ends at `last`.
    pub(super) fn store_removal(&mut self, last: LogIndex) {
        self.durability.write_commit_index(last);
    }

    /// As leader: applied entries are not in the way of new commands any more. Not before they are
    /// on the leader's own disk too: the others may commit without it, and it must not hold more
    /// and more.
    pub(super) fn apply_committed_as_leader(&mut self, leader: &mut Leader) {
        let before = self.last_applied;
        self.apply_committed();
        if self.last_applied > before {
            let bytes = self.bytes_between(before, self.last_applied);
            rule!(self.free_uncommitted(leader, bytes));
        }
    }

    /// Entries with so many bytes were applied.
    pub(super) fn free_uncommitted(&self, leader: &mut Leader, bytes: u64) {
        leader.uncommitted_bytes = leader.uncommitted_bytes.saturating_sub(bytes);
    }

    /// Raft §5.3: hands over the entries that are committed and on this server's own disk.
    #[inline]
    pub(super) fn apply_committed(&mut self) {
        let through = self.commit_index.min(self.durability.log_index());
        // A snapshot being installed comes first: `Restore` is withheld until it is durable.
        if through > self.last_applied && self.is_snapshot_durable() {
            self.apply_through(through);
        }
    }

    /// Apart, so that the check before it is inlined: most inputs let nothing be applied.
    #[inline(never)]
    fn apply_through(&mut self, through: LogIndex) {
        let mut term = self.applied_term;
        while self.last_applied < through {
            let entries = self.log.part(self.last_applied.next(), through);
            term = entries.last().map_or(term, |entry| entry.term);
            self.last_applied = LogIndex(self.last_applied.0 + entries.len() as u64);
            match self.proposals.front() {
                Some(proposal) if proposal.position.index <= self.last_applied => {
                    self.outputs.push_back(Output::Apply(entries.clone()));
                    answer_proposals(&mut self.proposals, &entries, &mut self.outputs);
                }
                _ => self.outputs.push_back(Output::Apply(entries)),
            }
        }
        if term > self.applied_term {
            rule!(self.supersede_before(term));
        }
        self.answer_readable();
        rule!(self.request_snapshot_if_due());
    }

    /// Raft §6: a server that is no member any more, by a committed membership, will not hear what
    /// becomes of the entries after the commit index. The next leader may commit them.
    #[inline]
    pub(super) fn lose_proposals_if_removed(&mut self) {
        let has_proposals = !self.proposals.is_empty();
        let is_removed = || !self.membership().contains(self.config.id);
        if has_proposals && self.membership_index() <= self.commit_index && is_removed() {
            self.lose_uncommitted_proposals();
        }
    }

    fn lose_uncommitted_proposals(&mut self) {
        let is_known = |proposal: &Proposal| proposal.position.index <= self.commit_index;
        let known = self.proposals.partition_point(is_known);
        for proposal in self.proposals.split_off(known) {
            let outcome = Outcome::Unknown { position: Some(proposal.position) };
            self.reply(proposal.request, outcome);
        }
    }

    /// An entry of this term is applied. Entries of earlier terms that are not in the log before it
    /// will never be committed: each later leader holds this entry (§5.4), and along its log the
    /// terms do not decrease. So no proposal waits for a place that the log may never reach.
    pub(super) fn supersede_before(&mut self, term: Term) {
        self.applied_term = term;
        let outputs = &mut self.outputs;
        self.proposals.retain(|proposal| {
            let is_lost = proposal.position.term < term;
            if is_lost {
                let (request, outcome) = (proposal.request, proposal.superseded());
                outputs.push_back(Output::Reply { request, outcome });
            }
            !is_lost
        });
    }

    /// This server leads no more, and its disk hangs: it may not be able to apply anything for a
    /// long time. So its clients are told now that the outcome is unknown.
    pub(super) fn lose_requests(&mut self) {
        self.lose_proposals(self.log.last().index);
        self.lose_reads();
    }

    /// A snapshot covers the entries up to `through`: whether proposals there are committed is
    /// unknown.
    pub(super) fn lose_proposals(&mut self, through: LogIndex) {
        while let Some(proposal) = self.proposals.pop_front_if(|p| p.position.index <= through) {
            let outcome = Outcome::Unknown { position: Some(proposal.position) };
            self.reply(proposal.request, outcome);
        }
    }
}

/// Raft §5.3: these entries are applied, so every proposal at one of their places can be answered.
fn answer_proposals(
    proposals: &mut VecDeque<Proposal>,
    applied: &Entries,
    outputs: &mut VecDeque<Output>,
) {
    let Some(first) = applied.first() else { return };
    let last_index = LogIndex(first.index.0 + applied.len() as u64 - 1);
    while let Some(proposal) = proposals.pop_front_if(|p| p.position.index <= last_index) {
        let Proposal { request, position, .. } = proposal;
        // Not earlier: an entry that was removed from this log may still be committed by a later
        // leader that holds it (Figure 8), until another entry is committed in its place.
        let offset = position.index.0.saturating_sub(first.index.0) as usize;
        let outcome = match applied[offset].term == position.term {
            true => Outcome::Committed(position),
            false => proposal.superseded(),
        };
        outputs.push_back(Output::Reply { request, outcome });
    }
}
