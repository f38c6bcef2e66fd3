//! Sending a snapshot to a server that needs entries which are compacted (§7).
//!
//! Pieces follow each other within a window of bytes; each answer says how many bytes have arrived,
//! which opens the window further. A later heartbeat sends lost pieces again. The pieces share the
//! snapshot's memory, for however many servers.

use super::progress::{OutgoingSnapshot, ProgressState};
use super::{Leader, Node};
use crate::{
    AppendEntries, Body, Entries, HeartbeatRound, IgnoreReason, InstallSnapshot,
    InstallSnapshotReply, LogIndex, LogPosition, NodeId, Snapshot, SnapshotTrace,
};

const REPLY: &str = "InstallSnapshotReply";

impl Node {
    /// Raft §7: the entries that a server needs are compacted; it gets the snapshot instead.
    pub(super) fn start_snapshot(&mut self, leader: &mut Leader, position: usize) {
        let snapshot = self.snapshot.clone().expect("entries are dropped only for a snapshot");
        let progress = &mut leader.peers[position];
        let (peer, next_index) = (progress.peer, progress.next_index);
        let (last_included, bytes) = (snapshot.position(), snapshot.data.len() as u64);
        progress.state = ProgressState::Snapshot(OutgoingSnapshot::new(snapshot));
        self.trace(|| SnapshotTrace::Sent { peer, last_included, next_index, bytes });
        self.send_pieces(leader, position);
    }

    /// With each heartbeat: shows that the leader is there, and sends pieces again that seem lost.
    pub(super) fn keep_streaming(&mut self, leader: &mut Leader, position: usize) {
        self.send_empty(leader, position);
        let ProgressState::Snapshot(outgoing) = &mut leader.peers[position].state else { return };
        if core::mem::take(&mut outgoing.is_moving) {
            return;
        }
        outgoing.rewind();
        self.send_pieces(leader, position);
    }

    /// A heartbeat that says nothing about the log.
    fn send_empty(&mut self, leader: &Leader, position: usize) {
        let (peer, round) = (leader.peers[position].peer, leader.rounds.current());
        let LogPosition { index: prev_log_index, term: prev_log_term } = LogPosition::ORIGIN;
        let (entries, leader_commit) = (Entries::EMPTY, LogIndex(0));
        let request =
            AppendEntries { prev_log_index, prev_log_term, entries, leader_commit, round };
        self.send(peer, Body::AppendEntries(request));
    }

    /// Raft §7: sends pieces for as long as the window has room. One piece may always be under way.
    fn send_pieces(&mut self, leader: &mut Leader, position: usize) {
        let window = self.config.settings.max_in_flight_bytes as u64;
        let size = self.config.settings.snapshot_chunk_bytes;
        loop {
            let round = leader.rounds.current();
            let progress = &mut leader.peers[position];
            let ProgressState::Snapshot(outgoing) = &mut progress.state else { return };
            let under_way = outgoing.sent - outgoing.received;
            if outgoing.is_all_sent || (under_way > 0 && under_way >= window) {
                return;
            }
            let total = outgoing.snapshot.data.len();
            let start = (outgoing.sent as usize).min(total);
            let end = total.min(start + size);
            outgoing.sent = end as u64;
            outgoing.is_all_sent = end == total;
            let Snapshot { last_included_index, last_included_term, membership, data } =
                &outgoing.snapshot;
            let request = InstallSnapshot {
                last_included_index: *last_included_index,
                last_included_term: *last_included_term,
                membership: membership.clone(),
                offset: start as u64,
                data: data.slice(start, end),
                done: end == total,
                round,
            };
            let peer = progress.peer;
            self.send(peer, Body::InstallSnapshot(request));
        }
    }

    pub(super) fn receive_install_snapshot_reply(
        &mut self,
        from: NodeId,
        reply: InstallSnapshotReply,
    ) {
        let is_awaited = self.as_leader(|node, leader| {
            let position = leader.position(from)?;
            match reply {
                InstallSnapshotReply::Installed { match_index, round } => {
                    if rule!(node.hear_from(leader, position, round)) {
                        rule!(node.record_match(leader, position, match_index));
                    }
                }
                InstallSnapshotReply::Continue { last_included_index, next_offset, round } => {
                    if rule!(node.hear_from(leader, position, round)) {
                        let answer = (next_offset, round);
                        node.continue_streaming(leader, position, last_included_index, answer);
                    }
                }
            }
            Some(())
        });
        if is_awaited.flatten().is_none() {
            self.ignore(from, REPLY, IgnoreReason::NotExpected);
        }
    }

    /// A server holds the first `next_offset` bytes of a snapshot, by its answer to this round.
    fn continue_streaming(
        &mut self,
        leader: &mut Leader,
        position: usize,
        last_included_index: LogIndex,
        (next_offset, round): (u64, HeartbeatRound),
    ) {
        let progress = &mut leader.peers[position];
        let from = progress.peer;
        let ProgressState::Snapshot(outgoing) = &mut progress.state else {
            return self.ignore(from, REPLY, IgnoreReason::NotExpected);
        };
        if outgoing.snapshot.last_included_index != last_included_index {
            return self.ignore(from, REPLY, IgnoreReason::NotExpected);
        }
        if next_offset > outgoing.received && next_offset <= outgoing.snapshot.data.len() as u64 {
            outgoing.received = next_offset;
            outgoing.sent = outgoing.sent.max(next_offset);
        } else if next_offset < outgoing.received && round > outgoing.received_in {
            // It restarted, and has lost the pieces.
            outgoing.received = next_offset;
            outgoing.rewind();
        } else {
            return self.ignore(from, REPLY, IgnoreReason::AlreadyKnown);
        }
        outgoing.received_in = round;
        outgoing.is_moving = true;
        self.send_pieces(leader, position);
    }
}
