//! Follows a world: brings the shadows up to date and tells the properties what happened.
//!
//! Events are taken in two passes. The first follows, in order, what happens outside of the nodes'
//! memory: messages (`messages`), writes to disks (`disks`), clients, clocks. The second looks at
//! each node that an event was about, as it is now (`nodes`): its log, its role, its commit index
//! (`commits`), its membership, and what it applied (`applied`).

mod applied;
mod commits;
mod disks;
mod messages;
mod nodes;
mod start;

use raft_core::{
    CommitTrace, ElectionTrace, LogIndex, Membership, MembershipTrace, NodeId, Recovered,
    ReplicationTrace, Trace,
};
use raft_kv::Store;
use raft_sim::{ClusterEvent, Event, EventKind, MessageEvent, ProcessEvent, World};

use crate::properties::{Checker as _, Context, PROPERTIES, Properties};
use crate::property::{CheckResult, Property, PropertyTable, Violation};
use crate::shadows::Shadows;
use crate::shadows::disk::DiskShadow;
use crate::shadows::lease_doubt::LeaseDoubts;
use crate::shadows::ledger::Ledger;
use crate::shadows::node::{CommitClaim, NodeShadow};
use crate::shadows::quorum::NodeSet;

/// All checks on one world. Cloning it is cheap, so it can be kept beside a checkpoint of the
/// world.
#[derive(Clone, Debug)]
pub struct Checks {
    shadows: Shadows,
    properties: Properties,
    table: PropertyTable,
    lease_doubts: LeaseDoubts,
}

impl Checks {
    /// Begins to check a world that has just been built, whatever its disks hold.
    pub fn new(world: &World) -> Self {
        let mut checks = Self {
            shadows: Shadows::new(
                world.setup().bootstrap(),
                Store::default().keeping_sessions(world.setup().sessions),
            ),
            properties: Properties::default(),
            table: PropertyTable::new(PROPERTIES),
            lease_doubts: LeaseDoubts::default(),
        };
        checks.start(world);
        checks.follow_settings(world);
        checks
    }

    /// Looks at what happened. Call it after every step and every action, with the events of that
    /// step; the world must be as those events left it.
    pub fn observe(&mut self, world: &World, events: &[Event]) {
        let mut touched = NodeSet::default();
        for (place, event) in events.iter().enumerate() {
            self.table.now(event.at, event.number.get());
            if let Some(node) = event.kind.node() {
                touched.insert(node);
            }
            if self.shadows.lease_doubt.is_some() || self.lease_doubts.may_change() {
                self.doubt_leases(world);
            }
            self.follow_event(world, &event.kind, &events[place + 1..]);
        }
        for id in touched.iter() {
            self.follow_node(world, id, events);
        }
        let (properties, mut cx) = self.telling(world);
        properties.step_ended(&mut cx);
    }

    /// Lets equal parts of what is known of several nodes share their memory. Nothing else changes.
    pub fn share_memory(&mut self) {
        self.shadows.share_memory();
    }

    /// Every property with its state.
    pub fn results(&self) -> impl ExactSizeIterator<Item = &CheckResult> {
        self.table.results()
    }

    /// A property with its state.
    pub fn result(&self, property: &Property) -> Option<&CheckResult> {
        self.table.results().find(|result| result.property == property)
    }

    /// The first violation of any property.
    pub fn violation(&self) -> Option<&Violation> {
        self.table.first()
    }

    /// The committed entries.
    pub fn ledger(&self) -> &Ledger {
        &self.shadows.ledger
    }

    /// The latest membership that is committed, and the index of its entry.
    pub fn committed_membership(&self) -> (LogIndex, &Membership) {
        self.shadows.committed.last()
    }

    fn follow_event(&mut self, world: &World, kind: &EventKind, later: &[Event]) {
        match kind {
            EventKind::Core { node, trace } => self.follow_trace(world, *node, trace),
            EventKind::StateMachine { node, event } => {
                self.follow_state_machine(world, *node, event);
            }
            EventKind::Disk { node, event } => self.follow_disk(world, *node, event),
            EventKind::Process { event: ProcessEvent::TimerElapsed { .. }, .. }
            | EventKind::Acted { .. } => {}
            EventKind::Process { node, event } => {
                self.tell_of_disturbance(world);
                self.follow_process(world, *node, event, later);
            }
            EventKind::Message { from, to, message, event, .. } => {
                if let MessageEvent::Sent { .. } = event {
                    self.follow_message(world, *from, *to, message);
                } else if let MessageEvent::Delivered = event {
                    self.follow_delivery(world, *from, *to, message);
                }
            }
            EventKind::Client { client, sequence, event } => {
                let (properties, mut cx) = self.telling(world);
                properties.client_event(*client, *sequence, event, &mut cx);
                self.keep_stores();
            }
            EventKind::Cluster(event) => {
                if let ClusterEvent::ServerAdded { node } = event {
                    self.tell_of_disturbance(world);
                    self.add_server(*node);
                    self.follow_settings(world);
                } else if let ClusterEvent::Recovered { .. } = event {
                    let (properties, mut cx) = self.telling(world);
                    properties.recovered(&mut cx);
                } else if let ClusterEvent::Administered { node, request, outcome, .. } = event {
                    let (properties, mut cx) = self.telling(world);
                    properties.administered(*node, request, *outcome, &mut cx);
                }
            }
            // With both, a server that only a part of a quorum reaches disturbs no election.
            EventKind::Network(_) => {
                let settings = &world.setup().settings;
                if !(settings.pre_vote && settings.check_quorum) {
                    self.tell_of_disturbance(world);
                }
            }
        }
    }

    fn follow_process(&mut self, world: &World, id: NodeId, event: &ProcessEvent, later: &[Event]) {
        if let ProcessEvent::Crashed = event {
            self.follow_crash(world, id, later);
        } else if let ProcessEvent::RestartRefused { reason } = event {
            let (properties, mut cx) = self.telling(world);
            properties.start_refused(id, reason, &mut cx);
            self.shadows.misconfigured = None;
        } else if let ProcessEvent::Restarted = event {
            self.shadows.misconfigured = None;
        } else if let ProcessEvent::ConfiguredAlone = event {
            self.shadows.misconfigured = Some(id);
        } else if let ProcessEvent::Reconfigured { .. } = event {
            self.follow_settings(world);
        } else if let ProcessEvent::ClockChanged { .. } = event {
            self.doubt_leases(world);
        }
    }

    /// The properties, and what to tell them with.
    fn telling<'a>(&'a mut self, world: &'a World) -> (&'a mut Properties, Context<'a>) {
        let Self { shadows, properties, table, .. } = self;
        (properties, Context { world, shadows, table })
    }

    fn tell_of_disturbance(&mut self, world: &World) {
        let (properties, mut cx) = self.telling(world);
        properties.disturbed(&mut cx);
    }

    /// A trace shows where to look at the node that it is about.
    fn follow_trace(&mut self, world: &World, id: NodeId, trace: &Trace) {
        let (properties, mut cx) = self.telling(world);
        properties.traced(id, trace, &mut cx);
        let Some(node) = self.shadows.node_mut(id) else { return };
        let claims = &mut node.claims;
        if let Trace::Replication(ReplicationTrace::Truncated { from, .. }) = trace {
            let earlier = claims.truncated_from.unwrap_or(from.index);
            claims.truncated_from = Some(earlier.min(from.index));
        } else if let Trace::Replication(ReplicationTrace::EntriesAccepted {
            match_index, ..
        }) = trace
        {
            claims.compared = claims.compared.max(Some(*match_index));
        } else if let Trace::Membership(
            MembershipTrace::Adopted { membership, .. }
            | MembershipTrace::RolledBack { membership, .. },
        ) = trace
        {
            claims.in_force = Some(membership.clone());
        } else if let Trace::Commit(CommitTrace::Committed { to, .. }) = trace {
            let term = claims.led.or(node.leading);
            // The shadow's memberships are those before this step.
            let membership = claims.in_force.as_ref().unwrap_or(node.memberships.latest()).clone();
            claims.committed = term.map(|term| CommitClaim { index: *to, term, membership });
        } else if let Trace::Election(ElectionTrace::BecameLeader { term, .. }) = trace {
            claims.led = Some(*term);
            let (properties, mut cx) = self.telling(world);
            properties.leader_seen(id, *term, &mut cx);
        }
    }

    /// Nodes have started, perhaps with new settings.
    fn follow_settings(&mut self, world: &World) {
        self.lease_doubts.nodes_started(world);
        if self.lease_doubts.may_change() {
            self.doubt_leases(world);
        }
    }

    /// Looks for a clock that is outside of its bound, and for settings that do not fit, if leases
    /// are on.
    fn doubt_leases(&mut self, world: &World) {
        self.shadows.lease_doubt = self.lease_doubts.current(world);
        let (properties, mut cx) = self.telling(world);
        properties.leases_doubted(&mut cx);
    }

    /// A server with an empty disk is added to the world.
    fn add_server(&mut self, id: NodeId) {
        if let Err(place) = self.shadows.place_of(id) {
            let disk = DiskShadow::new(&Recovered::default(), &self.shadows.prefixes, true);
            self.shadows.nodes.insert(place, NodeShadow::new(id, disk));
        }
    }

    /// Has the ledger keep its stores as far back as an open read may need them.
    fn keep_stores(&mut self) {
        self.shadows.ledger.keep_stores(self.properties.linearizability.reads_from());
    }
}

#[cfg(test)]
mod tests;
