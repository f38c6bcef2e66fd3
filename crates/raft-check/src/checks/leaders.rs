//! Nodes begin to lead: by whose votes, with which log, and beside whom.

use raft_core::{HardState, Node, NodeId, RoleKind, Term};
use raft_sim::{SimNode, World};

use super::Checks;
use crate::invariants::election_quorum::{self, Elected};
use crate::invariants::election_safety::LeaderSeen;
use crate::invariants::leader_completeness::{self, LeaderCompared};
use crate::invariants::lease_safety::{self, TwoLeaders};

impl Checks {
    pub(super) fn follow_role(&mut self, id: NodeId, core: &Node) {
        let leads = (core.role() == RoleKind::Leader).then(|| core.current_term());
        let Some(node) = self.node_mut(id) else { return };
        let before = std::mem::replace(&mut node.leading, leads);
        let Some(term) = leads else { return };
        if leads != before {
            self.leader_seen(LeaderSeen { term, node: id });
            self.count_votes(id, term);
            self.compare_leader(id, term);
        }
    }

    /// Who voted for a new leader, by what others could hear of it.
    fn count_votes(&mut self, leader: NodeId, term: Term) {
        let Some(node) = self.node(leader) else { return };
        let mut voters = self.vote_durability.voters_for(term, leader);
        // Nobody need hear of a vote for oneself.
        let own = HardState { current_term: term, voted_for: Some(leader) };
        if node.disk.hard_state == own {
            voters.insert(leader);
        }
        let membership = node.memberships.at(node.seen_through);
        let verdict = election_quorum::elected(Elected { leader, term, voters, membership });
        self.board.note(&election_quorum::PROPERTY, verdict);
    }

    /// Raft §5.4: a leader holds all that was committed before its term.
    pub(super) fn compare_leader(&mut self, leader: NodeId, term: Term) {
        let Some(node) = self.node(leader) else { return };
        let (index, committed) = self.ledger.last_committed_before(term);
        let seen =
            LeaderCompared { leader, term, index, committed, held: self.held_by(node.id, index) };
        let verdict = leader_completeness::leader_compared(seen);
        self.board.note(&leader_completeness::PROPERTY, verdict);
    }

    /// Each pair of nodes that lead at once, of which this is one.
    pub(super) fn compare_leases(&mut self, world: &World, id: NodeId) {
        let Some(term) = self.node(id).and_then(|node| node.leading) else { return };
        for place in 0..self.nodes.len() {
            let other = &self.nodes[place];
            let Some(others) = other.leading.filter(|others| *others != term) else { continue };
            let (own, other) = ((term, id), (others, other.id));
            let (earlier, later) = (own.min(other), own.max(other));
            let seen = TwoLeaders {
                now: world.now(),
                earlier: earlier.1,
                earlier_term: earlier.0,
                lease_until: world.node(earlier.1).and_then(SimNode::lease_until),
                later: later.1,
                later_term: later.0,
            };
            self.board.note(&lease_safety::PROPERTY, lease_safety::two_leaders(seen));
        }
    }
}
