//! Properties and their states.

use std::fmt;
use std::sync::Arc;

use raft_core::{Instant, Say, Speaker, print_as_said, say};
use raft_sim::{Mention, Words};

use crate::properties::PROPERTIES;

/// A statement about the cluster that must always be true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Property {
    /// The name, unique; the paper's where the paper has one.
    pub name: &'static str,
    /// The sections of the paper, or of the dissertation, that it comes from.
    pub section: &'static str,
    /// The statement, in one sentence.
    pub meaning: &'static str,
}

impl Property {
    /// Every property, in the order of a report.
    pub fn all() -> &'static [&'static Self] {
        PROPERTIES
    }

    /// The name as scripts write it: `election-safety`.
    pub fn word(&self) -> String {
        self.name.to_lowercase().replace(' ', "-")
    }
}

/// A property with its state and its history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckResult {
    /// The property.
    pub property: &'static Property,
    /// The first violation. A later one often follows from the first and is not kept.
    pub violation: Option<Violation>,
    /// The last suspension, which may be over.
    pub suspension: Option<Suspension>,
}

/// The state of a property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PropertyState {
    /// It was never broken, and it is not suspended.
    Holds,
    /// It was never broken, but cannot be required now, because of a fault that Raft does not claim
    /// to survive.
    Suspended(Suspension),
    /// It was broken.
    Broken(Violation),
}

/// A time in which a property cannot be required, because a fault took away something that Raft
/// rests on. `Display` says it in a sentence without the name of the property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suspension {
    /// The virtual time of its beginning.
    pub since: Instant,
    /// The number of the event of the fault.
    pub event: u64,
    /// The virtual time of its end; `None` while it lasts.
    pub until: Option<Instant>,
    /// What is lost, and through which fault: a clause that can follow "because".
    pub because: Words,
}

/// A violation of a property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The property that is broken.
    pub property: &'static Property,
    /// The virtual time.
    pub at: Instant,
    /// The number of the last event before the violation was noticed.
    pub event: u64,
    /// What was seen, and what it contradicts.
    pub description: Words,
}

/// The verdict of a judge on an observation. The error describes the contradiction.
pub(crate) type Verdict = Result<(), Words>;

impl CheckResult {
    /// The state of the property now.
    pub fn state(&self) -> PropertyState {
        match (&self.violation, &self.suspension) {
            (Some(violation), _) => PropertyState::Broken(violation.clone()),
            (None, Some(suspension)) if suspension.until.is_none() => {
                PropertyState::Suspended(suspension.clone())
            }
            (None, _) => PropertyState::Holds,
        }
    }

    /// Whether the state is [`PropertyState::Holds`].
    pub fn holds(&self) -> bool {
        let is_suspended = self.suspension.as_ref().is_some_and(|it| it.until.is_none());
        self.violation.is_none() && !is_suspended
    }
}

impl Say<Mention> for Violation {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let Self { property: Property { name, section, .. }, at, description, .. } = self;
        say!(out; "{name} ({section}) is broken at {at}: ", description)
    }
}

impl Say<Mention> for Suspension {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let Self { since, until, because, .. } = self;
        match until {
            None => say!(out; "suspended since {since}, because ", because),
            Some(until) => {
                say!(out; "was suspended from {since} to {until}, because ", because)
            }
        }
    }
}

print_as_said!(Mention: Violation, Suspension);

/// The results of all properties so far.
#[derive(Clone, Debug)]
pub(crate) struct PropertyTable {
    /// Shared by clones: a verdict that changes one is rare.
    results: Arc<Vec<CheckResult>>,
    first: Option<Violation>,
    /// The number of properties that are suspended now.
    suspended: usize,
    /// Whether all properties are suspended until the end.
    is_void: bool,
    at: Instant,
    event: u64,
}

impl PropertyTable {
    pub(crate) fn new(properties: &[&'static Property]) -> Self {
        let holding = |property: &&'static Property| CheckResult {
            property,
            violation: None,
            suspension: None,
        };
        Self {
            results: Arc::new(properties.iter().map(holding).collect()),
            first: None,
            suspended: 0,
            is_void: false,
            at: Instant(0),
            event: 0,
        }
    }

    /// Sets the time and the event of the verdicts that follow.
    pub(crate) fn now(&mut self, at: Instant, event: u64) {
        (self.at, self.event) = (at, event);
    }

    /// Notes a verdict. Only the first violation of each property is kept, and none while the
    /// property is suspended.
    pub(crate) fn note(&mut self, property: &'static Property, verdict: Verdict) {
        let Err(description) = verdict else { return };
        let (at, event) = (self.at, self.event);
        let Some(result) = self.result_mut(property) else { return };
        if result.holds() {
            let found = Violation { property, at, event, description };
            result.violation = Some(found.clone());
            self.first.get_or_insert(found);
        }
    }

    /// Suspends a property. If it is suspended already, the first reason stays.
    pub(crate) fn suspend(&mut self, property: &'static Property, because: Words) {
        let (since, event) = (self.at, self.event);
        let Some(result) = self.result_mut(property) else { return };
        if result.holds() {
            result.suspension = Some(Suspension { since, event, until: None, because });
            self.suspended += 1;
        }
    }

    /// Suspends every property until the end of the run.
    pub(crate) fn suspend_all(&mut self, because: &Words) {
        self.is_void = true;
        let all: Vec<&'static Property> = self.results.iter().map(|it| it.property).collect();
        for property in all {
            self.suspend(property, because.clone());
        }
    }

    /// Ends the suspension of a property, if it is suspended.
    pub(crate) fn lift(&mut self, property: &'static Property) {
        if self.suspended == 0 || self.is_void {
            return;
        }
        let at = self.at;
        let Some(result) = self.result_mut(property) else { return };
        if let Some(suspension) = &mut result.suspension
            && suspension.until.is_none()
        {
            suspension.until = Some(at);
            self.suspended -= 1;
        }
    }

    fn result_mut(&mut self, property: &'static Property) -> Option<&mut CheckResult> {
        let mut results = Arc::make_mut(&mut self.results).iter_mut();
        results.find(|result| result.property.name == property.name)
    }

    pub(crate) fn results(&self) -> impl ExactSizeIterator<Item = &CheckResult> {
        self.results.iter()
    }

    pub(crate) fn first(&self) -> Option<&Violation> {
        self.first.as_ref()
    }
}

#[cfg(test)]
mod tests;
