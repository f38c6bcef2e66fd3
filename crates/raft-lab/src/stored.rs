//! The settings that a durable lab keeps beside the disks, and its next run.
//!
//! Closing the page is a power failure of the whole cluster. Opening it again is a new run over the
//! same disks: every node starts from its records, on a healthy network. The cluster's settings are
//! kept as the `cluster` and `node` lines of the language, with the number of the run. Each run has
//! a seed of its own (with the same seed, the same crash would follow every time), and its clients
//! use session ids that no earlier run used. Both are in the exported `cluster` line, so the export
//! replays.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use raft_core::{LogIndex, LogPosition, Membership, NodeId, Payload, Recovered, Term};
use raft_kv::{SplitMix64, Store};
use raft_script::{Session, Statement, opening_statements};
use raft_sim::{MAX_NODES, Setup, restore_store};
use raft_storage::{FORMAT_VERSION, OLDEST_VERSION, Records};

/// The key of the `cluster` line among the back end's infos.
pub const CLUSTER_KEY: &str = "cluster";

/// The key of the branches of the present run among the back end's infos. Empty: it has none yet.
pub const RUN_KEY: &str = "run";
/// The key of the earlier runs.
pub const EARLIER_RUNS_KEY: &str = "earlier runs";

/// The most earlier runs that are kept, and the most bytes of all. Then the oldest go.
const MAX_EARLIER_RUNS: usize = 8;
pub(crate) const MAX_EARLIER_BYTES: usize = 16 << 20;

/// The earlier runs of the next run, the oldest first: those of the last one, and the last one.
/// Data that cannot be read are as none.
pub fn earlier_runs(of_last: Option<Vec<u8>>, last: Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let of_last = of_last.as_deref().map(postcard::from_bytes::<Vec<Vec<u8>>>);
    let mut runs = of_last.and_then(Result::ok).unwrap_or_default();
    runs.extend(last.filter(|run| (1..=MAX_EARLIER_BYTES).contains(&run.len())));
    let bytes = |runs: &[Vec<u8>]| runs.iter().map(Vec::len).sum::<usize>();
    let too_many =
        |runs: &[Vec<u8>]| runs.len() > MAX_EARLIER_RUNS || bytes(runs) > MAX_EARLIER_BYTES;
    while too_many(&runs) {
        runs.remove(0);
    }
    runs
}

/// The data of earlier runs.
pub fn earlier_runs_as_bytes(runs: &[Vec<u8>]) -> Vec<u8> {
    postcard::to_stdvec(runs).expect("bytes can be written")
}

/// The text that is stored for a run with this setup: its `cluster` line, and a `node` line for
/// each node with settings of its own.
pub fn cluster_line(setup: &Setup) -> Vec<u8> {
    let plain = Setup { disks: BTreeMap::new(), down: Vec::new(), ..setup.clone() };
    let statements = opening_statements(&plain);
    let lines: Vec<String> = statements.iter().map(Statement::to_string).collect();
    lines.join("\n").into_bytes()
}

/// The setup of the next run over the same disks. It includes servers that joined in an earlier
/// run, also those whose disks are still empty.
///
/// # Errors
/// In words, when the stored line cannot be read (the disks mean nothing without it), or when
/// another version of the program wrote the disks. The disks are unchanged.
pub fn next_run(line: &[u8], disks: Vec<(NodeId, Records)>) -> Result<Setup, String> {
    if let Some(version) = foreign_version(&disks) {
        return Err(of_another_version(version));
    }
    let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    let script = raft_script::parse(text).map_err(|error| error.to_string())?;
    let first = script.statements.first().map(|line| &line.statement);
    if !matches!(first, Some(Statement::Cluster(_))) {
        return Err(format!("its settings should be a `cluster` line, but they are: {text}"));
    }
    let (earlier, _) = Session::open(&script).map_err(|error| error.to_string())?;
    let earlier = earlier.world().setup();
    let run = earlier.run + 1;
    let mut disks: BTreeMap<NodeId, Records> =
        disks.into_iter().filter(|(_, records)| !records.is_empty()).collect();
    for node in joined(&disks, earlier.last_member()) {
        disks.entry(node).or_default();
    }
    let setup = Setup { run, seed: next_seed(earlier.seed, run), disks, ..earlier.clone() };
    setup.validate().map_err(|error| error.to_string())?;
    Ok(setup)
}

/// The version of the record format, if all records have the same, and this program does not read
/// it. A single record that differs is damage, which its node reports.
fn foreign_version(disks: &[(NodeId, Records)]) -> Option<u8> {
    let records = disks.iter().flat_map(|(_, records)| records.iter());
    let mut versions = records.filter_map(|(_, record)| record.first().copied());
    let first = versions.next()?;
    let is_readable = (OLDEST_VERSION..=FORMAT_VERSION).contains(&first);
    (!is_readable && versions.all(|version| version == first)).then_some(first)
}

fn of_another_version(version: u8) -> String {
    let (program, advice) = if version < FORMAT_VERSION {
        ("an earlier version of Helios", "wipe it to start a new one")
    } else {
        ("a later version of Helios", "reload without the browser's cache to get that version")
    };
    format!(
        "{program} wrote it (its records have format {version}, and this version reads \
         {OLDEST_VERSION} to {FORMAT_VERSION}). It is unchanged: {advice}"
    )
}

/// Servers that are or were members, besides the first members, of which the last is `last`.
fn joined(disks: &BTreeMap<NodeId, Records>, last: u64) -> BTreeSet<NodeId> {
    let mut members = BTreeSet::new();
    for (node, records) in disks {
        // Nothing can be read from a damaged disk; its node refuses to start and says why.
        let Ok(recovered) = raft_storage::recover(*node, records) else { continue };
        let snapshot = recovered.snapshot.as_ref().map(|snapshot| &snapshot.membership);
        let entries = recovered.entries.iter().filter_map(|entry| {
            let Payload::Membership(membership) = &entry.payload else { return None };
            Some(membership)
        });
        members.extend(snapshot.into_iter().chain(entries).flat_map(Membership::members));
    }
    members.retain(|node| (last + 1..=MAX_NODES).contains(&node.0));
    members
}

/// The seed of a run, from that of the run before. Below 2^53, so that JavaScript can hold it, and
/// short enough to be read out.
fn next_seed(earlier: u64, run: u64) -> u64 {
    SplitMix64::nth(earlier, run) % 1_000_000_000
}

/// The disks that a lab found when it was opened again. `Display` has a line a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecoveryReport {
    /// The number of runs before this one.
    pub runs: u64,
    /// Every node of the cluster, by ascending id.
    pub nodes: Vec<NodeRecovery>,
}

/// One node's disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeRecovery {
    /// The node.
    pub node: NodeId,
    /// The contents, or the damage in words.
    pub found: Result<RecoveredDisk, String>,
}

/// The contents of an undamaged disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecoveredDisk {
    /// The node's `current_term`.
    pub current_term: Term,
    /// The node's vote in that term.
    pub voted_for: Option<NodeId>,
    /// The number of log entries after the snapshot.
    pub entries: u64,
    /// The last entry of its log.
    pub last_log: LogPosition,
    /// The last entry in its snapshot; `None` without one.
    pub snapshot: Option<LogPosition>,
    /// The number of keys in the store once all of that log is applied.
    pub keys: u64,
}

impl RecoveryReport {
    /// Reads the disks of a run's setup; `None` if all are empty.
    pub fn of(setup: &Setup) -> Option<Self> {
        if setup.disks.is_empty() {
            return None;
        }
        let nodes = setup.node_ids().map(|node| NodeRecovery { node, found: read(setup, node) });
        Some(Self { runs: setup.run, nodes: nodes.collect() })
    }

    /// The nodes whose disks are damaged.
    pub fn damaged(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.iter().filter(|node| node.found.is_err()).map(|node| node.node)
    }
}

fn read(setup: &Setup, node: NodeId) -> Result<RecoveredDisk, String> {
    let records = setup.disks.get(&node).cloned().unwrap_or_default();
    let recovered = raft_storage::recover(node, &records).map_err(|error| error.to_string())?;
    let base = recovered.snapshot.as_ref().map(raft_core::Snapshot::position);
    let last = recovered.entries.last().map(|entry| LogPosition::new(entry.index, entry.term));
    Ok(RecoveredDisk {
        current_term: recovered.hard_state.current_term,
        voted_for: recovered.hard_state.voted_for,
        entries: last.or(base).map_or(0, |last| last.index.0) - base.map_or(0, |base| base.index.0),
        last_log: last.or(base).unwrap_or_default(),
        snapshot: base,
        keys: count_keys(&records, &recovered)
            .map_err(|error| format!("node {node}: its snapshot cannot be read: {error}"))?,
    })
}

fn count_keys(records: &Records, recovered: &Recovered) -> Result<u64, String> {
    let mut store = match &recovered.snapshot {
        Some(snapshot) => {
            let data = records.data(&snapshot.data).map_err(|damage| damage.to_string())?;
            restore_store(&data).map_err(|error| error.to_string())?
        }
        None => Store::default(),
    };
    let included = recovered.snapshot.as_ref().map_or(LogIndex(0), |s| s.last_included_index);
    for entry in recovered.entries.iter().filter(|entry| entry.index > included) {
        if let Payload::Command(command) = &entry.payload {
            store.apply(entry.index.0, command);
        }
    }
    Ok(store.len() as u64)
}

impl fmt::Display for RecoveryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recovered {} nodes from the browser's storage:", self.nodes.len())?;
        for NodeRecovery { node, found } in &self.nodes {
            match found {
                Ok(disk) => write!(f, "\nnode {node}: {disk}")?,
                // It names the node itself.
                Err(error) => write!(f, "\n{error}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for RecoveredDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "term {}", self.current_term)?;
        if let Some(candidate) = self.voted_for {
            write!(f, ", voted for node {candidate}")?;
        }
        match self.entries {
            0 => f.write_str(", no log entries")?,
            1 => write!(f, ", 1 log entry ({})", self.last_log)?,
            entries => write!(f, ", {entries} log entries (to {})", self.last_log)?,
        }
        if let Some(snapshot) = self.snapshot {
            write!(f, ", snapshot through {snapshot}")?;
        }
        let keys = if self.keys == 1 { "key" } else { "keys" };
        write!(f, ", {} {keys}", self.keys)
    }
}

#[cfg(test)]
mod tests;
