use super::*;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);

fn line(members: &str) -> Line {
    Line { members: members.to_owned(), ..Line::default() }
}

fn sent(id: u64) -> Line {
    let message = r#"{"type":"AppendEntries","term":3}"#;
    let text = format!("message {id}");
    let ends = format!(r#""from":1,"to":2,"message":{message},"arrives_at":7"#);
    let members = format!(r#""kind":"sent","id":{id},{ends},"text":"{text}""#);
    Line { message: id, is_sent: true, ..line(&members) }
}

fn arrived(id: u64) -> Line {
    let members = format!(r#""kind":"arrived","id":{id},"text":"message {id} arrives""#);
    Line { message: id, ..line(&members) }
}

fn moment(time_us: u64, lines: Vec<Line>) -> Moment {
    Moment { time_us, lines }
}

/// What comes out by a time: the node, the kind, and the cause.
fn told(merge: &mut Merge, at: Instant) -> Vec<(u64, String, Option<u64>)> {
    let lines = merge.due(at);
    let kind = |members: &str| members.split('"').nth(3).unwrap_or(members).to_owned();
    lines.iter().map(|line| (line.node.0, kind(&line.members), line.cause)).collect()
}

fn row(node: u64, kind: &str, cause: Option<u64>) -> (u64, String, Option<u64>) {
    (node, kind.to_owned(), cause)
}

#[test]
fn times_order_what_has_no_other_order() {
    let (mut merge, now) = (Merge::default(), Instant::now());
    merge.take(B, moment(20, vec![line("later")]), now);
    merge.take(A, moment(10, vec![line("earlier")]), now + HOLD / 2);
    assert_eq!(told(&mut merge, now + HOLD / 2), [], "an earlier one may come");
    let all = [row(1, "earlier", None), row(2, "later", None)];
    assert_eq!(told(&mut merge, now + HOLD * 2), all);
}

/// The clock of the receiver is a second late, and it tells first.
#[test]
fn a_message_arrives_after_it_was_sent_whatever_the_clocks_say() {
    let (mut merge, now) = (Merge::default(), Instant::now());
    merge.take(B, moment(1_000, vec![arrived(5)]), now);
    merge.take(A, moment(1_001_000, vec![sent(5)]), now + HOLD * 2);
    assert_eq!(told(&mut merge, now + HOLD * 2), [], "what was sent is not known yet");
    let lines = merge.due(now + HOLD * 4);
    assert!(lines.windows(2).all(|pair| pair[0].time_us < pair[1].time_us), "{lines:?}");
    let told: Vec<_> = lines.iter().map(|line| (line.node, line.cause)).collect();
    assert_eq!(told, [(A, None), (B, Some(1))]);
}

/// The nodes' own numbers are long.
#[test]
fn messages_are_numbered_from_1_at_both_ends() {
    let (mut merge, now) = (Merge::default(), Instant::now());
    merge.take(A, moment(10, vec![sent(2_297_320_964_111), sent(2_297_320_964_112)]), now);
    merge.take(B, moment(11, vec![arrived(2_297_320_964_112)]), now);
    let lines: Vec<String> =
        merge.due(now + HOLD * 2).into_iter().map(|line| line.members).collect();
    assert!(lines[1].contains(r#""id":2,"#) && lines[1].contains("message 2\""), "{lines:?}");
    assert_eq!(lines[2], r#""kind":"arrived","id":2,"text":"message 2 arrives""#);
}

#[test]
fn nothing_waits_for_ever_for_its_cause() {
    let (mut merge, now) = (Merge::default(), Instant::now());
    merge.take(B, moment(10, vec![arrived(5)]), now);
    assert_eq!(told(&mut merge, now + PATIENCE / 2), []);
    assert_eq!(told(&mut merge, now + PATIENCE), [row(2, "arrived", None)]);
}

#[test]
fn causes_within_a_moment_are_lines_of_the_trace() {
    let (mut merge, now) = (Merge::default(), Instant::now());
    merge.take(A, moment(10, vec![line("before")]), now);
    let caused = Line { cause: 1, ..line("caused") };
    // A line is not caused by itself, or by one that comes after it.
    let wrong = Line { cause: 3, ..line("wrong") };
    merge.take(A, moment(11, vec![line("cause"), caused, wrong]), now);
    let causes: Vec<Option<u64>> = merge.due(now + HOLD).iter().map(|line| line.cause).collect();
    assert_eq!(causes, [None, None, Some(2), None]);
}

#[test]
fn what_does_not_arrive_is_lost_and_told_once() {
    let (mut merge, now) = (Merge::default(), Instant::now());
    merge.take(A, moment(10, vec![sent(5), sent(6)]), now);
    assert_eq!(told(&mut merge, now + HOLD).len(), 2);
    merge.take(B, moment(11, vec![arrived(5)]), now + HOLD);
    assert_eq!(told(&mut merge, now + HOLD * 2), [row(2, "arrived", Some(1))]);
    let lost = merge.due(now + HOLD + LOST);
    assert_eq!((lost.len(), lost[0].node, lost[0].cause), (1, A, Some(2)));
    let members: serde_json::Value =
        serde_json::from_str(&format!("{{{}}}", lost[0].members)).expect("it is JSON");
    assert_eq!((&members["kind"], &members["id"]), (&"dropped".into(), &2.into()));
    assert_eq!(members["text"], "AppendEntries from node 1 to node 2 was not seen to arrive");
    assert_eq!(told(&mut merge, now + LOST * 3), []);
}

/// A gap would be taken for something that the node did.
#[test]
fn of_a_node_that_is_too_fast_nothing_is_told_until_it_tells_its_state() {
    let (mut merge, now) = (Merge::default(), Instant::now());
    for number in 0..MOST_WAITING as u64 {
        assert!(!merge.take(A, moment(number, vec![line("much")]), now));
    }
    assert!(merge.take(A, moment(99_000, vec![line("too much")]), now), "it is asked again");
    assert!(!merge.take(A, moment(99_001, vec![line("after a gap")]), now), "once");
    let state = Line { is_state: true, ..line("state") };
    assert!(!merge.take(A, moment(99_002, vec![state]), now));
    merge.take(A, moment(99_003, vec![line("after")]), now);
    assert_eq!(told(&mut merge, now + HOLD), [row(1, "state", None), row(1, "after", None)]);
}

#[test]
fn who_goes_out_of_sight_did_what_it_told_before() {
    let (mut merge, now) = (Merge::default(), Instant::now());
    merge.take(A, moment(10, vec![line("last")]), now);
    merge.lose_sight(A, "it \"stops\"", now);
    let all = [row(1, "last", None), row(1, "out_of_sight", None)];
    assert_eq!(told(&mut merge, now + HOLD), all);
}
