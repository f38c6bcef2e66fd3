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
    /// What it says.
    pub meaning: &'static str,
    /// Whether it holds.
    pub holding: bool,
    /// Since when, and why, it cannot be demanded now, if that is so: then it neither holds nor is broken.
    pub suspended: Option<String>,
    /// The number of the event after which it was seen broken.
    pub event_number: Option<u64>,
    /// When.
    pub at_micros: Option<u64>,
    /// What was seen.
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
