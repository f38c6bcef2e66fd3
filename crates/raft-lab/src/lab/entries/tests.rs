use super::super::tests::{console, finish, scratch};
use super::*;
use raft_core::{LogIndex, Term};

/// The entry that the first leader appends while it is alone, and what becomes of it.
fn with_a_lost_entry() -> (Lab, NodeId, LogPosition) {
    let mut lab = scratch();
    for line in ["run until leader", "run 200ms"] {
        lab.exec(line);
        finish(&mut lab);
    }
    let leader = lab.frame().view.leader.expect("somebody leads");
    lab.exec(&format!("partition {leader} | others"));
    lab.exec(&format!("set lost=1 via={leader}"));
    for line in ["run 2s", "heal", "run 2s", "set x=1", "run 200ms"] {
        lab.exec(line);
        finish(&mut lab);
    }
    let other = lab.frame().view.leader.expect("somebody leads");
    assert_ne!(other, leader);
    (lab, leader, LogPosition::new(LogIndex(2), Term(1)))
}

fn has_it(session: &Session, node: NodeId, entry: LogPosition) -> bool {
    cores(session).any(|(id, core)| id == node && has(core, entry))
}

/// The moment before the one that is shown.
fn before(lab: &Lab) -> Session {
    let journal = lab.session().journal();
    let moment = journal.before(lab.shown_session().moment()).expect("it is not the start");
    let place = Place { branch: lab.live, moment };
    lab.branches.at(place).expect("it is in the run")
}

#[test]
fn one_goes_to_where_an_entry_was_stored_and_removed() {
    let (mut lab, leader, entry) = with_a_lost_entry();
    // Seen from the moment at which it is in a log.
    let healed =
        lab.session().journal().iter().position(|line| line.statement.to_string() == "heal");
    lab.show_before(healed.expect("the network was healed")).expect("it is a statement");
    assert!(has_it(lab.shown_session(), leader, entry));

    lab.jump_to_entry(entry, EntryMoment::Stored);
    let durable = |session: &Session| {
        let mut cores = cores(session).filter(|(_, core)| has(core, entry));
        cores.any(|(_, core)| core.status().durable_index >= entry.index)
    };
    assert!(durable(lab.shown_session()) && !durable(&before(&lab)));

    lab.jump_to_entry(entry, EntryMoment::Removed);
    assert!(!has_it(lab.shown_session(), leader, entry) && has_it(&before(&lab), leader, entry));

    lab.jump_to_entry(entry, EntryMoment::Committed);
    assert!(console(&lab).contains("Entry 2 of term 1 was never committed."), "{}", console(&lab));
}

#[test]
fn one_goes_to_where_an_entry_was_committed_first() {
    let (mut lab, ..) = with_a_lost_entry();
    let log = lab.frame().view.logs.nodes[0].clone();
    for view in &log.entries {
        let entry = LogPosition::new(view.index, view.term);
        lab.return_to_live();
        lab.jump_to_entry(entry, EntryMoment::Committed);
        let committed = |session: &Session| {
            let mut cores = cores(session).filter(|(_, core)| has(core, entry));
            cores.any(|(_, core)| core.commit_index() >= entry.index)
        };
        assert!(committed(lab.shown_session()) && !committed(&before(&lab)), "{entry}");
    }
    lab.jump_to_entry(LogPosition::new(LogIndex(1), Term(1)), EntryMoment::Removed);
    assert!(console(&lab).contains("Entry 1 of term 1 was never removed."));
}

/// What a snapshot covers is not removed.
#[test]
fn a_compacted_entry_is_not_removed() {
    let (mut lab, ..) = with_a_lost_entry();
    for line in ["snapshot all", "run 200ms"] {
        lab.exec(line);
        finish(&mut lab);
    }
    lab.jump_to_entry(LogPosition::new(LogIndex(1), Term(1)), EntryMoment::Removed);
    assert!(console(&lab).contains("was never removed"), "{}", console(&lab));
    lab.jump_to_entry(LogPosition::new(LogIndex(1), Term(1)), EntryMoment::Committed);
    assert!(lab.frame().lab.time.is_past);
}
