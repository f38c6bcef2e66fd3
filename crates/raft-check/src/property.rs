//! Properties, and what it looks like when one is broken.

use std::fmt;

use raft_core::Instant;

/// Something that must always be true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Property {
    /// Its name; the paper's where the paper names it.
    pub name: &'static str,
    /// The section of the paper that it comes from.
    pub section: &'static str,
    /// What it says, in one sentence.
    pub meaning: &'static str,
}

/// A property and whether it holds so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckResult {
    /// The property.
    pub property: &'static Property,
    /// The first time it was broken.
    pub violation: Option<Violation>,
}

/// A property was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which one.
    pub property: &'static Property,
    /// When.
    pub at: Instant,
    /// The number of the last event before it was noticed.
    pub event: u64,
    /// What was seen, and what it contradicts.
    pub description: String,
}

/// What a checker says of an observation; the error describes the contradiction.
pub(crate) type Verdict = Result<(), String>;

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Property { name, section, .. } = self.property;
        write!(f, "{name} ({section}) is broken at {}: {}", self.at, self.description)
    }
}

/// What became of every property so far.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    results: Vec<CheckResult>,
    first: Option<Violation>,
    at: Instant,
    event: u64,
}

impl Board {
    pub(crate) fn new(properties: &[&'static Property]) -> Self {
        let holding = |property: &&'static Property| CheckResult { property, violation: None };
        Self {
            results: properties.iter().map(holding).collect(),
            first: None,
            at: Instant(0),
            event: 0,
        }
    }

    /// Verdicts from here on are about this event.
    pub(crate) fn now(&mut self, at: Instant, event: u64) {
        (self.at, self.event) = (at, event);
    }

    /// Notes a verdict. Only the first violation of each property is kept: later ones often follow
    /// from it.
    pub(crate) fn note(&mut self, property: &'static Property, verdict: Verdict) {
        let Err(description) = verdict else { return };
        let result = self.results.iter_mut().find(|result| result.property.name == property.name);
        if let Some(CheckResult { violation: violation @ None, .. }) = result {
            let found = Violation { property, at: self.at, event: self.event, description };
            self.first.get_or_insert_with(|| found.clone());
            *violation = Some(found);
        }
    }

    pub(crate) fn results(&self) -> impl ExactSizeIterator<Item = &CheckResult> {
        self.results.iter()
    }

    pub(crate) fn first(&self) -> Option<&Violation> {
        self.first.as_ref()
    }
}
