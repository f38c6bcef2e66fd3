//! The Raft protocol as a sans-I/O state machine.
