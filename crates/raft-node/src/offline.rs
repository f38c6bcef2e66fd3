//! Directories of nodes that do not run: what is in one, and new ones from a snapshot.

use std::fs;
use std::io;
use std::path::Path;

use raft_core::{
    HardState, LogIndex, LogPosition, NodeId, Payload, Persist, PersistId, Recovered, Snapshot,
    SnapshotData, SnapshotWrite, Term,
};
use raft_mvcc::Store;
use raft_storage::{Records, WriteBatch, recover};
use raft_storage_file::simulated::SimulatedDirectory;
use raft_storage_file::{Directory, FileDisk, FileSystem, Options, SnapshotFiles};

use crate::{ClusterFile, NodeStartError, api, config, files, identity, machine};

/// What is in the directory of a node that does not run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Whose it is, such as `node 1 of cluster 00c0ffee00c0ffee`.
    pub owner: String,
    /// Its term.
    pub term: Term,
    /// Its vote in that term.
    pub voted_for: Option<NodeId>,
    /// The last entry that its snapshot covers.
    pub snapshot: LogPosition,
    /// The last entry of its log.
    pub last: LogPosition,
    /// The last entry that it knew to be committed.
    pub commit_index: LogIndex,
    /// The bytes of a torn end, which were never acknowledged.
    pub torn_bytes: u64,
    /// The keys, with all that is known to be committed.
    pub keys: usize,
    /// Their revision.
    pub revision: i64,
    /// The hash of the keys and their past, as `HashKV` tells it of that revision.
    pub hash: u32,
}

/// What a snapshot has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotContents {
    /// The number of keys.
    pub keys: usize,
    /// The revision.
    pub revision: i64,
}

/// Why a directory cannot be verified, or be made from a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// It is none.
    #[error("{0} is no directory of a server")]
    NoDirectory(String),
    /// There is one already.
    #[error("{0} is there already: a snapshot is restored into a new directory")]
    Exists(String),
    /// The settings, the files or the records.
    #[error(transparent)]
    Start(#[from] NodeStartError),
    /// The snapshot.
    #[error("the snapshot cannot be used: {0}")]
    Snapshot(String),
    /// A node that joins has no members of a first start.
    #[error("a new cluster needs its initial members")]
    NoMembers,
    /// A command of the log.
    #[error("entry {index} of the log is no command: {reason}")]
    Command {
        /// The entry.
        index: LogIndex,
        /// Why not.
        reason: raft_mvcc::DecodeError,
    },
    /// The file system.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Reads the directory of a node that does not run, as its next start would, and all that is in it.
/// Nothing in it is changed. It needs memory for all of it.
///
/// # Errors
/// See [`OfflineError`]: it is in use, damaged, or holds what cannot be.
pub fn verify(data: &Path) -> Result<Verified, OfflineError> {
    let none = || OfflineError::NoDirectory(data.display().to_string());
    let owner = identity::owner(data).map_err(|_| none())?.ok_or_else(none)?;
    let copy = copy(&Directory::open(data)?)?;
    let node = identity::node(&owner).ok_or_else(none)?;
    let (_, records, report) =
        FileDisk::open(copy, Options::default()).map_err(NodeStartError::from)?;
    let recovered = recover(node, &records).map_err(NodeStartError::from)?;
    let mut store = match &recovered.snapshot {
        Some(snapshot) => store_of(snapshot, &records)?,
        None => Store::default(),
    };
    replay(&mut store, &recovered)?;
    let snapshot = recovered.snapshot.as_ref().map(Snapshot::position).unwrap_or_default();
    Ok(Verified {
        owner,
        term: recovered.hard_state.current_term,
        voted_for: recovered.hard_state.voted_for,
        snapshot,
        last: recovered.entries.last().map_or(snapshot, raft_core::Entry::position),
        commit_index: recovered.commit_index,
        torn_bytes: report.cut,
        keys: store.len(),
        revision: store.revision(),
        hash: store.hash(),
    })
}

/// The files of a log, in memory.
fn copy(directory: &Directory) -> io::Result<SimulatedDirectory> {
    let mut copy = SimulatedDirectory::default();
    for name in directory.names()?.iter().filter(|name| name.contains('.')) {
        let bytes = directory.read(&directory.open(name)?)?;
        let file = copy.create(name)?;
        copy.write_at(&file, &bytes, 0)?;
    }
    Ok(copy)
}

fn store_of(snapshot: &Snapshot, records: &Records) -> Result<Store, OfflineError> {
    let unusable = |reason: String| OfflineError::Snapshot(reason);
    let data = records.data(&snapshot.data).map_err(|damage| unusable(damage.to_string()))?;
    Store::restore(&data).map_err(|error| unusable(error.to_string()))
}

/// Applies what is known to be committed, and looks at what is not.
fn replay(store: &mut Store, recovered: &Recovered) -> Result<(), OfflineError> {
    for entry in &recovered.entries {
        let index = entry.index;
        let is_committed = index <= recovered.commit_index && index.0 > store.applied();
        match &entry.payload {
            Payload::Command(command) => {
                let command = raft_mvcc::Command::decode(machine::without_life(command))
                    .map_err(|reason| OfflineError::Command { index, reason })?;
                if is_committed {
                    store.execute(index.0, &command);
                }
            }
            Payload::Noop | Payload::Membership(_) if is_committed => store.skip(index.0),
            Payload::Noop | Payload::Membership(_) => {}
        }
    }
    Ok(())
}

/// Makes the directory of a member of a new cluster, with the keys of a snapshot that a client
/// saved. Each member makes its own from the same file.
///
/// # Errors
/// See [`OfflineError`]: the directory exists, or the file is no whole snapshot. Nothing is left
/// then.
pub fn restore(
    data: &Path,
    (id, cluster): (NodeId, &ClusterFile),
    file: &[u8],
) -> Result<SnapshotContents, OfflineError> {
    if data.exists() {
        return Err(OfflineError::Exists(data.display().to_string()));
    }
    let membership = config::membership(&cluster.initial(), id).map_err(NodeStartError::from)?;
    if membership.voters().is_empty() {
        return Err(OfflineError::NoMembers);
    }
    let (bytes, store) = open_snapshot(file)?;
    let owner = (id, config::cluster_id(&cluster.cluster));
    let made = make(data, owner, membership, (&store, bytes));
    if made.is_err() {
        let _ = fs::remove_dir_all(data);
    }
    made.map(|()| contents(&store))
}

/// Checks a snapshot that a client saved: its hash, and all that is in it.
///
/// # Errors
/// [`OfflineError::Snapshot`].
pub fn check_snapshot(file: &[u8]) -> Result<SnapshotContents, OfflineError> {
    open_snapshot(file).map(|(_, store)| contents(&store))
}

fn open_snapshot(file: &[u8]) -> Result<(&[u8], Store), OfflineError> {
    let unusable = |reason: String| OfflineError::Snapshot(reason);
    let bytes = api::store_in_snapshot(file).map_err(|error| unusable(error.to_string()))?;
    let store = Store::restore(bytes).map_err(|error| unusable(error.to_string()))?;
    Ok((bytes, store))
}

fn contents(store: &Store) -> SnapshotContents {
    SnapshotContents { keys: store.len(), revision: store.revision() }
}

fn make(
    data: &Path,
    (id, cluster): (NodeId, u64),
    membership: raft_core::Membership,
    (store, bytes): (&Store, &[u8]),
) -> Result<(), OfflineError> {
    let directory = Directory::open(data)?;
    identity::claim(data, id, cluster)?;
    let (mut disk, _, _) =
        FileDisk::open(directory, Options::default()).map_err(NodeStartError::from)?;
    let snapshots = SnapshotFiles::new(data);
    let length = bytes.len() as u64;
    let stored = snapshots.store((files::next_handle(), length), |to| to.write_all(bytes))?;
    // The store counts entries on, so the new log begins after those that the old one had.
    let last = LogPosition::new(LogIndex(store.applied().max(1)), Term(1));
    let snapshot = Snapshot {
        last_included_index: last.index,
        last_included_term: last.term,
        membership: membership.clone(),
        data: SnapshotData::File(stored),
    };
    let write = Persist {
        id: PersistId(1),
        bootstrap: Some(Box::new(membership)),
        hard_state: Some(HardState { current_term: last.term, voted_for: None }),
        snapshot: Some(Box::new(SnapshotWrite { snapshot, log_start: last })),
        commit_index: last.index,
        ..Persist::default()
    };
    disk.append(&WriteBatch::from_persist(&write)).map_err(NodeStartError::from)?;
    disk.flush().map_err(NodeStartError::from)?;
    Ok(())
}
