//! Snapshots in files of the driver: the pieces that arrive, and the files that are replaced.
//!
//! The driver writes a file beside the records, so nothing else waits for it. The record of the
//! snapshot, which is small, is written when the driver reports that the file is on stable storage:
//! no record ever names a file that a crash can take.
//!
//! The answer to a piece waits until the driver has written it. To the leader, a slow disk is then
//! like a slow link: the bytes under way, which its window bounds, are the bytes that the driver
//! holds.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use super::incoming::IncomingSnapshot;
use super::progress::{Progress, ProgressState};
use super::{Leader, Node};
use crate::fingerprint::{Fingerprint, Prints};
use crate::{
    Body, Bytes, FilePiece, FileReport, FileTask, IgnoreReason, IncomingId, InstallSnapshotReply,
    Instant, NodeId, Output, PersistId, SnapshotFile,
};

/// The file of a snapshot that is arriving.
#[derive(Clone, Debug)]
pub(super) struct IncomingFile {
    id: IncomingId,
    /// The number of the last piece that was handed over.
    handed_over: u64,
    /// The number of the last piece that the driver reported.
    stored: u64,
    /// The answers that wait for the driver, each with the last piece that it waits for and the
    /// server that it is for.
    answers: VecDeque<(u64, NodeId, InstallSnapshotReply)>,
    /// Whether the driver was asked to flush it.
    is_flushing: bool,
}

impl IncomingFile {
    pub(super) fn new(id: IncomingId) -> Self {
        Self { id, handed_over: 0, stored: 0, answers: VecDeque::new(), is_flushing: false }
    }
}

/// The file of a snapshot that another one replaced.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplacedFile {
    file: SnapshotFile,
    /// The write of the other snapshot. Until it is durable, a crash goes back to this file.
    by: PersistId,
}

/// After a file of a snapshot could not be written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FilePause {
    /// How often since an entry was committed here.
    failures: u32,
    /// Until then no piece is stored.
    until: Instant,
}

/// The longest pause is that of so many failures.
const MAX_FAILURES: u32 = 8;

impl Node {
    /// A disk that was full is full for a while. Without a pause the leader would send the snapshot
    /// again and again, as fast as it can.
    fn pause_files(&mut self) {
        let FilePause { failures, .. } = self.file_pause;
        let pause = self.config.settings.election_timeout_max * (1 << failures);
        let failures = (failures + 1).min(MAX_FAILURES);
        self.file_pause = FilePause { failures, until: self.now + pause };
    }

    /// Entries are committed here: the server lacks no snapshot any more.
    #[cold]
    pub(super) fn end_file_pause(&mut self) {
        self.file_pause = FilePause::default();
    }

    /// Whether a file of a snapshot could not be written.
    pub(super) fn has_file_pause(&self) -> bool {
        self.file_pause.failures > 0
    }

    pub(super) fn check_file_pause(&self) -> Result<(), IgnoreReason> {
        match self.now < self.file_pause.until {
            true => Err(IgnoreReason::FileFailed),
            false => Ok(()),
        }
    }

    /// A file for a snapshot that begins to arrive; `None` if its bytes are kept in memory.
    pub(super) fn new_incoming_file(&mut self) -> Option<IncomingFile> {
        if !self.config.snapshot_files {
            return None;
        }
        self.last_incoming = IncomingId(self.last_incoming.0 + 1);
        Some(IncomingFile::new(self.last_incoming))
    }

    /// Hands the bytes of a piece that were not known to the driver.
    pub(super) fn hand_over_piece(&mut self, file: &mut IncomingFile, offset: u64, data: Bytes) {
        file.handed_over += 1;
        let (incoming, piece) = (file.id, file.handed_over);
        self.ask_driver(FileTask::StorePiece { incoming, piece, offset, data });
    }

    /// All pieces have arrived: the driver is asked to flush the file, once.
    pub(super) fn flush_incoming_file(&mut self, incoming: &mut IncomingSnapshot) {
        let bytes = incoming.received();
        let Some(file) = &mut incoming.file else { return };
        if !core::mem::replace(&mut file.is_flushing, true) {
            let incoming = file.id;
            self.ask_driver(FileTask::StoreSnapshot { incoming, bytes });
        }
    }

    /// Sends the answer to a piece when the driver has written all that was handed over before.
    pub(super) fn answer_when_stored(&mut self, to: NodeId, reply: InstallSnapshotReply) {
        let limit = self.config.settings.max_pending_requests;
        let file = self.incoming_snapshot.as_mut().and_then(|incoming| incoming.file.as_mut());
        match file {
            Some(file) if file.stored < file.handed_over => {
                file.answers.push_back((file.handed_over, to, reply));
                if file.answers.len() > limit {
                    // The network may lose messages too.
                    file.answers.pop_front();
                }
            }
            Some(_) | None => self.send(to, Body::InstallSnapshotReply(reply)),
        }
    }

    /// Nothing more will come of it. The driver does not know a snapshot of which it got nothing.
    pub(super) fn drop_incoming_file(&mut self, incoming: &IncomingSnapshot) {
        let is_known = |file: &&IncomingFile| file.handed_over > 0 || file.is_flushing;
        if let Some(file) = incoming.file.as_ref().filter(is_known) {
            self.ask_driver(FileTask::DropIncoming(file.id));
        }
    }

    pub(super) fn receive_file_report(&mut self, report: FileReport) {
        match report {
            FileReport::PieceStored { incoming, piece } => self.piece_stored(incoming, piece),
            FileReport::SnapshotStored { incoming, file } => {
                self.incoming_stored(incoming, file);
            }
            FileReport::SnapshotNotStored { incoming } => {
                let is_this = |i: &mut IncomingSnapshot| has_id(i, incoming);
                if let Some(failed) = self.incoming_snapshot.take_if(is_this) {
                    self.incoming_failed(&failed);
                }
            }
        }
    }

    fn incoming_failed(&mut self, failed: &IncomingSnapshot) {
        self.trace_abandoned(failed);
        self.pause_files();
    }

    fn piece_stored(&mut self, incoming: IncomingId, piece: u64) {
        let Some(arriving) = self.incoming_snapshot.as_mut().filter(|i| has_id(i, incoming)) else {
            return;
        };
        let Some(file) = &mut arriving.file else { return };
        file.stored = file.stored.max(piece.min(file.handed_over));
        let due = file.answers.partition_point(|(needed, ..)| *needed <= file.stored);
        let later = file.answers.split_off(due);
        for (_, to, reply) in core::mem::replace(&mut file.answers, later) {
            self.send(to, Body::InstallSnapshotReply(reply));
        }
    }

    /// Figure 13, steps 6 to 8, once the file is on stable storage. If the snapshot is not needed
    /// any more, the file is not either. A file of another length is not the one that was asked
    /// for: the leader sends the snapshot again.
    fn incoming_stored(&mut self, incoming: IncomingId, file: SnapshotFile) {
        let is_this = |i: &mut IncomingSnapshot| has_id(i, incoming) && is_flushing(i);
        let Some(stored) = self.incoming_snapshot.take_if(is_this) else {
            return self.drop_unused_file(file);
        };
        if stored.received() != file.bytes {
            self.drop_unused_file(file);
            return self.incoming_failed(&stored);
        }
        let (from, round) = (stored.from, stored.round);
        let snapshot = stored.into_snapshot(Some(file.into()));
        rule!(self.install_snapshot(&snapshot));
        self.send_snapshot_installed(from, snapshot.last_included_index, round);
    }

    /// Sends a piece of a file: the driver reads it.
    pub(super) fn send_file_piece(&mut self, piece: FilePiece) {
        let needs = rule!(self.needs(&piece.message.body));
        self.emit(FileTask::SendPiece(Box::new(piece)).into(), needs);
    }

    /// A snapshot takes the place of the one with this file, by the write being collected.
    /// A driver may hand in a file again, if the state is still the same.
    pub(super) fn replace_file(&mut self, old: Option<SnapshotFile>, new: Option<SnapshotFile>) {
        let by = self.durability.collecting_id();
        self.replaced_files.extend(old.map(|file| ReplacedFile { file, by }));
        let is_other = |file: SnapshotFile| new.is_none_or(|new| new.handle != file.handle);
        self.replaced_files.retain(|replaced| is_other(replaced.file));
    }

    /// Removes a file that no snapshot has. A driver may report the same file twice.
    pub(super) fn drop_unused_file(&mut self, file: SnapshotFile) {
        let current = self.snapshot.as_ref().and_then(|snapshot| snapshot.data.file());
        let mut used = current.into_iter().chain(self.replaced_files.iter().map(|old| old.file));
        if !used.any(|used| used.handle == file.handle) {
            self.ask_driver(FileTask::DropFile(file));
        }
    }

    /// Removes the files of replaced snapshots that neither a restart nor a transfer needs.
    pub(super) fn drop_replaced_files(&mut self) {
        let mut replaced = core::mem::take(&mut self.replaced_files);
        replaced.retain(|old| {
            let is_needed = self.is_file_needed(*old);
            if !is_needed {
                self.ask_driver(FileTask::DropFile(old.file));
            }
            is_needed
        });
        self.replaced_files = replaced;
    }

    /// Whether a restart or a transfer needs the file of a replaced snapshot.
    fn is_file_needed(&self, old: ReplacedFile) -> bool {
        !self.durability.is_durable(old.by) || self.is_being_sent(old.file)
    }

    /// Whether this leader sends a snapshot from the file. A transfer stays with its snapshot when
    /// the leader takes a newer one.
    fn is_being_sent(&self, file: SnapshotFile) -> bool {
        let is_sent = |leader: &Leader| leader.peers.iter().any(|peer| sends_from(peer, file));
        self.leading().is_some_and(is_sent)
    }

    pub(super) fn ask_driver(&mut self, task: FileTask) {
        self.outputs.push_back(Output::Files(task));
    }
}

fn has_id(incoming: &IncomingSnapshot, id: IncomingId) -> bool {
    incoming.file.as_ref().is_some_and(|file| file.id == id)
}

/// Whether the driver was asked for the file.
fn is_flushing(incoming: &IncomingSnapshot) -> bool {
    incoming.file.as_ref().is_some_and(|file| file.is_flushing)
}

fn sends_from(peer: &Progress, file: SnapshotFile) -> bool {
    match &peer.state {
        ProgressState::Snapshot(outgoing) => outgoing.snapshot.data.file() == Some(file),
        ProgressState::Probe { .. } | ProgressState::Replicate(_) => false,
    }
}

impl Fingerprint for IncomingFile {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { id, handed_over, stored, answers, is_flushing } = self;
        out.plain(&(id, handed_over, stored, is_flushing, answers.len()));
        for (piece, to, reply) in answers {
            out.plain(&(piece, reply));
            out.name(*to);
        }
    }
}

impl Fingerprint for ReplacedFile {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { file, by } = self;
        out.plain(file);
        out.write(*by);
    }
}

impl Fingerprint for FilePause {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { failures, until } = self;
        out.plain(failures);
        out.until(*until);
    }
}
