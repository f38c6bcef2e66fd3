//! One server: a `Node` and what a driver owns around it: a disk, files, a state machine,
//! a mailbox.
//!
//! [`Server::handle`] is the whole driver loop: one input, then drain. Everything else only looks.

use std::collections::VecDeque;

use raft_core::{
    Alarm, AppendEntriesReply, Body, Bytes, CommitTrace, Config, Entry, Input,
    InstallSnapshotReply, Instant, LogIndex, LogPosition, Membership, Message, Node, NodeId,
    Outcome, Output, Payload, Persist, PersistId, Recovered, RequestId, RoleKind, Snapshot, Term,
    Trace,
};

use crate::builders::{config, message};
use crate::files::{Done, Files};

/// What a leader committed by counting.
pub(crate) struct Commit {
    pub(crate) term: Term,
    /// The membership that was in force when it counted.
    pub(crate) membership: Membership,
    pub(crate) entries: Vec<Entry>,
}

pub(crate) struct Server {
    pub(crate) node: Node,
    pub(crate) is_up: bool,
    /// What a crash leaves.
    pub(crate) disk: Recovered,
    /// Writes that the disk has not completed, oldest first. A crash loses them.
    pub(crate) writes: VecDeque<Persist>,
    /// Whether writes wait for [`Server::finish_writes`]. If not, they complete at once.
    pub(crate) disk_is_slow: bool,
    /// Whether it is an error at once if a message promises what is not on disk.
    pub(crate) must_keep_promises: bool,
    pub(crate) files: Files,
    /// The state machine: all commands, with commas between.
    pub(crate) state: String,
    /// Entries applied since the last start.
    pub(crate) applied: Vec<Entry>,
    /// Snapshots restored since the last start, with their bytes.
    pub(crate) restored: Vec<Snapshot>,
    pub(crate) sent: Vec<(NodeId, Message)>,
    pub(crate) replies: Vec<(RequestId, Outcome)>,
    pub(crate) snapshots_needed: Vec<LogIndex>,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) traces: Vec<Trace>,
    /// Its commits as leader since the last start.
    pub(crate) commits: Vec<Commit>,
    /// What its state machine shows.
    pub(crate) shows: LogIndex,
    pub(crate) config: Config,
    /// The membership in force before the input at hand.
    membership: Membership,
}

impl Server {
    /// Starts a server from what its disk holds.
    pub(crate) fn start(config: Config, disk: Recovered, now: Instant) -> Self {
        Self::start_with(config, disk, Files::default(), now)
    }

    fn start_with(config: Config, disk: Recovered, files: Files, now: Instant) -> Self {
        let node = Node::new(config.clone(), disk.clone(), now).expect("the disk is sound");
        let mut server = Self {
            node,
            is_up: true,
            disk,
            writes: VecDeque::new(),
            disk_is_slow: false,
            must_keep_promises: true,
            files,
            state: String::new(),
            applied: Vec::new(),
            restored: Vec::new(),
            sent: Vec::new(),
            replies: Vec::new(),
            snapshots_needed: Vec::new(),
            alarms: Vec::new(),
            traces: Vec::new(),
            commits: Vec::new(),
            shows: LogIndex(0),
            config,
            membership: Membership::empty(),
        };
        server.drain();
        server
    }

    /// A server of three, server 1, with this on its disk, at time zero.
    pub(crate) fn of_three(disk: Recovered) -> Self {
        Self::start(config(1, 3), disk, Instant(0))
    }

    /// One input, then drain. The disk may then complete writes, each another input.
    pub(crate) fn handle(&mut self, now: Instant, input: Input) {
        assert!(self.is_up, "a crashed server handles nothing");
        self.step(now, input);
        if !self.disk_is_slow {
            self.finish_writes(now);
        }
        if !self.files.are_slow {
            self.finish_tasks(now);
        }
    }

    /// Tells the commit index to all but these, then drains.
    pub(crate) fn tell_commit_index(&mut self, told: &[u64]) {
        self.node.tell_commit_index(|peer| told.contains(&peer.0));
        self.drain();
    }

    fn step(&mut self, now: Instant, input: Input) {
        self.membership = self.node.membership().clone();
        self.node.handle(now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.node.poll_output().output() {
            match output {
                Output::Persist(write) => self.writes.push_back(write),
                Output::Send { to, message } => {
                    self.check_promise(to, &message);
                    self.sent.push((to, message));
                }
                Output::Apply(entries) => {
                    entries.iter().for_each(|entry| self.apply(entry.clone()))
                }
                Output::Restore(snapshot) => {
                    self.state = self.files.read(&snapshot.data);
                    self.shows = snapshot.last_included_index;
                    let data = Bytes::from(self.state.as_bytes()).into();
                    self.restored.push(Snapshot { data, ..snapshot });
                }
                Output::Reply { request, outcome } => {
                    self.check_outcome(outcome);
                    self.replies.push((request, outcome));
                }
                Output::SnapshotNeeded { through } => self.snapshots_needed.push(through),
                Output::Files(task) => self.files.tasks.push_back(task),
                Output::Alarm(alarm) => self.alarms.push(alarm),
                Output::Trace(trace) => {
                    self.note_commit(&trace);
                    self.traces.push(trace);
                }
            }
        }
    }

    fn apply(&mut self, entry: Entry) {
        assert!(
            self.term_on_disk(entry.index) == Some(entry.term),
            "{:?} was applied before it was durable",
            entry.position()
        );
        if let Payload::Command(command) = &entry.payload {
            let comma = if self.state.is_empty() { "" } else { "," };
            self.state = format!("{}{comma}{}", self.state, text(command));
        }
        self.shows = entry.index;
        self.applied.push(entry);
    }

    /// What a client is told must be true of what the state machine shows at that moment.
    fn check_outcome(&self, outcome: Outcome) {
        let needed = match outcome {
            Outcome::Readable { index } => index,
            Outcome::Committed(position) => position.index,
            Outcome::Superseded { .. }
            | Outcome::Unknown { .. }
            | Outcome::Transferred { .. }
            | Outcome::NotLeader { .. }
            | Outcome::Cancelled
            | Outcome::Refused(_) => return,
        };
        assert!(self.shows >= needed, "{outcome:?}, but the state shows {:?}", self.shows);
    }

    fn note_commit(&mut self, trace: &Trace) {
        let Trace::Commit(CommitTrace::Committed { from, to, .. }) = trace else { return };
        let entries = self.node.log().iter_from(from.next());
        let entries = entries.take_while(|entry| entry.index <= *to).cloned().collect();
        let (term, membership) = (self.node.current_term(), self.membership.clone());
        self.commits.push(Commit { term, membership, entries });
    }

    /// Completes the oldest write. False if there is none.
    pub(crate) fn finish_write(&mut self, now: Instant) -> bool {
        let Some(write) = self.writes.pop_front() else { return false };
        let id = write.id;
        self.files.check_record(&write);
        self.disk.store(write);
        self.step(now, Input::Persisted(id));
        true
    }

    /// Does the oldest task with a file. False if there is none.
    pub(crate) fn finish_task(&mut self, now: Instant) -> bool {
        let Some(task) = self.files.tasks.pop_front() else { return false };
        match self.files.carry_out(task) {
            Some(Done::Sent(to, message)) => self.sent.push((to, message)),
            Some(Done::Report(report)) => self.step(now, Input::Files(report)),
            None => {}
        }
        true
    }

    /// Does all tasks with files, also those that they cause.
    pub(crate) fn finish_tasks(&mut self, now: Instant) {
        while self.finish_task(now) {
            if !self.disk_is_slow {
                self.finish_writes(now);
            }
        }
    }

    /// Completes all writes, also those that their completion causes.
    pub(crate) fn finish_writes(&mut self, now: Instant) {
        while self.finish_write(now) {}
    }

    /// Completes up to `count` writes and reports only the last: it speaks for all before it.
    pub(crate) fn finish_together(&mut self, now: Instant, count: usize) {
        let mut last = None;
        for write in self.writes.drain(..count.min(self.writes.len())) {
            last = Some(write.id);
            self.files.check_record(&write);
            self.disk.store(write);
        }
        if let Some(id) = last {
            self.step(now, Input::Persisted(id));
            // A report that comes late or twice changes nothing.
            self.node.handle(now, Input::Persisted(PersistId(id.0 - 1)));
            self.node.handle(now, Input::Persisted(id));
            assert!(self.node.poll_output().output().is_none(), "a repeated report had an effect");
        }
    }

    /// Completes up to `count` writes; the crash comes before they are reported.
    pub(crate) fn crash_after_writes(&mut self, count: usize) {
        for write in self.writes.drain(..count.min(self.writes.len())) {
            self.disk.store(write);
        }
        self.crash();
    }

    /// Loses what is not on disk.
    pub(crate) fn crash(&mut self) {
        self.is_up = false;
        self.writes.clear();
        self.files.crash();
        self.sent.clear();
    }

    pub(crate) fn restart(&mut self, now: Instant) {
        let (slow, strict) = (self.disk_is_slow, self.must_keep_promises);
        let (mut files, named) = (std::mem::take(&mut self.files), self.disk.snapshot.as_ref());
        files.drop_orphans(named.and_then(|snapshot| snapshot.data.file()));
        *self = Self::start_with(self.config.clone(), self.disk.clone(), files, now);
        (self.disk_is_slow, self.must_keep_promises) = (slow, strict);
    }

    /// A message of `term` arrives at time zero.
    pub(crate) fn receive(&mut self, from: u64, term: u64, body: Body) {
        self.receive_at(Instant(0), from, term, body);
    }

    pub(crate) fn receive_at(&mut self, now: Instant, from: u64, term: u64, body: Body) {
        let input = Input::Message { from: NodeId(from), message: message(term, body) };
        self.handle(now, input);
    }

    /// Starts an election at time zero and, with a slow disk, waits for it.
    pub(crate) fn campaign(&mut self) {
        self.handle(Instant(0), Input::ForceElection);
        self.finish_writes(Instant(0));
    }

    /// Becomes leader of a cluster of three by the vote of server 2. Forgets what was sent.
    pub(crate) fn lead(&mut self) {
        self.campaign();
        if self.node.role() == RoleKind::PreCandidate {
            let term = self.node.current_term().0;
            self.receive(2, term, crate::builders::pre_vote_reply(true));
            self.finish_writes(Instant(0));
        }
        let term = self.node.current_term().0;
        self.receive(2, term, crate::builders::vote(true));
        assert_eq!(self.node.leader(), Some(self.node.id()));
        self.sent.clear();
    }

    pub(crate) fn propose(&mut self, request: u64, command: &str) {
        let command = Bytes::from(command.as_bytes());
        self.handle(Instant(0), Input::Propose { request: RequestId(request), command });
    }

    /// Hands the state machine's present state in as a snapshot.
    pub(crate) fn take_snapshot(&mut self, now: Instant) {
        let through = self.node.last_applied();
        let data = match self.config.snapshot_files {
            true => self.files.create(self.state.as_bytes()).into(),
            false => Bytes::from(self.state.as_bytes()).into(),
        };
        self.handle(now, Input::SnapshotTaken { through, data });
    }

    /// The messages sent since the last call.
    pub(crate) fn take_sent(&mut self) -> Vec<(u64, Message)> {
        self.sent.drain(..).map(|(to, message)| (to.0, message)).collect()
    }

    /// The only message sent since the last call, without its term.
    pub(crate) fn take_reply(&mut self) -> Body {
        let mut sent = self.take_sent();
        assert!(sent.len() == 1, "one message was expected, not {sent:?}");
        sent.remove(0).1.body
    }

    /// The terms of the log's entries, in order.
    pub(crate) fn log_terms(&self) -> Vec<u64> {
        self.node.log().iter_from(LogIndex(0)).map(|entry| entry.term.0).collect()
    }

    pub(crate) fn commit_index(&self) -> u64 {
        self.node.commit_index().0
    }

    pub(crate) fn outcome(&self, request: u64) -> Option<Outcome> {
        let mut outcomes = self.replies.iter().filter(|(id, _)| *id == RequestId(request));
        let outcome = outcomes.next().map(|(_, outcome)| *outcome);
        assert!(outcomes.next().is_none(), "request {request} was answered twice");
        outcome
    }

    /// The term of the entry at `index` on this server's disk; the end of a snapshot counts.
    pub(crate) fn term_on_disk(&self, index: LogIndex) -> Option<Term> {
        let base = self.log_start_on_disk();
        if index == base.index {
            return Some(base.term);
        }
        let offset = index.0.checked_sub(base.index.0 + 1)?;
        let entry = self.disk.entries.get(offset as usize);
        entry.filter(|entry| entry.index == index).map(|entry| entry.term)
    }

    fn log_start_on_disk(&self) -> LogPosition {
        let end = self.disk.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position);
        self.disk.log_start.unwrap_or(end)
    }

    /// Whether the disk holds this entry, or a snapshot that includes its index.
    pub(crate) fn holds_on_disk(&self, position: LogPosition) -> bool {
        let base = self.disk.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position);
        position.index < base.index || self.term_on_disk(position.index) == Some(position.term)
    }

    /// What a message promises must be on disk when it leaves, or a crash could break the promise.
    fn check_promise(&self, to: NodeId, message: &Message) {
        let hard_state = self.disk.hard_state;
        let (has_term, is_strict) =
            (hard_state.current_term >= message.term, self.must_keep_promises);
        assert!(has_term || !is_strict, "{message:?} left before its term");
        if hard_state.current_term > message.term {
            return;
        }
        let held = |index: LogIndex| {
            let base = self.disk.snapshot.as_ref().map_or(LogIndex(0), |s| s.last_included_index);
            index <= base || self.term_on_disk(index).is_some()
        };
        let kept = match &message.body {
            Body::RequestVote(request) => {
                let is_over = self.node.role() != RoleKind::Candidate;
                hard_state.voted_for == Some(self.node.id())
                    && (is_over || self.holds_on_disk(request.last_log()))
            }
            Body::RequestVoteReply(reply) => {
                !reply.vote_granted || hard_state.voted_for == Some(to)
            }
            Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. })
            | Body::InstallSnapshotReply(InstallSnapshotReply::Installed { match_index, .. }) => {
                held(*match_index)
            }
            Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::AppendEntries(_)
            | Body::AppendEntriesReply(
                AppendEntriesReply::Following { .. } | AppendEntriesReply::Failure { .. },
            )
            | Body::InstallSnapshot(_)
            | Body::InstallSnapshotReply(InstallSnapshotReply::Continue { .. })
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => true,
        };
        assert!(
            kept || !self.must_keep_promises,
            "{message:?} left before what it promises was on disk: {:?}",
            self.disk
        );
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
