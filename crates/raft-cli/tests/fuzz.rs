//! `helios fuzz` and `helios merge` as a person or a job array meets them.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{code, helios, stdout};
use serde_json::Value;

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// A folder of its own, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn json(arguments: &[&str]) -> Value {
    let output = helios(arguments);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What does not depend on the machine.
fn timeless(mut report: Value) -> Value {
    report["real_time_us"] = 0.into();
    report
}

#[test]
fn a_campaign_without_failures_exits_with_0_and_shows_its_board() {
    let output = helios(&["fuzz", "--seeds", "1..21"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let text = stdout(&output);
    for part in [
        "seeds 1..21\n",
        "swarm: 20 seeds, ",
        "virtual s/s",
        "rare events:",
        "split-vote",
        "no seed failed",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(stderr(&output), "", "no progress bar where there is no terminal");
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let arguments = |jobs| ["fuzz", "--seeds", "1..31", "--nodes", "3", "--json", "--jobs", jobs];
    let (one, four) = (json(&arguments("1")), json(&arguments("4")));
    assert_eq!(one["runs"], 30);
    assert_eq!(one["nodes"], 3);
    assert_eq!(one["done"], serde_json::json!([[1, 31]]));
    assert_eq!(timeless(one), timeless(four));
}

#[test]
fn shares_add_up_to_the_whole() {
    let folder = folder("shares");
    let whole = json(&["fuzz", "--profile", "wan", "--seeds", "1..=20", "--json"]);
    let mut files = Vec::new();
    for number in 1..=3 {
        let shard = format!("{number}/3");
        let arguments =
            ["fuzz", "--profile", "wan", "--seeds", "1..=20", "--json", "--shard", &shard];
        let file = folder.join(format!("{number}.json"));
        std::fs::write(&file, helios(&arguments).stdout).unwrap();
        files.push(file.to_str().unwrap().to_owned());
    }
    let [one, two, three] = [&files[0], &files[1], &files[2]].map(String::as_str);
    let merged = json(&["merge", "--json", three, one, two]);
    assert_eq!(timeless(merged), timeless(whole));

    let incomplete = helios(&["merge", one, three]);
    assert_eq!(code(&incomplete), 2);
    assert!(stderr(&incomplete).contains("7 seeds are missing: 8..15"), "{}", stderr(&incomplete));
    let twice = helios(&["merge", one, two, one]);
    assert_eq!(code(&twice), 2);
    assert!(stderr(&twice).contains("overlap: seed 1 is in both"), "{}", stderr(&twice));
    let again = folder.join("all.json");
    let all: Vec<u8> = files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect();
    std::fs::write(&again, all).unwrap();
    assert_eq!(code(&helios(&["merge", again.to_str().unwrap()])), 0, "one file may hold them all");
}

#[test]
fn what_does_not_belong_together_is_not_added_up() {
    let folder = folder("other-campaigns");
    let report = json(&["fuzz", "--profile", "calm", "--seeds", "1..3", "--json"]);
    let file = |name: &str, value: &Value| {
        let path = folder.join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = file("good.json", &report);
    let refuses = |value: Value, complaint: &str| {
        let bad = file("bad.json", &value);
        let output = helios(&["merge", &good, &bad]);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(complaint), "{complaint}: {}", stderr(&output));
    };
    let with = |key: &str, value: Value| {
        let mut report = report.clone();
        report[key] = value;
        report
    };
    refuses(with("profile", "lan".into()), "the profile is \"calm\" in one and \"lan\"");
    refuses(with("helios", "9.9.9".into()), "version");
    refuses(with("format", 2.into()), "its format is 2");
    refuses(with("runs", 7.into()), "it counts 7 runs and lists 2 seeds");
    refuses(with("done", serde_json::json!([[2, 1]])), "out of order");
    refuses(with("done", serde_json::json!([[1, 9]])), "beyond 1..3");
    refuses(with("hash", "xyz".into()), "not a hash");
    refuses(with("rare", serde_json::json!({"no-such": 1})), "no-such");
    refuses(with("more", 1.into()), "unknown field");
    refuses(serde_json::json!([1, 2]), "is not output of helios fuzz --json");
    let output = helios(&["merge", "no-such-file.json"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("no-such-file.json cannot be read"));
}

#[test]
fn what_makes_no_sense_exits_with_2() {
    for arguments in [
        &["fuzz", "--seeds", "5..5"][..],
        &["fuzz", "--seeds", "1.."],
        &["fuzz", "--profile", "nice"],
        &["fuzz", "--nodes", "10"],
        &["fuzz", "--for", "soon"],
        &["fuzz", "--jobs", "0"],
        &["fuzz", "--shard", "3/2"],
        &["fuzz", "--shard", "1/2", "--for", "1s"],
        &["fuzz", "--shard", "1/2"],
        &["merge"],
    ] {
        let output = helios(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(!stderr(&output).is_empty());
    }
}

#[test]
fn a_time_ends_a_campaign_and_says_how_to_go_on() {
    let output = helios(&["fuzz", "--for", "1s", "--profile", "lan", "--jobs", "1"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("continue with: --seeds "), "{}", stdout(&output));
}

/// Without --seeds, each campaign plays other seeds; the first line says which, and they can be
/// played again.
#[test]
fn the_first_seed_is_drawn_and_printed() {
    let drawn = || {
        let output = helios(&["fuzz", "--profile", "calm", "--nodes", "1", "--for", "1s"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let first = stdout(&output).lines().next().unwrap().to_owned();
        let first = first.strip_prefix("seeds ").and_then(|seeds| seeds.strip_suffix(".."));
        first.unwrap().parse::<u64>().unwrap()
    };
    let (one, other) = (drawn(), drawn());
    assert!(one != other && one >= 1_000_000 && other >= 1_000_000, "{one} {other}");
    let range = format!("{one}..={one}");
    let report = json(&["fuzz", "--profile", "calm", "--seeds", &range, "--json"]);
    assert_eq!(report["seeds"], serde_json::json!([one, one + 1]));
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told_before_hours_of_work() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = helios(&["fuzz", "--seeds", "1..1000000000", "--out", file]);
    assert_eq!(code(&output), 2);
    assert_eq!(stdout(&output), "");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_campaign_with_what_it_knows() {
    use std::process::Stdio;
    use std::time::Duration;

    let mut command = Command::new(env!("CARGO_BIN_EXE_helios"));
    command.args(["fuzz", "--seeds", "1..", "--for", "1h", "--json"]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["runs"].as_u64().unwrap() > 0);
}

#[cfg(feature = "bugs")]
mod bugs {
    use super::*;

    /// A campaign with a bug; its output, and the script that it wrote.
    fn campaign(bug: &str, folder: &Path) -> (Output, String, String) {
        let out = folder.to_str().unwrap();
        let output = helios(&["fuzz", "--bugs", bug, "--seeds", "1..2000", "--out", out]);
        assert_eq!(code(&output), 1, "{bug}: {}", stdout(&output));
        let mut files = std::fs::read_dir(folder).unwrap();
        let file = files.next().unwrap().unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("helios-fuzz-swarm-{bug}-")), "{name}");
        assert!(files.next().is_none(), "only the first failure has a script");
        let file = file.to_str().unwrap().to_owned();
        let script = std::fs::read_to_string(&file).unwrap();
        (output, file, script)
    }

    #[test]
    fn a_failure_is_written_as_a_script_that_replays_it() {
        let folder = folder("election");
        let (output, file, script) = campaign("vote-ignores-log", &folder);
        let text = stdout(&output);
        assert!(text.contains(&format!("replay: helios run {file}")), "{text}");
        assert!(text.contains(&format!("shrink: helios shrink {file}")), "{text}");
        assert!(script.starts_with("# Found by helios fuzz"), "{script}");
        let broke = script.lines().nth(1).unwrap().trim_start_matches("# ").to_owned();
        let replay = helios(&["run", &file]);
        assert_eq!(code(&replay), 1);
        assert!(stdout(&replay).contains(&broke), "{broke}: {}", stdout(&replay));
    }

    #[test]
    fn a_failed_assertion_is_a_failure_like_others() {
        let folder = folder("assertion");
        let out = folder.to_str().unwrap();
        let bug = ["fuzz", "--bugs", "append-truncates", "--seeds", "550..850", "--out", out];
        let output = helios(&[&bug[..], &["--keep-going", "--json"]].concat());
        assert_eq!(stderr(&output), "", "the panic itself is not shown");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let failures = report["failures"].as_array().unwrap();
        let failure = failures.iter().find(|failure| failure["name"] == "Assertion").unwrap();
        let (file, said) = (&failure["script"], failure["description"].as_str().unwrap());
        assert!(said.starts_with("an assertion failed: "), "{said}");
        let replay = helios(&["run", file.as_str().unwrap()]);
        assert_eq!(code(&replay), 1, "{}", stderr(&replay));
        assert!(stdout(&replay).contains(said), "{}", stdout(&replay));
    }

    /// A thread of the campaign never ends. The campaign ends all the same, names the seed, and
    /// writes the script up to the operation that loops.
    #[test]
    fn a_seed_that_never_ends_is_named() {
        let folder = folder("endless");
        let out = folder.to_str().unwrap();
        let seeds = ["fuzz", "--seeds", "1..9", "--loops-from", "5", "--step-limit", "1s"];
        for jobs in ["1", "2"] {
            let output = helios(&[&seeds[..], &["--jobs", jobs, "--out", out]].concat());
            assert_eq!(code(&output), 1, "{}", stderr(&output));
            let text = stdout(&output);
            let stuck = if text.contains("  seed 5: an endless loop: ") { 5 } else { 6 };
            assert!(text.contains(&format!("  seed {stuck}: an endless loop: ")), "{text}");
            assert!(text.contains("made no step for 1 s"), "{text}");
            let file = folder.join(format!("helios-fuzz-swarm-{stuck}.helios"));
            let script = std::fs::read_to_string(&file).unwrap();
            assert!(script.contains("# an endless loop: what comes after step "), "{script}");
            let replay = helios(&["run", file.to_str().unwrap()]);
            assert_eq!(code(&replay), 0, "only the campaign looped: {}", stdout(&replay));
        }
    }

    #[test]
    fn all_failures_are_found_with_keep_going() {
        let folder = folder("all");
        let out = folder.to_str().unwrap();
        let bug = ["fuzz", "--bugs", "vote-ignores-log", "--seeds", "1..200", "--out", out];
        let output = helios(&[&bug[..], &["--keep-going", "--json"]].concat());
        assert_eq!(code(&output), 1);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["runs"], 199);
        assert_eq!(report["bugs"], serde_json::json!(["vote-ignores-log"]));
        let failures = report["failures"].as_array().unwrap();
        assert!(failures.len() > 1);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), failures.len());
    }

    #[test]
    fn an_unknown_bug_is_named_with_those_there_are() {
        let output = helios(&["fuzz", "--bugs", "typo"]);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains("stale-votes"), "{}", stderr(&output));
    }
}
