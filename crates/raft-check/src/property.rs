//! Properties, and what it looks like when one is broken, or cannot be demanded for a while.

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
    /// The last time that it could not be demanded, as something that Raft rests on was gone.
    pub suspension: Option<Suspension>,
}

/// Whether a property holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing<'a> {
    /// It held whenever it could be demanded, and can be now.
    Holds,
    /// It cannot be demanded now. That is no fault of the protocol, and it was not broken before.
    Suspended(&'a Suspension),
    /// It was broken.
    Broken(&'a Violation),
}

/// For how long, and why, a property could not be demanded: a fault took away what Raft itself rests
/// on. `Display` says it in a sentence without the property's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suspension {
    /// Since when.
    pub since: Instant,
    /// The number of the event that took it away.
    pub event: u64,
    /// When it could be demanded again; `None` if it cannot yet.
    pub until: Option<Instant>,
    /// What is lost, and by what.
    pub because: String,
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

/// What a checker says of a state of things that a fault can excuse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Judgement {
    /// It is as it should be.
    Holds,
    /// It is not, but for a fault that Raft does not claim to survive; the words say which.
    Excused(String),
    /// It is not, and nothing excuses it.
    Broken(String),
}

impl CheckResult {
    /// Whether it holds.
    pub fn standing(&self) -> Standing<'_> {
        match (&self.violation, &self.suspension) {
            (Some(violation), _) => Standing::Broken(violation),
            (None, Some(suspension)) if suspension.until.is_none() => {
                Standing::Suspended(suspension)
            }
            _ => Standing::Holds,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Property { name, section, .. } = self.property;
        write!(f, "{name} ({section}) is broken at {}: {}", self.at, self.description)
    }
}

impl fmt::Display for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { since, until, because, .. } = self;
        match until {
            None => write!(f, "suspended since {since}, because {because}"),
            Some(until) => write!(f, "was suspended from {since} to {until}, because {because}"),
        }
    }
}

/// What became of every property so far.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    results: Vec<CheckResult>,
    first: Option<Violation>,
    /// How many are suspended now.
    suspended: usize,
    at: Instant,
    event: u64,
}

impl Board {
    pub(crate) fn new(properties: &[&'static Property]) -> Self {
        let holding = |property: &&'static Property| CheckResult {
            property,
            violation: None,
            suspension: None,
        };
        Self {
            results: properties.iter().map(holding).collect(),
            first: None,
            suspended: 0,
            at: Instant(0),
            event: 0,
        }
    }

    /// Verdicts from here on are about this event.
    pub(crate) fn now(&mut self, at: Instant, event: u64) {
        (self.at, self.event) = (at, event);
    }

    /// Notes a verdict. Only the first violation of each property is kept: later ones often follow
    /// from it. None is noted while the property is suspended.
    pub(crate) fn note(&mut self, property: &'static Property, verdict: Verdict) {
        let Err(description) = verdict else { return };
        let (at, event) = (self.at, self.event);
        let Some(result) = self.result_mut(property) else { return };
        if result.standing() == Standing::Holds {
            let found = Violation { property, at, event, description };
            result.violation = Some(found.clone());
            self.first.get_or_insert(found);
        }
    }

    /// Notes a judgement of how things stand: it suspends the property, or lets it be demanded again.
    pub(crate) fn judge(&mut self, property: &'static Property, judgement: Judgement) {
        match judgement {
            Judgement::Holds => self.lift(property),
            Judgement::Excused(because) => self.suspend(property, because),
            Judgement::Broken(description) => {
                self.lift(property);
                self.note(property, Err(description));
            }
        }
    }

    /// From here on the property cannot be demanded. The first reason stands until that is over.
    pub(crate) fn suspend(&mut self, property: &'static Property, because: String) {
        let (since, event) = (self.at, self.event);
        let Some(result) = self.result_mut(property) else { return };
        if result.standing() == Standing::Holds {
            result.suspension = Some(Suspension { since, event, until: None, because });
            self.suspended += 1;
        }
    }

    /// The property can be demanded again, if it could not.
    pub(crate) fn lift(&mut self, property: &'static Property) {
        if self.suspended == 0 {
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
        self.results.iter_mut().find(|result| result.property.name == property.name)
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
