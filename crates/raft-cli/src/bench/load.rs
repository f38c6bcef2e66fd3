//! The clients of a load.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use raft_client::api::RangeRequest;
use raft_client::{Client, ClientError, ClientOptions};
use raft_kv::SplitMix64;
use raft_tls::Tls;

use super::arguments::{BenchArguments, Operation};
use crate::certs::tls_files;

/// What was measured.
pub(super) struct Measured {
    /// In microseconds.
    pub(super) latencies: Histogram<u64>,
    pub(super) failures: BTreeMap<String, u64>,
    pub(super) elapsed: Duration,
    pub(super) longest_pause: Duration,
}

impl Measured {
    pub(super) fn answered(&self) -> u64 {
        self.latencies.len()
    }
}

/// What the clients share.
struct Load {
    operation: Operation,
    value: Bytes,
    keys: u64,
    is_sequential: bool,
    begun: Instant,
    end: Instant,
    requests: u64,
    /// The time between two requests of all clients, if they have a rate.
    period: Option<Duration>,
    /// Requests that were begun.
    sent: AtomicU64,
    /// When the last request was answered, in µs since the beginning, and the longest pause.
    last_answer: AtomicU64,
    longest_pause: AtomicU64,
}

/// Runs all clients.
pub(super) async fn run(arguments: &BenchArguments) -> Result<Measured, String> {
    let clients = connect(arguments).await.map_err(|error| error.to_string())?;
    let begun = Instant::now();
    let load = Arc::new(Load {
        operation: arguments.operation,
        value: vec![b'v'; arguments.value_bytes].into(),
        keys: arguments.keys,
        is_sequential: arguments.sequential,
        begun,
        end: begun + Duration::from_secs_f64(arguments.seconds),
        requests: arguments.requests.unwrap_or(u64::MAX),
        period: arguments.rate.map(|rate| Duration::from_secs(1) / rate.max(1) as u32),
        sent: AtomicU64::new(0),
        last_answer: AtomicU64::new(0),
        longest_pause: AtomicU64::new(0),
    });
    let tasks = (0..arguments.clients).map(|number| {
        let client = clients[number as usize % clients.len()].clone();
        tokio::spawn(load.clone().client(client, u64::from(number)))
    });
    let tasks: Vec<_> = tasks.collect();
    let mut latencies = histogram();
    let mut failures: BTreeMap<String, u64> = BTreeMap::new();
    for task in tasks {
        let (of_client, failed) = task.await.map_err(|error| error.to_string())?;
        latencies.add(of_client).map_err(|error| error.to_string())?;
        for (words, count) in failed {
            *failures.entry(words).or_default() += count;
        }
    }
    let longest_pause = Duration::from_micros(load.longest_pause.load(Ordering::Relaxed));
    Ok(Measured { latencies, failures, elapsed: begun.elapsed(), longest_pause })
}

async fn connect(arguments: &BenchArguments) -> Result<Vec<Client>, ClientError> {
    let BenchArguments { endpoints, cert, key, ca, .. } = arguments;
    let tls = tls_files(cert, key, ca).map(Tls::load).transpose();
    let tls = tls.map_err(|error| ClientError::Address(error.to_string()))?;
    let mut clients = Vec::new();
    for number in 0..arguments.connections.min(arguments.clients) {
        // Each connection begins at another server.
        let mut endpoints = endpoints.clone();
        endpoints.rotate_left(number as usize % arguments.endpoints.len());
        let client =
            Client::new(ClientOptions { tls: tls.clone(), ..ClientOptions::new(endpoints) })?;
        // It is connected, and a leader is known, when this is answered.
        client.get("helios-bench").await?;
        clients.push(if arguments.session { client.with_session().await? } else { client });
    }
    Ok(clients)
}

type OfClient = (Histogram<u64>, BTreeMap<String, u64>);

impl Load {
    async fn client(self: Arc<Self>, client: Client, seed: u64) -> OfClient {
        let (mut latencies, mut failures) = (histogram(), BTreeMap::new());
        let mut random = SplitMix64::new(seed);
        loop {
            let number = self.sent.fetch_add(1, Ordering::Relaxed);
            let due = match self.period {
                Some(period) => self.begun + period * number as u32,
                None => Instant::now(),
            };
            if number >= self.requests || due >= self.end {
                return (latencies, failures);
            }
            tokio::time::sleep_until(due.into()).await;
            let place = if self.is_sequential { number } else { random.next() };
            match self.ask(&client, place % self.keys).await {
                Ok(()) => {
                    let latency = due.elapsed().as_micros() as u64;
                    latencies.saturating_record(latency.max(1));
                    self.note_answer();
                }
                Err(error) => *failures.entry(error.to_string()).or_default() += 1,
            }
        }
    }

    async fn ask(&self, client: &Client, place: u64) -> Result<(), ClientError> {
        let key = Bytes::from(format!("bench/{place:010}"));
        match self.operation {
            Operation::Put => client.put(key, self.value.clone()).await.map(drop),
            Operation::Get => client.get(key).await.map(drop),
            Operation::SerializableGet => {
                let range = RangeRequest { key, serializable: true, ..RangeRequest::default() };
                client.range(range).await.map(drop)
            }
        }
    }

    fn note_answer(&self) {
        let now = self.begun.elapsed().as_micros() as u64;
        let before = self.last_answer.swap(now, Ordering::Relaxed);
        self.longest_pause.fetch_max(now.saturating_sub(before), Ordering::Relaxed);
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("the bounds are in order")
}
