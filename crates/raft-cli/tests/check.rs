//! `helios check` as a person or a CI job meets it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use std::path::Path;

use common::{code, helios, helios_with_input, stdout};
use serde_json::Value;

const STALE: &str = "\
INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 0\t:ok\t:write\t1
INFO  jepsen.util - 0\t:invoke\t:write\t2
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 0\t:ok\t:write\t2
INFO  jepsen.util - 1\t:ok\t:read\t2
INFO  jepsen.util - 2\t:invoke\t:write\t3
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 2\t:info\t:write\t:timed-out
INFO  jepsen.util - 1\t:ok\t:read\t1
";

fn json(arguments: &[&str], input: &str) -> Value {
    let output = helios_with_input(&[&["check", "--json", "-"], arguments].concat(), input);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["code"], code(&output));
    value
}

fn path(name: &str) -> String {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_linearizable_history_exits_with_0_and_says_so_in_one_line() {
    let (good, _) = STALE.split_at(STALE.rfind("INFO").unwrap());
    let output = helios_with_input(&["check", "-"], good);
    assert_eq!(code(&output), 0);
    let line = stdout(&output);
    assert!(
        line.starts_with("-: linearizable (jepsen, 5 operations, 2 without an answer"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1);
    let order = &json(&[], good)["order"];
    assert_eq!(*order, serde_json::json!([1, 3, 4]));
}

#[test]
fn one_that_is_not_exits_with_1_and_shows_the_shortest_stretch() {
    let output = helios_with_input(&["check", "-"], STALE);
    assert_eq!(code(&output), 1);
    let expected = "
read → 1 (process 1, lines 8 to 10) found 1 after it was replaced: write 1 (process 0, \
                    lines 1 to 2) was the last operation before that answer which makes it. read → \
                    2 (process 1, lines 4 to 6) came after that, and was over before.

  line 4  process 1  ├───┤           read → 2
  line 8  process 1          ├───┤   read → 1  ✗

  These may have taken effect too, and then there is no order either: \
   write 3: no answer (line 7), write 2 (line 3)

The longest order from the beginning has 3 of the 4 answered operations. Its end:
  line 1      write 1                                  the register is 1
  line 3      write 2                                  the register is 2
  line 4      read → 2                                 the register is 2
Next, line 8 must take effect, and cannot: read → 1
";
    let (first, rest) = stdout(&output).split_once('\n').unwrap();
    assert!(first.starts_with("-: not linearizable (jepsen, 5 operations, "), "{first}");
    assert_eq!(rest, expected, "{rest}");
    let report = json(&[], STALE);
    assert_eq!(report["outcome"], "not-linearizable");
    assert_eq!(report["stuck"]["line"], 8);
    assert_eq!(report["window"].as_array().unwrap().len(), 2);
    assert_eq!(report["optional"].as_array().unwrap().len(), 2);
    assert_eq!(report["state"], "2");
}

#[test]
fn what_failed_and_what_other_keys_hold_is_not_counted_as_answered() {
    let history = "\
helios history 1
0s 1 invoke set y=1
0s 1 ok
0s 1 invoke set x=1
0s 1 fail
0s 1 invoke set x=2
0s 2 invoke set x=3
0s 1 ok
0s 1 invoke get x
0s 1 ok 3
0s 1 invoke get x
0s 1 ok 2
";
    let output = helios_with_input(&["check", "-"], history);
    let text = stdout(&output);
    let expected = "The longest order from the beginning has 2 of the 3 answered operations \
                    on the same keys, and 1 without an answer. Its end:\n  line 6      set x=2";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("there is x=3\nNext"), "{text}");
}

/// Changes of a register from each of six values to each other, all at the same time: they lead
/// back to the first value in very many ways, and to no other in none.
fn hard() -> String {
    let mut calls = String::from(
        "INFO  jepsen.util - 0\t:invoke\t:write\t0\nINFO  jepsen.util - 0\t:ok\t:write\t0\n",
    );
    let mut returns = String::new();
    for (process, (from, to)) in
        (1..).zip((0..6).flat_map(|from| (0..6).map(move |to| (from, to))).filter(|(a, b)| a != b))
    {
        let line = |kind| format!("INFO  jepsen.util - {process}\t:{kind}\t:cas\t[{from} {to}]\n");
        calls.push_str(&line("invoke"));
        returns.push_str(&line("ok"));
    }
    let read = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:read\t1\n";
    calls + &returns + read
}

#[test]
fn one_that_is_too_hard_exits_with_3_and_says_what_would_help() {
    for (option, bound, reason, why) in [
        ("--memory", "1M", "memory", "out of memory"),
        ("--memory", "1", "memory", "out of memory"),
        ("--timeout", "1ms", "time", "out of time"),
    ] {
        let output = helios_with_input(&["check", "-", option, bound], &hard());
        assert_eq!(code(&output), 3, "{option} {bound}");
        let text = stdout(&output);
        assert!(text.starts_with(&format!("-: unknown: {why} (jepsen, 32 operations, ")), "{text}");
        assert!(text.contains(" of 32 operations; the search remembers "), "{text}");
        assert!(text.ends_with(&format!(" Allow more with {option}.\n")), "{text}");
        let report = json(&[option, bound], &hard());
        assert_eq!((&report["outcome"], &report["code"]), (&"unknown".into(), &3.into()));
        assert_eq!(report["unknown"]["reason"], reason);
        assert_eq!(report["unknown"]["of"], 32);
    }
}

#[test]
fn an_impossible_answer_needs_no_search() {
    let read = "INFO  jepsen.util - 7\t:invoke\t:read\tnil\nINFO  jepsen.util - 7\t:ok\t:read\t9\n";
    let bounds = ["--timeout", "1ms", "--memory", "64K"];
    let output = helios_with_input(&[&["check", "-"], &bounds[..]].concat(), &(hard() + read));
    assert_eq!(code(&output), 1);
    let (first, rest) = stdout(&output).split_once('\n').unwrap();
    assert!(first.starts_with("-: not linearizable (jepsen, 33 operations, "), "{first}");
    let expected = "
read → 9 (process 7, lines 65 to 66) found 9, which no operation makes.

  line 65  process 7  ├───┤   read → 9  ✗
";
    assert_eq!(rest, expected, "{rest}");
    let report = json(&bounds, &(hard() + read));
    assert_eq!(report["reason"], expected.lines().nth(1).unwrap());
    assert_eq!(report["window"][0]["line"], 65);
    assert!(report["stuck"].is_null() && report["longest"].is_null() && report["state"].is_null());
    // If the search ends, the answer has the longest order too.
    let report = json(&[], read);
    let expected = "read → 9 (process 7, lines 1 to 2) found 9, which no operation makes.";
    assert_eq!((&report["reason"], &report["longest"]), (&expected.into(), &0.into()));
}

/// What Jepsen writes today.
const EDN: &str = "\
{:type :invoke, :f :write, :value 1, :process 0, :time 3291485317, :index 0}
{:type :ok, :f :write, :value 1, :process 0, :time 3295209422, :index 1}
{:type :info, :f :start, :process :nemesis, :time 3767733709, :value nil, :index 2}
{:type :invoke, :f :read, :value nil, :process 1, :time 3767733708, :index 3}
{:type :ok, :f :read, :value 1, :process 1, :time 3768133708, :index 4}
";

#[test]
fn a_history_of_jepsen_is_read_whatever_its_name_and_its_form() {
    let file = path("history.txt");
    for text in [EDN.to_owned(), format!("[{}]", EDN.replace("{:type", "#jepsen.history.Op{:type"))]
    {
        std::fs::write(&file, &text).unwrap();
        let output = helios(&["check", &file]);
        let line = stdout(&output);
        let expected = "linearizable (jepsen, 2 operations, 1 line or map passed over, ";
        assert!(line.contains(expected), "{line}");
        assert_eq!(code(&output), 0);
        let report = json(&["--format", "jepsen"], &text);
        assert_eq!((&report["format"], &report["passed_over"]), (&"jepsen".into(), &1.into()));
    }
    let keyed = EDN.replace(":value 1", ":value [:x 1]").replace(":value nil", ":value [:x nil]");
    let output = helios_with_input(
        &["check", "-"],
        &keyed.replace(":ok, :f :read, :value [:x 1", ":ok, :f :read, :value [:x 2"),
    );
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("get :x → 2 (process 1, lines 4 to 5) found :x=2, which no"));
}

#[test]
fn a_transaction_of_elle_is_named_with_what_to_do() {
    let text = "{:type :invoke, :f :txn, :value [[:append 3 1] [:r 4 nil]], :process 0}\n";
    let output = helios_with_input(&["check", "-"], text);
    assert_eq!(code(&output), 2);
    let line = stdout(&output);
    assert!(line.contains("line 1, column 20: this is a transaction of Elle"), "{line}");
    assert!(line.contains("`elle-cli --model list-append`"), "{line}");
}

#[test]
fn the_examples_of_the_help_are_read() {
    let help = helios(&["check", "--help"]);
    let help = stdout(&help);
    let example = |start: &str| {
        help.lines().map(str::trim).find(|line| line.starts_with(start)).unwrap().to_owned()
    };
    let call = example("{:type :invoke, :f :cas");
    let read = call.replace(":cas, :value [2 4], :process 2", ":read, :process 3");
    let text = format!("{call}\n{read}\n{}", example("#jepsen.history.Op{"));
    assert_eq!(json(&[], &text)["operations"], 2, "{text}");
    let call = example("2   :invoke   :cas   [2 4]");
    let text = format!("{call}\n{}", example("INFO  jepsen.util - 2   :info"));
    assert_eq!(json(&[], &text)["unanswered"], 1, "{text}");
    let call = example("{:process 9, :type :invoke, :f :append");
    assert_eq!(json(&[], &call)["format"], "porcupine");
}

#[test]
fn a_malformed_one_exits_with_2_and_a_caret() {
    let broken = STALE.replacen(":read\t2", ":raed\t2", 1);
    let output = helios_with_input(&["check", "-"], &broken);
    assert_eq!(code(&output), 2);
    let text = stdout(&output);
    assert!(text.starts_with("-: malformed: line 6, column 27: expected `:read`"), "{text}");
    assert!(text.trim_end().ends_with("^^^^^"), "{text}");
    let error = &json(&[], &broken)["error"];
    assert_eq!((&error["line"], &error["column"]), (&6.into(), &27.into()));
    assert_eq!(code(&helios(&["check", "no such file"])), 2);
    assert_eq!(code(&helios_with_input(&["check", "-", "--format", "porcupine"], STALE)), 2);
    assert_eq!(code(&helios_with_input(&["check", "-", "--timeout", "never"], STALE)), 2);
}

#[test]
fn of_several_the_worst_code_counts() {
    let (good, bad) = (path("good.log"), path("bad.log"));
    std::fs::write(&good, STALE.lines().next().unwrap()).unwrap();
    std::fs::write(&bad, STALE).unwrap();
    assert_eq!(code(&helios(&["check", &good, &good])), 0);
    assert_eq!(code(&helios(&["check", &good, "no such file"])), 2);
    assert_eq!(code(&helios(&["check", &bad, "no such file", &good])), 1);
    let hard_one = path("hard.log");
    std::fs::write(&hard_one, hard()).unwrap();
    let few = ["check", "--memory", "64K"];
    assert_eq!(code(&helios(&[&few[..], &[&good, &hard_one, &good]].concat())), 3);
    assert_eq!(code(&helios(&[&few[..], &[&hard_one, "no such file"]].concat())), 2);
    assert_eq!(code(&helios(&[&few[..], &[&hard_one, &bad]].concat())), 1);
}

#[test]
fn what_a_run_writes_is_a_history() {
    let script = "cluster nodes=3 seed=4\nrun until leader\nset x=\"a b\"\nappend x c client=2\n\
                  get x client=3 read=local\nget x client=4\nlist client=5\n\
                  cas x absent d client=6\n\
                  delete x client=7\nrun 2s\ncrash 1\ncrash 2\nset y=1\nrun 60s\nexpect safe\n";
    let file = path("run.history");
    let output = helios_with_input(&["export", "-", "--as", "history"], script);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let text = stdout(&output);
    std::fs::write(&file, text).unwrap();
    for part in ["helios history 1\n", " 1 invoke set x=\"a b\"\n", " unknown\n", "# local: "] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    let output = helios(&["check", &file]);
    let line = stdout(&output);
    assert!(line.contains("linearizable (helios, 7 operations, 1 without an answer"), "{line}");
    assert_eq!(code(&output), 0);
}

#[test]
fn a_trace_is_judged_at_each_step() {
    let script = "cluster nodes=3 seed=4\nrun until leader\nset x=1\nrun until idle\n";
    let exported = helios_with_input(&["export", "-", "--as", "trace"], script);
    let output = helios_with_input(&["check", "-"], stdout(&exported));
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    assert!(text.starts_with("-: no contradiction to Raft (helios-trace, 3 nodes, "), "{text}");
    assert!(text.contains("\n  judged: Election Safety, "), "{text}");
    assert!(text.contains("\n  not judged, because it needs the cores, "), "{text}");
}

#[test]
fn the_first_line_that_no_raft_makes_is_named() {
    let lines = "000001 S1 T1 LEADER\n000002 S2 T1 LEADER\n000003 S3 T1 LEADER\n";
    let output = helios_with_input(&["check", "-"], lines);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(text.starts_with("-: no run of Raft (lines, 3 nodes, 3 events, "), "{text}");
    assert!(text.contains("\n  line 2: 000002 S2 T1 LEADER\n"), "{text}");
    assert!(text.contains("Election Safety (§5.2) is broken: node 2 leads in term 1"), "{text}");
    let report = json(&[], lines);
    assert_eq!(report["outcome"], "not-raft");
    assert_eq!(report["broken"]["line"], 2);
    assert_eq!(report["broken"]["property"], "Election Safety");
    let report = json(&[], "000001 S1 T1 VOTE 3\n");
    assert_eq!((&report["outcome"], &report["error"]["line"]), (&"malformed".into(), &1.into()));
}

#[test]
fn lines_of_a_trace_that_are_no_event_are_counted() {
    let lines = "000001 S2 T1 FOLLOWER\nS1 T1 LEADER\n000002 S2 T1 LEADER\n";
    let output = helios_with_input(&["check", "-"], lines);
    let text = stdout(&output);
    assert!(text.contains("\n  passed over: line 2, which is no event\n"), "{text}");
    let two = format!("\u{feff}=== RUN   TestX\n{lines}");
    let output = helios_with_input(&["check", "-"], &two);
    let text = stdout(&output);
    let expected = "\n  passed over: 2 lines that are no event, first line 1\n";
    assert!(text.starts_with("-: no contradiction") && text.contains(expected), "{text}");
    let report = json(&[], &two);
    assert_eq!((&report["passed_over"], &report["first_passed_over"]), (&2.into(), &1.into()));
}
