//! Why something has not happened.

mod answered;
mod answers;
mod change;
mod commits;
mod elections;
mod lacking;
mod leader;
mod passed_on;
mod past;
mod reads;
mod up_to_date;
mod values;

use crate::evidence::Evidence;
use crate::explanation::Explanation;
use crate::question::{Question, Unanswerable};

pub(crate) use answered::Ended;
pub(crate) use lacking::lacking;
pub(crate) use leader::stopped;

impl Evidence<'_> {
    /// Answers a question.
    ///
    /// # Errors
    /// If it is about something that there is not.
    pub fn answer(&self, question: &Question) -> Result<Explanation, Unanswerable> {
        match *question {
            Question::Event(number) => self.why(number),
            Question::Term(term) => past::term(self, term),
            Question::Removed { index, node } => past::removed(self, index, node),
            Question::Refused(node) => past::refused(self, node),
            Question::Stopped(node) => past::stopped(self, node),
            Question::Answer(client) => answered::why(self, client),
            Question::NoLeader => leader::none(self),
            Question::NotLeader(node) => leader::not(self, node),
            Question::NotCommitted(index) => commits::not(self, index),
            Question::NotUpToDate(node) => up_to_date::not(self, node),
            Question::NoAnswer(client) => answers::none(self, client),
            Question::ReadWaits(client) => reads::wait(self, client),
            Question::ChangeWaits => change::waits(self),
            Question::Value(ref key) => values::why(self, key),
        }
    }
}
