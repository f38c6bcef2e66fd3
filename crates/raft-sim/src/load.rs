//! A background load: clients that write at a steady rate.

use std::fmt;
use std::time::Duration;

use raft_core::{Bare, Instant, Plain, Say, Speaker, print_as_said, say};
use raft_kv::{ClientId, MAX_VALUE_BYTES, Operation};

use crate::units::Span;
use crate::{ClientError, EventNumber, Mention};

/// The number before that of the first client of a load.
const BEFORE_CLIENTS: u64 = 500;

/// Writes at a steady rate. Each is a request of a client like any other: it is retried, answered
/// and judged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Load {
    /// Requests a second of all clients together, 1 to [`MAX_RATE`](Self::MAX_RATE).
    pub rate: u32,
    /// How long new requests are made, 1 ms to [`MAX_TIME`](Self::MAX_TIME).
    pub time: Duration,
    /// The number of clients, which take turns; 1 to [`MAX_CLIENTS`](Self::MAX_CLIENTS). They have
    /// the numbers from 501 on. One that has [`MAX_QUEUED`](Self::MAX_QUEUED) requests in its queue
    /// misses its turn.
    pub clients: u32,
    /// The size of each value in bytes, up to [`MAX_SIZE`](Self::MAX_SIZE). It begins with the
    /// number of the request, so that all values differ, and is at least as long as that.
    pub size: u32,
}

/// A load that has not ended.
#[derive(Clone, Debug)]
pub(crate) struct RunningLoad {
    load: Load,
    since: Instant,
    started_by: EventNumber,
    /// The number of requests so far.
    made: u64,
}

impl Load {
    /// The largest rate.
    pub const MAX_RATE: u32 = 10_000;
    /// The longest time.
    pub const MAX_TIME: Duration = Duration::from_secs(3600);
    /// The most clients.
    pub const MAX_CLIENTS: u32 = 50;
    /// A client that has so many requests in its queue takes no further one.
    pub const MAX_QUEUED: usize = 16;
    /// The largest value, in bytes.
    pub const MAX_SIZE: u32 = MAX_VALUE_BYTES as u32;

    /// Checks every bound.
    pub(crate) fn validate(&self) -> Result<(), ClientError> {
        let is_valid = (1..=Self::MAX_RATE).contains(&self.rate)
            && (Duration::from_millis(1)..=Self::MAX_TIME).contains(&self.time)
            && (1..=Self::MAX_CLIENTS).contains(&self.clients)
            && self.size <= Self::MAX_SIZE;
        if is_valid { Ok(()) } else { Err(ClientError::Load(*self)) }
    }

    /// The last of its clients.
    fn last_client(&self) -> u64 {
        BEFORE_CLIENTS + u64::from(self.clients)
    }
}

impl RunningLoad {
    pub(crate) fn new(load: Load, since: Instant, started_by: EventNumber) -> Self {
        Self { load, since, started_by, made: 0 }
    }

    /// The event that started it.
    pub(crate) fn started_by(&self) -> EventNumber {
        self.started_by
    }

    /// The time of the next request; `None` if there is none.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        let after = self.made.saturating_mul(1_000_000) / u64::from(self.load.rate);
        let after = Duration::from_micros(after);
        (after < self.load.time).then(|| self.since + after)
    }

    /// The next request: its client and its operation.
    pub(crate) fn make(&mut self) -> (ClientId, Operation) {
        let client = BEFORE_CLIENTS + 1 + self.made % u64::from(self.load.clients);
        self.made += 1;
        let number = format!("{}:{}", self.since.0, self.made);
        let value = format!("{number:.<size$}", size = self.load.size as usize);
        let key = format!("load{client}");
        let operation = Operation::Set { key: key.as_str().into(), value: value.as_str().into() };
        (ClientId(client), operation)
    }
}

/// `500 writes a second for 5s, by clients 501 to 504, of 1024 bytes each`
impl Say<Mention> for Load {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let Self { rate, time, size, .. } = self;
        let (first, last) = (ClientId(BEFORE_CLIENTS + 1), ClientId(self.last_client()));
        say!(out; "{rate} writes a second for ", Plain(Span(*time)), ", by ")?;
        match first == last {
            true => say!(out; first)?,
            false => say!(out; "clients ", Bare(first), " to ", Bare(last))?,
        }
        say!(out; ", of {size} bytes each")
    }
}

print_as_said!(Mention: Load);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn requests_come_at_the_rate_and_end_in_time() {
        let load = Load { rate: 300, time: Duration::from_secs(2), clients: 4, size: 100 };
        let first = EventNumber::new(1).unwrap();
        let mut running = RunningLoad::new(load, Instant(5), first);
        let (mut times, mut clients, mut values) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        while let Some(at) = running.next_at() {
            times.push(at);
            let (client, operation) = running.make();
            clients.insert(client.0);
            let Operation::Set { value, .. } = operation else { panic!("a write") };
            assert_eq!(value.len(), 100);
            values.insert(value);
        }
        assert_eq!(times.len(), 600);
        assert!(times.is_sorted());
        assert_eq!((times[0], times[300]), (Instant(5), Instant(1_000_005)));
        assert_eq!(clients.into_iter().collect::<Vec<_>>(), [501, 502, 503, 504]);
        assert_eq!(values.len(), 600, "all values differ");
    }
}
