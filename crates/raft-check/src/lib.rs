//! The properties of Raft, checked after every event of a simulated cluster.
//!
//! [`Checks`] follows a [`World`](raft_sim::World). Build it when the world begins, then show it
//! the events of every step and every action. It keeps *shadows* of each node's log and disk, with
//! a rolling hash for every prefix of a log, and a [`Ledger`] of the committed entries. Two logs
//! are equal up to an entry if their hashes are, so the work after an event is in proportion to
//! what the event changed.
//!
//! A [`RareWatcher`] counts [rare events](RareEvent): situations that are allowed, and that a
//! campaign or a person looks for.
//!
//! The traces of the nodes only show where to look. The verdicts rest on the logs, the messages and
//! the disks, so a core whose traces are wrong is caught all the same.
//!
//! A [property](Property) has one of three [states](PropertyState). It holds, it was broken, or it
//! is
//! [suspended](Suspension): a fault took away something that Raft rests on, such as the disks of a
//! majority. A suspension has a reason and lasts as long as the loss; no other property is
//! affected.
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

mod checks;
mod convergence;
mod history;
pub mod judges;
mod liveness;
mod properties;
mod property;
mod rare;
mod recorded;
mod shadows;

pub use checks::Checks;
pub use convergence::{converged, settled};
pub use history::{HistoryRecorder, completion_of, operation_of};
pub use liveness::{PROGRESS, complete};
pub use property::{CheckResult, Property, PropertyState, Suspension, Violation};
pub use rare::{RareEvent, RareEvents, RareWatcher};
pub use recorded::{RecordedChecks, RecordedState};
pub use shadows::ledger::Ledger;
pub use shadows::log::PrefixHash;
