//! The replicated key-value state machine: commands, client sessions, snapshots.
