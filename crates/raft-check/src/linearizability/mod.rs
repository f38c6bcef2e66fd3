//! Whether a history is linearizable: whether its operations can be put in an order in which each
//! happens between its call and its return, and has the answer that it got.
//!
//! The histories are those that a run has written, and those from elsewhere, Jepsen's and Porcupine's
//! among them.
//!
//! ```
//! use raft_check::linearizability::{Limits, Verdict, check, parse};
//!
//! let text = "INFO  jepsen.util - 0\t:invoke\t:write\t3\n\
//!             INFO  jepsen.util - 0\t:ok\t:write\t3\n\
//!             INFO  jepsen.util - 1\t:invoke\t:read\tnil\n\
//!             INFO  jepsen.util - 1\t:ok\t:read\tnil\n";
//! let history = parse(text, None)?;
//! let verdict = check(&history, &mut Limits::memory(1 << 20, &mut || true));
//! let Verdict::NotLinearizable(found) = verdict else { panic!("the read missed a write") };
//! assert_eq!(found.window.len(), 2);
//! # Ok::<(), raft_check::linearizability::HistoryParseError>(())
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `history.rs` | operations, calls, returns |
//! | `parse/`, `write.rs` | the text forms |
//! | `parts.rs` | taking a history apart by keys |
//! | `model.rs`, `maps.rs`, `values.rs` | what operations do to states, as numbers |
//! | `search.rs`, `list.rs`, `seen.rs` | the search for an order |
//! | `window.rs` | the fewest operations that have none |

mod history;
mod list;
mod maps;
mod model;
mod parse;
mod parts;
mod search;
mod seen;
mod values;
mod window;
mod words;
mod write;

pub use history::{
    Answer, History, HistoryError, Invocation, MAX_OPERATIONS, Moment, Outcome, Subject,
};
pub use parse::{Format, HistoryParseError, MAX_HISTORY_BYTES, MAX_LINE_BYTES, detect, parse};
pub use window::{Contradiction, LinearizedStep};
pub use words::InWords;
pub use write::HistoryWriter;

use model::Model;
use parts::{AnyModel, Part};
use search::{Found, Placed, Search, Task};

/// How much a search may cost.
pub struct Limits<'a> {
    /// The most bytes that it keeps, about.
    memory: usize,
    /// How many more situations it may look at before it is interrupted.
    steps: u64,
    /// Asked every now and then; it stops on false.
    go_on: &'a mut dyn FnMut() -> bool,
}

impl<'a> Limits<'a> {
    /// As long as `go_on`, which is asked every few hundred steps, says so, and with about so many
    /// bytes of memory.
    pub fn memory(bytes: usize, go_on: &'a mut dyn FnMut() -> bool) -> Self {
        Self { memory: bytes, steps: u64::MAX, go_on }
    }

    /// Accounts for some steps.
    fn spend(&mut self, steps: u64, memory: usize) -> Option<Reason> {
        if memory > self.memory {
            return Some(Reason::Memory);
        }
        if self.steps < steps || !(self.go_on)() {
            return Some(Reason::Time);
        }
        self.steps -= steps;
        None
    }
}

/// Why a search was stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It was told to stop.
    Time,
    /// It would need more memory than it may have.
    Memory,
}

/// Whether a history is linearizable.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is.
    Linearizable {
        /// An order that explains it: places of operations in [`History::invocations`]. What failed,
        /// what read without an answer, and what no order needs to have happened is left out.
        order: Vec<usize>,
    },
    /// It is not.
    NotLinearizable(Box<Contradiction>),
    /// The search was stopped before it knew.
    Unknown {
        /// Why.
        reason: Reason,
        /// How many of the operations that were searched when it stopped could be put in order.
        linearized: usize,
        /// How many those are.
        of: usize,
        /// How many situations were kept in memory then.
        situations: usize,
    },
}

/// Searches for an order.
pub fn check(history: &History, limits: &mut Limits<'_>) -> Verdict {
    /// What every part gets before any gets more: one that is hard must not hide that another one has
    /// no order.
    const FIRST_SHARE: u64 = 50_000;
    let mut order = Vec::new();
    let mut hard = Vec::new();
    for mut part in parts::parts(history) {
        let steps = limits.steps.min(FIRST_SHARE);
        let mut share = Limits { steps, memory: limits.memory, go_on: &mut *limits.go_on };
        match part.check(&mut share) {
            PartVerdict::Order(placed) => order.extend(placed),
            PartVerdict::Contradiction(found) => return Verdict::NotLinearizable(found),
            PartVerdict::Stopped(_) => hard.push(part),
        }
    }
    let mut unknown = None;
    for mut part in hard {
        match part.check(limits) {
            PartVerdict::Order(placed) => order.extend(placed),
            PartVerdict::Contradiction(found) => return Verdict::NotLinearizable(found),
            PartVerdict::Stopped(verdict) => unknown = unknown.or(Some(verdict)),
        }
    }
    // Each happened just before a moment; in that order they also agree between the parts.
    order.sort_by_key(|(before, _)| *before);
    let linearizable =
        || Verdict::Linearizable { order: order.iter().map(|(_, place)| *place).collect() };
    unknown.unwrap_or_else(linearizable)
}

enum PartVerdict {
    /// Before which moment each operation happens, and its place.
    Order(Vec<(u32, usize)>),
    Contradiction(Box<Contradiction>),
    Stopped(Verdict),
}

impl Part {
    fn check(&mut self, limits: &mut Limits<'_>) -> PartVerdict {
        let Self { tasks, places, model } = self;
        match model {
            AnyModel::OneKey(model) => search(model, tasks, places, limits),
            AnyModel::Maps(model) => search(model, tasks, places, limits),
        }
    }
}

fn search<M: Model>(
    model: &mut M,
    tasks: &[Task],
    places: &[usize],
    limits: &mut Limits<'_>,
) -> PartVerdict {
    let initial = model.initial();
    let mut search = Search::new(model, initial, tasks.to_vec());
    // Where a short stretch has no order whatever was there before, it is in vain to try all that could
    // have been. To look for one costs no more than half of what was in vain so far.
    let found = search.run_unless(limits, |model, stuck, in_vain| {
        window::cannot_return(model, tasks, stuck, &mut (in_vain / 2))
    });
    match found {
        Found::Order(order) => {
            let place = |placed: &Placed| (placed.before, places[placed.operation as usize]);
            PartVerdict::Order(order.iter().map(place).collect())
        }
        Found::Nothing(dead_end) => {
            PartVerdict::Contradiction(Box::new(window::explain(model, tasks, places, dead_end)))
        }
        Found::Stopped(reason) => {
            let (linearized, situations) = search.progress();
            let of = tasks.len();
            PartVerdict::Stopped(Verdict::Unknown { reason, linearized, of, situations })
        }
    }
}

#[cfg(test)]
mod tests;
