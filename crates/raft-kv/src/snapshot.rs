//! The whole store as bytes, for log compaction (Raft §7).
//!
//! One version byte, then [`Image`] in postcard. The image ends with a checksum over its contents:
//! a snapshot that is damaged or put together from the wrong chunks is refused. The image contains
//! the sessions. Without them a command would be applied twice if it is committed once before the
//! snapshot and once after it.

use serde::{Deserialize, Serialize};

use crate::blob::{Key, Value};
use crate::command::{ClientId, validate_key, validate_value};
use crate::error::Error;
use crate::fingerprint::fingerprint;
use crate::session::{ClientSession, Sessions};
use crate::store::Store;

/// The version of the format that this build writes, and the only one that it reads.
const VERSION: u8 = 1;

/// The contents of a snapshot.
#[derive(Serialize, Deserialize)]
struct Image {
    last_applied: u64,
    /// In the order of the keys.
    entries: Vec<(Key, Value)>,
    /// In the order of the client ids.
    sessions: Vec<(ClientId, ClientSession)>,
    highest_evicted_client: Option<ClientId>,
    checksum: u64,
}

impl Store {
    /// The store as bytes; [`restore`](Self::restore) is the exact inverse. Equal stores give equal
    /// bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        let image = Image {
            last_applied: self.last_applied(),
            entries: self.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            sessions: self.sessions().map(|(client, session)| (client, session.clone())).collect(),
            highest_evicted_client: self.highest_evicted_client(),
            checksum: self.checksum(),
        };
        postcard::to_extend(&image, vec![VERSION]).expect("a growing buffer takes every snapshot")
    }

    /// Reads a snapshot.
    ///
    /// The bytes may come from a damaged disk or a faulty peer: no bytes make this panic, or use
    /// memory out of proportion to their length.
    ///
    /// # Errors
    /// [`RestoreError`] says what is wrong. Fetch another snapshot from the leader then.
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let (&found, body) = bytes.split_first().ok_or(RestoreError::Empty)?;
        if found != VERSION {
            return Err(RestoreError::UnknownVersion { found, supported: VERSION });
        }
        let (image, rest) =
            postcard::take_from_bytes::<Image>(body).map_err(|_| RestoreError::Malformed)?;
        if !rest.is_empty() {
            return Err(RestoreError::TrailingBytes { count: rest.len() as u64 });
        }
        Self::from_image(image)
    }

    fn from_image(image: Image) -> Result<Self, RestoreError> {
        let mut store = Self::default();
        store.skip(image.last_applied);
        let mut previous: Option<Key> = None;
        for (key, value) in image.entries {
            if previous.as_ref() >= Some(&key) {
                return Err(RestoreError::KeysOutOfOrder { key });
            }
            validate_key(&key)
                .and_then(|()| validate_value(&value))
                .map_err(|error| RestoreError::InvalidEntry { key: key.clone(), error })?;
            previous = Some(key.clone());
            store.insert(key, value);
        }
        store.sessions = Sessions::from_parts(image.sessions, image.highest_evicted_client)
            .map_err(|problem| RestoreError::InvalidSessions { problem })?;
        let computed = store.checksum();
        if computed != image.checksum {
            return Err(RestoreError::ChecksumMismatch { stored: image.checksum, computed });
        }
        Ok(store)
    }

    fn checksum(&self) -> u64 {
        fingerprint(&(self.last_applied(), self.digest()))
    }
}

/// Why bytes are not a snapshot. In every case: do not start from them, fetch another snapshot from
/// the leader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the snapshot cannot be used: {}; fetch another from the leader", self.fault())]
pub enum RestoreError {
    /// There are no bytes.
    Empty,
    /// The format has another version. Run the version of this program that wrote the snapshot, or
    /// fetch one from a node of this version.
    UnknownVersion {
        /// The version in the snapshot.
        found: u8,
        /// The version that this build reads.
        supported: u8,
    },
    /// The bytes are cut short or were never a snapshot.
    Malformed,
    /// More bytes follow the snapshot.
    TrailingBytes {
        /// How many bytes are left over.
        count: u64,
    },
    /// A key is there twice, or the keys are not in order.
    KeysOutOfOrder {
        /// The first key that is not above the one before it.
        key: Key,
    },
    /// A key or its value breaks a limit that holds for every command.
    InvalidEntry {
        /// The key.
        key: Key,
        /// The limit.
        error: Error,
    },
    /// No run of the store leads to these sessions.
    InvalidSessions {
        /// The fault in words.
        problem: &'static str,
    },
    /// The contents are not those that were written.
    ChecksumMismatch {
        /// The checksum in the snapshot.
        stored: u64,
        /// The checksum of the contents.
        computed: u64,
    },
}

impl RestoreError {
    /// The middle of the message: one clause, its subject the snapshot or a part of it.
    fn fault(&self) -> String {
        match self {
            Self::Empty => "it is empty".to_owned(),
            Self::UnknownVersion { found, supported } => {
                format!("its format is version {found} and this build reads version {supported}")
            }
            Self::Malformed => "it is cut short or was never a snapshot".to_owned(),
            Self::TrailingBytes { count } => format!("{count} bytes follow its end"),
            Self::KeysOutOfOrder { key } => format!("key {key} is there twice or out of order"),
            Self::InvalidEntry { key, error } => format!("at key {key}, {error}"),
            Self::InvalidSessions { problem } => (*problem).to_owned(),
            Self::ChecksumMismatch { stored, computed } => format!(
                "its checksum is {stored:016x} and its contents give {computed:016x}, so it is \
                 damaged"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
