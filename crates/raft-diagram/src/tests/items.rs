//! Items, edges and filters.

use raft_core::{ElectionReason, StepDownReason};
use raft_core::{
    ElectionTrace, LifecycleTrace, LogPosition, PreVoteTrace, RoleKind, TermTrace, Trace,
};
use raft_sim::{NetworkEvent, WriteFailure};

use super::*;
use crate::{
    ClientOperation, DiagramFilter, DiagramFull, DiskWrite, Fate, ItemKind, LaneId, Layer,
    MAX_EVENTS, MessageArrow, OperationResult, WriteResult,
};

fn fate(item: &Item) -> Fate {
    let ItemKind::Message(MessageArrow { fate, .. }) = item.kind else {
        panic!("{item:?} is no message")
    };
    fate
}

fn written(item: &Item) -> WriteResult {
    let ItemKind::Write(DiskWrite { result, .. }) = item.kind else {
        panic!("{item:?} is no write")
    };
    result
}

#[test]
fn a_message_goes_from_its_sending_to_its_arrival() {
    let mut story = Story::default();
    let sent = story.sent(0, 1, heartbeat(0));
    assert_eq!(fate(story.item(sent)), Fate::UnderWay);
    assert_eq!(story.item(sent).ended, None);
    let held = story.message(sent, 1, heartbeat(0), MessageEvent::Held);
    assert_eq!(fate(story.item(held)), Fate::Held);
    let arrived = story.delivered(sent, 1);
    let item = story.item(sent);
    assert_eq!(fate(item), Fate::Arrived);
    assert_eq!((item.began.at, item.began.event), (Instant(1000), number(sent)));
    let ended = item.ended.unwrap();
    assert_eq!((ended.at, ended.event), (Instant(3000), number(arrived)));
    assert_eq!(story.item(arrived).began.event, number(sent), "the arrival selects the arrow");
    let lanes: Vec<LaneId> = story.diagram.lanes().map(|lane| lane.id).collect();
    assert_eq!(lanes, [LaneId::Node(NodeId(1)), LaneId::Node(NodeId(2))]);
}

#[test]
fn a_lost_message_says_when_and_why() {
    let mut story = Story::default();
    let sent = story.sent(0, 1, heartbeat(0));
    let cut = story.tell(0, EventKind::Network(NetworkEvent::Healed));
    let lost = story.dropped(cut, 1, DropReason::LinkCut);
    let item = story.item(lost);
    assert_eq!(item.began.event, number(sent));
    assert_eq!(fate(item), Fate::Lost(DropReason::LinkCut));
    assert_eq!(item.ended.unwrap().at, Instant(3000));
    assert!(item.words().to_string().ends_with("lost: the link is cut"), "{}", item.words());
}

#[test]
fn a_write_lasts_until_it_is_durable_or_fails() {
    let mut story = Story::default();
    let (first, second) = (story.write(1), story.write(2));
    let durable = story.disk(first, DiskEvent::WriteDurable { id: PersistId(1) });
    let failure = WriteFailure::Fsync;
    let event = DiskEvent::WriteFailed { id: PersistId(2), failure, is_ignored: false };
    story.disk(second, event);
    assert_eq!(written(story.item(first)), WriteResult::Durable);
    assert_eq!(story.item(first).ended.unwrap().event, number(durable));
    assert_eq!(written(story.item(second)), WriteResult::Failed);
}

#[test]
fn a_crash_loses_the_last_writes() {
    let mut story = Story::default();
    let writes = [1, 2, 3].map(|id| story.write(id));
    let crash = story.process(0, 1, ProcessEvent::Crashed);
    let id = PersistId(2);
    story.disk(crash, DiskEvent::WriteTorn { id, landed: Arc::default() });
    story.disk(crash, DiskEvent::WritesLost { writes: 2, undo: Arc::default() });
    let results = writes.map(|event| written(story.item(event)));
    assert_eq!(results, [WriteResult::Durable, WriteResult::Torn, WriteResult::Lost]);
    for event in writes {
        assert_eq!(story.item(event).ended.unwrap().event, number(crash));
    }
    let again = story.write(1);
    assert_eq!(written(story.item(again)), WriteResult::UnderWay, "a new incarnation");
}

#[test]
fn an_operation_lasts_from_its_invocation_to_its_answer() {
    let mut story = Story::default();
    let invoked = story.invokes(7, set("x", "1"));
    let answered = story.answers(7, invoked, Response::Done);
    let asked = story.invokes(7, get("x"));
    story.client(asked, 7, asked, ClientEvent::GaveUp);
    let open = story.invokes(7, get("y"));
    let item = story.item(answered);
    assert_eq!(item.began.event, number(invoked));
    assert_eq!(item.ended.unwrap().event, number(answered));
    assert_eq!(item.words().to_string(), "client 7: set x=1 → done");
    let result = |event| {
        let item = story.item(event);
        let ItemKind::Operation(ClientOperation { result, .. }) = &item.kind else {
            panic!("{item:?} is no operation")
        };
        result.clone()
    };
    assert_eq!(result(asked), OperationResult::GaveUp);
    assert_eq!(result(open), OperationResult::Open);
}

#[test]
fn requests_and_replies_are_arrows() {
    let mut story = Story::default();
    let (node, outcome) = (NodeId(1), raft_core::Outcome::NotLeader { leader: None });
    let invoked = story.invokes(1, set("x", "1"));
    let asked = story.client(invoked, 1, invoked, ClientEvent::Asked { node, attempt: 1 });
    let event = ClientEvent::Arrived { node, attempt: 1, is_up: false };
    story.client(asked, 1, invoked, event);
    let replied = story.client(asked, 1, invoked, ClientEvent::Replied { node, outcome });
    let event = ClientEvent::Redirected { node, leader: None };
    let redirected = story.client(replied, 1, invoked, event);
    let fate = |event| {
        let item = story.item(event);
        let ItemKind::Exchange(arrow) = &item.kind else { panic!("{item:?} is no arrow") };
        (arrow.is_reply, arrow.fate)
    };
    assert_eq!(fate(asked), (false, Fate::Lost(DropReason::NodeDown)));
    assert_eq!(fate(redirected), (true, Fate::Arrived), "its event ends the reply");
    assert!(story.diagram.items().iter().any(|item| matches!(item.kind, ItemKind::Point(_))));
}

#[test]
fn only_the_answer_of_the_store_is_the_reply_to_a_read() {
    let mut story = Story::default();
    let (node, index) = (NodeId(1), LogIndex(1));
    let invoked = story.invokes(1, get("x"));
    let outcome = raft_core::Outcome::Readable { index };
    let replied = story.client(invoked, 1, invoked, ClientEvent::Replied { node, outcome });
    let (client, sequence, read) = (ClientId(1), Sequence(invoked), ReadPolicy::Quorum);
    let event = raft_sim::StateMachineEvent::ReadServed { client, sequence, read, index };
    let served = story.tell(replied, EventKind::StateMachine { node, event });
    let event = ClientEvent::Answered { response: found(None), node, attempts: 1, read };
    story.client(served, 1, invoked, event);
    assert!(matches!(story.item(replied).kind, ItemKind::Point(_)));
    assert!(matches!(story.item(served).kind, ItemKind::Exchange(_)));
    assert!(story.diagram.items().iter().all(|item| item.ended.is_some()));
}

#[test]
fn the_edge_follows_term_role_and_process() {
    let mut story = Story::default();
    let node = NodeId(1);
    let mut decide = |trace: Trace| story.tell(0, EventKind::Core { node, trace });
    let zero = LogPosition::default();
    let reason = ElectionReason::LeaderSilent;
    let started = LifecycleTrace::Started {
        term: Term(3),
        voted_for: None,
        snapshot: zero,
        last_log: zero,
        commit_index: LogIndex(0),
    };
    decide(started.into());
    decide(PreVoteTrace::Started { term: Term(4), reason, last_log: zero }.into());
    decide(ElectionTrace::Started { term: Term(4), reason, last_log: zero }.into());
    decide(ElectionTrace::BecameLeader { term: Term(4), voters: vec![node] }.into());
    decide(TermTrace::Advanced { from: Term(4), to: Term(6), by: NodeId(2) }.into());
    let reason = StepDownReason::LaterTerm(Term(6));
    decide(TermTrace::SteppedDown { term: Term(6), reason }.into());
    story.process(0, 1, ProcessEvent::Paused);
    story.process(0, 1, ProcessEvent::Crashed);
    let lane = story.diagram.lanes().next().unwrap();
    let edge: Vec<_> = lane.edge.iter().map(|e| (e.term.0, e.role, e.is_paused)).collect();
    let expected = [
        (3, Some(RoleKind::Follower), false),
        (3, Some(RoleKind::PreCandidate), false),
        (4, Some(RoleKind::Candidate), false),
        (4, Some(RoleKind::Leader), false),
        (6, Some(RoleKind::Follower), false),
        (6, Some(RoleKind::Follower), true),
        (6, None, false),
    ];
    assert_eq!(edge, expected, "stepping down changes nothing more");
    assert_eq!(lane.edge_at(number(4)).unwrap().role, Some(RoleKind::Leader));
    assert_eq!(lane.edge_at(number(6)).unwrap().term, Term(6));
}

#[test]
fn only_a_heartbeat_that_repeats_the_last_one_is_noise() {
    let mut story = Story::default();
    let noise: Vec<bool> = [0, 0, 1, 1]
        .into_iter()
        .zip(1..)
        .map(|(commit, id)| {
            let sent = story.sent(0, id, heartbeat(commit));
            story.item(sent).is_noise
        })
        .collect();
    assert_eq!(noise, [false, true, false, true]);
}

#[test]
fn a_stretch_has_what_began_ended_or_lasts_there() {
    let mut story = Story::default();
    let early = story.write(1);
    let over = story.write(2);
    story.disk(over, DiskEvent::WriteDurable { id: PersistId(2) });
    for _ in 0..2000 {
        story.process(0, 1, ProcessEvent::Resumed);
    }
    let late = story.write(3);
    let between = |first: u64, last: u64| -> Vec<u64> {
        let items = story.diagram.items_between(number(first), number(last));
        items.map(|item| item.began.event.get()).collect()
    };
    assert_eq!(between(1500, 1501), [early, 1500, 1501]);
    assert_eq!(between(3, 3), [early, over], "the end is included");
    assert_eq!(between(late, late + 9), [early, late]);
    for (first, last) in [(1, 3000), (700, 900), (513, 514), (2000, 2004)] {
        let touches = |item: &&Item| {
            let ended = item.ended.map_or(u64::MAX, |ended| ended.event.get());
            item.began.event.get() <= last && ended >= first
        };
        let all = story.diagram.items().iter().filter(touches);
        let expected: Vec<u64> = all.map(|item| item.began.event.get()).collect();
        assert_eq!(between(first, last), expected, "{first} to {last}");
    }
}

#[test]
fn filters_choose_lanes_kinds_noise_and_events() {
    let mut story = Story::default();
    story.process(0, 1, ProcessEvent::Started);
    let started = story.process(0, 3, ProcessEvent::Started);
    let sent = story.sent(started, 1, heartbeat(0));
    let arrived = story.delivered(sent, 1);
    let repeated = story.sent(0, 2, heartbeat(0));
    let healed = story.tell(0, EventKind::Network(NetworkEvent::Healed));
    let shown = |filter: DiagramFilter| -> Vec<u64> {
        let items = story.diagram.shown_between(Instant(0), Instant(99_000), &filter);
        items.map(|item| item.began.event.get()).collect()
    };
    let all = DiagramFilter::default();
    assert_eq!(shown(all.clone()), [1, started, sent, healed]);
    let noisy = DiagramFilter { noise: true, ..all.clone() };
    assert_eq!(shown(noisy), [1, started, sent, repeated, healed]);
    let lanes = |nodes: &[u64]| Some(nodes.iter().map(|n| LaneId::Node(NodeId(*n))).collect());
    let first = DiagramFilter { lanes: lanes(&[1]), ..all.clone() };
    assert_eq!(shown(first), [1, healed], "an arrow needs both ends");
    let both = DiagramFilter { lanes: lanes(&[1, 2]), ..all.clone() };
    assert_eq!(shown(both), [1, sent, healed]);
    let hidden = [Layer::Heartbeats, Layer::Entries].into();
    assert_eq!(shown(DiagramFilter { hidden, ..all.clone() }), [1, started, healed]);
    let events = Some(story.diagram.past_of(number(arrived)));
    assert_eq!(shown(DiagramFilter { events, ..all.clone() }), [started, sent]);
    let events = Some(story.diagram.future_of(number(repeated)));
    assert_eq!(shown(DiagramFilter { events, ..all }), [repeated], "noise that is chosen");
}

#[test]
fn what_lasts_through_a_time_without_events_is_shown() {
    let mut story = Story::default();
    let sent = story.sent(0, 1, heartbeat(0));
    story.events = 9;
    let shown = |story: &Story, from, until| -> Vec<u64> {
        let filter = DiagramFilter::default();
        let items = story.diagram.shown_between(Instant(from), Instant(until), &filter);
        items.map(|item| item.began.event.get()).collect()
    };
    assert_eq!(shown(&story, 2_000, 3_000), [sent]);
    assert!(shown(&story, 0, 500).is_empty());
    story.events = sent;
    story.delivered(sent, 1);
    assert_eq!(shown(&story, 1_200, 1_300), [sent]);
    assert!(shown(&story, 2_100, 3_000).is_empty());
}

#[test]
fn a_diagram_says_that_it_is_full() {
    let mut story = Story::default();
    for action in 0..MAX_EVENTS as u64 {
        story.tell(0, EventKind::Acted { action });
    }
    let (at, kind) = (Instant(u64::MAX), EventKind::Acted { action: 0 });
    let event = Event { number: number(story.events + 1), step: 0, at, cause: None, kind };
    assert_eq!(story.diagram.observe(&event), Err(DiagramFull));
    assert_eq!(story.diagram.event_count(), MAX_EVENTS);
}

#[test]
#[should_panic(expected = "a diagram needs every event, in order")]
fn no_event_may_be_left_out() {
    let mut story = Story::default();
    story.process(0, 1, ProcessEvent::Started);
    story.events += 1;
    story.process(0, 1, ProcessEvent::Crashed);
}
