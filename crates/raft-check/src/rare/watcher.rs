//! Counts the rare events of a run.

mod decisions;
mod operations;

use std::collections::BTreeMap;

use raft_core::{
    Body, Entry, LogIndex, LogPosition, Message, Node, NodeId, Outcome, Payload, PeerStatus,
};
use raft_kv::{ClientId, Command, Error, Response, Sequence};
use raft_sim::{
    ClientEvent, ClusterEvent, DiskEvent, EventKind, MessageEvent, NodeState, ProcessEvent,
    ReadPolicy, SimNode, StateMachineEvent, World,
};

use self::operations::Operations;
use super::{RareEvent, RareEvents};
use crate::checks::Checks;

/// Counts the rare events of one run, and remembers what counting takes.
#[derive(Clone, Debug, Default)]
pub struct RareWatcher {
    counts: RareEvents,
    /// Those of the last step or action.
    latest: Vec<RareEvent>,
    /// The nodes that believe to be the leader.
    leaders: Vec<NodeId>,
    /// The nodes that had uncommitted entries when a snapshot was sent to them.
    uncommitted: Vec<NodeId>,
    /// The unanswered reads that a client sent to a deposed leader.
    deposed_asked: Vec<(ClientId, Sequence, NodeId)>,
    /// The index of the last entry that any node has applied.
    applied: LogIndex,
    /// The last applied command of each session.
    sessions: BTreeMap<ClientId, Sequence>,
    operations: Operations,
    /// The last entry that was removed from one of a majority. Another node may remove it before
    /// the disk of the first one has.
    removed: Option<LogPosition>,
}

impl RareWatcher {
    /// How often each rare event happened so far.
    pub fn counts(&self) -> &RareEvents {
        &self.counts
    }

    /// The rare events of the last step or action, each as often as it happened.
    pub fn latest(&self) -> &[RareEvent] {
        &self.latest
    }

    /// Looks at what happened. Call it after every step and every action, when the checks have
    /// seen its events.
    pub fn observe(&mut self, world: &World, checks: &Checks) {
        self.latest.clear();
        for event in world.events() {
            match &event.kind {
                EventKind::Core { node, trace } => self.decision(world, checks, *node, trace),
                EventKind::StateMachine { node, event } => {
                    self.state_machine(world, *node, event);
                }
                EventKind::Process { node, event } => self.process(world, checks, *node, event),
                EventKind::Disk { event, .. } => {
                    if let DiskEvent::WritesLost { .. } = event {
                        self.count(RareEvent::WritesLost);
                    }
                }
                EventKind::Cluster(event) => {
                    if let ClusterEvent::Administered { outcome, .. } = event
                        && matches!(outcome, Outcome::Transferred { .. })
                    {
                        self.count(RareEvent::TransferDone);
                    }
                }
                EventKind::Client { client, sequence, event } => {
                    self.client(world, (*client, *sequence), event);
                    self.operation(world, checks, (*client, *sequence), event);
                }
                EventKind::Message {
                    from, to, message, event: MessageEvent::Delivered, ..
                } => {
                    self.delivered(world, (*from, *to), message);
                }
                EventKind::Message { .. } => {}
                EventKind::Network(_) | EventKind::Acted { .. } => {}
            }
        }
    }

    fn count(&mut self, event: RareEvent) {
        self.counts.add(event, 1);
        self.latest.push(event);
    }

    fn state_machine(&mut self, world: &World, node: NodeId, event: &StateMachineEvent) {
        if let StateMachineEvent::Applied { entries } = event {
            entries.iter().for_each(|entry| self.applied(entry));
        } else if let StateMachineEvent::ReadServed { client, sequence, read, index } = event {
            self.operations.read_served((*client, *sequence), *read, *index);
        } else if let StateMachineEvent::Reopened { applied } = event
            && *applied > LogIndex(0)
        {
            self.count(RareEvent::StateReopened);
            let core = world.node(node).and_then(SimNode::core);
            if core.is_some_and(|core| core.last_applied() > *applied) {
                self.count(RareEvent::StateBehindLog);
            }
        }
    }

    fn delivered(&mut self, world: &World, (from, to): (NodeId, NodeId), message: &Message) {
        if !world.setup().driver.gather.is_zero() {
            self.gathered(world, to);
        }
        if let Body::AppendEntries(request) = &message.body {
            let core = |node| world.node(node).and_then(SimNode::core);
            let is_below = |core: &Node| request.prev_log().index < core.log().base().index;
            let has_match = |peer: &PeerStatus| peer.id == to && peer.match_index > LogIndex(0);
            let is_known = |leader: &Node| leader.status().peers.iter().any(has_match);
            if core(to).is_some_and(is_below) && core(from).is_some_and(|leader| !is_known(leader))
            {
                self.count(RareEvent::EntriesBelowSnapshot);
            }
        } else if let Body::AppendEntriesReply(_) = message.body
            && self.leaders.len() > 1
            && self.leaders.contains(&to)
            && world.leader() != Some(to)
            && let Some(core) = world.node(to).and_then(SimNode::core)
            && core.current_term() == message.term
            && core.memory_usage().reads > 0
        {
            self.count(RareEvent::LateAnswer);
        }
    }

    /// Counts the third input that waits: from then on the drain is after several.
    fn gathered(&mut self, world: &World, node: NodeId) {
        let is_running = |node: &&SimNode| node.state() == NodeState::Running;
        let node = world.node(node).filter(is_running);
        if node.is_some_and(|node| node.handling().is_zero() && node.inbox_len() == 3) {
            self.count(RareEvent::InputsGathered);
        }
    }

    fn process(&mut self, world: &World, checks: &Checks, node: NodeId, event: &ProcessEvent) {
        if let ProcessEvent::Crashed = event {
            let led = self.leaders.contains(&node);
            self.leaders.retain(|leader| *leader != node);
            if led && is_half_replicated(world, checks) {
                self.count(RareEvent::HalfReplicated);
            }
        } else if let ProcessEvent::RestartRefused { .. } = event {
            self.count(RareEvent::StartRefused);
        }
    }

    fn client(
        &mut self,
        world: &World,
        (client, sequence): (ClientId, Sequence),
        event: &ClientEvent,
    ) {
        if let ClientEvent::Asked { node, .. } = event {
            let is_deposed =
                self.leaders.contains(node) && world.leader().is_some_and(|l| l != *node);
            let pending = world.client(client).and_then(raft_sim::Client::pending);
            let asks_leader = pending.is_some_and(|pending| {
                matches!(pending.read, ReadPolicy::Quorum | ReadPolicy::Lease)
            });
            if is_deposed && asks_leader {
                self.deposed_asked.push((client, sequence, *node));
            }
        } else if let ClientEvent::Redirected { node, .. } | ClientEvent::MustRetry { node, .. } =
            event
        {
            let asked = (client, sequence, *node);
            if self.deposed_asked.contains(&asked) {
                self.deposed_asked.retain(|other| *other != asked);
                self.count(RareEvent::DeposedRefusesRead);
            }
        } else if let ClientEvent::Answered { response, .. } = event {
            if matches!(response, Response::Failed(Error::SessionExpired { .. })) {
                self.count(RareEvent::SessionExpired);
            }
            self.deposed_asked.retain(|(other, _, _)| *other != client);
        } else if let ClientEvent::GaveUp = event {
            self.deposed_asked.retain(|(other, _, _)| *other != client);
            self.count(RareEvent::ClientGaveUp);
        }
    }

    /// Looks only at the first node that applies an entry.
    fn applied(&mut self, entry: &Entry) {
        if entry.index <= self.applied {
            return;
        }
        self.applied = entry.index;
        let Payload::Command(command) = &entry.payload else { return };
        if command.len() >= 10_000 {
            self.count(RareEvent::LargeEntry);
        }
        let Ok(Command { client, sequence, .. }) = Command::decode(command) else { return };
        let last = self.sessions.entry(client).or_insert(Sequence(0));
        if sequence <= *last {
            self.count(RareEvent::RetryDeduplicated);
        } else {
            *last = sequence;
            if self.operations.applies_after_giving_up((client, sequence)) {
                self.count(RareEvent::AppliedAfterGivingUp);
            }
        }
    }
}

/// Whether some running nodes hold uncommitted entries that others lack.
fn is_half_replicated(world: &World, checks: &Checks) -> bool {
    let committed = checks.ledger().commit_index();
    let ends = || world.nodes().filter_map(SimNode::core).map(|core| core.log().last());
    let most = ends().map(|last: LogPosition| last.index).max().unwrap_or_default();
    let least = ends().map(|last| last.index).min().unwrap_or_default();
    most > committed && least < most
}
