//! The `helios` command as a person or a CI job meets it: exit codes and output.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{code, helios, helios_with_input, stdout};
use serde_json::Value;

const PASSING: &str =
    "cluster nodes=3 seed=1\nrun until leader\nset x=1\nexpect committed x=1 within 1s\n";
const FAILING: &str =
    "cluster nodes=3 seed=1\nrun until leader\n  expect committed x=1   # never written\n";
const UNPARSABLE: &str = "cluster nodes=3\nrun until leader\nset x=1 vai=leader\n";

/// A script in a file of its own.
fn file(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    // Not the folder of those in which a rule is switched off.
    files.retain(|path| path.is_file());
    files.sort();
    files
}

#[test]
fn a_script_that_holds_exits_with_0_and_says_so_in_one_line() {
    let output = helios_with_input(&["run", "-"], PASSING);
    assert_eq!(code(&output), 0);
    let line = stdout(&output);
    assert_eq!(line.lines().count(), 1);
    assert!(line.starts_with("-: ok, "), "{line}");
    assert!(line.contains(" ms, ") && line.contains(" events, trace "), "{line}");
    assert!(output.stderr.is_empty());
}

#[test]
fn a_script_that_expects_nothing_says_so() {
    let output = helios_with_input(&["run", "-"], PASSING);
    assert!(stdout(&output).starts_with("-: ok, 1 expectation, "), "{}", stdout(&output));
    let output = helios_with_input(&["run", "-"], "run until leader\nset x=1\nrun 1s\n");
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).starts_with("-: ok, 0 expectations, "), "{}", stdout(&output));
}

#[test]
fn an_order_that_is_refused_is_shown_with_its_line() {
    let text = "run until leader\nrun 200ms\nadd 6\nadd 7\nrun 1s\n";
    let output = helios_with_input(&["run", "-"], text);
    assert_eq!(code(&output), 0);
    let shown = stdout(&output);
    assert!(shown.contains("\n  line 4: add 7: node "), "{shown}");
    assert!(shown.contains("refused: an earlier change of the membership"), "{shown}");
    let output = helios_with_input(&["run", "--json", "-"], text);
    let report: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(report["expectations"], 0);
    assert_eq!(report["unfulfilled"][0]["line"], 4);
    assert_eq!(report["unfulfilled"].as_array().unwrap().len(), 1);
}

#[test]
fn the_same_script_has_the_same_trace_hash() {
    let first = helios_with_input(&["run", "-"], PASSING);
    let second = helios_with_input(&["run", "-"], PASSING);
    assert_eq!(stdout(&first), stdout(&second));
    let other = helios_with_input(&["run", "-"], &PASSING.replace("seed=1", "seed=2"));
    assert_ne!(stdout(&first), stdout(&other));
}

#[test]
fn a_failed_expectation_exits_with_1_and_shows_where_what_and_what_led_there() {
    let output = helios_with_input(&["run", "-"], FAILING);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(text.starts_with("-: failed, "), "{text}");
    assert!(text.contains("line 3: expect committed x=1   # never written"), "{text}");
    assert!(text.contains("expected committed x=1, found: no value of x is committed"), "{text}");
    assert!(text.contains("the last events:"), "{text}");
    assert!(text.contains("becomes leader of term 1"), "{text}");
    assert!(text.lines().count() < 30, "{text}");
}

#[test]
fn what_is_no_script_exits_with_2_and_shows_a_caret() {
    let output = helios_with_input(&["run", "-"], UNPARSABLE);
    assert_eq!(code(&output), 2);
    let text = stdout(&output);
    assert!(
        text.contains(
            "-: line 3, column 9: expected `via=`, `client=` or the end of the line, found `vai`"
        ),
        "{text}"
    );
    assert!(text.contains("\n3 | set x=1 vai=leader\n  |         ^^^\n"), "{text}");
}

#[test]
fn what_cannot_be_read_exits_with_2() {
    let output = helios(&["run", "no/such/file.helios"]);
    assert_eq!(code(&output), 2);
    assert!(
        stdout(&output).contains("no/such/file.helios: unreadable\n  cannot be read: "),
        "{}",
        stdout(&output)
    );
    let binary = file("binary.helios", "");
    std::fs::write(&binary, b"heal\n\xff").unwrap();
    let output = helios(&["run", &binary]);
    assert_eq!(code(&output), 2);
    assert!(stdout(&output).contains("is not text: byte 6 is not UTF-8"), "{}", stdout(&output));
    let folder = env!("CARGO_TARGET_TMPDIR");
    assert_eq!(code(&helios(&["run", folder])), 2);
}

#[test]
fn of_several_files_the_worst_code_wins_and_all_are_run() {
    let passing = file("passing.helios", PASSING);
    let failing = file("failing.helios", FAILING);
    let unparsable = file("unparsable.helios", UNPARSABLE);
    let output = helios(&["run", &failing, &passing]);
    assert_eq!(code(&output), 1);
    let output = helios(&["run", &unparsable, &failing, &passing]);
    assert_eq!(code(&output), 2);
    for (name, outcome) in
        [(&passing, "ok, "), (&failing, "failed, "), (&unparsable, "unreadable\n")]
    {
        assert!(stdout(&output).contains(&format!("{name}: {outcome}")), "{}", stdout(&output));
    }
}

#[test]
fn quiet_is_silent_about_what_is_ok() {
    let passing = file("quiet-passing.helios", PASSING);
    let failing = file("quiet-failing.helios", FAILING);
    assert!(helios(&["run", "--quiet", &passing]).stdout.is_empty());
    let output = helios(&["run", "--quiet", &passing, &failing]);
    assert!(!stdout(&output).contains(&passing) && stdout(&output).contains(&failing));
}

#[test]
fn trace_prints_every_event() {
    let output = helios_with_input(&["run", "--trace", "-"], PASSING);
    let text = stdout(&output);
    let events: usize = text.lines().count() - 1;
    assert!(text.lines().last().unwrap().contains(&format!(" {events} events")), "{text}");
    for (place, line) in text.lines().take(events).enumerate() {
        assert!(line.starts_with(&format!("#{} ", place + 1)), "{line}");
    }
    assert!(text.contains("starts an election for term 1"), "{text}");
    assert!(text.contains("RequestVote term=1"), "{text}");
}

#[test]
fn json_is_one_object_for_each_file() {
    let passing = file("json-passing.helios", PASSING);
    let failing = file("json-failing.helios", FAILING);
    let unparsable = file("json-unparsable.helios", UNPARSABLE);
    let output = helios(&["run", "--json", &passing, &failing, &unparsable]);
    assert_eq!(code(&output), 2);
    let reports: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(reports.len(), 3);
    let [ok, failed, unreadable] = &reports[..] else { panic!("three") };
    assert_eq!(ok["outcome"], "ok");
    assert_eq!(ok["error"], Value::Null);
    assert_eq!(ok["trace_hash"].as_str().unwrap().len(), 16);
    assert!(ok["virtual_time_us"].as_u64().unwrap() > 0);
    assert!(
        ok["properties"].as_array().unwrap().iter().any(|p| p["name"] == "Election Safety"),
        "{ok}"
    );
    assert_eq!((&failed["outcome"], &failed["code"]), (&"failed".into(), &1.into()));
    assert_eq!(failed["error"]["line"], 3);
    assert!(!failed["error"]["trace"].as_array().unwrap().is_empty());
    assert_eq!((&unreadable["outcome"], &unreadable["code"]), (&"unreadable".into(), &2.into()));
    assert_eq!(unreadable["error"]["column"], 9);
    assert_eq!(unreadable["trace_hash"], Value::Null);
    // Every field is documented.
    let help = helios(&["run", "--help"]);
    for field in ok.as_object().unwrap().keys() {
        assert!(stdout(&help).contains(field), "{field} is in --help");
    }
}

/// Damage on a majority of the disks is no violation; but it is said what cannot be demanded any
/// more.
#[test]
fn a_guarantee_that_a_fault_takes_away_is_said_to_be_suspended() {
    let text = "cluster nodes=3 seed=1\nrun until leader\nset x=1\nrun until committed x=1\n\
                disk 1 2 3 corrupt entry 1\ncrash 2 3\nrestart 2 3\nexpect state 2 refused\n";
    let suspended = file("suspended.helios", text);
    let output = helios(&["run", "--trace", &suspended]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let text = stdout(&output);
    assert!(text.contains("  Committed Durability: suspended since "), "{text}");
    assert!(text.contains("node 2 refuses to start: entry 1 "), "{text}");
    let output = helios(&["run", "--json", &suspended]);
    let report: Value = serde_json::from_str(stdout(&output)).unwrap();
    let properties = report["properties"].as_array().unwrap();
    let durability = properties.iter().find(|p| p["name"] == "Committed Durability").unwrap();
    assert_eq!(durability["violation"], Value::Null);
    assert!(durability["suspended"]["since_us"].as_u64().unwrap() > 0);
    assert_eq!(durability["suspended"]["until_us"], Value::Null);
    assert!(
        durability["suspended"]["because"].as_str().unwrap().starts_with("damage on the disks")
    );
    let safety = properties.iter().find(|p| p["name"] == "Election Safety").unwrap();
    assert_eq!(safety["suspended"], Value::Null);
}

#[test]
fn without_files_or_with_wrong_options_usage_is_shown() {
    for arguments in [&["run"][..], &["run", "--frobnicate", "-"], &[], &["frobnicate"]] {
        let output = helios(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Usage:"), "{arguments:?}");
    }
}

#[test]
fn the_language_is_printed() {
    let output = helios(&["language"]);
    assert_eq!(code(&output), 0);
    for line in raft_script::help().into_iter().chain(raft_script::console_help()) {
        assert!(stdout(&output).contains(&line.form), "{}", line.form);
    }
}

/// The folder for files of this test.
fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn an_experiment_prints_its_table_and_charts_and_writes_its_files() {
    let (csv, svg) = (temporary("elections.csv"), temporary("elections.svg"));
    let arguments = ["experiment", "election-timeouts", "--trials", "2", "--csv"];
    let files = [csv.to_str().unwrap(), "--svg", svg.to_str().unwrap()];
    let output = helios(&[&arguments[..], &files].concat());
    assert_eq!(code(&output), 0);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = stdout(&output);
    assert!(text.lines().all(|line| line.len() <= 80) && !text.contains('\x1b'), "{text}");
    for expected in ["paper", "p50 287", "broadcast", "a 150ms", "a 12ms..24ms"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let rows = std::fs::read_to_string(&csv).unwrap();
    assert!(rows.starts_with("election,latency,disk,"), "{rows}");
    assert!(rows.contains("\n150ms..155ms,100us..300us,500us..5ms,5,3,stepwise,1,2,"), "{rows}");
    assert_eq!(rows.lines().count(), 11);
    let charts = std::fs::read_to_string(&svg).unwrap();
    assert_eq!(charts.matches("role=\"img\"").count(), 2);
}

#[test]
fn every_experiment_runs_and_its_help_lists_its_dials() {
    for experiment in raft_experiment::Experiment::ALL {
        let name = experiment.name();
        let output = helios(&["experiment", name, "--help"]);
        let help = stdout(&output);
        for dial in experiment.dials() {
            assert!(help.contains(&format!("--{} <VALUES>", dial.name)), "{name} {}", dial.name);
            assert!(help.contains(&format!("[default: {}]", dial.default)), "{name} {}", dial.name);
        }
        let output = helios(&["experiment", name, "--trials", "1", "--json"]);
        let json: Value = serde_json::from_str(stdout(&output)).unwrap();
        assert!(!json["table"]["rows"].as_array().unwrap().is_empty(), "{name}");
        assert!(!json["charts"][0]["curves"].as_array().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let run = |jobs| {
        let dials =
            ["experiment", "commit-latency", "--slow", "0,1", "--trials", "3", "--jobs", jobs];
        stdout(&helios(&dials)).to_owned()
    };
    assert_eq!(run("1"), run("5"));
}

#[test]
fn the_experiment_refuses_what_it_cannot_do_before_it_works() {
    let refused = |arguments: &[&str], why: &str| {
        let output = helios(&[&["experiment", "election-timeouts"], arguments].concat());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), 2, "{arguments:?}: {error}");
        assert!(error.contains(why), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty());
    };
    refused(&["--trials", "0"], "0 is not in 1..=100000");
    refused(&["--jobs", "0"], "0 is not in 1..=256");
    refused(&["--window", "1"], "unexpected argument '--window'");
    refused(&["--disk", "5ms..1ms"], "dial `disk`, column 1: expected a delay of at most 60m");
    // The earlier name, whose values had no units.
    refused(&["--link-latency", "0.1..0.3"], "dial `latency`, column 1: expected a delay");
    refused(&["--csv", "no/such/folder/x.csv"], "helios: cannot write the CSV: ");
    refused(&["--svg", "no/such/folder/x.svg"], "helios: cannot write the SVG: ");
    refused(&["--trials", "1", "--latency", "20ms..40ms"], "ms: no leader stays leader");
}

/// `helios run --trace … | head -1`
#[test]
fn a_reader_that_leaves_early_causes_no_panic() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_helios"))
        .args(["run", "--trace", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    child.stdin.take().unwrap().write_all(b"run 60s\n").unwrap();
    let mut first = [0; 10];
    out.read_exact(&mut first).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_scenario_holds() {
    let files = scenarios();
    assert!(files.len() >= 10);
    let names: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let output = helios(&[&["run"], &names[..]].concat());
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert_eq!(stdout(&output).lines().count(), files.len());
}

/// The page lists them by their first line, with their second one below.
#[test]
fn every_scenario_opens_with_a_title_and_a_sentence_and_proves_its_story() {
    for path in scenarios() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        let title = lines.next().unwrap().strip_prefix("# ").expect("a title");
        assert!(!title.ends_with('.'), "{title}");
        let sentence = lines.next().unwrap().strip_prefix("# ").expect("a sentence");
        assert!(sentence.ends_with('.') && sentence.len() > title.len(), "{sentence}");
        assert!(text.matches("\nexpect ").count() >= 3, "{path:?}");
        assert!(text.ends_with("\nexpect safe\n"), "{path:?}");
    }
}

/// What is exported from a scenario's end is the same run.
#[test]
fn every_scenario_exports_to_a_script_with_the_same_trace_hash() {
    for path in scenarios() {
        let text = std::fs::read_to_string(&path).unwrap();
        let report = raft_script::run(&raft_script::parse(&text).unwrap(), &mut |_| {});
        let exported = report.session.unwrap().export();
        let script = raft_script::parse(&exported).unwrap_or_else(|error| panic!("{error}"));
        let again = raft_script::run(&script, &mut |_| {});
        assert_eq!(again.failure, None, "{exported}");
        assert_eq!((again.trace_hash, again.at), (report.trace_hash, report.at), "{exported}");
    }
}

#[test]
fn shrink_leaves_what_fails_and_says_so() {
    let long = "cluster nodes=5 seed=4 heartbeat=40ms\nset y=2\nat 1500ms crash 5\nset x=1\n\
                run 2s\nexpect term 1 = 99\nheal\n";
    let shrunk = helios_with_input(&["shrink", "-"], long);
    let stderr = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(code(&shrunk), 0, "{}", stderr(&shrunk));
    assert!(stdout(&shrunk).starts_with("# expected term 1 = 99, found: "), "{}", stdout(&shrunk));
    let rest: Vec<&str> = stdout(&shrunk).lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(rest, ["cluster nodes=1 seed=1", "expect term 1 = 99"]);
    assert!(stderr(&shrunk).contains("fails: expected term 1 = 99"), "{}", stderr(&shrunk));

    let sound = helios_with_input(&["shrink", "-"], "run 1s\n");
    assert_eq!((code(&sound), stdout(&sound)), (1, ""));
    assert!(stderr(&sound).contains("does not fail"), "{}", stderr(&sound));
    let unreadable = helios_with_input(&["shrink", "-"], "crush 1\n");
    assert_eq!(code(&unreadable), 2);
    assert!(stderr(&unreadable).contains("line 1"), "{}", stderr(&unreadable));
}

#[test]
fn a_shrunk_script_in_a_file_comes_with_the_command_that_opens_it() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shrunk.helios");
    let file = file.to_str().expect("a name in UTF-8");
    let shrunk = helios_with_input(&["shrink", "-", "--out", file], "run 1s\nexpect no leader\n");
    let expected = format!("replay: helios run {file}\nopen:   helios open {file}\n");
    assert_eq!(stdout(&shrunk), expected);
    assert_eq!(code(&helios(&["run", file])), 1, "it fails");
}

/// The faults are why there is no leader, so they stay: `expect leader` alone would fail too, but
/// only because no election can be over by then.
#[test]
fn shrink_keeps_the_cause_of_a_failed_expectation() {
    let long = "cluster nodes=5 seed=4\nset y=2\nat 1500ms crash 5\nset x=1\nat 2s crash 4\n\
                at 3s slow 2 by=1ms\nat 4s crash 1\nat 6s heal\nrun 2s\nexpect leader\n";
    let shrunk = helios_with_input(&["shrink", "-"], long);
    assert_eq!(code(&shrunk), 0);
    let text = stdout(&shrunk);
    assert!(text.contains("crash") && text.ends_with("\nexpect leader\n"), "{text}");
    let again = helios_with_input(&["run", "-"], text);
    assert_eq!(code(&again), 1);
}

/// `helios run` and `helios shrink` agree about a statement that cannot be carried out.
#[test]
fn a_statement_that_cannot_be_carried_out_is_the_failure_of_run_and_of_shrink() {
    let script = "cluster nodes=3 seed=1\nset x=1\nrun 1s\nrestart 2\nexpect term 1 = 99\n";
    let run = helios_with_input(&["run", "-"], script);
    assert_eq!(code(&run), 1);
    let reason = "node 2 is running";
    assert!(stdout(&run).contains(reason), "{}", stdout(&run));
    let shrunk = helios_with_input(&["shrink", "-"], script);
    assert_eq!(code(&shrunk), 0);
    assert!(String::from_utf8_lossy(&shrunk.stderr).contains(reason));
    let again = helios_with_input(&["run", "-"], stdout(&shrunk));
    assert!(stdout(&again).contains(" is running"), "{}", stdout(&again));
}

/// Two of three are down, and the third asks for votes for a minute. The crashes were long before
/// the end, and are told all the same.
#[test]
fn the_last_events_fold_repetitions_and_tell_what_explains_them() {
    let script = "cluster nodes=3 seed=1 pre-vote=off\nrun until leader\nat 2s crash 1 2\n\
                  run 3s\nexpect leader 3 within 60s\n";
    let run = helios_with_input(&["run", "-"], script);
    assert_eq!(code(&run), 1);
    let text = stdout(&run);
    for part in ["2000.000ms node 1 crashes", "2000.000ms node 2 crashes", " times more, until 6"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let asks = text.lines().filter(|line| line.contains("node 3 starts an election")).count();
    assert!((1..=4).contains(&asks), "{text}");
}
