//! Drawn faults against a simulated Raft cluster: find what breaks it, reproduce it, shrink it.
//!
//! A [`Plan`] names a [`Profile`] of trouble and a seed. [`run_seed`] plays it: the seed draws a
//! cluster and an nemesis that looks at the world and makes it go wrong, while clients work and
//! every check watches; then all faults end for a quorum, everybody else is gone for good, and the
//! quorum has to make progress. Whatever happens, [`SeedRun::script`] is a script that does it
//! again.
//!
//! Nothing here reads a clock, touches a file or starts a thread: the command line does, and a page
//! can.
//!
//! ```
//! use raft_fuzz::{RunResult, Plan, Profile, run_seed};
//!
//! let report = run_seed(&Plan::new(Profile::Swarm, 8));
//! assert_eq!(report.result, RunResult::Clean);
//! assert_eq!(run_seed(&Plan::new(Profile::Swarm, 8)), report);
//! ```
#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

pub mod bench;
mod fault;
#[cfg(feature = "bugs")]
mod hunt;
mod nemesis;
mod plan;
mod play;
mod profile;
mod rare;
mod recovery;
mod run;
mod shrink;

pub use fault::{Fault, Faults};
#[cfg(feature = "bugs")]
pub use hunt::{Catch, Shown, hunt, shown, shrink, with_all_rules};
pub use plan::{DrawnPlan, Plan, Workload};
pub use play::{Played, Symptom, play};
pub use profile::{Profile, UnknownProfile};
pub use rare::{RareEvent, RareEvents};
pub use run::{FRESH_CLIENT, Failure, RunResult, SeedReport, SeedRun, of_script, run_seed};
pub use shrink::{Oracle, ShrinkProgress, Shrinker, Shrunk, comment, statements};
