//! The last demands of the recovery phase: leadership is transferred and a server joins, while
//! clients keep the cluster busy.

use std::time::Duration;

use raft_core::{Membership, MembershipChange, NodeId};
use raft_kv::{ClientId, Operation};
use raft_script::{Condition, MemberCondition};
use raft_sim::{AdminRequest, MAX_NODES, NodeState, Random, ReadPolicy, Request, Setup, SimNode};

use super::{Checked, SeedRun};

/// The clients that keep the cluster busy: the first one, and how many there are.
const FIRST_CLIENT: u64 = 900;
const CLIENTS: u64 = 32;
/// The number of attempts: an election may come in between.
const ATTEMPTS: u32 = 4;
/// The length of an attempt, in longest election timeouts.
const TIMEOUTS: u32 = 8;

impl SeedRun {
    /// Leadership is transferred while 32 clients write. The leader takes none of the writes, so
    /// the target has its log a round trip later (dissertation §3.10).
    ///
    /// Demanded only of clusters in which neither disks nor windows hold the target up.
    pub(super) fn transfer_under_load(&mut self, random: &mut Random) -> Checked {
        let is_asked = random.up_to(3) == 0 && follows_load(&self.drawn.setup);
        if !is_asked {
            return Ok(());
        }
        let Some(to) = self.successor(random) else { return Ok(()) };
        let attempt = self.drawn.setup.settings.election_timeout_max * TIMEOUTS;
        self.write_for(attempt)?;
        // The writes are on their way.
        let way = self.drawn.setup.link_latency.max * 4;
        self.pass(self.world.now() + way)?;
        self.transfer_to(to, attempt)
    }

    /// A new server becomes a voter. In some clusters 32 clients write meanwhile: the server
    /// follows, a round trip behind, so its rounds of catching up are shorter than an election
    /// timeout (dissertation §4.2.1). In these clusters the server lacks more entries at each
    /// moment than a message takes, and neither disks nor windows hold it up.
    pub(super) fn add_voter(&mut self, random: &mut Random, within: Duration) -> Checked {
        let attempt = self.drawn.setup.settings.election_timeout_max * TIMEOUTS;
        let under_load = is_wanted(&self.drawn.setup);
        let is_asked = under_load || random.up_to(2) == 0;
        let Some((new, voters)) = self.newcomer().filter(|_| is_asked) else { return Ok(()) };
        let within = if under_load { attempt } else { within };
        let condition = Condition::Members(MemberCondition::Voters(voters.clone()));
        for count in 1..=ATTEMPTS {
            let end = self.world.now() + attempt;
            if let Some(node) = self.world.leader() {
                let change = MembershipChange::AddVoter(new);
                self.act(AdminRequest::change_membership(change).on(node))?;
            }
            if under_load {
                self.write_for(attempt)?;
            }
            let is_voter = |run: &Self| run.voters().as_ref() == Some(&voters);
            if count == ATTEMPTS {
                return self.expect(condition, within, |run| match is_voter(run) {
                    true => Ok(()),
                    false => Err(format!("node {new} is no voter")),
                });
            }
            while !is_voter(self) && self.world.next_step_at().is_some_and(|next| next <= end) {
                self.step()?;
            }
            if is_voter(self) {
                // The script ends after all that is due.
                return self.pass(self.world.now());
            }
            self.pass(end)?;
        }
        Ok(())
    }

    /// Queues so many writes with each client that they last about twice that long.
    fn write_for(&mut self, time: Duration) -> Checked {
        let cycle = shortest_cycle(&self.drawn.setup);
        let writes = 2 * time.as_micros() / cycle.as_micros().max(1);
        for client in (FIRST_CLIENT..).take(CLIENTS as usize).map(ClientId) {
            for _ in 0..writes.min(100) {
                let operation = Operation::Set { key: "busy".into(), value: "x".into() };
                let read = ReadPolicy::Log;
                self.act(Request { client, operation, via: None, read }.into())?;
            }
        }
        Ok(())
    }

    fn voters(&self) -> Option<Vec<NodeId>> {
        let membership = self.world.node(self.world.leader()?)?.core()?.membership();
        (!membership.is_joint()).then(|| membership.voters().to_vec())
    }

    /// A node that does not exist yet, and the voters with it. `None` during a change of the
    /// membership, and while a node runs that is no member.
    fn newcomer(&self) -> Option<(NodeId, Vec<NodeId>)> {
        let leader = self.world.leader()?;
        let new = self.world.node_ids().last().map(|last| NodeId(last.0 + 1))?;
        let membership: &Membership = self.world.node(leader)?.core()?.membership();
        let mut voters = self.voters()?;
        let mut running =
            self.world.nodes().filter(|node| node.state() == NodeState::Running).map(SimNode::id);
        let is_possible = new.0 <= MAX_NODES
            && voters.len() < Membership::MAX_VOTERS
            && membership.learners().len() < Membership::MAX_VOTERS
            && running.all(|node| membership.contains(node))
            && !self.targets.iter().any(|(node, _)| *node == leader);
        voters.push(new);
        is_possible.then_some((new, voters))
    }
}

/// Whether a server that follows a busy leader lacks more entries than a message takes, although
/// neither disks nor windows hold it up.
fn is_wanted(setup: &Setup) -> bool {
    let settings = &setup.settings;
    settings.max_batch_entries <= 2 && settings.snapshot_threshold >= 100 && follows_load(setup)
}

/// Whether neither disks nor windows hold up a server that follows a busy leader.
fn follows_load(setup: &Setup) -> bool {
    let settings = &setup.settings;
    setup.node_settings.is_empty()
        && settings.max_in_flight >= 64
        && settings.max_uncommitted_bytes >= 1 << 20
        && settings.max_in_flight_bytes >= 1 << 20
        && settings.max_pending_requests >= 1_000
        && setup.driver.gather * 10 <= setup.link_latency.max
        && setup.driver.report * 10 <= setup.link_latency.max
        && setup.link_latency.max >= setup.disk_latency.max * 10
        && stores_load(setup)
}

/// Whether a disk that stores message after message stores as much as the clients write.
fn stores_load(setup: &Setup) -> bool {
    let entries = u32::try_from(setup.settings.max_batch_entries).unwrap_or(u32::MAX);
    setup.disk_latency.max * (CLIENTS as u32) <= shortest_cycle(setup).saturating_mul(entries)
}

/// The least time between two writes of a client: from the client to the leader, to a follower, and
/// both ways back.
fn shortest_cycle(setup: &Setup) -> Duration {
    setup.link_latency.min * 4 + setup.disk_latency.min * 2
}

#[cfg(test)]
mod tests {
    use raft_sim::DelayRange;

    use super::*;

    #[test]
    fn a_disk_that_stores_less_than_the_clients_write_follows_no_load() {
        let ms = Duration::from_millis;
        let mut setup = Setup {
            link_latency: DelayRange { min: ms(3), max: ms(10) },
            disk_latency: DelayRange { min: ms(1), max: ms(1) },
            ..Setup::default()
        };
        setup.settings.max_batch_entries = 1;
        assert!(!stores_load(&setup), "32 clients write 2,285 entries/s, the disk stores 1,000");
        setup.settings.max_batch_entries = 3;
        assert!(stores_load(&setup));
    }
}
