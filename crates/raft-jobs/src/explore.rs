//! All that can happen from a moment on, within bounds.

mod replay;

use raft_explore::{Bounds, Explorer, Progress, Reached, Witness};
use raft_script::{Condition, CoreCondition, Session};
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
    /// A condition of the language that ends the search too, if it comes to hold.
    pub goal: Option<String>,
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
    /// A property is broken, a server stops at an assertion, or the goal holds.
    Found(ExploreFound),
}

/// The shortest run to a violation, or to the goal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExploreFound {
    /// What is broken, in words; the goal as the language writes it.
    pub words: String,
    /// Whether it is the goal.
    pub is_goal: bool,
    /// The steps, in words.
    pub steps: Vec<String>,
    /// The statements that lead there from the moment on, and whether they do when they are
    /// carried out: time passes in a script, and may lead the run another way.
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
        let goal = self.goal.as_deref().map(|text| look_for(&mut explorer, text)).transpose()?;
        loop {
            let has_ended = explorer.advance(SLICE, self.most_states).has_ended();
            let end = has_ended
                .then(|| end((&session, goal.as_ref()), explorer.progress(), self.bounds.depth));
            let Progress { states, transitions, depth, .. } = *explorer.progress();
            let bytes = explorer.bytes() as u64;
            tell(Report::Explored(Explored { states, transitions, depth, bytes, end }));
            if has_ended {
                return Ok(());
            }
        }
    }
}

/// Makes a condition the goal of a search.
///
/// # Errors
/// In words: the text is no condition, it holds already, or the search cannot judge it.
pub fn look_for(explorer: &mut Explorer, text: &str) -> Result<Condition, String> {
    let goal = raft_script::parse_condition(text).map_err(|error| error.to_string())?;
    let Some(judged) = CoreCondition::new(goal.clone()) else {
        return Err(format!(
            "`{goal}` cannot be looked for here: only who leads, roles, terms, votes, logs, \
             memberships and what leaders know of the others can"
        ));
    };
    match explorer.look_for(move |nodes| judged.holds(nodes)) {
        true => Ok(goal),
        false => Err(format!("`{goal}` holds already")),
    }
}

fn end(
    (session, goal): (&Session, Option<&Condition>),
    progress: &Progress,
    depth: u16,
) -> ExploreEnd {
    match &progress.found {
        Some(found) => ExploreEnd::Found(in_words((session, goal), found)),
        None if progress.is_full => ExploreEnd::Full,
        None if progress.depth < depth => ExploreEnd::Exhausted,
        None => ExploreEnd::Deep,
    }
}

/// What is broken, in words; the goal as the language writes it.
pub fn reached_in_words(reached: &Reached, goal: Option<&Condition>) -> String {
    match (reached, goal) {
        (Reached::Goal, Some(goal)) => goal.to_string(),
        (Reached::Goal | Reached::Broken(_) | Reached::Stopped { .. }, _) => reached.to_string(),
    }
}

fn in_words(
    (session, goal): (&Session, Option<&Condition>),
    Witness { reached, steps }: &Witness,
) -> ExploreFound {
    let is_goal = *reached == Reached::Goal;
    let words = reached_in_words(reached, goal);
    // Nothing catches the assertion of a server in a worker.
    let replayed = match reached {
        Reached::Broken(_) | Reached::Goal => Some(replayed(session.clone(), steps, goal)),
        Reached::Stopped { .. } => None,
    };
    let is_same = replayed.as_ref().is_some_and(|replayed| replayed.is_same);
    let after = replayed.map(|replayed| replayed.after).unwrap_or_default();
    let steps = steps.iter().map(ToString::to_string).collect();
    ExploreFound { words, is_goal, steps, after, is_same }
}
