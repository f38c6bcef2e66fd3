//! The memberships that nodes go by, that leaders add, and that are committed (§6).

use raft_core::{LogIndex, LogPosition, Membership, Node, NodeId, Recovered};

use super::Checks;
use crate::disk::DiskShadow;
use crate::invariants::config_safety::{
    self, Appended, Committed, InForce, InSnapshot, Leads, PROPERTY,
};
use crate::memberships::Step;
use crate::watched::Watched;

impl Checks {
    /// What a node goes by before its disk says anything.
    pub(super) fn configured(&self, id: NodeId) -> Membership {
        let is_first = self.first_voters.is_voter(id);
        if is_first { self.first_voters.clone() } else { Membership::empty() }
    }

    /// A server comes into being, with an empty disk.
    pub(super) fn server_added(&mut self, id: NodeId) {
        if let Err(place) = self.place_of(id) {
            let disk = DiskShadow::new(&Recovered::default(), &self.log_matching, true);
            self.nodes.insert(place, Watched::new(id, disk));
        }
    }

    pub(super) fn follow_membership(&mut self, id: NodeId, core: &Node) {
        let Ok(place) = self.place_of(id) else { return };
        let node = &self.nodes[place];
        let (believed, in_log) = (core.membership(), node.memberships.latest());
        let verdict = config_safety::in_force(InForce { node: id, believed, in_log });
        self.board.note(&PROPERTY, verdict);
        if let Some(snapshot) = core.snapshot()
            && snapshot.last_included_index > node.compared_snapshot
        {
            self.membership_in_snapshot(id, snapshot.position(), &snapshot.membership);
            self.nodes[place].compared_snapshot = snapshot.last_included_index;
        }
        self.compare_appended(place, core.commit_index());
        self.compare_right_to_lead(place, core.commit_index());
    }

    /// What a leader has added to its log.
    fn compare_appended(&mut self, place: usize, commit_index: LogIndex) {
        let node = &self.nodes[place];
        let Some(term) = node.leading else { return };
        let own = |index| node.log.term_at(index) == Some(term);
        for Step { before, from, index, to } in node.memberships.steps_after(node.seen_through) {
            if !own(index) {
                continue;
            }
            // Before the ledger begins all was committed.
            let is_from_committed = before <= self.ledger.base()
                || self
                    .held_by(node.id, before)
                    .is_some_and(|mark| self.ledger.get(before) == Some(mark));
            // What a snapshot replaced is not looked at: then it is not the leader's first entry.
            let is_term_committed = commit_index < node.log.base() || own(commit_index);
            let leader = node.id;
            let seen =
                Appended { leader, index, before, from, is_from_committed, is_term_committed, to };
            self.board.note(&PROPERTY, config_safety::appended(seen));
        }
    }

    fn compare_right_to_lead(&mut self, place: usize, commit_index: LogIndex) {
        let node = &self.nodes[place];
        if node.leading.is_none() {
            return;
        }
        let (index, membership) = node.memberships.last();
        let seen = Leads { node: node.id, index, membership, commit_index };
        self.board.note(&PROPERTY, config_safety::leads_still(seen));
    }

    /// The ledger has grown behind `before`.
    pub(super) fn compare_committed(&mut self, before: LogIndex) {
        for Step { from, index, to, .. } in self.committed.steps_after(before) {
            let verdict = config_safety::committed(Committed { index, from, to });
            self.board.note(&PROPERTY, verdict);
        }
    }

    /// A snapshot carries the membership of its place in what is committed.
    pub(super) fn membership_in_snapshot(
        &mut self,
        node: NodeId,
        snapshot: LogPosition,
        membership: &Membership,
    ) {
        let is_known = snapshot.index >= self.ledger.base();
        let committed = self.ledger.get(snapshot.index).filter(|_| is_known);
        if committed.is_some_and(|mark| mark.term == snapshot.term) {
            let committed = self.committed.at(snapshot.index);
            let seen = InSnapshot { node, snapshot, membership, committed };
            self.board.note(&PROPERTY, config_safety::in_snapshot(seen));
        }
    }
}
