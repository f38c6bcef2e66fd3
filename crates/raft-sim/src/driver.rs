//! How the program around each core works: the driver. The default is as kind as a driver can be.
//! The core must also work with the others that its documentation allows.

use std::time::Duration;

use raft_core::NodeId;
use raft_kv::{RestoreError, Store};

/// The driver of every node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Driver {
    /// The longest time for which a node gathers what arrives. The time is drawn anew when
    /// something arrives and nothing waits; when it is over, all of it goes into the core before
    /// one drain. Zero: each input is handled and drained at once. Actions on a node do not wait.
    pub gather: Duration,
    /// The longest time after which a node hears that a write is durable. The time is drawn when a
    /// write completes and no report is due. The report then covers all writes that have completed.
    /// Zero: each write is reported at once and alone.
    pub report: Duration,
    /// So many of a million snapshots that the core asks for fail.
    pub failing_snapshots_ppm: u32,
    /// The place of the state machine.
    pub state: StatePlace,
    /// Whether the snapshots of different nodes are different bytes, though their states are equal.
    pub own_encoding: bool,
    /// Whether the data of snapshots is in files. Their writes take as long as other writes, beside
    /// them, and so does each read of a piece.
    pub snapshot_files: bool,
    /// Whether each node keeps its disk in files, with the code of a real server
    /// (`raft-storage-file`) over a simulated directory. A loss of power then leaves any part of
    /// what was not flushed, and what a node starts with is read from the files.
    pub disk_files: bool,
}

/// Where the state machine is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum StatePlace {
    /// In memory: a start restores the last snapshot and applies the entries after it again.
    #[default]
    Memory,
    /// On disk, with the index of the last applied entry. It survives a crash, but for the entries
    /// that were applied after its last flush; the seed decides when it flushes.
    Disk,
}

/// The longest of the driver's delays.
pub const MAX_DRIVER_DELAY: Duration = Duration::from_secs(10);

impl Driver {
    /// Whether arrivals wait for each other.
    pub(crate) fn gathers(&self) -> bool {
        !self.gather.is_zero()
    }

    /// The state machine as bytes.
    pub(crate) fn encode(&self, node: NodeId, store: &Store) -> Vec<u8> {
        let state = store.snapshot();
        if !self.own_encoding {
            return state;
        }
        let number = node.0 as u8;
        let padding = 1 + number % 8;
        let mut bytes = vec![OWN_ENCODING, padding];
        bytes.resize(bytes.len() + usize::from(padding), number);
        bytes.extend(state);
        bytes
    }
}

/// The first byte of an encoding of a node's own: then the number of bytes to skip, these bytes,
/// and the state. The store's own encoding begins with its version, which is not 0.
const OWN_ENCODING: u8 = 0;

/// Reads the state machine in a snapshot, whichever node encoded it.
///
/// # Errors
/// [`RestoreError`] says what is wrong with the bytes.
pub fn restore_store(bytes: &[u8]) -> Result<Store, RestoreError> {
    let &[OWN_ENCODING, padding, ref rest @ ..] = bytes else { return Store::restore(bytes) };
    let state = rest.get(usize::from(padding)..).ok_or(RestoreError::Malformed)?;
    Store::restore(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_encodes_in_its_own_way_and_reads_the_others() {
        let driver = Driver { own_encoding: true, ..Driver::default() };
        let mut store = Store::default();
        store.skip(7);
        let (one, two) = (driver.encode(NodeId(1), &store), driver.encode(NodeId(2), &store));
        assert_ne!(one, two);
        for bytes in [one, two, Driver::default().encode(NodeId(1), &store)] {
            assert_eq!(restore_store(&bytes).unwrap().digest(), store.digest());
            assert!(restore_store(&bytes[..bytes.len() - 1]).is_err());
        }
        assert!(restore_store(&[OWN_ENCODING, 9]).is_err());
    }
}
