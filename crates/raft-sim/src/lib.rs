//! The simulated world: clock, network, disks, clients, faults, journal.
//!
//! A [`World`] runs real `raft_core::Node`s, each with a real key-value store and a disk that holds
//! real records, in virtual time. Nothing in it reads a clock or a source of randomness: a run is a
//! pure function of the [`Setup`] (seed included) and the journal of [`Action`]s. Two equal runs have
//! equal [trace hashes](World::trace_hash), natively and in wasm.
//!
//! ```
//! use raft_sim::{NodeAction, Setup, Unsynced, World};
//!
//! let mut world = World::new(Setup { nodes: 3, seed: 8, ..Setup::default() })?;
//! while world.leader().is_none() {
//!     world.step();
//! }
//! let leader = world.leader().expect("the loop ended");
//! world.apply(NodeAction::Crash { unsynced: Unsynced::Drawn }.on(leader))?;
//! while world.leader().is_none() {
//!     world.step();
//! }
//! assert_ne!(world.leader(), Some(leader));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is simulated, and how
//!
//! - **Time** is a number of microseconds. [`World::step`] does exactly one thing: one message
//!   arrives, one write becomes durable, one timer elapses, one client acts.
//! - **Links** have a latency range, loss, duplication and reordering, each drawn from a stream of its
//!   own. Without reordering a link keeps the order of its messages, as a TCP connection does. A cut
//!   or a partition also takes what is under way.
//!   Bandwidth, a clog and a queue limit hold messages up in front of it, and old messages may come again.
//! - **Clocks** are the world's, unless a node's own runs too fast or too slow, or jumps ahead. A node may
//!   be slow as well: then it handles one thing after the other, and each takes a while.
//! - **Disks** finish writes one after the other after a latency. A crash loses a suffix of the
//!   unfinished ones; the seed decides how long it is, unless the action says so. A crash can tear a
//!   write, too. A write that fails stops its node at once. Records can be damaged ([`DiskDamage`]).
//!   A node always starts through `raft_storage::recover`, the first time too.
//! - **Clients** are actors that look for the leader, follow redirects, retry after a time-out under
//!   the same session number, and give up at some point. They stand outside the partitions.
//! - **Reads** go through the log, or ask the core for permission and then the node's store
//!   ([`ReadPolicy`]).
//! - **Servers that join** come into being, with an empty disk, when a change of the membership first
//!   names them. Servers that leave keep running.
//! - **State machines** apply, encode and restore in no virtual time.
#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod action;
mod client;
mod clock;
mod disk;
mod disk_faults;
mod event;
mod fingerprint;
mod in_flight;
mod latency;
mod links;
mod network;
mod node;
mod partition;
mod random;
mod setup;
mod switches;
mod timeline;
mod words;
mod world;

pub use action::{
    Action, ActionError, AdminRequest, ClientError, DiskAction, DiskError, LinkChange,
    NetworkAction, NetworkError, NodeAction, ReadPolicy, Request, Unsynced,
};
pub use client::{Client, PendingOperation};
pub use clock::{ClockChange, MAX_DRIFT_PPM, MAX_JUMP, NodeClock};
pub use disk::{Disk, PendingWrite};
pub use disk_faults::{DiskChange, DiskDamage, Fsync, MAX_STALL, WriteFailure};
pub use event::{
    ClientEvent, ClusterEvent, DiskEvent, DropReason, Event, EventKind, MessageEvent, NetworkEvent,
    ProcessEvent, RetryReason, StateMachineEvent,
};
pub use latency::LatencyShape;
pub use network::{
    InFlightMessage, Link, MAX_BANDWIDTH, MAX_CLOG, MAX_QUEUE, MAX_REPLAY, MessageId, wire_bytes,
};
pub use node::{MAX_HANDLING, NodeState, SimNode, place_of};
pub use partition::Partition;
pub use random::Random;
pub use setup::{DelayRange, MAX_NODES, Setup, SetupError};
#[cfg(feature = "bugs")]
pub use switches::{Switch, Switches, WorldBug};
pub use timeline::Timeline;
pub use world::{JournalEntry, NextStep, World};
