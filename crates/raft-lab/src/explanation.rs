//! Why something happened, or did not, as the page shows it.

use std::rc::Rc;

use raft_core::Instant;
use raft_script::{Cause, Explanation, Finding};
use raft_sim::{EventNumber, Words};
use serde::Serialize;

/// The answer to a question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ExplanationView {
    /// The question, as a line of the language.
    pub asked: String,
    /// The time of the moment that it was asked about.
    pub at: Instant,
    /// At least one; the one that decides first.
    pub reasons: Rc<[ReasonView]>,
}

/// One reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReasonView {
    /// The guard that decided, its numbers and its section.
    pub words: Words,
    /// Each goes from an effect back to a statement, a timer or a fault.
    pub chains: Vec<Vec<CauseView>>,
    /// What would have to happen; `None` of what did happen.
    pub needs: Option<Words>,
}

/// A link of a chain of causes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CauseView {
    /// What happened.
    pub words: Words,
    /// Its time.
    pub at: Instant,
    /// The number of steps of the world after it: the page can show that moment.
    pub steps: u64,
    /// Its event.
    pub event: Option<EventNumber>,
    /// Whether it is a statement, which has no cause.
    pub is_statement: bool,
}

impl ExplanationView {
    pub(crate) fn new(asked: String, at: Instant, explanation: Explanation) -> Self {
        Self {
            asked,
            at,
            reasons: explanation.findings.into_iter().map(ReasonView::from).collect(),
        }
    }
}

impl From<Finding> for ReasonView {
    fn from(Finding { words, chains, needs }: Finding) -> Self {
        let chain = |chain: Vec<Cause>| chain.into_iter().map(CauseView::from).collect();
        Self { words, chains: chains.into_iter().map(chain).collect(), needs }
    }
}

impl From<Cause> for CauseView {
    fn from(Cause { words, at, event, step, line }: Cause) -> Self {
        Self { words, at, steps: step, event, is_statement: line.is_some() }
    }
}
