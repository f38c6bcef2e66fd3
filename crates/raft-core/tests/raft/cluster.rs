//! Servers over a network in which nothing happens unless the test says so.
//!
//! Messages that servers send lie in [`Cluster::network`] until the test delivers, repeats or drops
//! them; a slow disk completes a write when the test says so; time stops until a timer is
//! due that the test wants to elapse. After every input the invariants are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use raft_core::{
    Body, Bytes, Config, Input, Instant, LogIndex, Membership, MembershipChange, Message, Node,
    NodeId, Outcome, PeerStatus, ReadMode, Recovered, RequestId, RoleKind,
};

use crate::builders::{config, disk, full_config};
use crate::invariants::Invariants;
use crate::server::Server;

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) message: Message,
}

pub(crate) struct Cluster {
    pub(crate) now: Instant,
    /// Server `id` is at `id - 1`.
    pub(crate) servers: Vec<Server>,
    /// Messages on their way, oldest first.
    pub(crate) network: Vec<Envelope>,
    /// By how many millionths each server's clock runs too fast, in the order of the servers.
    pub(crate) drift: Vec<i64>,
    /// Servers whose messages, both ways, are lost.
    isolated: BTreeSet<u64>,
    /// Links, from and to, on which messages are lost.
    cut: BTreeSet<(u64, u64)>,
    invariants: Invariants,
    requests: u64,
    /// What was committed anywhere when a read was asked for, by server and request.
    reads: BTreeMap<(u64, u64), LogIndex>,
    /// How many of each server's replies were looked at.
    replies_seen: BTreeMap<u64, usize>,
}

impl Cluster {
    pub(crate) fn new(size: u64) -> Self {
        Self::with(size, |_| {})
    }

    /// A cluster with empty disks, after a change to each server's settings.
    pub(crate) fn with(size: u64, change: impl Fn(&mut Config)) -> Self {
        Self::start(vec![Recovered::default(); size as usize], change)
    }

    /// A cluster with the default settings: everything is on.
    pub(crate) fn full(size: u64) -> Self {
        Self::joining(size, 0, |_| {})
    }

    /// The same, and behind it servers that belong to no cluster yet.
    pub(crate) fn joining(size: u64, non_members: u64, change: impl Fn(&mut Config)) -> Self {
        let disks = vec![Recovered::default(); (size + non_members) as usize];
        Self::start(disks, |config| {
            *config = full_config(config.id.0, size);
            if config.id.0 > size {
                config.membership = Membership::empty();
            }
            change(config);
        })
    }

    /// A cluster whose servers hold logs with these terms. The current term of all is `term`.
    pub(crate) fn with_logs(term: u64, logs: &[&[u64]]) -> Self {
        Self::start(logs.iter().map(|terms| disk(term, terms)).collect(), |_| {})
    }

    pub(crate) fn start(disks: Vec<Recovered>, change: impl Fn(&mut Config)) -> Self {
        let size = disks.len() as u64;
        let start = |(disk, id)| {
            let mut config = config(id, size);
            change(&mut config);
            Server::start(config, disk, Instant(0))
        };
        let servers: Vec<Server> = disks.into_iter().zip(1..).map(start).collect();
        let mut given = servers.iter().map(|server| &server.config.membership);
        let configured = given.find(|membership| !membership.is_empty()).cloned();
        Self {
            now: Instant(0),
            drift: vec![0; servers.len()],
            servers,
            network: Vec::new(),
            isolated: BTreeSet::new(),
            cut: BTreeSet::new(),
            invariants: Invariants::new(configured),
            requests: 0,
            reads: BTreeMap::new(),
            replies_seen: BTreeMap::new(),
        }
    }

    pub(crate) fn ids(&self) -> std::ops::RangeInclusive<u64> {
        1..=self.servers.len() as u64
    }

    pub(crate) fn server(&self, id: u64) -> &Server {
        &self.servers[id as usize - 1]
    }

    pub(crate) fn server_mut(&mut self, id: u64) -> &mut Server {
        &mut self.servers[id as usize - 1]
    }

    pub(crate) fn node(&self, id: u64) -> &Node {
        &self.server(id).node
    }

    /// What a server's clock shows.
    pub(crate) fn clock(&self, id: u64) -> Instant {
        let rate = 1_000_000 + self.drift[id as usize - 1];
        Instant((i128::from(self.now.0) * i128::from(rate) / 1_000_000) as u64)
    }

    /// The first moment at which a server's clock shows this.
    fn moment(&self, id: u64, shown: Instant) -> Instant {
        let rate = 1_000_000 + self.drift[id as usize - 1];
        Instant((u128::from(shown.0) * 1_000_000).div_ceil(rate as u128) as u64)
    }

    /// When a server's timer is due.
    pub(crate) fn due(&self, id: u64) -> Instant {
        self.moment(id, self.node(id).deadline())
    }

    /// Hands an input to a server; what it sends joins the network.
    pub(crate) fn handle(&mut self, id: u64, input: Input) {
        let now = self.clock(id);
        self.server_mut(id).handle(now, input);
        self.collect(id);
    }

    fn collect(&mut self, id: u64) {
        if let Some(alarm) = self.server(id).alarms.first() {
            panic!("server {id} {alarm}");
        }
        for (to, message) in self.server_mut(id).take_sent() {
            if self.is_linked(id, to) {
                self.network.push(Envelope { from: id, to, message });
            }
        }
        self.invariants.check(&self.servers);
        self.check_reads(id);
    }

    fn is_linked(&self, from: u64, to: u64) -> bool {
        let is_cut = self.cut.contains(&(from, to)) || to > self.servers.len() as u64;
        !is_cut && !self.isolated.contains(&from) && !self.isolated.contains(&to)
    }

    /// Linearizability (§8): a read sees all that was committed anywhere when it was asked for.
    fn check_reads(&mut self, id: u64) {
        let seen = self.replies_seen.entry(id).or_default();
        let replies = &self.servers[id as usize - 1].replies;
        for (request, outcome) in &replies[*seen..] {
            if let (Outcome::Readable { index }, Some(needed)) =
                (outcome, self.reads.get(&(id, request.0)))
            {
                assert!(index >= needed, "server {id} reads {index}, but {needed} was committed");
            }
        }
        *seen = replies.len();
    }

    /// Lets the clock reach a server's deadline.
    pub(crate) fn time_out(&mut self, id: u64) {
        self.now = self.now.max(self.due(id));
        self.handle(id, Input::Timeout);
    }

    /// Lets the time pass. What is due before the end happens when it is due, and nothing is
    /// delivered.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(id) = self.next_due().filter(|id| self.due(*id) <= end) {
            self.time_out(id);
        }
        self.now = end;
    }

    /// Lets the time pass: what is sent arrives at once, and timers elapse when they are due.
    pub(crate) fn live(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        while let Some(id) = self.next_due().filter(|id| self.due(*id) <= end) {
            self.time_out(id);
            self.settle();
        }
        self.now = end;
    }

    /// The server whose timer is due first.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.ids().filter(|id| self.server(*id).is_up).min_by_key(|id| self.due(*id))
    }

    /// Delivers one message, unless its receiver is down.
    pub(crate) fn deliver(&mut self, envelope: Envelope) {
        if self.server(envelope.to).is_up {
            let (from, message) = (NodeId(envelope.from), envelope.message);
            self.handle(envelope.to, Input::Message { from, message });
        }
    }

    /// Delivers the oldest message on its way.
    pub(crate) fn deliver_next(&mut self) {
        let envelope = self.network.remove(0);
        self.deliver(envelope);
    }

    /// Takes the messages on their way that fit, oldest first.
    pub(crate) fn take(&mut self, fits: impl Fn(&Envelope) -> bool) -> Vec<Envelope> {
        self.network.extract_if(.., |envelope| fits(envelope)).collect()
    }

    /// Delivers the messages now on their way that fit.
    pub(crate) fn deliver_where(&mut self, fits: impl Fn(&Envelope) -> bool) {
        for envelope in self.take(fits) {
            self.deliver(envelope);
        }
    }

    /// Delivers messages, oldest first, until none is on its way.
    pub(crate) fn settle(&mut self) {
        for _ in 0..10_000 {
            if self.network.is_empty() {
                return;
            }
            self.deliver_next();
        }
        panic!("the network never comes to rest: {:?}", self.network.first());
    }

    /// The leader's heartbeat, `rounds` times, with all that follows from it.
    pub(crate) fn heartbeats(&mut self, leader: u64, rounds: usize) {
        for _ in 0..rounds {
            self.time_out(leader);
            self.settle();
        }
    }

    /// Makes a server campaign and win.
    pub(crate) fn elect(&mut self, id: u64) {
        self.handle(id, Input::ForceElection);
        self.settle();
        assert_eq!(self.node(id).role(), RoleKind::Leader, "server {id} did not win");
    }

    pub(crate) fn propose(&mut self, id: u64, command: &str) -> u64 {
        self.requests += 1;
        let command = Bytes::from(command.as_bytes());
        self.handle(id, Input::Propose { request: RequestId(self.requests), command });
        self.requests
    }

    pub(crate) fn outcome(&self, id: u64, request: u64) -> Option<Outcome> {
        self.server(id).outcome(request)
    }

    /// Asks for a read. It must see all that is committed anywhere by now.
    pub(crate) fn read(&mut self, id: u64, mode: ReadMode) -> u64 {
        self.requests += 1;
        self.reads.insert((id, self.requests), self.invariants.last_committed());
        self.handle(id, Input::Read { request: RequestId(self.requests), mode });
        self.requests
    }

    pub(crate) fn change(&mut self, id: u64, change: MembershipChange) -> u64 {
        self.change_by(id, change, false)
    }

    /// A change that is made although too few of the new voters are heard.
    pub(crate) fn force_change(&mut self, id: u64, change: MembershipChange) -> u64 {
        self.change_by(id, change, true)
    }

    fn change_by(&mut self, id: u64, change: MembershipChange, force: bool) -> u64 {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.handle(id, Input::ChangeMembership { request, change, contexts: Vec::new(), force });
        self.requests
    }

    pub(crate) fn transfer(&mut self, id: u64, to: u64) -> u64 {
        self.requests += 1;
        let (request, to) = (RequestId(self.requests), NodeId(to));
        self.handle(id, Input::TransferLeadership { request, to });
        self.requests
    }

    /// Completes up to `count` writes of a slow disk.
    pub(crate) fn finish_together(&mut self, id: u64, count: usize) {
        let now = self.clock(id);
        self.server_mut(id).finish_together(now, count);
        self.collect(id);
    }

    /// Completes up to `count` writes of a slow disk, and does as many tasks with files.
    pub(crate) fn finish_work(&mut self, id: u64, count: usize) {
        self.finish_together(id, count);
        let now = self.clock(id);
        for _ in 0..count {
            if !self.server_mut(id).finish_task(now) {
                break;
            }
            self.collect(id);
        }
    }

    pub(crate) fn take_snapshot(&mut self, id: u64) {
        let now = self.clock(id);
        self.server_mut(id).take_snapshot(now);
        self.collect(id);
    }

    pub(crate) fn crash(&mut self, id: u64) {
        self.server_mut(id).crash();
    }

    pub(crate) fn restart(&mut self, id: u64) {
        let now = self.clock(id);
        self.server_mut(id).restart(now);
        self.invariants.forget_life(id);
        self.replies_seen.remove(&id);
        self.collect(id);
    }

    /// Loses all messages to and from a server, also those on their way.
    pub(crate) fn isolate(&mut self, id: u64) {
        self.isolated.insert(id);
        self.network.retain(|envelope| envelope.from != id && envelope.to != id);
    }

    pub(crate) fn rejoin(&mut self, id: u64) {
        self.isolated.remove(&id);
    }

    /// Loses all messages between two servers from now on.
    pub(crate) fn cut(&mut self, one: u64, other: u64) {
        self.cut.extend([(one, other), (other, one)]);
    }

    /// Loses all messages from one server to another from now on, and none the other way.
    pub(crate) fn cut_one_way(&mut self, from: u64, to: u64) {
        self.cut.insert((from, to));
    }

    /// Ends all losses.
    pub(crate) fn heal(&mut self) {
        self.cut.clear();
        self.isolated.clear();
    }

    /// The server that leads the latest term, if there is one.
    pub(crate) fn leader(&self) -> Option<u64> {
        let leads = |id: &u64| self.server(*id).is_up && self.node(*id).role() == RoleKind::Leader;
        self.ids().filter(leads).max_by_key(|id| self.node(*id).current_term())
    }

    /// Asserts that all servers hold the same log, committed and applied to its end.
    pub(crate) fn assert_converged(&self) {
        let last = self.node(1).log().last();
        for id in self.ids() {
            let node = self.node(id);
            assert_eq!(node.log().last(), last, "the end of server {id}'s log");
            assert_eq!(node.commit_index(), last.index, "the commit index of server {id}");
            assert_eq!(node.last_applied(), last.index, "what server {id} applied");
            assert_eq!(self.server(id).state, self.server(1).state, "the state of server {id}");
        }
    }

    pub(crate) fn match_index(&self, leader: u64, peer: u64) -> LogIndex {
        self.peer(leader, peer).match_index
    }

    /// What a leader knows about another server.
    pub(crate) fn peer(&self, leader: u64, peer: u64) -> PeerStatus {
        let peers = self.node(leader).status().peers;
        let peer = peers.into_iter().find(|status| status.id == NodeId(peer));
        peer.expect("the leader knows its peer")
    }
}

pub(crate) fn is_append(envelope: &Envelope) -> bool {
    matches!(envelope.message.body, Body::AppendEntries(_))
}
