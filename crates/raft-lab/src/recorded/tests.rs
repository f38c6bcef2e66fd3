use std::rc::Rc;

use raft_core::{Instant, LogIndex, NodeId, RoleKind, Term};
use raft_diagram::LaneId;
use raft_sim::NodeState;
use raft_trace::read_trace;

use super::Recorded;
use crate::view::ViewWindow;
use crate::{DiagramWindow, FateView, ItemShape, MessageLook};

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
