//! The search over all sub-histories of a history, within limits.

use crate::history::History;
use crate::impossible::impossible_answer;
use crate::search::{Found, Placed, Search, Task};
use crate::specification::Specification;
use crate::sub_history::{self, AnySpecification, SubHistory};
use crate::window::{self, Contradiction};

/// How much a search may cost. The problem is NP-complete (Gibbons and Korach 1997), so every
/// search needs limits.
pub struct Limits<'a> {
    /// The most bytes that the search keeps, roughly.
    pub(crate) memory: usize,
    /// How many more situations it may look at.
    pub(crate) steps: u64,
    /// Asked every few hundred situations; the search stops at `false`.
    pub(crate) keep_going: &'a mut dyn FnMut() -> bool,
}

impl<'a> Limits<'a> {
    /// A limit on the memory that the search keeps, in bytes (approximate), and one on whatever
    /// `keep_going` measures: the search asks it every few hundred steps and stops at `false`.
    pub fn new(memory: usize, keep_going: &'a mut dyn FnMut() -> bool) -> Self {
        Self { memory, steps: u64::MAX, keep_going }
    }

    /// Accounts for some steps. The reason to stop, if there is one.
    pub(crate) fn spend(&mut self, steps: u64, memory: usize) -> Option<StopReason> {
        if memory > self.memory {
            return Some(StopReason::Memory);
        }
        if self.steps < steps || !(self.keep_going)() {
            return Some(StopReason::Time);
        }
        self.steps -= steps;
        None
    }
}

/// The limit that a search met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopReason {
    /// `keep_going` returned `false`.
    Time,
    /// The search would have to keep more bytes than the limit.
    Memory,
}

/// Whether a history is linearizable.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is.
    Linearizable {
        /// An order that explains the history: indexes of [`History::invocations`]. It leaves out
        /// operations that failed, reads and lists without an answer, and unanswered operations
        /// that need not have taken effect.
        order: Vec<usize>,
    },
    /// It is not.
    NotLinearizable(Box<Contradiction>),
    /// The search met a limit before it knew. The numbers are those of the sub-history that it was
    /// in.
    Unknown {
        /// The limit.
        reason: StopReason,
        /// How many operations the longest order so far has.
        linearized: usize,
        /// How many operations the sub-history has.
        of: usize,
        /// How many situations the search remembered.
        situations: usize,
    },
}

/// Searches for an order of the operations in which each takes effect at one moment between its
/// call and its return and gets its answer.
pub fn check(history: &History, limits: &mut Limits<'_>) -> Verdict {
    /// The steps that every sub-history gets before any gets more: a hard one must not hide that
    /// another one has no order.
    const FIRST_SHARE: u64 = 50_000;
    let mut order = Vec::new();
    let mut hard = Vec::new();
    for mut sub_history in sub_history::sub_histories(history) {
        let steps = limits.steps.min(FIRST_SHARE);
        let mut share =
            Limits { steps, memory: limits.memory, keep_going: &mut *limits.keep_going };
        match sub_history.check(&mut share) {
            SubVerdict::Order(placed) => order.extend(placed),
            SubVerdict::Contradiction(found) => return Verdict::NotLinearizable(found),
            SubVerdict::Stopped(_) => hard.push(sub_history),
        }
    }
    // One look at each operation of the hard ones may decide what no search would.
    if let Some(found) = hard.iter_mut().find_map(SubHistory::look) {
        return Verdict::NotLinearizable(found);
    }
    let mut unknown = None;
    for mut sub_history in hard {
        match sub_history.check(limits) {
            SubVerdict::Order(placed) => order.extend(placed),
            SubVerdict::Contradiction(found) => return Verdict::NotLinearizable(found),
            SubVerdict::Stopped(verdict) => unknown = unknown.or(Some(verdict)),
        }
    }
    // Each operation takes effect just before a moment. Sorted by these moments, the orders of the
    // sub-histories make one order of the history.
    order.sort_by_key(|(before, _)| *before);
    let linearizable =
        || Verdict::Linearizable { order: order.iter().map(|(_, index)| *index).collect() };
    unknown.unwrap_or_else(linearizable)
}

/// The verdict on one sub-history.
enum SubVerdict {
    /// For each operation the moment before which it takes effect, and its index.
    Order(Vec<(u32, usize)>),
    Contradiction(Box<Contradiction>),
    Stopped(Verdict),
}

impl SubHistory {
    fn check(&mut self, limits: &mut Limits<'_>) -> SubVerdict {
        let Self { tasks, indexes, specification } = self;
        match specification {
            AnySpecification::OneKey(one_key) => search(one_key, tasks, indexes, limits),
            AnySpecification::Maps(maps) => search(maps, tasks, indexes, limits),
        }
    }
}

impl SubHistory {
    /// Looks for an answer that is impossible whatever the order.
    pub(crate) fn look(&mut self) -> Option<Box<Contradiction>> {
        let Self { tasks, indexes, specification } = self;
        match specification {
            AnySpecification::OneKey(one_key) => look(one_key, tasks, indexes),
            AnySpecification::Maps(maps) => look(maps, tasks, indexes),
        }
    }
}

fn look<S: Specification>(
    spec: &mut S,
    tasks: &[Task],
    indexes: &[usize],
) -> Option<Box<Contradiction>> {
    let found = impossible_answer(spec, tasks)?;
    Some(Box::new(window::explain_answer(spec, tasks, indexes, found)))
}

fn search<S: Specification>(
    spec: &mut S,
    tasks: &[Task],
    indexes: &[usize],
    limits: &mut Limits<'_>,
) -> SubVerdict {
    let initial = spec.initial();
    let mut search = Search::new(spec, initial, tasks.to_vec());
    // If a short stretch has no order whatever the state before it, it is useless to try all states
    // that could come before it. Looking for such a stretch costs at most half of the steps that
    // the search has made without progress.
    let found = search.run_unless(limits, |spec, stuck, in_vain| {
        window::cannot_return(spec, tasks, stuck, &mut (in_vain / 2))
    });
    match found {
        Found::Order(order) => {
            let of_history = |placed: &Placed| (placed.before, indexes[placed.operation as usize]);
            SubVerdict::Order(order.iter().map(of_history).collect())
        }
        Found::Nothing(dead_end) => {
            let found = window::explain(spec, tasks, indexes, dead_end);
            SubVerdict::Contradiction(Box::new(found))
        }
        Found::Stopped(reason) => {
            let (linearized, situations) = search.progress();
            let of = tasks.len();
            SubVerdict::Stopped(Verdict::Unknown { reason, linearized, of, situations })
        }
    }
}
