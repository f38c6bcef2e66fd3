//! What an operation does to a state, and which states its answer allows.
//!
//! The search sees states as numbers. A part of a history with one key has the key's value for its
//! state; a part whose keys a `list` ties together has one number for all their values (`maps`).

use raft_kv::{Operation, Value};

use super::history::{Answer, Invocation, Outcome, Subject};
use super::values::{ABSENT, ANY, EMPTY, ValueId, Values, is_open};

/// The states of a part of a history, and its operations, by number.
pub(super) trait Model {
    /// The state at first.
    fn initial(&self) -> u32;
    /// The state of which nothing is known.
    fn unknown(&mut self) -> u32;
    /// The state after the operation; `None` if it cannot happen here with the answer that it got.
    fn step(&mut self, state: u32, operation: u32) -> Option<u32>;
    /// Whether the operation changes no state that allows it, except for one that is not known.
    fn is_observer(&self, operation: u32) -> bool;
    /// Operations that do the same under the same conditions have the same class, below their number.
    fn class(&self, operation: u32) -> u32;
    /// What the search may look ahead for.
    fn effect(&self, _operation: u32) -> Effect {
        Effect::Other
    }
    /// Whether an append in a state makes something that goes on to what `read` found, if nothing but
    /// appends comes in between.
    fn leads_to(&self, _state: u32, _append: u32, _read: u32) -> bool {
        true
    }
    /// Whether an operation found what is not there at first and what none of the others can have made.
    fn is_from_nowhere(&self, _operation: u32, _others: &[u32]) -> bool {
        false
    }
    /// A state in words.
    fn describe(&self, state: u32) -> String;
    /// How much memory the states take, about.
    fn bytes(&self) -> usize;
}

/// What kind of change an operation makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    /// It changes nothing and found a whole value.
    Read,
    /// It changes nothing and found out less.
    Observe,
    /// What was there stays, and something comes to its end.
    Append,
    /// Anything else.
    Other,
}

/// What an operation does to one value, with what was answered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Step {
    Read(ValueId),
    Write(ValueId),
    Swap { expect: ValueId, value: ValueId },
    KeepUnless { expect: ValueId, current: Option<ValueId> },
    Append { piece: u32, length: Option<u64> },
    Delete { existed: Option<bool> },
}

impl Step {
    /// What an operation on one key did, or may have done; `None` if it did nothing that anybody saw.
    pub(super) fn of(invocation: &Invocation, values: &mut Values) -> Option<Self> {
        let answer = match &invocation.outcome {
            Outcome::Failed => return None,
            Outcome::Unknown => None,
            Outcome::Answered(answer) => Some(answer),
        };
        let mut id = |value: &Option<Value>| value.as_ref().map_or(ABSENT, |v| values.value(v));
        Some(match (&invocation.operation, answer) {
            (Operation::Get { .. }, Some(Answer::Value(value))) => Self::Read(id(value)),
            (Operation::Set { value, .. }, _) => Self::Write(values.value(value)),
            (Operation::Delete { .. }, Some(Answer::Deleted { existed })) => {
                Self::Delete { existed: Some(*existed) }
            }
            (Operation::Delete { .. }, _) => Self::Delete { existed: None },
            (Operation::Cas { expect, .. }, Some(Answer::NotSwapped { current })) => {
                Self::KeepUnless { expect: id(expect), current: current.as_ref().map(id) }
            }
            (Operation::Cas { expect, value, .. }, _) => {
                Self::Swap { expect: id(expect), value: values.value(value) }
            }
            (Operation::Append { value, .. }, answer) => {
                let length = match answer {
                    Some(Answer::Appended { length }) => Some(*length),
                    _ => None,
                };
                Self::Append { piece: values.piece(value), length }
            }
            (Operation::Get { .. } | Operation::List { .. }, _) => return None,
        })
    }

    /// The value after it; `None` if it cannot have happened to this value. Of a value of which only the
    /// end is known, what it found shows the rest.
    pub(super) fn apply(self, state: ValueId, values: &mut Values) -> Option<ValueId> {
        let can_be = |value: ValueId, values: &Values| {
            state == value || (is_open(state) && values.can_be(value, state))
        };
        match self {
            Self::Read(value) => can_be(value, values).then_some(value),
            Self::Write(value) => Some(value),
            Self::Swap { expect, value } => can_be(expect, values).then_some(value),
            Self::KeepUnless { expect, current: Some(current) } => {
                (current != expect && can_be(current, values)).then_some(current)
            }
            Self::KeepUnless { expect, current: None } => (state != expect).then_some(state),
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

    pub(super) fn is_observer(self) -> bool {
        match self {
            Self::Read(_) | Self::KeepUnless { .. } | Self::Delete { existed: Some(false) } => true,
            Self::Swap { expect, value } => expect == value,
            Self::Write(_) | Self::Append { .. } | Self::Delete { .. } => false,
        }
    }
}

/// The value of a key before the first operation.
pub(super) fn first_value(subject: Subject) -> ValueId {
    match subject {
        Subject::Texts => EMPTY,
        Subject::Register | Subject::Store => ABSENT,
    }
}

/// A class for each operation, equal for equal ones.
pub(super) fn classes<T: Ord>(steps: &[T]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..steps.len() as u32).collect();
    order.sort_by(|a, b| steps[*a as usize].cmp(&steps[*b as usize]));
    let mut classes = vec![0; steps.len()];
    for pair in order.windows(2) {
        let [before, after] = [pair[0] as usize, pair[1] as usize];
        let differ = u32::from(steps[before] != steps[after]);
        classes[after] = classes[before] + differ;
    }
    classes
}

/// One key, whose value is the state.
pub(super) struct OneKey {
    subject: Subject,
    /// The key, in words.
    key: String,
    values: Values,
    steps: Vec<Step>,
    classes: Vec<u32>,
}

impl OneKey {
    pub(super) fn new(subject: Subject, values: Values, key: String, steps: Vec<Step>) -> Self {
        let classes = classes(&steps);
        Self { subject, key, values, steps, classes }
    }
}

impl Model for OneKey {
    fn initial(&self) -> u32 {
        first_value(self.subject)
    }

    fn unknown(&mut self) -> u32 {
        ANY
    }

    fn step(&mut self, state: u32, operation: u32) -> Option<u32> {
        self.steps[operation as usize].apply(state, &mut self.values)
    }

    fn is_observer(&self, operation: u32) -> bool {
        self.steps[operation as usize].is_observer()
    }

    fn class(&self, operation: u32) -> u32 {
        self.classes[operation as usize]
    }

    fn effect(&self, operation: u32) -> Effect {
        match self.steps[operation as usize] {
            Step::Read(_) => Effect::Read,
            Step::Append { .. } => Effect::Append,
            step if step.is_observer() => Effect::Observe,
            _ => Effect::Other,
        }
    }

    fn leads_to(&self, state: u32, append: u32, read: u32) -> bool {
        match (self.steps[append as usize], self.steps[read as usize]) {
            (Step::Append { piece, .. }, Step::Read(found)) => {
                is_open(state) || self.values.has_at(found, self.values.length(state), piece)
            }
            _ => true,
        }
    }

    fn is_from_nowhere(&self, operation: u32, others: &[u32]) -> bool {
        let (Step::Read(value)
        | Step::Swap { expect: value, .. }
        | Step::KeepUnless { current: Some(value), .. }) = self.steps[operation as usize]
        else {
            return false;
        };
        let makes = |step: Step| match step {
            Step::Write(written) | Step::Swap { value: written, .. } => written == value,
            Step::Delete { .. } => value == ABSENT,
            // The rest depends on what was there.
            Step::Append { piece, .. } => self.values.ends_with(value, piece),
            Step::Read(_) | Step::KeepUnless { .. } => false,
        };
        let is_made = |other: &u32| *other != operation && makes(self.steps[*other as usize]);
        value != self.initial() && !others.iter().any(is_made)
    }

    fn describe(&self, state: u32) -> String {
        match (state, self.subject) {
            (ABSENT, Subject::Register) => "nil".to_owned(),
            (ABSENT, _) => NOTHING.to_owned(),
            (_, Subject::Register) => describe_value(&self.values, state),
            _ => format!("{}={}", self.key, describe_value(&self.values, state)),
        }
    }

    fn bytes(&self) -> usize {
        self.values.bytes()
    }
}

/// A store without keys, in words.
pub(super) const NOTHING: &str = "nothing";

/// A value in words; the end of a long one.
pub(super) fn describe_value(values: &Values, value: ValueId) -> String {
    const LONGEST: usize = 60;
    let bytes = values.tail(value, LONGEST);
    let cut = if values.length(value) > bytes.len() as u64 { "…" } else { "" };
    super::words::quoted(&bytes, cut)
}
