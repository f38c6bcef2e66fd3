//! Runs as files.
//!
//! The trace is the form that has everything: one JSON object a line, first a header, then every
//! event with its number, its time, its cause, its fields and its sentence. `docs/trace.md` is its
//! document, made from the table of this crate.
#![forbid(unsafe_code)]

mod field;
mod forms;
mod json;
mod judge;
mod kinds;
mod live;
mod model;
mod objects;
mod read;
mod rust_test;
mod state;
mod transcript;
mod verdict;
mod write;

pub use field::Form;
pub use forms::RunForm;
pub use judge::{BrokenStep, Judge, TraceVerdict, judge};
pub use kinds::{FieldRow, KindGroup, KindRow, kind_groups};
pub use live::{
    Observed, event_members, live_header, live_line, observed_members, out_of_sight_members,
};
pub use model::{Fact, LogFact, PassedOver, RecordedRun, TraceMessage, TraceSource, TraceStep};
pub use objects::{OBJECTS, ObjectRow};
pub use read::{MAX_TRACE_BYTES, TraceError, TraceLine, TraceReader, read_trace, trace_source};
pub use state::{TraceLog, TraceNode, TraceState};
pub use transcript::Transcript;
pub use verdict::{JudgedProperty, PropertyVerdict};
pub use write::{FORM, VERSION, write_trace};
