//! The search for an order of the operations (Wing and Gong 1993, Lowe 2017).
//!
//! Operations that were answered are put in order no earlier than they have to: when the first of
//! those that remain returns, it must have happened, and before it any of the others that were called
//! by then. A situation is therefore known by which operation returns next, which of those called before
//! that have happened, and the state; it is looked at once. Four rules keep the number of situations
//! small:
//! - An operation that changes nothing and is allowed now is put in order at once: whatever can come
//!   after, can come after it.
//! - Of operations that do the same, the one that returns first goes first. Operations that nobody
//!   answered never have to happen, so they are tried last, and only where they change something that
//!   makes a difference to what comes next.
//! - Up to a read before which only appends can come, what is appended has to be what the read found.
//! - Where fewer unanswered operations have happened, more can still come (`seen`).
//!
//! A search that gets no further asks whether it can: where the last few operations contradict each other
//! whatever was there before (`window`), all that could have been there before need not be tried.

use std::cmp::Reverse;

use super::list::Remaining;
use super::model::{Effect, Model};
use super::seen::Seen;
use super::{Limits, Reason};

/// An operation as the search sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    /// When it was called.
    pub(super) called: u32,
    /// When it returned; `None` if it need not have happened.
    pub(super) returned: Option<u32>,
    /// Its number in the model.
    pub(super) operation: u32,
    /// It was called before the beginning, where nothing is known: it may be part of what made the state.
    pub(super) is_early: bool,
}

/// How a search ended.
#[derive(Debug)]
pub(super) enum Found {
    /// All are in order.
    Order(Vec<Placed>),
    /// There is no order.
    Nothing(DeadEnd),
    /// It was stopped.
    Stopped(Reason),
}

/// An operation that has its place in the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    /// Its number in the model.
    pub(super) operation: u32,
    /// It happened just before this moment, at which an operation returns.
    pub(super) before: u32,
    /// The state after it.
    pub(super) state: u32,
}

/// As far as any order got.
#[derive(Debug)]
pub(super) struct DeadEnd {
    /// The longest order of those that got furthest.
    pub(super) order: Vec<Placed>,
    /// The operation that cannot return.
    pub(super) stuck: Task,
}

/// Where to go on with trying what can come next.
#[derive(Clone, Copy)]
struct Cursor {
    at: At,
    /// A read up to which there can only be appends.
    aim: Option<u32>,
}

#[derive(Clone, Copy)]
enum At {
    /// At the operation that has to come.
    Required,
    /// At a call in the list.
    Call(u32),
    /// At an operation that nobody answered.
    Pending(u32),
}

/// A decision.
struct Frame {
    task: u32,
    /// The state and the next to return before it.
    state: u32,
    next: u32,
    /// What to try instead; `None` if nothing else need be tried.
    otherwise: Option<Cursor>,
}

pub(super) struct Search<'a, M> {
    model: &'a mut M,
    /// First those that returned, in that order; then the others, in the order of their calls.
    tasks: Vec<Task>,
    /// How many returned.
    answered: u32,
    /// For each task the one of the same kind that goes before it.
    twins: Vec<Option<u32>>,
    /// For each task a number that no other has at the same time.
    slots: Vec<u32>,
    happened: Vec<bool>,
    remaining: Remaining,
    initial: u32,
    state: u32,
    /// The first to return of those that have not happened.
    next: u32,
    /// Which situation this is: two numbers, the slots of those that happened and did not return yet,
    /// and those that nobody answered.
    situation: Vec<u64>,
    pending_at: usize,
    frames: Vec<Frame>,
    seen: Seen,
    deepest: Deepest,
    /// How many of the decisions are for an operation that nobody answered.
    pending_taken: usize,
    /// How many situations were looked at.
    steps: u64,
    progress: Progress,
}

/// Whether a search gets on.
#[derive(Clone, Copy)]
struct Progress {
    /// After how many steps that is looked at next.
    due: u64,
    /// After how many more steps then.
    patience: u64,
    /// How far it had got when that was looked at before.
    next: u32,
}

impl Progress {
    /// Of a search among so many operations.
    fn of(operations: usize) -> Self {
        const LEAST: u64 = 4096;
        // To look costs a little for each operation.
        let patience = LEAST.max(operations as u64 / 4);
        Self { due: patience, patience, next: 0 }
    }
}

/// The order that got furthest. Only what differs from the one before is copied.
struct Deepest {
    /// The first that could not return, how many that were answered are in the order, and how few
    /// others.
    reached: (u32, usize, Reverse<usize>),
    tasks: Vec<u32>,
    /// The frames up to here are as they were when `tasks` was copied.
    kept: usize,
}

impl<'a, M: Model> Search<'a, M> {
    /// The search for an order of these, from this state on.
    pub(super) fn new(model: &'a mut M, state: u32, mut tasks: Vec<Task>) -> Self {
        tasks.sort_by_key(|task| (task.returned.is_none(), task.returned, task.called));
        let answered = tasks.iter().filter(|task| task.returned.is_some()).count();
        let spans = tasks.iter().filter_map(|task| Some((task.called, task.returned?)));
        let remaining = Remaining::new(&spans.collect::<Vec<_>>());
        let (slots, most) = slots(&tasks, answered);
        let pending_at = 1 + most.div_ceil(64);
        let pending_words = (tasks.len() - answered).div_ceil(64);
        Self {
            twins: twins(&tasks, answered, model),
            happened: vec![false; tasks.len()],
            answered: answered as u32,
            situation: vec![0; pending_at + pending_words],
            seen: Seen::new(pending_at, pending_words),
            progress: Progress::of(tasks.len()),
            model,
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

    pub(super) fn run(&mut self, limits: &mut Limits<'_>) -> Found {
        self.run_unless(limits, |_, _, _| false)
    }

    /// Searches. When it does not get further, it asks whether the operation that it is stuck with
    /// cannot return anyhow, and says how many steps it made in vain.
    pub(super) fn run_unless(
        &mut self,
        limits: &mut Limits<'_>,
        mut is_hopeless: impl FnMut(&mut M, Task, u64) -> bool,
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
            if in_vain > 0 && is_hopeless(self.model, self.stuck(), in_vain) {
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

    /// Puts in order what changes nothing and is allowed now.
    fn observe(&mut self) {
        let mut place = self.remaining.first();
        while self.next < self.answered && place != self.remaining.return_of(self.next) {
            let task = self.remaining.operation(place);
            place = self.remaining.after(place);
            let operation = self.tasks[task as usize].operation;
            if self.model.is_observer(operation) && self.step(task) == Some(self.state) {
                // The list closes behind it: its own return may have been what comes next.
                if place == self.remaining.return_of(task) {
                    place = self.remaining.after(place);
                }
                self.take(task, self.state, None);
            }
        }
    }

    /// The read that returns next, if nothing but appends can happen before it.
    fn aim(&self) -> Option<u32> {
        /// How far it is worth looking.
        const FAR: usize = 100;
        let mut place = self.remaining.first();
        for _ in 0..FAR {
            if self.remaining.is_end(place) {
                return None;
            }
            let task = self.remaining.operation(place);
            let Task { operation, returned, .. } = self.tasks[task as usize];
            let is_return = place == self.remaining.return_of(task);
            match self.model.effect(operation) {
                Effect::Other => return None,
                Effect::Read if is_return => {
                    let pending = &self.tasks[self.answered as usize..];
                    let mut called = pending.iter().take_while(|task| Some(task.called) < returned);
                    let only_appends =
                        called.all(|task| self.model.effect(task.operation) == Effect::Append);
                    return only_appends.then_some(task);
                }
                _ => place = self.remaining.after(place),
            }
        }
        None
    }

    /// The next operation that can happen here, the state after it, and where to go on afterwards.
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

    /// Whether what nobody answered and was put in order last makes a difference to what comes next. If
    /// not, the same can come without it.
    fn needs_what_came_before(&mut self, task: u32, after: u32) -> bool {
        let last = self.frames.last().filter(|frame| frame.task >= self.answered);
        let before = last.map(|frame| frame.state);
        before.is_none_or(|before| self.step_from(before, task) != Some(after))
    }

    /// Whether what a read is to find can still be there after an append.
    fn is_on_the_way(&self, task: u32, aim: Option<u32>) -> bool {
        let append = self.tasks[task as usize].operation;
        aim.is_none_or(|read| {
            self.model.effect(append) != Effect::Append
                || self.model.leads_to(self.state, append, self.tasks[read as usize].operation)
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
        self.model.step(state, operation)
    }

    /// Whether one that does the same has to return before it and could happen now.
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
        // Those that return now are behind, and their slots are free.
        while self.next < self.answered && self.happened[self.next as usize] {
            self.flip(self.next);
            self.next += 1;
        }
    }

    /// Takes back decisions up to one that could have been made otherwise.
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

    /// Notes in the situation that a task has happened, or that it has not.
    fn flip(&mut self, task: u32) {
        let slot = self.slots[task as usize] as usize;
        let base = if task < self.answered { 1 } else { self.pending_at };
        self.situation[base + slot / 64] ^= 1 << (slot % 64);
    }

    fn stop(&mut self, limits: &mut Limits<'_>) -> Option<Reason> {
        const LOOK_EVERY: u64 = 256;
        if self.steps.is_multiple_of(LOOK_EVERY) || self.steps == 1 {
            let memory = self.bytes();
            return limits.spend(LOOK_EVERY, memory);
        }
        None
    }

    /// When it is time to look how far the search got: how many steps it made without getting further.
    fn in_vain(&mut self) -> u64 {
        let Progress { due, patience, next } = self.progress;
        if self.steps < due {
            return 0;
        }
        let deepest = self.deepest.reached.0;
        let furthest = deepest.max(self.next);
        let is_stuck = furthest == deepest && furthest == next;
        self.progress = if is_stuck {
            Progress { due: due + 2 * patience, patience: 2 * patience, next }
        } else {
            let Progress { patience, .. } = Progress::of(self.tasks.len());
            Progress { due: due + patience, patience, next: furthest }
        };
        if is_stuck { patience } else { 0 }
    }

    fn bytes(&self) -> usize {
        let frames =
            self.frames.capacity() * size_of::<Frame>() + self.deepest.tasks.capacity() * 4;
        self.seen.bytes() + self.model.bytes() + self.remaining.bytes() + frames
    }

    /// Notes how far the order reaches. Appends that do not lead to the read that is aimed at were not
    /// tried, but they can happen up to its return.
    fn note_deepest(&mut self, aim: Option<u32>) {
        let aim = aim.filter(|read| *read > self.deepest.reached.0);
        let (next, ahead) = aim.map_or((self.next, Vec::new()), |read| self.ahead(read));
        let pending = self.pending_taken;
        let reached = (next, self.frames.len() + ahead.len() - pending, Reverse(pending));
        let Deepest { reached: deepest, tasks, kept } = &mut self.deepest;
        if reached > *deepest {
            *deepest = reached;
            tasks.truncate(*kept);
            tasks.extend(self.frames[*kept..].iter().map(|frame| frame.task));
            tasks.extend(ahead);
            *kept = self.frames.len();
        }
    }

    /// The first return, up to that of a read, that cannot be reached in the order of the returns; and
    /// what can happen before it, whatever the read found.
    fn ahead(&mut self, read: u32) -> (u32, Vec<u32>) {
        let (mut state, mut order, mut task) = (self.state, Vec::new(), self.next);
        while task < read {
            if !self.happened[task as usize] {
                let Some(after) = self.step_from(state, task) else { break };
                state = after;
                order.push(task);
            }
            task += 1;
        }
        let mut place = self.remaining.first();
        while place != self.remaining.return_of(task) {
            let open = self.remaining.operation(place);
            if open != task
                && !order.contains(&open)
                && let Some(after) = self.step_from(state, open)
            {
                state = after;
                order.push(open);
            }
            place = self.remaining.after(place);
        }
        (task, order)
    }

    fn dead_end(&mut self) -> DeadEnd {
        let tasks = std::mem::take(&mut self.deepest.tasks);
        let stuck = self.stuck();
        DeadEnd { order: self.placed(tasks), stuck }
    }

    /// The first to return of those that no order has reached.
    fn stuck(&self) -> Task {
        self.tasks[self.deepest.reached.0 as usize]
    }

    /// How many situations were looked at.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// How many operations could be put in order so far.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.deepest.reached.1.max(self.frames.len()), self.seen.len())
    }

    /// When each of these happens, and what it leads to.
    fn placed(&mut self, order: Vec<u32>) -> Vec<Placed> {
        let mut happened = vec![false; self.tasks.len()];
        let (mut next, mut state) = (0, self.initial);
        let mut placed = Vec::with_capacity(order.len());
        for task in order {
            let before = self.tasks[next].returned.unwrap_or(u32::MAX);
            state = self.step_from(state, task).unwrap_or(state);
            placed.push(Placed { operation: self.tasks[task as usize].operation, before, state });
            happened[task as usize] = true;
            while next + 1 < self.tasks.len() && happened[next] {
                next += 1;
            }
        }
        placed
    }
}

/// A number for each task that no other has at the same time, and how many are needed. Those that
/// nobody answered count from 0 by themselves.
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

/// For each task the one before it of those that do the same.
fn twins(tasks: &[Task], answered: usize, model: &impl Model) -> Vec<Option<u32>> {
    let mut last = std::collections::BTreeMap::new();
    (0..)
        .zip(tasks)
        .map(|(number, task)| {
            let kind = (model.class(task.operation), task.is_early, number < answered as u32);
            last.insert(kind, number)
        })
        .collect()
}
