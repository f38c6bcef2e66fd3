//! The repository as Cargo sees it: its root, its packages and their targets.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::process;

/// The packages of the page. Much of their code exists for WebAssembly only; their plain unit tests
/// run natively.
pub(crate) const PAGE_PACKAGES: [&str; 3] = ["raft-lab", "raft-storage-idb", "web"];

/// The packages for crates.io.
pub(crate) const PUBLISHED_PACKAGES: [&str; 5] = [
    "linearizability",
    "helios-raft-core",
    "helios-raft-kv",
    "helios-raft-server",
    "helios-raft-storage",
];

/// The packages above the core with the feature `bugs`.
const PACKAGES_WITH_BUGS: [&str; 11] = [
    "helios-raft-kv",
    "raft-sim",
    "raft-check",
    "raft-explore",
    "raft-script",
    "raft-trace",
    "raft-fuzz",
    "raft-jobs",
    "raft-lab",
    "raft-cli",
    "tests",
];

/// Cargo's arguments for all packages above the core, with the feature `bugs`.
pub(crate) fn with_bugs() -> impl Iterator<Item = String> {
    let args = |name| [format!("--package={name}"), format!("--features={name}/bugs")];
    PACKAGES_WITH_BUGS.into_iter().flat_map(args)
}

/// One member of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest: PathBuf,
    /// The names of its dependencies of all kinds.
    pub(crate) dependencies: Vec<String>,
    pub(crate) targets: Vec<Target>,
}

/// One target of Cargo: a library, a program or a file of tests.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) source: PathBuf,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable when it runs the task. Without Cargo, the path at build time is used.
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().expect("xtask is a folder of the repository").to_path_buf()
}

/// The folder of Cargo's output and of the files that xtask generates.
pub(crate) fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A Cargo command at the root of the repository.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root());
    command
}

/// The members of the workspace, in the order of their names.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let text = process::capture(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    let mut packages: Vec<Package> = array(&metadata, "packages").map(package).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(packages)
}

/// The version of a package in a lock file.
pub(crate) fn locked_version(lock: &str, name: &str) -> Option<String> {
    let heading = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != heading);
    let version = lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

/// Cargo's arguments for the targets with tests in a browser: those with `wasm_bindgen_test` in
/// their source. Empty if there are none.
pub(crate) fn browser_test_selection(packages: &[Package]) -> Vec<String> {
    let mut selected = Vec::new();
    let mut targets = Vec::new();
    for package in packages.iter().filter(|package| package.name != "xtask") {
        let before = targets.len();
        for target in package.targets.iter().filter(|target| mentions_browser_tests(target)) {
            match target.kind.as_str() {
                "lib" => targets.push("--lib".to_owned()),
                "bin" => targets.push(format!("--bin={}", target.name)),
                _ => targets.push(format!("--test={}", target.name)),
            }
        }
        if targets.len() > before {
            selected.push(format!("--package={}", package.name));
        }
    }
    targets.sort();
    targets.dedup();
    selected.extend(targets);
    selected
}

fn mentions_browser_tests(target: &Target) -> bool {
    match target.kind.as_str() {
        "test" => file_mentions_browser_tests(&target.source),
        "lib" | "bin" => target.source.parent().is_some_and(folder_mentions_browser_tests),
        _ => false,
    }
}

fn folder_mentions_browser_tests(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            folder_mentions_browser_tests(&path)
        } else {
            path.extension().is_some_and(|extension| extension == "rs")
                && file_mentions_browser_tests(&path)
        }
    })
}

fn file_mentions_browser_tests(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.contains("wasm_bindgen_test"))
}

fn package(value: &Value) -> Package {
    Package {
        name: string(value, "name"),
        manifest: string(value, "manifest_path").into(),
        dependencies: array(value, "dependencies").map(|d| string(d, "name")).collect(),
        targets: array(value, "targets").map(target).collect(),
    }
}

fn target(value: &Value) -> Target {
    let kind = array(value, "kind").next().and_then(Value::as_str).unwrap_or_default();
    Target {
        name: string(value, "name"),
        kind: kind.to_owned(),
        source: string(value, "src_path").into(),
    }
}

fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn string(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::locked_version;

    #[test]
    fn the_locked_version_is_that_of_the_exact_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "trunk"), None);
    }
}
