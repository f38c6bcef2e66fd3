//! Client sessions: they tell a retry from a new command (Raft §8; dissertation §6.3).
//!
//! The crate's documentation states the rules for clients. A session holds the client's newest
//! sequence number and the answer to it. Sessions are ordered by their last use. A use is a
//! position in the log and not a time: every node evicts the same session.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::MAX_SESSIONS;
use crate::command::{ClientId, Sequence};
use crate::error::Error;
use crate::fingerprint::fingerprint;
use crate::response::Response;

/// The highest count of uses in a snapshot. No run reaches it, and counting on from it cannot
/// overflow.
const MAX_LAST_USED: u64 = u64::MAX / 2;

/// The store's memory of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSession {
    pub(crate) sequence: Sequence,
    pub(crate) last_used: u64,
    /// Shared, because the map's nodes are copied when a clone of the store changes.
    pub(crate) answer: Arc<Response>,
}

impl ClientSession {
    /// The number of the client's newest command.
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The answer to the newest command: a retry gets it again.
    pub fn answer(&self) -> &Response {
        &self.answer
    }

    /// The last use of the session, as the count of commands that all sessions had accepted before
    /// it. The session with the smallest count is evicted next.
    pub fn last_used(&self) -> u64 {
        self.last_used
    }
}

/// The decision about a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The command is new: execute it, then [record](Sessions::record) its answer.
    New,
    /// The command was executed before, with this answer.
    Retry(Arc<Response>),
    /// The command must not be executed.
    Refused(Error),
}

/// All sessions.
///
/// Invariants: `by_use` is the inverse of `by_client`; there are at most `limit` sessions;
/// `digest` is the sum of [`fingerprint`] over the pairs of `by_client`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sessions {
    by_client: OrdMap<ClientId, ClientSession>,
    by_use: OrdMap<u64, ClientId>,
    /// The highest client id ever evicted. No session opens at or below it: such an id may have had
    /// a session, and a second one would apply its first command again.
    highest_evicted: Option<ClientId>,
    digest: u64,
    /// 1 to [`MAX_SESSIONS`].
    limit: usize,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            by_client: OrdMap::new(),
            by_use: OrdMap::new(),
            highest_evicted: None,
            digest: 0,
            limit: MAX_SESSIONS,
        }
    }
}

impl Sessions {
    pub(crate) fn admit(&self, client: ClientId, sequence: Sequence) -> Admission {
        if sequence < Sequence::FIRST {
            return Admission::Refused(Error::ZeroSequence);
        }
        let Some(session) = self.by_client.get(&client) else {
            // A later command of an unknown client may be the retry of one that was applied before
            // its session was evicted: executing it could apply it twice.
            let may_open = sequence == Sequence::FIRST && Some(client) > self.highest_evicted;
            return if may_open {
                Admission::New
            } else {
                Admission::Refused(Error::SessionExpired { client, above: self.highest_evicted })
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

    /// Remembers the answer to a command that was [admitted as new](Admission::New). Opens a
    /// session if the client has none, and evicts the least recently used one if there are too
    /// many.
    pub(crate) fn record(&mut self, client: ClientId, sequence: Sequence, answer: Arc<Response>) {
        let last_used = self.next_use();
        self.insert(client, ClientSession { sequence, last_used, answer });
        if self.by_client.len() > self.limit {
            self.evict();
        }
    }

    /// Keeps at most so many sessions, from the next command on.
    pub(crate) fn keep_at_most(&mut self, limit: usize) {
        self.limit = limit.clamp(1, MAX_SESSIONS);
    }

    /// Counts a retry as a use: its client is waiting.
    pub(crate) fn touch(&mut self, client: ClientId) {
        let last_used = self.next_use();
        if let Some(session) = self.by_client.get(&client).cloned() {
            self.insert(client, ClientSession { last_used, ..session });
        }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (ClientId, &ClientSession)> {
        self.by_client.iter().map(|(client, session)| (*client, session))
    }

    pub(crate) fn highest_evicted(&self) -> Option<ClientId> {
        self.highest_evicted
    }

    pub(crate) fn digest(&self) -> u64 {
        fingerprint(&(self.digest, self.highest_evicted))
    }

    /// Builds the sessions of a snapshot.
    ///
    /// # Errors
    /// The fault in words, if no run of the store leads to these sessions.
    pub(crate) fn from_parts(
        parts: Vec<(ClientId, ClientSession)>,
        highest_evicted: Option<ClientId>,
    ) -> Result<Self, &'static str> {
        if parts.len() > MAX_SESSIONS {
            return Err("there are more sessions than a store keeps");
        }
        let mut sessions = Self { highest_evicted, ..Self::default() };
        let mut previous = None;
        for (client, session) in parts {
            if previous >= Some(client) {
                return Err("the sessions are not in the order of their client ids");
            }
            if session.sequence < Sequence::FIRST {
                return Err("a session has sequence number 0");
            }
            if session.last_used > MAX_LAST_USED {
                return Err("a session's last use is above the highest count");
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

    fn insert(&mut self, client: ClientId, session: ClientSession) {
        self.digest = self.digest.wrapping_add(fingerprint(&(client, &session)));
        self.by_use.insert(session.last_used, client);
        if let Some(replaced) = self.by_client.insert(client, session) {
            self.by_use.remove(&replaced.last_used);
            self.digest = self.digest.wrapping_sub(fingerprint(&(client, &replaced)));
        }
    }

    fn remove(&mut self, client: ClientId) -> Option<ClientSession> {
        let session = self.by_client.remove(&client)?;
        self.by_use.remove(&session.last_used);
        self.digest = self.digest.wrapping_sub(fingerprint(&(client, &session)));
        Some(session)
    }

    fn evict(&mut self) {
        if let Some(&(_, client)) = self.by_use.get_min() {
            self.remove(client);
            self.highest_evicted = self.highest_evicted.max(Some(client));
        }
    }
}

#[cfg(test)]
mod tests;
