//! A trial from its beginning to its end.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use linearizability::{Answer, Bytes, MapOperation};
use raft_client::api;
use raft_client::api::maintenance_client::MaintenanceClient;
use raft_client::{Client, ClientError};
use raft_tls::{Tls, TlsError};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use crate::certificates::Certificates;
use crate::happenings::{Counts, Happening};
use crate::judge::{Judgement, Seen, judge};
use crate::links::Links;
use crate::plan::{Plan, TrialOptions};
use crate::recorder::Recorder;
use crate::scene::{Board, Scene};
use crate::servers::Servers;
use crate::watches::{self, Told};
use crate::{clients, faults};

/// How far a trial is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrialSoFar {
    /// Time since the first fault could come.
    pub elapsed: Duration,
    /// Operations that clients called.
    pub operations: u64,
    /// Faults so far.
    pub faults: u64,
    /// The highest term that a server told.
    pub term: u64,
}

/// How a trial ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialReport {
    /// What is wrong.
    pub judgement: Judgement,
    /// How often each thing happened.
    pub happenings: BTreeMap<Happening, u64>,
    /// Operations of clients.
    pub operations: u64,
    /// Operations without an answer, which may have taken effect.
    pub unknown: u64,
    /// What clients were told instead of answers, with how often.
    pub reasons: BTreeMap<String, u64>,
    /// How often clients asked for something again.
    pub repeated: u64,
    /// Changes of keys.
    pub changes: u64,
    /// Watches that were judged.
    pub watches: u64,
    /// The term at the end.
    pub term: u64,
    /// How often another server was seen to lead.
    pub leaders: u64,
    /// Snapshots that servers received from a leader.
    pub snapshots: u64,
}

/// Why a trial cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// A file, a port or a process.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A certificate.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// The cluster does not answer, although nothing is wrong with the machine.
    #[error("the cluster does not answer: {0}")]
    NoAnswer(#[from] ClientError),
    /// A task of the trial ended before its time.
    #[error("a part of the trial panicked")]
    Panicked,
}

/// The first and the last requests are answered within this time.
const ANSWERS: Duration = Duration::from_secs(30);

/// All servers have all changes within this time after the faults.
const AGREE: Duration = Duration::from_secs(20);

/// Watches that run all the time.
const FOLLOWERS: u64 = 3;

/// The processes of the history that read each key at the end have numbers from here on.
const LAST_READS: u64 = 1_000_000;

const CERTIFICATES: Duration = Duration::from_secs(1);

/// Holds a trial until its time is over, or `stop` becomes true. Tells how far it is ten times a
/// second.
///
/// # Errors
/// The trial cannot be held. A cluster that breaks a promise is no error.
pub async fn run(
    options: TrialOptions,
    stop: &AtomicBool,
    mut tell: impl FnMut(&TrialSoFar),
) -> Result<TrialReport, TrialError> {
    let plan = Arc::new(Plan { options });
    std::fs::create_dir_all(&plan.options.directory)?;
    std::fs::write(plan.file("cluster.toml"), plan.description())?;
    let certificates = plan.options.tls.then(|| Certificates::make(&plan)).transpose()?;
    let tls = plan.tls_files("client").map(Tls::load).transpose()?;
    if let Some(tls) = &tls {
        tokio::spawn(tls.clone().keep_reloading(CERTIFICATES));
    }
    let links = Links::open(&plan).await?;
    let servers = Servers::start(&plan)?;
    let (end, ending) = watch::channel(false);
    let recorder = Arc::new(Recorder::new(&plan.options.history)?);
    let (counts, board) = (Arc::new(Counts::default()), Arc::new(Board::default()));
    let scene = Scene { plan, tls, recorder, counts, board, ending };
    scene.client(0, ANSWERS)?.get("first").await?;

    let mut cast = Cast::begin(&scene)?;
    let processes = tokio::spawn(faults::of_processes(scene.clone(), servers));
    let links = tokio::spawn(faults::of_links(scene.clone(), links));
    let certificates =
        certificates.map(|made| tokio::spawn(faults::of_certificates(scene.clone(), made)));
    let begun = Instant::now();
    while begun.elapsed() < scene.plan.options.duration
        && !stop.load(Ordering::SeqCst)
        && !processes.is_finished()
    {
        tell(&scene.progress(begun.elapsed()));
        sleep(Duration::from_millis(100)).await;
    }
    end.send_replace(true);
    // The links are closed when this is dropped.
    let _links = joined(links.await)?;
    if let Some(certificates) = certificates {
        joined(certificates.await)??;
    }
    let mut servers = joined(processes.await)??;
    let seen = cast.end(&scene).await?;
    servers.revive()?;
    for id in scene.plan.ids() {
        servers.terminate(id).await?;
    }
    let mut report = cast.report(&scene, &seen)?;
    report.snapshots = servers.count_in_logs(SNAPSHOT);
    report.judgement.broken.append(&mut servers.faults);
    Ok(report)
}

/// A server says so when it has received a snapshot.
const SNAPSHOT: &str = "a snapshot of the leader replaced the state";

/// All tasks that see what the cluster does.
#[derive(Debug)]
struct Cast {
    looking: JoinHandle<Result<(), ClientError>>,
    callers: JoinSet<Result<u64, ClientError>>,
    followers: JoinSet<(Told, u64)>,
    looking_back: JoinHandle<Vec<Told>>,
    last_revision: watch::Sender<Option<i64>>,
    repeated: u64,
}

impl Cast {
    fn begin(scene: &Scene) -> Result<Self, ClientError> {
        let looking = tokio::spawn(scene.clone().look());
        let (last_revision, last) = watch::channel(None);
        let mut callers = JoinSet::new();
        for process in 1..=scene.plan.options.clients {
            callers.spawn(clients::run(scene.clone(), process));
        }
        callers.spawn(clients::fill(scene.clone()));
        let mut followers = JoinSet::new();
        for number in 1..=FOLLOWERS {
            let client = scene.client(number, ANSWERS)?;
            followers.spawn(watches::follow(client, format!("watch {number}"), last.clone()));
        }
        let client = scene.client(0, ANSWERS)?;
        let looking_back = tokio::spawn(watches::look_back(scene.clone(), client));
        Ok(Self { looking, callers, followers, looking_back, last_revision, repeated: 0 })
    }

    /// Waits for all clients, and reads everything.
    async fn end(&mut self, scene: &Scene) -> Result<Seen, TrialError> {
        while let Some(ended) = self.callers.join_next().await {
            self.repeated += joined(ended)??;
        }
        let client = scene.client(0, ANSWERS)?;
        let (keys, revision) = read_all(scene, &client).await?;
        let (end, last) = watch::channel(Some(revision));
        let (story, _) = watches::follow(client, "all changes".to_owned(), last).await;
        drop(end);
        self.last_revision.send_replace(Some(revision));
        let mut followers = Vec::new();
        while let Some(ended) = self.followers.join_next().await {
            let (told, repeated) = joined(ended)?;
            self.repeated += repeated;
            followers.push(told);
        }
        let stretches = joined((&mut self.looking_back).await)?;
        let hashes = hashes(scene, revision).await?;
        self.looking.abort();
        Ok(Seen { story, keys, followers, stretches, hashes })
    }

    fn report(self, scene: &Scene, seen: &Seen) -> io::Result<TrialReport> {
        let reasons = scene.recorder.finish()?;
        let judgement = judge(&scene.plan.options.history, seen)?;
        let count = |happening| (happening, scene.counts.of(happening));
        Ok(TrialReport {
            judgement,
            happenings: Happening::ALL.into_iter().map(count).collect(),
            operations: scene.recorder.operations(),
            unknown: scene.recorder.unknown(),
            reasons,
            repeated: self.repeated,
            changes: seen.story.changes.len() as u64,
            watches: (seen.followers.len() + seen.stretches.len()) as u64,
            term: scene.board.term(),
            leaders: scene.board.changes(),
            snapshots: 0,
        })
    }
}

impl Scene {
    fn progress(&self, elapsed: Duration) -> TrialSoFar {
        let faults = Happening::ALL.into_iter().filter(|happening| !happening.is_danger());
        TrialSoFar {
            elapsed,
            operations: self.recorder.operations(),
            faults: faults.map(|fault| self.counts.of(fault)).sum(),
            term: self.board.term(),
        }
    }
}

/// Reads all keys at once, which the history notes as a read of each key that clients used. Returns
/// them, and the last revision.
async fn read_all(
    scene: &Scene,
    client: &Client,
) -> Result<(BTreeMap<String, String>, i64), ClientError> {
    let reads: Vec<_> = clients::keys(scene.recorder.operations()).collect();
    let reads: Vec<_> = (LAST_READS..).zip(reads).collect();
    let operation = |key: &String| MapOperation::Read { key: Bytes::from(key.as_str()) };
    for (process, key) in &reads {
        scene.recorder.invoke(*process, &operation(key));
    }
    let all = vec![0];
    let range = api::RangeRequest {
        key: all.clone().into(),
        range_end: all.into(),
        ..api::RangeRequest::default()
    };
    let answer = client.range(range).await?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let keys: BTreeMap<_, _> =
        answer.kvs.iter().map(|kv| (text(&kv.key), watches::short(&kv.value))).collect();
    for (process, key) in &reads {
        let value = keys.get(key).map(|value| Bytes::from(value.as_str()));
        scene.recorder.conclude(*process, &operation(key), &Ok(Answer::Value(value)));
    }
    Ok((keys, answer.header.unwrap_or_default().revision))
}

/// Asks each server for the hash of its keys at a revision, until it has that.
async fn hashes(
    scene: &Scene,
    revision: i64,
) -> Result<BTreeMap<u64, Result<u32, String>>, ClientError> {
    let begun = Instant::now();
    let mut hashes = BTreeMap::new();
    for (id, client) in scene.clients()? {
        let hash = loop {
            let request = api::HashKvRequest { revision };
            match MaintenanceClient::new(client.channel()).hash_kv(request).await {
                Ok(answer) => break Ok(answer.get_ref().hash),
                Err(status) if begun.elapsed() > AGREE => break Err(status.message().to_owned()),
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        };
        hashes.insert(id, hash);
    }
    Ok(hashes)
}

fn joined<T>(ended: Result<T, tokio::task::JoinError>) -> Result<T, TrialError> {
    ended.map_err(|_| TrialError::Panicked)
}
