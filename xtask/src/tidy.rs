//! The task `tidy`: rules of this repository that the compiler does not know. Each rule is a
//! function over the [`Tree`]; to add one, write it and list it in [`RULES`].

mod code;
mod dependencies;
mod manifests;
mod names;
mod page;
mod prose;
mod sections;
mod sources;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs;
use std::process::{Command, ExitCode};

use crate::Result;
use crate::{process, workspace};

type Rule = fn(&Tree) -> Vec<Finding>;

/// The rules. Each covers the whole repository.
const RULES: [Rule; 17] = [
    dependencies::direction,
    page::the_page_reads_views,
    manifests::dependencies_are_used,
    manifests::lints_are_inherited,
    manifests::tool_versions_agree,
    manifests::lock_files_name_no_host,
    sources::length,
    sources::purpose_is_stated,
    sources::no_machine_paths,
    sources::unfinished_work_has_a_reason,
    sources::scenarios_are_plain,
    code::width,
    code::nothing_is_unreachable,
    code::no_catch_all_arm,
    names::one_meaning_each,
    prose::no_idioms,
    sections::sections_exist,
];

/// The repository as the rules see it. Tests make one of their own.
#[derive(Debug, Default)]
struct Tree {
    files: Vec<File>,
    packages: Vec<Package>,
}

/// A text file, its path relative to the root and written with `/`.
#[derive(Debug)]
struct File {
    path: String,
    text: String,
}

/// A member of the workspace.
#[derive(Debug)]
struct Package {
    name: String,
    /// Path of its `Cargo.toml`, like that of a [`File`].
    manifest: String,
    dependencies: Vec<String>,
}

/// A place that breaks a rule, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

impl File {
    /// The lines with their numbers, from 1.
    fn numbered_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    fn finding(&self, line: usize, advice: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, advice: advice.into() }
    }
}

impl Tree {
    fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Reads the files that Git tracks or would track, and the packages that Cargo knows.
    fn read() -> Result<Self> {
        let root = workspace::root();
        let mut git = Command::new("git");
        git.current_dir(&root);
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listing = process::capture(&mut git)?;
        let file = |path: &str| {
            // Not a file for the rules: not text, or deleted and still in the index.
            let text = fs::read_to_string(root.join(path)).ok()?;
            Some(File { path: path.to_owned(), text })
        };
        let files = listing.split('\0').filter_map(file).collect();
        let packages = workspace::packages()?.into_iter().map(|package| {
            let manifest = package.manifest.strip_prefix(&root).unwrap_or(&package.manifest);
            Package {
                name: in_the_repository(&package.name).to_owned(),
                manifest: manifest.to_string_lossy().replace('\\', "/"),
                dependencies: package
                    .dependencies
                    .iter()
                    .map(|name| in_the_repository(name).to_owned())
                    .collect(),
            }
        });
        Ok(Self { files, packages: packages.collect() })
    }
}

/// The name of a package in the repository: some have a longer one on crates.io.
fn in_the_repository(name: &str) -> &str {
    name.strip_prefix("helios-").unwrap_or(name)
}

/// The task `tidy`.
pub(crate) fn tidy() -> Result<ExitCode> {
    check()?;
    println!("tidy");
    Ok(ExitCode::SUCCESS)
}

/// Applies every rule; the error lists all findings.
pub(crate) fn check() -> Result<()> {
    let tree = Tree::read()?;
    let findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    if findings.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = findings.iter().map(Finding::to_string).collect();
    Err(format!("{} places break a rule\n{}", findings.len(), list.join("\n")).into())
}
