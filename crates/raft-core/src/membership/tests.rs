//! What majorities there are, by brute force over all sets of a few servers.

use alloc::string::ToString;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// Servers 1 to 6; a set of them is a number whose bit `id` says whether `id` is in.
const LAST: u64 = 6;

fn is_in(set: u64, node: NodeId) -> bool {
    set & (1 << node.0) != 0
}

fn all_sets() -> impl Iterator<Item = u64> {
    (0..1 << LAST).map(|set| set << 1)
}

fn nodes(set: u64) -> impl Iterator<Item = NodeId> {
    (1..=LAST).map(NodeId).filter(move |node| is_in(set, *node))
}

fn quorums(of: &Membership) -> Vec<u64> {
    all_sets().filter(|set| of.is_quorum(|node| is_in(*set, node))).collect()
}

fn meet(left: &Membership, right: &Membership) -> bool {
    let right = quorums(right);
    quorums(left).iter().all(|one| right.iter().all(|other| one & other != 0))
}

fn some_nodes() -> impl Strategy<Value = u64> {
    (1u64..1 << LAST).prop_map(|set| set << 1)
}

fn voters() -> impl Strategy<Value = Membership> {
    some_nodes().prop_map(|set| Membership::new(nodes(set)))
}

/// Any membership: joint or not, with learners or without.
fn membership() -> impl Strategy<Value = Membership> {
    let outgoing = prop_oneof![Just(0), some_nodes()];
    (some_nodes(), outgoing, some_nodes()).prop_map(|(voters, outgoing, learners)| {
        let learners = nodes(learners & !voters);
        Membership::new(nodes(voters)).with_outgoing(nodes(outgoing)).with_learners(learners)
    })
}

fn change() -> impl Strategy<Value = MembershipChange> {
    let node = || (0..=LAST + 1).prop_map(NodeId);
    prop_oneof![
        node().prop_map(MembershipChange::AddLearner),
        node().prop_map(MembershipChange::AddVoter),
        node().prop_map(MembershipChange::Promote),
        node().prop_map(MembershipChange::Demote),
        node().prop_map(MembershipChange::Remove),
        (node(), node()).prop_map(|(old, new)| MembershipChange::Replace { old, new }),
        proptest::collection::vec(node(), 0..12).prop_map(MembershipChange::SetVoters),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    })]

    /// Two leaders, or two entries at a place, would need quorums that do not meet.
    #[test]
    fn any_two_quorums_meet(membership in membership()) {
        prop_assert!(meet(&membership, &membership));
    }

    /// Dissertation §4.1: "overlap" of the majorities is what makes a change in one step safe.
    #[test]
    fn memberships_that_overlap_have_quorums_that_meet(old in voters(), new in voters()) {
        if old.overlaps(&new) {
            prop_assert!(meet(&old, &new));
        }
        prop_assert_eq!(old.overlaps(&new), new.overlaps(&old));
    }

    /// §6: so the joint step meets what comes before it and what comes after it.
    #[test]
    fn the_quorums_of_a_joint_membership_meet_those_of_both(old in voters(), new in voters()) {
        let joint = new.with_outgoing(old.voters().iter().copied());
        prop_assert!(meet(&joint, &old) && meet(&joint, &new));
        prop_assert_eq!(joint.without_outgoing(), new);
    }

    #[test]
    fn what_a_quorum_has_reached_is_the_most_that_a_quorum_has_reached(
        membership in membership(),
        reached in proptest::collection::vec(0u64..5, LAST as usize + 1),
    ) {
        let of = |node: NodeId| reached[node.0 as usize];
        let by_counting = (0..5).filter(|n| membership.is_quorum(|node| of(node) >= *n)).max();
        prop_assert_eq!(Some(membership.reached_by_quorum(of)), by_counting);
    }

    #[test]
    fn learners_make_no_difference(membership in membership(), learners in some_nodes()) {
        let other = membership.with_learners(nodes(learners));
        prop_assert_eq!(quorums(&membership), quorums(&other));
    }

    /// A change leads to a membership that is sound, not joint, and another one; and does what it
    /// says.
    #[test]
    fn a_change_leads_to_a_sound_membership(
        voters in voters(),
        learners in some_nodes(),
        change in change(),
    ) {
        let is_new = |node: &NodeId| !voters.voters().contains(node);
        let before = voters.with_learners(nodes(learners).filter(is_new));
        let Ok(after) = before.changed_by(&change) else { return Ok(()) };
        prop_assert!(after.validate().is_ok() && !after.is_joint() && after != before);
        let moved = (0..=LAST + 1).map(NodeId).filter(|node| {
            (before.is_voter(*node), before.is_learner(*node))
                != (after.is_voter(*node), after.is_learner(*node))
        });
        let moved: Vec<NodeId> = moved.collect();
        match change {
            MembershipChange::AddLearner(node) | MembershipChange::Demote(node) => {
                prop_assert!(moved == [node] && after.is_learner(node));
            }
            MembershipChange::AddVoter(node) | MembershipChange::Promote(node) => {
                prop_assert!(moved == [node] && after.is_voter(node));
            }
            MembershipChange::Remove(node) => {
                prop_assert!(moved == [node] && !after.contains(node));
            }
            MembershipChange::Replace { old, new } => {
                prop_assert!(!after.contains(old) && after.is_voter(new) && moved.len() == 2);
                prop_assert_eq!(before.voters().len(), after.voters().len());
            }
            MembershipChange::SetVoters(nodes) => {
                prop_assert!(after.voters() == Membership::new(nodes).voters());
            }
        }
    }
}

fn of(ids: impl IntoIterator<Item = u64>) -> Membership {
    Membership::new(ids.into_iter().map(NodeId))
}

#[test]
fn a_majority_is_more_than_half() {
    let majorities = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(|size| of(1..=size).majority());
    assert_eq!(majorities, [1, 2, 2, 3, 3, 4, 4, 5, 5]);
}

/// "All of no sets" would be true: a server that knows no voters would elect itself.
#[test]
fn without_voters_there_is_no_quorum() {
    assert!(!Membership::empty().is_quorum(|_| true));
    assert!(!Membership::empty().is_quorum(|_| false));
    assert_eq!(Membership::empty().reached_by_quorum(|_| 7_u64), 0);
}

#[test]
fn order_and_repetition_do_not_matter() {
    assert_eq!(of([3, 1, 2, 3]), of([1, 2, 3]));
    assert_eq!(of([1, 2]).with_learners([4, 3, 4].map(NodeId)).members(), [1, 2, 3, 4].map(NodeId));
}

#[test]
fn a_membership_out_of_bounds_is_not_valid() {
    let learners = |membership: Membership, ids: core::ops::RangeInclusive<u64>| {
        membership.with_learners(ids.map(NodeId)).validate()
    };
    assert_eq!(Membership::empty().validate(), Err(ConfigError::VoterCount(0)));
    assert_eq!(of(1..=10).validate(), Err(ConfigError::VoterCount(10)));
    assert_eq!(of(0..=2).validate(), Err(ConfigError::NodeIdZero));
    assert_eq!(learners(of([1]), 2..=11), Err(ConfigError::VoterCount(10)));
    assert_eq!(learners(of([1, 2]), 2..=3), Err(ConfigError::VoterAndLearner(NodeId(2))));
    assert_eq!(learners(of(1..=9), 10..=18), Ok(()));
    // On its way from voter to learner, a server is both an outgoing voter and a learner.
    assert_eq!(learners(of([1]).with_outgoing([NodeId(2)]), 2..=2), Ok(()));
}

#[test]
fn a_change_that_makes_no_sense_says_why() {
    use MembershipChange::*;
    let before = of(1..=3).with_learners([NodeId(4)]);
    let node = NodeId;
    for (change, error) in [
        (AddLearner(node(1)), ChangeError::AlreadyAVoter(node(1))),
        (AddLearner(node(4)), ChangeError::AlreadyALearner(node(4))),
        (AddLearner(node(0)), ChangeError::NodeIdZero),
        (AddVoter(node(3)), ChangeError::AlreadyAVoter(node(3))),
        (AddVoter(node(0)), ChangeError::NodeIdZero),
        (Promote(node(5)), ChangeError::NotALearner(node(5))),
        (Promote(node(1)), ChangeError::AlreadyAVoter(node(1))),
        (Demote(node(4)), ChangeError::NotAVoter(node(4))),
        (Demote(node(5)), ChangeError::NotAMember(node(5))),
        (Remove(node(5)), ChangeError::NotAMember(node(5))),
        (Replace { old: node(4), new: node(5) }, ChangeError::NotAVoter(node(4))),
        (Replace { old: node(1), new: node(2) }, ChangeError::AlreadyAVoter(node(2))),
        (Replace { old: node(1), new: node(1) }, ChangeError::AlreadyAVoter(node(1))),
        (SetVoters(Vec::new()), ChangeError::VoterCount(0)),
        (SetVoters((1..=10).map(node).collect()), ChangeError::VoterCount(10)),
        (SetVoters([3, 2, 1].map(node).to_vec()), ChangeError::NothingToDo),
    ] {
        assert_eq!(before.changed_by(&change), Err(error), "{change}");
    }
    assert_eq!(of([1]).changed_by(&Remove(node(1))), Err(ChangeError::VoterCount(0)));
    assert_eq!(of([1]).changed_by(&Demote(node(1))), Err(ChangeError::VoterCount(0)));
    let full = of(1..=9).with_learners((10..=18).map(NodeId));
    assert_eq!(full.changed_by(&AddVoter(node(19))), Err(ChangeError::VoterCount(10)));
    assert_eq!(full.changed_by(&AddLearner(node(19))), Err(ChangeError::LearnerCount(10)));
}

#[test]
fn memberships_are_written_as_people_write_them() {
    let of_three = of(1..=3);
    assert_eq!(of_three.to_string(), "1 2 3");
    assert_eq!(of_three.with_learners([NodeId(4)]).to_string(), "1 2 3 + learner 4");
    assert_eq!(of_three.with_learners([4, 5].map(NodeId)).to_string(), "1 2 3 + learners 4 5");
    let joint = of([1, 2, 4]).with_outgoing([1, 2, 3].map(NodeId));
    assert_eq!(joint.to_string(), "1 2 3 → 1 2 4");
    assert_eq!(joint.with_learners([NodeId(3)]).to_string(), "1 2 3 → 1 2 4 + learner 3");
    assert_eq!(
        MembershipChange::Replace { old: NodeId(1), new: NodeId(2) }.to_string(),
        "replace 1 with 2"
    );
    assert_eq!(
        MembershipChange::SetVoters(Vec::from([1, 2].map(NodeId))).to_string(),
        "voters 1 2"
    );
}

fn context(of: &Membership, node: u64) -> Option<&[u8]> {
    of.context(NodeId(node)).map(|context| &context[..])
}

#[test]
fn a_member_has_its_context_whatever_becomes_of_the_others() {
    let three = Membership::new((1..=3).map(NodeId));
    let three = three.with_context(NodeId(2), b"b").with_context(NodeId(3), b"c");
    assert_eq!((context(&three, 1), context(&three, 2)), (None, Some(&b"b"[..])));
    let joint = three.with_outgoing([NodeId(4)]).with_context(NodeId(4), b"d");
    assert_eq!((context(&joint, 4), context(&joint, 3)), (Some(&b"d"[..]), Some(&b"c"[..])));
    // It leaves with its server.
    assert_eq!(joint.without_outgoing(), three);
    assert_eq!(context(&three.with_learners([NodeId(5)]), 2), Some(&b"b"[..]));
    // An empty one is none, and no server but a member has one.
    assert_eq!(context(&three.with_context(NodeId(2), b""), 2), None);
    assert_eq!(three.with_context(NodeId(9), b"x"), three);
}

#[test]
fn a_context_counts_for_equality_and_not_for_the_servers() {
    let three = Membership::new((1..=3).map(NodeId));
    let other = three.with_context(NodeId(1), b"a");
    assert_ne!(three, other);
    assert!(three.has_same_servers_as(&other));
    assert!(!three.has_same_servers_as(&three.with_learners([NodeId(4)])));
}

#[test]
fn a_change_sets_the_contexts_of_members() {
    use MembershipChange::{AddVoter, Remove, SetVoters};
    let three = Membership::new((1..=3).map(NodeId)).with_context(NodeId(3), b"c");
    let with = |node: u64, bytes: usize| [(NodeId(node), Bytes::from(alloc::vec![b'x'; bytes]))];
    let four = three.changed_with(&AddVoter(NodeId(4)), &with(4, 1)).unwrap();
    assert_eq!((context(&four, 3), context(&four, 4)), (Some(&b"c"[..]), Some(&b"x"[..])));
    assert_eq!(context(&four.changed_by(&Remove(NodeId(3))).unwrap(), 3), None);
    // The same servers, and another context.
    let same = SetVoters((1..=3).map(NodeId).collect());
    let moved = three.changed_with(&same, &with(3, 1)).unwrap();
    assert_eq!(context(&moved, 3), Some(&b"x"[..]));
    assert_eq!(moved.changed_with(&same, &with(3, 1)), Err(ChangeError::NothingToDo));
    assert_eq!(moved.changed_with(&same, &with(3, 0)).map(|m| m.contexts().count()), Ok(0));
    // What is refused.
    let (limit, node) = (Membership::MAX_CONTEXT_BYTES, NodeId(3));
    assert!(three.changed_with(&same, &with(3, limit)).is_ok());
    let too_long = ChangeError::ContextTooLong { node, bytes: limit + 1 };
    assert_eq!(three.changed_with(&same, &with(3, limit + 1)), Err(too_long));
    assert_eq!(
        too_long.to_string(),
        "the context of node 3 has 257 bytes, and at most 256 are possible"
    );
    let nobody = Err(ChangeError::NotAMember(NodeId(9)));
    assert_eq!(three.changed_with(&AddVoter(NodeId(4)), &with(9, 1)), nobody);
}

/// The set that lacks more is named: "0 of 2" alone would be wrong for the other set.
#[test]
fn a_tally_names_the_set_that_lacks_more() {
    let words = |membership: &Membership, nodes: &[u64]| {
        membership.tally(|node| nodes.contains(&node.0)).to_string()
    };
    let three = Membership::new([1, 2, 3].map(NodeId));
    assert_eq!(words(&three, &[1]), "1 of the 2 it needs");
    let joint = Membership::new([4, 5].map(NodeId)).with_outgoing([1, 2, 3].map(NodeId));
    assert_eq!(words(&joint, &[1, 2, 4]), "1 of the 2 new voters that it needs");
    assert_eq!(words(&joint, &[4, 5]), "0 of the 2 outgoing voters that it needs");
    assert_eq!(Membership::empty().tally(|_| true), Tally::default());
}
