//! `helios merge`: adds up the shares of a campaign.

use std::io;

use clap::Args;

use crate::fuzz::report::{CampaignReport, FORMAT, Hash, grouped};
use crate::input::read;
use crate::output::to_stdout;

/// Add up the results of `helios fuzz --shard i/n --json`.
///
/// Exit code: 0 if all seeds were played and none failed, 1 if one failed, else 2: a file cannot be
/// read, the files are not shares of one campaign or overlap, or seeds are missing. A campaign
/// without an end, as with `--for` alone, has no missing seeds.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct MergeArguments {
    /// Files with one or more JSON objects; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Print one JSON object instead of text, like that of `helios fuzz --json`.
    #[arg(long)]
    json: bool,
}

/// The size limit of a file.
const MAX_BYTES: u64 = 64 << 20;
/// The largest number of objects in all files.
const MAX_SHARES: usize = 100_000;

/// Adds up the shares. Returns the exit code.
pub(crate) fn merge(arguments: &MergeArguments) -> io::Result<u8> {
    let merged = read_all(&arguments.files).and_then(merge_all);
    let report = match merged {
        Ok(report) => report,
        Err(message) => {
            eprintln!("helios merge: {message}");
            return Ok(2);
        }
    };
    let missing = missing(&report);
    to_stdout(|out| {
        if arguments.json {
            serde_json::to_writer(&mut *out, &report)?;
            return writeln!(out);
        }
        report.print(out)
    })?;
    if !missing.is_empty() {
        eprintln!("helios merge: {}", missing_in_words(&missing));
    }
    Ok(match (report.failures.is_empty(), missing.is_empty()) {
        (false, _) => 1,
        (true, false) => 2,
        (true, true) => 0,
    })
}

/// One JSON object.
struct Share {
    /// The file, for messages.
    place: String,
    report: CampaignReport,
}

fn read_all(files: &[String]) -> Result<Vec<Share>, String> {
    let mut shares = Vec::new();
    for file in files {
        let bytes =
            read(file, MAX_BYTES).map_err(|error| format!("{file} cannot be read: {error}"))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!("{file} is longer than {} MiB", MAX_BYTES >> 20));
        }
        let before = shares.len();
        for parsed in serde_json::Deserializer::from_slice(&bytes).into_iter() {
            let report: CampaignReport = parsed
                .map_err(|error| format!("{file} is not output of helios fuzz --json: {error}"))?;
            validate(&report).map_err(|error| format!("{file} is inconsistent: {error}"))?;
            shares.push(Share { place: file.clone(), report });
            if shares.len() > MAX_SHARES {
                return Err(format!("there are more than {MAX_SHARES} shares"));
            }
        }
        if shares.len() == before {
            return Err(format!("{file} is empty"));
        }
    }
    Ok(shares)
}

/// Checks that the numbers of one object agree.
fn validate(report: &CampaignReport) -> Result<(), String> {
    if report.format != FORMAT {
        return Err(format!("its format is {}, this program knows {FORMAT}", report.format));
    }
    let [first, end] = report.seeds;
    let mut next = first;
    let mut runs = 0;
    for [from, to] in &report.done {
        if *from < next || to <= from || *to > end {
            return Err(format!("seeds {from}..{to} are out of order or beyond {first}..{end}"));
        }
        next = *to;
        runs += to - from;
    }
    if runs != report.runs {
        return Err(format!("it counts {} runs and lists {runs} seeds", report.runs));
    }
    let is_done = |seed: u64| report.done.iter().any(|[from, to]| (*from..*to).contains(&seed));
    match report.failures.iter().find(|failure| !is_done(failure.seed)) {
        Some(failure) => Err(format!("seed {} failed, but was not played", failure.seed)),
        None => Ok(()),
    }
}

fn merge_all(shares: Vec<Share>) -> Result<CampaignReport, String> {
    let mut shares = shares.into_iter();
    let Some(Share { place: first, report: mut sum }) = shares.next() else {
        return Err("there is nothing to add up".to_owned());
    };
    // Each range with its file, so that an overlap can be reported with both files.
    let mut done: Vec<([u64; 2], String)> =
        sum.done.iter().map(|range| (*range, first.clone())).collect();
    for Share { place, report } in shares {
        if let Some(difference) = difference(&sum, &report) {
            return Err(format!(
                "{first} and {place} are not shares of one campaign: {difference}"
            ));
        }
        done.extend(report.done.iter().map(|range| (*range, place.clone())));
        add(&mut sum, report).ok_or_else(|| format!("the numbers of {place} are too large"))?;
    }
    done.sort();
    for pair in done.windows(2) {
        let [([_, end], one), ([start, _], other)] = pair else { continue };
        if start < end {
            return Err(format!("{one} and {other} overlap: seed {start} is in both"));
        }
    }
    sum.done = joined(done.into_iter().map(|(range, _)| range));
    sum.failures.sort_by_key(|failure| failure.seed);
    Ok(sum)
}

/// The first difference between the campaigns of two objects.
fn difference(one: &CampaignReport, other: &CampaignReport) -> Option<String> {
    let nodes = |report: &CampaignReport| report.nodes.map_or("any".to_owned(), |n| n.to_string());
    let seeds = |[first, end]: [u64; 2]| format!("{first}..{end}");
    let pairs = [
        ("version", one.helios.clone(), other.helios.clone()),
        ("profile", one.profile.clone(), other.profile.clone()),
        ("number of nodes", nodes(one), nodes(other)),
        ("list of bugs", one.bugs.join(","), other.bugs.join(",")),
        ("range of seeds", seeds(one.seeds), seeds(other.seeds)),
    ];
    let different = pairs.into_iter().find(|(_, one, other)| one != other);
    different.map(|(what, one, other)| {
        format!("the {what} is {one:?} in one and {other:?} in the other")
    })
}

/// `None` if a sum is too large.
fn add(sum: &mut CampaignReport, share: CampaignReport) -> Option<()> {
    let counts = [
        (&mut sum.runs, share.runs),
        (&mut sum.progress_asked, share.progress_asked),
        (&mut sum.virtual_time_us, share.virtual_time_us),
        (&mut sum.steps, share.steps),
        (&mut sum.events, share.events),
        (&mut sum.real_time_us, share.real_time_us),
    ];
    for (total, count) in counts {
        *total = total.checked_add(count)?;
    }
    sum.hash = Hash(sum.hash.0.wrapping_add(share.hash.0));
    sum.rare.0 += &share.rare.0;
    sum.failures.extend(share.failures);
    Some(())
}

/// The ranges with adjacent ones joined.
fn joined(ranges: impl Iterator<Item = [u64; 2]>) -> Vec<[u64; 2]> {
    let mut joined: Vec<[u64; 2]> = Vec::new();
    for [from, to] in ranges {
        match joined.last_mut() {
            Some(last) if last[1] == from => last[1] = to,
            _ => joined.push([from, to]),
        }
    }
    joined
}

/// The seeds of the campaign that were not played; none if it has no end.
fn missing(report: &CampaignReport) -> Vec<[u64; 2]> {
    let [mut next, end] = report.seeds;
    if end == u64::MAX {
        return Vec::new();
    }
    let mut missing = Vec::new();
    for [from, to] in report.done.iter().copied().chain([[end, end]]) {
        if next < from {
            missing.push([next, from]);
        }
        next = to;
    }
    missing
}

fn missing_in_words(missing: &[[u64; 2]]) -> String {
    let count: u64 = missing.iter().map(|[from, to]| to - from).sum();
    let ranges: Vec<String> =
        missing.iter().take(10).map(|[from, to]| format!("{from}..{to}")).collect();
    let more = if missing.len() > 10 { " and more" } else { "" };
    format!("{} seeds are missing: {}{more}", grouped(count), ranges.join(", "))
}
