//! Sessions: each write has a number, and is carried out once.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tonic::Status;
use tonic::metadata::{MetadataMap, MetadataValue};

use crate::client::{Client, Kind, request};
use crate::{ClientError, LeaseKeeper, api};

/// Names the session that a request belongs to. A grant of a lease with `open` opens one, and the
/// answer to it names that.
const SESSION_KEY: &str = "helios-session";
const NUMBER_KEY: &str = "helios-number";
const ACKNOWLEDGED_KEY: &str = "helios-acknowledged";

/// What servers say of a session that they do not know.
const OVER: &str = "is not open: it expired, was evicted or never existed";

/// What they say of a write that took effect, whose answer they do not keep.
const NOT_KEPT: &str = "was applied, and its answer was too large to keep";

/// A write has a number less than this above the first one that waits for its answer.
const WINDOW: u64 = 64;

/// A session of a client.
#[derive(Debug)]
pub(crate) struct Session {
    id: i64,
    numbers: Mutex<Numbers>,
    /// Told when a write does not wait any more.
    freed: Notify,
    /// The session lives as long as its lease.
    _keeper: LeaseKeeper,
}

#[derive(Debug, Default)]
struct Numbers {
    last: u64,
    waiting: BTreeSet<u64>,
}

/// The number of a write. It is answered, or given up, when this is dropped.
#[derive(Debug)]
pub(crate) struct Number {
    session: Arc<Session>,
    number: u64,
}

/// What a request says of its session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    session: i64,
    number: u64,
    acknowledged: u64,
}

impl Session {
    pub(crate) async fn open(client: &Client, ttl: Duration) -> Result<Arc<Self>, ClientError> {
        let seconds = ttl.as_secs().max(1) as i64;
        let granted = client
            .ask(Kind::Read, |channel, _| async move {
                let grant = api::LeaseGrantRequest { ttl: seconds, id: 0 };
                let mut request = request(grant, None);
                request.metadata_mut().insert(SESSION_KEY, MetadataValue::from_static("open"));
                api::lease_client::LeaseClient::new(channel).lease_grant(request).await
            })
            .await?;
        let is_session = granted.metadata().contains_key(SESSION_KEY);
        let granted = granted.into_inner();
        if !is_session {
            return Err(ClientError::Refused(Status::unimplemented(
                "these servers have no sessions",
            )));
        }
        let _keeper = LeaseKeeper::begin(client.clone(), granted.id, granted.ttl);
        let (numbers, freed) = (Mutex::default(), Notify::new());
        Ok(Arc::new(Self { id: granted.id, numbers, freed, _keeper }))
    }

    /// The number of the next write, when not too many wait.
    pub(crate) async fn number(self: &Arc<Self>) -> Number {
        loop {
            let mut freed = pin!(self.freed.notified());
            // One that is told from here on is not missed.
            freed.as_mut().enable();
            if let Some(number) = self.numbers().take() {
                return Number { session: self.clone(), number };
            }
            freed.await;
        }
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Numbers {
    /// The next number, if the servers keep the answers to all that wait.
    fn take(&mut self) -> Option<u64> {
        let next = self.last + 1;
        let first = self.waiting.first().copied().unwrap_or(next);
        if next - first >= WINDOW {
            return None;
        }
        self.last = next;
        self.waiting.insert(next);
        Some(next)
    }
}

impl Number {
    /// What a request with this number says.
    pub(crate) fn ticket(&self) -> Ticket {
        let numbers = self.session.numbers();
        let first = numbers.waiting.first().copied().unwrap_or(self.number);
        Ticket { session: self.session.id, number: self.number, acknowledged: first - 1 }
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        self.session.numbers().waiting.remove(&self.number);
        self.session.freed.notify_waiters();
    }
}

impl Ticket {
    pub(crate) fn write(self, metadata: &mut MetadataMap) {
        metadata.insert(SESSION_KEY, self.session.into());
        metadata.insert(NUMBER_KEY, self.number.into());
        metadata.insert(ACKNOWLEDGED_KEY, self.acknowledged.into());
    }
}

/// What servers say of sessions.
pub(crate) fn error_of(status: &Status) -> Option<ClientError> {
    let says = |words| status.message().contains(words);
    match (says(OVER), says(NOT_KEPT)) {
        (true, _) => Some(ClientError::SessionOver),
        (false, true) => Some(ClientError::AnswerLost),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_hangs_holds_up_those_a_window_above_it() {
        let mut numbers = Numbers::default();
        let first = numbers.take().expect("none waits");
        for _ in 1..WINDOW {
            let number = numbers.take().expect("it is in the window");
            numbers.waiting.remove(&number);
        }
        assert_eq!(numbers.take(), None, "the first one waits");
        numbers.waiting.remove(&first);
        assert_eq!(numbers.take(), Some(WINDOW + 1));
    }
}
