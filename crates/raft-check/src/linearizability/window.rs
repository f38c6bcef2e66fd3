//! What makes a history impossible: as few operations as can be found that contradict each other.
//!
//! **A stretch** reaches from a moment of a history to another. What was there before it is not known:
//! any state will do that what is found in it allows. What was called in it and answered in it is
//! *demanded*: it has to happen between its call and its return, with its answer. All else that could
//! happen in it is *free*: it may happen or not. That is what nobody answered, or not before the end,
//! and what was called before the beginning, which may have been over by then.
//!
//! Every order of a history contains one of each of its stretches; so if a stretch has none, neither
//! has the history. The same is true when a demand is dropped, that is, an operation made free as if
//! nobody had answered it. It is not true when an operation is left out that may have written
//! something, and none is.
//!
//! **A window** is what is still demanded of a stretch that has no order when no demand can be dropped
//! any more: without any one of them there is an order. It is found in three steps, each with a bound
//! on the situations that it may look at ([`STEPS`]); where the bound is met, the window is still a
//! contradiction, but may have more operations than it needs.
//! 1. The end is where the search could not get past: the first return that no order reaches. The
//!    beginning is the last call from which on there is no order. If there is none, because what was
//!    there first matters, it is the beginning of the history, where the state is known.
//! 2. Demands are dropped, many at once, then fewer, at last one by one, the earliest first. What is left
//!    can do without none of them: what has no order has none with one demand more.
//! 3. Two operations cannot be made fewer. If there are more, later stretches that begin behind this one
//!    and hold no more calls than it are looked at in the same way; the fewest operations win.
//!
//! Of a state that is not known, the search remembers what it found there, but not what it found not to be
//! there. So it may hold an order for possible that is not, and a few windows keep an operation that they
//! could do without.

use super::Limits;
use super::model::Model;
use super::search::{DeadEnd, Found, Search, Task};

/// Why a history is not linearizable. Operations are named by their places in
/// [`super::History::invocations`].
#[derive(Clone, Debug)]
pub struct Contradiction {
    /// The fewest operations found that no order explains: each has to happen between its call and its
    /// return, with its answer, and without any one of them there would be an order. They stand in the
    /// order of their calls.
    pub window: Vec<usize>,
    /// Operations that may have happened between the first call and the last return of those, at any
    /// time after their own calls or not at all, and do not help.
    pub optional: Vec<usize>,
    /// The operation of the window that returns last.
    pub last: usize,
    /// Whether the window goes back to the beginning of the history, because what was there first
    /// matters. Else it has no order whatever was there before.
    pub is_from_start: bool,
    /// No operation could have made the value that the only one of the window read.
    pub is_from_nowhere: bool,
    /// The first operation, in the order of the returns, that no order reaches.
    pub stuck: usize,
    /// The longest order of operations from the beginning on, up to where no order gets further.
    pub longest: Vec<LinearizedStep>,
    /// How many operations were answered of those among which this order was searched: the ones on the
    /// same key, or on keys that were listed together.
    pub answered: usize,
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

/// How much each of the three steps may cost: situations that are looked at, and operations that are
/// handed to a search.
const STEPS: u64 = 100_000;

/// What happened, or may have happened, from a moment on up to another.
#[derive(Clone, Debug)]
struct Stretch {
    /// The state before it.
    state: u32,
    is_from_start: bool,
    /// What has to happen, in the order of the calls.
    demanded: Vec<Task>,
    /// What may happen.
    free: Vec<Task>,
}

impl Stretch {
    /// From a call on, whatever was there before it, up to a return.
    fn new<M: Model>(model: &mut M, tasks: &[Task], begin: u32, end: u32) -> Self {
        let state = model.unknown();
        Self::cut_out(model, tasks, (begin, end), state)
    }

    /// From the beginning of the history on up to a return.
    fn from_start<M: Model>(model: &mut M, tasks: &[Task], end: u32) -> Self {
        let state = model.initial();
        Self { is_from_start: true, ..Self::cut_out(model, tasks, (0, end), state) }
    }

    fn cut_out<M: Model>(model: &M, tasks: &[Task], span: (u32, u32), state: u32) -> Self {
        let (begin, end) = span;
        let (mut demanded, mut free) = (Vec::new(), Vec::new());
        for task in tasks {
            let returned = task.returned.filter(|returned| *returned <= end);
            let is_over = returned.is_some_and(|returned| returned < begin);
            if is_over || task.called > end {
                continue;
            }
            let is_early = task.called < begin;
            if returned.is_some() && !is_early {
                demanded.push(*task);
            } else if !model.is_observer(task.operation) {
                free.push(Task { returned, is_early, ..*task });
            }
        }
        demanded.sort_unstable_by_key(|task| task.called);
        Self { state, is_from_start: false, demanded, free }
    }

    /// The same without some of the demands.
    fn without(&self, model: &impl Model, dropped: std::ops::Range<usize>) -> Self {
        let mut less = self.clone();
        let dropped = less.demanded.drain(dropped);
        let writes = dropped.filter(|task| !model.is_observer(task.operation));
        less.free.extend(writes.map(|task| Task { returned: None, ..task }));
        less
    }

    /// Searches for an order, in no more steps than are left.
    fn search<M: Model>(&self, model: &mut M, steps: &mut u64) -> Found {
        let tasks = [&self.demanded[..], &self.free].concat();
        *steps = steps.saturating_sub(tasks.len() as u64);
        let mut limits = Limits { memory: 64 << 20, steps: *steps, go_on: &mut || true };
        let mut search = Search::new(model, self.state, tasks);
        let found = search.run(&mut limits);
        *steps = steps.saturating_sub(search.steps());
        found
    }

    /// Whether it has no order; false if that takes more steps than are left.
    fn is_impossible<M: Model>(&self, model: &mut M, steps: &mut u64) -> bool {
        matches!(self.search(model, steps), Found::Nothing(_))
    }

    /// The shortest that has no order and ends there, if one has none whatever was there before it.
    fn shortest<M: Model>(
        model: &mut M,
        tasks: &[Task],
        end: u32,
        steps: &mut u64,
    ) -> Option<Self> {
        let mut calls: Vec<u32> = tasks.iter().map(|task| task.called).collect();
        calls.retain(|called| *called < end);
        calls.sort_unstable();
        // A stretch that begins later demands less, so there is one length from which on all will do.
        // Short ones are cheap to search, so it is looked for from the end on.
        let mut impossible = |model: &mut M, length: usize| {
            let stretch = Self::new(model, tasks, calls[calls.len() - length], end);
            stretch.is_impossible(model, steps).then_some(stretch)
        };
        let (mut short, mut long) = (0, 1);
        let mut found = loop {
            if let Some(found) = impossible(model, long) {
                break found;
            }
            if long == calls.len() {
                return None;
            }
            (short, long) = (long, (long * 2).min(calls.len()));
        };
        while long - short > 1 {
            let middle = short + (long - short) / 2;
            match impossible(model, middle) {
                Some(shorter) => (found, long) = (shorter, middle),
                None => short = middle,
            }
        }
        Some(found)
    }

    /// Drops all demands without which there still is no order.
    fn drop_demands<M: Model>(&mut self, model: &mut M, steps: &mut u64) {
        let mut size = self.demanded.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at < self.demanded.len() {
                let end = (at + size).min(self.demanded.len());
                let less = self.without(model, at..end);
                if less.is_impossible(model, steps) {
                    *self = less;
                } else {
                    at = end;
                }
            }
            size /= 2;
        }
    }

    /// Whether fewer operations could contradict each other.
    fn can_be_shorter(&self) -> bool {
        const FEWEST: usize = 2;
        self.demanded.len() > FEWEST
    }
}

/// Whether an operation found what nothing before its return can have made, or a stretch up to its return
/// has no order, whatever was there before it.
pub(super) fn cannot_return<M: Model>(
    model: &mut M,
    tasks: &[Task],
    stuck: Task,
    steps: &mut u64,
) -> bool {
    let end = stuck.returned.unwrap_or(u32::MAX);
    is_from_nowhere(model, tasks, stuck) || Stretch::shortest(model, tasks, end, steps).is_some()
}

fn is_from_nowhere(model: &impl Model, tasks: &[Task], stuck: Task) -> bool {
    let before = tasks.iter().filter(|task| Some(task.called) < stuck.returned);
    let before: Vec<u32> = before.map(|task| task.operation).collect();
    model.is_from_nowhere(stuck.operation, &before)
}

/// The fewest operations found without an order.
fn window<M: Model>(model: &mut M, tasks: &[Task], dead_end: &mut DeadEnd) -> Stretch {
    let mut end = dead_end.stuck.returned.unwrap_or(u32::MAX);
    let mut narrow = Stretch::shortest(model, tasks, end, &mut { STEPS });
    if narrow.is_none() {
        let reached = end;
        end = reach_further(model, tasks, dead_end);
        narrow =
            (end > reached).then(|| Stretch::shortest(model, tasks, end, &mut { STEPS })).flatten();
    }
    let mut window = narrow.unwrap_or_else(|| Stretch::from_start(model, tasks, end));
    window.drop_demands(model, &mut { STEPS });
    if window.can_be_shorter() {
        look_further(model, tasks, end, &mut window);
    }
    window
}

/// The first return that no order reaches. The search does not try appends that do not lead to what a
/// read found, so an order may reach further than it did.
fn reach_further<M: Model>(model: &mut M, tasks: &[Task], dead_end: &mut DeadEnd) -> u32 {
    let mut steps = STEPS;
    let mut ends: Vec<&Task> = tasks.iter().filter(|task| task.returned.is_some()).collect();
    ends.retain(|task| task.returned >= dead_end.stuck.returned);
    ends.sort_unstable_by_key(|task| task.returned);
    for task in ends {
        let end = task.returned.unwrap_or(u32::MAX);
        match Stretch::from_start(model, tasks, end).search(model, &mut steps) {
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

/// Looks for fewer operations in stretches that begin and end later than the window and hold no more
/// calls.
fn look_further<M: Model>(model: &mut M, tasks: &[Task], end: u32, window: &mut Stretch) {
    /// So many operations can be passed over for the price of a situation.
    const PASSED_OVER: u64 = 32;
    let mut steps = STEPS;
    let mut calls: Vec<u32> = tasks.iter().map(|task| task.called).collect();
    let mut ends: Vec<u32> = tasks.iter().filter_map(|task| task.returned).collect();
    ends.retain(|returned| *returned > end);
    calls.sort_unstable();
    ends.sort_unstable();
    let calls_until = |moment: u32| calls.partition_point(|called| *called <= moment);
    let mut first = calls_until(window.demanded[0].called);
    let most = calls_until(end) + 1 - first;
    for end in ends {
        first = first.max(calls_until(end).saturating_sub(most));
        if first == calls.len() || calls[first] > end {
            continue;
        }
        steps = steps.saturating_sub(tasks.len() as u64 / PASSED_OVER);
        if !Stretch::new(model, tasks, calls[first], end).is_impossible(model, &mut steps) {
            continue;
        }
        let Some(mut other) = Stretch::shortest(model, tasks, end, &mut steps) else { return };
        first = calls_until(other.demanded[0].called);
        other.drop_demands(model, &mut steps);
        if other.demanded.len() < window.demanded.len() {
            *window = other;
        }
        if !window.can_be_shorter() {
            return;
        }
    }
}

/// Says why there is no order.
pub(super) fn explain<M: Model>(
    model: &mut M,
    tasks: &[Task],
    places: &[usize],
    mut dead_end: DeadEnd,
) -> Contradiction {
    const DESCRIBED: usize = 12;
    let stuck = dead_end.stuck;
    let is_from_nowhere = is_from_nowhere(model, tasks, stuck);
    let window = if is_from_nowhere {
        Stretch { state: 0, is_from_start: true, demanded: vec![stuck], free: Vec::new() }
    } else {
        window(model, tasks, &mut dead_end)
    };
    let DeadEnd { order, stuck } = dead_end;
    let last = window.demanded.iter().max_by_key(|task| task.returned).unwrap_or(&stuck);
    let mut optional: Vec<&Task> = window.free.iter().collect();
    optional.sort_unstable_by_key(|task| task.called);
    let place_of = |operation: u32| places[operation as usize];
    let described_from = order.len().saturating_sub(DESCRIBED);
    let longest = order.iter().enumerate().map(|(place, placed)| LinearizedStep {
        place: place_of(placed.operation),
        state: (place >= described_from).then(|| model.describe(placed.state)),
    });
    Contradiction {
        longest: longest.collect(),
        answered: tasks.iter().filter(|task| task.returned.is_some()).count(),
        window: window.demanded.iter().map(|task| place_of(task.operation)).collect(),
        optional: optional.iter().map(|task| place_of(task.operation)).collect(),
        last: place_of(last.operation),
        is_from_start: window.is_from_start,
        is_from_nowhere,
        stuck: place_of(stuck.operation),
        first_state: model.describe(model.initial()),
    }
}
