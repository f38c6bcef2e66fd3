use super::*;

const ALL: [DisplayRole; 6] = [
    DisplayRole::Leader,
    DisplayRole::Candidate,
    DisplayRole::PreCandidate,
    DisplayRole::Follower,
    DisplayRole::Learner,
    DisplayRole::NonMember,
];

#[test]
fn every_part_has_a_letter_a_name_and_colours_of_its_own() {
    let tokens = include_str!("../../../styles/tokens.css");
    for (place, one) in ALL.iter().enumerate() {
        assert!(tokens.contains(&format!(".role-{} {{", one.name())), "{one:?}");
        for other in &ALL[place + 1..] {
            assert_ne!(one.letter(), other.letter());
            assert_ne!(one.name(), other.name());
        }
    }
}

#[test]
fn a_leader_is_shown_as_one_even_while_it_is_being_removed() {
    assert_eq!(DisplayRole::of(RoleKind::Leader, MemberRole::NonMember), DisplayRole::Leader);
    assert_eq!(DisplayRole::of(RoleKind::Follower, MemberRole::NonMember), DisplayRole::NonMember);
    assert_eq!(DisplayRole::of(RoleKind::Follower, MemberRole::Outgoing), DisplayRole::Follower);
    assert_eq!(DisplayRole::of(RoleKind::Follower, MemberRole::Learner), DisplayRole::Learner);
}
