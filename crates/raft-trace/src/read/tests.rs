use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use raft_core::LogIndex;

use crate::judge;
use crate::model::PassedOver;
use crate::state::TraceState;

const LINES: &str = "\
# Three servers elect S1.
000000 S0 T0 START
000000 S1 T0 START
000100 S1 T1 CANDIDATE
000101 S1 T1 VOTE -> S1
000102 S1 T1 SEND 1 RequestVote -> S0
000110 S0 T1 RECV 1
000111 S0 T1 VOTE -> S1
000120 S1 T1 LEADER
000121 S1 T1 APPEND 1@1
000122 S1 T1 APPEND 2@1 x=1
000130 S0 T1 APPEND 1@1
000131 S0 T1 APPEND 2@1 x=1
000132 S0 T1 ACK 2 -> S1
000140 S1 T1 COMMIT 2
000141 S1 T1 APPLY 1@1
000142 S1 T1 APPLY 2@1 x=1
000150 S0 T1 COMMIT 2
panic: something else
000160 S0 T1 THINKING about it
";

const SHIVIZ: &str = "\
b {\"a\":2,\"b\":1}
got it
a {\"a\":1}
begins
a {\"a\":2}
sends
";

fn etcd(
    nid: u64,
    name: &str,
    (term, vote, commit, log): (u64, u64, u64, u64),
    rest: &str,
) -> String {
    let role = match name {
        "BecomeLeader" | "Commit" => "StateLeader",
        "BecomeCandidate" => "StateCandidate",
        _ => "StateFollower",
    };
    format!(
        "{{\"level\":\"debug\",\"ts\":17.5,\"msg\":\"trace\",\
         \"event\":{{\"name\":\"{name}\",\"nid\":\"{nid}\",\
         \"state\":{{\"term\":{term},\"vote\":\"{vote}\",\"commit\":{commit}}},\"role\":\"{role}\",\
         \"log\":{log},\"conf\":[[],[]]{rest}}}}}\n"
    )
}

fn etcd_message(kind: &str, from: u64, to: u64, (term, index): (u64, u64)) -> String {
    format!(
        ",\"msg\":{{\"type\":\"{kind}\",\"term\":{term},\"from\":\"{from}\",\"to\":\"{to}\",\
         \"entries\":0,\"logTerm\":0,\"index\":{index},\"commit\":0,\"vote\":\"0\",\
         \"reject\":false,\"rejectHint\":0}}"
    )
}

fn etcd_run() -> String {
    [
        etcd(1, "InitState", (0, 0, 0, 0), ""),
        etcd(2, "InitState", (0, 0, 0, 0), ""),
        etcd(1, "BecomeCandidate", (1, 1, 0, 0), ""),
        etcd(1, "SendRequestVoteRequest", (1, 1, 0, 0), &etcd_message("MsgVote", 1, 2, (1, 0))),
        etcd(2, "ReceiveRequestVoteRequest", (0, 0, 0, 0), &etcd_message("MsgVote", 1, 2, (1, 0))),
        etcd(
            2,
            "SendRequestVoteResponse",
            (1, 0, 0, 0),
            &etcd_message("MsgVoteResp", 2, 1, (1, 0)),
        ),
        etcd(1, "BecomeLeader", (1, 1, 0, 0), ""),
        etcd(
            2,
            "SendAppendEntriesResponse",
            (1, 1, 0, 1),
            &etcd_message("MsgAppResp", 2, 1, (1, 1)),
        ),
        etcd(1, "Commit", (1, 1, 1, 1), ""),
    ]
    .concat()
}

fn run(text: &str) -> RecordedRun {
    read_trace(text.as_bytes(), None).expect(text)
}

fn refused(text: &str) -> String {
    read_trace(text.as_bytes(), None).expect_err(text).to_string()
}

/// The line and the property of the first contradiction.
fn broken(text: &str) -> Option<(usize, &'static str)> {
    judge(&run(text)).broken.map(|broken| (broken.line, broken.property.name))
}

#[test]
fn lines_are_read_and_judged() {
    let read = run(LINES);
    let passed_over = PassedOver { count: 1, first: Some(19) };
    assert_eq!(
        (read.source, read.passed_over, read.steps.len()),
        (TraceSource::Lines, passed_over, 18)
    );
    assert_eq!(read.nodes, [NodeId(0), NodeId(1)]);
    assert_eq!(broken(LINES), None);
    let with = |line: &str| broken(&format!("{LINES}{line}\n"));
    assert_eq!(with("000170 S0 T1 VOTE -> S0"), Some((21, "Vote Durability")));
    assert_eq!(with("000170 S0 T1 LEADER"), Some((21, "Election Safety")));
    assert_eq!(with("000170 S0 T0 THINKING"), Some((21, "Monotonic State")));
    assert_eq!(with("000170 S0 T1 COMMIT 1"), Some((21, "Monotonic State")));
    assert_eq!(with("000170 S0 T1 APPEND 2@1 x=2"), Some((21, "Log Matching")));
    assert_eq!(with("000170 S1 T1 TRUNCATE 2"), Some((21, "Leader Append-Only")));
    assert_eq!(with("000170 S2 T2 LEADER"), Some((21, "Leader Completeness")));
    assert_eq!(with("000170 S0 T1 COMMIT 3"), Some((21, "Commit Rule")));
    assert_eq!(with("000170 S0 T1 APPLY 1@1 y=1"), Some((21, "State Machine Safety")));
    assert_eq!(with("000170 S0 T1 ACK 3 -> S1"), Some((21, "Durable Promises")));
}

#[test]
fn what_is_wrong_in_a_line_is_said_with_its_line() {
    let with = |line: &str| refused(&format!("{LINES}{line}\n"));
    assert!(with("000170 S0 T1 APPEND 9@1").starts_with("line 21: entry 9 is appended to a log"));
    assert!(with("000170 S0 T1 VOTE S1").starts_with("line 21: expected `->` and a server"));
    assert!(with("000170 S0 T1 COMMIT x").starts_with("line 21: expected an index, found \"x\""));
    assert!(with("000170 S18446744073709551615 T1").contains("2^53 is too large"));
    assert!(refused("").starts_with("line 1: expected a trace"));
    assert!(refused("hello\n").starts_with("line 1: expected a trace"));
    let header = "{\"form\":\"helios-trace\",\"version\":2}";
    assert!(refused(header).contains("version 2, and this program reads version 1"));
    let crowd: String = (0..101).map(|node| format!("000000 S{node} T0 START\n")).collect();
    assert_eq!(refused(&crowd), "line 101: there are more than 100 nodes");
    let long = format!("000000 S1 T0 {}", "x".repeat(MAX_LINE_BYTES));
    assert!(refused(&long).contains("the line has more than 64 MiB"));
    let deep = format!("{{\"form\":\"helios-trace\",\"x\":{}}}", "[".repeat(100_000));
    assert!(refused(&deep).starts_with("line 1: column"));
}

#[test]
fn events_of_shiviz_come_after_those_that_their_host_knew_of() {
    let read = run(SHIVIZ);
    assert_eq!(
        (read.source, &read.names[..]),
        (TraceSource::ShiViz, &["a".into(), "b".into()][..])
    );
    let steps: Vec<_> =
        read.steps.iter().map(|step| (step.line, step.text.as_str(), step.cause)).collect();
    assert_eq!(steps, [(3, "begins", None), (5, "sends", None), (1, "got it", Some(2))]);
    let verdict = judge(&read);
    assert!(verdict.broken.is_none() && verdict.judged.is_empty());
    let circle = "a {\"a\":1,\"b\":1}\nx\nb {\"a\":1,\"b\":1}\ny\n";
    assert!(refused(circle).contains("the clocks contradict each other"));
    assert!(refused("a {\"a\":1}\nx\na {\"a\":1}\ny\n").contains("has the time 1 twice"));
}

#[test]
fn a_log_for_shiviz_is_judged_where_its_texts_begin_with_a_term() {
    let leads = |second: &str| {
        format!(
            "red {{\"red\":1}}\nT1 VOTE -> red\nblue {{\"blue\":1,\"red\":1}}\nT1 VOTE -> red\n\
             red {{\"red\":2,\"blue\":1}}\nT1 LEADER\nblue {{\"blue\":2,\"red\":1}}\n{second}\n"
        )
    };
    let sound = judge(&run(&leads("it sleeps")));
    let names: Vec<_> = sound.judged.iter().map(|property| property.name).collect();
    assert_eq!(names, ["Election Safety", "Vote Durability", "Monotonic State"]);
    assert!(sound.broken.is_none());
    let broken = judge(&run(&leads("T1 LEADER"))).broken.expect("two leaders of term 1");
    assert_eq!((broken.property.name, broken.line), ("Election Safety", 7));
    let wrong = refused(&leads("T1 VOTE red"));
    assert!(wrong.starts_with("line 8: expected `->` and a server"), "{wrong}");
}

#[test]
fn the_trace_of_etcd_is_read_and_judged() {
    let text = etcd_run();
    let read = run(&text);
    assert_eq!((read.source, read.steps.len()), (TraceSource::EtcdRaft, 9));
    assert_eq!(read.steps[4].cause, Some(4), "a message is received because it was sent");
    let verdict = judge(&read);
    assert!(verdict.broken.is_none(), "{:?}", verdict.broken);
    let names: Vec<_> = verdict.judged.iter().map(|property| property.name).collect();
    let expected = [
        "Election Safety",
        "Leader Append-Only",
        "Vote Durability",
        "Durable Promises",
        "Monotonic State",
        "Commit Rule",
    ];
    assert_eq!(names, expected);
    let with = |event: String| broken(&format!("{text}{event}"));
    let state = (1, 1, 1, 1);
    assert_eq!(with(etcd(2, "BecomeLeader", state, "")), Some((10, "Election Safety")));
    assert_eq!(with(etcd(2, "Ready", (0, 0, 1, 1), "")), Some((10, "Monotonic State")));
    assert_eq!(with(etcd(1, "BecomeLeader", (1, 1, 1, 0), "")), Some((10, "Leader Append-Only")));
    assert_eq!(with(etcd(2, "Ready", (1, 1, 2, 1), "")), Some((10, "Commit Rule")));
    let vote = etcd_message("MsgVoteResp", 2, 3, (1, 0));
    let voted = etcd(2, "SendRequestVoteResponse", state, &vote);
    assert_eq!(with(voted), Some((10, "Vote Durability")));
    let reply = etcd_message("MsgAppResp", 2, 1, (1, 5));
    let replied = etcd(2, "SendAppendEntriesResponse", state, &reply);
    assert_eq!(with(replied), Some((10, "Durable Promises")));
}

/// A short run of this program, with a crash and a snapshot.
fn ours() -> String {
    let script = "cluster nodes=3 seed=4 snapshot=3\nrun until leader\nset x=1\nset y=2\nset z=3\n\
                  run until idle\ncrash leader\nrun 400ms\nrestart all\nrun 300ms\n";
    let script = raft_script::parse(script).expect("a script");
    let session = raft_script::run(&script, &mut |_| {}).session.expect("a session");
    let mut text = Vec::new();
    crate::write_trace(&session, &mut text).expect("memory takes everything");
    String::from_utf8(text).expect("a trace is text")
}

#[test]
fn a_line_that_is_missing_is_noticed() {
    let text = ours();
    assert_eq!(broken(&text), None);
    let without: Vec<&str> =
        text.lines().enumerate().filter(|(at, _)| *at != 40).map(|it| it.1).collect();
    assert!(refused(&without.join("\n")).starts_with("line 41: the event has the number 41"));
}

#[test]
fn lines_are_read_one_by_one_as_those_of_a_file() {
    let text = ours();
    let whole = run(&text);
    let mut reader = TraceReader::new();
    assert_eq!(reader.read("a test begins"), Ok(TraceLine::Other));
    // A header begins another run.
    for begun in [1, 1 + text.lines().count()] {
        let mut steps = Vec::new();
        for line in text.lines() {
            match reader.read(line).expect(line) {
                TraceLine::Header(header) => {
                    assert_eq!((&header.nodes, &header.first), (&whole.nodes, &whole.first));
                }
                TraceLine::Step(step) => {
                    steps.push(TraceStep { line: step.line - begun, ..step });
                }
                TraceLine::Other => panic!("{line}"),
            }
        }
        assert!(steps == whole.steps);
    }
    let wrong = reader.read("{\"event\":1}").expect_err("no kind");
    assert_eq!(wrong.line, 2 * text.lines().count() + 2);
    let twice = format!("{text}{text}");
    assert!(refused(&twice).contains("another run begins here"));
    assert!(reader.read(&"x".repeat(MAX_LINE_BYTES + 1)).is_err());
}

/// What a person may do to a file.
#[derive(Clone, Debug)]
enum Edit {
    Byte(Index, u8),
    Cut(Index, Index),
    Repeat(Index),
    Swap(Index, Index),
    Number(Index, u64),
}

fn edits() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        (index(), index()).prop_map(|(from, len)| Edit::Cut(from, len)),
        index().prop_map(Edit::Repeat),
        (index(), index()).prop_map(|(one, other)| Edit::Swap(one, other)),
        (index(), prop_oneof![0..9_u64, any::<u64>()]).prop_map(|(at, n)| Edit::Number(at, n)),
    ]
}

fn edit(text: &mut Vec<u8>, edit: &Edit) {
    if text.is_empty() {
        return;
    }
    match edit {
        Edit::Byte(at, byte) => {
            let at = at.index(text.len());
            text[at] = *byte;
        }
        Edit::Cut(from, len) => {
            let from = from.index(text.len());
            let to = from + len.index((text.len() - from).min(200));
            text.drain(from..to);
        }
        Edit::Repeat(at) => change_lines(text, |lines| {
            let line = lines[at.index(lines.len())].clone();
            lines.insert(at.index(lines.len()), line);
        }),
        Edit::Swap(one, other) => change_lines(text, |lines| {
            let len = lines.len();
            lines.swap(one.index(len), other.index(len));
        }),
        Edit::Number(at, number) => {
            let from = at.index(text.len());
            let Some(start) = text[from..].iter().position(u8::is_ascii_digit) else { return };
            let start = from + start;
            let end = text[start..].iter().position(|byte| !byte.is_ascii_digit());
            let end = end.map_or(text.len(), |end| start + end);
            text.splice(start..end, number.to_string().into_bytes());
        }
    }
}

fn change_lines(text: &mut Vec<u8>, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    change(&mut lines);
    *text = lines.join(&b'\n');
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever was done to a file: it is read and judged, or refused, and nothing panics.
    #[test]
    fn a_damaged_file_is_judged_or_refused(
        which in 0..4_usize,
        edits in proptest::collection::vec(edits(), 1..8),
    ) {
        let texts = [ours(), LINES.to_owned(), SHIVIZ.to_owned(), etcd_run()];
        let mut text = texts[which].clone().into_bytes();
        edits.iter().for_each(|it| edit(&mut text, it));
        if let Ok(run) = read_trace(&text, None) {
            judge(&run);
        }
    }
}

/// The properties that were judged.
fn judged(text: &str) -> Vec<&'static str> {
    judge(&run(text)).judged.iter().map(|property| property.name).collect()
}

#[test]
fn a_higher_term_makes_a_follower() {
    let text = "0 S1 T1 LEADER\n1 S1 T2 VOTE -> S2\n2 S2 T2 LEADER\n";
    assert_eq!(broken(text), None);
    assert_eq!(broken(&format!("{text}3 S1 T2 LEADER\n")), Some((4, "Election Safety")));
}

#[test]
fn what_a_trace_does_not_tell_is_not_judged() {
    for text in [
        "0 S1 T1 COMMIT 1\n",
        "0 S1 T1 ACK 2 -> S2\n",
        "0 S1 T1 APPLY 1@1 x=1\n",
        "0 S1 T1 COMMIT 1\n1 S1 APPLY 1@1 x=1\n",
        "0 S1 T1 APPEND 1@1 x=1\n1 S1 APPLY 1@1 x=1\n",
        "0 S1 LEADER\n1 S2 LEADER\n",
        "0 S1 VOTE -> S1\n1 S1 VOTE -> S2\n",
        "0 S1 T2 SNAPSHOT 9@2\n1 S1 COMMIT 10\n2 S1 APPLY 10@2\n",
    ] {
        assert_eq!(broken(text), None, "{text}");
    }
    let unknown = judged("0 S1 T1 COMMIT 1\n1 S1 ACK 1 -> S2\n");
    assert_eq!(unknown, ["Monotonic State"]);
    assert!(judged("0 S1 LEADER\n1 S1 VOTE -> S1\n").is_empty());
    assert_eq!(judged("0 S1 COMMIT 1\n"), ["Monotonic State"], "commit indexes never go back");
}

#[test]
fn what_was_applied_is_compared_without_commits() {
    let text = "0 S1 T1 APPLY 1@1 x=1\n1 S2 T1 APPLY 1@1 x=1\n2 S1 APPLY 2@1 y=1\n";
    assert_eq!(broken(text), None);
    let other = format!("{text}3 S2 APPLY 2@1 y=2\n");
    assert_eq!(broken(&other), Some((4, "State Machine Safety")));
    let early = format!("{LINES}000170 S1 APPEND 3@1 z=1\n000171 S1 APPLY 3@1 z=1\n");
    assert_eq!(broken(&early), Some((22, "State Machine Safety")), "it is not committed");
}

#[test]
fn an_installed_snapshot_counts_as_committed_and_applied() {
    let mut text = String::from("0 S1 T2 LEADER\n");
    (1..=10).for_each(|index| text.push_str(&format!("1 S1 APPEND {index}@2\n")));
    text.push_str("2 S1 COMMIT 10\n3 S2 T2 SNAPSHOT 9@2\n");
    assert_eq!(broken(&format!("{text}4 S2 APPEND 10@2\n5 S2 COMMIT 10\n6 S2 APPLY 10@2\n")), None);
    let mut state = TraceState::default();
    run(&text).steps.iter().for_each(|step| state.take(step));
    let node = state.node(NodeId(2)).expect("it is there");
    assert_eq!((node.commit_index, node.last_applied), (LogIndex(9), LogIndex(9)));
    assert_eq!(broken(&format!("{text}4 S2 APPLY 9@2\n")), Some((14, "State Machine Safety")));
    assert_eq!(broken(&format!("{text}4 S2 COMMIT 8\n")), Some((14, "Monotonic State")));
}

#[test]
fn a_server_of_etcd_starts_again() {
    let text = etcd_run() + &etcd(1, "InitState", (0, 0, 0, 1), "");
    assert_eq!(broken(&text), None);
    assert_eq!(broken(&format!("{text}{}", etcd(1, "Ready", (1, 1, 1, 1), ""))), None);
    let earlier = etcd(1, "Ready", (0, 0, 0, 1), "");
    assert_eq!(broken(&format!("{text}{earlier}")), Some((11, "Monotonic State")));
}

#[test]
fn a_trace_is_found_behind_other_lines() {
    let source = |text: &str| trace_source(text.as_bytes());
    let log = "{\"level\":\"info\",\"msg\":\"it begins\"}\n";
    for before in ["=== RUN   TestBasicAgree2B\n", log, "\u{feff}", "\u{feff}\n=== RUN   TestX\n\n"]
    {
        for (text, expected) in [
            (ours(), TraceSource::Helios),
            (LINES.to_owned(), TraceSource::Lines),
            (SHIVIZ.to_owned(), TraceSource::ShiViz),
            (etcd_run(), TraceSource::EtcdRaft),
        ] {
            let text = format!("{before}{text}");
            assert_eq!(source(&text), Some(expected), "{text}");
            assert!(broken(&text).is_none(), "{text}");
        }
    }
    assert!(broken(&ours().replace("\":", "\": ")).is_none());
    assert!(broken(&etcd_run().replace("\":", "\" : ")).is_none());
    assert_eq!(source("helios history 1\n1s 1 invoke set x={\"a\":1}\n"), None);
    assert_eq!(source(":stats {:valid? true}\n"), None);
    assert_eq!(source("{:type :invoke, :f :write, :value 1, :process 0}\n"), None);
}

#[test]
fn a_header_with_long_logs_is_read() {
    let terms = vec!["1"; 5000].join(",");
    let disk = |node| format!("disk {node} terms={terms}\n");
    let script = format!("cluster nodes=3 seed=1\n{}{}{}run 1ms\n", disk(1), disk(2), disk(3));
    let script = raft_script::parse(&script).expect("a script");
    let session = raft_script::run(&script, &mut |_| {}).session.expect("a session");
    let mut text = Vec::new();
    crate::write_trace(&session, &mut text).expect("memory takes everything");
    let header = text.split(|byte| *byte == b'\n').next().expect("a line");
    assert!(header.len() > 1 << 20, "the header has {} bytes", header.len());
    assert_eq!(read_trace(&text, None).map(|run| run.first.len()), Ok(3));
}

#[test]
fn hashed_members_of_etcd_are_named_in_order() {
    let names = ["9372538179322589801", "10501334649042878790"];
    let mut text = etcd_run();
    for (number, name) in ["1", "2"].iter().zip(names) {
        text = text.replace(&format!("\"{number}\""), &format!("\"{name}\""));
    }
    let read = run(&text);
    assert_eq!(
        (&read.nodes[..], &read.names[..]),
        (&[NodeId(1), NodeId(2)][..], &names.map(String::from)[..])
    );
    assert_eq!(read.steps, run(&etcd_run()).steps);
    let vote =
        etcd_message("MsgVoteResp", 2, 3, (1, 0)).replace("\"2\"", &format!("\"{}\"", names[1]));
    let voted = etcd(2, "SendRequestVoteResponse", (1, 1, 1, 1), &vote);
    let voted = voted.replace("\"vote\":\"1\"", &format!("\"vote\":\"{}\"", names[0]));
    let voted = voted.replace("\"nid\":\"2\"", &format!("\"nid\":\"{}\"", names[1]));
    assert_eq!(broken(&format!("{text}{voted}")), Some((10, "Vote Durability")));
}

#[test]
fn an_event_without_words_ends_with_its_clock() {
    let read =
        run("a {\"a\":1}\n\na {\"a\":2}\nsends\nb {\"b\":1}\n   \nb {\"a\":2,\"b\":2}\ngot it\n");
    let texts: Vec<_> = read.steps.iter().map(|step| (step.line, step.text.as_str())).collect();
    assert_eq!(texts, [(1, ""), (3, "sends"), (5, ""), (7, "got it")]);
}

/// A line of our trace, with these members.
fn our_line(number: u64, kind: &str, rest: &str) -> String {
    format!("{{\"event\":{number},\"time_us\":7,\"kind\":\"{kind}\"{rest},\"text\":\"\"}}\n")
}

#[test]
fn a_leader_of_one_moment_led() {
    let header = "{\"form\":\"helios-trace\",\"version\":1,\"nodes\":[1,2],\"membership\":\
                  {\"voters\":[1,2],\"outgoing\":[],\"learners\":[],\"contexts\":[]},\
                  \"disks\":[]}\n";
    let leads = |first: u64, node: u64| {
        let of = format!(",\"node\":{node}");
        [
            our_line(first, "election_started", &format!("{of},\"term\":2")),
            our_line(first + 1, "became_leader", &of),
            our_line(first + 2, "stepped_down", &of),
        ]
        .concat()
    };
    let one = format!("{header}{}", leads(1, 1));
    assert_eq!(broken(&one), None);
    assert_eq!(broken(&format!("{one}{}", leads(4, 2))), Some((6, "Election Safety")));
}
