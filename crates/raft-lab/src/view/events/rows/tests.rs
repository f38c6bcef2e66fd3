use raft_sim::Setup;

use super::*;
use crate::{Frame, Lab, ViewWindow};

/// A partition that has stood for some time.
fn partitioned() -> Lab {
    let mut lab = Lab::scratch(Setup::default()).expect("the defaults are within bounds");
    while lab.frame().view.leader.is_none() {
        lab.step();
    }
    let leader = lab.frame().view.leader.expect("the loop waited for one");
    lab.exec(&format!("partition {leader} | others"));
    for _ in 0..60 {
        lab.step();
    }
    lab
}

#[test]
fn losses_in_a_row_are_one_row() {
    let Frame { view, .. } = partitioned().frame();
    let lost = view.events.rows.iter().find(|row| row.count > 1);
    let words = lost.expect("a heartbeat goes to four nodes").event.words.to_string();
    assert!(words.starts_with("loses 4 messages to nodes"), "{words}");
    assert!(words.ends_with("(the network is partitioned)"), "{words}");
}

#[test]
fn the_order_stays() {
    let Frame { view, .. } = partitioned().frame();
    for pair in view.events.rows.windows(2) {
        assert!(pair[0].oldest > pair[1].event.number);
    }
    assert!(view.events.rows.iter().all(|row| row.oldest <= row.event.number));
}

#[test]
fn the_node_of_the_row_is_not_repeated() {
    let Frame { view, .. } = partitioned().frame();
    let mut rows = view.events.rows.iter();
    let voted = rows.find(|row| row.event.words.to_string().starts_with("votes for"));
    assert!(voted.is_some(), "somebody voted, and the sentence starts with the verb");
}

#[test]
fn no_more_rows_than_asked_for_and_of_no_other_node() {
    let mut lab = partitioned();
    lab.set_window(ViewWindow { events: 1_000, ..ViewWindow::default() });
    assert!(!lab.frame().view.events.has_more);
    lab.set_window(ViewWindow { events: 3, ..ViewWindow::default() });
    let events = lab.frame().view.events.clone();
    assert_eq!((events.rows.len(), events.has_more), (3, true));
    lab.set_window(ViewWindow { events_of: Some(NodeId(2)), ..ViewWindow::default() });
    let events = lab.frame().view.events.clone();
    assert!(events.rows.iter().any(|row| row.count == 1));
    assert!(events.rows.iter().all(|row| row.event.node.is_some()));
    let single = events.rows.iter().filter(|row| row.count == 1);
    assert!(single.clone().all(|row| row.event.node == Some(NodeId(2))));
}
