//! How far a search is, and what it found.

use std::fmt;

use raft_check::judges::Broken;
use raft_core::NodeId;

use crate::runs::Step;
use crate::server::{Effect, Server};

/// How far the search is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Progress {
    /// States that were found.
    pub states: u64,
    /// Steps that were looked at.
    pub transitions: u64,
    /// How many steps the states that are looked at are away from the beginning.
    pub depth: u16,
    /// States of the next depth that were found so far.
    pub next: u64,
    /// Whether every state within the bounds was looked at.
    pub is_exhausted: bool,
    /// Whether the search ended because there were as many states as were asked for.
    pub is_full: bool,
    /// States from which a probe looked for progress ([`probe_every`](crate::Scope::probe_every)).
    pub probes: u64,
    /// The first violation, or what else was looked for.
    pub found: Option<Witness>,
    /// The moments that were reached.
    pub moments: Moments,
}

/// How many steps led to a moment of danger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Moments {
    /// A server began to lead beside the leader of another term.
    pub two_leaders: u64,
    /// A log lost entries that another leader replaced.
    pub entries_replaced: u64,
    /// A crash took writes that were not reported.
    pub writes_lost: u64,
    /// More entries were committed.
    pub committed: u64,
}

/// What a search looks for.
#[derive(Clone, PartialEq, Debug)]
pub enum Reached {
    /// A property is broken.
    Broken(Broken),
    /// A server stopped at an assertion.
    Stopped {
        /// The server.
        node: NodeId,
        /// What it asserts.
        message: String,
    },
    /// The [goal](crate::Explorer::look_for) holds.
    Goal,
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(Broken { property, description, .. }) => {
                write!(f, "{} ({}): {description}", property.name, property.section)
            }
            Self::Stopped { node, message } => write!(f, "node {node} stops: {message}"),
            Self::Goal => f.write_str("it holds"),
        }
    }
}

/// A run to what was looked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Witness {
    /// What it reaches.
    pub reached: Reached,
    /// The shortest run to it.
    pub steps: Vec<Step>,
}

impl Progress {
    /// Whether the search is over.
    pub fn has_ended(&self) -> bool {
        self.is_exhausted || self.is_full || self.found.is_some()
    }
}

impl Moments {
    pub(super) fn note(&mut self, effect: &Effect, servers: &[&Server]) {
        let leaders = servers.iter().filter(|server| server.leading().is_some());
        self.two_leaders += u64::from(effect.leads.is_some() && leaders.count() > 1);
        self.entries_replaced += u64::from(effect.has_replaced && effect.writes_lost == 0);
        self.writes_lost += u64::from(effect.writes_lost > 0);
        self.committed += u64::from(effect.commit_before.is_some());
    }
}
