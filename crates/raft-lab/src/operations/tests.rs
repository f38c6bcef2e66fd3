use super::*;

const CLIENT: ClientId = ClientId(1);
const FIRST: Sequence = Sequence(1);

fn event(at: u64, kind: EventKind) -> Event {
    let number = raft_sim::EventNumber::new(1).unwrap();
    Event { number, step: 1, at: Instant(at), cause: None, kind }
}

fn invoked() -> EventKind {
    let operation = Operation::Set { key: "x".into(), value: "1".into() };
    EventKind::Client {
        client: CLIENT,
        sequence: FIRST,
        event: ClientEvent::Invoked { operation, read: ReadPolicy::Log },
    }
}

fn asked(node: u64, attempt: u32) -> EventKind {
    EventKind::Client {
        client: CLIENT,
        sequence: FIRST,
        event: ClientEvent::Asked { node: NodeId(node), attempt },
    }
}

fn redirected(node: u64, leader: Option<u64>) -> EventKind {
    EventKind::Client {
        client: CLIENT,
        sequence: FIRST,
        event: ClientEvent::Redirected { node: NodeId(node), leader: leader.map(NodeId) },
    }
}

fn answered(response: Response, attempts: u32) -> EventKind {
    let (node, read) = (NodeId(3), ReadPolicy::Log);
    EventKind::Client {
        client: CLIENT,
        sequence: FIRST,
        event: ClientEvent::Answered { response, node, attempts, read },
    }
}

fn play(kinds: Vec<EventKind>) -> ClientAnswer {
    let mut answers = OperationTracker::default();
    let mut ended: Vec<ClientAnswer> =
        kinds.into_iter().filter_map(|kind| answers.observe(&event(7, kind))).collect();
    assert_eq!(ended.len(), 1);
    ended.remove(0)
}

#[test]
fn a_straight_answer() {
    let answer = play(vec![invoked(), asked(3, 1), answered(Response::Done, 1)]);
    assert_eq!(answer.to_string(), "client 1: set x=1 → ok (node 3)");
    assert!(answer.is_ok());
}

#[test]
fn a_redirect_is_told() {
    let answer = play(vec![
        invoked(),
        asked(1, 1),
        redirected(1, Some(3)),
        asked(3, 2),
        answered(Response::Done, 2),
    ]);
    assert_eq!(
        answer.to_string(),
        "client 1: set x=1 → ok (node 3, after 2 tries); node 1 redirected it to node 3"
    );
}

#[test]
fn a_long_way_is_shortened() {
    let mut kinds = vec![invoked()];
    kinds.extend((1..=5).map(|_| redirected(2, None)));
    kinds.push(answered(Response::Value(None), 6));
    assert_eq!(
        play(kinds).to_string(),
        "client 1: set x=1 → no value (node 3, after 6 tries); node 2 knew no leader; \
         node 2 knew no leader; node 2 knew no leader; and 2 more"
    );
}

#[test]
fn giving_up_is_no_answer() {
    let gave_up = EventKind::Client { client: CLIENT, sequence: FIRST, event: ClientEvent::GaveUp };
    let timed_out = EventKind::Client {
        client: CLIENT,
        sequence: FIRST,
        event: ClientEvent::TimedOut { node: NodeId(2) },
    };
    let answer = play(vec![invoked(), asked(2, 1), timed_out, gave_up]);
    assert!(!answer.is_ok());
    assert_eq!(
        answer.to_string(),
        "client 1: set x=1 → no answer after 1 try: it may have been applied, or may yet be; \
         node 2 did not answer in time"
    );
}

#[test]
fn operations_of_different_clients_are_kept_apart() {
    let mut answers = OperationTracker::default();
    let operation = Operation::Get { key: "y".into() };
    let read = ReadPolicy::Log;
    let other = EventKind::Client {
        client: ClientId(2),
        sequence: FIRST,
        event: ClientEvent::Invoked { operation, read },
    };
    assert!(answers.observe(&event(1, invoked())).is_none());
    assert!(answers.observe(&event(2, other)).is_none());
    let ended = answers.observe(&event(3, answered(Response::Done, 1))).expect("it is over");
    assert_eq!(ended.client, CLIENT);
    assert_eq!(ended.invoked_at, Instant(1));
}

#[test]
fn a_local_read_says_that_it_may_be_stale() {
    let (operation, read) = (Operation::Get { key: "x".into() }, ReadPolicy::Local);
    let invoked = EventKind::Client {
        client: CLIENT,
        sequence: FIRST,
        event: ClientEvent::Invoked { operation, read },
    };
    let answer = play(vec![invoked, asked(3, 1), answered(Response::Value(Some("1".into())), 1)]);
    assert_eq!(
        answer.to_string(),
        "client 1: get x read=local → value 1 (node 3): from the store of node 3, so it may be \
         stale"
    );
}

#[test]
fn a_refusal_on_the_way_is_told() {
    let (node, reason) = (NodeId(2), RetryReason::Refused(raft_core::Refusal::TermNotCommitted));
    let refused = EventKind::Client {
        client: CLIENT,
        sequence: FIRST,
        event: ClientEvent::MustRetry { node, reason },
    };
    let answer = play(vec![invoked(), asked(2, 1), refused, answered(Response::Done, 2)]);
    assert_eq!(
        answer.to_string(),
        "client 1: set x=1 → ok (node 3, after 2 tries); node 2 refused it: the leader has \
         not committed an entry of its own term yet"
    );
}
