//! `helios cluster test`: a real cluster under faults.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use raft_trial::{Happening, TrialOptions, TrialReport, TrialSoFar};

use crate::interrupt::interrupted;
use crate::output::{quoted, to_stdout};
use crate::progress::Progress;

/// Start a cluster on this machine, break it in every way while clients use it, and judge what they
/// saw.
///
/// Servers are killed, stand still and are told to stop; links between them are cut, in one
/// direction too, and hold messages back; with `--tls`, certificates and their authority are
/// replaced. Clients put, get, delete, compare and swap, some with sessions and some without, and
/// watch. In the end all is healed, and judged: the history is linearizable, nothing that was
/// acknowledged is lost, no write was carried out twice, watches told every change once and in
/// order, and the servers agree. `helios check` reads the history too.
///
/// The seed decides which faults come and what clients ask for. The servers are real, so the same
/// seed does not bring the same run.
///
/// Exit code: 0 if every promise was kept, 1 if one was broken, 2 if the trial cannot be held or
/// judged.
#[derive(Args)]
pub(super) struct TestArguments {
    /// Number of servers.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(3..=9))]
    nodes: u64,
    /// Seconds in which faults come.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Decides the faults; drawn, if it is not given.
    #[arg(long)]
    seed: Option<u64>,
    /// Number of clients; each second one has a session.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1000))]
    clients: u64,
    /// Give servers and clients certificates, and replace them.
    #[arg(long)]
    tls: bool,
    /// Directory for disks and logs of the servers, which must be empty. By default one among the
    /// temporary files, which is removed if every promise was kept.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// File for the history of the operations; history.txt in the directory by default.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// The first of nodes × (nodes + 1) ports that are used.
    #[arg(long, default_value_t = 23_000)]
    #[arg(value_parser = clap::value_parser!(u16).range(1024..=60_000))]
    port: u16,
}

pub(super) fn test(arguments: &TestArguments) -> io::Result<u8> {
    let seed = arguments.seed.unwrap_or_else(drawn);
    let (directory, is_temporary) = match &arguments.data {
        Some(directory) => (directory.clone(), false),
        None => (std::env::temp_dir().join(format!("helios-cluster-test-{seed}")), true),
    };
    if std::fs::read_dir(&directory).is_ok_and(|mut files| files.next().is_some()) {
        eprintln!("helios: {} is not empty", directory.display());
        return Ok(2);
    }
    let history = arguments.history.clone().unwrap_or_else(|| directory.join("history.txt"));
    let options = TrialOptions {
        program: std::env::current_exe()?,
        nodes: arguments.nodes,
        duration: Duration::from_secs(arguments.seconds),
        seed,
        clients: arguments.clients,
        tls: arguments.tls,
        directory: directory.clone(),
        history: history.clone(),
        port: arguments.port,
    };
    eprintln!("seed {seed}, in {}", directory.display());
    let report = match hold(options) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("helios: {error}");
            return Ok(2);
        }
    };
    let code = code(&report);
    let keep = !is_temporary || code != 0;
    to_stdout(|out| {
        print(&report, out)?;
        if keep {
            writeln!(out, "disks and logs: {}", quoted(&directory.display().to_string()))?;
        }
        if keep || !history.starts_with(&directory) {
            let history = quoted(&history.display().to_string());
            writeln!(out, "history:        helios check {history}")?;
        }
        Ok(())
    })?;
    if !keep {
        std::fs::remove_dir_all(&directory)?;
    }
    Ok(code)
}

fn hold(options: TrialOptions) -> Result<TrialReport, raft_trial::TrialError> {
    let progress = Progress::bar(options.duration.as_secs());
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(raft_trial::run(options, interrupted(), |so_far| {
        let TrialSoFar { elapsed, operations, faults, term } = *so_far;
        progress.set_position(elapsed.as_secs());
        progress.set_words(|| format!("{operations} operations, {faults} faults, term {term}"));
    }))
}

fn code(report: &TrialReport) -> u8 {
    let judgement = &report.judgement;
    match (judgement.broken.is_empty(), judgement.undecided.is_empty()) {
        (false, _) => 1,
        (true, false) => 2,
        (true, true) => 0,
    }
}

fn print(report: &TrialReport, out: &mut dyn Write) -> io::Result<()> {
    let TrialReport { operations, unknown, repeated, changes, watches, .. } = report;
    writeln!(
        out,
        "{operations} operations, {unknown} without an answer; {changes} changes of keys"
    )?;
    writeln!(out, "{repeated} times a client asked again; {watches} watches")?;
    for (words, count) in &report.reasons {
        writeln!(out, "  {count} × {words}")?;
    }
    writeln!(
        out,
        "term {} at the end; {} times another server led; {} snapshots sent to servers",
        report.term, report.leaders, report.snapshots
    )?;
    writeln!(out, "faults:")?;
    of_kind(report, false, out)?;
    writeln!(out, "moments of danger:")?;
    of_kind(report, true, out)?;
    for undecided in &report.judgement.undecided {
        writeln!(out, "not decided: {undecided}")?;
    }
    for broken in &report.judgement.broken {
        writeln!(out, "broken: {broken}")?;
    }
    if report.judgement == raft_trial::Judgement::default() {
        writeln!(out, "every promise was kept")?;
    }
    Ok(())
}

fn of_kind(report: &TrialReport, is_danger: bool, out: &mut dyn Write) -> io::Result<()> {
    let kind = report.happenings.iter().filter(|(it, _)| Happening::is_danger(**it) == is_danger);
    for (happening, count) in kind.filter(|(_, count)| is_danger || **count > 0) {
        let never = if *count == 0 { " (a longer trial may bring some)" } else { "" };
        writeln!(out, "  {count:>4} {}{never}", happening.words())?;
    }
    Ok(())
}

fn drawn() -> u64 {
    use std::hash::{BuildHasher, RandomState};

    RandomState::new().hash_one(0) % 1_000_000
}
