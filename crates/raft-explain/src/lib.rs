//! Why something happened in a Raft cluster, and why something did not.
//!
//! An [`Explanation`] is made from the events of a run, from the state of its world, and from
//! nothing else: never from a text. It has [findings](Finding), the one that decides first. Each
//! says which guard decided, with its numbers and its section of the paper, and shows the causes as
//! [chains](Finding::chains) that end in a statement, a timer or a fault.
//!
//! - [`Evidence::why`] an event happened.
//! - [`Evidence::answer`] a [`Question`]: why there is no leader, why an entry is not committed, …

#![forbid(unsafe_code)]

mod because;
mod chain;
mod evidence;
mod explanation;
mod facts;
mod missing;
mod question;
mod record;
mod said;
mod seen;

pub use evidence::{Evidence, Given, Statements};
pub use explanation::{Cause, Explanation, Finding};
pub use question::{Question, Unanswerable};
pub use record::Record;
