//! The properties that are checked.

use serde::Serialize;

use crate::{InvariantLine, InvariantState};

/// A property.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InvariantView {
    /// Its name.
    pub name: &'static str,
    /// The section of the paper that it comes from.
    pub section: &'static str,
    /// The property as a sentence.
    pub meaning: &'static str,
    /// Whether it holds.
    pub holding: bool,
    /// The time and the fault that suspend the property: it then neither holds nor is broken.
    /// `null` if it is not suspended.
    pub suspended: Option<String>,
    /// The number of the event after which the violation was found.
    pub event_number: Option<u64>,
    /// The time of that event.
    pub at_micros: Option<u64>,
    /// The observed values that contradict each other.
    pub description: Option<String>,
}

impl From<&InvariantLine> for InvariantView {
    fn from(line: &InvariantLine) -> Self {
        let (suspended, broken) = match &line.state {
            InvariantState::Holding => (None, None),
            InvariantState::Suspended { words } => (Some(words.clone()), None),
            InvariantState::Broken { event_number, at, description } => {
                (None, Some((*event_number, at.0, description.clone())))
            }
        };
        Self {
            name: line.name,
            section: line.section,
            meaning: line.meaning,
            holding: line.state == InvariantState::Holding,
            suspended,
            event_number: broken.as_ref().map(|(number, ..)| *number),
            at_micros: broken.as_ref().map(|(_, at, _)| *at),
            description: broken.map(|(.., description)| description),
        }
    }
}
