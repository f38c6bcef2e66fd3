//! All that can happen from a moment on, within bounds.

mod replay;

use raft_explore::{Bounds, Counterexample, Explorer, Flaw, Progress};
use raft_script::Session;
use serde::{Deserialize, Serialize};

pub use self::replay::{Replayed, replayed};
use crate::runs::sessions_at;
use crate::{Report, Tell};

/// So many steps are looked at between two reports: about a tenth of a second in a browser.
const SLICE: u64 = 100_000;

/// Look at all that can happen from the moment at which a script ends, within bounds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExploreJob {
    /// The script.
    pub script: String,
    /// How often each thing may happen.
    pub bounds: Bounds,
    /// The most states that are found. Each takes some 40 bytes.
    pub most_states: u64,
}

/// How far a search is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Explored {
    /// States that were found.
    pub states: u64,
    /// Steps that were looked at.
    pub transitions: u64,
    /// How many steps the states that are looked at are away from the moment.
    pub depth: u16,
    /// The memory that the search takes, in bytes.
    pub bytes: u64,
    /// A search that goes on has none.
    pub end: Option<ExploreEnd>,
}

/// How a search ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ExploreEnd {
    /// Whatever happens within the bounds, no property is broken.
    Exhausted,
    /// No property is broken within the number of steps that was asked for; more are possible.
    Deep,
    /// No property is broken in the states that were looked at; there are more than were asked for.
    Full,
    /// A property is broken, or a server stops at an assertion.
    Found(ExploreFound),
}

/// The shortest run to a violation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExploreFound {
    /// What is broken, in words.
    pub words: String,
    /// The steps, in words.
    pub steps: Vec<String>,
    /// The statements that lead there from the moment on, and whether the violation is there when
    /// they are carried out: time passes in a script, and may lead the run another way.
    pub after: String,
    /// See [`after`](Self::after).
    pub is_same: bool,
}

impl ExploreJob {
    pub(crate) fn carry_out(&self, tell: Tell<'_>) -> Result<(), String> {
        let session = sessions_at(&self.script, &[u64::MAX])?.remove(0);
        let begun = Explorer::at(session.world(), session.checks(), self.bounds);
        let mut explorer =
            begun.map_err(|error| format!("From here nothing is explored: {error}."))?;
        loop {
            let has_ended = explorer.advance(SLICE, self.most_states).has_ended();
            let end = has_ended.then(|| end(&session, explorer.progress(), self.bounds.depth));
            let Progress { states, transitions, depth, .. } = *explorer.progress();
            let bytes = explorer.bytes() as u64;
            tell(Report::Explored(Explored { states, transitions, depth, bytes, end }));
            if has_ended {
                return Ok(());
            }
        }
    }
}

fn end(session: &Session, progress: &Progress, depth: u16) -> ExploreEnd {
    match &progress.found {
        Some(found) => ExploreEnd::Found(in_words(session, found)),
        None if progress.is_full => ExploreEnd::Full,
        None if progress.depth < depth => ExploreEnd::Exhausted,
        None => ExploreEnd::Deep,
    }
}

fn in_words(session: &Session, found: &Counterexample) -> ExploreFound {
    let words = found.flaw.to_string();
    let steps = found.steps.iter().map(ToString::to_string).collect();
    // Nothing catches the assertion of a server in a worker.
    let replayed = match &found.flaw {
        Flaw::Broken(_) => Some(replayed(session.clone(), &found.steps)),
        Flaw::Stopped { .. } => None,
    };
    let is_same = replayed.as_ref().is_some_and(|replayed| replayed.is_broken);
    let after = replayed.map(|replayed| replayed.after).unwrap_or_default();
    ExploreFound { words, steps, after, is_same }
}
