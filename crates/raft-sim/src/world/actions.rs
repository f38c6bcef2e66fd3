//! What a person or a script does to the world.

use std::collections::VecDeque;
use std::sync::Arc;

use raft_core::{Instant, Membership, MembershipChange, NodeId, PersistId, RoleKind};
use raft_server::ReplicaInput;
use raft_storage::RecordKey;

use super::World;
use super::queue::ScheduledKind;
use crate::client::QueuedOperation;
use crate::disk::Tear;
use crate::node::Arrival;
use crate::{
    Action, ActionError, AdminRequest, DiskAction, DiskChange, DiskDamage, DiskError, DiskEvent,
    EventKind, FileWrite, MAX_NODES, NodeAction, NodeState, ProcessEvent, Request, Selector,
    SettingChange, SetupError, Unsynced,
};

impl World {
    /// Does something to the world, now. The world keeps no list of its actions: a caller that
    /// wants to replay the run keeps one.
    ///
    /// # Errors
    /// When that cannot be done now. Then nothing has changed.
    pub fn apply(&mut self, action: Action) -> Result<(), ActionError> {
        self.events.clear();
        self.cause = None;
        let before = (self.event_count, self.fingerprint);
        let action_number = self.acted + 1;
        let acted = self.emit(EventKind::Acted { action: action_number });
        match self.because(acted, |world| world.perform(&action)) {
            Ok(()) => {
                self.acted = action_number;
                self.look_ahead();
                Ok(())
            }
            Err(error) => {
                (self.event_count, self.fingerprint) = before;
                self.events.clear();
                Err(error)
            }
        }
    }

    fn perform(&mut self, action: &Action) -> Result<(), ActionError> {
        match action {
            Action::Node { node, action } => self.act_on_node(*node, *action),
            Action::Reconfigure { node, changes } => self.reconfigure(*node, changes),
            Action::Disk { node, action: DiskAction::Change(change) } => {
                self.set_disk(*node, *change)
            }
            Action::Disk { node, action: DiskAction::Damage(damage) } => {
                self.damage_disk(*node, *damage)
            }
            Action::Link { from, to, change } => self.set_link(*from, *to, *change),
            Action::Network(action) => self.act_on_network(action),
            Action::Administer { node, request } => {
                self.require_running(*node)?;
                if let AdminRequest::ChangeMembership { change, .. } = request {
                    self.add_servers(*node, change)?;
                }
                self.administer(*node, request.clone());
                Ok(())
            }
            Action::Recover { nodes } => self.recover(nodes),
            Action::Load(load) => Ok(self.start_load(*load)?),
            Action::Rule(action) => Ok(self.act_on_rule(*action)?),
            Action::Reseed(seed) => {
                self.reseed(*seed);
                Ok(())
            }
            Action::Request(request) => {
                if let Some(Selector::Node(node)) = request.via {
                    self.state_of(node)?;
                }
                let Request { operation, via, read, .. } = request.clone();
                let queued = QueuedOperation { operation, via, read, asked_by: self.cause };
                self.request(request.client, queued)?;
                Ok(())
            }
        }
    }

    fn act_on_node(&mut self, node: NodeId, action: NodeAction) -> Result<(), ActionError> {
        match action {
            NodeAction::Crash { unsynced } => self.crash(node, unsynced)?,
            NodeAction::Restart => {
                self.require_startable(node)?;
                self.start_node(node);
            }
            NodeAction::RestartAlone => {
                self.require_startable(node)?;
                let record = RecordKey::Bootstrap;
                if self.node_mut(node).disk.durable().get(record).is_none() {
                    return Err(DiskError::NoSuchRecord { node, record }.into());
                }
                self.emit_process(node, ProcessEvent::ConfiguredAlone);
                self.start_node_with(node, Some(Membership::new([node])));
            }
            NodeAction::Pause => self.pause(node)?,
            NodeAction::Resume => self.resume(node)?,
            NodeAction::ForceElection => {
                self.require_running(node)?;
                self.feed(node, ReplicaInput::ForceElection);
            }
            NodeAction::ForgetLeader => {
                self.require_running(node)?;
                self.feed(node, ReplicaInput::ForgetLeader);
            }
            NodeAction::Snapshot => {
                self.require_running(node)?;
                if !self.force_snapshot(node) {
                    return Err(ActionError::NothingToSnapshot(node));
                }
            }
            NodeAction::SetClock(change) => self.set_clock(node, change)?,
            NodeAction::Slow { handling } => self.set_slow(node, handling)?,
            NodeAction::SetTimeouts(choice) => self.set_timeouts(node, choice)?,
        }
        Ok(())
    }

    fn reconfigure(&mut self, id: NodeId, changes: &[SettingChange]) -> Result<(), ActionError> {
        self.require_startable(id)?;
        let mut settings = self.node_mut(id).settings().clone();
        changes.iter().for_each(|change| change.apply_to(&mut settings));
        settings
            .validate()
            .map_err(|error| ActionError::Settings(SetupError::NodeConfig { node: id, error }))?;
        self.node_mut(id).settings = Arc::new(settings);
        self.emit_process(id, ProcessEvent::Reconfigured { changes: changes.to_vec() });
        self.start_node(id);
        Ok(())
    }

    /// Starts the servers that are to join by a change that the node can make.
    fn add_servers(&mut self, node: NodeId, change: &MembershipChange) -> Result<(), ActionError> {
        let joining = may_join(change);
        if let Some(node) = joining.iter().find(|node| !(1..=MAX_NODES).contains(&node.0)) {
            return Err(ActionError::NodeNumber { node: *node, largest: MAX_NODES });
        }
        let core = self.node(node).and_then(crate::SimNode::core);
        let is_possible = core.is_some_and(|core| {
            core.role() == RoleKind::Leader && core.membership().changed_by(change).is_ok()
        });
        for new in joining.iter().filter(|_| is_possible) {
            match self.node(*new) {
                None => self.add_server(*new),
                Some(_) if self.is_to_be_renewed(node, *new) => self.renew_server(*new),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a server that a leader adds was wiped, and its removal since is certain: the leader
    /// has committed it, and each other server runs, is in no later term, and knows of it. A leader
    /// that was deposed, or whose change may be undone, cannot tell.
    fn is_to_be_renewed(&self, leader: NodeId, new: NodeId) -> bool {
        let is_wiped = |node: &crate::SimNode| node.core().is_none() && node.disk().is_wiped();
        let Some(leader) = self.node(leader).and_then(crate::SimNode::core) else { return false };
        let is_committed = leader.membership_index() <= leader.commit_index();
        let knows = |node: &crate::SimNode| {
            node.core().is_some_and(|core| {
                core.current_term() <= leader.current_term() && !core.membership().contains(new)
            })
        };
        is_committed
            && self.node(new).is_some_and(is_wiped)
            && self.nodes().all(|node| node.id() == new || knows(node))
    }

    pub(super) fn state_of(&self, node: NodeId) -> Result<NodeState, ActionError> {
        self.node(node).map(crate::SimNode::state).ok_or(ActionError::NoSuchNode(node))
    }

    /// All of these exist.
    pub(super) fn require_known(&self, nodes: &[NodeId]) -> Result<(), ActionError> {
        nodes.iter().try_for_each(|node| self.state_of(*node).map(drop))
    }

    fn require(
        &self,
        node: NodeId,
        needed: &'static str,
        fits: impl FnOnce(NodeState) -> bool,
    ) -> Result<(), ActionError> {
        let state = self.state_of(node)?;
        if fits(state) { Ok(()) } else { Err(ActionError::WrongState { node, state, needed }) }
    }

    pub(super) fn require_running(&self, node: NodeId) -> Result<(), ActionError> {
        self.require(node, "running", |state| state == NodeState::Running)
    }

    fn require_down(&self, node: NodeId) -> Result<(), ActionError> {
        let is_down = |state| matches!(state, NodeState::Crashed | NodeState::Refused);
        self.require(node, "down", is_down)
    }

    /// It is down, and its disk has room for the writes of a node that runs.
    fn require_startable(&mut self, node: NodeId) -> Result<(), ActionError> {
        self.require_down(node)?;
        match self.node_mut(node).disk.is_full() {
            true => Err(DiskError::Full(node).into()),
            false => Ok(()),
        }
    }

    pub(super) fn crash(&mut self, id: NodeId, unsynced: Unsynced) -> Result<(), ActionError> {
        self.require(id, "running or paused", |state| {
            matches!(state, NodeState::Running | NodeState::Paused)
        })?;
        let mut tear = Tear::new(&self.reseeded, (id, self.now), self.rules_off.splits_votes());
        let loss = self.node_mut(id).disk.crash(unsynced, &mut tear);
        self.power_off(id, loss);
        Ok(())
    }

    fn pause(&mut self, id: NodeId) -> Result<(), ActionError> {
        self.require_running(id)?;
        if let Some(live) = self.node_mut(id).live_mut() {
            // Its timer elapses anew when it runs on.
            let mut arrived = std::mem::take(&mut live.backlog);
            arrived.retain(|arrival| !arrival.is_timeout());
            live.has_timed_out = false;
            live.inbox = Some(arrived);
        }
        self.emit_process(id, ProcessEvent::Paused);
        Ok(())
    }

    /// What arrived meanwhile is handled first, in order; then its timers run on.
    pub(super) fn resume(&mut self, id: NodeId) -> Result<(), ActionError> {
        self.require(id, "paused", |state| state == NodeState::Paused)?;
        let inbox = self.node_mut(id).live_mut().and_then(|live| live.inbox.take());
        self.emit_process(id, ProcessEvent::Resumed);
        let arrivals: VecDeque<Arrival> = inbox.unwrap_or_default();
        for arrival in arrivals {
            self.deliver_late(id, arrival);
        }
        Ok(())
    }

    fn set_disk(&mut self, id: NodeId, change: DiskChange) -> Result<(), ActionError> {
        self.state_of(id)?;
        let now = self.now;
        let node = self.node_mut(id);
        let (incarnation, late) = (node.incarnation, node.disk.change(now, change)?);
        self.schedule_writes(id, late);
        // A disk that stalls finishes all of them later.
        let files: Vec<_> = self.node_mut(id).disk.file_writes().cloned().collect();
        for FileWrite { number, done_at, .. } in files {
            self.schedule(done_at, ScheduledKind::FileWritten { node: id, incarnation, number });
        }
        let changed = self.emit_disk(id, DiskEvent::Changed { change });
        self.node_mut(id).disk.changed_by(change, changed);
        Ok(())
    }

    /// These writes complete at these times.
    pub(super) fn schedule_writes(&mut self, node: NodeId, late: Vec<(PersistId, Instant)>) {
        let incarnation = self.node_mut(node).incarnation;
        for (id, done_at) in late {
            self.schedule(done_at, ScheduledKind::WriteCompletes { node, incarnation, id });
        }
    }

    fn damage_disk(&mut self, id: NodeId, damage: DiskDamage) -> Result<(), ActionError> {
        self.state_of(id)?;
        if matches!(damage, DiskDamage::Wipe | DiskDamage::Restore) {
            self.require_down(id)?;
        }
        let (setup, now) = (self.reseeded.clone(), self.now);
        let (damage, batch) = self.node_mut(id).disk.damage(&setup, (id, now), damage)?;
        if damage == DiskDamage::Wipe {
            self.node_mut(id).flushed = None;
        }
        let event = DiskEvent::Damaged { damage, batch: batch.into() };
        self.emit_disk(id, event);
        Ok(())
    }
}

/// The servers that a change names and that need not be members yet.
pub(super) fn may_join(change: &MembershipChange) -> &[NodeId] {
    match change {
        MembershipChange::AddLearner(new)
        | MembershipChange::AddVoter(new)
        | MembershipChange::Replace { new, .. } => std::slice::from_ref(new),
        MembershipChange::SetVoters(voters) => voters,
        MembershipChange::Promote(_)
        | MembershipChange::Demote(_)
        | MembershipChange::Remove(_) => &[],
    }
}
