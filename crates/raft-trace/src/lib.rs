//! Runs as files.
//!
//! The trace is the form that has everything: one JSON object a line, first a header, then every
//! event with its number, its time, its cause, its fields and its sentence. `docs/trace.md` is its
//! document, made from the table of this crate.
#![forbid(unsafe_code)]

mod field;
mod forms;
mod json;
mod kinds;
mod objects;
mod transcript;
mod write;

pub use field::Form;
pub use forms::RunForm;
pub use kinds::{FieldRow, KindGroup, KindRow, kind_groups};
pub use objects::{OBJECTS, ObjectRow};
pub use transcript::Transcript;
pub use write::{FORM, VERSION, write_trace};
