//! The sequential specification (Herlihy and Wing 1990): the state that an operation leads to, and
//! the states in which it can have its answer.
//!
//! The search sees states and operations as numbers. A sub-history of one key has the value of that
//! key for its state. A sub-history whose keys a list ties together has one number for all their
//! values (`maps`).

use crate::bytes::Bytes;
use crate::history::{Completion, Invocation, Model};
use crate::operation::{Answer, MapOperation};
use crate::values::{ABSENT, ANY, EMPTY, ValueId, Values, is_open};

/// The states of a sub-history, and its operations, by number.
pub(crate) trait Specification {
    /// The state before the first operation of the history.
    fn initial(&self) -> u32;
    /// The state of which nothing is known.
    fn unknown(&mut self) -> u32;
    /// The state after an operation; `None` if the operation cannot have its answer in `state`.
    fn step(&mut self, state: u32, operation: u32) -> Option<u32>;
    /// Whether an operation changes no state in which it can have its answer, other than making an
    /// unknown state known.
    fn is_observer(&self, operation: u32) -> bool;
    /// Equal for operations that do the same under the same conditions; less than the number of
    /// operations.
    fn class(&self, operation: u32) -> u32;
    /// The kind of a transition, for the search to look ahead.
    fn kind(&self, _operation: u32) -> TransitionKind {
        TransitionKind::Other
    }
    /// Whether, after an append in a state, further appends can lead to the value that `read`
    /// found.
    fn leads_to(&self, _state: u32, _append: u32, _read: u32) -> bool {
        true
    }
    /// Whether an operation found a value that is not the initial one and that none of the others
    /// can have made.
    fn is_from_nowhere(&self, _operation: u32, _others: &[u32]) -> bool {
        false
    }
    /// Visits what an operation does to each key that it is about.
    fn transitions(&self, operation: u32, visit: &mut dyn FnMut(u32, Transition));
    /// The values of the operations.
    fn values(&self) -> &Values;
    /// The value of every key before the first operation of the history.
    fn first_value(&self) -> ValueId;
    /// A key's value in words.
    fn describe_value(&self, key: u32, value: ValueId) -> String;
    /// A state in words.
    fn describe(&self, state: u32) -> String;
    /// The memory that the states take, in bytes, roughly.
    fn bytes(&self) -> usize;
}

/// The kind of change that an operation makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TransitionKind {
    /// No change, and it found a whole value.
    Read,
    /// No change, and it found out less than a whole value.
    Observe,
    /// The value stays, with something added at its end.
    Append,
    /// Any other change.
    Other,
}

/// What an operation with its answer does to one value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Transition {
    Read(ValueId),
    Write(ValueId),
    Swap { expect: ValueId, value: ValueId },
    Keep { expect: ValueId, current: Option<ValueId> },
    Append { piece: u32, length: Option<u64> },
    Delete { existed: Option<bool> },
}

impl Transition {
    /// An answer that no state allows: the value is not the expected one, and is.
    pub(crate) const NEVER: Self = Self::Keep { expect: ABSENT, current: Some(ABSENT) };

    /// What an operation on one key did, or may have done; `None` if it had no effect and found out
    /// nothing: it failed, or it is a read without an answer.
    pub(crate) fn of(invocation: &Invocation, values: &mut Values) -> Option<Self> {
        let answer = match &invocation.completion {
            Completion::Failed => return None,
            Completion::Unknown => None,
            Completion::Answered(answer) => Some(answer),
        };
        let mut id = |value: &Option<Bytes>| value.as_ref().map_or(ABSENT, |v| values.value(v));
        Some(match (&invocation.operation, answer) {
            (MapOperation::Read { .. }, Some(Answer::Value(value))) => Self::Read(id(value)),
            (MapOperation::Write { value, .. }, _) => Self::Write(values.value(value)),
            (MapOperation::Delete { .. }, Some(Answer::Deleted { existed })) => {
                Self::Delete { existed: Some(*existed) }
            }
            (MapOperation::Delete { .. }, _) => Self::Delete { existed: None },
            (MapOperation::Cas { expect, .. }, Some(Answer::NotSwapped { current })) => {
                Self::Keep { expect: id(expect), current: current.as_ref().map(id) }
            }
            (MapOperation::Cas { expect, value, .. }, _) => {
                Self::Swap { expect: id(expect), value: values.value(value) }
            }
            (MapOperation::Append { value, .. }, answer) => {
                let length = answer.and_then(|answer| match answer {
                    Answer::Appended { length } => Some(*length),
                    Answer::Done
                    | Answer::Value(_)
                    | Answer::Deleted { .. }
                    | Answer::Swapped
                    | Answer::NotSwapped { .. }
                    | Answer::List { .. } => None,
                });
                Self::Append { piece: values.piece(value), length }
            }
            (MapOperation::Read { .. } | MapOperation::List { .. }, _) => return None,
        })
    }

    /// The value after the operation; `None` if it cannot have its answer with this value. If only
    /// the end of the value was known, an answer can make all of it known.
    pub(crate) fn apply(self, state: ValueId, values: &mut Values) -> Option<ValueId> {
        let can_be = |value: ValueId, values: &Values| {
            state == value || (is_open(state) && values.can_be(value, state))
        };
        match self {
            Self::Read(value) => can_be(value, values).then_some(value),
            Self::Write(value) => Some(value),
            Self::Swap { expect, value } => can_be(expect, values).then_some(value),
            Self::Keep { expect, current: Some(current) } => {
                (current != expect && can_be(current, values)).then_some(current)
            }
            Self::Keep { expect, current: None } => (state != expect).then_some(state),
            Self::Append { piece, length } => {
                let longer = values.append(state, piece);
                let fits = length.is_none_or(|length| values.can_have_length(longer, length));
                fits.then_some(longer)
            }
            Self::Delete { existed: None } => Some(ABSENT),
            Self::Delete { existed: Some(true) } => (state != ABSENT).then_some(ABSENT),
            Self::Delete { existed: Some(false) } => can_be(ABSENT, values).then_some(ABSENT),
        }
    }

    pub(crate) fn is_observer(self) -> bool {
        match self {
            Self::Read(_) | Self::Keep { .. } | Self::Delete { existed: Some(false) } => true,
            Self::Swap { expect, value } => expect == value,
            Self::Write(_) | Self::Append { .. } | Self::Delete { .. } => false,
        }
    }
}

/// The value of a key before the first operation of the history.
pub(crate) fn first_value(model: Model) -> ValueId {
    match model {
        Model::Texts => EMPTY,
        Model::Register | Model::Map => ABSENT,
    }
}

/// A class for each transition, equal for equal ones.
pub(crate) fn classes<T: Ord>(transitions: &[T]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..transitions.len() as u32).collect();
    order.sort_by(|a, b| transitions[*a as usize].cmp(&transitions[*b as usize]));
    let mut classes = vec![0; transitions.len()];
    for pair in order.windows(2) {
        let [before, after] = [pair[0] as usize, pair[1] as usize];
        let differ = u32::from(transitions[before] != transitions[after]);
        classes[after] = classes[before] + differ;
    }
    classes
}

/// One key: the state is its value.
pub(crate) struct OneKey {
    model: Model,
    /// The key in words.
    key: String,
    values: Values,
    transitions: Vec<Transition>,
    classes: Vec<u32>,
}

impl OneKey {
    pub(crate) fn new(
        model: Model,
        values: Values,
        key: String,
        transitions: Vec<Transition>,
    ) -> Self {
        let classes = classes(&transitions);
        Self { model, key, values, transitions, classes }
    }
}

impl Specification for OneKey {
    fn initial(&self) -> u32 {
        first_value(self.model)
    }

    fn unknown(&mut self) -> u32 {
        ANY
    }

    fn step(&mut self, state: u32, operation: u32) -> Option<u32> {
        self.transitions[operation as usize].apply(state, &mut self.values)
    }

    fn is_observer(&self, operation: u32) -> bool {
        self.transitions[operation as usize].is_observer()
    }

    fn class(&self, operation: u32) -> u32 {
        self.classes[operation as usize]
    }

    fn kind(&self, operation: u32) -> TransitionKind {
        match self.transitions[operation as usize] {
            Transition::Read(_) => TransitionKind::Read,
            Transition::Append { .. } => TransitionKind::Append,
            transition if transition.is_observer() => TransitionKind::Observe,
            Transition::Write(_)
            | Transition::Swap { .. }
            | Transition::Keep { .. }
            | Transition::Delete { .. } => TransitionKind::Other,
        }
    }

    fn leads_to(&self, state: u32, append: u32, read: u32) -> bool {
        let Transition::Append { piece, .. } = self.transitions[append as usize] else {
            return true;
        };
        let Transition::Read(found) = self.transitions[read as usize] else { return true };
        is_open(state) || self.values.has_at(found, self.values.length(state), piece)
    }

    fn is_from_nowhere(&self, operation: u32, others: &[u32]) -> bool {
        let (Transition::Read(value)
        | Transition::Swap { expect: value, .. }
        | Transition::Keep { current: Some(value), .. }) = self.transitions[operation as usize]
        else {
            return false;
        };
        let makes = |transition: Transition| match transition {
            Transition::Write(written) | Transition::Swap { value: written, .. } => {
                written == value
            }
            Transition::Delete { .. } => value == ABSENT,
            // Whether it makes the whole value depends on the value before it.
            Transition::Append { piece, .. } => self.values.ends_with(value, piece),
            Transition::Read(_) | Transition::Keep { .. } => false,
        };
        let is_made = |other: &u32| *other != operation && makes(self.transitions[*other as usize]);
        value != self.initial() && !others.iter().any(is_made)
    }

    fn transitions(&self, operation: u32, visit: &mut dyn FnMut(u32, Transition)) {
        visit(0, self.transitions[operation as usize]);
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn first_value(&self) -> ValueId {
        first_value(self.model)
    }

    fn describe_value(&self, _: u32, value: ValueId) -> String {
        match (value, self.model) {
            (ABSENT, Model::Register) => "nil".to_owned(),
            (_, Model::Register) => describe_value(&self.values, value),
            (_, Model::Texts | Model::Map) => describe_entry(&self.values, &self.key, value),
        }
    }

    fn describe(&self, state: u32) -> String {
        let value = || describe_value(&self.values, state);
        match (state, self.model) {
            (ABSENT, Model::Register) => "nil".to_owned(),
            (ABSENT, Model::Texts | Model::Map) => NOTHING.to_owned(),
            (_, Model::Register) => value(),
            (_, Model::Texts | Model::Map) => format!("{}={}", self.key, value()),
        }
    }

    fn bytes(&self) -> usize {
        self.values.bytes()
    }
}

/// A map without keys, in words.
pub(crate) const NOTHING: &str = "nothing";

/// A key with its value in words, or without one.
pub(crate) fn describe_entry(values: &Values, key: &str, value: ValueId) -> String {
    match value {
        ABSENT => format!("{key} absent"),
        _ => format!("{key}={}", describe_value(values, value)),
    }
}

/// A value in words; the end of a long one.
pub(crate) fn describe_value(values: &Values, value: ValueId) -> String {
    const LONGEST: usize = 60;
    let bytes = values.tail(value, LONGEST);
    let cut = if values.length(value) > bytes.len() as u64 { "…" } else { "" };
    crate::description::quoted(&bytes, cut)
}
