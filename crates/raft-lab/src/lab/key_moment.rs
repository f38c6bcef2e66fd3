//! The key moment of a scenario: a lab that plays the scenario pauses there.

use std::collections::VecDeque;
use std::rc::Rc;

use raft_script::{Moment, SourceLine, Statement};

use super::{Lab, Queued};
use crate::ConsoleKind;

/// The moment that a scenario is about.
pub(super) struct KeyMoment {
    at: Moment,
    words: Rc<str>,
}

/// The statements of a script, to be carried out one after the other. A `mark` with a comment
/// before it is a key moment: the comment says what is to be seen.
pub(super) fn queue(lines: &[SourceLine]) -> VecDeque<Queued> {
    let mut queue = VecDeque::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in lines {
        if let Statement::Note(text) = &line.statement {
            match text.strip_prefix('#') {
                Some(text) => comment.push(text.trim()),
                None => comment.clear(),
            }
            continue;
        }
        let is_mark = matches!(line.statement, Statement::Mark(_));
        let key_moment = (is_mark && !comment.is_empty()).then(|| comment.join(" ").into());
        comment.clear();
        queue.push_back(Queued {
            line: line.clone(),
            is_scripted: true,
            key_moment,
            listener: None,
        });
    }
    queue
}

impl Lab {
    /// Pauses at the key moment of the scenario that is played. Its statements wait.
    pub(super) fn pause_at(&mut self, words: Rc<str>) {
        self.say(ConsoleKind::Info, format!("The key moment: {words} Run goes on."));
        self.key_moment = Some(KeyMoment { at: self.session().moment(), words });
        self.pacer.set_running(false, self.is_waiting());
    }

    /// The key moment, once it is reached.
    pub(super) fn key_moment_at(&self) -> Option<Moment> {
        self.key_moment.as_ref().map(|key| key.at)
    }

    /// The words for the moment that the page shows, if it is the key moment.
    pub(super) fn key_moment_shown(&self) -> Option<Rc<str>> {
        let shown = self.shown_session().moment();
        self.key_moment.as_ref().filter(|key| key.at == shown).map(|key| key.words.clone())
    }
}
