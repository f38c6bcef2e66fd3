//! A run of a cluster, played again with the cores of `raft_core`.
//!
//! `helios export FILE --as test` wrote this file. It needs the crate `helios-raft-core` only: put
//! it into `tests/`.
//!
//! Each line of the test hands something to a node: first comes the number of the node, then the
//! time on its clock, in µs. Messages are those that the nodes of this test send: `(1, 7)` is the
//! seventh one that node 1 sent since the beginning. The lines after a comment happened after it.
#![allow(dead_code, reason = "a run needs some of the methods")]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use raft_core::{
    Bytes, Config, Entry, HardState, Input, Instant, LogIndex, Membership, MembershipChange,
    Message, Node, NodeId, Output, Payload, Persist, PersistId, ReadMode, Recovered, RequestId,
    RoleKind, Term,
};

// The configurations and the test.

/// A cluster: its nodes, their disks, and what they have sent.
#[derive(Default)]
struct Run {
    nodes: BTreeMap<u64, Node>,
    disks: BTreeMap<u64, Disk>,
    /// The messages of each node since the beginning, with their receivers.
    sent: BTreeMap<u64, Vec<(NodeId, Message)>>,
    did: BTreeMap<u64, Did>,
    /// The node that takes several inputs before a drain.
    gathers: Option<u64>,
    requests: u64,
}

/// What is on a disk, and the writes that the node was not told to be there.
#[derive(Default)]
struct Disk {
    stored: Recovered,
    writes: VecDeque<Persist>,
}

/// What a node did since the beginning, in numbers.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Did {
    /// Messages. They are counted at the end.
    sent: usize,
    /// Entries that it handed to its state machine.
    applied: usize,
    /// Requests.
    answered: usize,
}

impl Disk {
    fn store_first(&mut self) {
        let write = self.writes.pop_front().expect("a write is in progress");
        let known = self.stored.commit_index;
        let changes_log = write.truncate_from.is_some() || !write.entries.is_empty();
        self.stored.store(write);
        // The commit index is stored with a change of the log only.
        if !changes_log {
            self.stored.commit_index = known;
        }
    }
}

impl Run {
    /// The disk of a node has this term and this vote at the beginning.
    fn disk(&mut self, id: u64, term: u64, vote: Option<u64>) {
        let (current_term, voted_for) = (Term(term), vote.map(NodeId));
        let hard_state = HardState { current_term, voted_for };
        self.disks.entry(id).or_default().stored.hard_state = hard_state;
    }

    /// And this command in its log, after those before.
    fn disk_entry(&mut self, id: u64, term: u64, command: &[u8]) {
        let entries = &mut self.disks.entry(id).or_default().stored.entries;
        let (index, payload) = (LogIndex(entries.len() as u64 + 1), command.into());
        entries.push(Entry { index, term: Term(term), payload: Payload::Command(payload) });
    }

    /// A node starts from its disk.
    fn start(&mut self, config: Config, at: u64) {
        let id = config.id.0;
        let disk = self.disks.entry(id).or_default().stored.clone();
        let node = Node::new(config, disk, Instant(at)).expect("it starts from its disk");
        assert!(self.nodes.insert(id, node).is_none(), "node {id} runs already");
        self.drain(id);
    }

    /// The state machine that a node has on its disk includes the entries up to this one.
    fn applied(&mut self, id: u64, through: u64) {
        self.disks.entry(id).or_default().stored.applied = LogIndex(through);
    }

    /// The process of a node ends. Of the writes in progress, so many are lost: the last ones.
    fn crash(&mut self, id: u64, lost: usize) {
        self.nodes.remove(&id).expect("the node runs");
        let disk = self.disks.entry(id).or_default();
        while disk.writes.len() > lost {
            disk.store_first();
        }
        assert_eq!(disk.writes.len(), lost, "node {id} loses writes that it has not asked for");
        disk.writes.clear();
    }

    /// The timer of a node elapses.
    fn timeout(&mut self, id: u64, at: u64) {
        self.late_timeout(id, at, at);
    }

    /// The same, and the node is told late. If it set its timer anew meanwhile, it is told early.
    fn late_timeout(&mut self, id: u64, at: u64, deadline: u64) {
        assert_eq!(self.node(id).deadline(), Instant(deadline), "the timer of node {id}");
        self.hand(id, at, Input::Timeout);
    }

    /// The disk of a node has this write, and those before it.
    fn persisted(&mut self, id: u64, at: u64, write: u64) {
        let disk = self.disks.entry(id).or_default();
        let is_asked = disk.writes.iter().any(|asked| asked.id.0 == write);
        assert!(is_asked, "node {id} does not wait for write {write}");
        while disk.writes.front().is_some_and(|first| first.id.0 <= write) {
            disk.store_first();
        }
        self.hand(id, at, Input::Persisted(PersistId(write)));
    }

    /// A message arrives: of those that `from` sent, the one with this number. The first is 1.
    fn deliver(&mut self, id: u64, at: u64, (from, number): (u64, usize)) {
        let sent = self.sent.get(&from).and_then(|sent| sent.get(number - 1)).cloned();
        let (to, message) = sent.unwrap_or_else(|| panic!("node {from} sent less than {number}"));
        assert_eq!(to, NodeId(id), "message {number} of node {from} is for another node");
        self.hand(id, at, Input::Message { from: NodeId(from), message });
    }

    /// A client hands a command to a node.
    fn propose(&mut self, id: u64, at: u64, command: &[u8]) {
        let request = self.request();
        self.hand(id, at, Input::Propose { request, command: command.into() });
    }

    /// A client wants to read at a node.
    fn read(&mut self, id: u64, at: u64, mode: ReadMode) {
        let request = self.request();
        self.hand(id, at, Input::Read { request, mode });
    }

    /// The membership is to change. The contexts are those of new servers.
    fn change(&mut self, id: u64, at: u64, change: MembershipChange, contexts: &[(u64, &[u8])]) {
        let force = false;
        let (request, contexts) = (self.request(), named(contexts));
        self.hand(id, at, Input::ChangeMembership { request, change, contexts, force });
    }

    /// The same, although too few of the new voters were heard.
    fn force(&mut self, id: u64, at: u64, change: MembershipChange, contexts: &[(u64, &[u8])]) {
        let force = true;
        let (request, contexts) = (self.request(), named(contexts));
        self.hand(id, at, Input::ChangeMembership { request, change, contexts, force });
    }

    /// The change that is under way is given up.
    fn cancel_change(&mut self, id: u64, at: u64) {
        let request = self.request();
        self.hand(id, at, Input::CancelChange { request });
    }

    /// Leadership is to be transferred.
    fn transfer(&mut self, id: u64, at: u64, to: u64) {
        let (request, to) = (self.request(), NodeId(to));
        self.hand(id, at, Input::TransferLeadership { request, to });
    }

    /// A snapshot of the state after an entry. The core never looks at a state: it is so many
    /// zeros.
    fn snapshot(&mut self, id: u64, at: u64, through: u64, bytes: usize) {
        let (through, data) = (LogIndex(through), Bytes::from(vec![0; bytes]).into());
        self.hand(id, at, Input::SnapshotTaken { through, data });
    }

    /// The snapshot that a node asked for could not be made.
    fn snapshot_failed(&mut self, id: u64, at: u64, through: u64) {
        self.hand(id, at, Input::SnapshotFailed { through: LogIndex(through) });
    }

    /// A person has a node start an election.
    fn force_election(&mut self, id: u64, at: u64) {
        self.hand(id, at, Input::ForceElection);
    }

    /// A person has a node forget its leader.
    fn forget_leader(&mut self, id: u64, at: u64) {
        self.hand(id, at, Input::ForgetLeader);
    }

    /// A node draws its random numbers from this seed.
    fn reseed(&mut self, id: u64, seed: u64) {
        self.node(id).reseed(seed);
    }

    /// A node draws its election timeouts from this range, in µs.
    fn draw_timeouts(&mut self, id: u64, min: u64, max: u64) {
        self.node(id).draw_timeouts_from(Duration::from_micros(min), Duration::from_micros(max));
    }

    /// The next inputs of a node come before its next drain.
    fn gather(&mut self, id: u64) {
        self.gathers = Some(id);
    }

    /// All outputs of a node are taken.
    fn drain(&mut self, id: u64) {
        self.gathers = None;
        let node = self.nodes.get_mut(&id).expect("the node runs");
        let did = self.did.entry(id).or_default();
        while let Some(output) = node.poll_output().output() {
            match output {
                Output::Persist(write) => {
                    self.disks.entry(id).or_default().writes.push_back(write);
                }
                Output::Send { to, message } => {
                    self.sent.entry(id).or_default().push((to, message));
                }
                Output::Apply(entries) => did.applied += entries.len(),
                Output::Reply { .. } => did.answered += 1,
                // For state machines and people.
                Output::Restore(_)
                | Output::SnapshotNeeded { .. }
                | Output::Files(_)
                | Output::Alarm(_)
                | Output::Trace(_) => {}
            }
        }
    }

    /// A node has this role now, in this term.
    fn role(&self, id: u64, role: RoleKind, term: u64) {
        let node = &self.nodes[&id];
        assert_eq!((node.role(), node.current_term().0), (role, term), "node {id}");
    }

    /// The role of a node, its term, and its vote in that term.
    fn is(&self, id: u64, role: RoleKind, term: u64, vote: Option<u64>) {
        self.role(id, role, term);
        assert_eq!(self.nodes[&id].voted_for(), vote.map(NodeId), "the vote of node {id}");
    }

    /// The members that a node knows.
    fn members(&self, id: u64, voters: &[u64], learners: &[u64]) {
        let membership = self.nodes[&id].membership();
        let numbers = |ids: &[NodeId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(numbers(membership.voters()), voters, "the voters for node {id}");
        assert_eq!(numbers(membership.learners()), learners, "the learners for node {id}");
    }

    /// The commit index of a node, the index and the term before its log, and the terms
    /// in its log, each with the number of its entries.
    fn log(&self, id: u64, commit: u64, before: (u64, u64), terms: &[(u64, usize)]) {
        let (node, log) = (&self.nodes[&id], self.nodes[&id].log());
        assert_eq!(node.commit_index().0, commit, "the commit index of node {id}");
        assert_eq!((log.base().index.0, log.base().term.0), before, "the log of node {id}");
        let entries = log.iter_from(log.first_index());
        assert_eq!(counted(entries.map(|entry| entry.term.0)), terms, "the log of node {id}");
    }

    /// What a node did since the beginning.
    fn did(&self, id: u64, expected: Did) {
        let sent = self.sent.get(&id).map_or(0, Vec::len);
        let did = self.did.get(&id).copied().unwrap_or_default();
        assert_eq!(Did { sent, ..did }, expected, "node {id}");
    }

    /// A node is down. The term, the vote, and the terms in the log on its disk.
    fn is_down(&self, id: u64, term: u64, vote: Option<u64>, terms: &[(u64, usize)]) {
        assert!(!self.nodes.contains_key(&id), "node {id} is down");
        let none = Disk::default();
        let stored = &self.disks.get(&id).unwrap_or(&none).stored;
        let state = stored.hard_state;
        assert_eq!((state.current_term.0, state.voted_for), (term, vote.map(NodeId)), "node {id}");
        let entries = stored.entries.iter().map(|entry| entry.term.0);
        assert_eq!(counted(entries), terms, "the disk of node {id}");
    }

    fn hand(&mut self, id: u64, at: u64, input: Input) {
        self.node(id).handle(Instant(at), input);
        if self.gathers != Some(id) {
            self.drain(id);
        }
    }

    fn node(&mut self, id: u64) -> &mut Node {
        self.nodes.get_mut(&id).unwrap_or_else(|| panic!("node {id} does not run"))
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }
}

fn named(contexts: &[(u64, &[u8])]) -> Vec<(NodeId, Bytes)> {
    contexts.iter().map(|(id, context)| (NodeId(*id), Bytes::from(*context))).collect()
}

/// Each term with the number of its entries.
fn counted(terms: impl Iterator<Item = u64>) -> Vec<(u64, usize)> {
    let mut counted: Vec<(u64, usize)> = Vec::new();
    for term in terms {
        match counted.last_mut() {
            Some((last, count)) if *last == term => *count += 1,
            Some(_) | None => counted.push((term, 1)),
        }
    }
    counted
}
