//! Plants bugs on several threads, and prints a row for each, in order.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use raft_fuzz::{Catch, Shown, Shrunk};
use raft_sim::Switch;
use serde::Serialize;

use super::BugsArguments;
use crate::caught::caught;
use crate::output::to_stdout;
use crate::progress::Progress;
use crate::shrink::in_words;
use crate::threads::{cores, spread};

/// A script with at most so many statements is short enough.
const SHORT: usize = 5;
/// The number of further runs that are shrunk if the first script stays long.
const MORE_CATCHES: usize = 4;

/// The result for one rule.
struct Row {
    switch: Switch,
    found: Option<Found>,
    took: Duration,
}

/// A run that noticed the rule.
struct Found {
    /// The number of seeds until the first run that noticed.
    seeds: u64,
    noticed_in: Duration,
    /// The run with the shortest script, which may not be the first one.
    catch: Catch,
    shrunk: Shrunk,
    shown: Shown,
}

/// The result for one rule, as `--json` prints it.
#[derive(Serialize)]
struct JsonRow<'a> {
    name: &'a str,
    breaks: &'a str,
    seen_in: &'a str,
    caught_by: Option<&'static str>,
    seeds: Option<u64>,
    noticed_us: Option<u64>,
    total_us: u64,
    statements: Option<usize>,
    before: Option<usize>,
    script: Option<String>,
}

/// Plants the bugs and prints the table. Returns the exit code.
pub(super) fn bugs(arguments: &BugsArguments) -> io::Result<u8> {
    let switches = match chosen(&arguments.only) {
        Ok(switches) => switches,
        Err(name) => {
            let names: Vec<&str> = Switch::all().map(Switch::name).collect();
            eprintln!("helios: there is no rule {name:?}; the rules are {}", names.join(", "));
            return Ok(2);
        }
    };
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)?;
    }
    let mut missed = 0;
    in_order(&switches, arguments, &mut |row| {
        missed += usize::from(row.found.is_none());
        if let (Some(folder), Some(found)) = (&arguments.out, &row.found) {
            write_script(folder, found)?;
        }
        to_stdout(|out| match arguments.json {
            true => {
                serde_json::to_writer(&mut *out, &JsonRow::from(&row))?;
                writeln!(out)
            }
            false => writeln!(out, "{}", line(&row, arguments.seeds)),
        })
    })?;
    if !arguments.json {
        let all = switches.len();
        to_stdout(|out| {
            writeln!(out, "{} of {all} rules noticed when switched off", all - missed)
        })?;
    }
    Ok(u8::from(missed > 0))
}

fn chosen(names: &[String]) -> Result<Vec<Switch>, String> {
    if names.is_empty() {
        return Ok(Switch::all().collect());
    }
    let named = |name: &String| Switch::named(name).ok_or_else(|| name.clone());
    let mut switches: Vec<Switch> = names.iter().map(named).collect::<Result<_, _>>()?;
    switches.sort_unstable();
    switches.dedup();
    Ok(switches)
}

/// Calls `tell` with the row of each rule, in the order of `switches`.
fn in_order(
    switches: &[Switch],
    arguments: &BugsArguments,
    tell: &mut dyn FnMut(Row) -> io::Result<()>,
) -> io::Result<()> {
    let jobs = arguments.jobs.map_or_else(cores, NonZero::get);
    let mut early: BTreeMap<usize, Row> = BTreeMap::new();
    let mut awaited = 0;
    let progress = HuntProgress::new(switches.len());
    spread(
        (jobs, switches.len()),
        |place| hunt(switches[place], arguments, &progress),
        |place, row| {
            progress.done(row.switch);
            early.insert(place, row);
            while let Some(row) = early.remove(&awaited) {
                progress.bar.suspend(|| tell(row))?;
                awaited += 1;
            }
            Ok(())
        },
    )
}

fn hunt(switch: Switch, arguments: &BugsArguments, progress: &HuntProgress) -> Row {
    let started = Instant::now();
    let mut at_seed = |seed| progress.show(switch, || format!("seed {seed}"));
    let mut at_run = |shorter| progress.show(switch, || in_words(shorter));
    // A replay catches panics itself. This silences their messages.
    let found = caught(|| {
        let first = raft_fuzz::hunt(switch, 1..=arguments.seeds, &mut at_seed)?;
        let (seeds, noticed_in) = (first.seed, started.elapsed());
        let mut last = first.seed;
        let mut best = shorten(first, arguments, &mut at_run);
        for _ in 0..MORE_CATCHES {
            if best.shrunk.progress.statements <= SHORT {
                break;
            }
            let seeds = last + 1..=arguments.seeds;
            let Some(next) = raft_fuzz::hunt(switch, seeds, &mut at_seed) else { break };
            last = next.seed;
            let next = shorten(next, arguments, &mut at_run);
            if next.shrunk.progress.statements < best.shrunk.progress.statements {
                best = next;
            }
        }
        Some(Found { seeds, noticed_in, ..best })
    });
    let found = found.unwrap_or_else(|said| {
        eprintln!("helios: {switch}: the hunt itself failed: {said}");
        None
    });
    Row { switch, found, took: started.elapsed() }
}

fn shorten(
    catch: Catch,
    arguments: &BugsArguments,
    progress: &mut dyn FnMut(raft_fuzz::ShrinkProgress),
) -> Found {
    let again = "a script shows what it was made for";
    let shrunk = raft_fuzz::shrink(&catch, arguments.max_runs, progress).expect(again);
    let shown = raft_fuzz::shown(&shrunk.script).expect(again);
    Found { seeds: catch.seed, noticed_in: Duration::ZERO, catch, shrunk, shown }
}

/// The rules that are done, and how far the others are.
struct HuntProgress {
    bar: Progress,
    /// The rules that are being hunted for.
    current: Mutex<BTreeMap<Switch, String>>,
    done: AtomicU64,
}

impl HuntProgress {
    fn new(rules: usize) -> Self {
        let bar = Progress::bar(rules as u64);
        Self { bar, current: Mutex::default(), done: AtomicU64::new(0) }
    }

    fn show(&self, switch: Switch, at: impl FnOnce() -> String) {
        self.bar.set_words(|| {
            let Ok(mut current) = self.current.lock() else { return String::new() };
            current.insert(switch, format!("{switch}: {}", at()));
            current.values().map(String::as_str).collect::<Vec<_>>().join("; ")
        });
    }

    fn done(&self, switch: Switch) {
        self.bar.set_position(self.done.fetch_add(1, Ordering::Relaxed) + 1);
        if let Ok(mut current) = self.current.lock() {
            current.remove(&switch);
        }
    }
}

/// `vote-ignores-log   Leader Completeness  seed 1   0.1 s,   0.4 s in all,   3 statements of 104`
fn line(row: &Row, seeds: u64) -> String {
    let (name, seconds) = (row.switch.name(), row.took.as_secs_f64());
    let Some(Found { seeds, noticed_in, catch, shrunk, .. }) = &row.found else {
        return format!("{name:28} not noticed in {seeds} seeds, {seconds:.1} s");
    };
    let by = catch.symptom.property();
    let (after, before) = (shrunk.progress.statements, shrunk.progress.before);
    format!(
        "{name:28} {by:20} seed {seeds:6} {:6.1} s, {seconds:6.1} s in all, {after:3} \
         statements of {before:4}",
        noticed_in.as_secs_f64()
    )
}

impl<'a> From<&'a Row> for JsonRow<'a> {
    fn from(row: &'a Row) -> Self {
        let (switch, found) = (row.switch, row.found.as_ref());
        Self {
            name: switch.name(),
            breaks: switch.breaks(),
            seen_in: switch.seen_in(),
            caught_by: found.map(|found| found.catch.symptom.property()),
            seeds: found.map(|found| found.seeds),
            noticed_us: found.map(|found| found.noticed_in.as_micros() as u64),
            total_us: row.took.as_micros() as u64,
            statements: found.map(|found| found.shrunk.progress.statements),
            before: found.map(|found| found.shrunk.progress.before),
            script: found.map(|found| found.shrunk.script.to_string()),
        }
    }
}

/// Writes a script with comments that say what it shows.
fn write_script(folder: &Path, found: &Found) -> io::Result<()> {
    let Found { catch: Catch { switch, seed, symptom, .. }, shrunk, shown, .. } = found;
    let mut file = std::fs::File::create(folder.join(format!("{switch}.helios")))?;
    let (after, before) = (shrunk.progress.statements, shrunk.progress.before);
    let breaks = format!("Rule {switch}: seen in {}.", switch.seen_in());
    write!(
        file,
        "{}# Shows: {symptom}\n{}",
        raft_fuzz::comment(&breaks),
        raft_fuzz::comment(&shown.description)
    )?;
    let size =
        format!("Found with seed {seed} of the profile swarm: {after} statements, of {before}.");
    write!(file, "{}{}", raft_fuzz::comment(&size), shrunk.script)
}
