//! Log replication, the leader's side (§5.3).

use super::durability::Needs;
use super::progress::ProgressState;
use super::{Node, Role};
use crate::{
    AppendEntries, AppendEntriesReply, Body, Entries, Entry, IgnoreReason, LogIndex, LogPosition,
    NodeId, Payload, ReplicationTrace, Round, StepDownReason,
};

impl Node {
    /// Appends an entry of the current term. Only a leader does (§5.3); it never overwrites.
    pub(super) fn append_as_leader(&mut self, payload: Payload) -> LogPosition {
        assert!(self.proposed.is_empty(), "proposals before it are in the log");
        let index = self.log.last().index.next();
        let entry = Entry { index, term: self.current_term, payload };
        if let Role::Leader(leader) = &mut self.role {
            leader.uncommitted_bytes += super::commit::ENTRY_BYTES;
        }
        let position = entry.position();
        let noop = matches!(entry.payload, Payload::Noop);
        self.trace(|| ReplicationTrace::Appended { position, noop });
        self.append_entries(Entries::from_iter([entry]));
        position
    }

    /// Puts the proposals since the last drain into the log: one write, one message to each peer.
    /// False if there were none.
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

    /// A leader's timer: it looks whether it still leads, and shows that it does.
    pub(super) fn beat(&mut self) {
        let Role::Leader(leader) = &self.role else { return };
        // Dissertation §6.2: a leader that a quorum does not answer steps down, so that its clients
        // look for the one that may have been elected.
        if self.config.settings.check_quorum && !self.hears_quorum(leader) {
            self.step_down(StepDownReason::QuorumLost, None);
            return self.restart_election_timer();
        }
        self.end_overdue_handover();
        self.give_up_stalled_change();
        self.send_heartbeats();
    }

    /// Raft §5.2: regular messages keep the followers from starting elections. They also repeat
    /// what may have been lost, and begin a round that leases and reads rest on.
    pub(super) fn send_heartbeats(&mut self) {
        self.timer_started = self.now;
        self.deadline = self.now + self.config.settings.heartbeat_interval;
        self.begin_round();
        self.replicate_to_all(true);
        self.push_handover();
    }

    /// Sends new entries to every server that can take them; with `heartbeat`, something to every
    /// server.
    pub(super) fn replicate_to_all(&mut self, heartbeat: bool) {
        let Role::Leader(leader) = &self.role else { return };
        for position in 0..leader.peers.len() {
            self.replicate_to(position, heartbeat);
        }
    }

    /// Sends what the server at `position` can take now; with `heartbeat`, at least something.
    pub(super) fn replicate_to(&mut self, position: usize, heartbeat: bool) {
        let last = self.log.last().index;
        let (max_messages, max_bytes) =
            (self.config.settings.max_in_flight, self.config.settings.max_in_flight_bytes);
        let Role::Leader(leader) = &mut self.role else { return };
        let progress = &mut leader.peers[position];
        match &mut progress.state {
            ProgressState::Probe { waiting } if *waiting && !heartbeat => {}
            ProgressState::Probe { waiting } => {
                *waiting = true;
                self.send_entries(position);
            }
            ProgressState::Replicate(in_flight) => {
                if progress.next_index <= last && in_flight.has_room(max_messages, max_bytes) {
                    while self.send_entries(position) {}
                } else if heartbeat {
                    // Behind everything sent so far: its answer shows what was lost.
                    let from = progress.next_index;
                    self.send_append_entries(position, from, 0);
                }
            }
            ProgressState::Snapshot(_) if heartbeat => self.keep_streaming(position),
            ProgressState::Snapshot(_) => {}
        }
    }

    /// Sends one message with the entries from `next_index` on, as many as fit. Whether there is
    /// more to send, and room for it.
    fn send_entries(&mut self, position: usize) -> bool {
        let last = self.log.last().index;
        let (max_messages, max_bytes) =
            (self.config.settings.max_in_flight, self.config.settings.max_in_flight_bytes);
        let Role::Leader(leader) = &self.role else { return false };
        let from = leader.peers[position].next_index;
        let max_entries = self.config.settings.max_batch_entries;
        let Some((sent_through, bytes)) = self.send_append_entries(position, from, max_entries)
        else {
            return false;
        };
        let Role::Leader(leader) = &mut self.role else { return false };
        let progress = &mut leader.peers[position];
        if let ProgressState::Replicate(in_flight) = &mut progress.state
            && sent_through >= from
        {
            progress.next_index = sent_through.next();
            in_flight.push(sent_through, bytes);
            return sent_through < last && in_flight.has_room(max_messages, max_bytes);
        }
        false
    }

    /// Sends entries from `from` on; the index of the last one, or of the one before `from`, and their
    /// payload bytes. `None` if the server needs a snapshot instead.
    fn send_append_entries(
        &mut self,
        position: usize,
        from: LogIndex,
        max_entries: usize,
    ) -> Option<(LogIndex, usize)> {
        let prev_log_index = from.previous();
        let Role::Leader(leader) = &self.role else { return None };
        let (peer, round) = (leader.peers[position].peer, leader.rounds.current());
        let Some(prev_log_term) = self.known_term_at(prev_log_index) else {
            // Compacted meanwhile: what the server needs is in the snapshot (§7).
            self.start_snapshot(position);
            return None;
        };
        let (entries, bytes) =
            self.log.batch(from, max_entries, self.config.settings.max_batch_bytes);
        let sent_through = LogIndex(prev_log_index.0 + entries.len() as u64);
        let leader_commit = self.commit_index;
        let request =
            AppendEntries { prev_log_index, prev_log_term, entries, leader_commit, round };
        // The leader's own disk need not hold the entries yet: it writes in parallel with its
        // followers, and counts itself only when it is done (dissertation §10.2.1).
        self.send(peer, Body::AppendEntries(request), Needs::HardState);
        Some((sent_through, bytes))
    }

    pub(super) fn receive_append_entries_reply(&mut self, from: NodeId, reply: AppendEntriesReply) {
        let Some(position) = self.peer_position(from) else {
            return self.ignore(from, "AppendEntriesReply", IgnoreReason::NotExpected);
        };
        match reply {
            AppendEntriesReply::Success { match_index, round } => {
                if self.hear_from(position, round) {
                    self.record_match(position, match_index);
                }
            }
            AppendEntriesReply::Following { round } => {
                self.hear_from(position, round);
            }
            AppendEntriesReply::Failure { prev_log_index, hint, round } => {
                if self.hear_from(position, round) {
                    self.backtrack(position, prev_log_index, hint);
                }
            }
        }
    }

    /// A server answered a request of this round: it still follows. False if there was no such round.
    pub(super) fn hear_from(&mut self, position: usize, round: Round) -> bool {
        let now = self.now;
        let is_reused = bug!(self, ReadTokenReused);
        let Role::Leader(leader) = &mut self.role else { return false };
        let current = leader.rounds.current();
        let progress = &mut leader.peers[position];
        if round > current {
            let from = progress.peer;
            let reason = IgnoreReason::RoundUnknown { round, current };
            self.ignore(from, "the answer to a round", reason);
            return false;
        }
        progress.last_contact = now;
        let round = if is_reused { current } else { round };
        if round > progress.answered_round {
            progress.answered_round = round;
            self.confirm_rounds();
        }
        true
    }

    /// A server's disk holds this leader's log up to `match_index`.
    pub(super) fn record_match(&mut self, position: usize, match_index: LogIndex) {
        let last = self.log.last().index;
        let (leak, stuck) = (bug!(self, InFlightLeak), bug!(self, ProbeNeverResumes));
        let goes_back = bug!(self, MatchGoesBack);
        let Role::Leader(leader) = &mut self.role else { return };
        let progress = &mut leader.peers[position];
        let from = progress.peer;
        if match_index > last {
            let reason = IgnoreReason::BeyondLog { index: match_index, last };
            return self.ignore(from, "AppendEntriesReply", reason);
        }
        if stuck && matches!(progress.state, ProgressState::Snapshot(_)) {
            return;
        }
        let holds_more = progress.record_match(match_index, leak);
        if goes_back {
            progress.match_index = match_index;
        }
        let more = progress.next_index <= last;
        // Only what is behind the commit index can change it.
        if holds_more && match_index > self.commit_index {
            self.advance_commit();
        }
        // A commit may have ended a change of the membership: this server may be gone from the peers, or
        // stand elsewhere.
        if more && let Some(position) = self.peer_position(from) {
            self.replicate_to(position, false);
        }
        if holds_more {
            self.push_handover();
            self.push_change();
        }
    }

    /// Raft §5.3: the logs do not agree at `prev_log_index`; look further back. The hint skips a
    /// whole term of the follower's log, and this search a whole term of the leader's, so the number
    /// of messages depends on the number of terms, not of entries.
    fn backtrack(&mut self, position: usize, prev_log_index: LogIndex, hint: LogPosition) {
        if bug!(self, HintIsMatch) {
            return self.record_match(position, hint.index.min(self.log.last().index));
        }
        let is_stuck = bug!(self, BacktrackStuck);
        let Role::Leader(leader) = &mut self.role else { return };
        let progress = &mut leader.peers[position];
        let from = progress.peer;
        let is_awaited = match &progress.state {
            ProgressState::Probe { .. } => prev_log_index.next() == progress.next_index,
            ProgressState::Replicate(_) => true,
            ProgressState::Snapshot(_) => false,
        };
        // No server refuses what it acknowledged, nor the empty log, unless it lost its disk. An
        // answer to that would only be refused again.
        if !is_awaited || prev_log_index <= progress.match_index {
            return self.ignore(from, "AppendEntriesReply", IgnoreReason::AlreadyKnown);
        }
        let agreed = self.log.last_with_term_at_most(hint.index, hint.term);
        // `None`: the place lies in what was compacted, and only the snapshot can help.
        let next_index = agreed.map_or(self.log.base().index, |agreed| agreed.index.next());
        let next_index = next_index.min(prev_log_index).max(LogIndex(1));
        let before = progress.next_index;
        progress.become_probe(if is_stuck { before } else { next_index });
        let to = progress.next_index;
        self.trace(|| ReplicationTrace::Backtracked { peer: from, from: before, to });
        self.replicate_to(position, false);
    }

    /// Where a server stands in the leader's table; `None` if this server does not lead.
    pub(super) fn peer_position(&self, peer: NodeId) -> Option<usize> {
        let Role::Leader(leader) = &self.role else { return None };
        leader.position(peer)
    }
}
