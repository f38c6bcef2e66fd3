//! Rules about names: one meaning each.

use std::collections::BTreeMap;

use super::{File, Finding, Tree};

/// Names that mean the same in each crate. Short, and each with its reason.
const SAME_MEANING: [&str; 11] = [
    // Immutable bytes, shared by clones. `linearizability` depends on no crate of ours.
    "Bytes",
    // The error of a crate's own parser.
    "ParseError",
    // What a state machine has: `raft-kv` is that of the page, `raft-mvcc` that of real clusters.
    "Store",
    "Command",
    "Operation",
    "Response",
    "Error",
    "DecodeError",
    "RestoreError",
    // Who sends requests: to servers of a simulated world, and to real ones.
    "Client",
    "ClientError",
];

/// A public type has a name that no other crate uses for another public type.
pub(super) fn one_meaning_each(tree: &Tree) -> Vec<Finding> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| is_source(file)) {
        for (number, line) in file.numbered_lines() {
            let Some(name) = public_type(line) else { continue };
            if SAME_MEANING.contains(&name) {
                continue;
            }
            let crate_name = crate_of(file);
            let other = *first.entry(name).or_insert(crate_name);
            if other != crate_name {
                let advice = format!("{other} has a public {name} too: choose another name");
                findings.push(file.finding(number, advice));
            }
        }
    }
    findings
}

fn is_source(file: &File) -> bool {
    file.extension() == "rs" && file.path.contains("/src/") && !file.path.ends_with("/tests.rs")
}

/// The folder of the package: `raft-core` of `crates/raft-core/src/lib.rs`.
fn crate_of(file: &File) -> &str {
    let folder = file.path.split("/src/").next().unwrap_or_default();
    folder.rsplit('/').next().unwrap_or_default()
}

/// The name of the type that a line declares for other crates.
fn public_type(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub ")?;
    let kinds = ["struct ", "enum ", "trait ", "type ", "union "];
    let rest = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (!name.is_empty()).then_some(name)
}
