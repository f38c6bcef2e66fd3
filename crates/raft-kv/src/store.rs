//! The store: keys, values, and the effect of each operation on them.

use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;

use crate::blob::{Key, Value};
use crate::command::{ClientId, Command, Operation, validate_value};
use crate::error::Error;
use crate::fingerprint::fingerprint;
use crate::response::Response;
use crate::session::{Admission, ClientSession, Sessions};
use crate::{MAX_LIST_BYTES, MAX_LIST_ENTRIES};

/// The replicated state: keys with their values, client sessions, and the index of the last applied
/// entry.
///
/// Cloning takes constant time: clones share their contents and copy only the parts that change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Store {
    last_applied: u64,
    entries: OrdMap<Key, Value>,
    /// The sum of [`fingerprint`] over the pairs of `entries`.
    entries_digest: u64,
    pub(crate) sessions: Sessions,
}

impl Store {
    /// The same store, which keeps at most `count` sessions (1 to
    /// [`MAX_SESSIONS`](crate::MAX_SESSIONS)). Every node must keep the same number, and a store
    /// that was restored from a snapshot must be told again.
    #[must_use]
    pub fn keeping_sessions(mut self, count: usize) -> Self {
        self.sessions.keep_at_most(count);
        self
    }

    /// Applies the log entry at `index`: decodes its payload and executes the command.
    ///
    /// Never panics, and gives the same answer on every node: a payload that is no command is
    /// answered with [`Error::Undecodable`]. The caller must pass each entry once, in log order;
    /// the store does not check `index`.
    pub fn apply(&mut self, index: u64, payload: &[u8]) -> Response {
        self.last_applied = index;
        match Command::decode(payload) {
            Ok(command) => self.execute(&command),
            Err(error) => Response::Failed(error.into()),
        }
    }

    /// A planted bug: applies the log entry at `index` like [`apply`](Self::apply), but a retry
    /// takes effect again. Its answer is still the first one.
    #[cfg(feature = "bugs")]
    pub fn apply_retries_again(&mut self, index: u64, payload: &[u8]) -> Response {
        let is_retry = |command: &Command| {
            let admission = self.sessions.admit(command.client, command.sequence);
            matches!(admission, Admission::Retry(_))
        };
        let retried = Command::decode(payload).ok().filter(is_retry);
        let response = self.apply(index, payload);
        if let Some(Command { operation, .. }) = retried {
            // The session keeps the first answer.
            let _ = self.perform(&operation);
        }
        response
    }

    /// Counts the log entry at `index` as applied. For an entry without a command: a new leader's
    /// no-op, or a change of membership.
    pub fn skip(&mut self, index: u64) {
        self.last_applied = index;
    }

    /// Executes a command in its client's session: once, and with the first answer for a retry.
    pub fn execute(&mut self, command: &Command) -> Response {
        let Command { client, sequence, operation } = command;
        match self.sessions.admit(*client, *sequence) {
            Admission::New => {
                let response = self.perform(operation).unwrap_or_else(Response::Failed);
                self.sessions.record(*client, *sequence, Arc::new(response.clone()));
                response
            }
            Admission::Retry(answer) => {
                self.sessions.touch(*client);
                Response::clone(&answer)
            }
            Admission::Refused(error) => Response::Failed(error),
        }
    }

    /// The index of the last log entry applied or skipped; 0 before the first.
    pub fn last_applied(&self) -> u64 {
        self.last_applied
    }

    /// The value of a key in this copy of the store. On a node that lags it may be an old value.
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        self.entries.get(key)
    }

    /// All keys with their values, in the order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Value)> {
        self.entries.iter()
    }

    /// The keys that start with `prefix` with their values, in the order of the keys.
    pub fn with_prefix<'a>(
        &'a self,
        prefix: &'a [u8],
    ) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        self.entries
            .range::<_, [u8]>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(move |(key, _)| key.as_bytes().starts_with(prefix))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The open sessions, in the order of their client ids.
    pub fn sessions(&self) -> impl ExactSizeIterator<Item = (ClientId, &ClientSession)> {
        self.sessions.iter()
    }

    /// A new client's id must be above this one; `None` until the first session is evicted.
    pub fn highest_evicted_client(&self) -> Option<ClientId> {
        self.sessions.highest_evicted()
    }

    /// A hash of keys, values and sessions, but not of [`last_applied`](Self::last_applied). Equal
    /// stores have equal digests on every target. Each change updates it, so reading it takes
    /// constant time.
    ///
    /// Two nodes that applied the same prefix of the log must have the same digest.
    pub fn digest(&self) -> u64 {
        fingerprint(&(self.entries_digest, self.sessions.digest()))
    }

    /// A hash of the keys and values only. Reads do not change it, as they do the sessions.
    pub fn contents_digest(&self) -> u64 {
        fingerprint(&self.entries_digest)
    }

    /// Answers a read from this copy of the store and outside of any session; `None` for an
    /// operation that is no read. The caller must know whether this copy is recent.
    pub fn read(&self, operation: &Operation) -> Option<Response> {
        if let Err(error) = operation.validate() {
            return operation.is_read().then_some(Response::Failed(error));
        }
        match operation {
            Operation::Get { key } => Some(self.value(key)),
            Operation::List { prefix } => Some(self.list(prefix)),
            Operation::Set { .. }
            | Operation::Delete { .. }
            | Operation::Cas { .. }
            | Operation::Append { .. } => None,
        }
    }

    fn perform(&mut self, operation: &Operation) -> Result<Response, Error> {
        operation.validate()?;
        Ok(match operation {
            Operation::Set { key, value } => {
                self.insert(key.clone(), value.clone());
                Response::Done
            }
            Operation::Delete { key } => Response::Deleted { existed: self.remove(key) },
            Operation::Cas { key, expect, value } => {
                let current = self.entries.get(key);
                if current == expect.as_ref() {
                    self.insert(key.clone(), value.clone());
                    Response::Swapped
                } else {
                    Response::NotSwapped { current: current.cloned() }
                }
            }
            Operation::Append { key, value } => self.append(key, value)?,
            Operation::Get { key } => self.value(key),
            Operation::List { prefix } => self.list(prefix),
        })
    }

    fn append(&mut self, key: &Key, value: &Value) -> Result<Response, Error> {
        let current = self.entries.get(key).map_or(&[][..], Value::as_bytes);
        let value = Value::from([current, value.as_bytes()].concat());
        validate_value(&value)?;
        let length = value.len() as u64;
        self.insert(key.clone(), value);
        Ok(Response::Appended { length })
    }

    fn value(&self, key: &Key) -> Response {
        Response::Value(self.entries.get(key).cloned())
    }

    fn list(&self, prefix: &Key) -> Response {
        let mut entries = Vec::new();
        let mut bytes = 0;
        let mut truncated = false;
        for (key, value) in self.with_prefix(prefix.as_bytes()) {
            bytes += key.len() + value.len();
            if entries.len() == MAX_LIST_ENTRIES || bytes > MAX_LIST_BYTES {
                truncated = true;
                break;
            }
            entries.push((key.clone(), value.clone()));
        }
        Response::List { entries, truncated }
    }

    pub(crate) fn insert(&mut self, key: Key, value: Value) {
        let added = fingerprint(&(&key, &value));
        self.entries_digest = self.entries_digest.wrapping_add(added);
        if let Some(replaced) = self.entries.insert(key.clone(), value) {
            let removed = fingerprint(&(&key, &replaced));
            self.entries_digest = self.entries_digest.wrapping_sub(removed);
        }
    }

    fn remove(&mut self, key: &Key) -> bool {
        let Some(value) = self.entries.remove(key) else {
            return false;
        };
        self.entries_digest = self.entries_digest.wrapping_sub(fingerprint(&(key, &value)));
        true
    }
}

#[cfg(test)]
mod tests;
