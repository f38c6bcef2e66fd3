//! `helios bugs`: every rule that can be switched off, what it takes to notice, and the shortest script
//! that shows it.

#[cfg(feature = "bugs")]
mod table;

use std::io;
use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

/// Switch off each rule in turn, fuzz until that is noticed, and shrink what shows it.
///
/// Prints a table: the rule's row in the list of rules that real implementations broke, its name, what
/// noticed, how many seeds and how long that took, and how many statements the shortest script has. Each
/// script breaks the property with the rule switched off, and breaks nothing with all rules in force.
///
/// Exit code: 0 if every rule was noticed, 1 if one was not, 2 if this build has no switches.
#[derive(Args)]
pub(crate) struct BugsArguments {
    /// Only these rules; names with commas between.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// How many seeds to try for each.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    seeds: u64,
    /// How many rules to try at once; one for each core if this is not given.
    #[arg(long, value_name = "J")]
    jobs: Option<NonZero<usize>>,
    /// How many scripts to run at most to make one short.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_runs: u64,
    /// Print one JSON object for each rule, one a line: row, name, breaks, seen_in, caught_by, seeds,
    /// noticed_us, total_us, statements, before, script; null where nothing noticed.
    #[arg(long)]
    json: bool,
    /// The folder that scripts are written to, as NN-name.helios.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Hunts for the rules.
#[cfg(feature = "bugs")]
pub(crate) fn bugs(arguments: &BugsArguments) -> io::Result<u8> {
    table::bugs(arguments)
}

/// Says how to get them.
#[cfg(not(feature = "bugs"))]
pub(crate) fn bugs(arguments: &BugsArguments) -> io::Result<u8> {
    let BugsArguments { only, seeds, jobs, max_runs, json, out } = arguments;
    let _ = (only, seeds, jobs, max_runs, json, out);
    eprintln!(
        "helios: this build keeps all rules: no rule can be switched off. Build one that can with\n  \
         cargo run --release --package raft-cli --features bugs -- bugs"
    );
    Ok(2)
}
