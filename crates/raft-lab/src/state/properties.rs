//! The properties that are checked.

use raft_check::{CheckResult, Property, PropertyState};
use serde::Serialize;

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

impl From<&CheckResult> for InvariantView {
    fn from(result: &CheckResult) -> Self {
        let Property { name, section, meaning } = *result.property;
        let (suspended, broken) = match result.state() {
            PropertyState::Holds => (None, None),
            PropertyState::Suspended(suspension) => (Some(suspension.to_string()), None),
            PropertyState::Broken(violation) => (None, Some(violation)),
        };
        Self {
            name,
            section,
            meaning,
            holding: result.holds(),
            suspended,
            event_number: broken.as_ref().map(|violation| violation.event),
            at_micros: broken.as_ref().map(|violation| violation.at.0),
            description: broken.map(|violation| violation.description),
        }
    }
}
