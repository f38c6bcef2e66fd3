//! Servers over a network in which nothing happens unless the test says so.
//!
//! Messages that servers send lie in [`Cluster::network`] until the test delivers, repeats or drops
//! them; a slow disk completes a write when the test says so; time stands still until a timer is
//! due that the test wants to elapse. After every input the invariants are checked.

use std::collections::BTreeSet;

use raft_core::{
    Body, Bytes, Config, Input, Instant, LogIndex, Message, Node, NodeId, Outcome, Recovered,
    RequestId, RoleKind,
};

use crate::builders::{config, disk};
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
    /// Server `id` stands at `id - 1`.
    pub(crate) servers: Vec<Server>,
    /// Messages on their way, oldest first.
    pub(crate) network: Vec<Envelope>,
    /// Servers whose messages, both ways, are lost.
    isolated: BTreeSet<u64>,
    invariants: Invariants,
    requests: u64,
}

impl Cluster {
    pub(crate) fn new(size: u64) -> Self {
        Self::with(size, |_| {})
    }

    /// A cluster with empty disks, after a change to each server's settings.
    pub(crate) fn with(size: u64, change: impl Fn(&mut Config)) -> Self {
        Self::start(vec![Recovered::default(); size as usize], change)
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
        let servers = disks.into_iter().zip(1..).map(start).collect();
        let (network, isolated) = (Vec::new(), BTreeSet::new());
        let invariants = Invariants::default();
        Self { now: Instant(0), servers, network, isolated, invariants, requests: 0 }
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

    /// Hands an input to a server; what it sends joins the network.
    pub(crate) fn handle(&mut self, id: u64, input: Input) {
        let now = self.now;
        self.server_mut(id).handle(now, input);
        self.collect(id);
    }

    fn collect(&mut self, id: u64) {
        for (to, message) in self.server_mut(id).take_sent() {
            if !self.isolated.contains(&id) && !self.isolated.contains(&to) {
                self.network.push(Envelope { from: id, to, message });
            }
        }
        self.invariants.check(&self.servers);
    }

    /// Lets the clock reach a server's deadline.
    pub(crate) fn time_out(&mut self, id: u64) {
        self.now = self.now.max(self.node(id).deadline());
        self.handle(id, Input::Timeout);
    }

    /// Delivers one message, unless its receiver is down.
    pub(crate) fn deliver(&mut self, envelope: Envelope) {
        if self.server(envelope.to).is_up {
            let (from, message) = (NodeId(envelope.from), envelope.message);
            self.handle(envelope.to, Input::Message { from, message });
        }
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
            let envelope = self.network.remove(0);
            self.deliver(envelope);
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

    /// Completes up to `count` writes of a slow disk.
    pub(crate) fn finish_together(&mut self, id: u64, count: usize) {
        let now = self.now;
        self.server_mut(id).finish_together(now, count);
        self.collect(id);
    }

    pub(crate) fn take_snapshot(&mut self, id: u64) {
        let now = self.now;
        self.server_mut(id).take_snapshot(now);
        self.collect(id);
    }

    pub(crate) fn crash(&mut self, id: u64) {
        self.server_mut(id).crash();
    }

    pub(crate) fn restart(&mut self, id: u64) {
        let now = self.now;
        self.server_mut(id).restart(now);
        self.invariants.forget_life(id);
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
        let status = self.node(leader).status();
        let peer = status.peers.iter().find(|status| status.id == NodeId(peer));
        peer.expect("the leader knows its peer").match_index
    }
}

pub(crate) fn is_append(envelope: &Envelope) -> bool {
    matches!(envelope.message.body, Body::AppendEntries(_))
}
