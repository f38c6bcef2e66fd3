//! The order that got furthest, and the order that was found: each operation with its moment.

use std::cmp::Reverse;

use super::{Search, Task};
use crate::specification::Specification;

/// An operation in an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    /// Its number in the specification.
    pub(crate) operation: u32,
    /// It takes effect just before this event, the return of an operation.
    pub(crate) before: u32,
    /// The state after it.
    pub(crate) state: u32,
}

/// The furthest that any order gets.
#[derive(Debug)]
pub(crate) struct DeadEnd {
    /// The longest of the orders that get furthest.
    pub(crate) order: Vec<Placed>,
    /// The operation whose return no order reaches.
    pub(crate) stuck: Task,
}

/// The order that got furthest. When another one gets further, only the difference is copied.
pub(super) struct Deepest {
    /// The first task that could not return, the number of answered tasks in the order, and the
    /// number of others: the more of the former and the fewer of the latter, the better.
    pub(super) reached: (u32, usize, Reverse<usize>),
    pub(super) tasks: Vec<u32>,
    /// How many of the first frames are still those that `tasks` was copied from.
    pub(super) kept: usize,
}

impl<S: Specification> Search<'_, S> {
    /// Remembers the present order if it reaches further than any before. Appends that do not lead
    /// to the read at which the search aims were not tried, but they can take effect before its
    /// return.
    pub(super) fn note_deepest(&mut self, aim: Option<u32>) {
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

    /// The first return, up to that of a read, that the operations in the order of their returns do
    /// not reach; and the operations that can take effect before it, whatever the read found.
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

    pub(super) fn dead_end(&mut self) -> DeadEnd {
        let tasks = std::mem::take(&mut self.deepest.tasks);
        let stuck = self.stuck();
        DeadEnd { order: self.placed(tasks), stuck }
    }

    /// The operation whose return no order has reached.
    pub(super) fn stuck(&self) -> Task {
        self.tasks[self.deepest.reached.0 as usize]
    }

    /// For each operation of an order its moment and the state after it.
    pub(super) fn placed(&mut self, order: Vec<u32>) -> Vec<Placed> {
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
