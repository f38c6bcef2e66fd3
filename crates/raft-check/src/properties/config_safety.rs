//! Config Safety (§6, dissertation chapter 4): there are never two majorities without a common
//! server.

use raft_core::{Bare, Body, LogIndex, LogPosition, Membership, Node, NodeId};
use raft_sim::{Words, address_of, words};

use super::{Checker, Context, MessageSent};
use crate::property::{Property, Verdict};
use crate::shadows::memberships::MembershipStep;
use crate::shadows::node::NodeShadow;
use crate::shadows::quorum::quorums_meet;

pub(crate) static PROPERTY: Property = Property {
    name: "Config Safety",
    section: "§6, dissertation §4.1",
    meaning: "A server uses the latest membership in its log; a leader adds one only when the one \
              before it and an entry of its own term are committed, and all quorums of the two \
              meet; a member keeps its context; a leader stops leading once its removal is \
              committed; a snapshot carries the membership that is in force at its end.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct ConfigSafety;

impl Checker for ConfigSafety {
    fn membership_seen(&mut self, id: NodeId, core: &Node, cx: &mut Context<'_>) {
        let Some(node) = cx.shadows.node(id) else { return };
        let (believed, in_log) = (core.membership(), node.memberships.latest());
        cx.note(&PROPERTY, in_force(InForce { node: id, believed, in_log }));
        if let Some(snapshot) = core.snapshot()
            && snapshot.last_included_index > node.compared_snapshot
        {
            collect_snapshot(id, snapshot.position(), &snapshot.membership, cx);
        }
        if node.leading.is_some() {
            collect_appended(node, core.commit_index(), cx);
            let (index, membership) = node.memberships.last();
            let commit_index = core.commit_index();
            let has_committed_in_term = node.log.term_at(commit_index) == node.leading;
            let seen = Leads { node: id, index, membership, commit_index, has_committed_in_term };
            cx.note(&PROPERTY, leads_still(seen));
        }
    }

    fn message_sent(&mut self, sent: MessageSent<'_>, cx: &mut Context<'_>) {
        if let Body::InstallSnapshot(request) = &sent.message.body {
            collect_snapshot(sent.from, request.last_included(), &request.membership, cx);
        }
    }

    fn ledger_extended(&mut self, after: LogIndex, cx: &mut Context<'_>) {
        for MembershipStep { from, index, to, .. } in cx.shadows.committed.steps_after(after) {
            cx.note(&PROPERTY, committed(Committed { index, from, to }));
            cx.note(&PROPERTY, contexts_stay(Committed { index, from, to }));
        }
    }
}

/// The memberships that a leader has added to its log since it was last looked at.
fn collect_appended(node: &NodeShadow, commit_index: LogIndex, cx: &mut Context<'_>) {
    let Some(term) = node.leading else { return };
    let (shadows, leader) = (cx.shadows, node.id);
    let own = |index| node.log.term_at(index) == Some(term);
    for step in node.memberships.steps_after(node.seen_through) {
        let MembershipStep { before, from, index, to } = step;
        if !own(index) {
            continue;
        }
        // All entries before the ledger begins are committed.
        let is_from_committed = before <= shadows.ledger.base()
            || shadows
                .held_by(leader, before)
                .is_some_and(|held| shadows.ledger.get(before) == Some(held));
        // Entries that a snapshot replaced are not looked at: the leader has added others since.
        let is_term_committed = commit_index < node.log.base() || own(commit_index);
        let seen =
            Appended { leader, index, before, from, is_from_committed, is_term_committed, to };
        cx.note(&PROPERTY, appended(seen));
    }
}

/// The membership of a snapshot whose end is in the ledger.
fn collect_snapshot(
    node: NodeId,
    snapshot: LogPosition,
    membership: &Membership,
    cx: &mut Context<'_>,
) {
    let shadows = cx.shadows;
    let is_known = snapshot.index >= shadows.ledger.base();
    let committed = shadows.ledger.get(snapshot.index).filter(|_| is_known);
    if committed.is_some_and(|committed| committed.term == snapshot.term) {
        let committed = shadows.committed.at(snapshot.index);
        let seen = InSnapshot { node, snapshot, membership, committed };
        cx.note(&PROPERTY, in_snapshot(seen));
    }
}

/// The membership that a node uses.
#[derive(Clone, Copy, Debug)]
struct InForce<'a> {
    node: NodeId,
    believed: &'a Membership,
    /// The latest in its log, or its snapshot's.
    in_log: &'a Membership,
}

fn in_force(InForce { node, believed, in_log }: InForce<'_>) -> Verdict {
    if believed == in_log {
        return Ok(());
    }
    Err(words! { node, " uses the membership ", believed, ", but its log says ", in_log })
}

/// A leader appended a membership to its log.
#[derive(Clone, Copy, Debug)]
struct Appended<'a> {
    leader: NodeId,
    index: LogIndex,
    /// The index of the membership before it in the leader's log.
    before: LogIndex,
    /// The membership before it.
    from: &'a Membership,
    is_from_committed: bool,
    /// Whether the leader knows that an entry of its term is committed.
    is_term_committed: bool,
    to: &'a Membership,
}

fn appended(seen: Appended<'_>) -> Verdict {
    let Appended { leader, index, before, from, is_from_committed, is_term_committed, to } = seen;
    if !is_from_committed {
        return Err(words! {
            leader, " appended the membership ", to, " as ", index, " while the one before it, ",
            before, ", is not committed"
        });
    }
    // The erratum to dissertation §4.1: a leader of another term may have a change in progress that
    // this leader does not know of.
    if !is_term_committed {
        return Err(words! {
            leader, " appended the membership ", to, " as ", index,
            " before it had committed an entry of its term"
        });
    }
    meet(|| words! { leader, " appended as ", index }, from, to)
}

/// A node leads.
#[derive(Clone, Copy, Debug)]
struct Leads<'a> {
    node: NodeId,
    /// The latest membership in its log, and the index of that.
    index: LogIndex,
    membership: &'a Membership,
    commit_index: LogIndex,
    /// Whether the last entry that it knows to be committed is of its own term.
    has_committed_in_term: bool,
}

/// Raft §6: a leader that is not in the new membership leads until that is committed, and no
/// longer. A learner can be elected when no other log can win: it leads until an entry of its term
/// is committed (dissertation §4.2.2).
fn leads_still(seen: Leads<'_>) -> Verdict {
    let Leads { node, index, membership, commit_index, has_committed_in_term } = seen;
    let is_no_voter = !membership.is_joint() && !membership.is_voter(node);
    let is_over = is_no_voter && index <= commit_index && has_committed_in_term;
    if !is_over {
        return Ok(());
    }
    Err(words! {
        node, " leads although it is not a voter of the membership ", membership,
        ", which is committed as ", index
    })
}

/// Two memberships that are committed one after the other.
#[derive(Clone, Copy, Debug)]
struct Committed<'a> {
    /// The index of the later one.
    index: LogIndex,
    from: &'a Membership,
    to: &'a Membership,
}

fn committed(Committed { index, from, to }: Committed<'_>) -> Verdict {
    meet(|| words! { index, " commits" }, from, to)
}

/// A member keeps its context, and one that comes has the context with which it was added.
fn contexts_stay(Committed { index, from, to }: Committed<'_>) -> Verdict {
    for node in to.members() {
        let expected = match from.contains(node) {
            true => from.context(node).cloned(),
            false => Some(address_of(node)),
        };
        if to.context(node) != expected.as_ref() {
            let found = to.context(node);
            return Err(words! {
                index, " commits the context {found:?} of ", node, ", which must have {expected:?}"
            });
        }
    }
    Ok(())
}

fn meet(what: impl FnOnce() -> Words, from: &Membership, to: &Membership) -> Verdict {
    if quorums_meet(from, to) {
        return Ok(());
    }
    Err(words! {
        what(), " the membership ", to, " after ", from, ": two quorums of them need not have a \
         common server"
    })
}

/// A node has a snapshot, or sends one.
#[derive(Clone, Copy, Debug)]
struct InSnapshot<'a> {
    node: NodeId,
    snapshot: LogPosition,
    membership: &'a Membership,
    /// In force there in the committed log.
    committed: &'a Membership,
}

fn in_snapshot(seen: InSnapshot<'_>) -> Verdict {
    let InSnapshot { node, snapshot, membership, committed } = seen;
    if membership == committed {
        return Ok(());
    }
    Err(words! {
        "the snapshot of ", node, " through ", Bare(snapshot), " says that the membership is ",
        membership, "; there it is ", committed
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, N3, at, objects, voters};
    use super::*;

    fn added(from: &Membership, to: &Membership, is_right: (bool, bool)) -> Verdict {
        let (is_from_committed, is_term_committed) = is_right;
        let (leader, index, before) = (N1, LogIndex(7), LogIndex(3));
        let seen =
            Appended { leader, index, before, from, is_from_committed, is_term_committed, to };
        appended(seen)
    }

    #[test]
    fn memberships_whose_quorums_do_not_meet() {
        let three = voters(1..=3);
        let add = |from: &Membership, to: &Membership| added(from, to, (true, true));
        assert_eq!(add(&three, &voters(1..=4)), Ok(()));
        objects(
            added(&three, &voters(1..=4), (false, true)),
            &["node 1", "entry 7", "entry 3", "not committed"],
        );
        let words = ["1 2 3 4 5 after 1 2 3", "need not have a common server"];
        objects(add(&three, &voters(1..=5)), &words);
        let joint = voters(1..=5).with_outgoing([N1, N2, N3]);
        assert_eq!(add(&three, &joint), Ok(()));
        assert_eq!(add(&joint, &voters(1..=5)), Ok(()));

        let commit = |to| committed(Committed { index: LogIndex(7), from: &three, to });
        assert_eq!(commit(&joint), Ok(()));
        objects(commit(&voters([1, 2, 4])), &["entry 7 commits", "1 2 4 after 1 2 3"]);
    }

    #[test]
    fn a_context_that_is_lost_or_made_up() {
        let three = voters(1..=3).with_context(N1, b"here");
        let commit = |from: &Membership, to: &Membership| {
            contexts_stay(Committed { index: LogIndex(7), from, to })
        };
        let four = voters(1..=4).with_context(N1, b"here");
        let four = four.with_context(NodeId(4), address_of(NodeId(4)));
        assert_eq!(commit(&three, &four), Ok(()));
        assert_eq!(commit(&four, &three), Ok(()));
        for (wrong, node) in [
            (four.with_context(N1, b""), "node 1"),
            (four.with_context(N1, b"there"), "node 1"),
            (four.with_context(N2, b"there"), "node 2"),
            (four.with_context(NodeId(4), b""), "node 4"),
        ] {
            objects(commit(&three, &wrong), &["entry 7 commits the context", node]);
        }
    }

    #[test]
    fn a_membership_before_an_entry_of_the_leaders_term_is_committed() {
        let (three, four) = (voters(1..=3), voters(1..=4));
        assert_eq!(added(&three, &four, (true, true)), Ok(()));
        objects(
            added(&three, &four, (true, false)),
            &["node 1", "1 2 3 4 as entry 7", "before it had committed an entry"],
        );
    }

    #[test]
    fn a_leader_whose_removal_is_committed() {
        let (all, without) = (voters(1..=3), voters(2..=3));
        let joint = without.with_outgoing([N1, N2, N3]);
        let lead_in = |membership, commit, has_committed_in_term| {
            let (index, commit_index) = (LogIndex(7), LogIndex(commit));
            let node = N1;
            leads_still(Leads { node, index, membership, commit_index, has_committed_in_term })
        };
        let lead = |membership, commit| lead_in(membership, commit, true);
        assert_eq!(lead(&without, 6), Ok(()), "it manages the cluster until then");
        assert_eq!(lead(&joint, 7), Ok(()));
        assert_eq!(lead(&all, 7), Ok(()));
        assert_eq!(lead_in(&without, 7, false), Ok(()), "it was elected as a learner");
        objects(lead(&without, 7), &["node 1 leads", "2 3, which is committed as entry 7"]);
    }

    #[test]
    fn a_node_that_uses_another_membership_than_its_log_says() {
        let (three, four) = (voters(1..=3), voters(1..=4));
        let follow = |believed| in_force(InForce { node: N2, believed, in_log: &four });
        assert_eq!(follow(&four), Ok(()));
        objects(follow(&three), &["node 2", "uses the membership 1 2 3", "says 1 2 3 4"]);

        let joint = four.with_outgoing([N1, N2, N3]);
        let carry = |membership| {
            let (snapshot, committed) = (at(9, 2), &joint);
            in_snapshot(InSnapshot { node: N2, snapshot, membership, committed })
        };
        assert_eq!(carry(&joint), Ok(()));
        objects(carry(&four), &["node 2", "through 9@2", "is 1 2 3 4", "1 2 3 → 1 2 3 4"]);
    }
}
