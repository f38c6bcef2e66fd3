use std::rc::Rc;
use std::time::Duration;

use raft_lab::{Lab, Setup};

use super::*;

fn scratch() -> Lab {
    let mut lab = Lab::scratch(Setup::default()).expect("the defaults are within bounds");
    lab.set_speed(f64::INFINITY);
    lab
}

fn run(lab: &mut Lab, line: &str) -> Rc<View> {
    lab.exec(line);
    while lab.pacing().running {
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
    lab.frame().view
}

fn picture(view: &View, id: u64) -> NodePicture {
    NodePicture::of(view.node(NodeId(id)).expect("there is such a node"))
}

#[test]
fn a_candidate_shows_who_answered() {
    let picture = picture(&run(&mut scratch(), "timeout 2"), 2);
    assert_eq!(picture.role, Some(DisplayRole::PreCandidate));
    assert_eq!(picture.votes.len(), 5);
    let label = picture.label();
    assert!(label.contains("pre-candidate in term 0, 1 of 5 votes, log 0, committed 0"), "{label}");
}

#[test]
fn a_crashed_node_has_neither_role_nor_term() {
    let picture = picture(&run(&mut scratch(), "crash 3"), 3);
    assert_eq!((picture.role, picture.term), (None, None));
    assert_eq!(picture.label(), "Node 3, crashed");
}

#[test]
fn links_tell_which_way_they_are_cut() {
    let links = LinkPicture::all(&run(&mut scratch(), "link 4 -> 1 cut"));
    assert_eq!(links.len(), 10);
    let cut: Vec<_> = links.iter().filter(|link| link.is_cut()).collect();
    assert_eq!(cut.len(), 1);
    assert_eq!(cut[0].label(), "Link between node 1 and node 4, cut from 4 to 1");
}

#[test]
fn nodes_in_no_group_form_a_part_of_their_own() {
    let view = run(&mut scratch(), "partition 1 2");
    assert!(!is_parted(&view, NodeId(3), NodeId(5)));
    assert!(is_parted(&view, NodeId(1), NodeId(5)));
    assert!(LinkPicture::all(&view).iter().any(|link| link.is_parted));
}

#[test]
fn a_bridge_is_parted_from_nobody_and_one_way_is_parted() {
    let mut lab = scratch();
    let view = run(&mut lab, "partition 1 2 3 | 3 4 5");
    let parted: Vec<_> =
        LinkPicture::all(&view).into_iter().filter(|link| link.is_parted).collect();
    assert_eq!(parted.len(), 4);
    assert!(parted.iter().all(|link| link.one != NodeId(3) && link.other != NodeId(3)));
    let view = run(&mut lab, "partition 1 -> 2");
    assert!(is_parted(&view, NodeId(1), NodeId(2)) && is_parted(&view, NodeId(2), NodeId(1)));
    assert!(!is_parted(&view, NodeId(2), NodeId(3)));
}

#[test]
fn a_learner_says_so_and_so_does_who_was_removed() {
    let mut lab = scratch();
    run(&mut lab, "run until leader");
    run(&mut lab, "run 500ms");
    let view = run(&mut lab, "add 6 as learner");
    assert_eq!(picture(&view, 6).role, Some(DisplayRole::Learner));
    assert_eq!(picture(&view, 6).label(), "Node 6, learner in term 0, log 0, committed 0");
    let view = run(&mut lab, "run 500ms");
    let removed = view.node_ids().find(|id| Some(*id) != view.leader).expect("there are six");
    let view = run(&mut lab, &format!("remove {removed}"));
    let picture = picture(&view, removed.0);
    assert_eq!(picture.role, Some(DisplayRole::NonMember));
    assert!(picture.label().contains("not a member in term"), "{}", picture.label());
}
