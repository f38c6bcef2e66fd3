//! What must always be true of a Raft cluster, checked after every event.
