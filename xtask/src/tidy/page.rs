//! The page reads views: it knows nothing of the core, the simulator and the checks.

use super::{File, Finding, Package, Tree};

/// The packages of ours that the page depends on: views, and reports of long work.
const OURS: [&str; 2] = ["raft-lab", "raft-jobs"];
/// The packages below the lab, as Rust writes them.
const BELOW: [&str; 6] =
    ["raft_check", "raft_core", "raft_kv", "raft_script", "raft_sim", "raft_storage"];
/// The names of those packages that the lab may hand on to the page: ids, positions, words of one
/// field of a view, sentences with their parts, the set-up of a new lab, and the language's help.
const PLAIN: [&str; 23] = [
    "ClientId",
    "EventNumber",
    "Instant",
    "LatencyShape",
    "LogIndex",
    "LogPosition",
    "MAX_NODES",
    "Mention",
    "MessageId",
    "MessageKind",
    "NodeId",
    "NodeState",
    "Part",
    "ProgressKind",
    "ReadPolicy",
    "RoleKind",
    "Sequence",
    "Setup",
    "Suggestion",
    "Term",
    "Words",
    "console_help",
    "help",
];
/// Calls that lead from a lab to its world.
const WAYS: [&str; 3] = [".session()", ".shown_session()", ".world()"];

/// The page depends on no package below the lab but those of long work. The lab hands on only plain
/// values of the others, and the page does not reach through the lab.
pub(super) fn the_page_reads_views(tree: &Tree) -> Vec<Finding> {
    let web = tree.packages.iter().filter(|package| package.name == "web");
    let mut findings: Vec<Finding> = web.flat_map(|package| below_the_lab(tree, package)).collect();
    for file in &tree.files {
        if file.path == "crates/raft-lab/src/lib.rs" {
            findings.extend(handed_on(file));
        } else if file.path.starts_with("web/src/") && file.extension() == "rs" {
            findings.extend(reaches_through(file));
        }
    }
    findings
}

fn below_the_lab(tree: &Tree, web: &Package) -> Vec<Finding> {
    let is_ours = |name: &&String| tree.packages.iter().any(|other| other.name == **name);
    let is_wrong = |name: &&String| is_ours(name) && !OURS.contains(&name.as_str());
    let ours = web.dependencies.iter().filter(is_wrong);
    let advice = |name| format!("the page must not depend on {name}: it reads views and reports");
    let finding = |name| Finding { path: web.manifest.clone(), line: 1, advice: advice(name) };
    ours.map(finding).collect()
}

/// The names that the lab's root takes over from the packages below it.
fn handed_on(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_inside = false;
    for (number, line) in file.numbered_lines() {
        let begins = BELOW
            .iter()
            .find_map(|name| line.strip_prefix("pub use ")?.strip_prefix(name)?.strip_prefix("::"));
        is_inside |= begins.is_some();
        if !is_inside {
            continue;
        }
        let names = begins.unwrap_or(line).split(|c: char| !c.is_alphanumeric() && c != '_');
        for name in names.filter(|name| !name.is_empty() && !PLAIN.contains(name)) {
            let advice = format!("the page needs no {name}: put what it shows into the view");
            findings.push(file.finding(number, advice));
        }
        is_inside = !line.contains(';');
    }
    findings
}

fn reaches_through(file: &File) -> Vec<Finding> {
    let is_way = |line: &str| WAYS.iter().any(|way| line.contains(way));
    let lines = file.numbered_lines().filter(|(_, line)| is_way(line));
    let advice = "the page reads views: put what it shows into the view";
    lines.map(|(number, _)| file.finding(number, advice)).collect()
}
