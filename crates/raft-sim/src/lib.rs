//! The simulated world: clock, network, disks, clients, faults.
//!
//! A [`World`] runs real `raft_server::Replica`s, which are cores with a key-value store, and gives
//! each a disk of real records, in virtual time. It reads neither a clock nor a source of
//! randomness: a run is a pure function of the [`Setup`] (seed included) and the [`Action`]s, each
//! with its place. Two equal runs have equal [trace hashes](World::trace_hash), natively and in
//! wasm. All that happens is an [`Event`].
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
//! - **Time** is a number of microseconds. [`World::step`] takes exactly one step: a message
//!   arrives, a write becomes durable, a timer elapses, or a client acts.
//! - **Links** have a latency range, loss, duplication and reordering. Each link draws from a
//!   stream of its own. Without reordering a link keeps the order of its messages, as a TCP
//!   connection does. A cut or a partition also loses the messages in flight. A bandwidth, a clog
//!   and a queue limit hold messages up before they enter the link. Old messages can be sent again.
//! - **Clocks** of nodes show the world's time, unless an action makes one drift or jump ahead. A
//!   slow node handles one message, write or timer after the other, and each takes time.
//! - **Disks** finish writes one after the other, each after a latency. A crash loses the last
//!   unfinished writes: the seed chooses how many, unless the action does. A crash can also tear a
//!   write. A write that fails stops its node at once. Records can be damaged ([`DiskDamage`]). The
//!   data of snapshots may be in files, whose writes are beside the others
//!   ([`Driver::snapshot_files`]); a crash may leave a whole file, a part of it or nothing. A node
//!   always starts through `raft_storage::recover`, the first time too.
//! - **Disks in files** ([`Driver::disk_files`]) are kept by `raft_storage_file`, the code of a
//!   real server, over a simulated directory. A crash comes between any two operations of the file
//!   system, and leaves any sectors of what was not flushed. Each write has a flush of its own. A
//!   node that opens its files has room, and its flushes work; faults begin with the first write.
//! - **Clients** look for the leader, follow redirects, retry after a time-out under the same
//!   session number, and give up after a while. Partitions do not affect them.
//! - **Reads** go through the log, or the core permits them and the node's store answers
//!   ([`ReadPolicy`]).
//! - **Servers that join** start with an empty disk when a change of the membership first names
//!   them. Servers that leave keep running.
//! - **Drivers** hand each input to the core as it arrives, and carry out the outputs at once.
//!   Other drivers ([`Driver`]) gather inputs, report finished writes late and together, fail to
//!   make snapshots, or keep the state machine on disk.
//! - **State machines** apply, encode and restore in no virtual time.
#![forbid(unsafe_code)]

mod action;
mod client;
mod clock;
mod disk;
mod disk_faults;
mod driver;
mod event;
mod fingerprint;
mod in_flight;
mod latency;
mod links;
mod load;
mod machine;
mod message_kind;
mod network;
mod node;
mod partition;
mod random;
mod selector;
mod setting;
mod setup;
mod switches;
pub mod units;
mod words;
mod world;

pub use action::{
    Action, ActionError, AdminRequest, ClientError, DiskAction, DiskError, LinkChange,
    NetworkAction, NetworkError, NextMessage, NodeAction, ReadPolicy, Request, RuleAction,
    RuleError, TimeoutChoice, Unsynced,
};
pub use client::{Client, PendingOperation};
pub use clock::{ClockChange, MAX_DRIFT_PPM, MAX_JUMP, NodeClock};
pub use disk::{Disk, DiskFault, FileWrite, PendingWrite};
pub use disk_faults::{DiskChange, DiskDamage, Fsync, MAX_STALL, WriteFailure};
pub use driver::{Driver, MAX_DRIVER_DELAY, StatePlace, restore_store};
pub use event::{
    ClientEvent, ClusterEvent, DiskEvent, DropReason, Event, EventKind, EventNumber, MessageEvent,
    NetworkEvent, OutcomeWords, ProcessEvent, RetryReason, StateMachineEvent,
};
pub use fingerprint::Fingerprint;
pub use latency::LatencyShape;
pub use load::Load;
pub use message_kind::MessageKind;
pub use network::{
    Hold, InFlightMessage, Link, MAX_BANDWIDTH, MAX_CLOG, MAX_QUEUE, MAX_REPLAY, MessageId,
    wire_bytes,
};
pub use node::{MAX_HANDLING, NodeState, SimNode, place_of};
pub use partition::Partition;
#[doc(hidden)]
pub use raft_core::say;
pub use random::Random;
pub use selector::Selector;
pub use setting::SettingChange;
pub use setup::{DelayRange, MAX_NODES, Setup, SetupError, address_of};
#[cfg(feature = "bugs")]
pub use switches::WorldBug;
pub use switches::{Switch, Switches};
pub use words::{Mention, Part, Words};
pub use world::{CoreCall, CoreStep, World};
