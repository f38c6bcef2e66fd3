//! `helios fuzz`: plays many seeds on many cores until one fails.

mod arguments;
mod campaign;
mod progress;
pub(crate) mod report;
pub(crate) mod seeds;
mod watchdog;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use raft_fuzz::SeedRun;

pub(crate) use self::arguments::FuzzArguments;
#[cfg(feature = "bugs")]
pub(crate) use self::arguments::switch;
use self::campaign::{Campaign, Ended};
use self::report::{CampaignReport, FailureReport};
use crate::interrupt::interrupted;
use crate::output::to_stdout;
use crate::progress::Progress;

/// Plays a campaign. Returns the exit code.
pub(crate) fn fuzz(arguments: &FuzzArguments) -> io::Result<u8> {
    let campaign = match arguments.campaign() {
        Ok(campaign) => campaign,
        Err(message) => {
            eprintln!("helios fuzz: {message}");
            return Ok(2);
        }
    };
    // A folder that cannot be written to is reported before the work, not after it.
    if let Err(error) = std::fs::create_dir_all(&arguments.out) {
        eprintln!("helios fuzz: cannot write to {}: {error}", arguments.out.display());
        return Ok(2);
    }
    if !arguments.json {
        to_stdout(|out| print_start(&campaign, out))?;
    }
    let started = Instant::now();
    let bar = Progress::bar(progress::WHOLE);
    let mut report = CampaignReport::new(&campaign);
    let mut failed = Vec::new();
    let ended = campaign.play(interrupted(), &mut |played| {
        report.add(&played.report);
        if let Some(run) = played.failed {
            failed.push(run);
        }
        let elapsed = started.elapsed();
        bar.set_position(progress::done(&campaign, &report, elapsed));
        bar.set_words(|| progress::words(&campaign, &report, elapsed));
    });
    drop(bar);
    report.real_time_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    write_scripts(&failed, &arguments.out, &mut report);
    let code = u8::from(!report.failures.is_empty());
    to_stdout(|out| {
        if arguments.json {
            serde_json::to_writer(&mut *out, &report)?;
            return writeln!(out);
        }
        report.print(out)?;
        print_end(&campaign, ended, &report, out)
    })?;
    Ok(code)
}

/// Prints the seeds before the first one is played: a campaign that never ends names them too.
fn print_start(campaign: &Campaign, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "seeds {}", campaign.seeds)
}

/// Prints why the campaign ended before all seeds were played, and how to continue.
fn print_end(
    campaign: &Campaign,
    ended: Ended,
    report: &CampaignReport,
    out: &mut dyn Write,
) -> io::Result<()> {
    let next = report.done.last().map_or(campaign.seeds.first, |done| done[1]);
    let rest = |out: &mut dyn Write| match campaign.seeds.end {
        u64::MAX => writeln!(out, "continue with: --seeds {next}.."),
        end => writeln!(out, "continue with: --seeds {next}..{end}"),
    };
    match ended {
        Ended::AllDone => Ok(()),
        Ended::Stuck => {
            writeln!(
                out,
                "stopped: the thread that plays this seed made no step for {} s, or filled {} GiB, \
                 and cannot be ended",
                campaign.step_limit.as_secs(),
                watchdog::MEMORY_LIMIT >> 30
            )?;
            rest(out)
        }
        Ended::TimeOver => rest(out),
        Ended::Interrupted => {
            writeln!(out, "interrupted: these are the results so far")?;
            rest(out)
        }
        Ended::Failed if campaign.keep_going => {
            writeln!(out, "stopped: there are enough failures")
        }
        Ended::Failed => {
            writeln!(out, "stopped at the first failure; --keep-going looks for more")
        }
    }
}

/// Writes the script of each failure. A script that cannot be written is reported on standard
/// error.
fn write_scripts(failed: &[SeedRun], folder: &Path, report: &mut CampaignReport) {
    for run in failed {
        let seed = run.report().seed;
        let name = script_name(report, seed);
        let Some(failure) = report.failures.iter_mut().find(|failure| failure.seed == seed) else {
            continue;
        };
        let path = folder.join(&name);
        match std::fs::write(&path, script_text(run, failure, &report.profile, &name)) {
            Ok(()) => failure.script = Some(shown(&path)),
            Err(error) => eprintln!("helios fuzz: cannot write {}: {error}", path.display()),
        }
    }
}

/// The name of a script, different for each campaign: `helios-fuzz-swarm-8.helios`, or with nodes
/// and bugs, `helios-fuzz-wan-5-nodes-stale-votes-8.helios`.
fn script_name(report: &CampaignReport, seed: u64) -> String {
    let nodes = report.nodes.map(|nodes| format!("{nodes}-nodes"));
    let bugs = match report.bugs.len() {
        0..=3 => report.bugs.clone(),
        many => vec![format!("{many}-bugs")],
    };
    let parts = [report.profile.clone()].into_iter().chain(nodes).chain(bugs);
    let parts: Vec<String> = parts.chain([seed.to_string()]).collect();
    format!("helios-fuzz-{}.helios", parts.join("-"))
}

/// The script, with the failure in its first lines.
fn script_text(run: &SeedRun, failure: &FailureReport, profile: &str, name: &str) -> String {
    let broke: String = failure.description.chars().map(plain).collect();
    format!(
        "# Found by helios fuzz {}: profile {profile}, seed {}.\n# {broke}\n# Replay:  helios run \
         {name}\n# Shrink:  helios shrink {name}\n\n{}",
        env!("CARGO_PKG_VERSION"),
        failure.seed,
        run.script()
    )
}

/// A space in place of a control character: a comment is one line.
fn plain(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

fn shown(path: &Path) -> String {
    let plain: PathBuf = path.strip_prefix("./").unwrap_or(path).to_owned();
    plain.to_string_lossy().into_owned()
}
