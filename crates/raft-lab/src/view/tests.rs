use std::time::Duration;

use raft_core::{Bare, LogIndex, LogPosition, Term, say};
use raft_kv::{ClientId, Sequence};
use raft_sim::{NodeState, Setup, Words};

use super::*;
use crate::Lab;

fn scratch() -> Lab {
    let mut lab = Lab::scratch(Setup::default()).expect("the defaults are within bounds");
    lab.set_speed(f64::INFINITY);
    lab
}

fn run(lab: &mut Lab, line: &str) {
    lab.exec(line);
    while lab.pacing().running {
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
}

fn lab_with_leader() -> Lab {
    let mut lab = scratch();
    run(&mut lab, "run until leader");
    lab
}

fn view(lab: &Lab) -> Rc<View> {
    lab.frame().view
}

/// A view that remembers nothing.
fn anew(lab: &Lab) -> View {
    (*lab.view_anew()).clone()
}

fn leader(lab: &Lab) -> NodeId {
    view(lab).leader.expect("it was elected")
}

#[test]
fn the_view_is_what_the_world_is() {
    let mut lab = lab_with_leader();
    lab.exec("crash 2");
    lab.exec("link 1 -> 3 cut");
    let view = view(&lab);
    assert_eq!(view.version, VIEW_VERSION);
    assert_eq!(view.now, lab.session().world().now());
    assert_eq!(view.nodes.len(), 5);
    assert_eq!(view.nodes[1].state, NodeState::Crashed);
    assert_eq!(view.nodes[1].core, None, "a node that is down has forgotten it");
    assert_eq!(view.links.len(), 20);
    let cut: Vec<_> = view.links.iter().filter(|link| link.cut).collect();
    assert_eq!(cut.iter().map(|link| (link.from.0, link.to.0)).collect::<Vec<_>>(), [(1, 3)]);
    assert!(view.properties.len() >= 8);
    assert!(view.properties.iter().all(|property| property.holding));
}

#[test]
fn a_view_is_text_and_back() {
    let mut lab = lab_with_leader();
    let leader = leader(&lab);
    for line in ["set x=\"a b\"", "run 200ms", &format!("crash {leader}"), "link all loss=50%"] {
        run(&mut lab, line);
    }
    lab.exec(&format!("partition {leader} | others"));
    lab.exec("set y=1 client=2");
    run(&mut lab, "run 100ms");
    while view(&lab).messages.is_empty() {
        lab.step();
    }
    let message = Some(view(&lab).messages[0].id);
    lab.set_window(ViewWindow { message, disk: Some(leader), ..ViewWindow::default() });
    let view = view(&lab);
    assert!(view.message.is_some() && view.disk.is_some());
    assert!(view.partition.is_some() && !view.events.rows.is_empty());
    let text = serde_json::to_string(&*view).expect("a view is plain values");
    let back: View = serde_json::from_str(&text).expect("it is a view");
    assert_eq!(back, *view);
}

/// Everything that can happen to a view between two moments.
const STORY: &[&str] = &[
    "set x=1",
    "run 300ms",
    "load 200/s for=500ms",
    "run 300ms",
    "crash leader",
    "run 5ms",
    "set y=2 client=2",
    "run 1s",
    "restart all",
    "pause any follower",
    "partition 1 2 | others",
    "run 300ms",
    "heal",
    "link 1 -> 3 cut",
    "disk 4 latency=50ms..90ms",
    "add 6 as learner",
    "run 500ms",
    "snapshot leader",
    "run 50ms",
    "mark here",
];

#[test]
fn a_view_made_after_another_is_one_made_alone() {
    let mut lab = lab_with_leader();
    lab.set_window(ViewWindow { disk: Some(NodeId(4)), ..ViewWindow::default() });
    for line in STORY {
        run(&mut lab, line);
        assert_eq!(*view(&lab), anew(&lab), "after {line}");
        for _ in 0..5 {
            lab.step();
            assert_eq!(*view(&lab), anew(&lab), "a few steps after {line}");
        }
    }
    for steps in [400, 20, 350] {
        lab.show(steps);
        assert_eq!(*view(&lab), anew(&lab), "in the past");
    }
    lab.exec("set x=other");
    run(&mut lab, "run 200ms");
    assert_eq!(*view(&lab), anew(&lab), "on another branch");
    lab.switch_to(1).expect("the first branch stays");
    assert_eq!(*view(&lab), anew(&lab), "on the first branch again");
    let wishes = [
        ViewWindow { log: Some(2..5), ..ViewWindow::default() },
        ViewWindow { log: Some(0..u64::MAX), keys: 1..2, ..ViewWindow::default() },
        ViewWindow { events: 3, events_of: Some(NodeId(1)), ..ViewWindow::default() },
        ViewWindow { disk: Some(NodeId(2)), ..ViewWindow::default() },
    ];
    for wish in wishes {
        lab.set_window(wish.clone());
        assert_eq!(*view(&lab), anew(&lab), "{wish:?}");
    }
}

#[test]
fn parts_that_do_not_change_are_the_same_memory() {
    let mut lab = lab_with_leader();
    run(&mut lab, "set x=1");
    run(&mut lab, "run 200ms");
    let before = view(&lab);
    lab.exec("mark here");
    lab.set_speed(0.001);
    lab.set_running(true);
    lab.tick(Duration::from_millis(16), Duration::from_millis(8));
    let later = view(&lab);
    assert!(later.now > before.now && later.steps == before.steps, "only time has passed");
    assert!(later.is_same_but_for_time(&before));
    assert!(Rc::ptr_eq(&later.nodes, &before.nodes) && Rc::ptr_eq(&later.logs, &before.logs));
    assert!(Rc::ptr_eq(&later.messages, &before.messages));
    lab.set_running(false);

    let cut = leader(&lab);
    lab.exec(&format!("link {cut} -> {} cut", cut.0 % 5 + 1));
    let later = view(&lab);
    assert!(!Rc::ptr_eq(&later.links, &before.links));
    assert!(!later.is_same_but_for_time(&before));
    assert!(Rc::ptr_eq(&later.nodes, &before.nodes), "a link is no node");
    assert!(Rc::ptr_eq(&later.logs, &before.logs) && Rc::ptr_eq(&later.stores, &before.stores));
    assert!(Rc::ptr_eq(&later.properties, &before.properties));
    assert!(Rc::ptr_eq(&later.clients, &before.clients));
    assert!(Rc::ptr_eq(&later.membership, &before.membership));
    let known = &before.events.rows[0];
    assert!(later.events.rows.iter().any(|row| Rc::ptr_eq(row, known)), "events never change");
    assert!(Rc::ptr_eq(&later, &view(&lab)), "nothing has happened since");
}

#[test]
fn a_long_log_and_many_keys_fit_a_window() {
    let mut lab = lab_with_leader();
    for key in 0..300 {
        lab.exec(&format!("set key-{key:03}={key} client={}", key % 100 + 1));
    }
    run(&mut lab, "run 3s");
    let shown = view(&lab);
    assert!(shown.logs.last >= LogIndex(300), "{}", shown.logs.last);
    assert_eq!((shown.stores.total, shown.stores.keys.len()), (300, 200));
    for log in &shown.logs.nodes {
        assert_eq!(log.entries.len(), 200);
        assert_eq!(log.entries.last().map(|entry| entry.index), Some(log.last.index));
        assert_eq!(log.entry(log.last.index), log.entries.last());
        assert_eq!(log.entry(LogIndex(1)), None, "it is before the window");
    }
    let size = serde_json::to_string(&*shown).expect("a view is plain values").len();
    assert!(size < 250_000, "{size} bytes");

    lab.set_window(ViewWindow { log: Some(1..4), keys: 298..400, ..ViewWindow::default() });
    let shown = view(&lab);
    assert_eq!((shown.logs.first, shown.logs.end), (LogIndex(1), LogIndex(4)));
    assert!(shown.logs.nodes.iter().all(|log| log.entries.len() == 3));
    assert_eq!(
        shown.stores.keys.iter().map(|key| &**key).collect::<Vec<_>>(),
        ["key-298", "key-299"]
    );
}

#[test]
fn the_log_of_a_node_that_is_down_is_that_of_its_disk() {
    let mut lab = lab_with_leader();
    run(&mut lab, "set x=1");
    run(&mut lab, "run 300ms");
    let running = view(&lab).logs.nodes[2].clone();
    assert!(!running.is_on_disk && running.entries.len() >= 2);
    lab.exec("crash 3");
    let down = view(&lab).logs.nodes[2].clone();
    assert!(down.is_on_disk && down.damage.is_none());
    assert_eq!((down.last, &down.entries), (running.last, &running.entries));
    assert_eq!(down.durable_index, down.last.index);
    run(&mut lab, "set y=1");
    run(&mut lab, "run 300ms");
    let later = view(&lab);
    assert!(Rc::ptr_eq(&later.logs.nodes[2].entries[0], &down.entries[0]));
    assert_eq!(later.logs.nodes[2].last, down.last, "the disk has not changed");
    let next = later.logs.nodes[2].next_index;
    assert!(next.is_some(), "the leader still knows what it would send next");
    lab.exec("restart 3");
    assert!(!view(&lab).logs.nodes[2].is_on_disk);
    lab.exec("crash 3");
    lab.exec("disk 3 wipe");
    let wiped = view(&lab).logs.nodes[2].clone();
    assert!(wiped.entries.is_empty() && wiped.damage.is_some(), "{wiped:?}");
}

#[test]
fn an_entry_names_its_client_and_its_number() {
    // The sessions of later runs have larger ids.
    let setup = Setup { run: 3, ..Setup::default() };
    let mut lab = Lab::scratch(setup).expect("it is within bounds");
    lab.set_speed(f64::INFINITY);
    run(&mut lab, "run until leader");
    for line in ["set x=1 client=7", "set x=2 client=7"] {
        run(&mut lab, line);
        run(&mut lab, "run 300ms");
    }
    let view = view(&lab);
    let of_client = |entry: &&Rc<EntryView>| entry.client == Some(ClientId(7));
    let entries: Vec<_> = view.logs.nodes[0].entries.iter().filter(of_client).collect();
    let numbers: Vec<_> = entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(numbers, [Some(Sequence(1)), Some(Sequence(2))]);
    let noop = &view.logs.nodes[0].entries[0];
    assert_eq!((&*noop.words, noop.client, noop.sequence), ("no-op", None, None));
}

#[test]
fn an_answer_carries_its_value() {
    let mut lab = lab_with_leader();
    let answers = Rc::new(std::cell::RefCell::new(Vec::new()));
    for line in ["set x=\"a b\"", "get x", "get y", "list", "cas x wrong c", "append x \"!\""] {
        let answers = answers.clone();
        lab.exec_then(line, move |outcome| {
            let crate::ExecResult::Answered(answer) = outcome else { panic!("no answer") };
            answers.borrow_mut().push(AnswerView::from(&*answer));
        });
    }
    run(&mut lab, "run until idle");
    let answers = answers.borrow();
    let kinds: Vec<&str> = answers.iter().map(|answer| &*answer.kind).collect();
    assert_eq!(kinds, ["done", "value", "value", "list", "not_swapped", "appended"]);
    assert!(answers.iter().all(|answer| answer.ok));
    assert_eq!(answers[1].value.as_deref(), Some("a b"));
    assert_eq!(answers[2].value, None);
    let entries = answers[3].entries.as_ref().expect("a list has entries");
    assert_eq!(entries.get("x").map(String::as_str), Some("a b"));
    assert_eq!(answers[4].value.as_deref(), Some("a b"));
    assert_eq!(answers[5].length, Some(4));
}

#[test]
fn a_sentence_is_a_list_of_parts_and_their_things() {
    let words = Words::told(|out| {
        let position = LogPosition::new(LogIndex(4), Term(2));
        say!(out; NodeId(3), " has ", position, " of ", ClientId(9), Bare(Term(2)))
    });
    let text = serde_json::to_string(&words).expect("it is plain data");
    let expected = [
        r#"[{"text":"node 3","mention":{"node":3}},{"text":" has ","mention":null},"#,
        r#"{"text":"entry 4@2","mention":{"entry":{"index":4,"term":2}}},"#,
        r#"{"text":" of ","mention":null},{"text":"client 9","mention":{"client":9}},"#,
        r#"{"text":"2","mention":{"term":2}}]"#,
    ];
    assert_eq!(text, expected.concat());
    assert_eq!(serde_json::from_str::<Words>(&text).expect("it is as written"), words);
}

/// A held message stays in the view until it goes on, and undoing the hold undoes it there too.
#[test]
fn a_message_that_is_held_says_so() {
    let mut lab = scratch();
    lab.exec("timeout 1");
    while view(&lab).messages.is_empty() {
        lab.step();
    }
    let (id, now) = (view(&lab).messages[0].id, view(&lab).now);
    let held_since = |lab: &Lab| {
        let view = view(lab);
        let found = view.messages.iter().find(|message| message.id == id);
        found.map(|message| message.held_since)
    };
    assert_eq!(held_since(&lab), Some(None));
    lab.exec(&format!("hold message {id}"));
    assert_eq!(held_since(&lab), Some(Some(now)));
    run(&mut lab, "run 60ms");
    assert_eq!(held_since(&lab), Some(Some(now)));
    let hash = lab.session().world().trace_hash();
    lab.exec(&format!("release message {id}"));
    assert_eq!(held_since(&lab), Some(None));
    let released = view(&lab).messages.iter().find(|message| message.id == id).copied();
    assert_eq!(released.map(|message| message.waited_micros), Some(60_000));
    lab.exec("undo");
    assert_eq!((held_since(&lab), lab.session().world().trace_hash()), (Some(Some(now)), hash));
    run(&mut lab, &format!("deliver message {id}"));
    run(&mut lab, "step");
    assert_eq!(held_since(&lab), None);
}
