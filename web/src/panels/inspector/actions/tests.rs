use raft_sim::Setup;

use super::*;

fn lab() -> raft_lab::Lab {
    raft_lab::Lab::scratch(Setup::default()).expect("the defaults are within bounds")
}

#[test]
fn every_possible_action_is_a_line_that_the_lab_takes() {
    let link = Selection::link(NodeId(1), NodeId(2));
    for selection in [Selection::Node(NodeId(2)), link] {
        for action in actions(&lab().frame().world, selection) {
            if action.is_possible && action.name != "snapshot" {
                let mut lab = lab();
                let executed = lab.exec(&action.line);
                assert!(
                    !matches!(executed, raft_lab::Executed::Failed(_)),
                    "{}: {executed:?}",
                    action.line
                );
            }
        }
    }
}

#[test]
fn a_message_under_way_can_be_dropped_once() {
    let mut lab = lab();
    lab.exec("timeout 1");
    while lab.frame().world.in_flight().len() == 0 {
        lab.step();
    }
    let id = lab.frame().world.in_flight().next().expect("the loop waited for one").id;
    let drop = |lab: &raft_lab::Lab| of_message(&lab.frame().world, id).remove(0);
    assert!(drop(&lab).is_possible);
    lab.exec(&drop(&lab).line);
    assert!(!drop(&lab).is_possible);
}

#[test]
fn a_crashed_node_can_be_restarted_and_cut_off() {
    let mut lab = lab();
    lab.exec("crash 3");
    let possible: Vec<_> = of_node(&lab.frame().world, NodeId(3))
        .into_iter()
        .filter(|action| action.is_possible)
        .map(|action| action.name)
        .collect();
    assert_eq!(possible, ["restart", "isolate"]);
}

#[test]
fn a_link_that_is_cut_can_be_restored() {
    let mut lab = lab();
    lab.exec("link 1 -> 2 cut");
    let lines: Vec<_> = of_link(&lab.frame().world, NodeId(1), NodeId(2))
        .into_iter()
        .map(|action| action.line)
        .collect();
    assert_eq!(lines[0], "link 1 -> 2 restore");
    assert_eq!(lines[1], "link 2 -> 1 cut");
}
