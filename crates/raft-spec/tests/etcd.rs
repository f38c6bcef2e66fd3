//! A run of etcd's raft, as its state trace tells it, and the same with a mistake.

use raft_spec::{HeldRun, hold};
use serde_json::{Value as Json, json};

/// One event: the state and the role are those before or after it, as etcd tells them.
fn event(name: &str, node: u64, (term, vote, commit, log): (u64, u64, u64, u64)) -> Json {
    let role = match (name, node) {
        ("BecomeCandidate" | "SendRequestVoteRequest", 1) => "StateCandidate",
        ("BecomeLeader" | "Replicate" | "Commit" | "Ready", 1) if term == 2 => "StateLeader",
        ("SendAppendEntriesRequest" | "ReceiveAppendEntriesResponse", 1) => "StateLeader",
        _ => "StateFollower",
    };
    let state = json!({"term": term, "vote": vote.to_string(), "commit": commit});
    let conf = [vec!["1", "2", "3"], vec![]];
    let id = node.to_string();
    json!({"name": name, "nid": id, "state": state, "role": role, "log": log, "conf": conf})
}

/// The same with a message.
fn with(mut event: Json, (kind, from, to): (&str, u64, u64), about: [u64; 4]) -> Json {
    let [index, log_term, entries, commit] = about;
    event["msg"] = json!({
        "type": kind, "term": 2, "from": from.to_string(), "to": to.to_string(),
        "entries": entries, "logTerm": log_term, "index": index, "commit": commit,
        "vote": "0", "reject": false, "rejectHint": 0,
    });
    event
}

/// Three nodes begin in term 1 with three entries. Node 1 is elected in term 2 by node 2, and
/// commits an entry that node 2 has.
fn run() -> Vec<String> {
    let line = |event: Json| json!({"msg": "trace", "event": event}).to_string();
    events().into_iter().map(line).collect()
}

fn events() -> Vec<Json> {
    let begun = (1, 0, 3, 3);
    let (voted, elected) = ((2, 1, 3, 3), (2, 1, 3, 4));
    let (vote, answer) = (("MsgVote", 1, 2), ("MsgVoteResp", 2, 1));
    let (entries, acknowledgement) = (("MsgApp", 1, 2), ("MsgAppResp", 2, 1));
    let mut lines: Vec<Json> = [1, 2, 3].map(|node| event("InitState", node, (0, 0, 0, 0))).into();
    lines.extend([1, 2, 3].map(|node| event("Ready", node, begun)));
    lines.extend([
        event("BecomeCandidate", 1, voted),
        with(event("SendRequestVoteRequest", 1, voted), vote, [3, 1, 0, 0]),
        with(event("ReceiveRequestVoteRequest", 2, begun), vote, [3, 1, 0, 0]),
        event("BecomeFollower", 2, (2, 0, 3, 3)),
        with(event("SendRequestVoteResponse", 2, (2, 0, 3, 3)), answer, [0, 0, 0, 0]),
        event("Ready", 2, voted),
        with(event("ReceiveRequestVoteResponse", 1, voted), answer, [0, 0, 0, 0]),
        event("BecomeLeader", 1, voted),
        event("Replicate", 1, voted),
        with(event("SendAppendEntriesRequest", 1, elected), entries, [3, 1, 1, 3]),
        event("Ready", 1, elected),
        with(event("ReceiveAppendEntriesRequest", 2, voted), entries, [3, 1, 1, 3]),
        with(event("SendAppendEntriesResponse", 2, elected), acknowledgement, [4, 0, 0, 0]),
        event("Ready", 2, elected),
        with(event("ReceiveAppendEntriesResponse", 1, elected), acknowledgement, [4, 0, 0, 0]),
        event("Commit", 1, elected),
        event("Ready", 1, (2, 1, 4, 4)),
    ]);
    lines
}

fn held(lines: &[String]) -> HeldRun {
    hold((lines.join("\n") + "\n").as_bytes()).expect("a trace")
}

#[test]
fn a_run_of_etcd_is_a_run_of_the_specification() {
    let held = held(&run());
    assert_eq!((held.outside, held.until), (None, None));
    assert!(held.steps > 15, "{} steps", held.steps);
}

#[test]
fn a_run_of_etcd_with_a_mistake_is_none() {
    let wrong = |place: usize, from: &str, to: &str| {
        let mut lines = run();
        assert!(lines[place].contains(from), "{}", lines[place]);
        lines[place] = lines[place].replacen(from, to, 1);
        held(&lines).outside.map(|outside| (outside.line, outside.action, outside.because))
    };
    let named = |found: Option<(usize, String, String)>, line: usize, action: &str| {
        let (at, name, because) = found.expect("it is noticed");
        assert!(at == line && name.starts_with(action), "line {at}: {name}: {because}");
    };
    // The candidate's log is said to be longer than it is.
    named(wrong(7, r#""index":3"#, r#""index":4"#), 8, "Send(");
    // A message arrives that was not sent: then it gives no vote.
    named(wrong(12, r#""from":"2""#, r#""from":"3""#), 14, "BecomeLeader(");
    // The entries follow one of another term.
    named(wrong(15, r#""logTerm":1"#, r#""logTerm":2"#), 16, "Send(");
    // More is acknowledged than there is.
    named(wrong(18, r#""index":4"#, r#""index":5"#), 19, "Send(");
    // The commit index is beyond the log.
    named(wrong(22, r#""commit":4"#, r#""commit":5"#), 22, "AdvanceCommitIndex(");
}
