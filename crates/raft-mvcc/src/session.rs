//! Sessions: the store's memory of the answers that clients have not acknowledged.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use crate::command::SessionTag;
use crate::error::Error;
use crate::response::{Applied, Response};
use crate::{MAX_KEPT_ANSWER_BYTES, MAX_KEPT_BYTES, MAX_SESSIONS, SESSION_WINDOW};

/// What an answer costs in memory beside its bytes, about.
const OVERHEAD_BYTES: u64 = 64;

/// The store's memory of one client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Session {
    /// Answers up to this number are forgotten.
    acknowledged: u64,
    /// The index of the log entry that used the session last.
    last_used: u64,
    /// The answers above `acknowledged` by number, each in its encoded form.
    answers: OrdMap<u64, Arc<[u8]>>,
}

impl Session {
    fn bytes(&self) -> u64 {
        self.answers.values().map(|answer| cost(answer)).sum()
    }
}

fn cost(answer: &[u8]) -> u64 {
    answer.len() as u64 + OVERHEAD_BYTES
}

/// An answer as a session keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    revision: i64,
    result: Result<Applied, Error>,
}

/// A session in a snapshot.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredSession {
    pub(crate) id: i64,
    acknowledged: u64,
    last_used: u64,
    answers: Vec<(u64, Vec<u8>)>,
}

/// The decision about a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The command is new: execute it, then [record](Sessions::record) its answer.
    New,
    /// The command was executed before, with this answer.
    Retry(Response),
    /// The command must not be executed.
    Refused(Error),
}

/// All sessions.
///
/// Invariants: `by_use` is the inverse of `by_id`; `bytes` is the cost of all answers; there are at
/// most [`MAX_SESSIONS`] sessions, and [`MAX_KEPT_BYTES`] of answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions {
    by_id: OrdMap<i64, Session>,
    by_use: OrdSet<(u64, i64)>,
    bytes: u64,
}

impl Sessions {
    /// Opens a session with the entry at `index`.
    pub(crate) fn open(&mut self, id: i64, index: u64) {
        self.insert(id, Session { last_used: index, ..Session::default() });
        self.evict();
    }

    /// Forgets a session, if it is open.
    pub(crate) fn close(&mut self, id: i64) {
        if let Some(session) = self.by_id.remove(&id) {
            self.by_use.remove(&(session.last_used, id));
            self.bytes -= session.bytes();
        }
    }

    /// Decides about the command of the entry at `index`, and forgets what its client acknowledged.
    pub(crate) fn admit(&mut self, tag: SessionTag, index: u64) -> Admission {
        let SessionTag { session: id, number, acknowledged } = tag;
        let Some(mut session) = self.by_id.get(&id).cloned() else {
            return Admission::Refused(Error::SessionNotOpen { session: id });
        };
        if number == 0 || acknowledged >= number {
            return Admission::Refused(Error::InvalidTag { number, acknowledged });
        }
        self.close(id);
        session.last_used = index;
        if acknowledged > session.acknowledged {
            session.acknowledged = acknowledged;
            session.answers = session.answers.split(&acknowledged).1;
        }
        let admission = session.admit(number);
        self.insert(id, session);
        admission
    }

    /// Remembers the answer to a command that was [admitted as new](Admission::New), if its session
    /// is still open.
    pub(crate) fn record(&mut self, tag: SessionTag, response: &Response) {
        let Some(mut session) = self.by_id.get(&tag.session).cloned() else {
            return;
        };
        self.close(tag.session);
        session.answers.insert(tag.number, encode(tag.number, response));
        self.insert(tag.session, session);
        self.evict();
    }

    /// How many sessions are open.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The cost of all answers.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The sessions for a snapshot, in the order of their ids.
    pub(crate) fn stored(&self) -> Vec<StoredSession> {
        let stored = |(id, session): (&i64, &Session)| StoredSession {
            id: *id,
            acknowledged: session.acknowledged,
            last_used: session.last_used,
            answers: session.answers.iter().map(|(n, answer)| (*n, answer.to_vec())).collect(),
        };
        self.by_id.iter().map(stored).collect()
    }

    /// Builds the sessions of a snapshot that was taken after the entry at `applied`.
    ///
    /// # Errors
    /// The fault in words, if no run of the store leads to these sessions.
    pub(crate) fn from_stored(
        stored: Vec<StoredSession>,
        applied: u64,
    ) -> Result<Self, &'static str> {
        let mut sessions = Self::default();
        let mut previous = None;
        for StoredSession { id, acknowledged, last_used, answers } in stored {
            if previous >= Some(id) {
                return Err("the sessions are not in the order of their ids");
            }
            if last_used > applied {
                return Err("a session was used by an entry after the snapshot");
            }
            let mut session = Session { acknowledged, last_used, answers: OrdMap::new() };
            for (number, answer) in answers {
                let is_kept = number
                    .checked_sub(acknowledged)
                    .is_some_and(|above| (1..=SESSION_WINDOW).contains(&above));
                if !is_kept || decode(&answer).is_none() {
                    return Err("a session has an answer that it would not keep");
                }
                session.answers.insert(number, answer.into());
            }
            previous = Some(id);
            sessions.insert(id, session);
        }
        if sessions.exceeds_limits() {
            return Err("there is more in the sessions than a store keeps");
        }
        Ok(sessions)
    }

    fn insert(&mut self, id: i64, session: Session) {
        self.bytes += session.bytes();
        self.by_use.insert((session.last_used, id));
        self.by_id.insert(id, session);
    }

    fn exceeds_limits(&self) -> bool {
        self.by_id.len() > MAX_SESSIONS || self.bytes > MAX_KEPT_BYTES as u64
    }

    /// Closes the sessions that were used least recently, until the others are within the limits.
    fn evict(&mut self) {
        while self.exceeds_limits()
            && let Some(&(_, id)) = self.by_use.get_min()
        {
            self.close(id);
        }
    }
}

impl Session {
    fn admit(&self, number: u64) -> Admission {
        let acknowledged = self.acknowledged;
        if number <= acknowledged {
            return Admission::Refused(Error::AlreadyAcknowledged { number, acknowledged });
        }
        if number - acknowledged > SESSION_WINDOW {
            return Admission::Refused(Error::WindowExceeded { number, acknowledged });
        }
        match self.answers.get(&number) {
            Some(answer) => {
                Admission::Retry(decode(answer).expect("the store encoded the answer itself"))
            }
            None => Admission::New,
        }
    }
}

/// The form in which an answer is kept. One that is too large is replaced by an error.
fn encode(number: u64, response: &Response) -> Arc<[u8]> {
    let Response { revision, result, .. } = response;
    let form = |result| {
        postcard::to_allocvec(&Kept { revision: *revision, result })
            .expect("a growing buffer takes every answer")
    };
    let answer = form(result.clone());
    if answer.len() <= MAX_KEPT_ANSWER_BYTES {
        answer.into()
    } else {
        form(Err(Error::AnswerNotKept { number })).into()
    }
}

fn decode(answer: &[u8]) -> Option<Response> {
    if answer.len() > MAX_KEPT_ANSWER_BYTES {
        return None;
    }
    let (Kept { revision, result }, rest) = postcard::take_from_bytes(answer).ok()?;
    rest.is_empty().then_some(Response { revision, result, repeated: true })
}

#[cfg(test)]
mod tests;
