//! `helios bugs`: plants every known bug in turn and fuzzes until a check notices.

#[cfg(feature = "bugs")]
mod table;

use std::io;
use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

/// Switch off each rule in turn, fuzz until a check notices, and shrink the run.
///
/// The table has one row for each rule that a real implementation broke: its name, the
/// property that was found broken, the number of seeds and the time that this took, and the number
/// of statements of the shortest script. Each script breaks the property with the rule switched
/// off, and breaks nothing with all rules on.
///
/// Exit code: 0 if every switch was noticed, 1 if one was not, 2 if this build has no switches.
#[derive(Args)]
pub(crate) struct BugsArguments {
    /// Only these rules, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Largest number of seeds for each rule.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    seeds: u64,
    /// Number of threads, one rule each; one for each core by default.
    #[arg(long, value_name = "J")]
    jobs: Option<NonZero<usize>>,
    /// Largest number of replays to shrink a script.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_runs: u64,
    /// Print one JSON object for each rule, one a line: name, breaks, seen_in, caught_by,
    /// seeds, noticed_us, total_us, statements, before, script; null if no check noticed.
    #[arg(long)]
    json: bool,
    /// Folder for the scripts, which are named after the rules.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Plants the bugs. Returns the exit code.
#[cfg(feature = "bugs")]
pub(crate) fn bugs(arguments: &BugsArguments) -> io::Result<u8> {
    table::bugs(arguments)
}

/// Says how to build with the switches.
#[cfg(not(feature = "bugs"))]
pub(crate) fn bugs(arguments: &BugsArguments) -> io::Result<u8> {
    let BugsArguments { only, seeds, jobs, max_runs, json, out } = arguments;
    let _ = (only, seeds, jobs, max_runs, json, out);
    eprintln!(
        "helios: in this build no rule can be switched off. Build with the switches:\n  \
         cargo run --release --package raft-cli --features bugs -- bugs"
    );
    Ok(2)
}
