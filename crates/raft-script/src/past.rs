//! What happened in a run, computed again when somebody asks.

use raft_explain::{Evidence, Explanation, Given, Question, Record, Statements, Unanswerable};
use raft_sim::EventNumber;

use crate::branches::{BranchId, Branches, MarkKind, Seek};
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
        let mut way = Seek::new(self.beginning(), self.journal().clone(), self.moment());
        explain(&mut way, self, question, u64::MAX)
    }
}

impl Branches {
    /// The least number of steps before a moment that its explanations look at.
    const SEEN_STEPS: u64 = 2_000;
    /// The same in events, for the explanations of an event. Under load a step makes nearly three.
    const SEEN_EVENTS: u64 = 5_000;

    /// Answers a question about a moment of a branch, or about an event before it. `shown` is the
    /// session at that moment. The run is played again from a checkpoint some time before, and
    /// sessions on the way are [remembered](Self::remember).
    ///
    /// # Errors
    /// If the question is about something that there is not, or about something so old that no
    /// checkpoint is before it.
    ///
    /// # Panics
    /// If the branch was removed.
    pub fn explain(
        &mut self,
        id: BranchId,
        shown: &Session,
        question: &Question,
    ) -> Result<Explanation, Unanswerable> {
        let before =
            |steps: u64| self.checkpoint_before(id, steps.saturating_sub(Self::SEEN_STEPS));
        let (earlier, last) = match (question, self.happened(id, question)) {
            (Question::Event(number), _) => {
                let seen = number.get().saturating_sub(Self::SEEN_EVENTS);
                (self.checkpoint_after_events(id, seen), u64::MAX)
            }
            (_, Some(steps)) => (before(steps), steps + Self::SEEN_STEPS),
            (_, None) => (before(shown.world().steps()), u64::MAX),
        };
        let mut way = Seek::new(earlier.clone(), shown.journal().clone(), shown.moment());
        let explanation = explain(&mut way, shown, question, last);
        self.remember(id, &mut way);
        explanation
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

/// Answers a question about the moment of `shown`, on a way to it from an earlier moment. An event
/// is explained at its own moment. What happened after `last` steps is not looked at.
fn explain(
    way: &mut Seek,
    shown: &Session,
    question: &Question,
    last: u64,
) -> Result<Explanation, Unanswerable> {
    let is_there = |session: &Session| {
        question.event().is_some_and(|number| session.world().event_count() >= number.get())
    };
    let mut record = Record::default();
    if way.session().moment() == Moment::default() {
        record.observe(way.session().events());
    }
    let is_over = |session: &Session| session.moment().steps >= last || is_there(session);
    while !way.is_there() && !is_over(way.session()) && way.advance(1).is_ok() {
        record.observe(way.session().events());
    }
    let world = if is_there(way.session()) { way.session().world() } else { shown.world() };
    Evidence { world, record: &record, statements: shown.journal() }.answer(question)
}
