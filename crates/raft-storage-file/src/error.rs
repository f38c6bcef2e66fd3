//! Why a disk does not do what it is asked for.

use std::io;

/// Why a disk does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum FileDiskError {
    /// The operating system reports an error.
    #[error("{doing} {name}: {source}")]
    Io {
        /// What was tried: `cannot open`.
        doing: &'static str,
        /// The file.
        name: String,
        /// The error.
        source: io::Error,
    },
    /// A batch that was flushed is damaged. Do not start the node from this disk, and never start
    /// it empty: remove it from the cluster and add it as a new node.
    #[error(
        "{name} is damaged at byte {place}: {reason}. Do not start this node from this disk, and \
         never start it empty: remove it from the cluster and add it as a new node"
    )]
    Damaged {
        /// The file.
        name: String,
        /// The place in it.
        place: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// Another version of this program wrote the file.
    #[error(
        "{name} has version {found}, and this program knows version {known}: use the program that \
         wrote it"
    )]
    Version {
        /// The file.
        name: String,
        /// Its version.
        found: u32,
        /// The version of this program.
        known: u32,
    },
    /// An earlier write or flush failed. Open the disk again.
    #[error("an earlier write failed, so nothing is written any more: open the disk again")]
    Failed,
    /// The records of a batch are longer than 1 GiB together. Keep the data of snapshots in files.
    #[error("a batch of {bytes} bytes is too long: keep the data of snapshots in files")]
    TooLarge {
        /// Their length.
        bytes: usize,
    },
    /// There is no room. Nothing of the batch was written; try again when there is room.
    #[error("there is no room for {bytes} bytes: make room, and try again")]
    Full {
        /// The room that is needed.
        bytes: u64,
    },
}

impl FileDiskError {
    pub(crate) fn io(doing: &'static str, name: &str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, name: name.to_owned(), source }
    }
}
