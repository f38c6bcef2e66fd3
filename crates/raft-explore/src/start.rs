//! The start of a search at a moment of a simulated cluster.

use std::fmt;

use raft_check::Checks;
use raft_core::{LogIndex, Membership, NodeId, ReadMode, Settings};
use raft_sim::{Driver, NodeState, SimNode, World};

use crate::engine::Explorer;
use crate::model::{Bounds, Network, Reductions, Scope, Time};
use crate::prefixes::Prefixes;
use crate::server::{Local, Server};
use crate::state::MAX_SERVERS;

/// Why no search starts at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StartError {
    /// The nodes are not 1 to n, of at most five.
    Nodes(usize),
    /// A node is down, paused, or has not handled all that arrived.
    Busy(NodeId),
    /// The settings of two nodes differ.
    Settings(NodeId),
    /// The programs around the cores are not the default ones.
    Driver,
    /// A property is broken already.
    Broken,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nodes(nodes) => write!(
                f,
                "the nodes must be 1 to {MAX_SERVERS} at most, without gaps; there are {nodes}"
            ),
            Self::Busy(node) => write!(
                f,
                "node {node} is down or paused, or has not handled all that arrived; all nodes \
                 must run"
            ),
            Self::Settings(node) => {
                write!(f, "node {node} has other settings than node 1; all must have the same")
            }
            Self::Driver => f.write_str(
                "only nodes with the default program around the core are explored; leave out \
                 gather=, report=, failing=, state=, encoding= and snapshot-files=",
            ),
            Self::Broken => f.write_str("a property is broken at that moment already"),
        }
    }
}

impl std::error::Error for StartError {}

impl Explorer {
    /// Begins at a moment of a world, with its nodes, disks and messages. No time passes from then
    /// on.
    ///
    /// # Errors
    /// If the moment has something that is not explored.
    pub fn at(world: &World, checks: &Checks, bounds: Bounds) -> Result<Self, StartError> {
        let nodes: Vec<&SimNode> = world.nodes().collect();
        let is_numbered = nodes.iter().zip(1..).all(|(node, number)| node.id() == NodeId(number));
        if !is_numbered || nodes.len() > MAX_SERVERS {
            return Err(StartError::Nodes(nodes.len()));
        }
        if checks.violation().is_some() {
            return Err(StartError::Broken);
        }
        let setup = world.setup();
        if setup.driver != Driver::default() {
            return Err(StartError::Driver);
        }
        let known = committed(checks);
        let model = model(world, nodes[0].settings(), bounds);
        let mut letters: Vec<_> = world
            .in_flight()
            .map(|letter| (letter.from, letter.to, (*letter.message).clone()))
            .collect();
        let mut servers = Vec::new();
        for node in &nodes {
            let server = server(world, node, nodes[0].settings(), &known)?;
            // All clocks come to the moment: else the time since a node's last input would be part
            // of the state.
            let reaction = server.react(&model, &Local::Tick(0));
            let sent = reaction.sent.into_iter();
            letters.extend(sent.map(|(to, message)| (node.id(), to, message)));
            servers.push(reaction.server);
        }
        letters.retain(|(_, to, _)| to.0 <= nodes.len() as u64);
        let governing: Membership = checks.committed_membership().1.clone();
        Ok(Self::from_parts(model, servers, &letters, (known, governing)))
    }
}

/// The committed log, as far as it is known.
fn committed(checks: &Checks) -> Prefixes {
    let ledger = checks.ledger();
    let base = ledger.base();
    let mut prefixes = match ledger.get(base) {
        Some(prefix) => Prefixes::new(base, prefix),
        None => Prefixes::default(),
    };
    let after = (base.0 + 1..=ledger.commit_index().0).map(LogIndex);
    after.filter_map(|index| ledger.get(index)).for_each(|prefix| prefixes.push(prefix));
    prefixes
}

fn server(
    world: &World,
    node: &SimNode,
    settings: &Settings,
    known: &Prefixes,
) -> Result<Server, StartError> {
    let id = node.id();
    let is_idle = node.state() == NodeState::Running && node.inbox_len() == 0;
    let core = node.core().filter(|_| is_idle).ok_or(StartError::Busy(id))?;
    if node.settings() != settings {
        return Err(StartError::Settings(id));
    }
    let disk = node.recovered().map_err(|_| StartError::Busy(id))?;
    let now = node.clock().shows(world.now());
    let pending = node.disk().pending().map(|write| write.persist.clone()).collect();
    Ok(Server::resume((core.clone(), now), (disk, pending), known))
}

/// What may happen from a moment on.
fn model(world: &World, settings: &Settings, bounds: Bounds) -> Scope {
    Scope {
        servers: world.nodes().len() as u8,
        settings: settings.clone(),
        bounds,
        network: Network::Counted,
        reads: ReadMode::Quorum,
        changes: Vec::new(),
        time: Time::Stopped,
        disks: Vec::new(),
        probe_every: 0,
        reductions: Reductions::ALL,
        #[cfg(feature = "bugs")]
        bugs: {
            let off = world.rules_off();
            raft_core::Bug::ALL.iter().copied().filter(|bug| off.has(*bug)).collect()
        },
    }
}
