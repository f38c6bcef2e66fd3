//! Traces of this program are runs of the specification, and with one field changed they are not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use raft_fuzz::{Plan, Profile, SeedRun};
use raft_script::Script;
use raft_spec::{HeldRun, hold};
use raft_trace::write_trace;
use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of a folder and of the folders in it, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

fn trace_of(script: &Script) -> Vec<u8> {
    let session = raft_script::run(script, &mut |_| {}).session.expect("it can be played");
    let mut text = Vec::new();
    write_trace(&session, &mut text).expect("memory takes everything");
    text
}

fn accepted(name: &str, trace: &[u8]) -> HeldRun {
    let held = hold(trace).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(held.outside, None, "{name}");
    held
}

#[test]
fn scenarios_are_runs_of_the_specification() {
    let mut steps = 0;
    for file in files(&root().join("scenarios")) {
        if file.parent().is_some_and(|folder| folder.ends_with("bugs")) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("it can be read");
        let script = raft_script::parse(&text).expect("a script");
        steps += accepted(&file.display().to_string(), &trace_of(&script)).steps;
    }
    assert!(steps > 20_000, "{steps} steps");
}

#[test]
fn golden_scripts_are_runs_of_the_specification() {
    let (mut count, mut steps) = (0, 0);
    for file in files(&root().join("tests/scripts")) {
        let text = fs::read_to_string(&file).expect("it can be read");
        let lines = text.lines().filter_map(|line| line.strip_prefix("> "));
        let Ok(script) = raft_script::parse(&lines.collect::<Vec<_>>().join("\n")) else {
            continue;
        };
        if script.statements.iter().any(|line| line.statement.switches_rules()) {
            continue;
        }
        count += 1;
        steps += accepted(&file.display().to_string(), &trace_of(&script)).steps;
    }
    assert!(count > 100 && steps > 20_000, "{count} scripts, {steps} steps");
}

#[test]
fn fuzzed_runs_are_runs_of_the_specification() {
    let mut events = 0;
    for profile in Profile::ALL {
        for seed in 1..=3 {
            let mut run = SeedRun::new(&Plan::new(profile, seed));
            run.play();
            events += accepted(&format!("{profile} {seed}"), &trace_of(&run.script())).events;
        }
    }
    assert!(events > 50_000, "{events} events");
}

/// The places in an object that hold a number or a flag, as paths of names.
fn places(value: &Json, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Json::Object(members) => {
            for (name, member) in members {
                path.push(name.clone());
                places(member, path, found);
                path.pop();
            }
        }
        Json::Array(items) => {
            if let Some(first) = items.first() {
                path.push("0".to_owned());
                places(first, path, found);
                path.pop();
            }
        }
        Json::Number(_) | Json::Bool(_) => found.push(path.clone()),
        Json::Null | Json::String(_) => {}
    }
}

/// The object with another number or flag at a place.
fn changed(mut object: Json, path: &[String]) -> Json {
    let mut place = &mut object;
    for name in path {
        place = match name.parse::<usize>() {
            Ok(item) => &mut place[item],
            Err(_) => &mut place[name.as_str()],
        };
    }
    *place = match &*place {
        Json::Bool(flag) => Json::Bool(!flag),
        number => Json::from(number.as_u64().unwrap_or_default() + 1),
    };
    object
}

/// The kinds of events of which the specification says something, with the fields that it says
/// nothing of.
#[test]
fn one_changed_field_is_noticed() {
    let mut unnoticed = BTreeSet::new();
    let (mut tried, mut seen) = (0, BTreeSet::new());
    for name in ["05-conflicting-logs", "11-snapshot", "14-pre-vote", "17-membership"] {
        let file = root().join("scenarios").join(name).with_extension("helios");
        let script = raft_script::parse(&fs::read_to_string(file).expect("readable"));
        let trace = String::from_utf8(trace_of(&script.expect("a script"))).expect("text");
        let lines: Vec<&str> = trace.lines().collect();
        for (at, line) in lines.iter().enumerate().skip(1) {
            let event: Json = serde_json::from_str(line).expect("JSON");
            let kind = event["kind"].as_str().unwrap_or_default().to_owned();
            let kind = format!("{kind} {}", event["message"]["type"].as_str().unwrap_or_default());
            let mut all = Vec::new();
            places(&event, &mut Vec::new(), &mut all);
            for path in all {
                // The numbers and times of events are no part of the specification, and a change
                // near the end may have no consequence any more.
                let is_frame = ["event", "time_us", "cause", "action"].contains(&path[0].as_str());
                let is_late = at * 3 > lines.len() * 2;
                if is_frame || is_late || !seen.insert((kind.clone(), path.clone())) {
                    continue;
                }
                tried += 1;
                let other = changed(event.clone(), &path).to_string();
                let mut text = lines.clone();
                text[at] = &other;
                match hold((text.join("\n") + "\n").as_bytes()) {
                    Ok(HeldRun { outside: None, .. }) => {
                        unnoticed.insert(format!("{kind}: {}", path.join(".")));
                    }
                    Ok(HeldRun { outside: Some(outside), .. }) => {
                        // What a node decides in a moment is complete with its write, which is
                        // told after it; a write of another node is none of its own.
                        let named: Json =
                            serde_json::from_str(lines[outside.line - 1]).expect("JSON");
                        let is_earlier = named["time_us"].as_u64() < event["time_us"].as_u64();
                        let is_other = path == ["node"];
                        assert!(
                            !is_earlier || is_other,
                            "{path:?} of line {}: {outside:?}",
                            at + 1
                        );
                    }
                    Err(_) => {}
                }
            }
        }
    }
    assert!(tried > 300, "{tried} fields");
    let about = [
        "sent",
        "delivered",
        "term_advanced",
        "election_started",
        "vote_granted",
        "became_leader",
        "appended",
        "entries_accepted",
        "truncated",
        "committed",
        "commit_learned",
        "applied",
        "snapshot_installed",
        "write_issued",
    ];
    let is_about = |it: &&String| about.iter().any(|kind| it.starts_with(&format!("{kind} ")));
    let passed: Vec<&str> = unnoticed.iter().filter(is_about).map(String::as_str).collect();
    assert_eq!(passed, PASSED, "all that is passed over: {unnoticed:#?}");
}

/// The fields of the events that the specification is about, of which it says nothing: addresses of
/// members, times, and what only counts what is told elsewhere.
const PASSED: [&str; 17] = [
    "appended : noop",
    "applied : entries.0.membership.contexts.0.node",
    "entries_accepted : leader",
    "entries_accepted : new_entries",
    "sent AppendEntries: arrives_at",
    "sent AppendEntriesReply: arrives_at",
    "sent InstallSnapshot: arrives_at",
    "sent PreVote: arrives_at",
    "sent PreVoteReply: arrives_at",
    "sent RequestVote: arrives_at",
    "sent RequestVoteReply: arrives_at",
    "snapshot_installed : kept_entries",
    "write_issued : batch.0.entry.membership.contexts.0.node",
    "write_issued : batch.0.last_included.term",
    "write_issued : batch.0.log_start.term",
    "write_issued : batch.0.membership.voters.0",
    // A copy of the vote follows, which the reader takes.
    "write_issued : batch.0.voted_for",
];
