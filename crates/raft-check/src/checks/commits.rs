//! Commit indexes advance: the leader's by the rule, and with it the ledger; the others' by what they
//! are told.

use raft_core::{Entry, LogIndex, Node, NodeId, RoleKind, Term};
use raft_sim::{Event, EventKind, StateMachineEvent};

use super::Checks;
use crate::invariants::commit_rule::{self, CommitBelieved, CommitLearned, LeaderCommitted};
use crate::quorum::NodeSet;
use crate::watched::CommitClaim;

impl Checks {
    pub(super) fn follow_commit(&mut self, id: NodeId, core: &Node, events: &[Event]) {
        let Some(node) = self.node(id) else { return };
        let (before, now) = (node.progress.commit_index, core.commit_index());
        let leads = core.role() == RoleKind::Leader && now > before;
        // A node that stepped down later in the same moment can only be known by its trace.
        let counted = node.claims.committed.clone().or_else(|| {
            leads.then(|| {
                let membership = node.memberships.at(node.seen_through).clone();
                CommitClaim { index: now, term: core.current_term(), membership }
            })
        });
        let (has_counted, compared) = (counted.is_some(), node.claims.compared);
        if let Some(claim) = counted.filter(|claim| claim.index > before)
            && self.leader_committed(id, &claim)
        {
            let CommitClaim { index, term, .. } = claim;
            self.extend_ledger(id, index, term, &Source { node: id, core, events });
        }
        if now > before && now > self.ledger.base() {
            let (held, committed) = (self.held_by(id, now), self.ledger.get(now));
            let seen = CommitBelieved { node: id, index: now, held, committed };
            self.board.note(&commit_rule::PROPERTY, commit_rule::commit_believed(seen));
        }
        if let Some(compared) = compared.filter(|_| now > before && !has_counted) {
            self.commit_learned(id, core, compared);
        }
    }

    /// A node that does not lead was told how far it may go.
    fn commit_learned(&mut self, id: NodeId, core: &Node, compared: LogIndex) {
        let installed = core.snapshot().map(|snapshot| snapshot.last_included_index);
        let compared = compared.max(installed.unwrap_or_default());
        let seen = CommitLearned { node: id, index: core.commit_index(), compared };
        self.board.note(&commit_rule::PROPERTY, commit_rule::commit_learned(seen));
    }

    /// Judges a leader's commit by what is on the disks. Whether it stands.
    fn leader_committed(&mut self, leader: NodeId, claim: &CommitClaim) -> bool {
        let CommitClaim { index, term, membership } = claim;
        let (index, term) = (*index, *term);
        let held = self.held_by(leader, index);
        let holders = held.map_or(NodeSet::default(), |mark| {
            let holders = self.nodes.iter().filter(|n| n.disk.holds(index, mark, &self.ledger));
            holders.map(|node| node.id).collect()
        });
        let seen = LeaderCommitted { leader, term, index, held, holders, membership };
        let verdict = commit_rule::leader_committed(seen);
        let stands = verdict.is_ok();
        self.board.note(&commit_rule::PROPERTY, verdict);
        // Said again by a leader deposed since then, it changes nothing about what holds it.
        if stands && index > self.ledger.commit_index() {
            self.governing = membership.clone();
        }
        stands
    }

    /// Takes the leader's entries up to `through` into the ledger.
    fn extend_ledger(&mut self, id: NodeId, through: LogIndex, term: Term, source: &Source<'_>) {
        let committed = self.ledger.commit_index();
        if through <= committed {
            return;
        }
        // Committing by a log that lacks what is committed already: the ledger does not follow.
        if self.held_by(id, committed) != self.ledger.get(committed) {
            return self.compare_leader(id, term);
        }
        for index in committed.next().0..=through.0 {
            let index = LogIndex(index);
            let mark = self.node(id).and_then(|node| node.holds(index));
            let Some((mark, entry)) = mark.zip(source.entry(index)) else { break };
            if let Some(executed) = self.ledger.extend(entry, mark, term) {
                self.command_committed(index, &executed);
            }
            self.committed.append(entry);
        }
        self.compare_committed(committed);
        self.recount_disks();
        // A leader of a later term may have been elected before this one heard that it had succeeded.
        for place in 0..self.nodes.len() {
            let node = &self.nodes[place];
            if let Some(later) = node.leading.filter(|leading| *leading > term) {
                self.compare_leader(node.id, later);
            }
        }
    }
}

/// Where the entries that a leader committed are found.
struct Source<'a> {
    node: NodeId,
    core: &'a Node,
    events: &'a [Event],
}

impl<'a> Source<'a> {
    /// In its log; or, if a snapshot has replaced them at once, in what it applied before that.
    fn entry(&self, index: LogIndex) -> Option<&'a Entry> {
        self.core.log().get(index).or_else(|| {
            let applied = self.events.iter().filter_map(|event| match &event.kind {
                EventKind::StateMachine { node, event: StateMachineEvent::Applied { entries } }
                    if *node == self.node =>
                {
                    Some(entries)
                }
                _ => None,
            });
            applied.flat_map(|entries| entries.iter()).find(|entry| entry.index == index)
        })
    }
}
