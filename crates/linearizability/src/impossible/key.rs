//! The operations on one key, and the moments of its values.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::{Claim, Had, ImpossibleCause};
use crate::search::Task;
use crate::specification::Transition;
use crate::values::{ABSENT, EMPTY, ValueId, Values};

/// An operation that makes a value.
#[derive(Clone, Copy)]
struct Maker {
    task: Task,
    /// Of the operations up to this one, in the order of the calls, the one that returns last.
    last: Task,
    /// The value that the key must have before; `None`: any.
    expect: Option<ValueId>,
}

/// An operation that says that a key had a value at a moment between its call and its return.
#[derive(Clone, Copy)]
struct Witness {
    task: Task,
    had: Had,
}

impl Witness {
    /// Of the two witnesses that were called last and had different values, and this one, again the
    /// two.
    fn after(&self, latest: Option<(Self, Option<Self>)>) -> (Self, Option<Self>) {
        let Some((last, other)) = latest else { return (*self, None) };
        let is_later = |than: &Self| self.task.called > than.task.called;
        if is_later(&last) {
            (*self, if last.had == self.had { other } else { Some(last) })
        } else if last.had != self.had && other.as_ref().is_none_or(is_later) {
            (last, Some(*self))
        } else {
            (last, other)
        }
    }
}

/// The operations on one key.
#[derive(Default)]
pub(super) struct Key {
    /// The answers that found out something, in the order of the returns.
    pub(super) answers: Vec<(Task, Claim)>,
    makers: BTreeMap<ValueId, Vec<Maker>>,
    /// The appends, by their bytes.
    appends: BTreeMap<Vec<u8>, Vec<Maker>>,
    /// The lengths of these bytes.
    lengths: Vec<usize>,
    /// In the order of the returns.
    witnesses: Vec<Witness>,
    /// For each number of first witnesses the two that were called last and had different values.
    latest: Vec<(Witness, Option<Witness>)>,
    /// The first moment of each value: 0 is the beginning, then each event counts 1.
    moments: BTreeMap<ValueId, u64>,
    /// The two first moments of different values. The value is `None` if an append makes it.
    earliest: Vec<(u64, Option<ValueId>)>,
}

impl Key {
    pub(super) fn add(&mut self, task: Task, transition: Transition, values: &Values) {
        let mut makes = |value, expect| {
            self.makers.entry(value).or_default().push(Maker { task, last: task, expect });
        };
        match transition {
            Transition::Write(value) => makes(value, None),
            Transition::Swap { expect, value } if expect != value => makes(value, Some(expect)),
            Transition::Delete { existed: None | Some(true) } => makes(ABSENT, None),
            Transition::Append { piece, .. } => {
                let bytes = values.piece_bytes(piece);
                if bytes.is_empty() {
                    makes(EMPTY, None);
                } else if let Some(makers) = self.appends.get_mut(bytes) {
                    makers.push(Maker { task, last: task, expect: None });
                } else {
                    self.appends
                        .insert(bytes.to_vec(), vec![Maker { task, last: task, expect: None }]);
                }
            }
            Transition::Swap { .. }
            | Transition::Read(_)
            | Transition::Keep { .. }
            | Transition::Delete { existed: Some(false) } => {}
        }
        if task.returned.is_none() {
            return;
        }
        let claim = Claim::of(transition, values);
        self.answers.extend(claim.map(|claim| (task, claim)));
        if let Some(Claim::Never(_)) = claim {
            return;
        }
        self.witnesses.extend(Had::of(transition).map(|had| Witness { task, had }));
    }

    /// Makes the tables for the look-ups.
    pub(super) fn sort(&mut self, values: &Values, first_value: ValueId) {
        self.lengths = self.appends.keys().map(Vec::len).collect();
        self.lengths.sort_unstable();
        self.lengths.dedup();
        for makers in self.makers.values_mut().chain(self.appends.values_mut()) {
            makers.sort_unstable_by_key(|maker| maker.task.called);
            let mut last = makers[0].task;
            for maker in makers {
                last = if until(maker.task) > until(last) { maker.task } else { last };
                maker.last = last;
            }
        }
        self.answers.sort_unstable_by_key(|(task, _)| task.returned);
        self.witnesses.sort_unstable_by_key(|witness| witness.task.returned);
        let mut latest = None;
        for witness in &self.witnesses {
            let both = witness.after(latest);
            self.latest.push(both);
            latest = Some(both);
        }
        self.find_moments(values, first_value);
    }

    /// Finds the first moment of each value: the shortest way from the beginning (Dijkstra).
    fn find_moments(&mut self, values: &Values, first_value: ValueId) {
        let mut queue = BinaryHeap::from([Reverse((0, first_value))]);
        let mut swaps: BTreeMap<ValueId, Vec<(u64, ValueId)>> = BTreeMap::new();
        let called = |maker: &Maker| u64::from(maker.task.called) + 1;
        for (value, makers) in &self.makers {
            for maker in makers {
                match maker.expect {
                    None => queue.push(Reverse((called(maker), *value))),
                    Some(expect) => swaps.entry(expect).or_default().push((called(maker), *value)),
                }
            }
        }
        let claimed = self.answers.iter().map(|(_, claim)| match claim {
            Claim::Was(value) | Claim::WasNot(value) | Claim::Never(value) => *value,
        });
        let asked: BTreeSet<ValueId> = claimed.chain(swaps.keys().copied()).collect();
        for value in asked {
            let appends = self.appends_of(value, values).map(|makers| called(&makers[0]));
            queue.extend(appends.map(|moment| Reverse((moment, value))));
        }
        while let Some(Reverse((moment, value))) = queue.pop() {
            if self.moments.contains_key(&value) {
                continue;
            }
            self.moments.insert(value, moment);
            self.earliest.push((moment, Some(value)));
            let next = swaps.remove(&value).unwrap_or_default();
            queue.extend(next.into_iter().map(|(called, to)| Reverse((called.max(moment), to))));
        }
        let appends = self.appends.values().map(|makers| (called(&makers[0]), None));
        self.earliest.extend(appends);
        self.earliest.sort_unstable();
    }

    /// The appends that may have made a value, for each piece in the order of the calls.
    fn appends_of(&self, value: ValueId, values: &Values) -> impl Iterator<Item = &[Maker]> {
        let longest = self.lengths.last().copied().unwrap_or_default();
        let end = if value == ABSENT { Vec::new() } else { values.tail(value, longest) };
        let lengths = self.lengths.iter();
        lengths.filter_map(move |length| {
            let start = end.len().checked_sub(*length)?;
            self.appends.get(&end[start..]).map(Vec::as_slice)
        })
    }

    /// All operations that may have made a value, in lists in the order of the calls.
    fn makers_of(&self, value: ValueId, values: &Values) -> impl Iterator<Item = &[Maker]> {
        let makers = self.makers.get(&value).map(Vec::as_slice);
        makers.into_iter().chain(self.appends_of(value, values))
    }

    pub(super) fn first_impossible(
        &self,
        values: &Values,
    ) -> Option<(Task, ValueId, ImpossibleCause<Task>)> {
        self.answers.iter().find_map(|(task, claim)| {
            let returned = u64::from(task.returned?);
            let (value, cause) = match *claim {
                Claim::Never(value) => (value, ImpossibleCause::Itself),
                Claim::WasNot(value) => {
                    let mut others = self.earliest.iter().filter(|(_, it)| *it != Some(value));
                    let is_late = others.next().is_none_or(|(moment, _)| *moment > returned);
                    (value, is_late.then_some(ImpossibleCause::NothingElse)?)
                }
                Claim::Was(value) => {
                    let is_late = self.moments.get(&value).is_none_or(|moment| *moment > returned);
                    let cause = if is_late {
                        self.not_made(*task, value, values)
                    } else {
                        self.replaced(*task, value, values)?
                    };
                    (value, cause)
                }
            };
            Some((*task, value, cause))
        })
    }

    /// Why a value was not made before an operation returned.
    fn not_made(&self, task: Task, value: ValueId, values: &Values) -> ImpossibleCause<Task> {
        let first = self.makers_of(value, values).map(|makers| makers[0].task);
        let Some(first) = first.min_by_key(|first| first.called) else {
            return ImpossibleCause::NeverMade;
        };
        if Some(first.called) > task.returned {
            ImpossibleCause::MadeLater(first)
        } else {
            ImpossibleCause::NeverExpected(first)
        }
    }

    /// Whether a value was replaced before an operation was called, and not made again.
    fn replaced(
        &self,
        task: Task,
        value: ValueId,
        values: &Values,
    ) -> Option<ImpossibleCause<Task>> {
        let over = self.witnesses.partition_point(|it| it.task.returned < Some(task.called));
        let (last, other) = *self.latest.get(over.checked_sub(1)?)?;
        let by =
            [Some(last), other].into_iter().flatten().find(|it| it.had.excludes(value, values))?;
        let maker = self.makers_of(value, values).filter_map(|makers| {
            let before = makers.partition_point(|maker| Some(maker.task.called) < task.returned);
            Some(makers[before.checked_sub(1)?].last)
        });
        let maker = maker.max_by_key(|maker| until(*maker));
        let is_over = maker.is_none_or(|maker| until(maker) < u64::from(by.task.called));
        is_over.then_some(ImpossibleCause::Replaced { by: by.task, maker })
    }
}

/// The event of a return; later than all others if there is none.
fn until(task: Task) -> u64 {
    task.returned.map_or(u64::MAX, u64::from)
}
