//! The fewest operations that contradict each other.
//!
//! **A stretch** is a part of a history from one moment to another. The state before it is not
//! known: any state will do that the answers in the stretch allow. An operation that was called and
//! answered in the stretch is *required*: it must take effect between its call and its return, with
//! its answer. An operation is *optional* if it is unanswered, or answered after the end, or called
//! before the beginning (it may have been over by then): it may take effect or not.
//!
//! Every order of a history contains an order of each of its stretches. So if a stretch has none,
//! neither has the history. The same is true if some required operations are made optional, as if
//! they were unanswered. It is not true if an operation is left out that may have changed a value,
//! and none is.
//!
//! **A window** is a stretch without an order, in which as many operations as possible were made
//! optional: if any other one were optional too, there would be an order. It is found in three
//! steps. Each may look at a bounded number of situations ([`STEPS`]). If it meets the bound, the
//! window is still a contradiction, but may have more operations than necessary.
//! 1. The end is the first return that no order reaches. The beginning is the last call from which
//!    on there is no order. If there is no such call, the initial state matters, and the beginning
//!    is that of the history.
//! 2. Required operations are made optional, many at once, then fewer, at last one by one, the
//!    earliest first. One pass is enough: if an operation must stay required, it must also stay so
//!    when others are made optional.
//! 3. Two operations cannot be made fewer. If there are more, later stretches with at most as many
//!    calls are looked at in the same way. The fewest operations win.
//!
//! Of an unknown state, the search remembers what answers say it was, but not what they say it was
//! not. So it may find an order that does not exist, and a few windows keep an operation that they
//! do not need.

use crate::check::Limits;
use crate::impossible::{ImpossibleAnswer, ImpossibleCause, impossible_answer_of};
use crate::search::{DeadEnd, Found, Search, Task};
use crate::specification::Specification;

/// The reason why a history is not linearizable. Operations are given by their indexes in
/// [`History::invocations`](crate::History::invocations).
#[derive(Clone, Debug)]
pub struct Contradiction {
    /// The fewest operations found that have no order in which each takes effect between its call
    /// and its return and gets its answer, in the order of their calls. If any one of them had no
    /// answer, there would be an order.
    pub window: Vec<usize>,
    /// Other operations that may have taken effect in the time of the window. With them there is no
    /// order either.
    pub optional: Vec<usize>,
    /// The operation of the window that returns last.
    pub last: usize,
    /// Whether the window begins with the history, so that the initial state matters. If not, it
    /// has no order whatever the state before it.
    pub is_from_start: bool,
    /// The answer of the window that no search is needed to see through, if there is one.
    pub impossible: Option<ImpossibleAnswer>,
    /// The furthest that any order gets; `None` if no search has found out.
    pub reached: Option<ReachedOrder>,
    /// The state before the first operation, in words.
    pub first_state: String,
}

/// The furthest that any order of the operations gets.
#[derive(Clone, Debug)]
pub struct ReachedOrder {
    /// The first operation, in the order of the returns, whose return no order reaches.
    pub stuck: usize,
    /// The longest order from the beginning of the history up to the return of [`Self::stuck`].
    pub longest: Vec<LinearizedOperation>,
    /// How many operations of the same sub-history were answered: those on the same key, or on keys
    /// that were listed together.
    pub answered: usize,
}

/// An operation in an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinearizedOperation {
    /// Its index in [`History::invocations`](crate::History::invocations).
    pub index: usize,
    /// The state after it, in words; `None` for all but the last twelve of an order.
    pub state: Option<String>,
}

impl ReachedOrder {
    /// The state at the end of the longest order, in words; `None` if that has no operation.
    pub fn last_state(&self) -> Option<&str> {
        self.longest.last()?.state.as_deref()
    }
}

/// The cost that each of the three steps may have: one for each situation looked at, and one for
/// each operation handed to a search.
const STEPS: u64 = 100_000;

/// A part of a history from one moment to another.
#[derive(Clone, Debug)]
struct Stretch {
    /// The state before it.
    state: u32,
    /// Whether it begins with the history, so that the state before it is known.
    is_from_start: bool,
    /// In the order of the calls.
    required: Vec<Task>,
    optional: Vec<Task>,
}

impl Stretch {
    /// From a call to a return, with an unknown state before it.
    fn new<S: Specification>(spec: &mut S, tasks: &[Task], begin: u32, end: u32) -> Self {
        let state = spec.unknown();
        Self::cut_out(spec, tasks, (begin, end), state)
    }

    /// From the beginning of the history to a return.
    fn from_start<S: Specification>(spec: &mut S, tasks: &[Task], end: u32) -> Self {
        let state = spec.initial();
        Self { is_from_start: true, ..Self::cut_out(spec, tasks, (0, end), state) }
    }

    fn cut_out<S: Specification>(spec: &S, tasks: &[Task], span: (u32, u32), state: u32) -> Self {
        let (begin, end) = span;
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        for task in tasks {
            let returned = task.returned.filter(|returned| *returned <= end);
            let is_over = returned.is_some_and(|returned| returned < begin);
            if is_over || task.called > end {
                continue;
            }
            let is_early = task.called < begin;
            if returned.is_some() && !is_early {
                required.push(*task);
            } else if !spec.is_observer(task.operation) {
                optional.push(Task { returned, is_early, ..*task });
            }
        }
        required.sort_unstable_by_key(|task| task.called);
        Self { state, is_from_start: false, required, optional }
    }

    /// The same stretch with some of the required operations made optional.
    fn with_optional(&self, spec: &impl Specification, dropped: std::ops::Range<usize>) -> Self {
        let mut less = self.clone();
        let dropped = less.required.drain(dropped);
        let writes = dropped.filter(|task| !spec.is_observer(task.operation));
        less.optional.extend(writes.map(|task| Task { returned: None, ..task }));
        less
    }

    /// One operation that has no order, whatever the others do.
    fn alone(task: Task) -> Self {
        Self { state: 0, is_from_start: true, required: vec![task], optional: Vec::new() }
    }

    /// The same stretch with all operations optional but these.
    fn requiring(mut self, spec: &impl Specification, operations: &[u32]) -> Self {
        let is_other = |task: &mut Task| !operations.contains(&task.operation);
        let others = self.required.extract_if(.., is_other);
        let writes = others.filter(|task| !spec.is_observer(task.operation));
        let writes: Vec<Task> = writes.map(|task| Task { returned: None, ..task }).collect();
        self.optional.extend(writes);
        self
    }

    /// Searches for an order with the steps that are left.
    fn search<S: Specification>(&self, spec: &mut S, steps: &mut u64) -> Found {
        let tasks = [&self.required[..], &self.optional].concat();
        *steps = steps.saturating_sub(tasks.len() as u64);
        let mut limits = Limits { memory: 64 << 20, steps: *steps, keep_going: &mut || true };
        let mut search = Search::new(spec, self.state, tasks);
        let found = search.run(&mut limits);
        *steps = steps.saturating_sub(search.steps());
        found
    }

    /// Whether it has no order; false if the steps that are left do not suffice to know.
    fn is_impossible<S: Specification>(&self, spec: &mut S, steps: &mut u64) -> bool {
        matches!(self.search(spec, steps), Found::Nothing(_))
    }

    /// The shortest stretch with an unknown state before it that ends at `end` and has no order.
    fn shortest<S: Specification>(
        spec: &mut S,
        tasks: &[Task],
        end: u32,
        steps: &mut u64,
    ) -> Option<Self> {
        let mut calls: Vec<u32> = tasks.iter().map(|task| task.called).collect();
        calls.retain(|called| *called < end);
        calls.sort_unstable();
        // The later a stretch begins, the fewer operations it requires. So there is a length from
        // which on all stretches have no order. Short ones are cheap to search, so the length is
        // doubled.
        let mut impossible = |spec: &mut S, length: usize| {
            let stretch = Self::new(spec, tasks, calls[calls.len() - length], end);
            stretch.is_impossible(spec, steps).then_some(stretch)
        };
        let (mut short, mut long) = (0, 1);
        let mut found = loop {
            if let Some(found) = impossible(spec, long) {
                break found;
            }
            if long == calls.len() {
                return None;
            }
            (short, long) = (long, (long * 2).min(calls.len()));
        };
        while long - short > 1 {
            let middle = short + (long - short) / 2;
            match impossible(spec, middle) {
                Some(shorter) => (found, long) = (shorter, middle),
                None => short = middle,
            }
        }
        Some(found)
    }

    /// Makes every required operation optional with which there still is no order.
    fn minimize<S: Specification>(&mut self, spec: &mut S, steps: &mut u64) {
        let mut size = self.required.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at < self.required.len() {
                let end = (at + size).min(self.required.len());
                let less = self.with_optional(spec, at..end);
                if less.is_impossible(spec, steps) {
                    *self = less;
                } else {
                    at = end;
                }
            }
            size /= 2;
        }
    }

    /// Whether another window could have fewer operations.
    fn can_be_shorter(&self) -> bool {
        const FEWEST: usize = 2;
        self.required.len() > FEWEST
    }
}

/// Whether an operation found a value that no operation called before its return can have made, or
/// a stretch up to its return has no order, whatever the state before it.
pub(crate) fn cannot_return<S: Specification>(
    spec: &mut S,
    tasks: &[Task],
    stuck: Task,
    steps: &mut u64,
) -> bool {
    let end = stuck.returned.unwrap_or(u32::MAX);
    is_from_nowhere(spec, tasks, stuck) || Stretch::shortest(spec, tasks, end, steps).is_some()
}

fn is_from_nowhere(spec: &impl Specification, tasks: &[Task], stuck: Task) -> bool {
    let before = tasks.iter().filter(|task| Some(task.called) < stuck.returned);
    let before: Vec<u32> = before.map(|task| task.operation).collect();
    spec.is_from_nowhere(stuck.operation, &before)
}

/// The stretch with the fewest required operations found that has no order.
fn window<S: Specification>(spec: &mut S, tasks: &[Task], dead_end: &mut DeadEnd) -> Stretch {
    let mut end = dead_end.stuck.returned.unwrap_or(u32::MAX);
    let mut narrow = Stretch::shortest(spec, tasks, end, &mut { STEPS });
    if narrow.is_none() {
        let reached = end;
        end = reach_further(spec, tasks, dead_end);
        narrow =
            (end > reached).then(|| Stretch::shortest(spec, tasks, end, &mut { STEPS })).flatten();
    }
    let mut window = narrow.unwrap_or_else(|| Stretch::from_start(spec, tasks, end));
    window.minimize(spec, &mut { STEPS });
    if window.can_be_shorter() {
        look_further(spec, tasks, end, &mut window);
    }
    window
}

/// The first return that no order reaches. The search does not try appends that do not lead to the
/// value of a read, so an order may reach further than the search did.
fn reach_further<S: Specification>(spec: &mut S, tasks: &[Task], dead_end: &mut DeadEnd) -> u32 {
    let mut steps = STEPS;
    let mut ends: Vec<&Task> = tasks.iter().filter(|task| task.returned.is_some()).collect();
    ends.retain(|task| task.returned >= dead_end.stuck.returned);
    ends.sort_unstable_by_key(|task| task.returned);
    for task in ends {
        let end = task.returned.unwrap_or(u32::MAX);
        match Stretch::from_start(spec, tasks, end).search(spec, &mut steps) {
            Found::Order(order) => dead_end.order = order,
            Found::Nothing(_) => {
                dead_end.stuck = *task;
                return end;
            }
            Found::Stopped(_) => break,
        }
    }
    u32::MAX
}

/// Looks for a window with fewer operations in stretches that begin and end later and have at most
/// as many calls.
fn look_further<S: Specification>(spec: &mut S, tasks: &[Task], end: u32, window: &mut Stretch) {
    /// Passing over so many operations costs as much as looking at one situation.
    const PASSED_OVER: u64 = 32;
    let mut steps = STEPS;
    let mut calls: Vec<u32> = tasks.iter().map(|task| task.called).collect();
    let mut ends: Vec<u32> = tasks.iter().filter_map(|task| task.returned).collect();
    ends.retain(|returned| *returned > end);
    calls.sort_unstable();
    ends.sort_unstable();
    let calls_until = |moment: u32| calls.partition_point(|called| *called <= moment);
    let mut first = calls_until(window.required[0].called);
    let most = calls_until(end) + 1 - first;
    for end in ends {
        first = first.max(calls_until(end).saturating_sub(most));
        if first == calls.len() || calls[first] > end {
            continue;
        }
        steps = steps.saturating_sub(tasks.len() as u64 / PASSED_OVER);
        if !Stretch::new(spec, tasks, calls[first], end).is_impossible(spec, &mut steps) {
            continue;
        }
        let Some(mut other) = Stretch::shortest(spec, tasks, end, &mut steps) else { return };
        first = calls_until(other.required[0].called);
        other.minimize(spec, &mut steps);
        if other.required.len() < window.required.len() {
            *window = other;
        }
        if !window.can_be_shorter() {
            return;
        }
    }
}

/// The reason why there is no order, after a search.
pub(crate) fn explain<S: Specification>(
    spec: &mut S,
    tasks: &[Task],
    indexes: &[usize],
    mut dead_end: DeadEnd,
) -> Contradiction {
    const DESCRIBED: usize = 12;
    let stuck = dead_end.stuck;
    let impossible = impossible_answer_of(spec, tasks, stuck);
    let found = impossible.is_none().then(|| window(spec, tasks, &mut dead_end));
    let DeadEnd { order, stuck } = dead_end;
    let described_from = order.len().saturating_sub(DESCRIBED);
    let longest = order.iter().enumerate().map(|(position, placed)| LinearizedOperation {
        index: indexes[placed.operation as usize],
        state: (position >= described_from).then(|| spec.describe(placed.state)),
    });
    let reached = ReachedOrder {
        longest: longest.collect(),
        answered: tasks.iter().filter(|task| task.returned.is_some()).count(),
        stuck: indexes[stuck.operation as usize],
    };
    let contradiction = match (impossible, found) {
        (Some(impossible), _) => explain_answer(spec, tasks, indexes, impossible),
        (None, found) => {
            let window = found.unwrap_or_else(|| Stretch::alone(stuck));
            contradiction(spec, indexes, window)
        }
    };
    Contradiction { reached: Some(reached), ..contradiction }
}

/// The reason why there is no order, without a search.
pub(crate) fn explain_answer<S: Specification>(
    spec: &mut S,
    tasks: &[Task],
    indexes: &[usize],
    impossible: ImpossibleAnswer<Task>,
) -> Contradiction {
    let found_by = impossible.found_by;
    let window = match impossible.cause {
        ImpossibleCause::Replaced { by, .. } => {
            let end = found_by.returned.unwrap_or(u32::MAX);
            let both = [by.operation, found_by.operation];
            Stretch::new(spec, tasks, by.called, end).requiring(spec, &both)
        }
        ImpossibleCause::NeverMade
        | ImpossibleCause::MadeLater(_)
        | ImpossibleCause::NeverExpected(_)
        | ImpossibleCause::NothingElse
        | ImpossibleCause::Itself => Stretch::alone(found_by),
    };
    let contradiction = contradiction(spec, indexes, window);
    let index_of = |task: Task| indexes[task.operation as usize];
    Contradiction { impossible: Some(impossible.map(index_of)), ..contradiction }
}

fn contradiction(spec: &impl Specification, indexes: &[usize], window: Stretch) -> Contradiction {
    let index_of = |task: &Task| indexes[task.operation as usize];
    let last = window.required.iter().max_by_key(|task| task.returned);
    let mut optional: Vec<&Task> = window.optional.iter().collect();
    optional.sort_unstable_by_key(|task| task.called);
    Contradiction {
        window: window.required.iter().map(index_of).collect(),
        optional: optional.into_iter().map(index_of).collect(),
        last: last.map_or(0, index_of),
        is_from_start: window.is_from_start,
        impossible: None,
        reached: None,
        first_state: spec.describe(spec.initial()),
    }
}
