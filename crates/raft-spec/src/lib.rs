//! The specification of Raft in `spec/Raft.tla`, and recorded runs held against it.
//!
//! The checker [tla-checker](https://docs.rs/tla-checker) looks at all runs of the specification
//! within small bounds (`tests/model.rs`). [`hold`] takes the same text, and one recorded run: each
//! event names an action of the specification, and the checker says whether that action is possible
//! in the state at hand, and which state comes after it. So the specification alone decides, and
//! its state is compared with the one that the trace tells.
#![forbid(unsafe_code)]

mod etcd;
mod fields;
mod follow;
mod helios;
mod machine;
mod messages;
mod values;

pub use follow::{HeldRun, Outside, SpecError, hold};

/// The specification, which is checked and held against.
pub const SPECIFICATION: &str = include_str!("../../../spec/Raft.tla");
