use std::rc::Rc;

use raft_core::{Instant, LogIndex, NodeId, RoleKind, Term};
use raft_diagram::LaneId;
use raft_sim::NodeState;
use raft_trace::{RecordedRun, read_trace, write_trace};

use super::{Recorded, Watched};
use crate::view::ViewWindow;
use crate::{DiagramWindow, FateView, ItemShape, MessageLook, PropertyVerdict};

const LINES: &str = "\
000000 S1 T0 START
000000 S2 T0 START
000000 S3 T0 START
000010 S1 T1 CANDIDATE
000010 S1 T1 VOTE -> S1
000011 S1 T1 SEND 1 RequestVote -> S2
000011 S1 T1 SEND 2 RequestVote -> S3
000014 S2 T1 RECV 1
000014 S2 T1 VOTE -> S1
000014 S2 T1 SEND 3 Granted -> S1
000016 S3 T0 LOST 2
000019 S1 T1 RECV 3
000019 S1 T1 LEADER
000020 S1 T1 APPEND 1@1 x=1
000025 S1 T1 COMMIT 1
000030 S2 T1 DOWN
";

fn recorded(text: &str) -> Recorded {
    Recorded::new(Rc::new(read_trace(text.as_bytes(), None).expect("a trace")))
}

#[test]
fn a_moment_is_a_view_of_what_the_file_told_by_then() {
    let run = recorded(LINES);
    let window = ViewWindow::default();
    let end = run.view_after(run.events(), &window);
    assert_eq!(end.leader, Some(NodeId(1)));
    assert_eq!(end.headline.to_string(), "Node 1 leads term 1. Committed: entry 1.");
    let leader = end.node(NodeId(1)).and_then(|node| node.core.as_ref()).expect("it runs");
    assert_eq!((leader.role, leader.current_term), (RoleKind::Leader, Term(1)));
    assert_eq!(end.node(NodeId(2)).map(|node| node.state), Some(NodeState::Crashed));
    let log = &end.logs.nodes[0];
    assert_eq!((log.entries[0].words.as_str(), log.commit_index), ("x=1", LogIndex(1)));

    let before = run.view_after(0, &window);
    assert!(before.nodes.iter().all(|node| node.is_unknown() && !node.is_down()));
    assert_eq!(before.headline.to_string(), "The file has not told yet who leads.");
    assert_eq!((before.logs.last, before.leader), (LogIndex(0), None));
}

#[test]
fn any_moment_is_the_same_whatever_was_shown_before() {
    let many: String =
        (1..=700).map(|index| format!("{index} S1 T1 APPEND {index}@1 x={index}\n")).collect();
    let run = recorded(&many);
    let last = |events| run.view_after(events, &ViewWindow::default()).logs.last.0;
    assert_eq!([last(700), last(255), last(256), last(257), last(0)], [700, 255, 256, 257, 0]);
}

#[test]
fn messages_are_between_the_two_times_that_the_file_tells() {
    let run = recorded(LINES);
    let view = run.view_after(7, &ViewWindow::default());
    let [first, second] = &view.messages[..] else { panic!("{:?}", view.messages) };
    assert_eq!((first.look, first.to), (MessageLook::RequestVote, NodeId(2)));
    assert_eq!((first.sent_at, first.arrives_at), (Instant(11_000), Instant(14_000)));
    assert_eq!(second.arrives_at, Instant(16_000));
    // The name is the program's own.
    let named = run.view_after(10, &ViewWindow::default());
    let granted = named.messages.iter().find(|message| message.to == NodeId(1)).expect("sent");
    assert_eq!((granted.kind, granted.look), (None, MessageLook::Other));
    let lost = run.view_after(11, &ViewWindow::default());
    assert_eq!(lost.lost.iter().map(|lost| lost.lost_at).collect::<Vec<_>>(), [Instant(16_000)]);
    assert!(run.view_after(12, &ViewWindow::default()).lost.is_empty());
}

#[test]
fn what_the_file_does_not_tell_is_not_known() {
    let run = recorded(LINES);
    let nodes = run.nodes_after(run.events());
    let third = &nodes[2];
    assert_eq!(
        (third.id, third.commit_index.clone(), third.last_log.clone()),
        (NodeId(3), None, None)
    );
    let first = &nodes[0];
    assert_eq!(first.voted_for.as_deref(), Some("1"));
    assert_eq!((first.last_log.as_deref(), first.last_applied.as_deref()), (Some("1@1"), None));

    let clocks = "red {\"red\":1}\nasks\nblue {\"blue\":1,\"red\":1}\nhears\n";
    let run = recorded(clocks);
    assert!(!run.has_times());
    let view = run.view_after(2, &ViewWindow::default());
    assert!(view.nodes.iter().all(|node| node.is_unknown()));
    assert_eq!(view.headline.to_string(), "The file does not tell who leads.");
    let nodes = run.nodes_after(2);
    assert_eq!((nodes[1].name.as_deref(), nodes[1].state.clone()), (Some("blue"), None));
    // Who learned of what is a message.
    assert_eq!(run.view_after(1, &ViewWindow::default()).messages.len(), 1);
}

#[test]
fn only_the_length_of_a_log_may_be_known() {
    let text = "{\"event\":{\"name\":\"BecomeLeader\",\"nid\":\"1\",\"role\":\"StateLeader\",\
                \"log\":3,\"state\":{\"term\":\"2\",\"vote\":\"1\",\"commit\":\"0\"}}}";
    let text =
        text.replace("\"term\":\"2\"", "\"term\":2").replace("\"commit\":\"0\"", "\"commit\":0");
    let run = recorded(&text);
    let logs = run.view_after(1, &ViewWindow::default()).logs.clone();
    assert!(logs.nodes[0].is_length_only && logs.nodes[0].entries.is_empty());
    assert_eq!(logs.last, LogIndex(3));
    assert_eq!(run.nodes_after(1)[0].last_log.as_deref(), Some("3"));
    assert_eq!(run.elections(), [0]);
}

#[test]
fn the_diagram_has_arrows_with_their_ends_and_the_other_events() {
    let run = recorded(LINES);
    let window = DiagramWindow { from: Some(Instant(0)), span: 40_000, ..DiagramWindow::default() };
    let view = run.diagram_after(run.events(), &window);
    let lanes: Vec<LaneId> = view.lanes.iter().map(|lane| lane.id).collect();
    assert_eq!(lanes, [1, 2, 3].map(|node| LaneId::Node(NodeId(node))));
    let label = |shown: &crate::ShownItem| shown.item.label.to_string();
    let (arrows, points): (Vec<_>, Vec<_>) =
        view.items.iter().partition(|shown| matches!(shown.item.shape, ItemShape::Message { .. }));
    let arrows: Vec<String> = arrows.into_iter().map(label).collect();
    assert_eq!(arrows, ["RequestVote", "RequestVote", "Granted"]);
    let points: Vec<String> = points.into_iter().map(label).collect();
    let expected = [
        "START",
        "START",
        "START",
        "CANDIDATE",
        "VOTE -> S1",
        "VOTE -> S1",
        "LEADER",
        "APPEND 1@1 x=1",
        "COMMIT 1",
        "DOWN",
    ];
    assert_eq!(points, expected);
    let lost = view.items.iter().filter(|shown| {
        matches!(&shown.item.shape, ItemShape::Message { fate: FateView::Lost(_), .. })
    });
    assert_eq!(lost.count(), 1);
    assert_eq!(run.elections(), [12]);
    assert_eq!(run.usual_span(2), 3_000, "of any three events in a row");
}

/// The trace of a simulated run, with elections, a crash and snapshots.
fn trace() -> String {
    let script = "cluster nodes=3 seed=4 snapshot=3\nrun until leader\nload 90/s for=1500ms\n\
                  run 600ms\ncrash leader\nrun 600ms\nrestart all\nrun 800ms\n";
    let script = raft_script::parse(script).expect("a script");
    let session = raft_script::run(&script, &mut |_| {}).session.expect("a session");
    let mut text = Vec::new();
    write_trace(&session, &mut text).expect("memory takes everything");
    String::from_utf8(text).expect("a trace is text")
}

/// Without its events, and those.
fn apart(run: &RecordedRun) -> (RecordedRun, Vec<raft_trace::TraceStep>) {
    let mut empty = run.clone();
    let steps = std::mem::take(&mut empty.steps);
    (empty, steps)
}

/// All that a panel shows of a moment.
fn assert_same(one: &Recorded, other: &Recorded, events: usize) {
    let window = ViewWindow::default();
    let (one_view, view) = (one.view_after(events, &window), other.view_after(events, &window));
    assert!(one_view == view, "after {events} events:\n{one_view:#?}\n{view:#?}");
    assert_eq!(one.nodes_after(events), other.nodes_after(events), "after {events} events");
    let from = Some(Instant(one.time_after(events).0.saturating_sub(20_000)));
    let window = DiagramWindow { from, span: 40_000, ..DiagramWindow::default() };
    let (one, other) = (one.diagram_after(events, &window), other.diagram_after(events, &window));
    assert!(one == other, "after {events} events:\n{one:#?}\n{other:#?}");
}

#[test]
fn a_run_that_comes_in_pieces_is_the_run_that_is_read_at_once() {
    let clocks = "red {\"red\":1}\nasks\nblue {\"blue\":1,\"red\":1}\nhears\n";
    for text in [&trace(), clocks, LINES] {
        let run = read_trace(text.as_bytes(), None).expect("a trace");
        let whole = Recorded::new(Rc::new(run.clone()));
        for size in [1, 7, 300] {
            let (empty, steps) = apart(&run);
            let mut grown = Recorded::growing(RecordedRun { steps: steps[..1].to_vec(), ..empty });
            for piece in steps[1..].chunks(size) {
                grown.extend(piece.to_vec());
            }
            assert_eq!(grown.elections(), whole.elections());
            grown.is_growing = false;
            for events in (1..whole.events()).step_by(13).chain([whole.events()]) {
                assert_same(&grown, &whole, events);
            }
        }
    }
}

#[test]
fn the_oldest_events_are_dropped_and_the_moments_that_are_left_stay() {
    let run = read_trace(trace().as_bytes(), None).expect("a trace");
    let whole = Recorded::new(Rc::new(run.clone()));
    let (empty, steps) = apart(&run);
    let mut kept = Recorded::growing(empty);
    for piece in steps.chunks(100) {
        kept.extend(piece.to_vec());
        kept.keep_last(200);
        let left = kept.events() - kept.first();
        assert!(left <= 200 && (left > 150 || kept.first() == 0), "{left} are left");
        assert!(kept.states.len() <= 3 && kept.times.len() == left, "memory is bounded");
    }
    assert!(kept.first() > 1000 && kept.events() == whole.events(), "{}", whole.events());
    assert_eq!((kept.event(0), kept.event(kept.first())), (None, whole.event(kept.first())));
    kept.is_growing = false;
    // A message that was under way is not told again.
    for events in (kept.first() + 100..=whole.events()).step_by(7) {
        assert_same(&kept, &whole, events);
    }
    // A moment that is gone is shown as the first one that is there.
    let window = ViewWindow::default();
    let first = kept.view_after(kept.first(), &window);
    assert_eq!((kept.view_after(0, &window), first.now), (first, whole.time_after(kept.first())));
}

#[test]
fn a_cause_is_an_event_that_is_there() {
    let run = read_trace(trace().as_bytes(), None).expect("a trace");
    let mut recorded = Recorded::new(Rc::new(run));
    let place = recorded.events() - 1;
    let (place, cause) = (0..=place)
        .rev()
        .find_map(|place| Some((place, recorded.cause_of(place)?)))
        .expect("some event has a cause");
    assert!(cause < place);
    recorded.keep_last(1);
    assert_eq!(recorded.cause_of(place), None);
}

#[test]
fn a_watched_cluster_has_a_run_a_verdict_and_servers_in_sight() {
    let text = trace();
    let mut watched = Watched::default();
    assert!(watched.take("").is_ok() && watched.run().is_none());
    let (whole, lines) = (recorded(&text), text.lines().collect::<Vec<&str>>());
    watched.take(lines[0]).expect("a header");
    let mut from = 0;
    while from < whole.events() {
        let moment = whole.run.moment(from);
        from = moment.end;
        watched.take(&lines[1..][moment].join("\n")).expect("a moment");
    }
    let run = watched.run().expect("it has begun");
    assert_same(&run.borrow(), &whole, whole.events());
    let before = run.borrow().view_after(0, &ViewWindow::default()).headline.to_string();
    assert_eq!(before, "No server has told yet who leads.");
    let verdict = watched.verdict().expect("it has begun");
    let judged = |it: &&crate::JudgedProperty| it.verdict == PropertyVerdict::Holds;
    assert_eq!((verdict.broken, verdict.properties.iter().filter(judged).count()), (None, 9));
    let observed = |event: u64| {
        let position = "{\"index\":0,\"term\":0}";
        format!(
            "{{\"event\":{event},\"time_us\":9000000000,\"kind\":\"observed\",\"node\":2,\
             \"role\":\"follower\",\"term\":9,\"voted_for\":null,\"snapshot\":{position},\
             \"log_start\":{position},\"entries\":[],\"commit_index\":0,\"last_applied\":0,\
             \"text\":\"\"}}\n"
        )
    };
    let next = whole.events() as u64 + 1;
    watched.take(&observed(next)).expect("a state");
    assert_eq!((watched.servers(), watched.missed()), ((1, 3), None));
    watched.take(&observed(next + 1)).expect("a state");
    let missed = watched.missed().expect("what was between");
    assert_eq!((missed.times, missed.node), (1, NodeId(2)));
    let gone = format!(
        "{{\"event\":{},\"time_us\":9000000001,\"kind\":\"out_of_sight\",\"node\":2,\
         \"reason\":\"nobody answers\",\"text\":\"\"}}\n",
        next + 2
    );
    watched.take(&gone).expect("an event");
    assert_eq!(watched.servers(), (0, 3));
    let unseen = run.borrow().view_after(usize::MAX, &ViewWindow::default());
    assert!(unseen.node(NodeId(2)).is_some_and(|node| node.is_unknown() && !node.is_down()));
    assert_eq!(run.borrow().nodes_after(usize::MAX)[1].state, None);
    let wrong = watched.take(&format!("{}not JSON\n", observed(next + 3))).expect_err("not JSON");
    assert!(wrong.message.contains("this is not JSON"), "{wrong}");
    assert_eq!(watched.servers(), (1, 3), "the lines before it count");
    // Another connection is another run, from its header on.
    watched.connect();
    assert!(watched.run().is_some_and(|still| Rc::ptr_eq(&still, &run)));
    watched.take(text.lines().next().expect("a header")).expect("a header");
    assert_eq!(watched.run().map(|run| run.borrow().events()), Some(0));
    assert_eq!((watched.servers(), watched.missed()), ((0, 3), None));
}

#[test]
fn the_memory_of_a_watched_cluster_is_bounded() {
    let text = trace();
    let mut watched = Watched::default();
    let mut lines = text.lines();
    watched.take(lines.next().expect("a header")).expect("a header");
    let kind = "\"kind\":\"timer_elapsed\",\"node\":1,\"timer\":\"election\",\"text\":\"\"";
    for first in (0..60_000).step_by(1000) {
        let message = (first + 1..=first + 1000)
            .map(|event| format!("{{\"event\":{event},\"time_us\":{event},{kind}}}\n"))
            .collect::<String>();
        watched.take(&message).expect("events");
        let run = watched.run().expect("it has begun");
        assert!(run.borrow().events() - run.borrow().first() <= super::watched::MOST_EVENTS);
    }
    assert_eq!(watched.run().map(|run| run.borrow().first()), Some(33_000));
}
