//! The Raft protocol as a sans-I/O state machine.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod config;
mod entry;
mod io;
mod log;
mod membership;
mod message;
mod node;
mod rng;
mod status;
mod trace;
mod types;

pub use config::{Config, ConfigError};
pub use entry::{Entry, HardState, Payload, Snapshot};
pub use io::{Input, Outcome, Output, Persist};
pub use log::Log;
pub use membership::Membership;
pub use message::{
    AppendEntries, AppendEntriesReply, Body, InstallSnapshot, InstallSnapshotReply, Message,
    RequestVote, RequestVoteReply,
};
pub use node::{Node, Recovered, RestartError};
pub use status::{PeerStatus, ProgressKind, RoleKind, Status};
pub use trace::{
    AppendRefusal, ElectionReason, IgnoreReason, SnapshotRefusal, StepDownReason, Trace,
    VoteRefusal,
};
pub use types::{Bytes, Instant, LogIndex, LogPosition, NodeId, PersistId, RequestId, Term};
