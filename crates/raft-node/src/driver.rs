//! The thread of the replica: it hands over what happens, and carries out what comes out.
//!
//! Everything that waits is handed over before the outputs are taken, so the commands of many
//! clients become one write and one message to each peer.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use raft_core::{
    Body, Bytes, Entries, FileReport, FileTask, LogIndex, Message, NodeId, Outcome, Persist,
    PersistId, RoleKind, Snapshot, SnapshotData, Status, Term,
};
use raft_mvcc::Response;
use raft_server::{Replica, ReplicaAnswer, ReplicaInput, ReplicaOutput, ReplicaRequest};
use raft_storage_file::SnapshotFiles;
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock;
use crate::machine::{Machine, MachineAnswer};
use crate::metrics::Metrics;
use crate::peers::{Letter, Outbox};
use crate::watch::{Happened, Moment, Recorder};
use crate::{NodeError, Published, files};

/// What a service wants, and whom to tell.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) caller: Caller,
    pub(crate) request: ReplicaRequest<()>,
    /// Nothing is done unless this node leads in this term.
    pub(crate) term: Option<Term>,
}

impl Request {
    pub(crate) fn new(caller: Caller, request: ReplicaRequest<()>) -> Self {
        Self { caller, request, term: None }
    }
}

/// Who is told the answer. One who does not wait any more is not told.
#[derive(Debug)]
pub(crate) enum Caller {
    Command(oneshot::Sender<Result<Response, NodeError>>),
    Barrier(oneshot::Sender<Result<(), NodeError>>),
    Order(oneshot::Sender<Result<Outcome, NodeError>>),
}

/// What other threads report. There are at most as many as the driver asked for, so the channel has
/// no bound.
#[derive(Debug)]
pub(crate) enum Report {
    /// This write, and all before it, are durable.
    Persisted(PersistId),
    /// A write or a flush failed: why.
    DiskFailed(String),
    /// A snapshot was encoded.
    SnapshotTaken { through: LogIndex, data: SnapshotData },
    /// It could not be.
    SnapshotFailed { through: LogIndex },
    /// A task with files of snapshots is done.
    Files(FileReport),
    /// A piece of a snapshot is to be sent.
    Piece { to: NodeId, message: Message },
    /// Somebody looks at the core.
    Look(oneshot::Sender<Status>),
    /// Somebody watches what the node does.
    Watch(mpsc::Sender<Arc<Moment>>),
    /// The node is to stop.
    Stop,
}

/// What arrives at a driver.
#[derive(Debug)]
pub(crate) struct Inboxes {
    pub(crate) reports: mpsc::UnboundedReceiver<Report>,
    pub(crate) messages: mpsc::Receiver<(NodeId, Vec<Letter>)>,
    pub(crate) requests: mpsc::Receiver<Request>,
}

/// Where a driver sends what comes out.
#[derive(Debug)]
pub(crate) struct Outboxes {
    pub(crate) reports: mpsc::UnboundedSender<Report>,
    pub(crate) disk: std::sync::mpsc::Sender<Persist>,
    pub(crate) files: std::sync::mpsc::Sender<FileTask>,
    pub(crate) peers: Outbox,
    pub(crate) metrics: Metrics,
    pub(crate) published: watch::Sender<Arc<Published>>,
}

/// A replica and its surroundings.
#[derive(Debug)]
pub(crate) struct Driver {
    replica: Replica<Machine, Caller>,
    outboxes: Outboxes,
    snapshots: Snapshots,
    /// The messages of this drain.
    sends: BTreeMap<NodeId, Vec<Letter>>,
    /// The number of the last message.
    last_letter: u64,
    recorder: Recorder,
    /// The answers of this drain. They go out after the state that they promise.
    answers: Vec<(Caller, Told)>,
    /// The commit index that followers were told.
    told: LogIndex,
    /// Why the node stops.
    failure: Option<String>,
}

/// When the next snapshot is taken.
#[derive(Debug)]
struct Snapshots {
    files: SnapshotFiles,
    /// The length of the last one.
    last_bytes: u64,
    /// The bytes of the entries that were applied since it was begun.
    applied_bytes: u64,
    /// The core asked for one.
    is_wanted: bool,
}

/// A state is written again when entries of this part of its length were applied: the log is in
/// memory, and a snapshot costs the disk its length.
const PART_OF_STATE: u64 = 4;

impl Snapshots {
    fn applied(&mut self, entries: &Entries) {
        let bytes = |entry: &raft_core::Entry| entry.payload.len() as u64 + 64;
        self.applied_bytes += entries.iter().map(bytes).sum::<u64>();
    }

    fn is_due(&self) -> bool {
        self.is_wanted && self.applied_bytes >= self.last_bytes / PART_OF_STATE
    }

    fn begin(&mut self) {
        (self.is_wanted, self.applied_bytes) = (false, 0);
    }

    fn taken(&mut self, bytes: u64) {
        self.last_bytes = bytes;
    }
}

/// An answer of the replica.
#[derive(Debug)]
enum Told {
    Answer(ReplicaAnswer<MachineAnswer>),
    Order(Outcome),
}

/// So many inputs are handed over before a drain, so that answers and heartbeats are not late.
const MAX_INPUTS: usize = 4096;

impl Driver {
    pub(crate) fn new(
        replica: Replica<Machine, Caller>,
        outboxes: Outboxes,
        files: SnapshotFiles,
    ) -> Self {
        let snapshot = replica.core().snapshot().map_or(0, |snapshot| snapshot.data.len());
        let snapshots =
            Snapshots { files, last_bytes: snapshot, applied_bytes: 0, is_wanted: false };
        Self {
            replica,
            outboxes,
            snapshots,
            sends: BTreeMap::new(),
            last_letter: first_number(),
            recorder: Recorder::default(),
            answers: Vec::new(),
            told: LogIndex(0),
            failure: None,
        }
    }

    /// Runs until the node stops. Returns why, if it was not told to.
    pub(crate) async fn run(mut self, mut inboxes: Inboxes) -> Result<(), String> {
        let (mut reports, mut messages, mut requests) = (Vec::new(), Vec::new(), Vec::new());
        self.drain();
        loop {
            let deadline = self.replica.deadline();
            tokio::select! {
                biased;
                _ = inboxes.reports.recv_many(&mut reports, MAX_INPUTS) => {}
                _ = inboxes.messages.recv_many(&mut messages, MAX_INPUTS) => {}
                _ = inboxes.requests.recv_many(&mut requests, MAX_INPUTS) => {}
                () = tokio::time::sleep(clock::until(deadline)) => {}
            }
            // What else waits goes into the same drain.
            fill(&mut inboxes.messages, &mut messages);
            fill(&mut inboxes.requests, &mut requests);
            let now = clock::now();
            for report in reports.drain(..) {
                if self.hear(now, report).is_break() {
                    return Ok(());
                }
            }
            for (from, batch) in messages.drain(..) {
                for letter in batch {
                    self.recorder.note(|| Happened::Delivered(from, letter.clone()));
                    let message = letter.message;
                    self.replica.handle(now, ReplicaInput::Message { from, message });
                }
            }
            for Request { caller, request, term } in requests.drain(..) {
                self.recorder.note_other_cause();
                if self.leads_in(term) {
                    self.replica.handle(now, ReplicaInput::Request { caller, request });
                } else {
                    let leader = self.replica.core().leader();
                    self.answers.push((caller, Told::Answer(ReplicaAnswer::NotLeader(leader))));
                }
            }
            // What waited when the deadline passed was handed over before.
            if now >= deadline {
                self.recorder.note_other_cause();
                self.replica.handle(now, ReplicaInput::Timeout);
            }
            self.drain();
            if let Some(reason) = self.failure.take() {
                return Err(reason);
            }
        }
    }

    /// Takes a report. It may be the last one.
    fn hear(&mut self, now: raft_core::Instant, report: Report) -> ControlFlow<()> {
        if !matches!(report, Report::Persisted(_)) {
            self.recorder.note_other_cause();
        }
        match report {
            Report::Persisted(id) => {
                self.recorder.note(|| Happened::Durable(id));
                self.replica.handle(now, ReplicaInput::Persisted(id));
            }
            Report::SnapshotTaken { through, data } => {
                self.snapshots.taken(data.len());
                self.replica.handle(now, ReplicaInput::SnapshotTaken { through, data });
            }
            Report::SnapshotFailed { through } => {
                self.replica.handle(now, ReplicaInput::SnapshotFailed { through });
            }
            Report::Files(report) => self.replica.handle(now, ReplicaInput::Files(report)),
            Report::Piece { to, message } => self.send(to, message),
            Report::DiskFailed(reason) => {
                self.replica.handle(now, ReplicaInput::PersistFailed);
                self.failure = Some(reason);
            }
            // One who does not wait any more is not told.
            Report::Look(who) => drop(who.send(self.replica.core().status())),
            Report::Watch(moments) => {
                self.recorder.watch(moments);
                self.replica.set_trace(true);
            }
            Report::Stop => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn drain(&mut self) {
        self.take_outputs();
        if self.replica.core().commit_index() > self.told {
            self.told = self.replica.core().commit_index();
            let (sends, told) = (&self.sends, self.told);
            self.replica.tell_commit_index(|peer| {
                let to_peer = sends.get(&peer).and_then(|messages| messages.last());
                to_peer.is_some_and(|letter| has_commit_index(&letter.message, told))
            });
            self.take_outputs();
        }
        if self.snapshots.is_due() {
            self.take_snapshot();
        }
        let membership = self.replica.core().membership();
        for (to, messages) in std::mem::take(&mut self.sends) {
            self.outboxes.peers.send(to, membership, messages);
        }
        self.publish();
        if self.recorder.is_watched() {
            self.recorder.end_moment(self.replica.core());
            self.replica.set_trace(self.recorder.is_watched());
        }
        for (caller, told) in self.answers.drain(..) {
            caller.tell(told);
        }
    }

    fn take_outputs(&mut self) {
        while let Some(output) = self.replica.poll_output() {
            match output {
                ReplicaOutput::Persist(write) => {
                    self.recorder.note(|| Happened::Wrote(write.clone()));
                    // If the thread of the disk is gone, it has reported why.
                    drop(self.outboxes.disk.send(write));
                }
                ReplicaOutput::Send { to, message } => self.send(to, message),
                ReplicaOutput::Applied(entries) => {
                    self.recorder.note(|| Happened::Applied(entries.clone()));
                    self.outboxes.metrics.applied(entries.len() as u64);
                    self.snapshots.applied(&entries);
                }
                ReplicaOutput::Restore(snapshot) => self.restore(&snapshot),
                ReplicaOutput::Answer { caller, outcome: _, answer } => {
                    self.answers.push((caller, Told::Answer(answer)));
                }
                ReplicaOutput::Order { caller, outcome } => {
                    self.answers.push((caller, Told::Order(outcome)));
                }
                ReplicaOutput::SnapshotNeeded { .. } => self.snapshots.is_wanted = true,
                // If the thread of the files is gone, the node ends.
                ReplicaOutput::Files(task) => drop(self.outboxes.files.send(task)),
                ReplicaOutput::Alarm(alarm) => tracing::error!("{alarm}"),
                ReplicaOutput::Trace(trace) => self.recorder.note(|| Happened::Decided(trace)),
            }
        }
    }

    fn send(&mut self, to: NodeId, message: Message) {
        self.last_letter += 1;
        let letter = Letter { number: self.last_letter, message };
        self.recorder.note(|| Happened::Sent(to, letter.clone()));
        self.sends.entry(to).or_default().push(letter);
    }

    /// Whether this node leads in a term, if there must be one.
    fn leads_in(&self, term: Option<Term>) -> bool {
        let core = self.replica.core();
        term.is_none_or(|term| core.role() == RoleKind::Leader && core.current_term() == term)
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        self.recorder.note(|| Happened::Restored(snapshot.position()));
        let through = snapshot.last_included_index;
        match self.replica.applied() {
            LogIndex(0) => tracing::info!(%through, "the state begins with a snapshot"),
            _ => tracing::info!(%through, "a snapshot of the leader replaced the state"),
        }
        let restored = match snapshot.data.bytes() {
            Some(data) => Ok(data.clone()),
            None => self.read(snapshot),
        };
        let restored = restored
            .and_then(|data| self.replica.restore(&data).map_err(|error| error.to_string()));
        if let Err(reason) = restored {
            self.failure = Some(format!("the snapshot through {through} cannot be read: {reason}"));
        }
    }

    /// Encodes the state on a thread of its own, from a clone.
    fn take_snapshot(&mut self) {
        let (store, through) = (self.replica.machine().store.clone(), self.replica.applied());
        let (files, reports) = (self.snapshots.files.clone(), self.outboxes.reports.clone());
        self.snapshots.begin();
        let metrics = self.outboxes.metrics.clone();
        std::thread::spawn(move || {
            let begun = std::time::Instant::now();
            let report = files::take_snapshot(&files, &store, through);
            metrics.snapshot_saved(begun.elapsed());
            reports.send(report)
        });
    }

    fn read(&self, snapshot: &Snapshot) -> Result<Bytes, String> {
        let file = snapshot.data.file().ok_or("it has no data")?;
        let data = self.snapshots.files.read(file, 0..file.bytes);
        data.map_err(|error| error.to_string())
    }

    /// Publishes the state if it is another one than before.
    fn publish(&mut self) {
        let core = self.replica.core();
        self.outboxes.published.send_if_modified(|published| {
            let has_same_members = *published.membership == *core.membership();
            let is_same = has_same_members
                && published.applied == self.replica.applied()
                && published.commit_index == core.commit_index()
                && published.term == core.current_term()
                && published.role == core.role()
                && published.leader == core.leader();
            if is_same {
                return false;
            }
            if published.leader != core.leader() && core.leader().is_some() {
                self.outboxes.metrics.leader_changed();
            }
            let membership = match has_same_members {
                true => published.membership.clone(),
                false => Arc::new(core.membership().clone()),
            };
            *published = Arc::new(Published::of(&self.replica, membership));
            true
        });
    }
}

/// Messages of an earlier life of the node have smaller numbers, so that they are other messages.
fn first_number() -> u64 {
    const SECONDS: u64 = 1 << 16;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since_1970.as_secs() % SECONDS) << 24
}

/// Whether a message tells that all entries up to here are committed.
fn has_commit_index(message: &Message, index: LogIndex) -> bool {
    matches!(&message.body, Body::AppendEntries(append) if append.leader_commit >= index)
}

/// Takes what waits, up to a bound, without waiting for more.
fn fill<T>(inbox: &mut mpsc::Receiver<T>, taken: &mut Vec<T>) {
    while taken.len() < MAX_INPUTS
        && let Ok(one) = inbox.try_recv()
    {
        taken.push(one);
    }
}

impl Caller {
    /// One who does not wait any more is not told.
    fn tell(self, told: Told) {
        match (self, told) {
            (Self::Command(caller), Told::Answer(answer)) => {
                let answer = judge(answer).and_then(|answer| match answer {
                    MachineAnswer::Applied(response) => Ok(response),
                    MachineAnswer::Readable => Err(NodeError::Unknown),
                });
                let _ = caller.send(answer);
            }
            (Self::Barrier(caller), Told::Answer(answer)) => {
                let _ = caller.send(judge(answer).map(drop));
            }
            (Self::Order(caller), Told::Order(outcome)) => {
                let _ = caller.send(Ok(outcome));
            }
            // A replica answers each request in its own way.
            (Self::Command(_) | Self::Barrier(_), Told::Order(_))
            | (Self::Order(_), Told::Answer(_)) => {}
        }
    }
}

fn judge(answer: ReplicaAnswer<MachineAnswer>) -> Result<MachineAnswer, NodeError> {
    match answer {
        ReplicaAnswer::Response(answer) => Ok(answer),
        ReplicaAnswer::NotLeader(leader) => Err(NodeError::NotLeader(leader)),
        ReplicaAnswer::Refused(refusal) => Err(NodeError::Refused(refusal)),
        ReplicaAnswer::Superseded => Err(NodeError::Superseded),
        ReplicaAnswer::Unknown => Err(NodeError::Unknown),
    }
}
