//! What must always be true of a Raft cluster, checked after every event.
//!
//! [`Checks`] follows a [`World`](raft_sim::World): build it when the world begins, then show it the
//! events of every step and every action. It holds its own shadow of each node's log and disk, with
//! a rolling hash for every log prefix, and a [`Ledger`] of what is committed. So it never compares
//! logs entry by entry: two prefixes are equal when their hashes are, and the work after an event is
//! proportional to what the event changed.
//!
//! The nodes' traces only say where to look. What is judged comes from the logs themselves, from the
//! messages on the wire and from the disks, so a core whose traces lie is caught all the same.
//!
//! Some faults take away what Raft itself rests on: a damaged disk has lost what a majority was to
//! keep. Then the guarantee that is lost, and only that, is [suspended](Suspension), with the reason, for
//! as long as it is; it is never silently passed over.
//!
//! ```
//! use raft_check::{Checks, converged};
//! use raft_sim::{Setup, World};
//!
//! let mut world = World::new(Setup::default()).expect("the defaults are within bounds");
//! let mut checks = Checks::new(&world);
//! while world.now().0 < 2_000_000 && world.step() {
//!     checks.observe(&world, world.events());
//! }
//! assert!(checks.violation().is_none());
//! assert!(checks.ledger().commit_index().0 > 0, "the leader's no-op is committed");
//! # let _ = converged(&world);
//! ```
#![forbid(unsafe_code)]

mod answers;
mod checks;
mod chunks;
mod convergence;
mod disk;
mod hash;
mod history;
mod invariants;
mod ledger;
mod liveness;
mod memberships;
mod property;
mod quorum;
mod shadow;
mod watched;

pub use checks::Checks;
pub use convergence::converged;
pub use history::HistoryRecorder;
pub use ledger::Ledger;
pub use liveness::{PROGRESS, complete};
pub use property::{CheckResult, Property, Standing, Suspension, Violation};
pub use shadow::Mark;
