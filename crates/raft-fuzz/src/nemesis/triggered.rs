//! Faults that an event triggers: the nemesis waits for a moment in which little is settled, such
//! as an election, a change of the membership or a transfer, and injects a fault shortly after.

use std::time::Duration;

use raft_core::{
    ElectionTrace, Instant, MembershipTrace, NodeId, ReplicationTrace, SnapshotTrace, Trace,
    TransferTrace,
};
use raft_sim::{AdminRequest, EventKind, NetworkAction, NodeAction, Random, Unsynced, World};

use self::TriggeredFault::{
    Change, Crash, CrashOther, DropMessages, Elect, Halve, Isolate, LoseVote, PauseOther, Snapshot,
    Transfer,
};
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
    LoseVote,
    DropMessages,
    Halve,
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
            let Some(Trigger { faults, other }) = trigger(trace) else { continue };
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
            let fault = pick(&mut self.random, faults);
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

/// The faults that a decision of a node may trigger.
struct Trigger {
    /// One of them is drawn.
    faults: &'static [TriggeredFault],
    /// The other node that the decision names.
    other: Option<NodeId>,
}

/// `None` for most decisions.
fn trigger(trace: &Trace) -> Option<Trigger> {
    let (faults, other) = match trace {
        Trace::Election(decision) => (on_election(decision)?, None),
        Trace::Replication(decision) => (on_replication(decision)?, None),
        Trace::Membership(decision) => (on_membership(decision)?, None),
        Trace::Transfer(decision) => on_transfer(decision)?,
        Trace::Snapshot(decision) => on_snapshot(decision)?,
        Trace::Lifecycle(_)
        | Trace::Term(_)
        | Trace::PreVote(_)
        | Trace::Commit(_)
        | Trace::Client(_)
        | Trace::Read(_)
        | Trace::Disk(_)
        | Trace::Ignored(_) => return None,
    };
    Some(Trigger { faults, other })
}

fn on_election(decision: &ElectionTrace) -> Option<&'static [TriggeredFault]> {
    match decision {
        ElectionTrace::Started { .. } => Some(&[Crash, Elect, Elect, DropMessages]),
        // The vote is not on the disk yet.
        ElectionTrace::VoteGranted { .. } => Some(&[Crash, LoseVote]),
        ElectionTrace::BecameLeader { .. } => {
            Some(&[Crash, Isolate, Change, Change, Transfer, Snapshot, Elect, DropMessages])
        }
        ElectionTrace::NotStarted { .. }
        | ElectionTrace::VoteRefused { .. }
        | ElectionTrace::VoteCounted { .. } => None,
    }
}

/// After a log was replaced or cut.
const LOG_CHANGED: &[TriggeredFault] = &[Crash, Snapshot, Elect];

fn on_replication(decision: &ReplicationTrace) -> Option<&'static [TriggeredFault]> {
    matches!(decision, ReplicationTrace::Truncated { .. }).then_some(LOG_CHANGED)
}

fn on_membership(decision: &MembershipTrace) -> Option<&'static [TriggeredFault]> {
    match decision {
        MembershipTrace::Adopted { membership, .. } if membership.is_joint() => {
            Some(&[Crash, Isolate, Transfer, Elect, DropMessages, Snapshot, Halve, Halve])
        }
        MembershipTrace::Adopted { .. } | MembershipTrace::ChangeStarted { .. } => {
            Some(&[Crash, Isolate, Transfer, Elect, DropMessages, Snapshot])
        }
        MembershipTrace::ChangeRefused { .. }
        | MembershipTrace::ChangeGivenUp { .. }
        | MembershipTrace::RolledBack { .. } => None,
    }
}

fn on_transfer(decision: &TransferTrace) -> Option<(&'static [TriggeredFault], Option<NodeId>)> {
    match decision {
        TransferTrace::Started { to }
        | TransferTrace::TimeoutNowSent { to }
        | TransferTrace::DiskHangs { to, .. } => Some((
            &[Crash, CrashOther, Isolate, PauseOther, Change, Snapshot, DropMessages],
            Some(*to),
        )),
        TransferTrace::Refused { .. }
        | TransferTrace::Ended { .. }
        | TransferTrace::TimedOut { .. } => None,
    }
}

fn on_snapshot(decision: &SnapshotTrace) -> Option<(&'static [TriggeredFault], Option<NodeId>)> {
    match decision {
        SnapshotTrace::Sent { peer, .. } => {
            Some((&[Crash, CrashOther, PauseOther, Snapshot, DropMessages, Isolate], Some(*peer)))
        }
        SnapshotTrace::Installed { .. } => Some((LOG_CHANGED, None)),
        SnapshotTrace::Requested { .. }
        | SnapshotTrace::Compacted { .. }
        | SnapshotTrace::Ignored { .. }
        | SnapshotTrace::ChunkStored { .. }
        | SnapshotTrace::Failed { .. }
        | SnapshotTrace::Asked { .. }
        | SnapshotTrace::Lost { .. }
        | SnapshotTrace::StartedOver { .. }
        | SnapshotTrace::Abandoned { .. } => None,
    }
}

impl Targets<'_> {
    fn inject(&self, random: &mut Random, armed: ArmedTrigger) -> Injection {
        let ArmedTrigger { node, other, fault, .. } = armed;
        let other = other.unwrap_or(node);
        let ids = self.ids();
        match fault {
            Crash => self.crash_now(random, node),
            CrashOther => self.crash_now(random, other),
            Isolate => {
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
            PauseOther => {
                let (pause, resume) = (NodeAction::Pause.on(other), NodeAction::Resume.on(other));
                Injection::for_a_while(pause, self.fault_duration(random), resume)
            }
            Change => {
                let change = self.draw_change(random, node, &self.membership_of(node));
                let force = random.up_to(1) == 0;
                let action = AdminRequest::ChangeMembership { change, force }.on(node);
                if self.is_known(&action) { Injection::one(action) } else { Injection::default() }
            }
            Transfer => any(random, &ids).map_or_else(Injection::default, |to| {
                Injection::one(AdminRequest::TransferLeadership { to }.on(node))
            }),
            Snapshot => Injection::one(NodeAction::Snapshot.on(node)),
            Elect => {
                let chosen = [any(random, &ids), any(random, &ids)];
                let chosen = chosen.into_iter().flatten();
                Injection::now(chosen.map(|node| NodeAction::ForceElection.on(node)).collect())
            }
            Halve => self.halve(random, node),
            LoseVote => self.lose_vote(random, node),
            DropMessages => {
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
