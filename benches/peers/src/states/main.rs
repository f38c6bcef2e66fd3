//! States a second and bytes a state: the explorer of this repository, and the Raft example of the
//! crate stateright, each in a process of its own, in turns. Of each the best round counts.
//!
//! The two explore different models. The example of stateright is a Raft written for it (three
//! servers, elections and one command a server, without disks), up to a depth. The explorer runs
//! the nodes of this repository's core, with their disks and with crashes, within bounds; every
//! step is judged. Both search breadth first, on one processor.
//!
//! The example is built from the sources that cargo has of the crate. Only Linux can tell what a
//! process took.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use raft_explore::{Explorer, Family};
use wait4::Wait4;

const USAGE: &str = "\
States a second and bytes a state of this repository's explorer and of stateright's Raft example.

Options:
  --quick        one round, and smaller searches";

const ROUNDS: usize = 3;
/// The family of ours, and the depth of stateright's model.
const SEARCH: (&str, &str) = ("replication", "10");
const QUICK: (&str, &str) = ("votes", "8");

/// What a process found, and what it took.
#[derive(Clone, Copy, Debug)]
struct Search {
    states: u64,
    steps: u64,
    /// Of the processor.
    seconds: f64,
    bytes: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["--ours", family] => explore(family),
        [] => compare(SEARCH, ROUNDS),
        ["--quick"] => compare(QUICK, 1),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Explores a family, in the process that is measured.
fn explore(family: &str) -> Result<(), Box<dyn Error>> {
    let family = Family::named(family).ok_or("no such family")?;
    let mut explorer = Explorer::new(family.model());
    let progress = explorer.advance(u64::MAX, u64::MAX);
    println!(
        "states={}, unique={}, exhausted={}",
        progress.transitions, progress.states, progress.is_exhausted
    );
    Ok(())
}

fn compare((family, depth): (&str, &str), rounds: usize) -> Result<(), Box<dyn Error>> {
    let example = build()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(measure(Command::new(env::current_exe()?).args(["--ours", family]))?);
        theirs.push(measure(Command::new(&example).args(["check", "3", depth]))?);
    }
    let (ours, theirs) = (best(&ours)?, best(&theirs)?);
    println!("| | states | steps | seconds | states/s | steps/s | bytes a state |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (name, search) in
        [(format!("`{family}`"), ours), (format!("stateright, depth {depth}"), theirs)]
    {
        let Search { states, steps, seconds, .. } = search;
        let (a_second, steps_a_second) = (search.states_a_second(), steps as f64 / seconds);
        let bytes = search.bytes_a_state();
        print!("| {name} | {states} | {steps} | {seconds:.2} | {a_second:.0} ");
        println!("| {steps_a_second:.0} | {bytes:.0} |");
    }
    println!(
        "\n{:.1} times the states a second, {:.1} times the steps a second, {:.3} times the bytes",
        ours.states_a_second() / theirs.states_a_second(),
        ours.steps as f64 / ours.seconds / (theirs.steps as f64 / theirs.seconds),
        ours.bytes_a_state() / theirs.bytes_a_state(),
    );
    Ok(())
}

impl Search {
    fn states_a_second(&self) -> f64 {
        self.states as f64 / self.seconds
    }

    /// Of all that the process took.
    fn bytes_a_state(&self) -> f64 {
        self.bytes as f64 / self.states as f64
    }
}

fn best(searches: &[Search]) -> Result<Search, Box<dyn Error>> {
    let fastest = searches.iter().min_by(|one, other| one.seconds.total_cmp(&other.seconds));
    fastest.copied().ok_or_else(|| "no round".into())
}

/// Runs a search on one processor, and reads its last counts.
fn measure(search: &Command) -> Result<Search, Box<dyn Error>> {
    let mut child = Command::new("taskset")
        .args(["-c", "0"])
        .arg(search.get_program())
        .args(search.get_args())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = std::io::read_to_string(child.stdout.take().ok_or("no output")?)?;
    let used = child.wait4()?;
    let counts = output.lines().rev().find(|line| line.contains("unique=")).ok_or("no counts")?;
    let number = |name: &str| {
        let digits = counts.split(name).nth(1)?;
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse::<u64>().ok()
    };
    let (states, steps) = number("unique=").zip(number("states=")).ok_or("no counts")?;
    let seconds = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    Ok(Search { states, steps, seconds, bytes: used.rusage.maxrss })
}

/// Builds stateright's example. Its path.
fn build() -> Result<PathBuf, Box<dyn Error>> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let told = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--manifest-path", own])
        .output()?;
    let told = String::from_utf8(told.stdout)?;
    let mut paths =
        told.split("\"manifest_path\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let manifest = paths.find(|path| {
        let folder = Path::new(path).parent().and_then(Path::file_name);
        folder.is_some_and(|name| name.to_string_lossy().starts_with("stateright-"))
    });
    let manifest = manifest.ok_or("cargo does not know where stateright is")?;
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/target/stateright");
    let built = Command::new("cargo")
        .args(["build", "--release", "--example", "raft", "--manifest-path", manifest])
        .args(["--target-dir", target])
        .status()?;
    if !built.success() {
        return Err("stateright's example cannot be built".into());
    }
    Ok(Path::new(target).join("release/examples/raft"))
}
