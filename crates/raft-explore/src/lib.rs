//! All that can happen in a Raft cluster, within bounds.
//!
//! A fuzzer shows that something can go wrong. An [`Explorer`] shows that, within bounds, nothing
//! can: it looks at every order in which messages arrive, writes finish, servers crash and timeouts
//! elapse, and judges each step with the judges of `raft-check`. The servers are nodes of
//! `raft-core`, not a model of them.
//!
//! ```
//! use raft_explore::{Explorer, Scope};
//!
//! let mut model = Scope::timeless(3);
//! model.bounds.elections = 1;
//! let mut explorer = Explorer::new(model);
//! while !explorer.advance(10_000, 1_000_000).has_ended() {}
//! let progress = explorer.progress();
//! assert!(progress.is_exhausted && progress.found.is_none());
//! ```
//!
//! # What a state is
//!
//! The servers (each a node, its disk, and the writes that are not reported), the messages, the
//! past that everything must agree with (the committed entries, the first leader of each term, the
//! reads that wait), and what is left of the bounds.
//!
//! # What is left out
//!
//! - **Time**, in a [timeless](Scope::timeless) model: a heartbeat takes 1 µs and an election
//!   timeout an hour, so no timeout ever elapses by itself, and no rule of the core compares times
//!   with another result. An election may begin at any moment instead. Pre-vote, check-quorum and
//!   leases need time: [`Scope::ticking`]. There, all clocks tick at once, and a timer elapses at
//!   the tick at which it is due, never later.
//! - **Being down.** A crash is a restart; to be down is as if all messages were late.
//! - **The state machine**: it is the hash of the log that it applied.
//! - **The keys of states have 64 bits.** Two states that have the same key by accident are taken
//!   for one. For 10⁸ states the chance that this happened once is 3 in 10,000.
#![forbid(unsafe_code)]

mod action;
mod budgets;
mod engine;
mod families;
mod history;
mod judge;
mod keys;
mod locals;
mod model;
mod origins;
mod prefixes;
mod progress;
mod runs;
mod server;
mod start;
mod state;

pub use engine::{Explorer, Moments, Progress, Reached, Witness};
pub use families::Family;
pub use model::{Bounds, Network, Reductions, Scope, Time};
pub use runs::Step;
pub use start::StartError;
