//! `helios fuzz`: many seeds on many cores, until something breaks.

mod arguments;
mod campaign;
mod progress;
pub(crate) mod report;
mod seeds;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use raft_fuzz::SeedRun;

pub(crate) use self::arguments::FuzzArguments;
use self::campaign::{Campaign, Ended};
use self::progress::Progress;
use self::report::{CampaignReport, FailureReport};
use crate::output::to_stdout;

/// Whether Ctrl-C was pressed.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Plays a campaign; the exit code.
pub(crate) fn fuzz(arguments: &FuzzArguments) -> io::Result<u8> {
    let campaign = match arguments.campaign() {
        Ok(campaign) => campaign,
        Err(message) => {
            eprintln!("helios fuzz: {message}");
            return Ok(2);
        }
    };
    // A second handler cannot be set by this program, and without one Ctrl-C ends it at once.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    let started = Instant::now();
    let mut progress = Progress::new(&campaign, started);
    let mut report = CampaignReport::new(&campaign);
    let mut failed = Vec::new();
    let ended = campaign.play(&INTERRUPTED, &mut |played| {
        report.add(&played.report);
        if let Some(run) = played.failed {
            failed.push(run);
        }
        progress.show(&report);
    });
    progress.clear();
    report.real_time_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let Ok(()) = write_scripts(&failed, &arguments.out, &mut report) else { return Ok(2) };
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

/// Why there are no more seeds, if that is not plain.
fn print_end(
    campaign: &Campaign,
    ended: Ended,
    report: &CampaignReport,
    out: &mut dyn Write,
) -> io::Result<()> {
    let next = report.done.last().map_or(campaign.seeds.first, |done| done[1]);
    let rest = |out: &mut dyn Write| match campaign.seeds.end {
        u64::MAX => writeln!(out, "go on with: --seeds {next}.."),
        end => writeln!(out, "go on with: --seeds {next}..{end}"),
    };
    match ended {
        Ended::AllDone => Ok(()),
        Ended::TimeOver => rest(out),
        Ended::Interrupted => {
            writeln!(out, "interrupted: what stands here is what was done")?;
            rest(out)
        }
        Ended::Failed if campaign.keep_going => {
            writeln!(out, "stopped: another failure would say nothing new")
        }
        Ended::Failed => {
            writeln!(out, "stopped at the first failure; --keep-going looks for more")
        }
    }
}

/// Writes what does each failure again.
fn write_scripts(failed: &[SeedRun], folder: &Path, report: &mut CampaignReport) -> Result<(), ()> {
    for run in failed {
        let seed = run.report().seed;
        let Some(failure) = report.failures.iter_mut().find(|failure| failure.seed == seed) else {
            continue;
        };
        let name = format!("helios-fuzz-{}-{seed}.helios", report.profile);
        let path = folder.join(&name);
        let text = script_text(run, failure, &report.profile, &name);
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        if let Err(error) = written {
            eprintln!("helios fuzz: cannot write {}: {error}", path.display());
            return Err(());
        }
        failure.script = Some(shown(&path));
    }
    Ok(())
}

/// A script with what broke in its first lines.
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

/// What is broken may quote anything; a comment is one line.
fn plain(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

fn shown(path: &Path) -> String {
    let plain: PathBuf = path.strip_prefix("./").unwrap_or(path).to_owned();
    plain.to_string_lossy().into_owned()
}
