//! A server on a real machine: a replica, its files, its peers over gRPC, and etcd's API.
//!
//! [`RunningNode::start`] opens the disk, joins the cluster, and serves clients. Everything that
//! decides is elsewhere: `raft-core` is the protocol, `raft-server` the replica, `raft-mvcc` the
//! store, `raft-storage-file` the disk. This crate has the threads, sockets and clocks.
//!
//! # Threads
//!
//! - **The replica** has one, on which nothing blocks: it hands over all that waits, and carries
//!   out what comes out (`driver`).
//! - **Files of snapshots** have one, for the pieces that are sent and arrive (`files`).
//! - **The disk** has one: it writes what waits and flushes once for all of it (`disk`).
//! - **Everything else** is tasks of tokio: streams to peers (`peers`), the services of clients
//!   ([`api`]), the ends of leases (`leases`).
//!
//! The replica publishes its state after each drain: [`Published`], a clone that never changes. All
//! reads, watches and snapshots are answered from what is published, so none of them holds up the
//! replica. A linearizable read first asks the leader for a barrier.
#![forbid(unsafe_code)]

mod alarms;
pub mod api;
mod clock;
mod config;
mod disk;
mod driver;
mod file;
mod files;
mod handle;
mod http;
mod identity;
mod introduction;
mod leases;
mod machine;
mod member;
mod metrics;
mod node;
pub mod offline;
mod peers;
mod reasons;
mod watch;

pub use config::{InitialMember, NodeConfig, NodeConfigError, PageConfig, default_settings};
pub use file::{ClusterFile, ClusterFileError, MemberLine, host_and_port};
pub use handle::{NodeError, NodeHandle, Published};
pub use member::MemberInfo;
pub use metrics::Metrics;
pub use node::{NodeStartError, RunningNode};
