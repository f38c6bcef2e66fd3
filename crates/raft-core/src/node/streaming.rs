//! Sending a snapshot to a server that needs entries which are compacted (§7).
//!
//! Pieces follow each other within a window of bytes; each answer says how many bytes have arrived,
//! which opens the window further. What was lost is sent again with a later heartbeat. The pieces
//! share the snapshot's memory, for however many servers.

use super::durability::Needs;
use super::progress::{ProgressState, Transfer};
use super::{Node, Role};
use crate::{
    AppendEntries, Body, Entries, IgnoreReason, InstallSnapshot, InstallSnapshotReply, LogIndex,
    LogPosition, NodeId, Round, Snapshot, SnapshotTrace,
};

const REPLY: &str = "InstallSnapshotReply";

impl Node {
    /// Raft §7: the entries that a server needs are compacted; it gets the snapshot instead.
    pub(super) fn start_snapshot(&mut self, position: usize) {
        let snapshot = self.snapshot.clone().expect("entries are dropped only for a snapshot");
        let Role::Leader(leader) = &mut self.role else { return };
        let progress = &mut leader.peers[position];
        let (peer, next_index) = (progress.peer, progress.next_index);
        let (last_included, bytes) = (snapshot.position(), snapshot.data.len() as u64);
        progress.state = ProgressState::Snapshot(Transfer::new(snapshot));
        self.trace(|| SnapshotTrace::Sent { peer, last_included, next_index, bytes });
        self.send_pieces(position);
    }

    /// With each heartbeat: shows that the leader is there, and sends again what seems to be lost.
    pub(super) fn keep_streaming(&mut self, position: usize) {
        self.send_empty(position);
        let Role::Leader(leader) = &mut self.role else { return };
        let ProgressState::Snapshot(transfer) = &mut leader.peers[position].state else { return };
        if core::mem::take(&mut transfer.is_moving) {
            return;
        }
        transfer.rewind();
        self.send_pieces(position);
    }

    /// A heartbeat that says nothing about the log.
    fn send_empty(&mut self, position: usize) {
        let Role::Leader(leader) = &self.role else { return };
        let (peer, round) = (leader.peers[position].peer, leader.rounds.current());
        let LogPosition { index: prev_log_index, term: prev_log_term } = LogPosition::ORIGIN;
        let (entries, leader_commit) = (Entries::EMPTY, LogIndex(0));
        let request =
            AppendEntries { prev_log_index, prev_log_term, entries, leader_commit, round };
        self.send(peer, Body::AppendEntries(request), Needs::HardState);
    }

    /// Sends pieces for as long as the window has room. One piece may always be under way.
    fn send_pieces(&mut self, position: usize) {
        let window = self.config.settings.max_in_flight_bytes as u64;
        let size = self.config.settings.snapshot_chunk_bytes;
        loop {
            let Role::Leader(leader) = &mut self.role else { return };
            let round = leader.rounds.current();
            let progress = &mut leader.peers[position];
            let ProgressState::Snapshot(transfer) = &mut progress.state else { return };
            let under_way = transfer.sent - transfer.received;
            if transfer.is_all_sent || (under_way > 0 && under_way >= window) {
                return;
            }
            let total = transfer.snapshot.data.len();
            let start = (transfer.sent as usize).min(total);
            let end = total.min(start + size);
            transfer.sent = end as u64;
            transfer.is_all_sent = end == total;
            let Snapshot { last_included_index, last_included_term, membership, data } =
                &transfer.snapshot;
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
            self.send(peer, Body::InstallSnapshot(request), Needs::HardState);
        }
    }

    pub(super) fn receive_install_snapshot_reply(
        &mut self,
        from: NodeId,
        reply: InstallSnapshotReply,
    ) {
        let Some(position) = self.peer_position(from) else {
            return self.ignore(from, REPLY, IgnoreReason::NotExpected);
        };
        match reply {
            InstallSnapshotReply::Installed { match_index, round } => {
                if self.hear_from(position, round) {
                    self.record_match(position, match_index);
                }
            }
            InstallSnapshotReply::Continue { last_included_index, next_offset, round } => {
                if self.hear_from(position, round) {
                    self.continue_streaming(position, last_included_index, (next_offset, round));
                }
            }
        }
    }

    /// A server holds the first bytes of a snapshot, as it said in answer to a piece of this round.
    fn continue_streaming(
        &mut self,
        position: usize,
        last_included_index: LogIndex,
        (next_offset, round): (u64, Round),
    ) {
        let Role::Leader(leader) = &mut self.role else { return };
        let progress = &mut leader.peers[position];
        let from = progress.peer;
        let transfer = match &mut progress.state {
            ProgressState::Snapshot(transfer)
                if transfer.snapshot.last_included_index == last_included_index =>
            {
                transfer
            }
            _ => return self.ignore(from, REPLY, IgnoreReason::NotExpected),
        };
        if next_offset > transfer.received && next_offset <= transfer.snapshot.data.len() as u64 {
            transfer.received = next_offset;
            transfer.sent = transfer.sent.max(next_offset);
        } else if next_offset < transfer.received && round > transfer.received_in {
            // It restarted, and has lost the pieces.
            transfer.received = next_offset;
            transfer.rewind();
        } else {
            return self.ignore(from, REPLY, IgnoreReason::AlreadyKnown);
        }
        transfer.received_in = round;
        transfer.is_moving = true;
        self.send_pieces(position);
    }
}
