use raft_lab::Lab;
use raft_sim::Setup;

use super::*;

/// The story, newest first, after a partition has stood for some time.
fn story() -> Vec<Line> {
    let mut lab = Lab::scratch(Setup::default()).expect("the defaults are within bounds");
    let leader = |lab: &Lab| lab.frame().world.leader();
    while leader(&lab).is_none() {
        lab.step();
    }
    let id = leader(&lab).expect("the loop waited for one");
    lab.exec(&format!("partition {id} | others"));
    for _ in 0..60 {
        lab.step();
    }
    tell(lab.frame().events.iter().rev(), 100)
}

#[test]
fn losses_in_a_row_are_one_line() {
    let lines = story();
    let lost = lines.iter().find(|line| matches!(line, Line::Lost { .. }));
    let words = lost.expect("a heartbeat goes to four nodes").words();
    assert!(words.starts_with("loses 4 messages to nodes"), "{words}");
    assert!(words.ends_with("(the network is partitioned)"), "{words}");
}

#[test]
fn nothing_else_is_folded_and_the_order_stays() {
    let lines = story();
    for pair in lines.windows(2) {
        assert!(pair[0].oldest().number > pair[1].newest().number);
    }
    for line in &lines {
        if let Line::Lost { from, reason, events } = line {
            assert!(events.iter().all(|event| loss(event) == Some((*from, *reason))));
        }
    }
}

#[test]
fn the_node_in_the_margin_is_not_repeated() {
    let lines = story();
    let voted = lines.iter().map(Line::words).find(|words| words.starts_with("votes for"));
    assert!(voted.is_some(), "somebody voted, and the sentence starts with the verb");
}

#[test]
fn no_more_lines_than_asked_for() {
    let lines = story();
    let events: Vec<Rc<Event>> = lines.iter().map(|line| line.newest().clone()).collect();
    assert_eq!(tell(events.iter(), 3).len(), 3);
}
