//! What scenarios are made of: clusters with rules switched off, and short words for their steps.

use raft_core::{
    Bugs, Config, Entry, Input, LogIndex, Membership, NodeId, Payload, Recovered, RoleKind, Term,
};

use crate::builders::disk;
use crate::cluster::{Cluster, Envelope};

/// Servers with empty disks, under the rules of the paper.
pub(crate) fn empty(bugs: Bugs, size: u64) -> Cluster {
    Cluster::with(size, |config| config.bugs = bugs)
}

/// Servers in `term` with logs of these terms, under the rules of the paper.
pub(crate) fn logs(bugs: Bugs, term: u64, logs: &[&[u64]]) -> Cluster {
    start(bugs, logs.iter().map(|terms| disk(term, terms)).collect(), |_| {})
}

/// Servers with these disks, after a change to their settings.
pub(crate) fn start(bugs: Bugs, disks: Vec<Recovered>, change: impl Fn(&mut Config)) -> Cluster {
    Cluster::start(disks, |config| {
        change(config);
        config.bugs = bugs;
    })
}

/// Servers with empty disks under the default settings, which the dissertation adds to the paper.
pub(crate) fn modern(bugs: Bugs, size: u64) -> Cluster {
    Cluster::joining(size, 0, |config| config.bugs = bugs)
}

pub(crate) fn nodes(ids: &[u64]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

/// From the voters `old` to the voters `new`.
pub(crate) fn joint(old: &[u64], new: &[u64]) -> Membership {
    Membership::new(nodes(new)).with_outgoing(nodes(old))
}

/// The same disk, its log longer by a membership.
pub(crate) fn and(mut disk: Recovered, membership: Membership) -> Recovered {
    let index = LogIndex(disk.entries.len() as u64 + 1);
    let payload = Payload::Membership(membership);
    disk.entries.push(Entry { index, term: disk.hard_state.current_term, payload });
    disk
}

impl Cluster {
    /// A server starts an election; its messages are on their way.
    pub(crate) fn start_election(&mut self, id: u64) {
        self.handle(id, Input::ForceElection);
    }

    /// What messages promise need not be on disk: what comes of that is to be seen.
    pub(crate) fn let_promises_be_broken(&mut self) {
        self.servers.iter_mut().for_each(|server| server.must_keep_promises = false);
    }

    /// Nobody hears of what is on its way.
    pub(crate) fn lose_all(&mut self) {
        self.network.clear();
    }

    /// Delivers what is on its way from one server to another.
    pub(crate) fn carry(&mut self, from: u64, to: u64) {
        self.deliver_where(|envelope| (envelope.from, envelope.to) == (from, to));
    }

    /// Delivers what is on its way from one server to another, and then the answers.
    pub(crate) fn ask(&mut self, from: u64, to: u64) {
        self.carry(from, to);
        self.carry(to, from);
    }

    /// Keeps what is on its way from one server to another, to deliver it later.
    pub(crate) fn delay(&mut self, from: u64, to: u64) -> Vec<Envelope> {
        self.take(|envelope| (envelope.from, envelope.to) == (from, to))
    }

    /// What is on its way from one server to another will arrive twice.
    pub(crate) fn repeat(&mut self, from: u64, to: u64) -> Vec<Envelope> {
        let is_fit = |envelope: &&Envelope| (envelope.from, envelope.to) == (from, to);
        self.network.iter().filter(is_fit).cloned().collect()
    }

    pub(crate) fn arrive(&mut self, envelopes: Vec<Envelope>) {
        for envelope in envelopes {
            self.deliver(envelope);
        }
    }

    /// Server 1 leads, and has a snapshot in place of entries that a server, cut off, never got.
    pub(crate) fn compact_without(&mut self, id: u64) {
        self.isolate(id);
        self.elect(1);
        self.propose(1, "a");
        self.settle();
        self.take_snapshot(1);
    }

    pub(crate) fn leads(&self, id: u64) -> bool {
        self.server(id).is_up && self.node(id).role() == RoleKind::Leader
    }

    pub(crate) fn assert_somebody_leads(&self) {
        assert!(self.leader().is_some(), "nobody leads");
    }
}

/// The same disk, in another term.
pub(crate) fn in_term(mut disk: Recovered, term: u64) -> Recovered {
    disk.hard_state.current_term = Term(term);
    disk
}
