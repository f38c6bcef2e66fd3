//! Sending a snapshot to a server that needs entries which are compacted (§7).
//!
//! Pieces follow each other within a window of bytes, which grows with the answers and shrinks when
//! bytes wait too long in a link's queue (`window.rs`). A piece is sent again only on evidence that
//! it was lost; after a silence the leader asks, with an empty piece (`outgoing.rs`). The pieces
//! share the snapshot's memory, for however many servers.

use super::outgoing::{AnswerNews, NextPiece, OutgoingSnapshot};
use super::progress::ProgressState;
use super::{Leader, Node};
use crate::{
    AppendEntries, Body, Bytes, Entries, FilePiece, HeartbeatRound, IgnoreReason, InstallSnapshot,
    InstallSnapshotReply, LogIndex, LogPosition, Message, NodeId, PieceNumber, Snapshot,
    SnapshotData, SnapshotTrace,
};

const REPLY: &str = "InstallSnapshotReply";

impl Node {
    /// Raft §7: the entries that a server needs are compacted; it gets the snapshot instead.
    pub(super) fn start_snapshot(&mut self, leader: &mut Leader, position: usize) {
        let snapshot = self.snapshot.clone().expect("entries are dropped only for a snapshot");
        let progress = &mut leader.peers[position];
        let (peer, next_index) = (progress.peer, progress.next_index);
        let (last_included, bytes) = (snapshot.position(), snapshot.data.len());
        let (settings, round_trip) = (&self.config.settings, progress.round_trip);
        let outgoing = OutgoingSnapshot::new(snapshot, settings, round_trip);
        progress.become_snapshot(outgoing);
        self.trace(|| SnapshotTrace::Sent { peer, last_included, next_index, bytes });
        self.send_pieces(leader, position);
    }

    /// With each round: shows that the leader is there.
    pub(super) fn keep_streaming(&mut self, leader: &mut Leader, position: usize) {
        self.send_empty(leader, position);
        self.send_pieces(leader, position);
    }

    /// With each heartbeat, and not with the rounds of reads, of which there may be thousands a
    /// second. If no piece was answered for a while, which doubles each time: asks how much has
    /// arrived. No bytes are sent again without an answer, which a slow link may only delay.
    pub(super) fn ask_after_silence(&mut self, leader: &mut Leader, position: usize) {
        let progress = &mut leader.peers[position];
        let ProgressState::Snapshot(outgoing) = &mut progress.state else { return };
        let Some(number) = outgoing.question_when_silent() else { return };
        let (peer, last_included) = (progress.peer, outgoing.snapshot.position());
        let total = outgoing.snapshot.data.len();
        self.trace(|| SnapshotTrace::Asked { peer, last_included });
        self.send_piece(leader, position, NextPiece { number, bytes: total..total });
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
    pub(super) fn send_pieces(&mut self, leader: &mut Leader, position: usize) {
        let limit = self.config.settings.max_in_flight_bytes as u64;
        loop {
            let progress = &mut leader.peers[position];
            let ProgressState::Snapshot(outgoing) = &mut progress.state else { return };
            let Some(next) = outgoing.next_piece(limit, self.now) else { return };
            self.send_piece(leader, position, next);
        }
    }

    fn send_piece(&mut self, leader: &Leader, position: usize, next: NextPiece) {
        let progress = &leader.peers[position];
        let ProgressState::Snapshot(outgoing) = &progress.state else { return };
        let Snapshot { last_included_index, last_included_term, membership, data } =
            &outgoing.snapshot;
        let NextPiece { number, bytes } = next;
        let (piece, file) = match data {
            SnapshotData::Bytes(data) => {
                (data.slice(bytes.start as usize, bytes.end as usize), None)
            }
            SnapshotData::File(file) => (Bytes::default(), Some(*file)),
        };
        let request = InstallSnapshot {
            last_included_index: *last_included_index,
            last_included_term: *last_included_term,
            membership: membership.clone(),
            offset: bytes.start,
            data: piece,
            done: bytes.end == data.len(),
            number,
            round: leader.rounds.current(),
        };
        let (to, body) = (progress.peer, Body::InstallSnapshot(request));
        match file {
            Some(file) if !bytes.is_empty() => {
                let message = Message { term: self.current_term, body };
                self.send_file_piece(FilePiece { to, message, file, bytes });
            }
            Some(_) | None => self.send(to, body),
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
                InstallSnapshotReply::Continue {
                    last_included_index,
                    next_offset,
                    held,
                    round,
                } => {
                    if rule!(node.hear_from(leader, position, round)) {
                        let answer = (next_offset, held, round);
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

    /// A server holds the first `next_offset` bytes of a snapshot, and this piece, by its answer to
    /// a request of this round.
    fn continue_streaming(
        &mut self,
        leader: &mut Leader,
        position: usize,
        last_included_index: LogIndex,
        answer: (u64, Option<PieceNumber>, HeartbeatRound),
    ) {
        let progress = &mut leader.peers[position];
        let peer = progress.peer;
        let ProgressState::Snapshot(outgoing) = &mut progress.state else {
            return self.ignore(peer, REPLY, IgnoreReason::NotExpected);
        };
        let last_included = outgoing.snapshot.position();
        if last_included.index != last_included_index {
            return self.ignore(peer, REPLY, IgnoreReason::NotExpected);
        }
        let news = outgoing.answered(answer, (leader.rounds.current(), self.now));
        let is_lost = match news {
            AnswerNews::Nothing => false,
            AnswerNews::Progress { lost } => lost > 0 && outgoing.is_stuck(),
            AnswerNews::Restarted => true,
        };
        // What was sent of the old snapshot is of no use: the peer begins with the newest.
        if is_lost && self.snapshot_end() != last_included {
            return self.start_snapshot(leader, position);
        }
        match news {
            AnswerNews::Nothing => return self.ignore(peer, REPLY, IgnoreReason::AlreadyKnown),
            AnswerNews::Progress { lost: 0 } => {}
            AnswerNews::Progress { lost } => {
                self.trace(|| SnapshotTrace::Lost { peer, last_included, bytes: lost });
            }
            AnswerNews::Restarted => {
                self.trace(|| SnapshotTrace::StartedOver { peer, last_included });
            }
        }
        self.send_pieces(leader, position);
    }
}
