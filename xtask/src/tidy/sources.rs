//! Rules about the text of files.

use super::{File, Finding, Tree};

/// The limit of lines in a file. A longer one has more than one subject.
const LONGEST_FILE: usize = 600;

/// Beginnings of absolute paths. In pieces, so that this file does not break its own rule.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("C:", "\\"),
];

const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];

/// Files of code and style stay below the limit; folders of tests may hold long tables.
pub(super) fn length(tree: &Tree) -> Vec<Finding> {
    let limited = |file: &&File| {
        matches!(file.extension(), "rs" | "css" | "mjs")
            && !file.path.split('/').any(|part| part == "tests")
    };
    tree.files
        .iter()
        .filter(limited)
        .filter_map(|file| {
            let lines = file.text.lines().count();
            let advice = format!("{lines} lines, and {LONGEST_FILE} are the limit: split the file");
            (lines > LONGEST_FILE).then(|| file.finding(LONGEST_FILE + 1, advice))
        })
        .collect()
}

/// A Rust file begins with its purpose, except `foo/tests.rs`, where the name says it.
pub(super) fn purpose_is_stated(tree: &Tree) -> Vec<Finding> {
    let says_nothing = |file: &&File| {
        file.extension() == "rs"
            && !file.path.ends_with("/tests.rs")
            && !file.text.starts_with("//!")
    };
    let finding = |file: &File| file.finding(1, "begin with `//!` and say what the file is for");
    tree.files.iter().filter(says_nothing).map(finding).collect()
}

/// No file contains a path of the machine that it was written on.
pub(super) fn no_machine_paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.numbered_lines() {
            if let Some(path) = MACHINE_PATHS.iter().find(|path| holds_path(line, path)) {
                findings.push(file.finding(
                    number,
                    format!("a path of one machine ({path}…): make it relative to the repository"),
                ));
            }
        }
    }
    findings
}

/// A mark of unfinished work has its reason in parentheses.
pub(super) fn unfinished_work_has_a_reason(tree: &Tree) -> Vec<Finding> {
    let is_code = |file: &&File| {
        matches!(file.extension(), "rs" | "mjs" | "js" | "css" | "html" | "toml" | "sh" | "raft")
    };
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(is_code) {
        for (number, line) in file.numbered_lines() {
            if let Some(mark) = UNFINISHED.iter().find(|mark| lacks_reason(line, mark)) {
                let advice = format!("{mark} without a reason: do it, or write `{mark}(why)`");
                findings.push(file.finding(number, advice));
            }
        }
    }
    findings
}

/// Scenario files are plain text: no tabs, no carriage returns, a newline at the end.
pub(super) fn scenarios_are_plain(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.starts_with("scenarios/")) {
        for (number, line) in file.text.split('\n').enumerate() {
            if line.contains(['\t', '\r']) {
                findings.push(file.finding(number + 1, "a tab or carriage return: use spaces"));
            }
        }
        if !file.text.ends_with('\n') {
            findings.push(file.finding(file.text.lines().count(), "end the file with a newline"));
        }
    }
    findings
}

/// Whether the path starts in the line and is not the middle of a longer one.
fn holds_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~' | '}'))
    })
}

/// Whether the mark is a word of the line without a reason after it.
fn lacks_reason(line: &str, mark: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(mark).any(|(at, _)| {
        let after = &line[at + mark.len()..];
        let is_word = !line[..at].ends_with(part_of_word) && !after.starts_with(part_of_word);
        let reason = after.strip_prefix('(').and_then(|rest| rest.split(')').next());
        is_word && reason.is_none_or(|reason| reason.trim().is_empty())
    })
}
