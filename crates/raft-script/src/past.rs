//! What happened in a run, computed again when somebody asks.

use raft_explain::{Evidence, Explanation, Given, Question, Record, Statements, Unanswerable};
use raft_sim::EventNumber;

use crate::branches::{BranchId, Branches, MarkKind};
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
        explain(self.beginning(), self, question, u64::MAX)
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
        let (steps, last) = match (question, self.happened(id, question)) {
            (Question::Event(number), _) => (self.steps_before(id, *number), u64::MAX),
            (_, Some(steps)) => (steps, steps + Self::SEEN_STEPS),
            (_, None) => (shown.world().steps(), u64::MAX),
        };
        let earlier = self.checkpoint_before(id, steps.saturating_sub(Self::SEEN_STEPS));
        explain(earlier.clone(), shown, question, last)
    }

    /// The number of steps after which that happened what the question is about, if a mark tells.
    fn happened(&self, id: BranchId, question: &Question) -> Option<u64> {
        let branch = self.get(id).ok()?;
        let last = |is_it: &dyn Fn(&MarkKind) -> bool| {
            branch.marks().rev().find(|mark| is_it(&mark.kind)).map(|mark| mark.moment.steps)
        };
        match question {
            Question::Term(term) => {
                last(&|kind| matches!(kind, MarkKind::AsksForVotes { term: of, .. } if of == term))
            }
            Question::Stopped(node) | Question::Refused(node) => {
                last(&|kind| matches!(kind, MarkKind::Down(of) if of == node))
            }
            Question::Event(_)
            | Question::Removed { .. }
            | Question::Answer(_)
            | Question::NoLeader
            | Question::NotLeader(_)
            | Question::NotCommitted(_)
            | Question::NotUpToDate(_)
            | Question::NoAnswer(_)
            | Question::ReadWaits(_)
            | Question::ChangeWaits
            | Question::Value(_) => None,
        }
    }
}

/// Answers a question about the moment of `shown`, from an earlier moment of the same run. An event
/// is explained at its own moment. What happened after `last` steps is not looked at.
fn explain(
    mut session: Session,
    shown: &Session,
    question: &Question,
    last: u64,
) -> Result<Explanation, Unanswerable> {
    let is_there = |session: &Session| {
        question.event().is_some_and(|number| session.world().event_count() >= number.get())
    };
    let mut record = Record::default();
    if session.moment() == Moment::default() {
        record.observe(session.events());
    }
    while session.moment() < shown.moment() && session.moment().steps < last && !is_there(&session)
    {
        if !session.repeat(shown.journal()) {
            break;
        }
        record.observe(session.events());
    }
    let world = if is_there(&session) { session.world() } else { shown.world() };
    Evidence { world, record: &record, statements: shown.journal() }.answer(question)
}
