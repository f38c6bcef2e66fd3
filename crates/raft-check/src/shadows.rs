//! What the checks know of the cluster: worked out from disks, messages and logs, apart from the
//! core.

pub(crate) mod commands;
pub(crate) mod disk;
pub(crate) mod lease_doubt;
pub(crate) mod ledger;
pub(crate) mod log;
pub(crate) mod memberships;
pub(crate) mod node;
pub(crate) mod peer_replies;
pub(crate) mod per_node;
pub(crate) mod prefixes;
pub(crate) mod quorum;
pub(crate) mod votes;

use raft_core::{LogIndex, Membership, NodeId};
use raft_kv::Store;
use raft_sim::ReadPolicy;

use commands::CommittedCommands;
use lease_doubt::LeaseDoubt;
use ledger::Ledger;
use log::PrefixHash;
use memberships::Memberships;
use node::NodeShadow;
use prefixes::PrefixRegistry;
use votes::Votes;

/// All that the properties share. Cloning it is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Shadows {
    /// The first members. A server that is added later starts without a membership.
    bootstrap: Membership,
    /// By ascending id.
    pub(crate) nodes: Vec<NodeShadow>,
    pub(crate) ledger: Ledger,
    /// The memberships that are committed.
    pub(crate) committed: Memberships,
    /// The membership whose quorum made the last commit.
    pub(crate) governing: Membership,
    /// Every position that was ever in a log.
    pub(crate) prefixes: PrefixRegistry,
    /// Every vote that was ever sent.
    pub(crate) votes: Votes,
    pub(crate) commands: CommittedCommands,
    /// Why leases prove nothing now, if any node uses leases.
    pub(crate) lease_doubt: Option<LeaseDoubt>,
    /// The node that is being started with a configuration that contradicts its disk.
    pub(crate) misconfigured: Option<NodeId>,
    /// First members that were wiped, and joined again as new servers: no list names them members.
    pub(crate) renewed: Vec<NodeId>,
}

impl Shadows {
    /// `store`: empty.
    pub(crate) fn new(bootstrap: Membership, store: Store) -> Self {
        Self {
            committed: Memberships::new(LogIndex(0), bootstrap.clone()),
            governing: bootstrap.clone(),
            bootstrap,
            nodes: Vec::new(),
            ledger: Ledger::new(LogIndex(0), PrefixHash::EMPTY, store),
            prefixes: PrefixRegistry::default(),
            votes: Votes::default(),
            commands: CommittedCommands::default(),
            lease_doubt: None,
            misconfigured: None,
            renewed: Vec::new(),
        }
    }

    /// Lets all nodes share equal parts of their logs.
    pub(crate) fn share_memory(&mut self) {
        let Some((first, others)) = self.nodes.split_first_mut() else { return };
        first.disk.log.share(&first.log);
        for node in others {
            node.log.share(&first.log);
            node.disk.log.share(&first.log);
        }
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&NodeShadow> {
        self.nodes.get(self.place_of(id).ok()?)
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> Option<&mut NodeShadow> {
        let place = self.place_of(id).ok()?;
        self.nodes.get_mut(place)
    }

    /// The index of a node in `nodes`; the error is the index where it would have to be inserted.
    pub(crate) fn place_of(&self, id: NodeId) -> Result<usize, usize> {
        raft_sim::place_of(&self.nodes, id, |node| node.id)
    }

    /// The membership of a node before its log or a snapshot holds one: that of its first start,
    /// whatever its configuration says now.
    pub(crate) fn bootstrap(&self, id: NodeId) -> Membership {
        let stored = self.node(id).and_then(|node| node.disk.bootstrap.clone());
        stored.unwrap_or_else(|| self.configured(id))
    }

    fn configured(&self, id: NodeId) -> Membership {
        let is_first = self.bootstrap.contains(id) && !self.renewed.contains(&id);
        if is_first { self.bootstrap.clone() } else { Membership::empty() }
    }

    /// The log of a node up to an index. Entries that a snapshot replaced count as the committed
    /// ones if the end of the snapshot is committed.
    pub(crate) fn held_by(&self, id: NodeId, index: LogIndex) -> Option<PrefixHash> {
        let log = &self.node(id)?.log;
        if index >= log.base() {
            return log.get(index);
        }
        let base_is_committed = self.ledger.get(log.base()) == log.get(log.base());
        self.ledger.get(index).filter(|_| base_is_committed)
    }

    /// The doubt that excuses a stale read: only one by lease.
    pub(crate) fn excuse(&self, read: ReadPolicy) -> Option<LeaseDoubt> {
        self.lease_doubt.filter(|_| read == ReadPolicy::Lease)
    }
}
