//! What makes a history impossible: the shortest stretch of it that has no order, whatever was there
//! before.
//!
//! The end is where the search could not get past: the first return that no order reaches. The
//! beginning is moved towards it as far as the rest stays impossible when it may begin with any value,
//! and when those operations that were under way then may have been over. Reads that are not needed
//! for it are left out.

use super::Limits;
use super::model::{Model, OneKey};
use super::search::{DeadEnd, Found, Search, Task};
use super::values::ANY;

/// Why a history is not linearizable. Operations are named by their places in
/// [`super::History::invocations`].
#[derive(Clone, Debug)]
pub struct Contradiction {
    /// The shortest stretch that has no order: the operations that happened in it, in the order of
    /// their calls.
    pub window: Vec<usize>,
    /// Operations that may have happened in it and do not help: nobody answered them, or not before
    /// its end.
    pub optional: Vec<usize>,
    /// Whether the stretch goes back to the beginning of the history, because what was there first
    /// matters.
    pub is_from_start: bool,
    /// No operation could have made the value that the stuck one read.
    pub is_from_nowhere: bool,
    /// The operation that cannot have the answer that it got.
    pub stuck: usize,
    /// The longest order of operations from the beginning on, up to where no order gets further.
    pub longest: Vec<LinearizedStep>,
    /// The state before the first of them, in words.
    pub first_state: String,
}

/// An operation that has its place in an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinearizedStep {
    /// Its place in [`super::History::invocations`].
    pub place: usize,
    /// The state after it, in words; `None` for all but the last few.
    pub state: Option<String>,
}

impl Contradiction {
    /// The state at the end of the longest order, in words.
    pub fn last_state(&self) -> &str {
        let last = self.longest.last().and_then(|step| step.state.as_deref());
        last.unwrap_or(&self.first_state)
    }
}

/// Models whose states a window can begin with without knowing them.
pub(super) trait Windowed: Model + Sized {
    /// The shortest window that ends with what the search could not get past.
    fn narrow(&mut self, _tasks: &[Task], _stuck: Task) -> Option<Vec<Task>> {
        None
    }

    /// Whether an operation read what none of the others can have made.
    fn is_from_nowhere(&self, _tasks: &[Task], _stuck: Task) -> bool {
        false
    }
}

impl Windowed for super::maps::Maps {}

impl Windowed for OneKey {
    fn narrow(&mut self, tasks: &[Task], stuck: Task) -> Option<Vec<Task>> {
        let mut calls: Vec<u32> = tasks.iter().map(|task| task.called).collect();
        calls.retain(|called| Some(*called) < stuck.returned);
        calls.sort_unstable();
        // A stretch that begins later knows less, so there is one place up to which all will do. Short
        // ones are cheap to search, so it is looked for from the end on.
        let mut budget = NARROWING_STEPS;
        let mut is_long_enough = |model: &mut Self, length: usize| {
            let begins = stretch(model, tasks, calls[calls.len() - length], stuck);
            is_impossible(model, &begins, ANY, &mut budget)
        };
        let mut long = 1;
        while !is_long_enough(self, long.min(calls.len())) {
            if long >= calls.len() {
                return None;
            }
            long *= 2;
        }
        let (mut low, mut high) = (long / 2 + 1, long.min(calls.len()));
        while low < high {
            let middle = low + (high - low) / 2;
            if is_long_enough(self, middle) { high = middle } else { low = middle + 1 }
        }
        let begin = calls[calls.len() - high];
        let mut kept = stretch(self, tasks, begin, stuck);
        drop_needless_reads(self, &mut kept, stuck, ANY);
        Some(kept)
    }

    fn is_from_nowhere(&self, tasks: &[Task], stuck: Task) -> bool {
        let before = tasks.iter().filter(|task| Some(task.called) < stuck.returned);
        self.has_no_origin(stuck.operation, before.map(|task| task.operation))
    }
}

/// What happened, or may have happened, from a moment on up to the return of an operation.
fn stretch(model: &impl Model, tasks: &[Task], begin: u32, stuck: Task) -> Vec<Task> {
    let in_it = tasks.iter().filter_map(|task| {
        let is_over = task.returned.is_some_and(|returned| returned < begin);
        if is_over || Some(task.called) > stuck.returned {
            return None;
        }
        let returned = task.returned.filter(|_| task.returned <= stuck.returned);
        let is_read_to_come = returned.is_none() && model.is_observer(task.operation);
        let is_early = task.called < begin;
        (!is_read_to_come).then_some(Task { returned, is_early, ..*task })
    });
    in_it.collect()
}

/// How many situations may be looked at to find where a window begins, and as many again to leave out
/// reads.
const NARROWING_STEPS: u64 = 100_000;

/// Whether these have no order from the state on. False if that takes more steps than are left.
fn is_impossible<M: Model>(model: &mut M, tasks: &[Task], state: u32, steps: &mut u64) -> bool {
    let mut limits = Limits { memory: 64 << 20, steps: *steps, go_on: &mut || true };
    let found = Search::new(model, state, tasks.to_vec()).run(&mut limits);
    *steps = limits.steps;
    matches!(found, Found::Nothing(_))
}

fn drop_needless_reads<M: Model>(model: &mut M, tasks: &mut Vec<Task>, stuck: Task, state: u32) {
    /// Beyond this nobody reads them all anyway.
    const MOST: usize = 100;
    if tasks.len() > MOST {
        return;
    }
    let mut budget = NARROWING_STEPS;
    let mut place = 0;
    while place < tasks.len() {
        let task = tasks[place];
        if task.operation != stuck.operation && model.is_observer(task.operation) {
            tasks.remove(place);
            if is_impossible(model, tasks, state, &mut budget) {
                continue;
            }
            tasks.insert(place, task);
        }
        place += 1;
    }
}

/// Says why there is no order.
pub(super) fn explain<M: Windowed>(
    model: &mut M,
    tasks: &[Task],
    places: &[usize],
    dead_end: DeadEnd,
) -> Contradiction {
    const DESCRIBED: usize = 12;
    let DeadEnd { order, stuck } = dead_end;
    let stuck_task = tasks.iter().copied().find(|task| task.operation == stuck);
    let stuck_task = stuck_task.unwrap_or(tasks[0]);
    let is_from_nowhere = model.is_from_nowhere(tasks, stuck_task);
    let narrow =
        if is_from_nowhere { Some(vec![stuck_task]) } else { model.narrow(tasks, stuck_task) };
    let is_from_start = narrow.is_none();
    let kept = narrow.unwrap_or_else(|| {
        let mut kept = stretch(model, tasks, 0, stuck_task);
        let initial = model.initial();
        drop_needless_reads(model, &mut kept, stuck_task, initial);
        kept
    });
    let (mut window, mut optional): (Vec<Task>, Vec<Task>) =
        kept.into_iter().partition(|task| task.returned.is_some());
    window.sort_by_key(|task| task.called);
    optional.sort_by_key(|task| task.called);
    let place_of = |operation: u32| places[operation as usize];
    let described_from = order.len().saturating_sub(DESCRIBED);
    let longest = order.iter().enumerate().map(|(place, placed)| LinearizedStep {
        place: place_of(placed.operation),
        state: (place >= described_from).then(|| model.describe(placed.state)),
    });
    Contradiction {
        longest: longest.collect(),
        window: window.iter().map(|task| place_of(task.operation)).collect(),
        optional: optional.iter().map(|task| place_of(task.operation)).collect(),
        is_from_start,
        is_from_nowhere,
        stuck: place_of(stuck),
        first_state: model.describe(model.initial()),
    }
}
