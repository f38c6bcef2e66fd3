//! What happened in a run, computed again when somebody asks.

use raft_explain::{Evidence, Explanation, Given, Question, Record, Statements, Unanswerable};
use raft_sim::EventNumber;

use crate::branches::{BranchId, Branches};
use crate::journal::{Journal, Moment};
use crate::session::Session;

impl Statements for Journal {
    fn of(&self, event: EventNumber) -> Option<Given> {
        let line = self.line_of(event)?;
        let journaled = self.get(line)?;
        Some(Given { line, at: journaled.at, text: journaled.statement.to_string() })
    }
}

impl Session {
    /// Answers a question about this moment, or about an earlier event. The run is played again
    /// from its beginning.
    ///
    /// # Errors
    /// If the question is about something that there is not.
    pub fn explain(&self, question: &Question) -> Result<Explanation, Unanswerable> {
        explain(self.beginning(), self, question)
    }
}

impl Branches {
    /// The least number of steps before a moment that its explanations look at.
    const SEEN_STEPS: u64 = 2_000;

    /// Answers a question about a moment of a branch, or about an event before it. `shown` is the
    /// session at that moment. The run is played again from a checkpoint some time before.
    ///
    /// # Errors
    /// If the question is about something that there is not, or about something so old that no
    /// checkpoint is before it.
    ///
    /// # Panics
    /// If the branch was removed.
    pub fn explain(
        &self,
        id: BranchId,
        shown: &Session,
        question: &Question,
    ) -> Result<Explanation, Unanswerable> {
        let steps = match question.event() {
            Some(number) => self.steps_before(id, number),
            None => shown.world().steps(),
        };
        let earlier = self.checkpoint_before(id, steps.saturating_sub(Self::SEEN_STEPS));
        explain(earlier.clone(), shown, question)
    }
}

/// Answers a question about the moment of `shown`, from an earlier moment of the same run. An event
/// is explained at its own moment.
fn explain(
    mut session: Session,
    shown: &Session,
    question: &Question,
) -> Result<Explanation, Unanswerable> {
    let is_there = |session: &Session| {
        question.event().is_some_and(|number| session.world().event_count() >= number.get())
    };
    let mut record = Record::default();
    if session.moment() == Moment::default() {
        record.observe(session.events());
    }
    while session.moment() < shown.moment() && !is_there(&session) {
        if !session.repeat(shown.journal()) {
            break;
        }
        record.observe(session.events());
    }
    let world = if is_there(&session) { session.world() } else { shown.world() };
    Evidence { world, record: &record, statements: shown.journal() }.answer(question)
}
