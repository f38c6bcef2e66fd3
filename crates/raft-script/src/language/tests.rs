//! README's block "The language on one screen" and the help, held against the table.

use std::collections::BTreeSet;

use raft_core::LogIndex;
use raft_storage::RecordKey;

use super::{CONDITIONS, CONSOLE, PAPER, STATEMENTS, cluster_settings, record_name};
use crate::{help, parse_input, parse_line};

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md"));

/// The statements that README leaves out.
const STATEMENTS_LEFT_OUT: &[&str] = &[
    "allow",
    "ask",
    "break",
    "choice",
    "clock",
    "cut",
    "demote",
    "duplicate",
    "forget",
    "goal",
    "instead",
    "lesson",
    "mend",
    "never",
    "point",
    "put",
    "recover",
    "replay",
    "reseed",
    "restore",
    "scene",
    "slow",
    "solve",
];

/// The conditions that README leaves out.
const CONDITIONS_LEFT_OUT: &[&str] = &[
    "answer",
    "applied",
    "commit",
    "complete",
    "following",
    "idle",
    "joint",
    "learners",
    "lease",
    "log",
    "no leader",
    "no learners",
    "no lease",
    "no value",
    "pending",
    "settled",
    "state",
    "term",
    "value",
    "vote",
    "voters",
];

/// The settings of `cluster` that README leaves out.
const SETTINGS_LEFT_OUT: &[&str] = &[
    "batch",
    "batch-bytes",
    "bugs",
    "check-quorum",
    "chunk",
    "command-bytes",
    "disk",
    "disk-files",
    "disk-shape",
    "down",
    "drift",
    "encoding",
    "failing",
    "forward",
    "gather",
    "heartbeat",
    "learners",
    "lease",
    "log-bytes",
    "paper",
    "patience",
    "pending",
    "pre-vote",
    "report",
    "run",
    "sessions",
    "shape",
    "snapshot",
    "snapshot-bytes",
    "snapshot-files",
    "state",
    "timeout",
    "trailing",
    "uncommitted",
    "window",
    "window-bytes",
];

/// The statements of README's block; two or more spaces part those in one line.
fn readme() -> Vec<&'static str> {
    let (_, block) = README.split_once("## The language on one screen").expect("the heading");
    let block = block.split("```").nth(1).expect("a block").trim_start_matches("text\n");
    let code = block.lines().map(|line| line.split('#').next().unwrap_or_default());
    code.flat_map(|line| line.split("  ")).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The name in the table with which a text begins.
fn named(names: &BTreeSet<&'static str>, text: &str) -> Option<&'static str> {
    let begins = |name: &&&str| {
        text.strip_prefix(**name).is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-')
        })
    };
    names.iter().filter(begins).max_by_key(|name| name.len()).copied()
}

/// README's block "A debugger" has every command that only a console has.
#[test]
fn the_readme_has_every_command_of_a_console() {
    let (_, section) = README.split_once("## A debugger").expect("the heading");
    let block = section.split("```").nth(1).expect("a block").trim_start_matches("text\n");
    let parts: Vec<&str> = block.lines().flat_map(|line| line.split("  ")).map(str::trim).collect();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        if let Err(error) = parse_input(part) {
            panic!("README: {error}");
        }
    }
    let names = CONSOLE.iter().map(|word| word.name).collect();
    assert_eq!(left_out(names, &parts), [""; 0]);
}

fn left_out(names: BTreeSet<&'static str>, texts: &[&str]) -> Vec<&'static str> {
    let used: BTreeSet<_> = texts.iter().filter_map(|text| named(&names, text)).collect();
    names.difference(&used).copied().collect()
}

fn condition_names() -> BTreeSet<&'static str> {
    CONDITIONS.iter().map(|word| word.name).collect()
}

fn setting_names() -> BTreeSet<&'static str> {
    cluster_settings().map(|setting| setting.name).chain([PAPER.0]).collect()
}

#[test]
fn every_statement_in_the_readme_is_understood() {
    let parts = readme();
    assert!(parts.len() > 30, "{parts:?}");
    for part in parts {
        if let Err(error) = parse_line(part) {
            panic!("README: {error}");
        }
    }
}

#[test]
fn the_readme_has_every_word_but_these() {
    let mut parts = readme();
    // `at MOMENT STATEMENT` is two statements.
    let inner = |part: &&'static str| part.strip_prefix("at ")?.split_once(' ').map(|(_, it)| it);
    parts.extend(readme().iter().filter_map(inner));
    let names = STATEMENTS.iter().map(|word| word.name).collect();
    assert_eq!(left_out(names, &parts), STATEMENTS_LEFT_OUT);

    let condition = |part: &&'static str| {
        part.strip_prefix("expect ").or_else(|| part.strip_prefix("run until "))
    };
    let conditions: Vec<&str> = parts.iter().filter_map(condition).collect();
    assert_eq!(left_out(condition_names(), &conditions), CONDITIONS_LEFT_OUT);

    let settings: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.strip_prefix("cluster "))
        .flat_map(|settings| settings.split(' '))
        .collect();
    assert_eq!(left_out(setting_names(), &settings), SETTINGS_LEFT_OUT);
}

/// The help has every word of the table: a form begins with it, or says that it is the same.
#[test]
fn the_help_has_every_word() {
    let lines = help();
    let forms = lines.iter().flat_map(|line| line.form.split(", "));
    let settings_of_cluster = lines.iter().filter_map(|line| line.form.strip_prefix("cluster "));
    let forms: Vec<&str> = forms
        .chain(settings_of_cluster.flat_map(|settings| settings.split(' ')))
        .map(|form| form.trim_start_matches([' ', '[']))
        .collect();
    let same =
        |name: &str| lines.iter().any(|line| line.meaning.contains(&format!("{name} is the same")));
    let statements: BTreeSet<_> = STATEMENTS.iter().map(|word| word.name).collect();
    let settings = cluster_settings().filter(|setting| !setting.example.is_empty());
    let settings = settings.map(|setting| setting.name).chain([PAPER.0]).collect();
    for names in [statements, condition_names(), settings] {
        let missing = left_out(names, &forms);
        let missing: Vec<_> = missing.into_iter().filter(|name| !same(name)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}

#[test]
fn a_record_has_the_name_that_statements_have_for_it() {
    for key in [
        RecordKey::HardState,
        RecordKey::HardStateCopy,
        RecordKey::SnapshotMark,
        RecordKey::LogEnd,
        RecordKey::Snapshot,
        RecordKey::Entry(LogIndex(4)),
        RecordKey::Bootstrap,
        RecordKey::BootstrapCopy,
        RecordKey::SnapshotFile(2),
    ] {
        let line = format!("disk 3 corrupt {}", record_name(key).expect("a statement names it"));
        let statement = parse_line(&line).expect("it is a line").map(|it| it.to_string());
        assert_eq!(statement.as_deref(), Some(&*line));
    }
    assert_eq!(record_name(RecordKey::InUse), None, "it is not on the disk proper");
}
