//! One server and its driver: a node, a disk, and the writes that are not reported yet.
//!
//! [`Server::react`] is a function of the server and of what happens to it, so its result is kept
//! (`locals.rs`) and the core is asked once.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use raft_check::judges::{
    Broken, LeaderLogChanged, LogAdvertised, Observation, PersistentState, PrefixHash, Restarted,
    ServerState, StateChanged, TermSent, VoteSent,
};
use raft_core::{
    AppendEntriesReply, Body, Bytes, Entries, Entry, HardState, Input, InstallSnapshotReply,
    Instant, Lens, LogIndex, LogPosition, MembershipChange, Message, Node, NodeId, Outcome, Output,
    Payload, Persist, PersistId, ReadMode, Recovered, RequestId, RoleKind, Snapshot, SnapshotData,
    Term,
};
use raft_sim::words;

use crate::model::Scope;
use crate::prefixes::Prefixes;

/// A server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) node: Node,
    /// What a crash leaves, if it takes all writes that are not reported.
    pub(crate) disk: Recovered,
    /// The writes that are not reported, oldest first. A crash keeps any number of the first.
    pub(crate) pending: VecDeque<Persist>,
    /// What the server's clock shows, in µs.
    at: u64,
    /// The log of the node.
    pub(crate) log: Prefixes,
    /// The log on the disk.
    pub(crate) stored: Prefixes,
    /// The state machine: the last applied entry, and the log up to it.
    applied: (LogIndex, PrefixHash),
    /// The last vote that left the server.
    pub(crate) vote: Option<(Term, NodeId)>,
}

/// Something that happens to one server.
#[derive(Clone, Debug)]
pub(crate) enum Local {
    /// A message arrives.
    Deliver { from: NodeId, message: Message },
    /// So many writes, the oldest, are reported durable.
    Report(usize),
    /// The power fails, and so many of the writes that were not reported are on the disk. The
    /// server starts again at once: to be down is as if all messages were late.
    Crash { kept: usize },
    /// The election timeout elapses, whatever the clock shows.
    Elect,
    /// A leader's heartbeat is due.
    Heartbeat,
    /// The server forgets that it heard a leader.
    Forget,
    /// A client's command, with a number.
    Propose(u64),
    /// A client's read, with a number.
    Read(u64, ReadMode),
    /// The state machine is asked for a snapshot.
    Snapshot,
    /// An order to hand over.
    Transfer(NodeId),
    /// An order to change the membership.
    Change(MembershipChange),
    /// The server's clock goes on by so many µs, and its timer elapses if that is due.
    Tick(u64),
}

/// What a server does when something happens to it.
#[derive(Debug)]
pub(crate) struct Reaction {
    pub(crate) server: Server,
    pub(crate) sent: Vec<(NodeId, Message)>,
    pub(crate) effect: Effect,
}

/// What others must know of a step of one server.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Effect {
    /// The assertion at which it stopped.
    pub(crate) stopped: Option<String>,
    /// What the server alone contradicts.
    pub(crate) broken: Option<Broken>,
    /// Whether its log, or the one on its disk, holds an entry that it did not hold before.
    pub(crate) holds_more: bool,
    /// Whether its disk changed.
    pub(crate) disk_changed: bool,
    /// Whether its log lost an entry.
    pub(crate) has_replaced: bool,
    /// How many writes a crash took.
    pub(crate) writes_lost: usize,
    /// The term that it began to lead.
    pub(crate) leads: Option<Term>,
    /// Whether it has a lease, and not the one from before.
    pub(crate) has_lease: bool,
    /// The commit index before, if it is another one now.
    pub(crate) commit_before: Option<LogIndex>,
    /// What the state machine took.
    pub(crate) applied: Vec<Applied>,
    /// Acknowledgements that it sent in its term: to whom, and up to which entry.
    pub(crate) acknowledged: Vec<(NodeId, Term, LogIndex)>,
    pub(crate) replies: Vec<(RequestId, Outcome)>,
    /// A client began to read.
    pub(crate) asked: Option<RequestId>,
}

/// Something that a state machine took.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Applied {
    /// An entry, after this last one; the state machine is then at this log.
    Entry { after: LogIndex, position: LogPosition, log: PrefixHash },
    /// A snapshot, after this last entry.
    Snapshot { after: LogIndex, end: LogPosition },
}

/// The request ids of orders, which nobody waits for.
const ORDER: RequestId = RequestId(0);

impl Server {
    /// A server that starts from its disk.
    pub(crate) fn start(model: &Scope, id: NodeId, disk: Recovered) -> Self {
        let node = Node::new(model.config(id), disk.clone(), Instant(0));
        let node = node.expect("the disk of the beginning is sound");
        let stored = Prefixes::of_disk(&disk, &Prefixes::default());
        let mut server = Self {
            log: Prefixes::of_node(&node, &stored),
            node,
            disk,
            pending: VecDeque::new(),
            at: 0,
            stored,
            applied: (LogIndex(0), PrefixHash::EMPTY),
            vote: None,
        };
        let mut reaction = Effect::default();
        server.drain(&mut reaction, &mut Vec::new(), &Bests::default());
        server
    }

    /// This server goes on from where another driver left its node. `known` has the log up to
    /// what is not in it any more.
    pub(crate) fn resume(
        (node, now): (Node, Instant),
        (disk, pending): (Recovered, VecDeque<Persist>),
        known: &Prefixes,
    ) -> Self {
        let stored = Prefixes::of_disk(&disk, known);
        let log = Prefixes::of_node(&node, known);
        let last_applied = node.last_applied();
        let applied = log.get(last_applied).or(known.get(last_applied));
        let applied = (last_applied, applied.unwrap_or(PrefixHash::EMPTY));
        // It may have left the server.
        let HardState { current_term, voted_for } = disk.hard_state;
        let vote = voted_for.map(|candidate| (current_term, candidate));
        Self { node, disk, pending, at: now.0, log, stored, applied, vote }
    }

    pub(crate) fn id(&self) -> NodeId {
        self.node.id()
    }

    /// The term that it leads.
    pub(crate) fn leading(&self) -> Option<Term> {
        (self.node.role() == RoleKind::Leader).then(|| self.node.current_term())
    }

    /// The time on its clock, and the end of its lease, if it has one.
    pub(crate) fn lease(&self) -> (Instant, Option<Instant>) {
        (Instant(self.at), self.node.status().lease_until)
    }

    /// Whether its state machine holds more than its snapshot.
    pub(crate) fn has_news_for_snapshot(&self) -> bool {
        let end = self.node.snapshot().map_or(LogIndex(0), |it| it.last_included_index);
        self.applied.0 > end
    }

    /// Everything on which the later behaviour of the server and its driver depends.
    pub(crate) fn fingerprint(&self, hasher: &mut impl Hasher, lens: Lens<'_>) {
        let Self { node, disk, pending, at: _, log, stored, applied, vote } = self;
        node.fingerprint(hasher, lens);
        disk.fingerprint(hasher, lens);
        pending.len().hash(hasher);
        pending.iter().for_each(|write| write.fingerprint(hasher, lens));
        for prefix in [log.base_prefix(), stored.base_prefix(), applied.1] {
            (prefix.term, prefix.hash).hash(hasher);
        }
        applied.0.hash(hasher);
        vote.map(|(term, candidate)| (term, (lens.name)(candidate))).hash(hasher);
    }

    /// What the server does when this happens to it.
    pub(crate) fn react(&self, model: &Scope, happens: &Local) -> Reaction {
        let (mut server, mut effect, mut sent) = (self.clone(), Effect::default(), Vec::new());
        let mut bests = Bests::default();
        let input = match happens {
            Local::Crash { kept } => {
                server.crash(model, *kept, &mut effect);
                None
            }
            Local::Report(writes) => {
                bests = server.store(*writes, &mut effect);
                bests.reported.map(Input::Persisted)
            }
            Local::Deliver { from, message } => {
                Some(Input::Message { from: *from, message: message.clone() })
            }
            Local::Elect => Some(Input::ForceElection),
            Local::Heartbeat => {
                server.at = server.node.deadline().0.max(server.at);
                Some(Input::Timeout)
            }
            Local::Forget => Some(Input::ForgetLeader),
            Local::Propose(number) => {
                let command = Bytes::from(number.to_le_bytes().as_slice());
                Some(Input::Propose { request: RequestId(*number), command })
            }
            Local::Read(number, mode) => {
                effect.asked = Some(RequestId(*number));
                Some(Input::Read { request: RequestId(*number), mode: *mode })
            }
            Local::Snapshot => {
                let (through, prefix) = server.applied;
                let data = crate::prefixes::encode(prefix).into();
                Some(Input::SnapshotTaken { through, data })
            }
            Local::Transfer(to) => Some(Input::TransferLeadership { request: ORDER, to: *to }),
            Local::Change(change) => Some(Input::ChangeMembership {
                request: ORDER,
                change: change.clone(),
                contexts: Vec::new(),
                force: true,
            }),
            Local::Tick(micros) => {
                server.at += micros;
                Some(Input::Timeout)
            }
        };
        if let Some(input) = input {
            server.node.handle(Instant(server.at), input);
            server.drain(&mut effect, &mut sent, &bests);
            effect.note(self.judge_step(&server));
        }
        server.finish(self, &mut effect);
        Reaction { server, sent, effect }
    }

    /// Writes reach the disk.
    fn store(&mut self, writes: usize, effect: &mut Effect) -> Bests {
        let mut bests = Bests { last_log: self.stored.last(), reported: None };
        let known = self.known();
        for write in self.pending.drain(..writes) {
            bests.reported = Some(write.id);
            self.disk.store(write);
            self.stored = Prefixes::of_disk(&self.disk, &known);
            let last = self.stored.last();
            if last.is_at_least_as_up_to_date_as(bests.last_log) {
                bests.last_log = last;
            }
            effect.disk_changed = true;
        }
        bests
    }

    /// All that is known of logs here, for the parts that are compacted.
    fn known(&self) -> Prefixes {
        self.stored.clone().or(&self.log)
    }

    fn crash(&mut self, model: &Scope, kept: usize, effect: &mut Effect) {
        effect.writes_lost = self.pending.len() - kept;
        let _ = self.store(kept, effect);
        self.pending.clear();
        let disk = PersistentState::of(&self.disk);
        // The clock begins anew, so that what a node draws at its start is always the same.
        self.at = 0;
        match Node::new(model.config(self.id()), self.disk.clone(), Instant(self.at)) {
            Ok(node) => {
                let (node_id, started_with) = (node.id(), PersistentState::of_core(&node));
                effect.note(
                    Observation::Restarted(Restarted { node: node_id, disk, started_with }).judge(),
                );
                self.node = node;
                self.log = Prefixes::of_node(&self.node, &self.stored);
                self.applied = (LogIndex(0), PrefixHash::EMPTY);
                self.drain(effect, &mut Vec::new(), &Bests::default());
            }
            Err(error) => {
                let (node, reason) = (self.id(), words! { error });
                effect.note(Observation::StartRefused { node, reason: &reason }.judge());
            }
        }
    }

    /// Takes the outputs.
    fn drain(&mut self, effect: &mut Effect, sent: &mut Vec<(NodeId, Message)>, bests: &Bests) {
        while let Some(output) = self.node.poll_output().output() {
            match output {
                Output::Persist(write) => self.pending.push_back(write),
                Output::Send { to, message } => {
                    effect.note(self.judge_sent(to, &message, bests));
                    if let Some(match_index) = acknowledged(&message.body) {
                        effect.acknowledged.push((to, message.term, match_index));
                    }
                    sent.push((to, message));
                }
                Output::Apply(entries) => self.apply(&entries, effect),
                Output::Restore(snapshot) => {
                    let (after, end) = (self.applied.0, snapshot.position());
                    effect.applied.push(Applied::Snapshot { after, end });
                    self.applied = (end.index, self.prefix_of(&snapshot));
                }
                Output::Reply { request, outcome } => effect.replies.push((request, outcome)),
                // Snapshots are taken when the explorer says so, and they are in no files.
                Output::SnapshotNeeded { .. } | Output::Files(_) | Output::Trace(_) => {}
                Output::Alarm(alarm) => effect.note(Err(Broken {
                    property: raft_check::judges::alarms(),
                    description: words! { self.id(), " ", alarm },
                })),
            }
        }
    }

    fn prefix_of(&self, snapshot: &Snapshot) -> PrefixHash {
        let known = crate::prefixes::decode(snapshot);
        known.or(self.known().get(snapshot.last_included_index)).unwrap_or(PrefixHash::EMPTY)
    }

    fn apply(&mut self, entries: &Entries, effect: &mut Effect) {
        for entry in entries {
            let (after, before) = self.applied;
            let log = before.then(entry);
            effect.applied.push(Applied::Entry { after, position: entry.position(), log });
            self.applied = (entry.index, log);
        }
    }

    /// Judges a message as it leaves: what it promises is on the disk.
    fn judge_sent(&mut self, to: NodeId, message: &Message, bests: &Bests) -> Result<(), Broken> {
        let (node, term, durable) = (self.id(), message.term, self.disk.hard_state);
        let durable_term = durable.current_term;
        Observation::TermSent(TermSent { node, term, durable_term }).judge()?;
        let candidate = match &message.body {
            Body::RequestVote(request) => {
                let (last_log, now) = (request.last_log(), self.stored.last());
                let is_longer = now.is_at_least_as_up_to_date_as(bests.last_log);
                let best_durable = if is_longer { now } else { bests.last_log };
                let seen = LogAdvertised { node, last_log, best_durable };
                Observation::LogAdvertised(seen).judge()?;
                Some(node)
            }
            Body::RequestVoteReply(reply) => reply.vote_granted.then_some(to),
            Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::AppendEntries(_)
            | Body::AppendEntriesReply(_)
            | Body::InstallSnapshot(_)
            | Body::InstallSnapshotReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => None,
        };
        let Some(candidate) = candidate else { return Ok(()) };
        let earlier = self.vote.filter(|(of, _)| *of == term);
        let first = earlier.map_or(candidate, |(_, first)| first);
        if self.vote.is_none_or(|(of, _)| of < term) {
            self.vote = Some((term, candidate));
        }
        Observation::VoteSent(VoteSent { voter: node, term, candidate, first, durable }).judge()
    }

    /// Judges the step to another state in the same life.
    fn judge_step(&self, next: &Self) -> Result<(), Broken> {
        let (before, now) = (ServerState::of(&self.node), ServerState::of(&next.node));
        Observation::StateChanged(StateChanged { node: self.id(), before, now }).judge()
    }

    /// Brings the log up to date, and says what changed since `before`.
    fn finish(&mut self, before: &Self, effect: &mut Effect) {
        self.log = Prefixes::of_node(&self.node, &before.known().or(&self.stored));
        let (last_before, last_now) = (before.log.last(), self.log.last());
        let kept_through = self.log.common(&before.log);
        effect.has_replaced = kept_through < last_before.index;
        let is_new = |now: &Prefixes, before: &Prefixes| now.common(before) < now.last().index;
        effect.holds_more = is_new(&self.log, &before.log) || is_new(&self.stored, &before.stored);
        let leading = self.leading();
        if leading != before.leading() {
            effect.leads = leading;
        } else if let Some(term) = leading {
            let seen =
                LeaderLogChanged { leader: self.id(), term, last_before, kept_through, last_now };
            effect.note(Observation::LeaderLogChanged(seen).judge());
        }
        let (now, until) = self.lease();
        effect.has_lease = until != before.lease().1 && until.is_some_and(|until| now < until);
        let commit_before = before.node.commit_index();
        effect.commit_before = (self.node.commit_index() != commit_before).then_some(commit_before);
    }
}

/// What a report of writes makes durable.
#[derive(Default)]
struct Bests {
    /// The most up-to-date position that the disk held meanwhile.
    last_log: LogPosition,
    reported: Option<PersistId>,
}

impl Effect {
    /// Keeps the first contradiction.
    fn note(&mut self, verdict: Result<(), Broken>) {
        if let Err(broken) = verdict {
            self.broken.get_or_insert(broken);
        }
    }
}

/// The last entry that a message acknowledges.
fn acknowledged(body: &Body) -> Option<LogIndex> {
    if let Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) = body {
        Some(*match_index)
    } else if let Body::InstallSnapshotReply(InstallSnapshotReply::Installed {
        match_index, ..
    }) = body
    {
        Some(*match_index)
    } else {
        None
    }
}

/// A disk with a log of these terms, of which the first entries are known to be committed. The
/// server has voted for nobody in its term.
pub(crate) fn disk_of(current_term: Term, (terms, commit_index): &(Vec<u64>, u64)) -> Recovered {
    let mut disk = Recovered::default();
    disk.hard_state.current_term = current_term;
    for (place, term) in terms.iter().enumerate() {
        let (index, term) = (LogIndex(place as u64 + 1), Term(*term));
        disk.entries.push(Entry { index, term, payload: Payload::Noop });
    }
    disk.commit_index = LogIndex(*commit_index);
    disk
}

/// The bytes of a snapshot, if they are here.
pub(crate) fn bytes_of(snapshot: &Snapshot) -> Option<&[u8]> {
    match &snapshot.data {
        SnapshotData::Bytes(bytes) => Some(bytes),
        SnapshotData::File(_) => None,
    }
}
