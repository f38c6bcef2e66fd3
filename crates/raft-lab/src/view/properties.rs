//! The properties that are checked.

use std::borrow::Cow;

use raft_check::{CheckResult, Property, PropertyState};
use raft_core::Instant;
use raft_sim::Words;
use serde::{Deserialize, Serialize};

/// A property: it holds, or is suspended, or is broken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PropertyView {
    /// Its name.
    pub name: Cow<'static, str>,
    /// The section of the paper that it comes from.
    pub section: Cow<'static, str>,
    /// The property as a sentence.
    pub meaning: Cow<'static, str>,
    /// Whether it holds: it is neither suspended nor broken.
    pub holding: bool,
    /// The time and the fault that suspend the property. `None` if it is not suspended.
    pub suspended: Option<Words>,
    /// Its first violation. `None` if it was never broken.
    pub broken: Option<ViolationView>,
}

/// A violation of a property.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ViolationView {
    /// The number of the event after which it was found.
    pub event: u64,
    /// The time of that event.
    pub at: Instant,
    /// The observed values that contradict each other.
    pub description: Words,
}

impl From<&CheckResult> for PropertyView {
    fn from(result: &CheckResult) -> Self {
        let Property { name, section, meaning } = *result.property;
        let (suspended, broken) = match result.state() {
            PropertyState::Holds => (None, None),
            PropertyState::Suspended(suspension) => (Some(Words::of(&suspension)), None),
            PropertyState::Broken(violation) => (None, Some(violation)),
        };
        Self {
            name: name.into(),
            section: section.into(),
            meaning: meaning.into(),
            holding: result.holds(),
            suspended,
            broken: broken.map(|violation| ViolationView {
                event: violation.event,
                at: violation.at,
                description: violation.description,
            }),
        }
    }
}
