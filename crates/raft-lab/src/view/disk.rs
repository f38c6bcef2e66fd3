//! A node's disk, record by record, beside its memory.

mod records;

use std::rc::Rc;

use raft_core::{Instant, LifecycleTrace, LogPosition, NodeId};
use raft_diagram::WriteResult;
use raft_sim::{DiskFault, EventNumber, PendingWrite, SimNode, Words, World};
use raft_storage::{Damage, RecordKey, Records};
use serde::{Deserialize, Serialize};

use self::records::RecordsReader;
use super::shared;
use crate::disk_history::{DiskHistory, MAX_WRITES, NodeHistory, PastWrite, WriteParts};

/// The most entries of a disk that a view judges as a whole: recovery reads them all.
const MAX_JUDGED: usize = 5000;

/// The disk of one node in all its parts, beside the node's memory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DiskDetails {
    /// The node.
    pub node: NodeId,
    /// The number of records on the disk.
    pub records: usize,
    /// What is on the disk, or in memory, or in both.
    pub rows: Vec<RecordView>,
    /// Whether there are earlier entries, without rows.
    pub has_earlier_entries: bool,
    /// The last writes, the oldest first.
    pub writes: Vec<WriteView>,
    /// The last start, or the last refusal to start; `None` if it was too long before a moment of
    /// the past.
    pub last_start: Option<StartView>,
    /// What recovery makes of the disk as it is; `None` if that is too much to read.
    pub recovery: Option<RecoveryView>,
    /// The number of records of the last backup; `None` without one.
    pub backup: Option<usize>,
}

/// One thing on the disk, or in memory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordView {
    /// The record by its name in the language: `entry 4`, `term`; `None` if it is no record that a
    /// statement can name.
    pub name: Option<String>,
    /// It in words.
    pub title: String,
    /// What it belongs to.
    pub group: RecordGroup,
    /// The length of its record; `None` if it is not on the disk.
    pub bytes: Option<usize>,
    /// The content on the disk, in words; `None` if it is not there, or cannot be read.
    pub on_disk: Option<String>,
    /// What is wrong with the record, in words; `None` if nothing is, as far as one knows.
    pub damage: Option<Words>,
    /// The same thing in memory, in words; `None` if memory does not have it.
    pub in_memory: Option<String>,
    /// How the disk and the memory compare.
    pub standing: Standing,
    /// The last unfinished write that changes the record.
    pub writing: Option<u64>,
}

/// What a record belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordGroup {
    /// The term and the vote.
    TermAndVote,
    /// What no record has.
    MemoryOnly,
    /// The log.
    Log,
    /// The snapshot.
    Snapshot,
    /// How the node first started.
    FirstStart,
}

/// How the disk and the memory compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Both have the same.
    Same,
    /// The disk does not have it yet: a crash now can lose it.
    NotYet,
    /// The disk has an older one: a crash now can take the node back to it.
    Older,
    /// Memory has dropped it, and the disk has not yet.
    Dropped,
    /// The disk should have it, and does not, or cannot read it.
    Damaged,
    /// Recovery alone reads it: a copy or a mark of something else.
    Witness,
    /// It is never written: every crash loses it, and nothing is promised by it.
    Volatile,
    /// The node is down, and has no memory.
    Down,
}

/// A write of a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WriteView {
    /// The event of its issue.
    pub event: EventNumber,
    /// Its number; the node counts from 1 again after a crash.
    pub id: u64,
    /// What it changes, in words.
    pub words: String,
    /// The length of its records.
    pub bytes: usize,
    /// When the node asked for it.
    pub issued_at: Instant,
    /// When it ended. For a write under way: when it ends if nothing happens before.
    pub ends_at: Instant,
    /// Its result.
    pub result: WriteResult,
    /// Why it failed, or will fail; `None` if it did not.
    pub failure: Option<String>,
}

/// The start of a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StartView {
    /// The event.
    pub event: EventNumber,
    /// The time.
    pub at: Instant,
    /// What recovery said, in words.
    pub words: Words,
}

/// What recovery makes of a disk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecoveryView {
    /// Whether a node could start from it.
    pub is_sound: bool,
    /// What the node would start with, or why it would refuse; without a subject.
    pub words: Words,
}

/// Makes views of one disk.
#[derive(Default)]
pub(super) struct DiskMaker {
    reader: RecordsReader,
    judged: Option<Judged>,
}

/// What recovery makes of a disk.
struct Judged {
    node: NodeId,
    records: Records,
    view: Option<RecoveryView>,
    fault: Option<(RecordKey, Damage)>,
}

impl DiskMaker {
    /// The disk of a node, if there is one. `before` is the view that this maker made last.
    pub(super) fn make(
        &mut self,
        world: &World,
        history: &DiskHistory,
        node: NodeId,
        before: Option<&Rc<DiskDetails>>,
    ) -> Option<Rc<DiskDetails>> {
        let node = world.node(node)?;
        let disk = node.disk();
        let judged = self
            .judged
            .take()
            .filter(|judged| judged.node == node.id() && judged.records.is_same(disk.durable()));
        let judged = judged.unwrap_or_else(|| judge(node));
        let (rows, has_earlier_entries) = self.reader.rows(node, judged.fault);
        let of_node = history.of(node.id());
        let details =
            DiskDetails {
                node: node.id(),
                records: disk.durable().len(),
                rows,
                has_earlier_entries,
                writes: writes(node, of_node),
                last_start: of_node.and_then(|of_node| of_node.start.as_ref()).map(|event| {
                    StartView { event: event.number, at: event.at, words: Words::of(&event.kind) }
                }),
                recovery: judged.view.clone(),
                backup: disk.backup().map(Records::len),
            };
        self.judged = Some(judged);
        Some(shared(details, before))
    }
}

fn judge(node: &SimNode) -> Judged {
    let records = node.disk().durable().clone();
    let judged = |view, fault| Judged { node: node.id(), records: records.clone(), view, fault };
    if records.len() > MAX_JUDGED {
        return judged(None, None);
    }
    match node.recovered() {
        Ok(recovered) => {
            let snapshot = recovered.snapshot.as_ref();
            let snapshot = snapshot.map_or(LogPosition::ORIGIN, raft_core::Snapshot::position);
            let last = recovered.entries.last().map(raft_core::Entry::position);
            let started = LifecycleTrace::Started {
                term: recovered.hard_state.current_term,
                voted_for: recovered.hard_state.voted_for,
                snapshot,
                last_log: last.or(recovered.log_start).unwrap_or(snapshot),
                commit_index: recovered.commit_index,
            };
            judged(Some(RecoveryView { is_sound: true, words: Words::of(&started) }), None)
        }
        Err(fault) => {
            let view = RecoveryView { is_sound: false, words: fault.reason() };
            let record = match fault {
                DiskFault::Record(error) => Some((error.key, error.damage)),
                DiskFault::Files(_) => None,
            };
            judged(Some(view), record)
        }
    }
}

/// The writes that the events tell of, and those under way, which the disk knows.
fn writes(node: &SimNode, history: Option<&NodeHistory>) -> Vec<WriteView> {
    let past = history.into_iter().flat_map(|history| &history.writes).filter_map(ended);
    let mut writes: Vec<WriteView> = past.chain(node.disk().pending().map(under_way)).collect();
    writes.drain(..writes.len().saturating_sub(MAX_WRITES));
    writes
}

fn ended(write: &PastWrite) -> Option<WriteView> {
    let end = write.end?;
    Some(WriteView {
        event: write.event,
        id: write.id.0,
        words: write.parts.to_string(),
        bytes: write.parts.bytes,
        issued_at: write.issued_at,
        ends_at: end.at,
        result: end.result,
        failure: end.failure.map(|failure| failure.to_string()),
    })
}

fn under_way(write: &PendingWrite) -> WriteView {
    let parts = WriteParts::of(&write.batch);
    WriteView {
        event: write.issued_by,
        id: write.id().0,
        words: parts.to_string(),
        bytes: parts.bytes,
        issued_at: write.issued_at,
        ends_at: write.done_at,
        result: WriteResult::UnderWay,
        failure: write.has_no_room.then(|| raft_sim::WriteFailure::Full.to_string()),
    }
}

#[cfg(test)]
mod tests;
