//! A replica: what a core decides, carried out on a state machine, and told to those who asked.

use alloc::collections::BTreeMap;
use core::time::Duration;

use raft_core::{
    Bytes, Config, Entries, Instant, LogIndex, Node, NodeId, Outcome, Payload, Recovered,
    RequestId, RestartError, Snapshot,
};

use crate::{ReplicaAnswer, ReplicaInput, ReplicaOutput, ReplicaRequest, StateMachine};

/// A server without I/O: a core, its state machine, and the requests that wait for an answer.
///
/// Hand it a [`ReplicaInput`] with [`handle`](Self::handle), then take every [`ReplicaOutput`] with
/// [`poll_output`](Self::poll_output). `C` is a driver's note of who asked: a number, a channel. It
/// comes back once, with the answer.
#[derive(Clone, Debug)]
pub struct Replica<M: StateMachine, C> {
    core: Node,
    machine: M,
    /// The last entry that the state machine includes.
    applied: LogIndex,
    /// The requests that the core has not answered.
    waiting: BTreeMap<RequestId, Waiting<M::Query, C>>,
    /// The number of commands among them.
    commands: usize,
    last_request: RequestId,
    /// The responses to commands that were applied here, as long as somebody may be told of them.
    responses: BTreeMap<LogIndex, M::Response>,
    progress: Progress,
}

/// A request that the core has not answered.
#[derive(Clone, Debug)]
struct Waiting<Q, C> {
    caller: C,
    wanted: Wanted<Q>,
}

#[derive(Clone, Debug)]
enum Wanted<Q> {
    Command,
    Read(Q),
    Order,
}

/// Whether outputs leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Progress {
    Runs,
    /// No output leaves before the state machine has this snapshot.
    Restores(LogIndex),
    /// None leaves any more.
    Stopped,
}

/// The most responses that wait for a leader to say which entries are those of forwarded commands.
/// A leader remembers as many commands of each server.
const MAX_RESPONSES: usize = 1024;

impl<M: StateMachine, C> Replica<M, C> {
    /// Starts from what the disk holds. `machine` includes the entries up to
    /// [`Recovered::applied`]; it is empty if that is 0.
    ///
    /// Drain before the first input.
    ///
    /// # Errors
    /// The configuration is not valid or contradicts the disk, or the disk contradicts itself: see
    /// [`RestartError`].
    pub fn new(
        config: Config,
        recovered: Recovered,
        machine: M,
        now: Instant,
    ) -> Result<Self, RestartError> {
        let applied = recovered.applied;
        Ok(Self {
            core: Node::new(config, recovered, now)?,
            machine,
            applied,
            waiting: BTreeMap::new(),
            commands: 0,
            last_request: RequestId(0),
            responses: BTreeMap::new(),
            progress: Progress::Runs,
        })
    }

    /// Handles one input at the moment `now`. Then drain the outputs, at once or after more inputs.
    pub fn handle(&mut self, now: Instant, input: ReplicaInput<M::Query, C>) {
        if self.is_stopped() {
            return;
        }
        let input = match input {
            ReplicaInput::Timeout => raft_core::Input::Timeout,
            ReplicaInput::Message { from, message } => raft_core::Input::Message { from, message },
            ReplicaInput::Request { caller, request } => self.take_request(caller, request),
            ReplicaInput::Persisted(id) => raft_core::Input::Persisted(id),
            ReplicaInput::PersistFailed => return self.stop(),
            ReplicaInput::SnapshotTaken { through, data } => {
                raft_core::Input::SnapshotTaken { through, data }
            }
            ReplicaInput::SnapshotFailed { through } => {
                raft_core::Input::SnapshotFailed { through }
            }
            ReplicaInput::Files(report) => raft_core::Input::Files(report),
            ReplicaInput::ForceElection => raft_core::Input::ForceElection,
            ReplicaInput::ForgetLeader => raft_core::Input::ForgetLeader,
        };
        self.core.handle(now, input);
    }

    /// The next output. `None` at the end of the drain: there is nothing more to do before the next
    /// input, and the [`deadline`](Self::deadline) may have moved.
    #[inline]
    pub fn poll_output(&mut self) -> Option<ReplicaOutput<M::Response, C>> {
        if self.progress != Progress::Runs {
            return None;
        }
        let Some(output) = self.core.poll_output().output() else {
            self.forget_responses();
            return None;
        };
        Some(match output {
            raft_core::Output::Persist(write) => ReplicaOutput::Persist(write),
            raft_core::Output::Send { to, message } => ReplicaOutput::Send { to, message },
            raft_core::Output::Apply(entries) => self.apply(entries),
            raft_core::Output::Restore(snapshot) => self.begin_restore(snapshot),
            raft_core::Output::Reply { request, outcome } => self.answer(request, outcome),
            raft_core::Output::SnapshotNeeded { through } => {
                ReplicaOutput::SnapshotNeeded { through }
            }
            raft_core::Output::Files(task) => ReplicaOutput::Files(task),
            raft_core::Output::Alarm(alarm) => ReplicaOutput::Alarm(alarm),
            raft_core::Output::Trace(trace) => ReplicaOutput::Trace(trace),
        })
    }

    /// When to hand over [`ReplicaInput::Timeout`]; never, if the replica has stopped.
    #[inline]
    pub fn deadline(&self) -> Instant {
        if self.is_stopped() { Instant(u64::MAX) } else { self.core.deadline() }
    }

    /// The number of outputs that wait for a drain: a driver of several inputs knows by it which
    /// are due to which ([`Node::queued_outputs`]).
    pub fn queued_outputs(&self) -> usize {
        self.core.queued_outputs()
    }

    /// The protocol's state.
    pub fn core(&self) -> &Node {
        &self.core
    }

    /// The state machine. On a server that lags, and on a deposed leader, it may be an old state.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The state machine, to change what is no part of the replicated state.
    pub fn machine_mut(&mut self) -> &mut M {
        &mut self.machine
    }

    /// The last entry that the state machine includes: for the snapshot of a clone that is made
    /// elsewhere, while the replica goes on.
    pub fn applied(&self) -> LogIndex {
        self.applied
    }

    /// The number of requests that are not answered. Settings of the core bound it: see "Memory" in
    /// [`raft_core`].
    pub fn open_requests(&self) -> usize {
        self.waiting.len()
    }

    /// Whether a write failed. Then nothing leaves the replica any more, and nobody is answered:
    /// the write may or may not be on the disk, and a flush that is repeated may succeed without
    /// it. Start a new replica from what the disk holds.
    pub fn is_stopped(&self) -> bool {
        self.progress == Progress::Stopped
    }

    /// The state machine as bytes, and the last entry that it includes: for
    /// [`ReplicaInput::SnapshotTaken`].
    pub fn snapshot(&self) -> (LogIndex, Bytes) {
        (self.applied, Bytes::from(self.machine.snapshot()))
    }

    /// The data of the snapshot that [`ReplicaOutput::Restore`] named. Then drain on.
    ///
    /// # Errors
    /// The state machine cannot be what the snapshot says. Stop the server; no output leaves the
    /// replica.
    ///
    /// # Panics
    /// If no snapshot was named.
    pub fn restore(&mut self, data: &Bytes) -> Result<(), M::RestoreError> {
        if self.is_stopped() {
            // A write failed while the data was read.
            return Ok(());
        }
        let Progress::Restores(last_included) = self.progress else {
            panic!("only a snapshot that the replica asks for is restored");
        };
        self.machine.restore(data)?;
        (self.applied, self.progress) = (last_included, Progress::Runs);
        Ok(())
    }

    /// As leader: tells followers which entries are committed ([`Node::tell_commit_index`]).
    pub fn tell_commit_index(&mut self, told: impl Fn(NodeId) -> bool) {
        if !self.is_stopped() {
            self.core.tell_commit_index(told);
        }
    }

    /// Draws all later random numbers from this seed ([`Node::reseed`]).
    pub fn reseed(&mut self, seed: u64) {
        self.core.reseed(seed);
    }

    /// Tells decisions with reasons from now on, or not ([`Node::set_trace`]).
    pub fn set_trace(&mut self, is_told: bool) {
        self.core.set_trace(is_told);
    }

    /// Draws election timeouts from this part of the range ([`Node::draw_timeouts_from`]).
    pub fn draw_timeouts_from(&mut self, min: Duration, max: Duration) {
        self.core.draw_timeouts_from(min, max);
    }

    /// Takes memory of another server's log in place of its own ([`Node::share_log`]).
    pub fn share_log(&mut self, other: &Node) {
        self.core.share_log(other);
    }

    /// Switches these rules off from now on, and all others on ([`Node::set_bugs`]).
    #[cfg(feature = "bugs")]
    pub fn set_bugs(&mut self, bugs: raft_core::Bugs) {
        self.core.set_bugs(bugs);
    }

    /// Notes who asked, and asks the core.
    fn take_request(&mut self, caller: C, request: ReplicaRequest<M::Query>) -> raft_core::Input {
        self.last_request = RequestId(self.last_request.0 + 1);
        let id = self.last_request;
        let (wanted, input) = match request {
            ReplicaRequest::Command(command) => {
                self.commands += 1;
                (Wanted::Command, raft_core::Input::Propose { request: id, command })
            }
            ReplicaRequest::Read { query, mode } => {
                (Wanted::Read(query), raft_core::Input::Read { request: id, mode })
            }
            ReplicaRequest::ChangeMembership { change, contexts, force } => {
                let input =
                    raft_core::Input::ChangeMembership { request: id, change, contexts, force };
                (Wanted::Order, input)
            }
            ReplicaRequest::CancelChange => {
                (Wanted::Order, raft_core::Input::CancelChange { request: id })
            }
            ReplicaRequest::TransferLeadership { to } => {
                (Wanted::Order, raft_core::Input::TransferLeadership { request: id, to })
            }
        };
        self.waiting.insert(id, Waiting { caller, wanted });
        input
    }

    fn apply(&mut self, entries: Entries) -> ReplicaOutput<M::Response, C> {
        for entry in &entries {
            match &entry.payload {
                Payload::Command(command) => {
                    let is_own = self.commands > 0 && self.machine.is_own(command);
                    let response = self.machine.apply(entry.index, command);
                    if is_own {
                        self.responses.insert(entry.index, response);
                    }
                }
                Payload::Noop | Payload::Membership(_) => self.machine.skip(entry.index),
            }
            self.applied = entry.index;
        }
        ReplicaOutput::Applied(entries)
    }

    fn begin_restore(&mut self, snapshot: Snapshot) -> ReplicaOutput<M::Response, C> {
        self.progress = Progress::Restores(snapshot.last_included_index);
        ReplicaOutput::Restore(snapshot)
    }

    /// The core answers each request once.
    fn answer(&mut self, request: RequestId, outcome: Outcome) -> ReplicaOutput<M::Response, C> {
        let Waiting { caller, wanted } =
            self.waiting.remove(&request).expect("a request is answered once");
        let response = match (wanted, outcome) {
            (Wanted::Order, _) => return ReplicaOutput::Order { caller, outcome },
            (Wanted::Read(query), Outcome::Readable { .. }) => Some(self.machine.read(&query)),
            (Wanted::Read(_), _) => None,
            (Wanted::Command, _) => {
                self.commands -= 1;
                self.response_to(outcome)
            }
        };
        ReplicaOutput::Answer { caller, outcome, answer: ReplicaAnswer::new(outcome, response) }
    }

    /// The response to a command whose entry is committed. An entry is known by its index: a server
    /// applies one at each.
    fn response_to(&mut self, outcome: Outcome) -> Option<M::Response> {
        match outcome {
            Outcome::Committed(position) => self.responses.remove(&position.index),
            Outcome::Readable { .. }
            | Outcome::Transferred { .. }
            | Outcome::Cancelled
            | Outcome::NotLeader { .. }
            | Outcome::Refused(_)
            | Outcome::Superseded { .. }
            | Outcome::Unknown { .. } => None,
        }
    }

    /// At the end of a drain. The core answers a proposal right after it hands over its entry. Only
    /// the answer to a forwarded command may come later: the entries can overtake the leader's word
    /// of where it appended the command.
    #[inline]
    fn forget_responses(&mut self) {
        if !self.responses.is_empty() {
            self.keep_for_forwarded();
        }
    }

    fn keep_for_forwarded(&mut self) {
        if self.core.memory_usage().forwarded == 0 {
            self.responses.clear();
        }
        // No more can be awaited, if the state machine knows which are this server's own.
        while self.responses.len() > MAX_RESPONSES.max(self.commands) {
            self.responses.pop_first();
        }
    }

    fn stop(&mut self) {
        self.progress = Progress::Stopped;
        self.waiting.clear();
        self.responses.clear();
        self.commands = 0;
    }
}

#[cfg(test)]
mod tests;
