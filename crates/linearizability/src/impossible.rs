//! Answers with a value that no operation can have made in time, found by one look at each
//! operation, without a search. A search that meets a limit may not have come to them.
//!
//! **The first moment of a value** is the earliest one at which a key can have it: the beginning
//! for the initial value, else the earliest call of an operation that makes it. A compare-and-set
//! makes its value no earlier than the first moment of the value that it expects. An append may
//! make every value that ends with its bytes. An answer that found a value, and returned before its
//! first moment, has no order.
//!
//! **The last return of a value** is that of the last operation that makes it. If an operation with
//! another value is called after that, and is over before a read begins, the read cannot find the
//! first value again.
//!
//! Both are true whatever else the history has: the moments are bounds, and no operation is left
//! out that may make a value. So an answer found here is impossible, but not every one is found.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::search::Task;
use crate::specification::{Specification, Transition};
use crate::values::{ABSENT, EMPTY, ValueId, Values};

/// An answer with a value that no operation can have made in time. Operations are given by their
/// indexes in [`History::invocations`](crate::History::invocations).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImpossibleAnswer<Index = usize> {
    /// The operation with the answer.
    pub found_by: Index,
    /// The value, in words.
    pub value: String,
    /// Why that is impossible.
    pub cause: ImpossibleCause<Index>,
}

/// The reason why an answer is impossible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImpossibleCause<Index = usize> {
    /// It is not the initial value, and no operation makes it.
    NeverMade,
    /// This operation is the first to be called that makes it, and was called after the answer.
    MadeLater(Index),
    /// This compare-and-set makes it, but nothing makes in time the value that it expects.
    NeverExpected(Index),
    /// It says that the key had another value than this one, and no operation had made another.
    NothingElse,
    /// It is not an answer that the call can have, whatever the value.
    Itself,
    /// An operation gave the key another value, or found another one.
    Replaced {
        /// That operation. It was over before the answer's operation was called.
        by: Index,
        /// The last operation that makes the value, and was over before `by` was called; `None` if
        /// it is the initial value, and no operation makes it again.
        maker: Option<Index>,
    },
}

impl<Index> ImpossibleAnswer<Index> {
    /// The same with other numbers for the operations.
    pub(crate) fn map<T>(self, number: impl Fn(Index) -> T) -> ImpossibleAnswer<T> {
        let cause = match self.cause {
            ImpossibleCause::NeverMade => ImpossibleCause::NeverMade,
            ImpossibleCause::MadeLater(by) => ImpossibleCause::MadeLater(number(by)),
            ImpossibleCause::NeverExpected(by) => ImpossibleCause::NeverExpected(number(by)),
            ImpossibleCause::NothingElse => ImpossibleCause::NothingElse,
            ImpossibleCause::Itself => ImpossibleCause::Itself,
            ImpossibleCause::Replaced { by, maker } => {
                ImpossibleCause::Replaced { by: number(by), maker: maker.map(&number) }
            }
        };
        ImpossibleAnswer { found_by: number(self.found_by), value: self.value, cause }
    }
}

/// The first answer, in the order of the returns, that is found to be impossible.
pub(crate) fn impossible_answer(
    spec: &impl Specification,
    tasks: &[Task],
) -> Option<ImpossibleAnswer<Task>> {
    first_of(spec, tasks, |_| true)
}

/// The first impossible answer among those that are asked about.
fn first_of(
    spec: &impl Specification,
    tasks: &[Task],
    is_asked: impl Fn(&Task) -> bool,
) -> Option<ImpossibleAnswer<Task>> {
    /// Lists of many keys are not looked at if there are more answers about a key than this.
    const MOST: usize = 4_000_000;
    let (mut keys, mut visited) = (BTreeMap::<u32, Key>::new(), 0);
    for task in tasks {
        spec.transitions(task.operation, &mut |key, transition| {
            visited += 1;
            if visited <= MOST {
                keys.entry(key).or_default().add(*task, transition, spec.values());
            }
        });
    }
    if visited > MOST {
        return None;
    }
    let of_key = |(number, key): (&u32, &mut Key)| {
        key.answers.retain(|(task, _)| is_asked(task));
        key.sort(spec.values(), spec.first_value());
        let (task, value, cause) = key.first_impossible(spec.values())?;
        let value = spec.describe_value(*number, value);
        Some(ImpossibleAnswer { found_by: task, value, cause })
    };
    keys.iter_mut().filter_map(of_key).min_by_key(|found| found.found_by.returned)
}

/// Whether the answer of one operation is impossible. It costs less than to look at all of them: in
/// most histories only the operations that make its value matter, and the last that replaces it.
pub(crate) fn impossible_answer_of(
    spec: &impl Specification,
    tasks: &[Task],
    asked: Task,
) -> Option<ImpossibleAnswer<Task>> {
    let mut parts = Vec::new();
    spec.transitions(asked.operation, &mut |key, transition| parts.push((key, transition)));
    let is_asked = |task: &Task| task.operation == asked.operation;
    let [(key, transition)] = parts[..] else {
        return first_of(spec, tasks, is_asked);
    };
    let values = spec.values();
    let Claim::Was(value) = Claim::of(transition, values)? else {
        return first_of(spec, tasks, is_asked);
    };
    let mut is_made = value == spec.first_value();
    let (mut kept, mut by): (Vec<Task>, Option<Task>) = (vec![asked], None);
    for task in tasks.iter().filter(|task| Some(task.called) < asked.returned) {
        let mut one_key = None;
        spec.transitions(task.operation, &mut |of, it| {
            one_key = (of == key).then_some(it).or(one_key)
        });
        let Some(transition) = one_key.filter(|_| task.operation != asked.operation) else {
            continue;
        };
        if transition.makes(value, values) {
            is_made |= !matches!(transition, Transition::Swap { .. });
            kept.push(*task);
        }
        let is_over = task.returned.is_some_and(|returned| returned < asked.called);
        let is_later = by.is_none_or(|by| by.called < task.called);
        if is_over && is_later && Had::of(transition).is_some_and(|had| had.excludes(value, values))
        {
            by = Some(*task);
        }
    }
    kept.extend(by.filter(|by| kept.iter().all(|task| task.operation != by.operation)));
    let relevant = if is_made { &kept } else { tasks };
    first_of(spec, relevant, is_asked)
}

impl Transition {
    /// Whether it may leave the key with a value that was not there before.
    fn makes(self, value: ValueId, values: &Values) -> bool {
        match self {
            Self::Write(written) => written == value,
            Self::Swap { expect, value: written } => written == value && expect != value,
            Self::Delete { existed: None | Some(true) } => value == ABSENT,
            Self::Append { piece, .. } => value != ABSENT && values.ends_with(value, piece),
            Self::Read(_) | Self::Keep { .. } | Self::Delete { existed: Some(false) } => false,
        }
    }
}

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

/// The part of an answer that is about the value which a key had.
#[derive(Clone, Copy)]
enum Claim {
    Was(ValueId),
    WasNot(ValueId),
    /// It contradicts the call.
    Never(ValueId),
}

impl Claim {
    fn of(transition: Transition, values: &Values) -> Option<Self> {
        match transition {
            Transition::Keep { expect, current: Some(current) } if expect == current => {
                Some(Self::Never(current))
            }
            Transition::Read(value)
            | Transition::Swap { expect: value, .. }
            | Transition::Keep { current: Some(value), .. } => Some(Self::Was(value)),
            Transition::Keep { expect, current: None } => Some(Self::WasNot(expect)),
            Transition::Delete { existed: Some(true) } => Some(Self::WasNot(ABSENT)),
            Transition::Delete { existed: Some(false) } => Some(Self::Was(ABSENT)),
            Transition::Append { piece, length: Some(length) }
                if length < values.piece_bytes(piece).len() as u64 =>
            {
                Some(Self::Never(EMPTY))
            }
            Transition::Write(_)
            | Transition::Append { .. }
            | Transition::Delete { existed: None } => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Had {
    Value(ValueId),
    /// A value that ends with a piece.
    End(u32),
}

impl Had {
    fn of(transition: Transition) -> Option<Self> {
        match transition {
            Transition::Read(value)
            | Transition::Write(value)
            | Transition::Swap { value, .. }
            | Transition::Keep { current: Some(value), .. } => Some(Self::Value(value)),
            Transition::Delete { .. } => Some(Self::Value(ABSENT)),
            Transition::Append { piece, .. } => Some(Self::End(piece)),
            Transition::Keep { current: None, .. } => None,
        }
    }

    fn excludes(self, value: ValueId, values: &Values) -> bool {
        match self {
            Self::Value(had) => had != value,
            Self::End(piece) => value == ABSENT || !values.ends_with(value, piece),
        }
    }
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
struct Key {
    /// The answers that found out something, in the order of the returns.
    answers: Vec<(Task, Claim)>,
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
    fn add(&mut self, task: Task, transition: Transition, values: &Values) {
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
    fn sort(&mut self, values: &Values, first_value: ValueId) {
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

    fn first_impossible(&self, values: &Values) -> Option<(Task, ValueId, ImpossibleCause<Task>)> {
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

#[cfg(test)]
mod tests;
