//! Tests that no single crate can hold.
//!
//! - `golden`: scripts in the language of the console under `tests/scripts`, each with the
//!   transcript of its events. `UPDATE_GOLDENFILES=1` writes the transcripts again; review
//!   the difference as prose.
//! - `diagrams`: the sequence diagrams of scripts in `diagrams`, in every format, written again in
//!   the same way; and those of drawn runs.
//! - `lessons_with_bugs`: every lesson is played; some of them switch a rule off.
//! - `scenarios`: the scenarios of the page do what they promise.
//!
//! The end-to-end tests in a real browser are beside this crate, in `e2e`.

#[cfg(test)]
mod diagrams;
#[cfg(test)]
mod golden;
#[cfg(all(test, feature = "bugs"))]
mod lessons_with_bugs;
#[cfg(test)]
mod scenarios;
