//! Faults of disks.

use std::time::Duration;

use raft_core::{Node, NodeId};
use raft_sim::{
    DelayRange, DiskAction, DiskChange, DiskDamage, Fsync, NodeAction, NodeState, Random, SimNode,
    Unsynced,
};

use super::{Injection, Targets, any};
use crate::plan::pick;

impl Targets<'_> {
    /// A disk is slow, or finishes no write for a while.
    pub(super) fn slow_disk(&self, random: &mut Random) -> Injection {
        let Some(node) = self.leader_or_any(random) else { return Injection::default() };
        let setup = self.world.setup();
        let lasts = self.fault_duration(random);
        if random.up_to(3) == 0 {
            return Injection::one(DiskAction::Change(DiskChange::Stall(lasts)).on(node));
        }
        let millis = setup.settings.election_timeout_min.as_millis() as u64;
        let slowest = 1 + random.up_to(millis / 2);
        let slow = DelayRange::millis(1 + slowest / 4, 1 + slowest);
        let set = |latency| DiskAction::Change(DiskChange::Latency(latency)).on(node);
        Injection::for_a_while(set(slow), lasts, set(setup.disk_latency))
    }

    /// A disk is full or its flushes fail, so the node stops. The node restarts after the disk
    /// works again.
    pub(super) fn disk_failure(&self, random: &mut Random) -> Injection {
        let Some(node) = self.leader_or_any(random) else { return Injection::default() };
        let lasts = self.fault_duration(random);
        let (breaks, works) = match random.up_to(3) {
            0 => (DiskChange::Full(true), DiskChange::Full(false)),
            1 => (DiskChange::Fsync(Fsync::Fails), DiskChange::Fsync(Fsync::Works)),
            _ => (DiskChange::Fsync(Fsync::FailsOnce), DiskChange::Fsync(Fsync::Works)),
        };
        let set = |change| DiskAction::Change(change).on(node);
        let mut injection = Injection::for_a_while(set(breaks), lasts, set(works));
        let starts = lasts + Duration::from_millis(1 + random.up_to(50));
        injection.later.push((starts, NodeAction::Restart.on(node)));
        injection
    }

    /// A crash tears a write, or a record is damaged or lost. Damage shows when a node starts, so
    /// the node restarts.
    pub(super) fn disk_damage(&self, random: &mut Random) -> Injection {
        let writing = self.writing();
        let drawn = self.leader_or_any(random);
        let kind = random.up_to(3);
        let node = if kind < 2 { any(random, &writing).or(drawn) } else { drawn };
        let Some(node) = node.filter(|node| self.may_lose(*node)) else {
            return Injection::default();
        };
        let crash =
            NodeAction::Crash { unsynced: pick(random, &[Unsynced::Torn, Unsynced::Drawn]) }
                .on(node);
        let restart = (self.fault_duration(random), NodeAction::Restart.on(node));
        let damage = match kind {
            0 | 1 => {
                let tear = NodeAction::Crash { unsynced: Unsynced::Torn }.on(node);
                return Injection { now: vec![tear], later: vec![restart] };
            }
            // In files, whole sectors can be lost.
            2 if self.world.setup().driver.disk_files && random.up_to(1) == 0 => {
                DiskDamage::Zero { record: None }
            }
            2 => DiskDamage::Corrupt { record: None },
            _ => pick(random, &[DiskDamage::Misdirect { keys: None }, DiskDamage::Wipe]),
        };
        let damage = DiskAction::Damage(damage).on(node);
        // A disk that is in use cannot be wiped. Other damage may come before the crash.
        let now = if random.up_to(1) == 0 { vec![damage, crash] } else { vec![crash, damage] };
        Injection { now, later: vec![restart] }
    }

    /// Whether a quorum of the latest membership has sound disks even without this node. Otherwise
    /// the cluster could not recover, and the run would show nothing more.
    fn may_lose(&self, node: NodeId) -> bool {
        let lost = |other: &SimNode| other.id() == node || is_damaged(other);
        let end = |core: &&Node| (core.log().last().term, core.log().last().index);
        let latest = self.world.nodes().filter_map(SimNode::core).max_by_key(end);
        let Some(core) = latest else { return false };
        // A server that is to join knows no members. If it is the latest, all logs are empty.
        let membership = core.membership();
        let is_sound = |id: NodeId| self.world.node(id).is_some_and(|node| !lost(node));
        membership.is_empty() || membership.is_quorum(is_sound)
    }
}

fn is_damaged(node: &SimNode) -> bool {
    node.state() == NodeState::Refused || node.recovered().is_err()
}
