//! Follows a world and puts what it sees before the checkers.
//!
//! Events are taken in two passes. The first follows what happens outside the nodes' memory, in order:
//! messages on the wire (`wire`), writes to the disks (`disks`), what clients ask and are told (`clients`).
//! The second looks at each node that an event touched, as it is now: its log (`nodes`), its role
//! (`leaders`), what it holds for committed (`commits`), the membership it goes by (`configs`), and what
//! it applied (`applied`).

mod answers;
mod applied;
mod clients;
mod clocks;
mod commits;
mod configs;
mod disks;
mod leaders;
mod nodes;
mod start;
mod wire;

use raft_core::{
    CommitTrace, ElectionTrace, LogIndex, Membership, MembershipTrace, NodeId, PreVoteTrace,
    ReplicationTrace, Trace,
};
use raft_sim::{ClusterEvent, Event, EventKind, MessageEvent, ProcessEvent, World};

use crate::invariants::PROPERTIES;
use crate::invariants::election_safety::{self, ElectionSafety, LeaderSeen};
use crate::invariants::exactly_once::ExactlyOnce;
use crate::invariants::linearizability::Linearizability;
use crate::invariants::log_matching::LogMatching;
use crate::invariants::prompt_transfer::{self, Asked};
use crate::invariants::read_linearizability::ReadLinearizability;
use crate::invariants::vote_durability::VoteDurability;
use crate::ledger::Ledger;
use crate::memberships::Memberships;
use crate::property::{Board, CheckResult, Violation};
use crate::quorum::NodeSet;
use crate::watched::{CommitClaim, Watched};

/// All checks on one world. Cloning it is cheap, so it can be kept beside a checkpoint of the world.
#[derive(Clone, Debug)]
pub struct Checks {
    /// The first voters; who joins later knows nobody.
    first_voters: Membership,
    /// By ascending id.
    nodes: Vec<Watched>,
    ledger: Ledger,
    /// The memberships that are committed.
    committed: Memberships,
    /// The one by which the last commit was made.
    governing: Membership,
    board: Board,
    election_safety: ElectionSafety,
    log_matching: LogMatching,
    vote_durability: VoteDurability,
    reads: ReadLinearizability,
    linearizability: Linearizability,
    exactly_once: ExactlyOnce,
    /// Whether a clock is, or was a moment ago, so wrong that leases prove nothing.
    distrusts_clocks: bool,
}

impl Checks {
    /// Begins to watch a world that has just been built, whatever its disks hold.
    pub fn new(world: &World) -> Self {
        let first_voters = Membership::new(world.setup().voter_ids());
        let mut checks = Self {
            committed: Memberships::new(LogIndex(0), first_voters.clone()),
            governing: first_voters.clone(),
            first_voters,
            nodes: Vec::new(),
            ledger: start::empty_ledger(),
            board: Board::new(&PROPERTIES),
            election_safety: ElectionSafety::default(),
            log_matching: LogMatching::default(),
            vote_durability: VoteDurability::default(),
            reads: ReadLinearizability::default(),
            linearizability: Linearizability::default(),
            exactly_once: ExactlyOnce::default(),
            distrusts_clocks: false,
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
            if self.distrusts_clocks {
                self.look_at_clocks(world);
            }
            self.follow_event(world, &event.kind, &events[place + 1..]);
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

    /// The latest membership that is committed, and the index of its entry.
    pub fn committed_membership(&self) -> (LogIndex, &Membership) {
        self.committed.last()
    }

    fn follow_event(&mut self, world: &World, kind: &EventKind, later: &[Event]) {
        match kind {
            EventKind::Core { node, trace } => self.hear_claim(*node, trace),
            EventKind::StateMachine { node, event } => self.follow_state_machine(*node, event),
            EventKind::Disk { node, event } => self.follow_disk(world, *node, event),
            EventKind::Process { node, event } => match event {
                ProcessEvent::Crashed => self.crashed(*node, later),
                ProcessEvent::RestartRefused { reason } => self.start_refused(*node, reason),
                ProcessEvent::ClockChanged { .. } => self.look_at_clocks(world),
                ProcessEvent::Restarted
                | ProcessEvent::Paused
                | ProcessEvent::Resumed
                | ProcessEvent::Slowed { .. } => {}
            },
            EventKind::Message { from, to, message, event, .. } => match event {
                MessageEvent::Sent { .. } => self.follow_message(*from, *to, message),
                MessageEvent::Delivered => self.answer_delivered(*from, *to, message),
                MessageEvent::Dropped { .. } | MessageEvent::Replayed { .. } => {}
            },
            EventKind::Client { client, sequence, event } => {
                self.follow_client(world, *client, *sequence, event);
            }
            EventKind::Cluster(event) => match event {
                ClusterEvent::ServerAdded { node } => self.server_added(*node),
                ClusterEvent::Administered { .. } | ClusterEvent::Recovered { .. } => {}
            },
            EventKind::Network(_) => {}
        }
    }

    /// A trace says where to look.
    fn hear_claim(&mut self, id: NodeId, trace: &Trace) {
        if let Trace::PreVote(PreVoteTrace::Started { term, reason, .. }) = *trace {
            let verdict = prompt_transfer::asked(Asked { node: id, term, reason });
            self.board.note(&prompt_transfer::PROPERTY, verdict);
        }
        let Some(node) = self.node_mut(id) else { return };
        match trace {
            Trace::Replication(ReplicationTrace::Truncated { from, .. }) => {
                let earlier = node.claims.truncated_from.unwrap_or(from.index);
                node.claims.truncated_from = Some(earlier.min(from.index));
            }
            Trace::Election(ElectionTrace::BecameLeader { term, .. }) => {
                node.claims.led = Some(*term);
                self.leader_seen(LeaderSeen { term: *term, node: id });
            }
            Trace::Membership(MembershipTrace::Adopted { membership, .. })
            | Trace::Membership(MembershipTrace::RolledBack { membership, .. }) => {
                node.claims.in_force = Some(membership.clone());
            }
            Trace::Replication(ReplicationTrace::EntriesAccepted { match_index, .. }) => {
                node.claims.compared = node.claims.compared.max(Some(*match_index));
            }
            Trace::Commit(CommitTrace::Committed { to, .. }) => {
                let term = node.claims.led.or(node.leading);
                let claimed = node.claims.in_force.as_ref();
                // Not yet brought up to date: what is in force is what was in force before.
                let membership = claimed.unwrap_or(node.memberships.latest()).clone();
                node.claims.committed =
                    term.map(|term| CommitClaim { index: *to, term, membership });
            }
            _ => {}
        }
    }

    fn leader_seen(&mut self, seen: LeaderSeen) {
        let verdict = self.election_safety.leader_seen(seen);
        self.board.note(&election_safety::PROPERTY, verdict);
    }

    fn node(&self, id: NodeId) -> Option<&Watched> {
        self.nodes.get(self.place_of(id).ok()?)
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Watched> {
        let place = self.place_of(id).ok()?;
        self.nodes.get_mut(place)
    }

    /// Where a node stands, or would have to stand.
    fn place_of(&self, id: NodeId) -> Result<usize, usize> {
        raft_sim::place_of(&self.nodes, id, |node| node.id)
    }
}

#[cfg(test)]
mod tests;
