//! Follows a world and puts what it sees before the checkers.
//!
//! Events are taken in two passes. The first follows what happens outside the nodes' memory, in order:
//! messages on the wire (`wire`) and writes to the disks (`disks`). The second looks at each node that
//! an event touched, as it is now: its log and role (`nodes`), what it holds for committed
//! (`commits`), and what it applied (`applied`).

mod applied;
mod commits;
mod disks;
mod nodes;
mod start;
mod wire;

use raft_core::{Membership, NodeId, Trace};
use raft_sim::{Event, EventKind, World};

use crate::invariants::PROPERTIES;
use crate::invariants::election_safety::{self, ElectionSafety, LeaderSeen};
use crate::invariants::log_matching::LogMatching;
use crate::invariants::vote_durability::VoteDurability;
use crate::ledger::Ledger;
use crate::property::{Board, CheckResult, Violation};
use crate::watched::Watched;

/// All checks on one world. Cloning it is cheap, so it can be kept beside a checkpoint of the world.
#[derive(Clone, Debug)]
pub struct Checks {
    membership: Membership,
    /// By ascending id, which count up from 1.
    nodes: Vec<Watched>,
    ledger: Ledger,
    board: Board,
    election_safety: ElectionSafety,
    log_matching: LogMatching,
    vote_durability: VoteDurability,
}

/// A set of nodes.
#[derive(Clone, Copy, Default)]
struct NodeSet(u64);

impl Checks {
    /// Begins to watch a world that has just been built, whatever its disks hold.
    pub fn new(world: &World) -> Self {
        let mut checks = Self {
            membership: Membership::new(world.node_ids()),
            nodes: Vec::new(),
            ledger: start::empty_ledger(),
            board: Board::new(&PROPERTIES),
            election_safety: ElectionSafety::default(),
            log_matching: LogMatching::default(),
            vote_durability: VoteDurability::default(),
        };
        checks.start(world);
        checks
    }

    /// Looks at what happened. Call it after every step and every action, with that step's events;
    /// the world must be as those events left it.
    pub fn observe(&mut self, world: &World, events: &[Event]) {
        let mut touched = NodeSet::default();
        for (place, event) in events.iter().enumerate() {
            self.board.now(event.at, event.number);
            if let Some(node) = event.kind.node() {
                touched.insert(node);
            }
            self.follow_event(&event.kind, &events[place + 1..]);
        }
        for id in touched.iter() {
            self.follow_node(world, id, events);
        }
    }

    /// Every property, and whether it holds so far.
    pub fn results(&self) -> impl ExactSizeIterator<Item = &CheckResult> {
        self.board.results()
    }

    /// The first violation of all.
    pub fn violation(&self) -> Option<&Violation> {
        self.board.first()
    }

    /// What is committed.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn follow_event(&mut self, kind: &EventKind, later: &[Event]) {
        match kind {
            EventKind::Sent { from, to, message, .. } => self.follow_message(*from, *to, message),
            EventKind::WriteIssued { node, id, batch } => {
                if let Some(node) = self.node_mut(*node) {
                    node.disk.issue(*id, batch.clone());
                }
            }
            EventKind::WriteDurable { node, id } => self.write_durable(*node, *id),
            EventKind::Crashed { node } => self.crashed(*node, later),
            EventKind::RestartRefused { node, reason } => self.start_refused(*node, reason),
            EventKind::Core { node, trace } => self.hear_claim(*node, trace),
            _ => {}
        }
    }

    /// A trace says where to look.
    fn hear_claim(&mut self, id: NodeId, trace: &Trace) {
        let Some(node) = self.node_mut(id) else { return };
        match trace {
            Trace::Truncated { from, .. } => {
                let earlier = node.claims.truncated_from.unwrap_or(from.index);
                node.claims.truncated_from = Some(earlier.min(from.index));
            }
            Trace::BecameLeader { term, .. } => {
                node.claims.led = Some(*term);
                self.leader_seen(LeaderSeen { term: *term, node: id });
            }
            Trace::Committed { to, .. } => {
                let term = node.claims.led.or(node.leading);
                node.claims.committed = term.map(|term| (*to, term));
            }
            _ => {}
        }
    }

    fn leader_seen(&mut self, seen: LeaderSeen) {
        let verdict = self.election_safety.leader_seen(seen);
        self.board.note(&election_safety::PROPERTY, verdict);
    }

    fn node(&self, id: NodeId) -> Option<&Watched> {
        self.nodes.get(place_of(id)?)
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Watched> {
        self.nodes.get_mut(place_of(id)?)
    }
}

fn place_of(id: NodeId) -> Option<usize> {
    usize::try_from(id.0.checked_sub(1)?).ok()
}

impl NodeSet {
    fn insert(&mut self, node: NodeId) {
        self.0 |= 1_u64.checked_shl(node.0 as u32).unwrap_or(0);
    }

    fn iter(self) -> impl Iterator<Item = NodeId> {
        (1..64).map(NodeId).filter(move |node| self.0 & (1 << node.0) != 0)
    }
}

#[cfg(test)]
mod tests;
