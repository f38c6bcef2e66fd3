//! Stories: short sequences of faults and requests that lead to a situation which independent
//! faults nearly never produce. The rare event of each shows whether it was reached.

use std::time::Duration;

use raft_core::{MembershipChange, NodeId};
use raft_kv::{ClientId, Operation};
use raft_sim::{
    Action, AdminRequest, ClockChange, LinkChange, NetworkAction, NodeAction, Random, ReadPolicy,
    Request, Selector, Unsynced,
};

use super::{Injection, Targets, any, part};
use crate::plan::{pick, shuffle, sorted};

/// The clients of stories. No other client of a run has these numbers.
const WRITERS: [ClientId; 4] = [ClientId(801), ClientId(802), ClientId(803), ClientId(804)];
const READERS: [ClientId; 4] = [ClientId(805), ClientId(806), ClientId(807), ClientId(808)];

/// A leader that runs, the other voters that run, and the length of a message and a write.
struct Cast {
    leader: NodeId,
    others: Vec<NodeId>,
    link: Duration,
    disk: Duration,
    /// The shortest election timeout.
    shortest: Duration,
}

impl Targets<'_> {
    /// `None` if fewer than two other voters run.
    fn cast(&self, random: &mut Random) -> Option<Cast> {
        let leader = self.world.leader()?;
        let membership = self.membership_of(leader);
        let mut others = self.running();
        others.retain(|node| *node != leader && membership.voters().contains(node));
        shuffle(random, &mut others);
        let setup = self.world.setup();
        let (link, disk) = (setup.link_latency.max, setup.disk_latency.max);
        let shortest = setup.settings.election_timeout_min;
        (others.len() >= 2).then_some(Cast { leader, others, link, disk, shortest })
    }

    /// The clock of the leader is as slow as it may be, and all others are as fast. Then the leader
    /// is cut off and asked for reads, which its lease still allows. The others elect a leader as
    /// early as they may, and it takes writes (dissertation §6.4.1).
    pub(super) fn clocks_together(&self, random: &mut Random) -> Injection {
        let settings = &self.world.setup().settings;
        let bound = settings.max_clock_drift_ppm as i32;
        let Some(Cast { leader, others, shortest, .. }) =
            self.cast(random).filter(|_| settings.lease_reads)
        else {
            return Injection::default();
        };
        let drift = |node, ppm| NodeAction::SetClock(ClockChange::Drift { ppm }).on(node);
        let all = || others.iter().copied().chain([leader]);
        let now = all().map(|node| drift(node, if node == leader { -bound } else { bound }));
        let cut = self.timeout + part(random, self.timeout);
        let groups = vec![vec![leader], sorted(&self.all_but(leader))];
        let mut later = vec![(cut, NetworkAction::Partition { groups }.into())];
        // From before the earliest election until the end of the longest lease.
        later.extend(race(leader, others[0], (cut + shortest / 2, shortest)));
        let end = cut + shortest * 2 + part(random, self.timeout);
        later.push((end, NetworkAction::Heal.into()));
        later.extend(all().map(|node| (end, drift(node, 0))));
        Injection::sequence(now, later)
    }

    /// A voter hears the leader and some voters that do not. It restarts, so that it forgets whom
    /// it heard, and reaches the leader no more. The others ask it for its vote at once, while the
    /// leader's lease depends on what it answered before (dissertation §6.4.1).
    pub(super) fn forgetful_voter(&self, random: &mut Random) -> Injection {
        let Some(Cast { leader, others, disk, shortest, .. }) = self.cast(random) else {
            return Injection::default();
        };
        let forgetful = others[0];
        // Each side is a majority with the voter, and none without it.
        let beside = (others.len() + 1).div_ceil(2) - 1;
        let (with_leader, apart) = others[1..].split_at(beside.saturating_sub(1));
        let candidate = apart[0];
        let side: Vec<NodeId> = with_leader.iter().copied().chain([leader]).collect();
        let and = |nodes: &[NodeId]| sorted(&[nodes, &[forgetful]].concat());
        let heard = vec![and(&side), and(apart)];
        let unheard = vec![sorted(&side), and(apart)];
        let restarts = self.timeout + part(random, self.timeout);
        let back = restarts + Duration::from_millis(1) + part(random, disk);
        let mut later = vec![
            (restarts, NodeAction::Crash { unsynced: Unsynced::Kept }.on(forgetful)),
            (back, NodeAction::Restart.on(forgetful)),
            (back, NetworkAction::Partition { groups: unheard }.into()),
        ];
        later.extend(race(leader, candidate, (back, shortest)));
        later.push((back + shortest * 2, NetworkAction::Heal.into()));
        Injection::sequence([NetworkAction::Partition { groups: heard }.into()], later)
    }

    /// The acknowledgements of a follower are lost from the election on. It receives entries, and
    /// drops what is committed of them from its log. The new leader knows none of that, and goes on
    /// with entries that the follower's snapshot covers (§7).
    pub(super) fn lost_acknowledgements(&self, random: &mut Random) -> Injection {
        let Some(Cast { leader, others, link, disk, .. }) = self.cast(random) else {
            return Injection::default();
        };
        let (next, follower) = (others[0], others[1]);
        let link_to_next = |change| Action::Link { from: follower, to: next, change };
        let elected = (link + disk) * 4 + part(random, link * 4);
        let write = |place: usize| {
            let client = WRITERS[place % WRITERS.len()];
            (elected + link * place as u32, write(client, Some(next)))
        };
        let mut later: Vec<(Duration, Action)> = (0..8).map(write).collect();
        for compacts in 1..=3 {
            later.push((elected + self.timeout * compacts, NodeAction::Snapshot.on(follower)));
        }
        later.push((elected + self.timeout * 3 + link, link_to_next(LinkChange::Restore)));
        let transfer = AdminRequest::TransferLeadership { to: next }.on(leader);
        Injection::sequence([link_to_next(LinkChange::Cut), transfer], later)
    }

    /// A server is added and dies at once. The leader gives the change up after 20 election
    /// timeouts.
    pub(super) fn dead_newcomer(&self, random: &mut Random) -> Injection {
        let Some(leader) = self.world.leader() else { return Injection::default() };
        let newcomer = self.newcomer(random, &self.membership_of(leader));
        let change = MembershipChange::AddVoter(newcomer);
        let crash = NodeAction::Crash { unsynced: Unsynced::Lost }.on(newcomer);
        let later = [
            (Duration::from_millis(1), crash),
            (self.timeout * 30, NodeAction::Restart.on(newcomer)),
        ];
        Injection::sequence([AdminRequest::change_membership(change).on(leader)], later)
    }

    /// Leadership is transferred to a voter that is paused and lacks an entry, so that the transfer
    /// waits. Meanwhile clients write to the leader (dissertation §3.10). With probability 1/2 the
    /// leader is also asked to take the target's vote away.
    pub(super) fn transfer_waits(&self, random: &mut Random) -> Injection {
        let Some(Cast { leader, others, link, .. }) = self.cast(random) else {
            return Injection::default();
        };
        let target = others[0];
        let wait = self.timeout / 4 + part(random, self.timeout);
        let write = |place: usize| write(WRITERS[place % 4], Some(leader));
        let transfer = AdminRequest::TransferLeadership { to: target }.on(leader);
        let mut later = vec![(link, transfer)];
        later.extend((1..8).map(|place| (link + wait * place as u32 / 8, write(place))));
        if random.up_to(1) == 0 {
            let change = MembershipChange::Demote(target);
            later.push((link + wait / 2, AdminRequest::change_membership(change).on(leader)));
        }
        later.push((link + wait, NodeAction::Resume.on(target)));
        Injection::sequence([NodeAction::Pause.on(target), write(0)], later)
    }

    /// All answers to a leader are late. Meanwhile the others elect another leader, which commits a
    /// write, and the old one is asked for reads. Then the answers from before arrive (dissertation
    /// §6.4).
    pub(super) fn late_answers(&self, random: &mut Random) -> Injection {
        let Some(Cast { leader, others, link, disk, shortest }) = self.cast(random) else {
            return Injection::default();
        };
        let next = others[0];
        let late = shortest * 3 / 4;
        let clogged = LinkChange::Clog(late);
        let clog = self.all_but(leader).into_iter();
        let clog = clog.map(|from| Action::Link { from, to: leader, change: clogged });
        let forget = others.iter().map(|node| NodeAction::ForgetLeader.on(*node));
        let elect = NodeAction::ForceElection.on(next);
        let elected = (link + disk) * 2 + part(random, link * 2);
        let mut later = vec![(elected, write(WRITERS[0], Some(next)))];
        later.extend((0..4).map(|place| {
            let at = late * (4 + place as u32) / 8;
            (at, read(READERS[place], leader, ReadPolicy::Quorum))
        }));
        Injection::sequence(clog.chain(forget).chain([elect]), later)
    }

    /// A server is told to take over, and is paused before it hears that. When it goes on, the
    /// transfer has ended, and the old leader, which the server does not reach, is asked for reads
    /// by its lease. The others elect the server (dissertation §3.10, §6.4.1).
    pub(super) fn late_successor(&self, random: &mut Random) -> Injection {
        let settings = &self.world.setup().settings;
        let Some(Cast { leader, others, link, disk, .. }) = self.cast(random) else {
            return Injection::default();
        };
        let target = others[0];
        let back = |change| Action::Link { from: target, to: leader, change };
        let now = [
            AdminRequest::TransferLeadership { to: target }.on(leader),
            NodeAction::Pause.on(target),
            back(LinkChange::Cut),
        ];
        // The leader looks at its heartbeats whether the time of the transfer is over.
        let ended = self.timeout + settings.heartbeat_interval * 2;
        let goes_on = ended + part(random, self.timeout / 2);
        let mut later = vec![(goes_on, NodeAction::Resume.on(target))];
        let lasts = (link + disk) * 4 + settings.heartbeat_interval;
        later.extend((0..16).flat_map(|step: u32| {
            let (at, place) = (goes_on + lasts * step / 16, step as usize % 4);
            [
                (at, write(WRITERS[place], Some(target))),
                (at, read(READERS[place], leader, ReadPolicy::Lease)),
            ]
        }));
        later.push((goes_on + lasts * 2, back(LinkChange::Restore)));
        Injection::sequence(now, later)
    }

    fn all_but(&self, node: NodeId) -> Vec<NodeId> {
        self.ids().into_iter().filter(|id| *id != node).collect()
    }

    /// A joint membership is split into its halves: the old voters on one side, the new ones on the
    /// other. Both sides try to elect a leader, and neither may (§6).
    pub(super) fn halve(&self, random: &mut Random, node: NodeId) -> Injection {
        let membership = self.membership_of(node);
        let (old, new) = (membership.outgoing(), membership.voters());
        let only = |nodes: &[NodeId], others: &[NodeId]| -> Vec<NodeId> {
            nodes.iter().copied().filter(|node| !others.contains(node)).collect()
        };
        let keeps_old = random.up_to(1) == 0;
        let side = if keeps_old { old.to_vec() } else { only(old, new) };
        let other_side = only(new, &side);
        let (Some(one), Some(other)) = (any(random, &side), any(random, &other_side)) else {
            return Injection::default();
        };
        let parted = NetworkAction::Partition { groups: vec![sorted(&side)] }.into();
        let mut injection =
            Injection::for_a_while(parted, self.fault_duration(random), NetworkAction::Heal.into());
        if random.up_to(1) == 0 {
            let unsynced = pick(random, &[Unsynced::Drawn, Unsynced::Kept]);
            injection.now.push(NodeAction::Crash { unsynced }.on(node));
            injection.later.push((self.fault_duration(random), NodeAction::Restart.on(node)));
        }
        let elect = [one, other].map(|node| NodeAction::ForceElection.on(node));
        injection.now.extend(elect);
        injection
    }
}

/// In 16 equal steps of a time that begins after another, a candidate takes a write, and the old
/// leader is asked for a read by its lease. At every fourth step the candidate starts an election:
/// it needs the steps between for the votes.
fn race(
    leader: NodeId,
    candidate: NodeId,
    (begins, lasts): (Duration, Duration),
) -> impl Iterator<Item = (Duration, Action)> {
    (0..16).flat_map(move |step: u32| {
        let at = begins + lasts * step / 16;
        let place = step as usize % 4;
        let elects = (place == 0).then_some((at, NodeAction::ForceElection.on(candidate)));
        let asks = [
            (at, write(WRITERS[place], Some(candidate))),
            (at, read(READERS[place], leader, ReadPolicy::Lease)),
        ];
        elects.into_iter().chain(asks)
    })
}

fn write(client: ClientId, via: Option<NodeId>) -> Action {
    let operation = Operation::Set { key: "k0".into(), value: "story".into() };
    let via = via.map(Selector::Node);
    Request { client, operation, via, read: ReadPolicy::Log }.into()
}

fn read(client: ClientId, via: NodeId, read: ReadPolicy) -> Action {
    let operation = Operation::Get { key: "k0".into() };
    Request { client, operation, via: Some(Selector::Node(via)), read }.into()
}
