//! A checker of linearizability, with readers of histories.
//!
#![doc = include_str!("../README.md")]
// Where to look:
//
// | file | subject |
// |---|---|
// | `operation.rs`, `history.rs` | operations, answers, calls and returns |
// | `format.rs`, `format/` | the text formats, read and written |
// | `description.rs` | operations in words |
// | `check.rs` | limits, verdicts, one search per sub-history |
// | `sub_history.rs` | a history taken apart by keys |
// | `specification.rs`, `maps.rs`, `values.rs` | operations on states, as numbers |
// | `search.rs`, `remaining.rs`, `seen.rs` | the search for an order |
// | `impossible.rs` | answers that no search is needed to refute |
// | `window.rs` | the fewest operations without one |
// | `report.rs` | the same in words and intervals |
#![forbid(unsafe_code)]

mod bytes;
mod check;
mod description;
mod format;
mod hash;
mod history;
mod impossible;
mod maps;
mod operation;
mod remaining;
mod report;
mod search;
mod seen;
mod specification;
mod sub_history;
mod values;
mod window;

pub use bytes::Bytes;
pub use check::{Limits, StopReason, Verdict, check};
pub use format::{
    Format, HistoryEvent, HistoryLine, HistoryWriter, MAX_HISTORY_BYTES, MAX_LINE_BYTES,
    ParseError, detect, parse,
};
pub use history::{
    Completion, EventPosition, History, HistoryError, Invocation, MAX_OPERATIONS, Model,
};
pub use impossible::{ImpossibleAnswer, ImpossibleCause};
pub use operation::{Answer, MapOperation};
pub use report::{ContradictionReport, LongestOrder, ReportedOperation};
pub use window::{Contradiction, LinearizedOperation, ReachedOrder};

#[cfg(test)]
mod tests;
