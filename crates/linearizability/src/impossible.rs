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

mod key;

use std::collections::BTreeMap;

use crate::search::Task;
use crate::specification::{Specification, Transition};
use crate::values::{ABSENT, EMPTY, ValueId, Values};

use self::key::Key;

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

#[cfg(test)]
mod tests;
