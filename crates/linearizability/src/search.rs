//! The search for an order of the operations (Wing and Gong 1993, with the memory of Lowe 2017).
//!
//! An answered operation is put in order as late as possible. When the first of the remaining
//! operations returns, it must have taken effect, and before it any of the others that were called
//! by then. So a *situation* is: the operation that returns next, the set of operations called
//! before that which have taken effect, and the state. Each situation is looked at once. Four rules
//! keep their number small:
//! - An operation that changes nothing and can have its answer now is put in order at once. Every
//!   order that goes on without it can go on with it.
//! - Of operations that do the same, the one that returns first goes first. Unanswered operations
//!   never have to take effect, so they are tried last, and only where they change a state on which
//!   the next operation depends.
//! - If only appends can come before a read, each of them must append what the read found next.
//! - A situation is covered by one in which fewer unanswered operations have taken effect (`seen`).
//!
//! A search without progress asks whether a few operations up to the one that it cannot get past
//! contradict each other whatever the state before them (`window`). If so, it stops: the states
//! before them need not be tried.

mod longest;

use std::cmp::Reverse;

use crate::check::{Limits, StopReason};
use crate::remaining::Remaining;
use crate::seen::Seen;
use crate::specification::{Specification, TransitionKind};

use self::longest::Deepest;
pub(crate) use self::longest::{DeadEnd, Placed};

/// An operation to put in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    /// The event of its call.
    pub(crate) called: u32,
    /// The event of its return; `None` if it need not take effect.
    pub(crate) returned: Option<u32>,
    /// Its number in the specification.
    pub(crate) operation: u32,
    /// Whether it was called before the stretch begins. Then it may have had a part in the unknown
    /// state there.
    pub(crate) is_early: bool,
}

/// The result of a search.
#[derive(Debug)]
pub(crate) enum Found {
    /// An order of all operations that must take effect.
    Order(Vec<Placed>),
    /// There is no order.
    Nothing(DeadEnd),
    /// The search met a limit.
    Stopped(StopReason),
}

/// The position in the list of candidates for the next operation.
#[derive(Clone, Copy)]
struct Cursor {
    at: At,
    /// The read before which only appends can come, if there is one.
    aim: Option<u32>,
}

#[derive(Clone, Copy)]
enum At {
    /// At the operation that returns next.
    Required,
    /// At a call in the list.
    Call(u32),
    /// At an unanswered operation.
    Pending(u32),
}

/// The decision to put an operation in order.
struct Frame {
    task: u32,
    /// The state before it.
    state: u32,
    /// The operation that returned next before it.
    next: u32,
    /// The next candidate; `None` if no other need be tried.
    otherwise: Option<Cursor>,
}

pub(crate) struct Search<'a, S> {
    spec: &'a mut S,
    /// First the answered ones, in the order of their returns; then the others, in the order of
    /// their calls.
    tasks: Vec<Task>,
    /// The number of answered tasks.
    answered: u32,
    /// For each task the one of the same class that goes before it.
    twins: Vec<Option<u32>>,
    /// For each task a bit of the situation. No two tasks that are open at the same time share one.
    slots: Vec<u32>,
    happened: Vec<bool>,
    remaining: Remaining,
    initial: u32,
    state: u32,
    /// The first to return of the tasks that have not taken effect.
    next: u32,
    /// The present situation: `next` and `state` in one word, the slots of the answered tasks that
    /// have taken effect and not returned, and those of the unanswered tasks that have taken
    /// effect.
    situation: Vec<u64>,
    /// The word of the situation where the unanswered tasks begin.
    pending_at: usize,
    frames: Vec<Frame>,
    seen: Seen,
    deepest: Deepest,
    /// How many of the frames are for unanswered tasks.
    pending_taken: usize,
    /// The number of situations looked at.
    steps: u64,
    progress: SearchProgress,
}

/// When to look whether a search makes progress.
#[derive(Clone, Copy)]
struct SearchProgress {
    /// The step of the next look.
    due: u64,
    /// The number of steps from the last look to the next.
    patience: u64,
    /// The furthest `next` at the last look.
    next: u32,
}

impl SearchProgress {
    /// For a search among so many operations.
    fn of(operations: usize) -> Self {
        const LEAST: u64 = 4096;
        // The cost of a look is in proportion to the number of operations.
        let patience = LEAST.max(operations as u64 / 4);
        Self { due: patience, patience, next: 0 }
    }
}

impl<'a, S: Specification> Search<'a, S> {
    /// A search for an order of these tasks, from a state on.
    pub(crate) fn new(spec: &'a mut S, state: u32, mut tasks: Vec<Task>) -> Self {
        tasks.sort_by_key(|task| (task.returned.is_none(), task.returned, task.called));
        let answered = tasks.iter().filter(|task| task.returned.is_some()).count();
        let spans = tasks.iter().filter_map(|task| Some((task.called, task.returned?)));
        let remaining = Remaining::new(&spans.collect::<Vec<_>>());
        let (slots, most) = slots(&tasks, answered);
        let pending_at = 1 + most.div_ceil(64);
        let pending_words = (tasks.len() - answered).div_ceil(64);
        Self {
            twins: twins(&tasks, answered, spec),
            happened: vec![false; tasks.len()],
            answered: answered as u32,
            situation: vec![0; pending_at + pending_words],
            seen: Seen::new(pending_at, pending_words),
            progress: SearchProgress::of(tasks.len()),
            spec,
            tasks,
            slots,
            remaining,
            initial: state,
            state,
            next: 0,
            pending_at,
            frames: Vec::new(),
            deepest: Deepest { reached: (0, 0, Reverse(usize::MAX)), tasks: Vec::new(), kept: 0 },
            pending_taken: 0,
            steps: 0,
        }
    }

    pub(crate) fn run(&mut self, limits: &mut Limits<'_>) -> Found {
        self.run_unless(limits, |_, _, _| false)
    }

    /// Searches. Without progress, it asks `is_hopeless` about the operation that it cannot get
    /// past, and tells it the number of steps made in vain.
    pub(crate) fn run_unless(
        &mut self,
        limits: &mut Limits<'_>,
        mut is_hopeless: impl FnMut(&mut S, Task, u64) -> bool,
    ) -> Found {
        loop {
            self.observe();
            if self.next == self.answered {
                let order = self.frames.iter().map(|frame| frame.task).collect();
                return Found::Order(self.placed(order));
            }
            self.steps += 1;
            if let Some(reason) = self.stop(limits) {
                return Found::Stopped(reason);
            }
            let in_vain = self.in_vain();
            if in_vain > 0 && is_hopeless(self.spec, self.stuck(), in_vain) {
                return Found::Nothing(self.dead_end());
            }
            self.situation[0] = u64::from(self.next) << 32 | u64::from(self.state);
            let is_new = self.seen.insert(&self.situation);
            let mut cursor = is_new.then(|| Cursor { at: At::Required, aim: self.aim() });
            loop {
                let aim = cursor.and_then(|cursor| cursor.aim);
                let choice = cursor.and_then(|cursor| self.choose(cursor));
                if let Some((task, state, otherwise)) = choice {
                    self.take(task, state, Some(otherwise));
                    break;
                }
                self.note_deepest(aim);
                cursor = self.retreat();
                if cursor.is_none() {
                    return Found::Nothing(self.dead_end());
                }
            }
        }
    }

    /// Puts in order every operation that changes nothing and can have its answer now.
    fn observe(&mut self) {
        let mut place = self.remaining.first();
        while self.next < self.answered && place != self.remaining.return_of(self.next) {
            let task = self.remaining.operation(place);
            place = self.remaining.after(place);
            let operation = self.tasks[task as usize].operation;
            if self.spec.is_observer(operation) && self.step(task) == Some(self.state) {
                // Taking it out removes its own return too, which may be the next place.
                if place == self.remaining.return_of(task) {
                    place = self.remaining.after(place);
                }
                self.take(task, self.state, None);
            }
        }
    }

    /// The read that returns next, if nothing but appends can come before it.
    fn aim(&self) -> Option<u32> {
        /// How many calls and returns to look ahead.
        const FAR: usize = 100;
        let mut place = self.remaining.first();
        for _ in 0..FAR {
            if self.remaining.is_end(place) {
                return None;
            }
            let task = self.remaining.operation(place);
            let Task { operation, returned, .. } = self.tasks[task as usize];
            let is_return = place == self.remaining.return_of(task);
            match self.spec.kind(operation) {
                TransitionKind::Other => return None,
                TransitionKind::Read if is_return => {
                    let pending = &self.tasks[self.answered as usize..];
                    let mut called = pending.iter().take_while(|task| Some(task.called) < returned);
                    let only_appends =
                        called.all(|task| self.spec.kind(task.operation) == TransitionKind::Append);
                    return only_appends.then_some(task);
                }
                TransitionKind::Read | TransitionKind::Observe | TransitionKind::Append => {
                    place = self.remaining.after(place);
                }
            }
        }
        None
    }

    /// The next operation that can take effect here, the state after it, and the next candidate.
    fn choose(&mut self, Cursor { mut at, aim }: Cursor) -> Option<(u32, u32, Cursor)> {
        let last_call = self.remaining.return_of(self.next);
        let moment = self.tasks[self.next as usize].returned?;
        loop {
            let (task, after) = match at {
                At::Required => (self.next, At::Call(self.remaining.first())),
                At::Call(place) if place == last_call => {
                    at = At::Pending(self.answered);
                    continue;
                }
                At::Call(place) => {
                    (self.remaining.operation(place), At::Call(self.remaining.after(place)))
                }
                At::Pending(task) => {
                    let is_called = self.tasks.get(task as usize)?.called < moment;
                    is_called.then_some((task, At::Pending(task + 1)))?
                }
            };
            let is_repeated = task == self.next && !matches!(at, At::Required);
            if !is_repeated
                && !self.happened[task as usize]
                && !self.has_open_twin(task, moment)
                && self.is_on_the_way(task, aim)
            {
                let useless = (task >= self.answered).then_some(self.state);
                if let Some(state) = self.step(task).filter(|state| Some(*state) != useless)
                    && self.needs_what_came_before(task, state)
                {
                    return Some((task, state, Cursor { at: after, aim }));
                }
            }
            at = after;
        }
    }

    /// Whether the next operation depends on the unanswered one that was put in order last, if it
    /// was one. If not, the same operations can come without the unanswered one.
    fn needs_what_came_before(&mut self, task: u32, after: u32) -> bool {
        let last = self.frames.last().filter(|frame| frame.task >= self.answered);
        let before = last.map(|frame| frame.state);
        before.is_none_or(|before| self.step_from(before, task) != Some(after))
    }

    /// Whether, after an append, the read at which the search aims can still have its answer.
    fn is_on_the_way(&self, task: u32, aim: Option<u32>) -> bool {
        let append = self.tasks[task as usize].operation;
        aim.is_none_or(|read| {
            self.spec.kind(append) != TransitionKind::Append
                || self.spec.leads_to(self.state, append, self.tasks[read as usize].operation)
        })
    }

    fn step(&mut self, task: u32) -> Option<u32> {
        self.step_from(self.state, task)
    }

    fn step_from(&mut self, state: u32, task: u32) -> Option<u32> {
        let Task { operation, is_early, .. } = self.tasks[task as usize];
        if is_early && state == self.initial {
            return Some(state);
        }
        self.spec.step(state, operation)
    }

    /// Whether an operation of the same class that goes first could take effect now.
    fn has_open_twin(&self, task: u32, moment: u32) -> bool {
        self.twins[task as usize].is_some_and(|twin| {
            !self.happened[twin as usize] && self.tasks[twin as usize].called < moment
        })
    }

    fn take(&mut self, task: u32, state: u32, otherwise: Option<Cursor>) {
        self.frames.push(Frame { task, state: self.state, next: self.next, otherwise });
        self.state = state;
        self.happened[task as usize] = true;
        self.flip(task);
        if task < self.answered {
            self.remaining.take(task);
        } else {
            self.pending_taken += 1;
        }
        // The operations that return now are over, and their slots are free.
        while self.next < self.answered && self.happened[self.next as usize] {
            self.flip(self.next);
            self.next += 1;
        }
    }

    /// Takes back decisions up to one with another candidate.
    fn retreat(&mut self) -> Option<Cursor> {
        loop {
            let Frame { task, state, next, otherwise } = self.frames.pop()?;
            while self.next > next {
                self.next -= 1;
                self.flip(self.next);
            }
            if task < self.answered {
                self.remaining.put_back(task);
            } else {
                self.pending_taken -= 1;
            }
            self.flip(task);
            self.happened[task as usize] = false;
            self.state = state;
            self.deepest.kept = self.deepest.kept.min(self.frames.len());
            if otherwise.is_some() {
                return otherwise;
            }
        }
    }

    /// Flips the bit of a task in the situation.
    fn flip(&mut self, task: u32) {
        let slot = self.slots[task as usize] as usize;
        let base = if task < self.answered { 1 } else { self.pending_at };
        self.situation[base + slot / 64] ^= 1 << (slot % 64);
    }

    fn stop(&mut self, limits: &mut Limits<'_>) -> Option<StopReason> {
        const LOOK_EVERY: u64 = 256;
        if self.steps.is_multiple_of(LOOK_EVERY) || self.steps == 1 {
            let memory = self.bytes();
            return limits.spend(LOOK_EVERY, memory);
        }
        None
    }

    /// At the step of a look: how many steps were made without progress. Else 0.
    fn in_vain(&mut self) -> u64 {
        let SearchProgress { due, patience, next } = self.progress;
        if self.steps < due {
            return 0;
        }
        let deepest = self.deepest.reached.0;
        let furthest = deepest.max(self.next);
        let is_stuck = furthest == deepest && furthest == next;
        self.progress = if is_stuck {
            SearchProgress { due: due + 2 * patience, patience: 2 * patience, next }
        } else {
            let SearchProgress { patience, .. } = SearchProgress::of(self.tasks.len());
            SearchProgress { due: due + patience, patience, next: furthest }
        };
        if is_stuck { patience } else { 0 }
    }

    fn bytes(&self) -> usize {
        let frames =
            self.frames.capacity() * size_of::<Frame>() + self.deepest.tasks.capacity() * 4;
        self.seen.bytes() + self.spec.bytes() + self.remaining.bytes() + frames
    }

    /// The number of situations looked at.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// The number of operations in the longest order so far, and of situations remembered.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.deepest.reached.1.max(self.frames.len()), self.seen.len())
    }
}

/// A slot for each task, and the number of slots of the answered ones. No two answered tasks that
/// are open at the same time share one. Unanswered tasks have slots of their own, from 0.
fn slots(tasks: &[Task], answered: usize) -> (Vec<u32>, usize) {
    let mut slots = vec![0; tasks.len()];
    for (number, slot) in (0..).zip(&mut slots[answered..]) {
        *slot = number;
    }
    let mut calls: Vec<u32> = (0..answered as u32).collect();
    calls.sort_by_key(|task| tasks[*task as usize].called);
    let mut free: Vec<u32> = Vec::new();
    let (mut most, mut returned) = (0, 0);
    for task in calls {
        let called = tasks[task as usize].called;
        while returned < answered && tasks[returned].returned.is_some_and(|at| at < called) {
            free.push(slots[returned]);
            returned += 1;
        }
        slots[task as usize] = free.pop().unwrap_or_else(|| {
            most += 1;
            most - 1
        });
    }
    (slots, most as usize)
}

/// For each task the one before it of the same class.
fn twins(tasks: &[Task], answered: usize, spec: &impl Specification) -> Vec<Option<u32>> {
    let mut last = std::collections::BTreeMap::new();
    (0..)
        .zip(tasks)
        .map(|(number, task)| {
            let kind = (spec.class(task.operation), task.is_early, number < answered as u32);
            last.insert(kind, number)
        })
        .collect()
}
