//! Random faults against a simulated Raft cluster: find a failure, reproduce it, shrink it.
//!
//! A [`Plan`] is a [`Profile`] and a seed. [`run_seed`] plays it in two phases:
//! - In the fault phase, clients send requests, the nemesis injects faults, and every check
//!   observes every event. The seed decides the cluster, the faults and the requests.
//! - In the recovery phase, the faults end for a quorum and all other nodes stay down. The quorum
//!   must make progress: commit a new write, agree on every committed entry, elect a leader, and
//!   transfer leadership.
//!
//! [`SeedRun::script`] is the run as a script of the command language. A [`Shrinker`] makes a
//! script that fails as short as it can. A [`Search`] looks for a run in which a condition comes to
//! hold.
//!
//! This crate reads no clock, touches no file and starts no thread, so a page can use it as well as
//! the command line.
//!
//! ```
//! use raft_fuzz::{RunResult, Plan, Profile, run_seed};
//!
//! let report = run_seed(&Plan::new(Profile::Swarm, 8));
//! assert_eq!(report.result, RunResult::Clean);
//! assert_eq!(run_seed(&Plan::new(Profile::Swarm, 8)), report);
//! ```
#![forbid(unsafe_code)]

pub mod bench;
mod failure_kind;
mod fault;
#[cfg(feature = "bugs")]
mod hunt;
mod nemesis;
mod plan;
mod play;
mod profile;
mod recovery;
mod run;
mod search;
mod shrink;

pub use failure_kind::FailureKind;
pub use fault::{Fault, Faults};
#[cfg(feature = "bugs")]
pub use hunt::{Catch, Shown, hunt, shown, shrink, with_all_rules};
pub use plan::{DrawnPlan, Plan, Workload};
pub use play::{Played, Symptom, play, play_strictly};
pub use profile::{Profile, UnknownProfile};
pub use raft_check::{RareEvent, RareEvents};
pub use run::{FRESH_CLIENT, Failure, RunResult, SeedReport, SeedRun, of_script, run_seed};
pub use search::{Hit, Search, SearchCounts, Searched, Shortened, shorten};
pub use shrink::{Oracle, ShrinkProgress, Shrinker, Shrunk, comment, statements};
