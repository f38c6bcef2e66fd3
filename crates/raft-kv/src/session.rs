//! Client sessions: how a retried command is recognised (Raft §8; dissertation §6.3).
//!
//! The crate's documentation states the rules for clients; this is how they are kept. A session holds
//! the client's newest sequence number and its answer. Sessions are ordered by their last use, where
//! a use is a position in the log and not a time, so that every node evicts the same one.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::MAX_SESSIONS;
use crate::command::{ClientId, Sequence};
use crate::error::Error;
use crate::fingerprint::fingerprint;
use crate::response::Response;

/// The highest count of uses that a snapshot may bring: no run gets there, and counting on from it
/// cannot overflow.
const MAX_LAST_USED: u64 = u64::MAX / 2;

/// What the store remembers of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub(crate) sequence: Sequence,
    pub(crate) last_used: u64,
    /// Shared, because the map's nodes are copied when a clone of the store changes.
    pub(crate) answer: Arc<Response>,
}

impl Session {
    /// The number of the client's newest command.
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// What that command was answered: a retry gets this.
    pub fn answer(&self) -> &Response {
        &self.answer
    }

    /// When the session was last used, as a count of the commands that sessions accepted so far. The
    /// session with the smallest is the next to be evicted.
    pub fn last_used(&self) -> u64 {
        self.last_used
    }
}

/// Whether a command may be executed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is new: execute it, then [record](Sessions::record) its answer.
    New,
    /// It was executed before, with this answer.
    Retry(Arc<Response>),
    /// It must not be executed.
    Refused(Error),
}

/// All sessions.
///
/// Invariants: `by_use` is the inverse of `by_client`; there are at most [`MAX_SESSIONS`]; `digest` is
/// the sum of [`fingerprint`] over the pairs of `by_client`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sessions {
    by_client: OrdMap<ClientId, Session>,
    by_use: OrdMap<u64, ClientId>,
    /// The highest client id ever evicted. No session opens at or below it: an id down there may
    /// have had a session, and opening it again would apply its first command again.
    retired: Option<ClientId>,
    digest: u64,
}

impl Sessions {
    pub(crate) fn admit(&self, client: ClientId, sequence: Sequence) -> Admission {
        if sequence < Sequence::FIRST {
            return Admission::Refused(Error::ZeroSequence);
        }
        let Some(session) = self.by_client.get(&client) else {
            // A later command of an unknown client may be the retry of one that was applied before
            // its session was evicted: executing it could apply it twice.
            let may_open = sequence == Sequence::FIRST && Some(client) > self.retired;
            return if may_open {
                Admission::New
            } else {
                Admission::Refused(Error::SessionExpired { client, above: self.retired })
            };
        };
        match sequence.cmp(&session.sequence) {
            std::cmp::Ordering::Greater => Admission::New,
            std::cmp::Ordering::Equal => Admission::Retry(Arc::clone(&session.answer)),
            std::cmp::Ordering::Less => {
                Admission::Refused(Error::StaleSequence { sequence, last: session.sequence })
            }
        }
    }

    /// Remembers the answer to a command that was [admitted as new](Admission::New), opening a
    /// session when there is none and evicting the least recently used one when there are too many.
    pub(crate) fn record(&mut self, client: ClientId, sequence: Sequence, answer: Arc<Response>) {
        let last_used = self.next_use();
        self.insert(client, Session { sequence, last_used, answer });
        if self.by_client.len() > MAX_SESSIONS {
            self.evict();
        }
    }

    /// Counts a retry as a use: its client is alive and waiting.
    pub(crate) fn touch(&mut self, client: ClientId) {
        let last_used = self.next_use();
        if let Some(session) = self.by_client.get(&client).cloned() {
            self.insert(client, Session { last_used, ..session });
        }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (ClientId, &Session)> {
        self.by_client.iter().map(|(client, session)| (*client, session))
    }

    pub(crate) fn retired(&self) -> Option<ClientId> {
        self.retired
    }

    pub(crate) fn digest(&self) -> u64 {
        fingerprint(&(self.digest, self.retired))
    }

    /// Builds the sessions of a snapshot.
    ///
    /// # Errors
    /// What is wrong, in words, when no run of the store could have left these sessions.
    pub(crate) fn from_parts(
        parts: Vec<(ClientId, Session)>,
        retired: Option<ClientId>,
    ) -> Result<Self, &'static str> {
        if parts.len() > MAX_SESSIONS {
            return Err("there are more sessions than a store keeps");
        }
        let mut sessions = Self { retired, ..Self::default() };
        let mut previous = None;
        for (client, session) in parts {
            if previous >= Some(client) {
                return Err("the sessions are not in the order of their client ids");
            }
            if session.sequence < Sequence::FIRST {
                return Err("a session has sequence number 0");
            }
            if session.last_used > MAX_LAST_USED {
                return Err("a session's last use is beyond what can be counted");
            }
            if sessions.by_use.contains_key(&session.last_used) {
                return Err("two sessions have the same last use");
            }
            previous = Some(client);
            sessions.insert(client, session);
        }
        Ok(sessions)
    }

    fn next_use(&self) -> u64 {
        self.by_use.get_max().map_or(0, |(last, _)| last + 1)
    }

    fn insert(&mut self, client: ClientId, session: Session) {
        self.digest = self.digest.wrapping_add(fingerprint(&(client, &session)));
        self.by_use.insert(session.last_used, client);
        if let Some(replaced) = self.by_client.insert(client, session) {
            self.by_use.remove(&replaced.last_used);
            self.digest = self.digest.wrapping_sub(fingerprint(&(client, &replaced)));
        }
    }

    fn remove(&mut self, client: ClientId) -> Option<Session> {
        let session = self.by_client.remove(&client)?;
        self.by_use.remove(&session.last_used);
        self.digest = self.digest.wrapping_sub(fingerprint(&(client, &session)));
        Some(session)
    }

    fn evict(&mut self) {
        if let Some(&(_, client)) = self.by_use.get_min() {
            self.remove(client);
            self.retired = self.retired.max(Some(client));
        }
    }
}

#[cfg(test)]
mod tests;
