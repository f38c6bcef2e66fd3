//! What happens to a node's disk.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use raft_core::{NodeId, PersistId, Plain, Speaker, say};
use raft_storage::{Write, WriteBatch};

use crate::Mention;
use crate::fingerprint::Fingerprint;
use crate::words::{Subject, plural};
use crate::{DiskChange, DiskDamage, WriteFailure};

/// What happens to a node's disk. A [`PersistId`] names a write until the node crashes.
#[derive(Clone, Debug)]
pub enum DiskEvent {
    /// The node asked for a write.
    WriteIssued {
        /// Names the write.
        id: PersistId,
        /// The records that it changes.
        batch: Arc<WriteBatch>,
    },
    /// A write became durable.
    WriteDurable {
        /// Names the write.
        id: PersistId,
    },
    /// A write did not become durable. The process stops at once, as its memory may differ from its
    /// disk. After a restart it has what is durable.
    WriteFailed {
        /// Names the write.
        id: PersistId,
        /// The reason.
        failure: WriteFailure,
        /// The process goes on as if the write were durable: only with that rule switched off.
        is_ignored: bool,
    },
    /// A crash tore a write: part of it has landed. The next event is [`Self::WritesLost`], whose
    /// `undo` keeps that part.
    WriteTorn {
        /// Names the write, which was issued before the crash.
        id: PersistId,
        /// The part that has landed.
        landed: Arc<WriteBatch>,
    },
    /// Unfinished writes are lost: by a crash, or by a failure that the process ignores.
    WritesLost {
        /// At least 1.
        writes: usize,
        /// Turns a disk that has the lost writes back into one that has not. Apply the unfinished
        /// writes that are not lost again after it.
        undo: Arc<WriteBatch>,
    },
    /// Durable records were damaged.
    Damaged {
        /// How, with all that was drawn.
        damage: DiskDamage,
        /// Does the damage. On a copy of the disk that has the unfinished writes already, apply
        /// them again after it.
        batch: Arc<WriteBatch>,
    },
    /// A wiped disk is that of a new server: the note that it was in use is gone.
    Renewed {
        /// Removes the note.
        batch: Arc<WriteBatch>,
    },
    /// Files of snapshots were stored or removed, beside the writes.
    FilesChanged {
        /// Does that. A copy of the disk may apply it before or after unfinished writes.
        batch: Arc<WriteBatch>,
    },
    /// A setting of the disk was changed.
    Changed {
        /// The new setting.
        change: DiskChange,
    },
}

impl DiskEvent {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::WriteIssued { .. } => "write_issued",
            Self::WriteDurable { .. } => "write_durable",
            Self::WriteFailed { .. } => "write_failed",
            Self::WriteTorn { .. } => "write_torn",
            Self::WritesLost { .. } => "writes_lost",
            Self::Damaged { .. } => "disk_damaged",
            Self::Renewed { .. } => "disk_renewed",
            Self::FilesChanged { .. } => "files_changed",
            Self::Changed { .. } => "disk_changed",
        }
    }

    pub(super) fn add_to(&self, hash: &mut Fingerprint, node: NodeId) {
        match self {
            Self::WriteIssued { id, batch } => {
                (5, node, id).hash(hash);
                add_batch(hash, batch);
            }
            Self::WriteDurable { id } => (6, node, id).hash(hash),
            Self::WriteFailed { id, failure, is_ignored } => {
                (40, node, id, failure, is_ignored).hash(hash);
            }
            Self::WriteTorn { id, landed } => {
                (41, node, id).hash(hash);
                add_batch(hash, landed);
            }
            Self::WritesLost { writes, undo } => {
                (7, node, writes).hash(hash);
                add_batch(hash, undo);
            }
            Self::Damaged { damage, batch } => {
                (42, node, damage).hash(hash);
                add_batch(hash, batch);
            }
            Self::Renewed { batch } => {
                (130, node).hash(hash);
                add_batch(hash, batch);
            }
            Self::FilesChanged { batch } => {
                (134, node).hash(hash);
                add_batch(hash, batch);
            }
            Self::Changed { change } => (16, node, change).hash(hash),
        }
    }

    pub(super) fn say(&self, out: &mut dyn Speaker<Mention>, node: NodeId) -> fmt::Result {
        match self {
            Self::WriteIssued { id, batch } => {
                say!(out; Subject(node), "starts write ", id.0, " (", batch.byte_len(), " bytes)")
            }
            Self::WriteDurable { id } => {
                say!(out; Subject(node), "has write ", id.0, " on its disk")
            }
            Self::WriteFailed { id, failure, is_ignored } => {
                let then = if *is_ignored { "the failure is ignored" } else { "the process stops" };
                say!(out; Subject(node), "fails to write ", id.0, ": {failure}; {then}")
            }
            Self::WriteTorn { id, landed } => {
                say!(out; Subject(node), "has a torn write ", id.0, " on its disk: ")?;
                match landed.writes.len() {
                    0 => say!(out; "no part of it"),
                    1 => say!(out; "1 part of it"),
                    parts => say!(out; "{parts} parts of it"),
                }
            }
            Self::WritesLost { writes, .. } => {
                say!(
                    out; Subject(node), "loses {writes} unfinished ",
                    Plain(plural(*writes, "write"))
                )
            }
            Self::Damaged { damage, .. } => {
                say!(out; "the disk of ", node, " is damaged: ", damage)
            }
            Self::Renewed { .. } => {
                say!(out; node, ", whose disk was wiped, is a new server: restart it")
            }
            Self::FilesChanged { batch } => write_files(out, node, batch),
            Self::Changed { change } => say!(out; "the disk of ", node, " {change}"),
        }
    }
}

/// The files that a batch stores or removes.
fn write_files(out: &mut dyn Speaker<Mention>, node: NodeId, batch: &WriteBatch) -> fmt::Result {
    say!(out; Subject(node))?;
    for (place, write) in batch.writes.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        match write {
            Write::Put { key, record } => {
                say!(out; comma, "has ", key, " on its disk (", record.len(), " bytes)")?;
            }
            Write::Delete { key } => say!(out; comma, "removes ", key)?,
            Write::DeleteEntries { .. } | Write::DeleteFiles => {}
        }
    }
    Ok(())
}

/// The records' bytes follow from the messages and traces; their sizes are enough here.
fn add_batch(hash: &mut Fingerprint, batch: &WriteBatch) {
    (batch.writes.len(), batch.byte_len()).hash(hash);
}
