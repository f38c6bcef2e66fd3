//! Transfers of leadership, changes of the membership, and snapshots, all at bad moments.

use raft_core::{Membership, MembershipChange, NodeId};
use raft_sim::{
    Action, AdminRequest, NetworkAction, NodeAction, NodeState, Random, SimNode, Unsynced,
};

use super::{Injection, Targets, any, is_ahead, leads, part};
use crate::plan::{pick, sorted};

/// At most so many servers are added to those of the set-up.
const NEWCOMERS: u64 = 4;

impl Targets<'_> {
    /// Mostly from the leader to a voter.
    pub(super) fn transfer(&self, random: &mut Random) -> Injection {
        let ids = self.ids();
        let Some(node) = self.leader_or_running(random) else { return Injection::default() };
        let voters = self.membership_of(node).voters().to_vec();
        let known: Vec<NodeId> = voters.into_iter().filter(|voter| ids.contains(voter)).collect();
        let wanted = if random.up_to(7) == 0 { Vec::new() } else { known };
        let Some(to) = any(random, &wanted).or_else(|| any(random, &ids)) else {
            return Injection::default();
        };
        Injection::one(AdminRequest::TransferLeadership { to }.on(node))
    }

    /// A change of the membership; sometimes with a transfer of leadership during it.
    pub(super) fn membership(&self, random: &mut Random) -> Injection {
        let Some(node) = self.leader_or_running(random) else { return Injection::default() };
        let membership = self.membership_of(node);
        let change = self.draw_change(random, node, &membership);
        // A forced change may leave too few voters that run. That is worth a look, too.
        let force = random.up_to(1) == 0;
        let mut injection =
            Injection::one(AdminRequest::ChangeMembership { change, force }.on(node));
        if random.up_to(5) == 0
            && let Some(to) = any(random, membership.voters())
        {
            injection.now.push(AdminRequest::TransferLeadership { to }.on(node));
        }
        if random.up_to(9) == 0 {
            injection.now.push(AdminRequest::CancelChange.on(node));
        }
        injection.now.retain(|action| self.is_known(action));
        injection
    }

    pub(super) fn draw_change(
        &self,
        random: &mut Random,
        leader: NodeId,
        membership: &Membership,
    ) -> MembershipChange {
        let ids = self.ids();
        let comes = self.newcomer(random, membership);
        let voters = membership.voters();
        let voter = any(random, voters).unwrap_or(leader);
        let goes = if random.up_to(3) == 0 { leader } else { voter };
        let learner = any(random, membership.learners()).unwrap_or(comes);
        let is_small = voters.len() <= 2;
        match random.up_to(9) {
            0 => MembershipChange::AddLearner(comes),
            1 => MembershipChange::Promote(learner),
            2 if !is_small => MembershipChange::Demote(goes),
            3 if random.up_to(3) == 0 => MembershipChange::Remove(learner),
            3 | 4 if !is_small => MembershipChange::Remove(goes),
            5 | 6 => MembershipChange::Replace { old: goes, new: comes },
            7 | 8 => MembershipChange::SetVoters(draw_voters(random, &ids, comes)),
            _ => MembershipChange::AddVoter(comes),
        }
    }

    /// A node outside of the membership, or a new one; any node if there are enough.
    pub(super) fn newcomer(&self, random: &mut Random, membership: &Membership) -> NodeId {
        let ids = self.ids();
        let last = ids.last().map_or(1, |last| last.0);
        let most = self.world.setup().nodes + NEWCOMERS;
        let joined: Vec<NodeId> =
            ids.iter().copied().filter(|id| !membership.contains(*id)).collect();
        let newcomer = if last < most { NodeId(last + 1) } else { pick(random, &ids) };
        any(random, &joined).filter(|_| random.up_to(2) > 0).unwrap_or(newcomer)
    }

    /// The leader changes the voters to itself, a voter that is cut off, and a newcomer. After the
    /// change the leader restarts and starts an election, and reaches only the voter that has not
    /// heard of the newcomer. Then the leader crashes. The other two are a majority of the new
    /// membership and must elect a leader.
    pub(super) fn stale_member(&self, random: &mut Random) -> Injection {
        let Some(leader) = self.world.leader() else { return Injection::default() };
        let membership = self.membership_of(leader);
        let others: Vec<NodeId> =
            self.running().into_iter().filter(|node| *node != leader).collect();
        let voters: Vec<NodeId> =
            others.into_iter().filter(|node| membership.voters().contains(node)).collect();
        let Some(stale) = any(random, &voters) else { return Injection::default() };
        let newcomer = self.newcomer(random, &membership);
        let change = MembershipChange::SetVoters(sorted(&[leader, stale, newcomer]));
        let setup = self.world.setup();
        let (link, disk) = (setup.link_latency.max, setup.disk_latency.max);
        let mut part = |whole| part(random, whole);
        let changed = (link + disk) * 8 + part(link * 8);
        let gone = changed + link + part(link * 5 + disk * 2);
        let apart =
            |nodes: &[NodeId]| NetworkAction::Partition { groups: vec![sorted(nodes)] }.into();
        let crash = || NodeAction::Crash { unsynced: Unsynced::Kept }.on(leader);
        let later = [
            (changed, apart(&[leader, stale])),
            (changed, crash()),
            (changed, NodeAction::Restart.on(leader)),
            (changed, NodeAction::ForgetLeader.on(stale)),
            (changed, NodeAction::ForceElection.on(leader)),
            (gone, crash()),
            (gone, NetworkAction::Heal.into()),
            (gone + self.timeout * 20, NodeAction::Restart.on(leader)),
        ];
        let change = AdminRequest::change_membership(change).on(leader);
        Injection::sequence([apart(&[stale]), change], later)
    }

    /// The leader; one time in ten any node that runs.
    fn leader_or_running(&self, random: &mut Random) -> Option<NodeId> {
        let running = self.running();
        let other = if random.up_to(9) == 0 { any(random, &running) } else { None };
        other.or(self.world.leader())
    }

    pub(super) fn membership_of(&self, node: NodeId) -> Membership {
        let core = self.world.node(node).and_then(SimNode::core);
        core.map_or_else(Membership::empty, |core| core.membership().clone())
    }

    /// Whether all nodes that the action names exist, but for those that it adds: a script cannot
    /// name others.
    pub(super) fn is_known(&self, action: &Action) -> bool {
        let exists = |node: NodeId| self.world.node(node).map(|_| node).ok_or(());
        match action {
            Action::Administer { request, .. } => request.clone().try_map(exists).is_ok(),
            Action::Node { .. }
            | Action::Reconfigure { .. }
            | Action::Disk { .. }
            | Action::Link { .. }
            | Action::Network(_)
            | Action::Recover { .. }
            | Action::Request(_)
            | Action::Load(_)
            | Action::Rule(_)
            | Action::Reseed(_) => true,
        }
    }

    /// Mostly on a leader whose entries a follower still needs, on a leader that transfers its
    /// leadership, or on a node with uncommitted entries.
    pub(super) fn snapshot(&self, random: &mut Random) -> Injection {
        let is_running = |node: &SimNode| node.state() == NodeState::Running;
        let wanted = match random.up_to(3) {
            0 => self.nodes(|node| is_running(node) && leads(node) && is_waited_for(node)),
            1 => self.nodes(|node| is_running(node) && is_ahead(node)),
            2 => self.nodes(|node| is_running(node) && leads(node)),
            _ => Vec::new(),
        };
        let running = self.running();
        let node = any(random, &wanted).or_else(|| any(random, &running));
        node.map_or_else(Injection::default, |node| Injection::one(NodeAction::Snapshot.on(node)))
    }
}

/// Whether a follower lacks entries of this leader, or the leader transfers its leadership.
fn is_waited_for(node: &SimNode) -> bool {
    let Some(status) = node.core().map(raft_core::Node::status) else { return false };
    let is_behind = |peer: &raft_core::PeerStatus| peer.match_index < status.last_log.index;
    status.transfer_to.is_some() || status.peers.iter().any(is_behind)
}

/// One to five of the nodes, sometimes with the newcomer.
fn draw_voters(random: &mut Random, ids: &[NodeId], newcomer: NodeId) -> Vec<NodeId> {
    let from = random.up_to(ids.len() as u64 - 1) as usize;
    let count = (1 + random.up_to(4) as usize).min(ids.len());
    let mut voters: Vec<NodeId> = ids.iter().cycle().skip(from).take(count).copied().collect();
    if random.up_to(2) == 0 && !voters.contains(&newcomer) {
        voters.push(newcomer);
    }
    voters.sort_unstable();
    voters
}
