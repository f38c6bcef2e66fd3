//! Snapshots and log compaction (§7).
//!
//! The log keeps some of the entries that its snapshot includes: a server that lacks only those
//! need not receive the whole state.

use super::Node;
use super::commit::bytes_of;
use super::durability::Needs;
use super::files::FilePause;
use super::incoming::{IncomingSnapshot, Kept};
use crate::{
    Alarm, Body, HeartbeatRound, IgnoreReason, InstallSnapshot, InstallSnapshotReply, Log,
    LogIndex, LogPosition, Membership, MembershipTrace, NodeId, Output, PieceNumber, Snapshot,
    SnapshotData, SnapshotRefusal, SnapshotTrace,
};

/// After a failure the driver is asked again after this part of the threshold.
const FIRST_RETRY: u64 = 8;

/// The most bytes of a snapshot that is in no file.
const MAX_BYTES_IN_MEMORY: u64 = u32::MAX as u64;

/// What the driver was asked for.
#[derive(Clone, Hash, Debug, Default)]
pub(super) struct SnapshotRequest {
    /// The last entry of the snapshot that the driver was asked for, until it answers.
    pub(super) through: Option<LogIndex>,
    /// The driver is not asked before this entry is applied, unless the log is too heavy.
    pub(super) not_before: LogIndex,
    /// The log is too heavy only with so many bytes.
    not_below: u64,
    /// The driver failed so often in a row.
    failures: u32,
    /// Whether the last snapshot was too large, and the driver was told.
    is_too_large: bool,
    /// The bytes of the entries from the end of the last snapshot through this one. Counted only
    /// while the log has enough of them to matter.
    counted: (LogIndex, u64),
}

impl Node {
    /// Raft §7: asks for a snapshot when enough entries follow the last one.
    pub(super) fn request_snapshot_if_due(&mut self) {
        let entries = self.last_applied.0 - self.snapshot_end().index.0;
        let is_long = entries >= self.config.settings.snapshot_threshold
            && self.last_applied >= self.snapshot_request.not_before;
        let is_due = is_long || self.log_is_heavy();
        let is_asked = self.snapshot_request.through.is_some();
        if is_asked || !is_due || self.membership_at(self.last_applied).is_empty() {
            return;
        }
        let through = self.last_applied;
        self.snapshot_request.through = Some(through);
        self.trace(|| SnapshotTrace::Requested { through, entries });
        self.outputs.push_back(Output::SnapshotNeeded { through });
    }

    /// Dissertation §5.1.2: whether the applied entries after the last snapshot have as many bytes
    /// as the setting says, and as that snapshot has.
    fn log_is_heavy(&mut self) -> bool {
        let limit = self.heavy_log().max(self.snapshot_request.not_below);
        self.log_bytes() >= limit && self.bytes_since_snapshot() >= limit
    }

    fn heavy_log(&self) -> u64 {
        let state = self.snapshot.as_ref().map_or(0, |snapshot| self.state_bytes(&snapshot.data));
        self.config.settings.snapshot_threshold_bytes.max(state)
    }

    /// The bytes of a state that the bytes of a log are compared with. The log is in memory: a
    /// state in a file counts as no more than the setting for a heavy log.
    fn state_bytes(&self, data: &SnapshotData) -> u64 {
        match data {
            SnapshotData::Bytes(bytes) => bytes.len() as u64,
            SnapshotData::File(file) => {
                file.bytes.min(self.config.settings.snapshot_threshold_bytes)
            }
        }
    }

    /// The bytes of the applied entries after the last snapshot.
    fn bytes_since_snapshot(&mut self) -> u64 {
        let (through, bytes) = match self.snapshot_request.counted {
            (through, _) if through < self.snapshot_end().index => (self.snapshot_end().index, 0),
            counted => counted,
        };
        let more = self.bytes_between(through, self.last_applied);
        self.snapshot_request.counted = (self.last_applied, bytes + more);
        bytes + more
    }

    /// Raft §7: the driver could not make the snapshot. Asking again at once would fail again: the
    /// driver is asked after more entries or more bytes, twice as many with each failure.
    pub(super) fn snapshot_failed(&mut self, through: LogIndex) {
        if self.snapshot_request.through != Some(through) {
            let reason = SnapshotRefusal::NotRequested;
            return self.trace(|| SnapshotTrace::Ignored { through, reason });
        }
        let failures = self.snapshot_request.failures.min(16);
        let more = |threshold: u64| {
            let first = (threshold / FIRST_RETRY).max(1);
            first.saturating_mul(1 << failures).min(threshold)
        };
        let entries = more(self.config.settings.snapshot_threshold);
        let not_below = self.bytes_since_snapshot().saturating_add(more(self.heavy_log()));
        let request = &mut self.snapshot_request;
        request.not_below = not_below;
        request.failures = request.failures.saturating_add(1);
        request.through = None;
        request.not_before = LogIndex(self.last_applied.0.saturating_add(entries));
        let not_before = request.not_before;
        self.trace(|| SnapshotTrace::Failed { through, not_before });
    }

    /// Raft §7: the state machine's own snapshot. The log up to there is no longer needed.
    pub(super) fn snapshot_taken(&mut self, through: LogIndex, data: SnapshotData) {
        let limit = self.snapshot_limit(data.file().is_some());
        if data.len() > limit {
            // No follower would accept it: the log is what repairs them.
            self.refuse_snapshot(through, &data, SnapshotRefusal::TooLarge { limit });
            if !core::mem::replace(&mut self.snapshot_request.is_too_large, true) {
                let alarm = Alarm::StateTooLarge { through, bytes: data.len(), limit };
                self.outputs.push_back(Output::Alarm(alarm));
            }
            // A snapshot of a later entry than was asked for is an answer too.
            let asked = self.snapshot_request.through.filter(|asked| *asked <= through);
            if let Some(asked) = asked {
                self.snapshot_failed(asked);
            }
            return;
        }
        // A report of an earlier entry is late: the driver still makes the snapshot that was asked
        // for last.
        let asked = self.snapshot_request.through.filter(|asked| *asked > through);
        self.snapshot_request.through = asked;
        let current = self.snapshot_end().index;
        let refusal = if through <= current {
            Some(SnapshotRefusal::NotNewer { current })
        } else if through > self.last_applied {
            Some(SnapshotRefusal::NotApplied { last_applied: self.last_applied })
        } else if self.membership_at(through).is_empty() {
            // A server that joins: the entry with the membership is still to come.
            Some(SnapshotRefusal::MembershipUnknown)
        } else {
            None
        };
        if let Some(reason) = refusal {
            return self.refuse_snapshot(through, &data, reason);
        }
        // The driver makes snapshots again: the pause after failures is over.
        self.snapshot_request = SnapshotRequest { through: asked, ..SnapshotRequest::default() };
        let term = self.log.term_at(through).expect("applied entries after a snapshot are held");
        let position = LogPosition::new(through, term);
        let start = self.log_start_after(position, &data);
        let start = self.log_start_for_transfers(start, through, &data);
        let entries = start.index.0 - self.log.base().index.0;
        let kept = through.0 - start.index.0;
        self.trace(|| SnapshotTrace::Compacted { through: position, entries, kept });
        self.log.compact(start);
        // The membership as of the snapshot's end, not the one in force: a later one may yet be
        // rolled back.
        let membership = self.membership_at(through);
        self.forget_memberships_through(through);
        let snapshot = Snapshot {
            last_included_index: position.index,
            last_included_term: position.term,
            membership,
            data,
        };
        rule!(self.store_snapshot(&snapshot));
    }

    /// The most bytes of a snapshot. A file may be larger than the memory.
    fn snapshot_limit(&self, is_in_file: bool) -> u64 {
        let limit = self.config.settings.max_snapshot_bytes;
        if is_in_file { limit } else { limit.min(MAX_BYTES_IN_MEMORY) }
    }

    fn refuse_snapshot(&mut self, through: LogIndex, data: &SnapshotData, reason: SnapshotRefusal) {
        self.trace(|| SnapshotTrace::Ignored { through, reason });
        if let Some(file) = data.file() {
            self.drop_unused_file(file);
        }
    }

    pub(super) fn store_snapshot(&mut self, snapshot: &Snapshot) {
        let replaced = self.snapshot.replace(snapshot.clone());
        let replaced = replaced.and_then(|replaced| replaced.data.file());
        self.replace_file(replaced, snapshot.data.file());
        self.durability.write_snapshot(snapshot.clone(), self.log.base());
    }

    /// The end of the last snapshot; the origin if there is none. The log may start before it,
    /// never after it.
    pub(super) fn snapshot_end(&self) -> LogPosition {
        self.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position)
    }

    /// Raft §7: where the log starts once there is a snapshot through `end`, an entry that it
    /// holds, with this state. Entries before `end` are kept for servers that lack only those: as
    /// many as the setting says, if together they are no more bytes than the state.
    pub(super) fn log_start_after(&self, end: LogPosition, state: &SnapshotData) -> LogPosition {
        let settings = &self.config.settings;
        // Below one piece a snapshot saves nothing.
        let limit = self.state_bytes(state).max(settings.snapshot_chunk_bytes as u64);
        self.log.start_of_part(end.index, (settings.trailing_entries, limit), bytes_of)
    }

    /// Raft §7: where a leader's log starts if it would start at `start` after a snapshot through
    /// `end` with this state.
    ///
    /// A server that receives an earlier snapshot needs the entries after that one next. They are
    /// kept while the transfer makes progress, or the server would need snapshot after snapshot if
    /// the log is compacted in less time than a transfer takes. When the snapshot is installed, the
    /// entries that the server still lacks are kept for as long as it answers. If they have more
    /// bytes than twice the new snapshot, and than twice the setting for a heavy log, the new
    /// snapshot is the shorter way.
    pub(super) fn log_start_for_transfers(
        &self,
        start: LogPosition,
        end: LogIndex,
        state: &SnapshotData,
    ) -> LogPosition {
        let Some(leader) = self.leading() else { return start };
        let threshold = self.config.settings.snapshot_threshold_bytes;
        // A log that is compacted because it is heavy has one threshold already, since the end of
        // the snapshot that is being sent.
        let limit = self.state_bytes(state).max(threshold).saturating_mul(2);
        let needed = leader.peers.iter().filter_map(|progress| {
            let answers = self.is_active(leader, progress.peer);
            progress.needs_after(answers)
        });
        let is_light = |after: &LogIndex| {
            (self.log.base().index..end).contains(after) && self.bytes_between(*after, end) <= limit
        };
        let Some(first) = needed.filter(is_light).min() else { return start };
        match self.log.term_at(first) {
            Some(term) if first < start.index => LogPosition::new(first, term),
            Some(_) | None => start,
        }
    }

    /// Figure 13: a piece of the leader's snapshot.
    pub(super) fn receive_install_snapshot(&mut self, from: NodeId, request: &InstallSnapshot) {
        if !self.recognize_leader(from, "InstallSnapshot") {
            return;
        }
        let (last_included, round) = (request.last_included(), request.round);
        if !rule!(self.is_snapshot_newer(last_included)) {
            let commit_index = self.commit_index;
            let is_useless = |i: &mut IncomingSnapshot| i.last_included.index <= commit_index;
            if let Some(useless) = self.incoming_snapshot.take_if(is_useless) {
                self.drop_incoming_file(&useless);
            }
            return self.send_snapshot_installed(from, last_included.index, round);
        }
        let end = request.offset.checked_add(request.data.len() as u64);
        let limit = self.snapshot_limit(self.config.snapshot_files);
        if end.is_none_or(|end| end > limit) {
            let reason = IgnoreReason::SnapshotTooLarge { limit };
            self.alarm(reason, Alarm::LeaderStateTooLarge { leader: from, limit });
            return self.ignore(from, "InstallSnapshot", reason);
        }
        if let Err(reason) = self.check_piece(last_included) {
            return self.ignore(from, "InstallSnapshot", reason);
        }
        let (mut incoming, held) = self.store_chunk(from, request);
        let received = incoming.received();
        self.trace(|| SnapshotTrace::ChunkStored { last_included, received });
        if incoming.is_complete() {
            if incoming.file.is_none() {
                let snapshot = incoming.into_snapshot(None);
                rule!(self.install_snapshot(&snapshot));
                return self.send_snapshot_installed(from, last_included.index, round);
            }
            self.flush_incoming_file(&mut incoming);
        }
        self.incoming_snapshot = Some(incoming);
        self.send_snapshot_continue(from, last_included.index, (received, held), round);
    }

    /// Whether pieces of this snapshot are stored now.
    fn check_piece(&self, last_included: LogPosition) -> Result<(), IgnoreReason> {
        let Some(incoming) = &self.incoming_snapshot else { return self.check_file_pause() };
        // The leader began again with a newer snapshot: this piece of the old one is late.
        let is_late = incoming.term == self.current_term
            && last_included.index < incoming.last_included.index;
        if is_late { Err(IgnoreReason::AlreadyKnown) } else { Ok(()) }
    }

    /// Figure 13: a snapshot that covers committed entries only would undo committed state.
    pub(super) fn is_snapshot_newer(&self, last_included: LogPosition) -> bool {
        last_included.index > self.commit_index
    }

    /// Discards the pieces of a snapshot that can never be installed: they are of an earlier term,
    /// or its entries are committed here.
    pub(super) fn abandon_incoming_snapshot(&mut self) {
        let (term, commit_index) = (self.current_term, self.commit_index);
        let is_useless = |incoming: &mut IncomingSnapshot| {
            incoming.term != term || incoming.last_included.index <= commit_index
        };
        if let Some(useless) = self.incoming_snapshot.take_if(is_useless) {
            self.trace_abandoned(&useless);
            self.drop_incoming_file(&useless);
        }
    }

    pub(super) fn trace_abandoned(&mut self, incoming: &IncomingSnapshot) {
        let (last_included, received) = (incoming.last_included, incoming.len());
        self.trace(|| SnapshotTrace::Abandoned { last_included, received });
    }

    /// Figure 13, steps 2 and 3: keeps the piece. The snapshot so far, and the piece's number if
    /// its bytes are held.
    fn store_chunk(
        &mut self,
        from: NodeId,
        request: &InstallSnapshot,
    ) -> (IncomingSnapshot, Option<PieceNumber>) {
        let (last_included, term) = (request.last_included(), self.current_term);
        let is_same = |i: &IncomingSnapshot| i.last_included == last_included && i.term == term;
        let mut incoming = match self.incoming_snapshot.take() {
            Some(same) if is_same(&same) => same,
            // Another leader may encode the same state in other bytes.
            other => {
                if let Some(other) = other {
                    self.trace_abandoned(&other);
                    self.drop_incoming_file(&other);
                }
                let file = self.new_incoming_file();
                IncomingSnapshot::new(request, (from, term), file)
            }
        };
        let Kept { is_held, news } =
            incoming.store(request, self.config.settings.max_in_flight_bytes);
        if let (Some(file), Some((offset, data))) = (&mut incoming.file, news) {
            self.hand_over_piece(file, offset, data);
        }
        (incoming, is_held.then_some(request.number))
    }

    /// Figure 13, steps 6 to 8.
    pub(super) fn install_snapshot(&mut self, snapshot: &Snapshot) {
        let last_included = snapshot.position();
        let agrees = self.log.term_at(last_included.index) == Some(last_included.term);
        if agrees {
            // Step 6: the entries after the snapshot are kept.
            let start = self.log_start_after(last_included, &snapshot.data);
            self.log.compact(start);
        } else {
            // Step 7: this log contradicts the snapshot, or ends before it.
            self.durability.write_truncation(self.log.first_index());
            self.log = Log::new(last_included);
        }
        let kept_entries = self.log.last().index.0 - last_included.index.0;
        self.trace(|| SnapshotTrace::Installed { last_included, kept_entries });
        self.file_pause = FilePause::default();
        rule!(self.install_membership(last_included.index, &snapshot.membership));
        rule!(self.store_snapshot(snapshot));
        self.snapshot_write = self.durability.collecting_id();
        self.commit_index = last_included.index;
        self.last_applied = last_included.index;
        if let Some(snapshot) = self.snapshot.clone() {
            // A snapshot that still waits for the disk is out of date: no entry was applied after
            // it.
            self.durability.forget_restore();
            self.emit(Output::Restore(snapshot), Needs::HardStateAndLog);
        }
        rule!(self.lose_proposals(last_included.index));
        rule!(self.supersede_before(last_included.term));
        self.snapshot_request = SnapshotRequest::default();
        assert!(self.log.base().index <= last_included.index, "the log and the snapshot meet");
        assert!(self.log.last().index >= self.commit_index, "a snapshot is part of the log");
    }

    /// Figure 13, step 8: the snapshot's membership is in force, or the latest one in the entries
    /// that are kept after it; none from before the snapshot is.
    pub(super) fn install_membership(&mut self, index: LogIndex, membership: &Membership) {
        let before = self.membership().clone();
        self.memberships.retain(|(at, _)| *at > index && *at <= self.log.last().index);
        self.memberships.insert(0, (index, membership.clone()));
        if *self.membership() != before {
            let (index, membership) = (self.membership_index(), self.membership().clone());
            self.trace(|| MembershipTrace::Adopted { index, membership });
        }
    }

    /// Whether the last snapshot that was installed from a leader is on disk.
    pub(super) fn is_snapshot_durable(&self) -> bool {
        self.durability.is_durable(self.snapshot_write)
    }

    pub(super) fn send_snapshot_installed(
        &mut self,
        to: NodeId,
        match_index: LogIndex,
        round: HeartbeatRound,
    ) {
        let reply = InstallSnapshotReply::Installed { match_index, round };
        self.send(to, Body::InstallSnapshotReply(reply));
    }

    pub(super) fn send_snapshot_continue(
        &mut self,
        to: NodeId,
        last_included_index: LogIndex,
        (next_offset, held): (u64, Option<PieceNumber>),
        round: HeartbeatRound,
    ) {
        let reply =
            InstallSnapshotReply::Continue { last_included_index, next_offset, held, round };
        self.answer_when_stored(to, reply);
    }
}
