//! The last writes of each disk, and the last start of each node, as the events tell them.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use raft_core::{Instant, LifecycleTrace, LogIndex, NodeId, PersistId, Trace};
use raft_diagram::WriteResult;
use raft_sim::{DiskEvent, Event, EventKind, EventNumber, ProcessEvent, WriteFailure};
use raft_storage::{RecordKey, Write, WriteBatch};

/// The most writes of a node that are kept.
pub(crate) const MAX_WRITES: usize = 50;

/// What the events tell of all disks.
#[derive(Clone, Default, Debug)]
pub(crate) struct DiskHistory {
    nodes: BTreeMap<NodeId, NodeHistory>,
}

/// What the events tell of one node's disk.
#[derive(Clone, Default, Debug)]
pub(crate) struct NodeHistory {
    /// The oldest first. Writes finish in order, so those under way are at the end.
    pub(crate) writes: VecDeque<PastWrite>,
    /// The last start, or the last refusal to start.
    pub(crate) start: Option<Event>,
    /// How many of the last writes a crash ended; 0 once the node has begun another one.
    ended_by_crash: usize,
}

/// A write that the node asked for.
#[derive(Clone, Debug)]
pub(crate) struct PastWrite {
    /// The event of its issue.
    pub(crate) event: EventNumber,
    pub(crate) id: PersistId,
    pub(crate) issued_at: Instant,
    pub(crate) parts: WriteParts,
    /// `None`: it is under way.
    pub(crate) end: Option<WriteEnd>,
}

/// The end of a write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteEnd {
    pub(crate) at: Instant,
    pub(crate) result: WriteResult,
    pub(crate) failure: Option<WriteFailure>,
}

/// What a write changes, without its bytes. `Display` writes it in words.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct WriteParts {
    term_and_vote: bool,
    first_members: bool,
    snapshot: bool,
    log_end: bool,
    /// The first and the last entry that it stores.
    entries: Option<(LogIndex, LogIndex)>,
    /// It removes the entries from here on, before it stores any.
    truncated_from: Option<LogIndex>,
    /// The length of all records.
    pub(crate) bytes: usize,
}

impl DiskHistory {
    pub(crate) fn of(&self, node: NodeId) -> Option<&NodeHistory> {
        self.nodes.get(&node)
    }

    pub(crate) fn observe(&mut self, event: &Event) {
        if let EventKind::Disk { node, event: what } = &event.kind {
            self.nodes.entry(*node).or_default().sees(event, what);
        } else if let EventKind::Process { node, event: ProcessEvent::Crashed } = event.kind {
            self.nodes.entry(node).or_default().crashes(event.at);
        } else if let EventKind::Process { node, event: ProcessEvent::RestartRefused { .. } }
        | EventKind::Core {
            node,
            trace: Trace::Lifecycle(LifecycleTrace::Started { .. }),
        } = &event.kind
        {
            self.nodes.entry(*node).or_default().start = Some(event.clone());
        }
    }
}

impl NodeHistory {
    fn sees(&mut self, event: &Event, what: &DiskEvent) {
        let at = event.at;
        match what {
            DiskEvent::WriteIssued { id, batch } => {
                self.ended_by_crash = 0;
                self.writes.push_back(PastWrite {
                    event: event.number,
                    id: *id,
                    issued_at: at,
                    parts: WriteParts::of(batch),
                    end: None,
                });
                if self.writes.len() > MAX_WRITES {
                    self.writes.pop_front();
                }
            }
            DiskEvent::WriteDurable { id } => self.ends(*id, at, WriteResult::Durable, None),
            DiskEvent::WriteFailed { id, failure, .. } => {
                self.ends(*id, at, WriteResult::Failed, Some(*failure));
            }
            DiskEvent::WriteTorn { id, .. } => {
                let ended = self.last(self.ended_by_crash);
                if let Some(end) = ended.filter(|write| write.id == *id).find_map(end_of) {
                    end.result = WriteResult::Torn;
                }
            }
            DiskEvent::WritesLost { writes, .. } => {
                let lost = self.last((*writes).min(self.ended_by_crash)).filter_map(end_of);
                for end in lost.filter(|end| end.result == WriteResult::Durable) {
                    end.result = WriteResult::Lost;
                }
            }
            DiskEvent::Damaged { .. }
            | DiskEvent::Renewed { .. }
            | DiskEvent::FilesChanged { .. }
            | DiskEvent::Changed { .. } => {}
        }
    }

    /// A crash ends all writes that are under way: they are on the disk, unless the next events say
    /// that they are lost.
    fn crashes(&mut self, at: Instant) {
        self.ended_by_crash = self.writes.iter().filter(|write| write.end.is_none()).count();
        for write in self.writes.iter_mut().filter(|write| write.end.is_none()) {
            write.end = Some(WriteEnd { at, result: WriteResult::Durable, failure: None });
        }
    }

    fn ends(
        &mut self,
        id: PersistId,
        at: Instant,
        result: WriteResult,
        failure: Option<WriteFailure>,
    ) {
        // Every event of a long way is told here: the writes that have ended are not looked at.
        let mut open = self.writes.iter_mut().rev().take_while(|write| write.end.is_none());
        if let Some(write) = open.find(|write| write.id == id) {
            write.end = Some(WriteEnd { at, result, failure });
        }
    }

    fn last(&mut self, count: usize) -> impl Iterator<Item = &mut PastWrite> {
        let before = self.writes.len().saturating_sub(count);
        self.writes.iter_mut().skip(before)
    }
}

fn end_of(write: &mut PastWrite) -> Option<&mut WriteEnd> {
    write.end.as_mut()
}

impl WriteParts {
    pub(crate) fn of(batch: &WriteBatch) -> Self {
        let mut parts = Self { bytes: batch.byte_len(), ..Self::default() };
        for write in &batch.writes {
            match write {
                Write::Put { key, .. } => parts.has(*key),
                Write::DeleteEntries { from, through } if through.0 == u64::MAX => {
                    parts.truncated_from = Some(*from);
                }
                // Those that a snapshot replaces.
                Write::DeleteEntries { .. } | Write::DeleteFiles | Write::Delete { .. } => {}
            }
        }
        parts
    }

    fn has(&mut self, key: RecordKey) {
        match key {
            RecordKey::HardState | RecordKey::HardStateCopy => self.term_and_vote = true,
            RecordKey::Bootstrap | RecordKey::BootstrapCopy => self.first_members = true,
            RecordKey::Snapshot | RecordKey::SnapshotMark => self.snapshot = true,
            RecordKey::LogEnd => self.log_end = true,
            RecordKey::Entry(index) => {
                let first = self.entries.map_or(index, |(first, _)| first);
                self.entries = Some((first, index));
            }
            // No write of a node stores them.
            RecordKey::InUse | RecordKey::SnapshotFile(_) => {}
        }
    }
}

impl fmt::Display for WriteParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut add = |is_there: bool, words: &str| {
            if is_there {
                parts.push(words.to_owned());
            }
        };
        add(self.first_members, "first members");
        add(self.term_and_vote, "term and vote");
        add(self.snapshot, "snapshot");
        if let Some(from) = self.truncated_from {
            add(true, &format!("no entries from {from} on"));
        }
        match self.entries {
            Some((first, last)) if first == last => add(true, &format!("entry {first}")),
            Some((first, last)) => add(true, &format!("entries {first} to {last}")),
            None => add(self.log_end && self.truncated_from.is_none(), "end of the log"),
        }
        f.write_str(&parts.join(", "))
    }
}
