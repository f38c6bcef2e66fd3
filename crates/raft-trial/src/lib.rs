//! A trial of a real cluster: servers as processes, faults, clients, and a judgement.
//!
//! [`run`] starts the servers, with a proxy on each link between two of them. Faults then come in
//! an order that a seed decides: servers are killed, stand still, are told to stop; links are cut
//! in both directions or in one, or hold messages back; certificates and their authority are
//! replaced. Meanwhile clients put, get, delete, compare and swap, and watch. When the faults are
//! over, all is healed, and what clients saw is judged:
//!
//! - The history of the operations is linearizable. It ends with a read of every key, so a write
//!   that was acknowledged and lost is a contradiction.
//! - Each write was carried out once if it was answered, never if it was refused, and at most once
//!   if its client does not know. Clients with a session ask again until they are answered.
//! - Each watch told every change once, in order, and the changes lead to the keys at the end.
//! - All servers have the same keys with the same past at the end.
//! - No server ended by itself.
//!
//! `SIGKILL` leaves what a process wrote to the operating system. Failures of power are for the
//! simulated file system of the fuzzer.
// Where to look:
//
// | file | subject |
// |---|---|
// | `plan.rs` | options, addresses, files |
// | `servers.rs`, `links.rs`, `certificates.rs` | what can fail |
// | `faults.rs`, `random.rs` | when it fails |
// | `clients.rs`, `watches.rs`, `recorder.rs` | what is asked for, and what is seen |
// | `judge.rs` | what is promised |
// | `stage.rs` | a trial from its beginning to its end |
#![forbid(unsafe_code)]

mod certificates;
mod clients;
mod faults;
mod happenings;
mod judge;
mod links;
mod plan;
mod random;
mod recorder;
mod scene;
mod servers;
mod stage;
mod watches;

pub use happenings::Happening;
pub use judge::Judgement;
pub use plan::TrialOptions;
pub use stage::{TrialError, TrialReport, TrialSoFar, run};
