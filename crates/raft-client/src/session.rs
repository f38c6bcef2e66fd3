//! Sessions: each write has a number, and is carried out once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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

/// So many writes of a session wait for their answers.
const WINDOW: usize = 64;

/// A session of a client.
#[derive(Debug)]
pub(crate) struct Session {
    id: i64,
    numbers: Mutex<Numbers>,
    window: Arc<Semaphore>,
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
    _permit: Option<OwnedSemaphorePermit>,
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
        let window = Arc::new(Semaphore::new(WINDOW));
        Ok(Arc::new(Self { id: granted.id, numbers: Mutex::default(), window, _keeper }))
    }

    /// The number of the next write, when not too many wait.
    pub(crate) async fn number(self: &Arc<Self>) -> Number {
        let permit = self.window.clone().acquire_owned().await.ok();
        let mut numbers = self.numbers();
        numbers.last += 1;
        let number = numbers.last;
        numbers.waiting.insert(number);
        drop(numbers);
        Number { session: self.clone(), number, _permit: permit }
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
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
    }
}

impl Ticket {
    pub(crate) fn write(self, metadata: &mut MetadataMap) {
        metadata.insert(SESSION_KEY, self.session.into());
        metadata.insert(NUMBER_KEY, self.number.into());
        metadata.insert(ACKNOWLEDGED_KEY, self.acknowledged.into());
    }
}

pub(crate) fn is_over(status: &Status) -> bool {
    status.message().contains(OVER)
}
