//! Rules about Rust code that neither rustfmt nor Clippy checks.

use std::collections::BTreeSet;

use super::{File, Finding, Tree};

/// The width of rustfmt, which leaves comments and strings alone.
const WIDEST_LINE: usize = 100;

/// In pieces, so that this file does not break its own rule.
const UNREACHABLE: &str = concat!("unreach", "able!");

/// No line is wider than [`WIDEST_LINE`] columns, unless it holds a URL or is a row of a table.
pub(super) fn width(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in rust_files(tree) {
        for (number, line) in file.numbered_lines() {
            let columns = line.chars().count();
            let is_row = line.trim_start().starts_with("//! |");
            if columns > WIDEST_LINE && !is_row && !line.contains("://") {
                let advice = format!("{columns} columns, and {WIDEST_LINE} are the limit");
                findings.push(file.finding(number, advice));
            }
        }
    }
    findings
}

/// A match names each case. The macro that panics in the impossible one is for tests only.
pub(super) fn nothing_is_unreachable(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in rust_files(tree).filter(|file| !is_test(file)) {
        for (number, line) in file.numbered_lines() {
            if line.contains(UNREACHABLE) {
                let advice = "make the impossible case a type, or assert what must hold";
                findings.push(file.finding(number, advice));
            }
        }
    }
    findings
}

/// A match over variants of our own enums names them all, also inside of tuples and options.
///
/// Clippy's `wildcard_enum_match_arm` sees only a match over the enum itself.
pub(super) fn no_catch_all_arm(tree: &Tree) -> Vec<Finding> {
    let enums: BTreeSet<&str> = rust_files(tree).flat_map(declared_enums).collect();
    let mut findings = Vec::new();
    for file in rust_files(tree) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if is_catch_all(line) && patterns_beside(&lines, at).any(|p| names_one_of(p, &enums)) {
                let advice = "a catch-all arm over our own enum: write the variants, so that a \
                              new one does not compile until it is handled";
                findings.push(file.finding(at + 1, advice));
            }
        }
    }
    findings
}

fn rust_files(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|file| file.extension() == "rs")
}

fn is_test(file: &File) -> bool {
    file.path.split('/').any(|part| matches!(part, "tests" | "tests.rs"))
}

fn declared_enums(file: &File) -> impl Iterator<Item = &str> {
    file.text.lines().filter_map(|line| {
        let words = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        let name = words.strip_prefix("enum ")?;
        name.split(|c: char| !c.is_alphanumeric()).next()
    })
}

/// Whether the line starts an arm that takes all other values: `_ =>` or `other =>`.
fn is_catch_all(line: &str) -> bool {
    let Some((pattern, _)) = line.trim_start().split_once(" =>") else { return false };
    let is_name = pattern.chars().all(|c| c.is_lowercase() || c == '_');
    is_name && !matches!(pattern, "" | "true" | "false")
}

/// The patterns of the other arms before the one at `at`: lines of the same indentation, up to the
/// line with less of it.
fn patterns_beside<'a>(lines: &'a [&'a str], at: usize) -> impl Iterator<Item = &'a str> {
    let depth = indentation(lines[at]);
    let before = lines[..at].iter().rev().filter(|line| !line.trim().is_empty());
    before
        .take_while(move |line| indentation(line) >= depth)
        .filter(move |line| indentation(line) == depth && !line.trim_start().starts_with("//"))
        .map(|line| line.split(" =>").next().and_then(|arm| arm.split(" if ").next()))
        .map(Option::unwrap_or_default)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether a pattern names a variant of one of these enums, or of `Self`.
fn names_one_of(pattern: &str, enums: &BTreeSet<&str>) -> bool {
    let mut parts = pattern.split("::").peekable();
    while let (Some(part), Some(next)) = (parts.next(), parts.peek()) {
        let name = part.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let is_variant = next.starts_with(char::is_uppercase) && !is_constant(next);
        if is_variant && (name == "Self" || enums.contains(name)) {
            return true;
        }
    }
    false
}

fn is_constant(word: &str) -> bool {
    let name = word.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    name.len() > 1 && !name.contains(char::is_lowercase)
}
