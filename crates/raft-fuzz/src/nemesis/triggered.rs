//! Faults that an event triggers: the nemesis waits for a moment in which little is settled, such
//! as an election, a change of the membership or a transfer, and injects a fault shortly after.

use std::time::Duration;

use raft_core::{
    ElectionTrace, Instant, MembershipTrace, NodeId, ReplicationTrace, SnapshotTrace, Trace,
    TransferTrace,
};
use raft_sim::{AdminRequest, EventKind, NetworkAction, NodeAction, Random, Unsynced, World};

use super::{Injection, Targets, any, interval};
use crate::plan::{pick, whole_millis};

/// Waits for a trigger, then for the time of its fault, then rests.
#[derive(Clone, Debug)]
pub(super) struct Triggered {
    random: Random,
    /// The mean time from a fault to the first event that may trigger the next one.
    spacing: Duration,
    rests_until: Instant,
    /// The fault that will be injected next; `None` while no event has triggered one.
    armed: Option<ArmedTrigger>,
}

/// A fault that an event has triggered, and that is not injected yet.
#[derive(Clone, Copy, Debug)]
struct ArmedTrigger {
    at: Instant,
    /// The node of the event.
    node: NodeId,
    /// The node that the event names, such as the target of a transfer.
    other: Option<NodeId>,
    fault: TriggeredFault,
}

#[derive(Clone, Copy, Debug)]
enum TriggeredFault {
    Crash,
    CrashOther,
    Isolate,
    PauseOther,
    Change,
    Transfer,
    Snapshot,
    Elect,
    VoteLost,
    DropMessages,
}

impl Triggered {
    pub(super) fn new(random: Random, spacing: Duration) -> Self {
        Self { random, spacing, rests_until: Instant(0), armed: None }
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.armed.map(|armed| armed.at)
    }

    /// Looks for a trigger in the events of the last step. True if a fault is armed now.
    pub(super) fn observe(&mut self, world: &World) -> bool {
        if self.armed.is_some() || world.now() < self.rests_until {
            return false;
        }
        for event in world.events() {
            let EventKind::Core { node, trace } = &event.kind else { continue };
            let Some((injection, other)) = triggers(trace) else { continue };
            if self.random.up_to(2) > 0 {
                continue;
            }
            let setup = world.setup();
            // During the write, or while messages are in flight.
            let write = setup.disk_latency.max;
            let longest = pick(&mut self.random, &[write, write + setup.link_latency.max * 2]);
            let micros = self.random.up_to(longest.as_micros() as u64);
            // At a whole millisecond, like all actions, and not before now.
            let at = Instant(0) + whole_millis(Duration::from_micros(world.now().0 + micros + 999));
            let fault = pick(&mut self.random, injection);
            self.armed = Some(ArmedTrigger { at, node: *node, other, fault });
            return true;
        }
        false
    }

    pub(super) fn inject(&mut self, targets: &Targets<'_>) -> Injection {
        let Some(armed) = self.armed.take() else { return Injection::default() };
        self.rests_until = targets.world.now() + interval(&mut self.random, self.spacing);
        targets.inject(&mut self.random, armed)
    }
}

/// The faults that an event may trigger, and the other node that it names. `None` for most events.
fn triggers(trace: &Trace) -> Option<(&'static [TriggeredFault], Option<NodeId>)> {
    use TriggeredFault::{
        Change, Crash, CrashOther, DropMessages, Elect, Isolate, PauseOther, Snapshot, Transfer,
        VoteLost,
    };
    Some(match trace {
        Trace::Election(ElectionTrace::BecameLeader { .. }) => {
            (&[Crash, Isolate, Change, Change, Transfer, Snapshot, Elect, DropMessages], None)
        }
        Trace::Membership(MembershipTrace::Adopted { .. })
        | Trace::Membership(MembershipTrace::ChangeStarted { .. }) => {
            (&[Crash, Isolate, Transfer, Elect, DropMessages, Snapshot], None)
        }
        Trace::Transfer(TransferTrace::Started { to })
        | Trace::Transfer(TransferTrace::TimeoutNowSent { to }) => {
            (&[Crash, CrashOther, Isolate, PauseOther, Change, Snapshot, DropMessages], Some(*to))
        }
        Trace::Snapshot(SnapshotTrace::Sent { peer, .. }) => {
            (&[Crash, CrashOther, PauseOther, Snapshot, DropMessages, Isolate], Some(*peer))
        }
        // The vote is not on the disk yet.
        Trace::Election(ElectionTrace::VoteGranted { .. }) => (&[Crash, VoteLost], None),
        Trace::Election(ElectionTrace::Started { .. }) => {
            (&[Crash, Elect, Elect, DropMessages], None)
        }
        Trace::Snapshot(SnapshotTrace::Installed { .. })
        | Trace::Replication(ReplicationTrace::Truncated { .. }) => {
            (&[Crash, Snapshot, Elect], None)
        }
        _ => return None,
    })
}

impl Targets<'_> {
    fn inject(&self, random: &mut Random, armed: ArmedTrigger) -> Injection {
        let ArmedTrigger { node, other, fault, .. } = armed;
        let other = other.unwrap_or(node);
        let ids = self.ids();
        match fault {
            TriggeredFault::Crash => self.crash_now(random, node),
            TriggeredFault::CrashOther => self.crash_now(random, other),
            TriggeredFault::Isolate => {
                let others: Vec<NodeId> = ids.into_iter().filter(|id| *id != node).collect();
                if others.is_empty() {
                    return Injection::default();
                }
                let parted = NetworkAction::Partition { groups: vec![vec![node], others] }.into();
                Injection::for_a_while(
                    parted,
                    self.fault_duration(random),
                    NetworkAction::Heal.into(),
                )
            }
            TriggeredFault::PauseOther => {
                let (pause, resume) = (NodeAction::Pause.on(other), NodeAction::Resume.on(other));
                Injection::for_a_while(pause, self.fault_duration(random), resume)
            }
            TriggeredFault::Change => {
                let change = self.draw_change(random, node, &self.membership_of(node));
                let action = AdminRequest::ChangeMembership(change).on(node);
                if self.is_known(&action) { Injection::one(action) } else { Injection::default() }
            }
            TriggeredFault::Transfer => any(random, &ids).map_or_else(Injection::default, |to| {
                Injection::one(AdminRequest::TransferLeadership { to }.on(node))
            }),
            TriggeredFault::Snapshot => Injection::one(NodeAction::Snapshot.on(node)),
            TriggeredFault::Elect => {
                let chosen = [any(random, &ids), any(random, &ids)];
                let chosen = chosen.into_iter().flatten();
                Injection::now(chosen.map(|node| NodeAction::ForceElection.on(node)).collect())
            }
            TriggeredFault::VoteLost => self.lose_vote(random, node),
            TriggeredFault::DropMessages => {
                let is_meant = |message: &&raft_sim::InFlightMessage| {
                    (message.from == node || message.to == node)
                        && !message.message.body.is_heartbeat()
                };
                let meant = self.world.in_flight().filter(is_meant).take(6);
                Injection::now(
                    meant
                        .map(|message| NetworkAction::DropMessage { id: message.id }.into())
                        .collect(),
                )
            }
        }
    }

    /// A vote is lost in a crash: the voter loses power before its vote is on disk. As soon as the
    /// voter runs again, the candidate of its last durable vote starts an election.
    fn lose_vote(&self, random: &mut Random, node: NodeId) -> Injection {
        let recovered = self.world.node(node).and_then(|voter| voter.recovered().ok());
        let before = recovered.and_then(|recovered| recovered.hard_state.voted_for);
        let Some(before) = before.filter(|before| *before != node) else {
            return self.crash_now(random, node);
        };
        let soon = Duration::from_millis(1 + random.up_to(20));
        let then = [
            NodeAction::Restart.on(node),
            NetworkAction::Heal.into(),
            NodeAction::ForceElection.on(before),
        ];
        let crash = NodeAction::Crash { unsynced: Unsynced::Lost }.on(node);
        Injection::sequence([crash], then.map(|action| (soon, action)))
    }

    fn crash_now(&self, random: &mut Random, node: NodeId) -> Injection {
        let unsynced = pick(random, &[Unsynced::Drawn, Unsynced::Lost, Unsynced::Kept]);
        let crash = NodeAction::Crash { unsynced }.on(node);
        Injection::for_a_while(crash, self.fault_duration(random), NodeAction::Restart.on(node))
    }
}
