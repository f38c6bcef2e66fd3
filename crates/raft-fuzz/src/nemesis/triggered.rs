//! Waits for the moments in which little is settled, and strikes then.

use std::time::Duration;

use raft_core::{
    ElectionTrace, Instant, MembershipTrace, NodeId, ReplicationTrace, SnapshotTrace, Trace,
    TransferTrace,
};
use raft_sim::{AdminRequest, EventKind, NetworkAction, NodeAction, Random, Unsynced, World};

use super::{Injection, Targets, any, interval};
use crate::plan::{pick, whole_millis};

/// Somebody who waits.
#[derive(Clone, Debug)]
pub(super) struct Triggered {
    random: Random,
    /// How long it rests after it struck.
    spacing: Duration,
    rests_until: Instant,
    armed: Option<ArmedTrigger>,
}

/// What will be done and to whom.
#[derive(Clone, Copy, Debug)]
struct ArmedTrigger {
    at: Instant,
    node: NodeId,
    /// Another node that is part of it.
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

    /// True if it will strike.
    pub(super) fn hear(&mut self, world: &World) -> bool {
        if self.armed.is_some() || world.now() < self.rests_until {
            return false;
        }
        for event in world.events() {
            let EventKind::Core { node, trace } = &event.kind else { continue };
            let Some((injection, other)) = moment(trace) else { continue };
            if self.random.up_to(2) > 0 {
                continue;
            }
            let setup = world.setup();
            // While the disk writes, or while messages are under way.
            let write = setup.disk_latency.max;
            let longest = pick(&mut self.random, &[write, write + setup.link_latency.max * 2]);
            let micros = self.random.up_to(longest.as_micros() as u64);
            // At a whole millisecond, as everything else, and not before now.
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

/// What may be done when that happens, and to whom else.
fn moment(trace: &Trace) -> Option<(&'static [TriggeredFault], Option<NodeId>)> {
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
        // A vote is on its way to the disk.
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
                let is_meant = |message: &&raft_sim::InFlight| {
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

    /// A voter's power fails before its vote is on disk. As soon as it is back, the one for whom it voted
    /// before that stands, and is heard.
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
