//! A client of a cluster that speaks etcd's v3 API.
//!
//! ```no_run
//! use raft_client::{Client, ClientOptions};
//!
//! # async fn example() -> Result<(), raft_client::ClientError> {
//! let client = Client::new(ClientOptions::new(["http://127.0.0.1:2379", "http://127.0.0.1:2479"]))?;
//! let client = client.with_session().await?; // Its writes may be repeated.
//! client.put("greeting", "hello").await?;
//! let found = client.get("greeting").await?.expect("it was put");
//! assert_eq!(found.value, "hello");
//! # Ok(())
//! # }
//! ```
//!
//! # What is repeated
//!
//! A request goes to one server. If that one does not answer, or says that it cannot now, the
//! request goes to the next one, after a pause that grows and has some chance in it, until it is
//! answered or its time is over ([`ClientOptions::timeout`]).
//!
//! - **Reads** are always repeated.
//! - **Writes** are repeated without more thought only if the server said that nothing was done, or
//!   was never reached. After a connection broke, nobody knows whether a write took effect, so a
//!   plain client returns [`ClientError::Unknown`].
//! - **Writes of a session** ([`Client::with_session`]) are always repeated: each has a number, and
//!   a cluster of Helios carries a number out once, and answers a repetition with the first answer.
//!   etcd itself has no such sessions.
//!
//! Dropping a future cancels its request. A write may then have taken effect.
#![forbid(unsafe_code)]

pub mod blocking;
mod client;
mod error;
mod kv;
mod lease;
mod retry;
mod session;
mod watch;

pub use client::{Client, ClientOptions};
pub use error::ClientError;
pub use etcd_api::etcdserverpb as api;
pub use etcd_api::mvccpb::{Event, KeyValue};
pub use lease::LeaseKeeper;
pub use watch::{Watch, WatchEvents};
