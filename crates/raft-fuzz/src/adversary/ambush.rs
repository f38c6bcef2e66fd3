//! Waits for the moments in which little is settled, and strikes then.

use std::time::Duration;

use raft_core::{Instant, NodeId, Trace};
use raft_sim::{Action, EventKind, Random, Unsynced, World};

use super::{Deeds, Look, any, interval};
use crate::plan::{pick, whole_millis};

/// Somebody who waits.
#[derive(Clone, Debug)]
pub(super) struct Ambush {
    random: Random,
    /// How long it rests after it struck.
    spacing: Duration,
    rests_until: Instant,
    trap: Option<Trap>,
}

/// What will be done and to whom.
#[derive(Clone, Copy, Debug)]
struct Trap {
    at: Instant,
    node: NodeId,
    /// Another node that is part of it.
    other: Option<NodeId>,
    deed: Deed,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Crash,
    CrashOther,
    Isolate,
    PauseOther,
    Change,
    Transfer,
    Snapshot,
    Elect,
    Revote,
    DropMessages,
}

impl Ambush {
    pub(super) fn new(random: Random, spacing: Duration) -> Self {
        Self { random, spacing, rests_until: Instant(0), trap: None }
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.trap.map(|trap| trap.at)
    }

    /// True if it will strike.
    pub(super) fn hear(&mut self, world: &World) -> bool {
        if self.trap.is_some() || world.now() < self.rests_until {
            return false;
        }
        for event in world.events() {
            let EventKind::Core { node, trace } = &event.kind else { continue };
            let Some((deeds, other)) = moment(trace) else { continue };
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
            let deed = pick(&mut self.random, deeds);
            self.trap = Some(Trap { at, node: *node, other, deed });
            return true;
        }
        false
    }

    pub(super) fn spring(&mut self, look: &Look<'_>) -> Deeds {
        let Some(trap) = self.trap.take() else { return Deeds::default() };
        self.rests_until = look.world.now() + interval(&mut self.random, self.spacing);
        look.spring(&mut self.random, trap)
    }
}

/// What may be done when that happens, and to whom else.
fn moment(trace: &Trace) -> Option<(&'static [Deed], Option<NodeId>)> {
    use Deed::{
        Change, Crash, CrashOther, DropMessages, Elect, Isolate, PauseOther, Revote, Snapshot,
        Transfer,
    };
    Some(match trace {
        Trace::BecameLeader { .. } => {
            (&[Crash, Isolate, Change, Change, Transfer, Snapshot, Elect, DropMessages], None)
        }
        Trace::MembershipAdopted { .. } | Trace::ChangeStarted { .. } => {
            (&[Crash, Isolate, Transfer, Elect, DropMessages, Snapshot], None)
        }
        Trace::TransferStarted { to } | Trace::TimeoutNowSent { to } => {
            (&[Crash, CrashOther, Isolate, PauseOther, Change, Snapshot, DropMessages], Some(*to))
        }
        Trace::SnapshotSent { peer, .. } => {
            (&[Crash, CrashOther, PauseOther, Snapshot, DropMessages, Isolate], Some(*peer))
        }
        // A vote is on its way to the disk.
        Trace::VoteGranted { .. } => (&[Crash, Revote], None),
        Trace::ElectionStarted { .. } => (&[Crash, Elect, Elect, DropMessages], None),
        Trace::SnapshotInstalled { .. } | Trace::Truncated { .. } => {
            (&[Crash, Snapshot, Elect], None)
        }
        _ => return None,
    })
}

impl Look<'_> {
    fn spring(&self, random: &mut Random, trap: Trap) -> Deeds {
        let Trap { node, other, deed, .. } = trap;
        let other = other.unwrap_or(node);
        let ids = self.ids();
        match deed {
            Deed::Crash => self.crash_now(random, node),
            Deed::CrashOther => self.crash_now(random, other),
            Deed::Isolate => {
                let others: Vec<NodeId> = ids.into_iter().filter(|id| *id != node).collect();
                if others.is_empty() {
                    return Deeds::default();
                }
                let parted = Action::Partition { groups: vec![vec![node], others] };
                Deeds::for_a_while(parted, self.while_broken(random), Action::Heal)
            }
            Deed::PauseOther => {
                let (pause, resume) =
                    (Action::Pause { node: other }, Action::Resume { node: other });
                Deeds::for_a_while(pause, self.while_broken(random), resume)
            }
            Deed::Change => {
                let change = self.draw_change(random, node, &self.membership_of(node));
                let action = Action::ChangeMembership { node, change };
                if self.is_known(&action) { Deeds::one(action) } else { Deeds::default() }
            }
            Deed::Transfer => any(random, &ids).map_or_else(Deeds::default, |to| {
                Deeds::one(Action::TransferLeadership { node, to })
            }),
            Deed::Snapshot => Deeds::one(Action::Snapshot { node }),
            Deed::Elect => {
                let chosen = [any(random, &ids), any(random, &ids)];
                let chosen = chosen.into_iter().flatten();
                Deeds::now(chosen.map(|node| Action::ForceElection { node }).collect())
            }
            Deed::Revote => self.revote(random, node),
            Deed::DropMessages => {
                let is_meant = |message: &&raft_sim::InFlight| {
                    (message.from == node || message.to == node)
                        && !message.message.body.is_heartbeat()
                };
                let meant = self.world.in_flight().filter(is_meant).take(6);
                Deeds::now(meant.map(|message| Action::DropMessage { id: message.id }).collect())
            }
        }
    }

    /// A voter's power fails before its vote is on disk. As soon as it is back, the one for whom it voted
    /// before that stands, and is heard.
    fn revote(&self, random: &mut Random, node: NodeId) -> Deeds {
        let recovered = self.world.node(node).and_then(|voter| voter.recovered().ok());
        let before = recovered.and_then(|recovered| recovered.hard_state.voted_for);
        let Some(before) = before.filter(|before| *before != node) else {
            return self.crash_now(random, node);
        };
        let soon = Duration::from_millis(1 + random.up_to(20));
        let then = [Action::Restart { node }, Action::Heal, Action::ForceElection { node: before }];
        let crash = Action::Crash { node, unsynced: Unsynced::Lost };
        Deeds::story([crash], then.map(|action| (soon, action)))
    }

    fn crash_now(&self, random: &mut Random, node: NodeId) -> Deeds {
        let unsynced = pick(random, &[Unsynced::Drawn, Unsynced::Lost, Unsynced::Kept]);
        let crash = Action::Crash { node, unsynced };
        Deeds::for_a_while(crash, self.while_broken(random), Action::Restart { node })
    }
}
