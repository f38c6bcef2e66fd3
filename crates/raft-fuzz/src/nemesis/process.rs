//! Faults of nodes: crashes, pauses, early elections, wrong clocks, slowness.

use std::time::Duration;

use raft_sim::{
    ClockChange, MAX_DRIFT_PPM, NetworkAction, NodeAction, NodeState, Random, Unsynced,
};

use super::{Injection, Targets, any, leads, part};
use crate::plan::{pick, shuffle, sorted, whole_millis};

impl Targets<'_> {
    /// One to three nodes lose power, preferably during a write, or the leader. Each restarts after
    /// a while.
    pub(super) fn crash(&self, random: &mut Random) -> Injection {
        let mut injection = Injection::default();
        let count = pick(random, &[1, 1, 1, 2, 3]);
        for _ in 0..count {
            let up = self.nodes(|node| node.core().is_some());
            let wanted = match random.up_to(5) {
                0..=2 => self.writing(),
                3 => self.nodes(leads),
                _ => Vec::new(),
            };
            let Some(node) = any(random, &wanted).or_else(|| any(random, &up)) else { continue };
            // In files, a torn write is no damage.
            let is_in_files = self.world.setup().driver.disk_files;
            let partly = if is_in_files { Unsynced::Torn } else { Unsynced::Drawn };
            let choices = [Unsynced::Drawn, partly, Unsynced::Lost, Unsynced::Kept];
            let unsynced = pick(random, &choices);
            injection.now.push(NodeAction::Crash { unsynced }.on(node));
            injection.later.push((self.fault_duration(random), NodeAction::Restart.on(node)));
        }
        injection
    }

    /// A node loses power, and is started with a configuration that lists only itself. It refuses,
    /// or it is a cluster of its own. After a while it starts with the right list.
    pub(super) fn edited_list(&self, random: &mut Random) -> Injection {
        let up = self.nodes(|node| node.core().is_some());
        let Some(node) = any(random, &up) else { return Injection::default() };
        let crash = NodeAction::Crash { unsynced: Unsynced::Drawn }.on(node);
        let alone = self.fault_duration(random);
        // Long enough for an election, if it runs.
        let right = alone + self.timeout * 2 + self.fault_duration(random);
        let later =
            [(alone, NodeAction::RestartAlone.on(node)), (right, NodeAction::Restart.on(node))];
        Injection::sequence([crash], later)
    }

    /// A node is paused: with probability 1/2 a leader, if there is one.
    pub(super) fn pause(&self, random: &mut Random) -> Injection {
        let leading = self.nodes(|node| leads(node) && node.state() == NodeState::Running);
        let wanted = if random.up_to(1) == 0 { leading } else { Vec::new() };
        let running = self.running();
        let Some(node) = any(random, &wanted).or_else(|| any(random, &running)) else {
            return Injection::default();
        };
        let (pause, resume) = (NodeAction::Pause.on(node), NodeAction::Resume.on(node));
        Injection::for_a_while(pause, self.fault_duration(random), resume)
    }

    /// Up to six nodes start an election at once, which splits the vote, or forget their leader.
    pub(super) fn election(&self, random: &mut Random) -> Injection {
        let count = pick(random, &[1, 2, 3, 6]);
        let forgets = random.up_to(2) == 0;
        let running = self.running();
        let nodes = (0..count).filter_map(|_| any(random, &running));
        let action = |node| {
            if forgets {
                NodeAction::ForgetLeader.on(node)
            } else {
                NodeAction::ForceElection.on(node)
            }
        };
        Injection::now(nodes.map(action).collect())
    }

    /// A clock drifts, mostly by exactly the bound that leases are safe with. Sometimes the drift
    /// is larger, which suspends Lease Safety, or the clock jumps ahead.
    pub(super) fn clock(&self, random: &mut Random) -> Injection {
        let ids = self.ids();
        let Some(node) = any(random, &ids) else { return Injection::default() };
        let set = |change| NodeAction::SetClock(change).on(node);
        let bound = self.world.setup().settings.max_clock_drift_ppm as i32;
        let ppm = match random.up_to(9) {
            0 => {
                let part = pick(random, &[1, 4, 10, 30]);
                return Injection::one(set(ClockChange::Jump(whole_millis(
                    self.timeout * part / 4,
                ))));
            }
            1 => MAX_DRIFT_PPM - random.up_to(MAX_DRIFT_PPM as u64 / 2) as i32,
            _ => bound,
        };
        let ppm = if random.up_to(1) == 0 { ppm } else { -ppm };
        let drifts = set(ClockChange::Drift { ppm });
        // Long enough for some leases.
        let lasts = self.fault_duration(random) + self.timeout;
        Injection::for_a_while(drifts, lasts, set(ClockChange::Drift { ppm: 0 }))
    }

    /// A node takes up to a heartbeat interval to handle each input.
    pub(super) fn slow_node(&self, random: &mut Random) -> Injection {
        let Some(node) = self.leader_or_any(random) else { return Injection::default() };
        let most = self.world.setup().settings.heartbeat_interval.as_millis() as u64;
        let handling = Duration::from_millis(1 + random.up_to(most));
        let slow = |handling| NodeAction::Slow { handling }.on(node);
        Injection::for_a_while(slow(handling), self.fault_duration(random), slow(Duration::ZERO))
    }

    /// A candidate that lost comes back in a later term. With five nodes: 1 and 2 start an
    /// election, and 2 wins. As soon as the votes are granted, 1 and 3 are cut off from 2, 4 and 5.
    /// Then 4 starts an election, and 5, which may have voted for 1 before, votes for 4 and loses
    /// power, so that this vote is lost. The network heals, 5 restarts, and 1 starts an election.
    pub(super) fn loser_returns(&self, random: &mut Random) -> Injection {
        let mut nodes = self.running();
        if nodes.len() < 5 {
            return Injection::default();
        }
        shuffle(random, &mut nodes);
        let (apart, others) = nodes.split_at(nodes.len() / 2);
        let (loser, winner, candidate, voter) = (apart[0], others[0], others[1], others[2]);
        let setup = self.world.setup();
        let (link, disk) = (setup.link_latency.max, setup.disk_latency.max);
        let mut part = |whole| part(random, whole);
        let parted = link * 2 + part(disk * 2);
        // Before any timeout elapses by itself.
        let voted = parted + link * 2 + disk * 2 + part(link);
        let crashed = voted + link + part(disk);
        let back = crashed + Duration::from_millis(1) + part(link);
        let elect = |node| NodeAction::ForceElection.on(node);
        let crash = |node| NodeAction::Crash { unsynced: Unsynced::Lost }.on(node);
        let restart = |node| NodeAction::Restart.on(node);
        let groups = [sorted(apart), sorted(others)].to_vec();
        let later = [
            (parted, NetworkAction::Partition { groups }.into()),
            (voted, elect(candidate)),
            (crashed, crash(voter)),
            (crashed, crash(candidate)),
            (back, restart(voter)),
            (back, NetworkAction::Heal.into()),
            (back, elect(loser)),
            (back + self.timeout, restart(candidate)),
        ];
        let forget = nodes.iter().map(|node| NodeAction::ForgetLeader.on(*node));
        Injection::sequence(forget.chain([elect(loser), elect(winner)]), later)
    }
}
