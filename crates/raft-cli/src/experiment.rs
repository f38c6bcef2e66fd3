//! `helios experiment`: measurements of the literature, repeated with this core.

mod chart;
mod expected;
mod figure;
mod report;
mod statistics;
mod trial;
mod trial_cluster;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use raft_sim::DelayRange;

use self::chart::Curve;
use self::figure::{Figure, Plan, RANGES};
use self::trial_cluster::DiskLatency;
use crate::output::to_stdout;
use crate::progress::Progress;
use crate::threads::cores;

/// Repeat a measurement of the literature with this core.
#[derive(Args)]
pub(crate) struct ExperimentArguments {
    #[command(subcommand)]
    experiment: Experiment,
}

#[derive(Subcommand)]
enum Experiment {
    ElectionTimeouts(ElectionTimeouts),
}

/// Measure the time without a leader after a crash (Raft paper, Figure 16).
///
/// The cluster has five servers. All election timers start with the leader's last heartbeats. The
/// leader crashes at a random moment of the heartbeat interval after them, which is half of the
/// shortest election timeout. Two of the other servers have shorter logs and cannot win. As in the
/// paper, there is no pre-vote and no check-quorum.
///
/// A trial is without a split vote if one of the timers that the heartbeats started leads to a
/// leader. The expected share is computed from the timeouts, links and disks, without the core.
///
/// Exit code: 0, or 2 if the CSV cannot be written or no leader can be kept.
#[derive(Args)]
struct ElectionTimeouts {
    /// Number of crashes for each range of election timeouts.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    trials: u64,
    /// Also write the numbers to this file: range,trials,mean,p10,p50,p90,p99,max in ms;
    /// then the shares of trials without a split vote, measured and expected, in %.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of threads; one for each core by default. The results do not depend on it.
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u64).range(1..=256))]
    jobs: Option<u64>,
    /// Latency of a message in ms, drawn uniformly.
    #[arg(long, default_value = "0.1..0.3", value_name = "MIN..MAX", value_parser = delay_range)]
    link_latency: DelayRange,
    /// Time until a write is durable, in ms: the minimum and the mean, exponentially distributed.
    #[arg(long, default_value = "0.5..5", value_name = "MIN..MEAN", value_parser = disk_latency)]
    disk_latency: DiskLatency,
}

/// Runs the experiment; the exit code.
pub(crate) fn run(arguments: &ExperimentArguments) -> io::Result<u8> {
    let Experiment::ElectionTimeouts(arguments) = &arguments.experiment;
    // A path that cannot be written to is reported before the work, not after it.
    let csv = match arguments.csv.as_ref().map(File::create).transpose() {
        Ok(csv) => csv,
        Err(error) => return Ok(refuse(&format!("cannot write the CSV: {error}"))),
    };
    let bar = Progress::bar(arguments.trials * RANGES.len() as u64);
    let mut progress = |done, all| {
        bar.set_position(done as u64);
        bar.set_words(|| format!("{done} of {all} trials"));
    };
    let measured = figure::measure(&arguments.plan(), &mut progress);
    drop(bar);
    let figure = match measured {
        Ok(figure) => figure,
        Err(impossible) => return Ok(refuse(&impossible.to_string())),
    };
    if let Some(csv) = csv {
        let mut csv = BufWriter::new(csv);
        if let Err(error) = report::write_csv(&figure, &mut csv).and_then(|()| csv.flush()) {
            return Ok(refuse(&format!("cannot write the CSV: {error}")));
        }
    }
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    to_stdout(|out| {
        report::print_table(&figure, out)?;
        draw(&figure, colour, out)
    })?;
    Ok(0)
}

impl ElectionTimeouts {
    fn plan(&self) -> Plan {
        Plan {
            trials: self.trials as usize,
            seed: self.seed,
            jobs: self.jobs.map_or_else(cores, |jobs| jobs as usize),
            link_latency: self.link_latency,
            disk_latency: self.disk_latency,
        }
    }
}

fn refuse(why: &str) -> u8 {
    eprintln!("helios: {why}");
    2
}

/// The paper's two graphs: one varies the randomness, the other the scale.
fn draw(figure: &Figure, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let curves: Vec<Curve<'_>> = RANGES
        .iter()
        .zip(&figure.samples)
        .map(|(range, sample)| Curve { name: range.name(), sample })
        .collect();
    let (randomness, scale) = curves.split_at(6);
    for (title, curves, times) in [
        ("More randomness in the timeouts", randomness, (50, 60_000)),
        ("Shorter timeouts", scale, (5, 1_000)),
    ] {
        writeln!(out, "\n{title}: share of trials with a new leader\n")?;
        chart::draw(curves, times, colour, out)?;
    }
    Ok(())
}

/// `0.1..0.3`, in milliseconds.
fn delay_range(text: &str) -> Result<DelayRange, String> {
    let millis = |text: &str| {
        let millis: f64 = text.parse().ok()?;
        let fits = (0.0..=1000.0).contains(&millis);
        fits.then(|| Duration::from_micros((millis * 1000.0).round() as u64))
    };
    let ends = text.split_once("..").and_then(|(min, max)| Some((millis(min)?, millis(max)?)));
    match ends {
        Some((min, max)) if min <= max => Ok(DelayRange { min, max }),
        _ => Err("write two numbers of ms that go up, 0 to 1000, as in 0.5..10".to_owned()),
    }
}

/// `0.5..5`, in milliseconds.
fn disk_latency(text: &str) -> Result<DiskLatency, String> {
    delay_range(text).map(|DelayRange { min, max: mean }| DiskLatency { min, mean })
}

#[cfg(test)]
mod argument_tests;
