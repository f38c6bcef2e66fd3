use raft_lab::Lab;
use raft_sim::Setup;

use super::*;

/// The story, newest first, after a partition has stood for some time.
fn story() -> Vec<EventRow> {
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
    event_rows(lab.frame().events.iter().rev(), 100)
}

#[test]
fn losses_in_a_row_are_one_line() {
    let rows = story();
    let lost = rows.iter().find(|row| matches!(row, EventRow::Lost { .. }));
    let words = lost.expect("a heartbeat goes to four nodes").words();
    assert!(words.starts_with("loses 4 messages to nodes"), "{words}");
    assert!(words.ends_with("(the network is partitioned)"), "{words}");
}

#[test]
fn nothing_else_is_folded_and_the_order_stays() {
    let rows = story();
    for pair in rows.windows(2) {
        assert!(pair[0].oldest().number > pair[1].newest().number);
    }
    for row in &rows {
        if let EventRow::Lost { from, reason, events } = row {
            assert!(events.iter().all(|event| loss(event) == Some((*from, *reason))));
        }
    }
}

#[test]
fn the_node_in_the_margin_is_not_repeated() {
    let rows = story();
    let voted = rows.iter().map(EventRow::words).find(|words| words.starts_with("votes for"));
    assert!(voted.is_some(), "somebody voted, and the sentence starts with the verb");
}

#[test]
fn no_more_lines_than_asked_for() {
    let rows = story();
    let events: Vec<Rc<Event>> = rows.iter().map(|row| row.newest().clone()).collect();
    assert_eq!(event_rows(events.iter(), 3).len(), 3);
}
