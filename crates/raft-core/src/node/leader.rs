//! Log replication, the leader's side (§5.3).

use super::durability::Needs;
use super::progress::{Progress, ProgressState};
use super::{Leader, Node, Role};
use crate::{
    AppendEntries, AppendEntriesReply, Body, Entry, IgnoreReason, InstallSnapshot,
    InstallSnapshotReply, Instant, LogIndex, LogPosition, NodeId, Payload, Snapshot, Trace,
};

impl Node {
    /// Appends an entry of the current term. Only a leader does (§5.3); it never overwrites.
    pub(super) fn append_as_leader(&mut self, payload: Payload) -> LogPosition {
        let noop = matches!(payload, Payload::Noop);
        let index = self.log.last().index.next();
        let entry = Entry { index, term: self.current_term, payload };
        let position = entry.position();
        self.trace(|| Trace::Appended { position, noop });
        self.log.append(entry.clone());
        self.durability.write_entry(entry);
        position
    }

    /// Raft §5.2: regular messages keep the followers from starting elections. They also repeat
    /// what may have been lost.
    pub(super) fn send_heartbeats(&mut self, now: Instant) {
        self.timer_started = now;
        self.deadline = now + self.config.heartbeat_interval;
        self.replicate_to_all(true);
    }

    /// Sends new entries to every server that can take them.
    pub(super) fn replicate_to_all(&mut self, heartbeat: bool) {
        let Role::Leader(leader) = &self.role else { return };
        for position in 0..leader.peers.len() {
            self.replicate_to(position, heartbeat);
        }
    }

    /// Sends what the server at `position` can take now; with `heartbeat`, at least something.
    fn replicate_to(&mut self, position: usize, heartbeat: bool) {
        let last = self.log.last().index;
        let Role::Leader(Leader { peers, .. }) = &mut self.role else { return };
        let progress = &mut peers[position];
        match &mut progress.state {
            ProgressState::Probe { waiting } if *waiting && !heartbeat => {}
            ProgressState::Probe { waiting } => {
                *waiting = true;
                self.send_entries(position);
            }
            ProgressState::Replicate { in_flight } => {
                let window_open = in_flight.len() < self.config.max_in_flight;
                if window_open && progress.next_index <= last {
                    while self.send_entries(position) {}
                } else if heartbeat {
                    // Behind everything sent so far: its answer shows what was lost.
                    let from = progress.next_index;
                    self.send_append_entries(position, from, 0);
                }
            }
            ProgressState::Snapshot { .. } if heartbeat => self.send_snapshot_chunk(position),
            ProgressState::Snapshot { .. } => {}
        }
    }

    /// Sends one message with the entries from `next_index` on, as many as fit. Whether there is
    /// more to send, and room for it.
    fn send_entries(&mut self, position: usize) -> bool {
        let last = self.log.last().index;
        let Role::Leader(Leader { peers, .. }) = &mut self.role else { return false };
        let from = peers[position].next_index;
        if self.log.term_at(from.previous()).is_none() {
            self.start_snapshot(position);
            return false;
        }
        let sent_through = self.send_append_entries(position, from, self.config.max_batch_entries);
        let Role::Leader(Leader { peers, .. }) = &mut self.role else { return false };
        let progress = &mut peers[position];
        if let ProgressState::Replicate { in_flight } = &mut progress.state
            && sent_through >= from
        {
            progress.next_index = sent_through.next();
            in_flight.push_back(sent_through);
            return sent_through < last && in_flight.len() < self.config.max_in_flight;
        }
        false
    }

    /// Sends entries from `from` on; the index of the last one, or of the one before `from`.
    fn send_append_entries(&mut self, position: usize, from: LogIndex, max: usize) -> LogIndex {
        let prev_log_index = from.previous();
        let Role::Leader(Leader { peers, .. }) = &self.role else { return prev_log_index };
        let peer = peers[position].peer;
        let Some(prev_log_term) = self.log.term_at(prev_log_index) else {
            // Compacted meanwhile: what the server needs is in the snapshot (§7).
            self.start_snapshot(position);
            return prev_log_index;
        };
        let entries = self.log.batch(from, max, self.config.max_batch_bytes);
        let sent_through = LogIndex(prev_log_index.0 + entries.len() as u64);
        let leader_commit = self.commit_index;
        let request = AppendEntries { prev_log_index, prev_log_term, entries, leader_commit };
        // The leader's own disk need not hold the entries yet: it writes in parallel with its
        // followers, and counts itself only when it is done (dissertation §10.2.1).
        self.send(peer, Body::AppendEntries(request), Needs::HardState);
        sent_through
    }

    pub(super) fn receive_append_entries_reply(&mut self, from: NodeId, reply: AppendEntriesReply) {
        let Some(position) = self.peer_position(from) else {
            return self.ignore(from, "AppendEntriesReply", IgnoreReason::NotExpected);
        };
        match reply {
            AppendEntriesReply::Success { match_index } => {
                self.record_match(position, match_index);
            }
            AppendEntriesReply::Failure { prev_log_index, hint } => {
                self.backtrack(position, prev_log_index, hint);
            }
        }
    }

    /// A server's disk holds this leader's log up to `match_index`.
    fn record_match(&mut self, position: usize, match_index: LogIndex) {
        let last = self.log.last().index;
        let Role::Leader(Leader { peers, .. }) = &mut self.role else { return };
        let progress = &mut peers[position];
        if match_index > last {
            let from = progress.peer;
            let reason = IgnoreReason::BeyondLog { index: match_index, last };
            return self.ignore(from, "AppendEntriesReply", reason);
        }
        progress.record_match(match_index);
        let more = progress.next_index <= last;
        self.advance_commit();
        if more {
            self.replicate_to(position, false);
        }
    }

    /// Raft §5.3: the logs do not agree at `prev_log_index`; look further back. The hint skips a
    /// whole term of the follower's log, and this search a whole term of the leader's, so the number
    /// of messages depends on the number of terms, not of entries.
    fn backtrack(&mut self, position: usize, prev_log_index: LogIndex, hint: LogPosition) {
        let Role::Leader(Leader { peers, .. }) = &mut self.role else { return };
        let progress = &mut peers[position];
        let from = progress.peer;
        let is_awaited = match &progress.state {
            ProgressState::Probe { .. } => prev_log_index.next() == progress.next_index,
            ProgressState::Replicate { .. } => true,
            ProgressState::Snapshot { .. } => false,
        };
        // No server refuses what it acknowledged, nor the empty log, unless it lost its disk. An
        // answer to that would only be refused again.
        if !is_awaited || prev_log_index <= progress.match_index {
            return self.ignore(from, "AppendEntriesReply", IgnoreReason::AlreadyKnown);
        }
        let agreed = self.log.last_with_term_at_most(hint.index, hint.term);
        // `None`: the place lies in what was compacted, and only the snapshot can help.
        let next_index = agreed.map_or(self.log.base().index, |agreed| agreed.index.next());
        let before = progress.next_index;
        progress.become_probe(next_index.min(prev_log_index).max(LogIndex(1)));
        let to = progress.next_index;
        self.trace(|| Trace::Backtracked { peer: from, from: before, to });
        self.replicate_to(position, false);
    }

    /// Raft §7: the entries that a server needs are compacted; it gets the snapshot instead.
    fn start_snapshot(&mut self, position: usize) {
        let snapshot = self.snapshot.clone().expect("entries are dropped only for a snapshot");
        let Role::Leader(Leader { peers, .. }) = &mut self.role else { return };
        let Progress { peer, next_index, .. } = peers[position];
        let (last_included, bytes) = (snapshot.position(), snapshot.data.len() as u64);
        peers[position].state = ProgressState::Snapshot { snapshot, offset: 0 };
        self.trace(|| Trace::SnapshotSent { peer, last_included, next_index, bytes });
        self.send_snapshot_chunk(position);
    }

    fn send_snapshot_chunk(&mut self, position: usize) {
        let Role::Leader(Leader { peers, .. }) = &self.role else { return };
        let Progress { peer, state: ProgressState::Snapshot { snapshot, offset }, .. } =
            &peers[position]
        else {
            return;
        };
        let (peer, offset) = (*peer, *offset);
        let total = snapshot.data.len();
        let start = usize::try_from(offset).map_or(total, |start| start.min(total));
        let end = total.min(start + self.config.snapshot_chunk_bytes);
        let Snapshot { last_included_index, last_included_term, membership, data } = snapshot;
        let request = InstallSnapshot {
            last_included_index: *last_included_index,
            last_included_term: *last_included_term,
            membership: membership.clone(),
            offset: start as u64,
            data: data.slice(start, end),
            done: end == total,
        };
        self.send(peer, Body::InstallSnapshot(request), Needs::HardState);
    }

    pub(super) fn receive_install_snapshot_reply(
        &mut self,
        from: NodeId,
        reply: InstallSnapshotReply,
    ) {
        let name = "InstallSnapshotReply";
        let Some(position) = self.peer_position(from) else {
            return self.ignore(from, name, IgnoreReason::NotExpected);
        };
        let InstallSnapshotReply::Continue { last_included_index, next_offset } = reply else {
            let InstallSnapshotReply::Installed { match_index } = reply else { return };
            return self.record_match(position, match_index);
        };
        let Role::Leader(Leader { peers, .. }) = &mut self.role else { return };
        match &mut peers[position].state {
            ProgressState::Snapshot { snapshot, offset }
                if snapshot.last_included_index == last_included_index =>
            {
                // The piece at `offset` is under way; a repeated answer must not repeat it.
                if next_offset == *offset || next_offset > snapshot.data.len() as u64 {
                    return self.ignore(from, name, IgnoreReason::AlreadyKnown);
                }
                *offset = next_offset;
                self.send_snapshot_chunk(position);
            }
            _ => self.ignore(from, name, IgnoreReason::NotExpected),
        }
    }

    /// Where a server stands in the leader's table; `None` if this server does not lead.
    fn peer_position(&self, peer: NodeId) -> Option<usize> {
        let Role::Leader(Leader { peers, .. }) = &self.role else { return None };
        peers.binary_search_by_key(&peer, |progress| progress.peer).ok()
    }
}
