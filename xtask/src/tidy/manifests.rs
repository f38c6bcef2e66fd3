//! Rules about manifests and lock files.

use super::{Finding, Tree};
use crate::workspace::locked_version;

/// Every package inherits the lints of the workspace. Without the line Cargo applies none.
pub(super) fn lints_are_inherited(tree: &Tree) -> Vec<Finding> {
    let inherits = |text: &str| {
        let section = text.split("[lints]\n").nth(1).unwrap_or_default();
        let own_section = section.split("\n[").next().unwrap_or_default();
        own_section.lines().any(|line| line.trim() == "workspace = true")
    };
    tree.packages
        .iter()
        .filter_map(|package| tree.file(&package.manifest))
        .filter(|file| !inherits(&file.text))
        .map(|file| file.finding(1, "add `[lints]` with `workspace = true`"))
        .collect()
}

/// A dependency that the workspace lists is one of some package.
pub(super) fn dependencies_are_used(tree: &Tree) -> Vec<Finding> {
    let Some(root) = tree.file("Cargo.toml") else { return Vec::new() };
    let key = |line: &str| {
        let key = line.split([' ', '=', '.']).next().unwrap_or_default();
        (!key.is_empty() && !key.starts_with('#')).then(|| key.to_owned())
    };
    let manifests = || tree.packages.iter().filter_map(|package| tree.file(&package.manifest));
    let is_used = |name: &str| {
        let mut lines = manifests().flat_map(|file| file.text.lines());
        lines.any(|line| line.contains("workspace = true") && key(line).as_deref() == Some(name))
    };
    root.numbered_lines()
        .skip_while(|(_, line)| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|(_, line)| !line.starts_with('['))
        .filter_map(|(number, line)| Some((number, key(line)?)))
        .filter(|(_, name)| !is_used(name))
        .map(|(number, name)| root.finding(number, format!("no package uses {name}: remove it")))
        .collect()
}

/// Trunk uses the wasm-bindgen of the lock file: the command rejects other versions.
pub(super) fn tool_versions_agree(tree: &Tree) -> Vec<Finding> {
    let (Some(lock), Some(trunk)) = (tree.file("Cargo.lock"), tree.file("Trunk.toml")) else {
        return Vec::new();
    };
    let Some(locked) = locked_version(&lock.text, "wasm-bindgen") else { return Vec::new() };
    let wanted = format!("wasm_bindgen = \"{locked}\"");
    if trunk.text.lines().any(|line| line.trim() == wanted) {
        return Vec::new();
    }
    let line = trunk.numbered_lines().find(|(_, line)| line.trim().starts_with("wasm_bindgen"));
    let line = line.map_or(1, |(number, _)| number);
    vec![trunk.finding(line, format!("Cargo.lock has wasm-bindgen {locked}: write `{wanted}`"))]
}

/// npm's lock files name no host and therefore work with any registry.
pub(super) fn lock_files_name_no_host(tree: &Tree) -> Vec<Finding> {
    let lock_files = tree.files.iter().filter(|file| file.path.ends_with("package-lock.json"));
    lock_files
        .flat_map(|file| {
            let resolved = file.numbered_lines().filter(|(_, line)| line.contains("\"resolved\""));
            resolved.map(|(number, _)| {
                file.finding(
                    number,
                    "the lock file names a host: write it anew with \
                     `npm install --package-lock-only --omit-lockfile-registry-resolved`",
                )
            })
        })
        .collect()
}
