//! The rows of a disk: each record beside what memory has of the same thing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use raft_core::{HardState, LogIndex, LogPosition, Node, Snapshot, SnapshotData};
use raft_script::record_name;
use raft_sim::{PendingWrite, SimNode, Words};
use raft_storage::{Damage, RecordBytes, RecordContent, RecordKey, SnapshotMark, Write};

use super::{RecordGroup, RecordView, Standing};
use crate::view::EntryView;

/// The most entries with rows: the last ones.
const MAX_ENTRIES: usize = 60;

/// The records that a disk has once, in the order of their rows. The entries come after the end of
/// the log, and the files after the snapshot.
const SINGLE: [RecordKey; 8] = [
    RecordKey::HardState,
    RecordKey::HardStateCopy,
    RecordKey::LogEnd,
    RecordKey::Snapshot,
    RecordKey::SnapshotMark,
    RecordKey::Bootstrap,
    RecordKey::BootstrapCopy,
    RecordKey::InUse,
];

/// Reads the records of one disk. It keeps what it has read, for the next view.
#[derive(Default)]
pub(super) struct RecordsReader {
    known: BTreeMap<RecordKey, (RecordBytes, Rc<Result<RecordContent, Damage>>)>,
}

impl RecordsReader {
    /// The rows of a node, and whether it has earlier entries. `fault` is what recovery says.
    pub(super) fn rows(
        &mut self,
        node: &SimNode,
        fault: Option<(RecordKey, Damage)>,
    ) -> (Vec<RecordView>, bool) {
        let durable = node.disk().durable();
        let (mut entries, has_earlier) = last_entries(node);
        if let Some((key @ RecordKey::Entry(_), _)) = fault
            && !entries.contains(&key)
        {
            entries.push(key);
        }
        let is_shown = |key: &RecordKey| {
            let in_memory = node.core().is_some_and(|core| in_memory(core, *key).is_some());
            in_memory || durable.get(*key).is_some() || fault.is_some_and(|(of, _)| of == *key)
        };
        let files = durable.files().map(RecordKey::SnapshotFile);
        let keys: Vec<RecordKey> =
            SINGLE.into_iter().filter(is_shown).chain(entries).chain(files).collect();
        self.known.retain(|key, _| keys.contains(key));
        let fault_of = |key| fault.filter(|(of, _)| *of == key).map(|(_, damage)| damage);
        let mut rows: Vec<RecordView> =
            keys.into_iter().map(|key| self.row(node, key, fault_of(key))).collect();
        rows.extend(volatile(node));
        rows.sort_by_key(|row| row.group);
        (rows, has_earlier)
    }

    fn row(&mut self, node: &SimNode, key: RecordKey, fault: Option<Damage>) -> RecordView {
        let record = node.disk().durable().get(key);
        let read = record.map(|record| self.read(key, record));
        let read = read.as_deref();
        let content = read.and_then(|read| read.as_ref().ok());
        let damage = read.and_then(|read| read.as_ref().err().copied()).or(fault);
        let standing = match (damage, node.core()) {
            (Some(_), _) => Standing::Damaged,
            (None, None) => Standing::Down,
            (None, Some(core)) => standing(core, key, content),
        };
        let writing = node.disk().pending().filter(|write| changes(write, key)).last();
        RecordView {
            name: record.and_then(|_| record_name(key)),
            title: key.to_string(),
            group: group(key),
            bytes: record.map(|record| record.len()),
            on_disk: content.map(in_words),
            damage: damage.map(|damage| Words::of(&damage)),
            in_memory: node.core().and_then(|core| in_memory(core, key)),
            standing,
            writing: writing.map(|write| write.id().0),
        }
    }

    fn read(&mut self, key: RecordKey, record: &RecordBytes) -> Rc<Result<RecordContent, Damage>> {
        if let Some((of, read)) = self.known.get(&key)
            && of == record
        {
            return read.clone();
        }
        let read = Rc::new(RecordContent::read(key, record));
        self.known.insert(key, (record.clone(), read.clone()));
        read
    }
}

/// The last entries that the disk or the memory has, the newest first, and whether there are
/// earlier ones.
fn last_entries(node: &SimNode) -> (Vec<RecordKey>, bool) {
    let durable = node.disk().durable();
    let entries = durable.iter().rev().map(|(key, _)| key);
    let entries = entries.filter(|key| matches!(key, RecordKey::Entry(_)));
    let mut keys: BTreeSet<RecordKey> = entries.take(MAX_ENTRIES + 1).collect();
    if let Some(log) = node.core().map(Node::log) {
        let from = LogIndex(log.last().index.0.saturating_sub(MAX_ENTRIES as u64));
        keys.extend(log.iter_from(from).map(|entry| RecordKey::Entry(entry.index)));
    }
    let has_earlier = keys.len() > MAX_ENTRIES;
    (keys.into_iter().rev().take(MAX_ENTRIES).collect(), has_earlier)
}

/// Whether a write stores or removes a record.
fn changes(write: &PendingWrite, key: RecordKey) -> bool {
    write.batch.writes.iter().any(|write| match write {
        Write::Put { key: of, .. } | Write::Delete { key: of } => *of == key,
        Write::DeleteEntries { from, through } => {
            matches!(key, RecordKey::Entry(index) if (*from..=*through).contains(&index))
        }
        Write::DeleteFiles => matches!(key, RecordKey::SnapshotFile(_)),
    })
}

fn group(key: RecordKey) -> RecordGroup {
    match key {
        RecordKey::HardState | RecordKey::HardStateCopy => RecordGroup::TermAndVote,
        RecordKey::LogEnd | RecordKey::Entry(_) => RecordGroup::Log,
        RecordKey::Snapshot | RecordKey::SnapshotMark | RecordKey::SnapshotFile(_) => {
            RecordGroup::Snapshot
        }
        RecordKey::Bootstrap | RecordKey::BootstrapCopy | RecordKey::InUse => {
            RecordGroup::FirstStart
        }
    }
}

/// What a record says.
fn in_words(content: &RecordContent) -> String {
    match content {
        RecordContent::HardState(state) => hard_state(*state),
        RecordContent::SnapshotMark(SnapshotMark { last_included, log_start }) => {
            let start = log_start.index;
            format!("through {}; the log starts after entry {start}", log_end(*last_included))
        }
        RecordContent::LogEnd { last_index, last_term, commit_index } => {
            let last = match last_term {
                Some(term) => log_end(LogPosition::new(*last_index, *term)),
                None => format!("entry {last_index}"),
            };
            format!("{last}; committed up to {commit_index} when it was written")
        }
        RecordContent::Snapshot(taken) => snapshot(taken),
        RecordContent::Entry(one) => entry(&EntryView::from(one)),
        RecordContent::InUse => "the disk was emptied while the node was in use".to_owned(),
        RecordContent::Members(members) if members.is_empty() => {
            "none: the node joined later".to_owned()
        }
        RecordContent::Members(members) => format!("voters {members}"),
        RecordContent::File { bytes } => format!("{bytes} bytes of data"),
    }
}

/// What memory has of the same thing; `None` if it has nothing.
fn in_memory(core: &Node, key: RecordKey) -> Option<String> {
    match key {
        RecordKey::HardState => {
            let state = hard_state_of(core);
            (state != HardState::default()).then(|| hard_state(state))
        }
        RecordKey::LogEnd => {
            let last = core.log().last();
            (last != LogPosition::ORIGIN).then(|| log_end(last))
        }
        RecordKey::Entry(index) => core.log().get(index).map(|one| entry(&EntryView::from(one))),
        RecordKey::Snapshot => core.snapshot().map(snapshot),
        RecordKey::HardStateCopy
        | RecordKey::SnapshotMark
        | RecordKey::Bootstrap
        | RecordKey::BootstrapCopy
        | RecordKey::InUse
        | RecordKey::SnapshotFile(_) => None,
    }
}

/// How a record compares with the memory of a node that runs. A record that is missing, and should
/// not be, is not asked for.
fn standing(core: &Node, key: RecordKey, content: Option<&RecordContent>) -> Standing {
    let (has_memory, is_same) = match (key, content) {
        (RecordKey::HardState, Some(RecordContent::HardState(state))) => {
            (true, *state == hard_state_of(core))
        }
        (RecordKey::LogEnd, Some(RecordContent::LogEnd { last_index, .. })) => {
            // A snapshot from the leader may reach past all that was in the log (§7).
            (true, (*last_index).max(core.log().base().index) == core.log().last().index)
        }
        (RecordKey::Entry(index), Some(RecordContent::Entry(stored))) => {
            let held = core.log().get(index);
            (held.is_some(), held == Some(stored))
        }
        (RecordKey::Snapshot, Some(RecordContent::Snapshot(stored))) => {
            let held = core.snapshot().map(Snapshot::position);
            (held.is_some(), held == Some(stored.position()))
        }
        (_, None) => return Standing::NotYet,
        (_, Some(_)) => return Standing::Witness,
    };
    match (has_memory, is_same) {
        (_, true) => Standing::Same,
        (true, false) => Standing::Older,
        (false, false) => Standing::Dropped,
    }
}

/// What a crash always takes, and what a state machine on the disk keeps.
fn volatile(node: &SimNode) -> Vec<RecordView> {
    let Some(core) = node.core() else { return Vec::new() };
    let row = |title: &str, in_memory: String| RecordView {
        name: None,
        title: title.to_owned(),
        group: RecordGroup::MemoryOnly,
        bytes: None,
        on_disk: None,
        damage: None,
        in_memory: Some(in_memory),
        standing: Standing::Volatile,
        writing: None,
    };
    let place = |index: LogIndex| match index.0 {
        0 => "none".to_owned(),
        _ => format!("entry {index}"),
    };
    let applied = row("last applied", place(core.last_applied()));
    let flushed = node.flushed_store().map(|store| LogIndex(store.last_applied()));
    let applied = match flushed {
        None => applied,
        Some(flushed) => RecordView {
            on_disk: Some(format!("{}, with the state machine", place(flushed))),
            standing: match flushed == core.last_applied() {
                true => Standing::Same,
                false => Standing::Older,
            },
            ..applied
        },
    };
    vec![
        row("role", core.role().to_string()),
        row("commit index", place(core.commit_index())),
        applied,
    ]
}

fn hard_state_of(core: &Node) -> HardState {
    HardState { current_term: core.current_term(), voted_for: core.voted_for() }
}

fn hard_state(HardState { current_term, voted_for }: HardState) -> String {
    match voted_for {
        Some(node) => format!("term {current_term}, vote for node {node}"),
        None => format!("term {current_term}, no vote"),
    }
}

fn log_end(last: LogPosition) -> String {
    format!("entry {} of term {}", last.index, last.term)
}

fn entry(entry: &EntryView) -> String {
    format!("term {}: {}", entry.term, entry.words)
}

fn snapshot(snapshot: &Snapshot) -> String {
    let last = log_end(snapshot.position());
    match &snapshot.data {
        SnapshotData::Bytes(_) => format!("through {last}"),
        SnapshotData::File(file) => format!("through {last}; its data is in file {}", file.handle),
    }
}
