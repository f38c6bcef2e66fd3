//! Log replication, the leader's side (§5.3).

use super::progress::{InFlight, ProgressState};
use super::{Leader, Node};
use crate::{
    AppendEntries, AppendEntriesReply, Body, Entries, Entry, HeartbeatRound, IgnoreReason,
    LogIndex, LogPosition, NodeId, Payload, ReplicationTrace, StepDownReason, Term,
};

const REPLY: &str = "AppendEntriesReply";

impl Node {
    /// As leader: tells followers which entries are committed, in a message of its own to each that
    /// was sent all entries and that is not `told` already. Without it they learn it with the next
    /// entries or heartbeat, and a client whose command a follower forwarded waits as long.
    ///
    /// For a driver whose followers serve clients, after a drain in which
    /// [`commit_index`](Self::commit_index) grew. Then drain again.
    pub fn tell_commit_index(&mut self, told: impl Fn(NodeId) -> bool) {
        self.as_leader(|node, leader| {
            for position in 0..leader.peers.len() {
                if !told(leader.peers[position].peer) {
                    node.tell_commit_index_to(leader, position);
                }
            }
        });
        self.flush();
    }

    /// Appends an entry of the current term. Only a leader does (§5.3); it never overwrites.
    pub(super) fn append_as_leader(
        &mut self,
        leader: &mut Leader,
        payload: Payload,
    ) -> LogPosition {
        assert!(self.proposed.is_empty(), "proposals before it are in the log");
        let index = self.log.last().index.next();
        let entry = Entry { index, term: self.current_term, payload };
        leader.uncommitted_bytes += super::commit::ENTRY_BYTES;
        let position = entry.position();
        let noop = matches!(entry.payload, Payload::Noop);
        self.trace(|| ReplicationTrace::Appended { position, noop });
        self.append_entries(Entries::from_iter([entry]));
        position
    }

    /// Raft §5.3: puts the proposals since the last drain into the log, as one write and one
    /// message to each peer. False if there were none.
    pub(super) fn append_proposed(&mut self) -> bool {
        if self.proposed.is_empty() {
            return false;
        }
        let entries = Entries::from_iter(self.proposed.drain(..));
        self.append_entries(entries);
        true
    }

    fn append_entries(&mut self, entries: Entries) {
        self.log.append(entries.clone());
        self.durability.write_entries(entries);
    }

    /// Raft §5.2: a leader's timer. The leader checks whether it still leads, and sends heartbeats.
    pub(super) fn heartbeat_due(&mut self, leader: &mut Leader) {
        // Dissertation §6.2: a leader that a quorum does not answer steps down, so that its clients
        // look for the leader that may have been elected.
        if self.config.settings.check_quorum && !rule!(self.is_quorum_active(leader)) {
            leader.steps_down = Some(StepDownReason::QuorumLost);
            return;
        }
        self.end_overdue_transfer(leader);
        rule!(self.leave_hung_disk(leader));
        self.advance_rounds(leader);
        self.give_up_stalled_change(leader);
        self.broadcast_heartbeat(leader);
    }

    /// Raft §5.2: regular messages keep the followers from starting elections. They also repeat
    /// entries that may have been lost, and begin a round, on which leases and reads depend.
    pub(super) fn broadcast_heartbeat(&mut self, leader: &mut Leader) {
        self.timer_started = self.now;
        self.deadline = self.now + self.config.settings.heartbeat_interval;
        self.begin_round(leader);
        for position in 0..leader.peers.len() {
            rule!(self.ask_after_silence(leader, position));
        }
        rule!(self.replicate_to_all(leader, true));
        self.advance_transfer(leader);
    }

    /// Sends new entries to every server that can take them; with `heartbeat`, a message to every
    /// server.
    pub(super) fn replicate_to_all(&mut self, leader: &mut Leader, heartbeat: bool) {
        for position in 0..leader.peers.len() {
            self.replicate_to(leader, position, heartbeat);
        }
    }

    /// Raft §5.3: sends the entries that the server at `position` can take now; with `heartbeat`,
    /// at least a message.
    pub(super) fn replicate_to(&mut self, leader: &mut Leader, position: usize, heartbeat: bool) {
        let last = self.log.last().index;
        let progress = &mut leader.peers[position];
        if heartbeat {
            progress.note_sent(leader.rounds.current(), self.now);
        }
        match &mut progress.state {
            ProgressState::Probe { waiting: true } if !heartbeat => {}
            ProgressState::Probe { waiting: true } => {
                // Its answer shows where the logs agree. The entries are not sent again before
                // that: their message may only be slow.
                let from = progress.next_index;
                self.send_append_entries(leader, position, from, 0);
            }
            ProgressState::Probe { waiting } => {
                *waiting = true;
                self.send_entries(leader, position);
            }
            ProgressState::Replicate(in_flight) => {
                if progress.next_index <= last && rule!(self.has_room(in_flight)) {
                    while self.send_entries(leader, position) {}
                } else if heartbeat {
                    // It follows everything sent so far: its answer shows which messages were lost.
                    let from = progress.next_index;
                    self.send_append_entries(leader, position, from, 0);
                }
            }
            ProgressState::Snapshot(_) if heartbeat => self.keep_streaming(leader, position),
            ProgressState::Snapshot(_) => {}
        }
    }

    /// Raft §5.3: a message without entries has the commit index too. To a server that may lack
    /// entries, the next message with some has it.
    pub(super) fn tell_commit_index_to(&mut self, leader: &mut Leader, position: usize) {
        let progress = &leader.peers[position];
        let from = progress.next_index;
        let has_all = from > self.log.last().index;
        if has_all && matches!(progress.state, ProgressState::Replicate(_)) {
            self.send_append_entries(leader, position, from, 0);
        }
    }

    /// Sends one message with the entries from `next_index` on, as many as fit. Whether there is
    /// more to send, and room for it.
    fn send_entries(&mut self, leader: &mut Leader, position: usize) -> bool {
        let last = self.log.last().index;
        let from = leader.peers[position].next_index;
        let max_entries = self.config.settings.max_batch_entries;
        let Some((sent_through, bytes)) =
            self.send_append_entries(leader, position, from, max_entries)
        else {
            return false;
        };
        if sent_through < from {
            return false;
        }
        let progress = &mut leader.peers[position];
        progress.note_entries(sent_through, bytes, self.now);
        let ProgressState::Replicate(in_flight) = &progress.state else { return false };
        sent_through < last && rule!(self.has_room(in_flight))
    }

    /// Dissertation §10.2.2: whether another message with entries may follow those that are not
    /// answered.
    pub(super) fn has_room(&self, in_flight: &InFlight) -> bool {
        let settings = &self.config.settings;
        in_flight.has_room(settings.max_in_flight, settings.max_in_flight_bytes)
    }

    /// The entries of one message, and their payload bytes: from `from` on, as many as the limits
    /// allow.
    pub(super) fn batch(&self, from: LogIndex, max_entries: usize) -> (Entries, usize) {
        self.log.batch(from, max_entries, self.config.settings.max_batch_bytes)
    }

    /// Raft §5.3: sends entries from `from` on; the index of the last one, or of the one before
    /// `from`, and their payload bytes. `None` if the server needs a snapshot instead (§7).
    fn send_append_entries(
        &mut self,
        leader: &mut Leader,
        position: usize,
        from: LogIndex,
        max_entries: usize,
    ) -> Option<(LogIndex, usize)> {
        let prev_log_index = from.previous();
        let (peer, round) = (leader.peers[position].peer, leader.rounds.current());
        let Some(prev_log_term) = rule!(self.prev_log_term(prev_log_index)) else {
            // Compacted meanwhile: the entries that the server needs are in the snapshot (§7).
            self.start_snapshot(leader, position);
            return None;
        };
        let (entries, bytes) = rule!(self.batch(from, max_entries));
        let sent_through = LogIndex(prev_log_index.0 + entries.len() as u64);
        let leader_commit = self.commit_index;
        let request =
            AppendEntries { prev_log_index, prev_log_term, entries, leader_commit, round };
        // The leader's own disk need not hold the entries yet: it writes in parallel with its
        // followers, and counts itself only when it is done (dissertation §10.2.1).
        self.send(peer, Body::AppendEntries(request));
        Some((sent_through, bytes))
    }

    /// Raft §5.3: the term of the entry before those of a request. `None`, never a number, for a
    /// compacted entry: the server needs a snapshot (§7).
    pub(super) fn prev_log_term(&self, prev_log_index: LogIndex) -> Option<Term> {
        self.log.term_at(prev_log_index)
    }

    pub(super) fn receive_append_entries_reply(&mut self, from: NodeId, reply: AppendEntriesReply) {
        let is_awaited = self.as_leader(|node, leader| {
            let position = leader.position(from)?;
            match reply {
                AppendEntriesReply::Success { match_index, round } => {
                    if rule!(node.hear_from(leader, position, round)) {
                        rule!(node.record_match(leader, position, match_index));
                    }
                }
                AppendEntriesReply::Following { round } => {
                    rule!(node.hear_from(leader, position, round));
                }
                AppendEntriesReply::Failure { prev_log_index, hint, round } => {
                    if rule!(node.hear_from(leader, position, round))
                        && node.check_acknowledged(leader, position, prev_log_index, round)
                    {
                        rule!(node.backtrack(leader, position, prev_log_index, hint));
                    }
                }
            }
            Some(())
        });
        if is_awaited.flatten().is_none() {
            self.ignore(from, REPLY, IgnoreReason::NotExpected);
        }
    }

    /// A server answered a request of this round: it still follows. False if there was no such
    /// round.
    #[inline]
    pub(super) fn hear_from(
        &mut self,
        leader: &mut Leader,
        position: usize,
        round: HeartbeatRound,
    ) -> bool {
        let current = leader.rounds.current();
        let progress = &mut leader.peers[position];
        if round > current {
            let from = progress.peer;
            let reason = IgnoreReason::RoundUnknown { round, current };
            self.ignore(from, "the answer to a round", reason);
            return false;
        }
        progress.note_contact(self.config.settings.election_timeout_max, self.now);
        if round > progress.acked_round {
            progress.note_answered(round, self.now);
            self.confirm_rounds(leader);
        }
        true
    }

    /// Raft §5.3: a server's disk holds this leader's log up to `match_index`.
    pub(super) fn record_match(
        &mut self,
        leader: &mut Leader,
        position: usize,
        match_index: LogIndex,
    ) {
        let last = self.log.last().index;
        let progress = &mut leader.peers[position];
        let from = progress.peer;
        if match_index > last {
            let reason = IgnoreReason::BeyondLog { index: match_index, last };
            return self.ignore(from, REPLY, reason);
        }
        let holds_more = progress.record_match(match_index, self.now);
        if holds_more {
            progress.matched_in = leader.rounds.current();
        }
        let more = progress.next_index <= last;
        // Only an entry after the commit index can change it.
        if holds_more && match_index > self.commit_index {
            self.advance_commit(leader);
        }
        if leader.steps_down.is_some() {
            return;
        }
        // A commit may have ended a change of the membership: the peers may be others now.
        if more && let Some(position) = leader.position(from) {
            self.replicate_to(leader, position, false);
        }
        if holds_more {
            self.advance_rounds_of(leader, from);
            self.advance_transfer(leader);
            self.advance_change(leader);
        }
    }

    /// No server refuses an entry that it acknowledged, however late its answer is, if the request
    /// is of a round after the acknowledgement came: unless its disk lost the entry.
    fn check_acknowledged(
        &mut self,
        leader: &Leader,
        position: usize,
        prev_log_index: LogIndex,
        round: HeartbeatRound,
    ) -> bool {
        let progress = &leader.peers[position];
        let (peer, match_index) = (progress.peer, progress.match_index);
        let is_lost = LogIndex(0) < prev_log_index
            && prev_log_index <= match_index
            && round > progress.matched_in;
        if is_lost {
            let reason = IgnoreReason::AcknowledgedEntryLost { index: prev_log_index };
            self.ignore(peer, REPLY, reason);
        }
        !is_lost
    }

    /// Raft §5.3: the logs do not agree at `prev_log_index`; look further back.
    pub(super) fn backtrack(
        &mut self,
        leader: &mut Leader,
        position: usize,
        prev_log_index: LogIndex,
        hint: LogPosition,
    ) {
        let progress = &mut leader.peers[position];
        let (from, before) = (progress.peer, progress.next_index);
        let is_awaited = match &progress.state {
            ProgressState::Probe { .. } => prev_log_index.next() == before,
            ProgressState::Replicate(_) => true,
            ProgressState::Snapshot(_) => false,
        };
        // No server refuses an entry that it acknowledged, nor the empty log, unless it lost its
        // disk. An answer to that would only be refused again.
        if !is_awaited || prev_log_index <= progress.match_index {
            return self.ignore(from, REPLY, IgnoreReason::AlreadyKnown);
        }
        let next_index = rule!(self.next_index_after_refusal(prev_log_index, hint));
        progress.become_probe(next_index);
        let to = progress.next_index;
        self.trace(|| ReplicationTrace::Backtracked { peer: from, from: before, to });
        self.replicate_to(leader, position, false);
    }

    /// Raft §5.3: the next place where the logs may agree. The hint skips a whole term of the
    /// follower's log, and this search a whole term of the leader's, so the number of messages
    /// depends on the number of terms, not of entries.
    pub(super) fn next_index_after_refusal(
        &self,
        prev_log_index: LogIndex,
        hint: LogPosition,
    ) -> LogIndex {
        let agreed = self.log.last_with_term_at_most(hint.index, hint.term);
        // `None`: the place is in the compacted part, and only the snapshot can help.
        let next_index = agreed.map_or(self.log.base().index, |agreed| agreed.index.next());
        next_index.min(prev_log_index).max(LogIndex(1))
    }
}
