//! Which package may depend on which: the arrows of ARCHITECTURE.md, which point one way.

use super::{Finding, Package, Tree};

/// The packages that a package may depend on directly. It may also use the dependencies of those.
const MAY_DEPEND_ON: [(&str, &[&str]); 29] = [
    ("etcd-api", &[]),
    ("linearizability", &[]),
    ("raft-core", &[]),
    ("raft-kv", &[]),
    ("raft-mvcc", &[]),
    ("raft-server", &["raft-core"]),
    ("raft-storage", &["raft-core"]),
    ("raft-storage-idb", &["raft-storage"]),
    ("raft-storage-file", &["raft-storage"]),
    ("raft-tls", &[]),
    ("raft-trial", &["linearizability", "raft-client", "raft-kv", "raft-node"]),
    ("raft-client", &["etcd-api", "raft-tls"]),
    (
        "raft-node",
        &[
            "etcd-api",
            "raft-core",
            "raft-mvcc",
            "raft-server",
            "raft-storage",
            "raft-storage-file",
            "raft-tls",
            "raft-trace",
        ],
    ),
    ("raft-sim", &["raft-core", "raft-kv", "raft-server", "raft-storage", "raft-storage-file"]),
    ("raft-check", &["linearizability", "raft-core", "raft-kv", "raft-sim"]),
    ("raft-explore", &["raft-core", "raft-sim", "raft-check"]),
    ("raft-explain", &["raft-core", "raft-kv", "raft-sim"]),
    ("raft-diagram", &["raft-check"]),
    ("raft-script", &["raft-sim", "raft-check", "raft-explain", "raft-diagram"]),
    ("raft-trace", &["raft-script"]),
    ("raft-fuzz", &["raft-script"]),
    ("raft-spec", &["raft-trace", "raft-fuzz"]),
    ("raft-experiment", &["raft-script"]),
    ("raft-jobs", &["raft-explore", "raft-fuzz", "raft-experiment", "raft-trace"]),
    ("raft-lab", &["raft-script", "raft-diagram", "raft-storage-idb", "raft-trace"]),
    (
        "raft-cli",
        &[
            "raft-jobs",
            "raft-lab",
            "raft-diagram",
            "raft-spec",
            "raft-node",
            "raft-client",
            "raft-trial",
            "raft-tls",
        ],
    ),
    ("web", &["raft-lab", "raft-jobs"]),
    ("tests", &["raft-cli", "raft-lab", "web"]),
    ("xtask", &[]),
];

/// Dependencies between packages follow the table.
pub(super) fn direction(tree: &Tree) -> Vec<Finding> {
    tree.packages.iter().flat_map(|package| of_package(tree, package)).collect()
}

fn of_package(tree: &Tree, package: &Package) -> Vec<Finding> {
    let finding = |line, advice| Finding { path: package.manifest.clone(), line, advice };
    if direct(&package.name).is_none() {
        let advice = format!(
            "{} is a new package: say in xtask/src/tidy/dependencies.rs what it may depend on",
            package.name
        );
        return vec![finding(1, advice)];
    }
    let allowed = reachable(&package.name);
    let forbidden = package.dependencies.iter().filter(|name| {
        let is_ours = tree.packages.iter().any(|other| other.name == **name);
        is_ours && !allowed.contains(&name.as_str())
    });
    forbidden
        .map(|name| {
            let advice = format!(
                "{} must not depend on {name}: arrows point one way; \
                 move what is needed to a package that both may use",
                package.name
            );
            finding(line_of(tree, package, name), advice)
        })
        .collect()
}

fn direct(name: &str) -> Option<&'static [&'static str]> {
    MAY_DEPEND_ON.iter().find(|(package, _)| *package == name).map(|(_, may)| *may)
}

fn reachable(name: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut open = direct(name).unwrap_or_default().to_vec();
    while let Some(next) = open.pop() {
        if !found.contains(&next) {
            found.push(next);
            open.extend(direct(next).unwrap_or_default());
        }
    }
    found
}

fn line_of(tree: &Tree, package: &Package, dependency: &str) -> usize {
    let names = |line: &str| {
        let rest = line.trim().strip_prefix(dependency)?;
        rest.starts_with(['.', ' ', '=']).then_some(())
    };
    tree.file(&package.manifest)
        .and_then(|file| file.numbered_lines().find(|(_, line)| names(line).is_some()))
        .map_or(1, |(number, _)| number)
}
