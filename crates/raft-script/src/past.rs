//! What happened in a run, computed again when somebody asks.

use std::ops::{ControlFlow, Range};

use raft_explain::{Evidence, Explanation, Given, Question, Record, Statements, Unanswerable};
use raft_sim::{CoreStep, Event, EventNumber};

use crate::branches::{BranchId, Branches, MarkKind, Seek};
use crate::journal::{Journal, Moment};
use crate::session::Session;
use crate::statement::Statement;

impl Statements for Journal {
    fn of(&self, event: EventNumber) -> Option<Given> {
        let line = self.line_of(event)?;
        let journaled = self.get(line)?;
        Some(Given { line, at: journaled.at, text: journaled.statement.to_string() })
    }
}

/// What drivers did with the cores, until a moment of a run that is played again.
#[derive(Debug)]
pub struct RetoldCores<'a> {
    /// The session at this moment.
    pub session: &'a Session,
    /// The statement before this moment; `None`: a step was, or the beginning.
    pub statement: Option<&'a Statement>,
    /// What they did since the moment before.
    pub steps: Vec<CoreStep>,
}

impl Session {
    /// Plays this run again from its beginning, and shows each event up to the present, in order.
    /// With an event that a statement made at once comes the statement.
    pub fn retell(&self, show: &mut dyn FnMut(&Event, Option<&Statement>)) {
        let mut way = Seek::new(self.beginning(), self.journal().clone(), self.moment());
        let mut show_all = |session: &Self| {
            for event in session.events() {
                let line = self.journal().line_of(event.number);
                let line = line.and_then(|line| self.journal().get(line));
                show(event, line.map(|line| &line.statement));
            }
        };
        show_all(way.session());
        while !way.is_there() && way.advance(1).is_ok() {
            show_all(way.session());
        }
    }

    /// Plays this run again from its beginning, and shows what drivers did with the cores: at the
    /// beginning, and after each statement and each step up to the present. It ends early if `show`
    /// breaks.
    pub fn retell_cores(&self, show: &mut dyn FnMut(RetoldCores<'_>) -> ControlFlow<()>) {
        let mut way = Seek::new(self.recorded_beginning(), self.journal().clone(), self.moment());
        let mut lines = 0;
        loop {
            let steps = way.take_core_steps();
            let (session, carried_out) = (way.session(), way.session().journal().len());
            let last = (carried_out > lines).then(|| self.journal().get(lines)).flatten();
            let statement = last.map(|line| &line.statement);
            lines = carried_out;
            let goes_on = show(RetoldCores { session, statement, steps });
            if goes_on.is_break() || way.is_there() || way.advance(1).is_err() {
                return;
            }
        }
    }

    /// Answers a question about this moment, or about an earlier event. The run is played again
    /// from its beginning.
    ///
    /// # Errors
    /// If the question is about something that there is not.
    pub fn explain(&self, question: &Question) -> Result<Explanation, Unanswerable> {
        let mut way = Seek::new(self.beginning(), self.journal().clone(), self.moment());
        explain(&mut way, self, question, 0..u64::MAX)
    }
}

impl Branches {
    /// The least number of events before a moment that its explanations look at. Under load they
    /// are of 2,000 steps.
    const SEEN_EVENTS: u64 = 5_000;
    /// The most: to keep an event costs nearly as much as to compute it.
    const MOST_SEEN_EVENTS: u64 = 10_000;

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
        let (event, last) = match (question, self.happened(id, question)) {
            (Question::Event(number), _) => (number.get(), u64::MAX),
            (_, Some(happened)) => (happened.get(), happened.get() + Self::SEEN_EVENTS),
            (_, None) => (shown.world().event_count(), u64::MAX),
        };
        let earlier = self.checkpoint_before(id, event.saturating_sub(Self::SEEN_EVENTS));
        let mut way = Seek::new(earlier.clone(), shown.journal().clone(), shown.moment());
        let seen = event.saturating_sub(Self::MOST_SEEN_EVENTS)..last;
        let explanation = explain(&mut way, shown, question, seen);
        self.remember(id, &mut way);
        explanation
    }

    /// The event with which that happened what the question is about, if a mark tells.
    fn happened(&self, id: BranchId, question: &Question) -> Option<EventNumber> {
        let branch = self.get(id).ok()?;
        let last = |is_it: &dyn Fn(&MarkKind) -> bool| {
            branch.marks().rev().find(|mark| is_it(&mark.kind)).map(|mark| mark.event)
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
/// is explained at its own moment. The events with these numbers are looked at.
fn explain(
    way: &mut Seek,
    shown: &Session,
    question: &Question,
    seen: Range<u64>,
) -> Result<Explanation, Unanswerable> {
    let is_there = |session: &Session| {
        question.event().is_some_and(|number| session.world().event_count() >= number.get())
    };
    let count = |session: &Session| session.world().event_count();
    let mut record = Record::default();
    let mut look_at = |session: &Session| {
        if count(session) >= seen.start {
            record.observe(session.events());
        }
    };
    if way.session().moment() == Moment::default() {
        look_at(way.session());
    }
    let is_over = |session: &Session| count(session) >= seen.end || is_there(session);
    while !way.is_there() && !is_over(way.session()) && way.advance(1).is_ok() {
        look_at(way.session());
    }
    let world = if is_there(way.session()) { way.session().world() } else { shown.world() };
    Evidence { world, record: &record, statements: shown.journal() }.answer(question)
}
