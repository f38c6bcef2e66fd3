use std::time::Duration;

use super::*;
use crate::Lab;

fn lab_with_leader() -> Lab {
    let mut lab = Lab::scratch(raft_sim::Setup::default()).expect("the defaults are within bounds");
    lab.set_speed(f64::INFINITY);
    lab.exec("run until leader");
    while lab.pacing().running {
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
    lab
}

#[test]
fn the_state_is_what_the_frame_shows() {
    let mut lab = lab_with_leader();
    lab.exec("crash 2");
    lab.exec("link 1 -> 3 cut");
    let frame = lab.frame();
    let state = StateView::from(&frame);
    assert_eq!(state.clock_micros, frame.world.now().0);
    assert_eq!(state.nodes.len(), 5);
    assert_eq!(state.nodes[1].state, "crashed");
    assert_eq!(state.nodes[1].term, None, "a node that is down has forgotten it");
    assert_eq!(state.links.len(), 20);
    let cut: Vec<(u64, u64)> =
        state.links.iter().filter(|link| link.cut).map(|link| (link.from, link.to)).collect();
    assert_eq!(cut, [(1, 3)]);
    assert!(state.invariants.len() >= 8);
    assert!(state.invariants.iter().all(|invariant| invariant.holding));
    assert_eq!(state.durable.mode, "scratch");
}

#[test]
fn an_answer_carries_its_value() {
    let mut lab = lab_with_leader();
    let answers = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    for line in ["set x=\"a b\"", "get x", "get y", "list", "cas x wrong c", "append x \"!\""] {
        let answers = answers.clone();
        lab.exec_then(line, move |outcome| {
            let crate::ExecResult::Answered(answer) = outcome else { panic!("no answer") };
            answers.borrow_mut().push(AnswerView::from(&*answer));
        });
    }
    lab.exec("run until idle");
    while lab.pacing().running {
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
    let answers = answers.borrow();
    let kinds: Vec<&str> = answers.iter().map(|answer| answer.kind).collect();
    assert_eq!(kinds, ["done", "value", "value", "list", "not_swapped", "appended"]);
    assert!(answers.iter().all(|answer| answer.ok));
    assert_eq!(answers[1].value.as_deref(), Some("a b"));
    assert_eq!(answers[2].value, None);
    let entries = answers[3].entries.as_ref().expect("a list has entries");
    assert_eq!(entries.get("x").map(String::as_str), Some("a b"));
    assert_eq!(answers[4].value.as_deref(), Some("a b"));
    assert_eq!(answers[5].length, Some(4));
}
