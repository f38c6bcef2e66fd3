//! Mutation tests: `cargo-mutants` changes one rule at a time, and a test must fail.
//!
//! Three judges decide. The quick tests of the package are first, then all of its tests. A mutant
//! that survives them is played against the tests of the packages that use it: the checks, the
//! golden scripts, the scenarios, and a fixed number of fuzzed runs (`raft-fuzz/tests/runs.rs`).
//!
//! The mutants are planted in a copy of the checkout, so the checkout can be edited meanwhile.
//! Results stay in `target/mutants`, so a campaign can be stopped and goes on later, shard by
//! shard. `docs/mutants.md` has the survivors that are explained.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::Result;
use crate::toolbox::Toolbox;
use crate::{process, workspace};

/// The packages whose rules the tests must know.
const PACKAGES: [&str; 3] = ["helios-raft-core", "helios-raft-kv", "helios-raft-storage"];

/// The packages whose tests are the second judge.
const JUDGES: [&str; 4] = ["raft-check", "raft-script", "raft-fuzz", "tests"];

/// The planted bugs are mistakes already, and exist with the feature `bugs` only.
const NOT_MUTATED: [&str; 2] = ["**/node/mutants/**", "**/raft-core/src/bugs.rs"];

/// The tests of the packages that take most of the time. The first judge leaves them out.
const SLOW_TESTS: [&str; 9] = [
    "everything::",
    "safety::",
    "nonsense::",
    "catching_up::a_round_that",
    "catching_up::a_server_that",
    "catching_up::a_learner_that",
    "slow_disks::disks_",
    "slow_disks::a_new_server_with",
    "slow_disks::a_transfer_waits_until",
];

/// Who judges a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judge {
    /// The package's tests without the slow ones. They are so short that the build decides, and it
    /// is quickest without optimisations.
    Quick,
    /// All tests of the package.
    Package,
    /// The tests of `JUDGES`.
    Users,
}

/// The judges, the quickest first.
const IN_ORDER: [Judge; 3] = [Judge::Quick, Judge::Package, Judge::Users];

const EXPLAINED: &str = "docs/mutants.md";

/// The options of the task.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    packages: Vec<&'static str>,
    /// `k/n`: only the mutants k, k + n, k + 2n, …
    shard: String,
}

/// The mutants of one package, by name, each with its outcome.
type Outcomes = BTreeMap<String, Outcome>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// A test failed, or did not end.
    Caught,
    /// No test failed.
    Missed,
    /// The mutant does not compile.
    Unviable,
}

/// The task `mutants`.
pub(crate) fn mutants(args: &[&str]) -> Result<ExitCode> {
    let options = parse(args)?;
    let toolbox = Toolbox::for_mutants()?;
    let explained = explained(&fs::read_to_string(workspace::root().join(EXPLAINED))?);
    let mut is_clean = true;
    for package in options.packages {
        let run = Run { package, shard: &options.shard, toolbox: &toolbox };
        run.play()?;
        is_clean &= report(package, &run.known()?, &explained);
    }
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn parse(args: &[&str]) -> Result<Options> {
    let mut options = Options { packages: PACKAGES.to_vec(), shard: "0/1".to_owned() };
    let mut rest = args;
    while let [name, value, after @ ..] = rest {
        match *name {
            "--package" => {
                let known = PACKAGES.into_iter().find(|package| package == value);
                let known = known.ok_or_else(|| {
                    format!("--package takes one of {}, not {value:?}", PACKAGES.join(", "))
                })?;
                options.packages = vec![known];
            }
            "--shard" => options.shard = shard(value)?,
            _ => break,
        }
        rest = after;
    }
    match rest {
        [] => Ok(options),
        [other, ..] => {
            Err(format!("mutants takes --package NAME and --shard K/N, not {other:?}").into())
        }
    }
}

fn shard(text: &str) -> Result<String> {
    let numbers = text.split_once('/').and_then(|(k, n)| {
        let (k, n) = (k.parse::<u32>().ok()?, n.parse::<u32>().ok()?);
        (k < n).then_some((k, n))
    });
    match numbers {
        Some((k, n)) => Ok(format!("{k}/{n}")),
        None => Err(format!("--shard takes K/N with K from 0 to N − 1, not {text:?}").into()),
    }
}

struct Run<'a> {
    package: &'static str,
    shard: &'a str,
    toolbox: &'a Toolbox,
}

impl Run<'_> {
    /// Plays the mutants of the shard that no earlier campaign has judged.
    fn play(&self) -> Result<()> {
        copy_checkout(&tree())?;
        let mut known = self.known()?;
        let mut list = self.command();
        list.args(["--no-config", "--list", "--sharding", "round-robin", "--shard", self.shard]);
        exclude(&mut list);
        let listed = process::capture(&mut list)?;
        let open: Vec<&str> = listed.lines().filter(|name| !known.contains_key(*name)).collect();
        println!("{}: {} mutants to judge", self.package, open.len());
        // In portions, so that little is lost when the campaign is stopped.
        for portion in open.chunks(50) {
            let mut open = portion.to_vec();
            for judge in IN_ORDER {
                if open.is_empty() {
                    break;
                }
                let outcomes = self.judge(judge, &open)?;
                open.retain(|name| outcomes.get(*name) == Some(&Outcome::Missed));
                known.extend(outcomes);
            }
            self.keep(&known)?;
        }
        Ok(())
    }

    /// Plays these mutants against the tests of this judge.
    fn judge(&self, judge: Judge, mutants: &[&str]) -> Result<Outcomes> {
        let folder = self.folder();
        fs::create_dir_all(&folder)?;
        let expressions = mutants.iter().map(|name| format!("^{}$", escaped(name)));
        let expressions = serde_json::to_string(&expressions.collect::<Vec<_>>())?;
        let config = folder.join("portion.toml");
        fs::write(&config, format!("examine_re = {expressions}\n"))?;
        let mut command = self.command();
        command.arg("--config").arg(config).arg("--output").arg(&folder);
        command.args(["--in-place", "--no-shuffle", "--baseline=skip"]);
        exclude(&mut command);
        command.args(["--timeout", &judge.seconds().to_string()]);
        judge.add_tests(&mut command);
        // It fails if a mutant survives. Whether it judged all of them is seen below.
        let status = process::run_watching(&mut command, |_| {})?;
        let outcomes = read_outcomes(&folder.join("mutants.out"))?;
        match mutants.iter().all(|name| outcomes.contains_key(*name)) {
            true => Ok(outcomes),
            false => Err(process::ended_badly(&command, status)),
        }
    }

    fn command(&self) -> Command {
        let mut command = self.toolbox.command("cargo");
        command.current_dir(tree()).env("CARGO_TARGET_DIR", folder().join("build"));
        command.args(["mutants", "--package", self.package, "--colors", "never"]);
        if self.package == "helios-raft-core" {
            command.args(["--features", "serde"]);
        }
        command.env("CARGO_PROFILE_TEST_DEBUG", "false").env("CARGO_PROFILE_DEV_DEBUG", "false");
        command
    }

    fn folder(&self) -> PathBuf {
        folder().join(self.package)
    }

    /// The outcomes of all campaigns so far.
    fn known(&self) -> Result<Outcomes> {
        let folder = self.folder().join("known");
        if folder.is_dir() { read_outcomes(&folder) } else { Ok(Outcomes::new()) }
    }

    fn keep(&self, known: &Outcomes) -> Result<()> {
        let folder = self.folder().join("known");
        fs::create_dir_all(&folder)?;
        for outcome in [Outcome::Caught, Outcome::Missed, Outcome::Unviable] {
            let lines: String = names(known, outcome).map(|name| format!("{name}\n")).collect();
            fs::write(folder.join(outcome.files()[0]), lines)?;
        }
        Ok(())
    }
}

fn exclude(command: &mut Command) {
    command.args(NOT_MUTATED.iter().flat_map(|pattern| ["--exclude", pattern]));
}

impl Judge {
    /// A test that takes longer hangs: the mutant made a loop endless.
    fn seconds(self) -> u32 {
        match self {
            Self::Quick => 30,
            Self::Package => 300,
            Self::Users => 900,
        }
    }

    fn add_tests(self, command: &mut Command) {
        match self {
            Self::Quick => {
                command.env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
                command.args(["--", "--lib", "--tests", "--"]);
                command.args(SLOW_TESTS.iter().flat_map(|name| ["--skip", name]));
            }
            Self::Package => {
                command.args(["--", "--lib", "--tests"]);
            }
            Self::Users => {
                command.args(JUDGES.iter().flat_map(|judge| ["--test-package", judge]));
                command.args(["--", "--lib", "--tests"]);
            }
        }
    }
}

/// The folder of all campaigns.
fn folder() -> PathBuf {
    workspace::target_dir().join("mutants")
}

/// The copy of the checkout in which mutants are planted.
fn tree() -> PathBuf {
    folder().join("tree")
}

/// Makes `to` equal to the checkout. Files that are equal already keep their times, so Cargo
/// builds only what an edit changed.
fn copy_checkout(to: &Path) -> Result<()> {
    let mut list = Command::new("git");
    list.current_dir(workspace::root());
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = process::capture(&mut list)?;
    let files: BTreeSet<&Path> = listed.split_terminator('\0').map(Path::new).collect();
    for file in files.iter().filter(|file| workspace::root().join(file).is_file()) {
        let (new, copy) = (fs::read(workspace::root().join(file))?, to.join(file));
        if fs::read(&copy).ok().as_deref() != Some(new.as_slice()) {
            fs::create_dir_all(copy.parent().unwrap_or(to))?;
            fs::write(copy, new)?;
        }
    }
    remove_others(to, to, &files)
}

/// Removes the files in `folder`, a folder of `tree`, that the checkout has no more.
fn remove_others(tree: &Path, folder: &Path, files: &BTreeSet<&Path>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(tree, &path, files)?;
        } else if !files.contains(path.strip_prefix(tree)?) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

impl Outcome {
    /// The files in which `cargo-mutants` lists them.
    fn files(self) -> &'static [&'static str] {
        match self {
            Self::Caught => &["caught.txt", "timeout.txt"],
            Self::Missed => &["missed.txt"],
            Self::Unviable => &["unviable.txt"],
        }
    }
}

fn read_outcomes(folder: &Path) -> Result<Outcomes> {
    let mut outcomes = Outcomes::new();
    for outcome in [Outcome::Caught, Outcome::Missed, Outcome::Unviable] {
        for file in outcome.files() {
            let path = folder.join(file);
            let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
            outcomes.extend(text.lines().map(|name| (name.to_owned(), outcome)));
        }
    }
    Ok(outcomes)
}

fn names(outcomes: &Outcomes, wanted: Outcome) -> impl Iterator<Item = &str> {
    let is_wanted = move |(_, outcome): &(&String, &Outcome)| **outcome == wanted;
    outcomes.iter().filter(is_wanted).map(|(name, _)| name.as_str())
}

/// A regular expression that fits exactly this text.
fn escaped(text: &str) -> String {
    let escape = |letter: char| match r"\.+*?()|[]{}^$".contains(letter) {
        true => format!("\\{letter}"),
        false => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

/// A mutant's name without package, line and column, which change with each edit:
/// `src/store.rs: replace Store::get -> Option<Value> with None`.
fn stable_name(name: &str) -> String {
    let Some((place, change)) = name.split_once(": ") else { return name.to_owned() };
    let path = place.split(':').next().unwrap_or(place);
    let path = path.split_once("/src/").map_or(path.to_owned(), |(_, rest)| format!("src/{rest}"));
    format!("{path}: {change}")
}

/// The survivors that the document explains: each is the first code span of a line `- `…`: why`.
fn explained(document: &str) -> BTreeSet<String> {
    let items = document.lines().filter_map(|line| line.strip_prefix("- `"));
    items.filter_map(|item| item.split_once('`')).map(|(name, _)| name.to_owned()).collect()
}

/// Prints the score and the survivors that nothing explains. Whether there is none.
fn report(package: &str, known: &Outcomes, explained: &BTreeSet<String>) -> bool {
    let count = |outcome| names(known, outcome).count();
    let (caught, missed) = (count(Outcome::Caught), count(Outcome::Missed));
    let open: Vec<&str> = names(known, Outcome::Missed)
        .filter(|name| !explained.contains(&stable_name(name)))
        .collect();
    let judged = caught + missed;
    let percent = if judged == 0 { 0.0 } else { caught as f64 * 100.0 / judged as f64 };
    println!(
        "\n{package}: {caught} of {judged} mutants caught ({percent:.1} %), {} explained, {} not; \
         {} do not compile",
        missed - open.len(),
        open.len(),
        count(Outcome::Unviable)
    );
    open.iter().for_each(|name| println!("  survived: {name}"));
    open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "crates/raft-kv/src/store.rs:88:9: replace < with <= in Store::get";

    #[test]
    fn options_are_checked() {
        let options = parse(&["--shard", "3/16", "--package", "helios-raft-kv"]).unwrap();
        let wanted = Options { packages: vec!["helios-raft-kv"], shard: "3/16".to_owned() };
        assert_eq!(options, wanted);
        for wrong in [&["--shard", "16/16"], &["--shard", "x"], &["--package", "web"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(parse(&["--shard"]).is_err());
    }

    #[test]
    fn an_edit_elsewhere_leaves_the_name_as_it_is() {
        assert_eq!(stable_name(NAME), "src/store.rs: replace < with <= in Store::get");
        let document =
            "## helios-raft-kv\n- `src/store.rs: replace < with <= in Store::get`: equal.\n";
        assert!(explained(document).contains(&stable_name(NAME)));
    }

    #[test]
    fn a_survivor_that_nothing_explains_is_an_error() {
        let known = Outcomes::from([(NAME.to_owned(), Outcome::Missed)]);
        assert!(!report("helios-raft-kv", &known, &BTreeSet::new()));
        assert!(report("helios-raft-kv", &known, &BTreeSet::from([stable_name(NAME)])));
    }

    #[test]
    fn a_name_becomes_an_expression_for_itself_only() {
        assert_eq!(escaped("a -> b<(x)>"), r"a -> b<\(x\)>");
    }
}
