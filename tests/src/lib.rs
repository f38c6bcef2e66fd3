//! Tests that no single crate can hold.
//!
//! - `golden`: scripts in the language of the console, each with the transcript of what the cluster
//!   did, under `tests/scripts`. Run with `UPDATE_GOLDENFILES=1` to write the transcripts anew,
//!   then review the difference as prose.
//! - `scenarios`: the stories that the page offers hold what they promise.
//!
//! The end-to-end tests in a real browser stand beside this crate, in `e2e`.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod scenarios;
