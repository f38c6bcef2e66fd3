use std::time::Duration;

use raft_lab::Setup;

use super::*;

fn lab() -> raft_lab::Lab {
    raft_lab::Lab::scratch(Setup::default()).expect("the defaults are within bounds")
}

/// A lab whose leader has committed an entry of its own term.
fn lab_with_leader() -> raft_lab::Lab {
    let mut lab = lab();
    lab.set_speed(f64::INFINITY);
    for line in ["run until leader", "run 500ms"] {
        lab.exec(line);
        while lab.pacing().running {
            lab.tick(Duration::from_millis(16), Duration::from_millis(50));
        }
    }
    lab
}

fn names(actions: &[UserAction]) -> Vec<&'static str> {
    actions.iter().filter(|action| action.is_possible).map(|action| action.name).collect()
}

#[test]
fn every_possible_action_is_a_line_that_the_lab_takes() {
    let link = Selection::link(NodeId(1), NodeId(2));
    let nodes = [2, 4].map(|node| Some(Selection::Node(NodeId(node))));
    for selection in nodes.into_iter().chain([Some(link), None]) {
        for action in actions(&lab_with_leader().frame().view, selection) {
            if action.is_possible {
                let mut lab = lab_with_leader();
                let executed = lab.exec(&action.line);
                assert!(
                    !matches!(executed, raft_lab::ExecStatus::Failed(_)),
                    "{}: {executed:?}",
                    action.line
                );
            }
        }
    }
}

#[test]
fn a_message_under_way_can_be_held_and_released_and_dropped_once() {
    let mut lab = lab();
    lab.exec("timeout 1");
    while lab.frame().view.messages.is_empty() {
        lab.step();
    }
    let id = lab.frame().view.messages[0].id;
    let possible = |lab: &raft_lab::Lab| names(&of_message(&lab.frame().view, id));
    let mut done = |name: &str| {
        let found = of_message(&lab.frame().view, id).into_iter().find(|it| it.name == name);
        let executed = lab.exec(&found.expect("it is offered").line);
        assert!(!matches!(executed, raft_lab::ExecStatus::Failed(_)), "{executed:?}");
        possible(&lab)
    };
    assert_eq!(done("hold"), ["deliver", "release", "duplicate", "drop"]);
    assert_eq!(done("duplicate"), ["deliver", "release", "duplicate", "drop"]);
    assert_eq!(done("release"), ["deliver", "hold", "duplicate", "drop"]);
    assert_eq!(done("deliver"), ["deliver", "hold", "duplicate", "drop"]);
    assert_eq!(done("drop"), [""; 0]);
}

#[test]
fn a_crashed_node_can_be_restarted_and_cut_off() {
    let mut lab = lab();
    lab.exec("crash 3");
    let possible = actions(&lab.frame().view, Some(Selection::Node(NodeId(3))));
    assert_eq!(names(&possible), ["restart", "isolate"]);
}

#[test]
fn a_link_that_is_cut_can_be_restored() {
    let mut lab = lab();
    lab.exec("link 1 -> 2 cut");
    let lines: Vec<_> = of_link(&lab.frame().view, NodeId(1), NodeId(2))
        .into_iter()
        .map(|action| action.line)
        .collect();
    assert_eq!(lines[0], "link 1 -> 2 restore");
    assert_eq!(lines[1], "link 2 -> 1 cut");
}

#[test]
fn a_learner_can_be_promoted_and_a_stranger_added_again() {
    let mut lab = lab_with_leader();
    lab.exec("add 6 as learner");
    let of =
        |lab: &raft_lab::Lab, id| actions(&lab.frame().view, Some(Selection::Node(NodeId(id))));
    let possible = names(&of(&lab, 6));
    assert!(possible.contains(&"promote") && possible.contains(&"remove"), "{possible:?}");
    assert!(!possible.contains(&"transfer"), "{possible:?}");
    lab.exec("run 500ms");
    while lab.pacing().running {
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
    let leader = lab.frame().view.leader.expect("it leads");
    let other = lab.frame().view.node_ids().find(|id| *id != leader).expect("there are six");
    lab.exec(&format!("remove {other}"));
    let possible = names(&of(&lab, other.0));
    assert!(possible.contains(&"add") && !possible.contains(&"demote"), "{possible:?}");
    let replace = of(&lab, leader.0).into_iter().find(|action| action.name == "replace");
    assert_eq!(replace.map(|action| action.line), Some(format!("replace {leader} with 7")));
}

#[test]
fn nothing_is_asked_of_a_leader_that_is_not_there() {
    let possible = actions(&lab().frame().view, Some(Selection::Node(NodeId(1))));
    let of_cluster = possible.iter().filter(|action| action.group == Group::Cluster);
    assert!(of_cluster.clone().count() == 4 && of_cluster.clone().all(|a| !a.is_possible));
}
