//! The IndexedDB back end of raft-storage.
