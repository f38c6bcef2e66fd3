//! `helios find`: searches runs for one in which a condition comes to hold.

mod arguments;

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use raft_fuzz::{Hit, Search, SearchCounts, Searched};

pub(crate) use self::arguments::FindArguments;
use self::arguments::Wanted;
use crate::caught::caught;
use crate::fuzz::report::grouped;
use crate::interrupt::interrupted;
use crate::output::{print_commands, to_stdout};
use crate::progress::Progress;
use crate::threads::spread;

/// So many steps are made before the next look for Ctrl-C.
const SLICE: u64 = 50_000;

/// Searches. Returns the exit code.
pub(crate) fn find(arguments: &FindArguments) -> io::Result<u8> {
    let wanted = match arguments.wanted() {
        Ok(wanted) => wanted,
        Err(message) => {
            eprintln!("helios find: {message}");
            return Ok(2);
        }
    };
    let found = search(&wanted);
    let answer = found.in_words(&wanted);
    let script = found.first.as_ref().map(|hit| script(hit, &answer));
    if let (Some(script), Some(out)) = (&script, &arguments.out)
        && let Err(error) = std::fs::write(out, script)
    {
        eprintln!("helios find: cannot write to {out}: {error}");
        return Ok(2);
    }
    to_stdout(|out| match (script, &arguments.out) {
        (Some(script), None) => out.write_all(script.as_bytes()),
        (Some(_), Some(file)) => {
            writeln!(out, "{answer}")?;
            print_commands(file, out)
        }
        (None, _) => writeln!(out, "{answer}"),
    })?;
    Ok(u8::from(found.counts.hits == 0))
}

/// What was found, of the seeds that were tried.
#[derive(Default)]
struct Found {
    counts: SearchCounts,
    /// The hit with the first seed.
    first: Option<Box<Hit>>,
    is_interrupted: bool,
}

/// Why no further seed is tried.
enum Enough {
    Found,
    Interrupted,
}

/// The result of one seed; `None` after Ctrl-C.
type Tried = Option<(SearchCounts, Option<Box<Hit>>)>;

/// Tries the seeds on several threads, and takes the results in the order of the seeds, so that
/// they do not depend on the threads.
fn search(wanted: &Wanted) -> Found {
    let stop = interrupted();
    let started = Instant::now();
    let bar = Progress::bar(wanted.seeds.count());
    let mut found = Found::default();
    let mut early: BTreeMap<usize, Tried> = BTreeMap::new();
    let count = usize::try_from(wanted.seeds.count()).unwrap_or(usize::MAX);
    let work = |place: usize| try_seed(wanted.search(place as u64), stop);
    let ended = spread((wanted.jobs, count), work, |place, tried| {
        early.insert(place, tried);
        while let Some(tried) = early.remove(&(found.counts.seeds as usize)) {
            found.add(tried.ok_or(Enough::Interrupted)?);
            if found.first.is_some() && !wanted.tries_all() {
                return Err(Enough::Found);
            }
        }
        bar.set_position(found.counts.seeds);
        bar.set_words(|| progress(wanted, found.counts, started.elapsed()));
        Ok(())
    });
    found.is_interrupted = matches!(ended, Err(Enough::Interrupted));
    found
}

/// Plays the runs of a search with one seed.
fn try_seed(mut search: Search, stop: &AtomicBool) -> Tried {
    let mut first = None;
    // A search catches panics itself. This silences their messages.
    let played = caught(|| {
        while !stop.load(Ordering::Relaxed) {
            match search.advance(SLICE) {
                Searched::Hit(hit) => first = Some(hit),
                Searched::Going => {}
                Searched::Over => return true,
            }
        }
        false
    });
    played.is_ok_and(|is_over| is_over).then(|| (search.counts(), first))
}

impl Found {
    fn add(&mut self, (counts, hit): (SearchCounts, Option<Box<Hit>>)) {
        self.counts.seeds += counts.seeds;
        self.counts.hits += counts.hits;
        self.counts.steps += counts.steps;
        self.first = self.first.take().or(hit);
    }

    /// The answer in lines.
    fn in_words(&self, wanted: &Wanted) -> String {
        let Wanted { condition, .. } = wanted;
        let SearchCounts { seeds, hits, steps } = self.counts;
        let (tried, steps) = (grouped(seeds), grouped(steps));
        let mut words = match wanted.time_in_words() {
            Some(time) => format!(
                "{condition}: in {} of {tried} runs{} within {time}; {steps} steps",
                grouped(hits),
                percent(hits, seeds),
            ),
            None => {
                let found = if self.first.is_some() { "found" } else { "not found" };
                let noun = if seeds == 1 { "seed" } else { "seeds" };
                format!("{condition}: {found}; {tried} {noun} tried, {steps} steps")
            }
        };
        if let Some(hit) = &self.first {
            let made = grouped(hit.session.world().steps());
            words += &format!("\nseed {}, at {}, after {made} steps", hit.seed, hit.at());
        }
        if self.is_interrupted {
            words += "\ninterrupted: this is the result so far";
        }
        words
    }
}

/// ` (31 %)`; nothing of no runs.
fn percent(hits: u64, of: u64) -> String {
    match (hits * 100 + of / 2).checked_div(of) {
        Some(0) if hits > 0 => " (less than 1 %)".to_owned(),
        Some(100) if hits < of => " (more than 99 %)".to_owned(),
        Some(percent) => format!(" ({percent} %)"),
        None => String::new(),
    }
}

/// `312 of 1,000 seeds, 45 seeds/s, 1,500,000 steps/s, 3 found`
fn progress(wanted: &Wanted, counts: SearchCounts, elapsed: Duration) -> String {
    let micros = elapsed.as_micros().max(1);
    let per_second = |count: u64| grouped((u128::from(count) * 1_000_000 / micros) as u64);
    let SearchCounts { seeds, hits, steps } = counts;
    let of = match wanted.seeds.end {
        u64::MAX => String::new(),
        _ => format!(" of {}", grouped(wanted.seeds.count())),
    };
    let (done, pace, made) = (grouped(seeds), per_second(seeds), per_second(steps));
    format!("{done}{of} seeds, {pace} seeds/s, {made} steps/s, {} found", grouped(hits))
}

/// The script of a hit, with the answer as its first lines.
fn script(hit: &Hit, answer: &str) -> String {
    let comments: String = answer.lines().map(|line| format!("# {line}\n")).collect();
    format!("# Found by helios find {}.\n{comments}\n{}", env!("CARGO_PKG_VERSION"), hit.script())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_none_or_all() {
        let cases = [
            (0, 10, " (0 %)"),
            (1, 1_000, " (less than 1 %)"),
            (312, 1_000, " (31 %)"),
            (315, 1_000, " (32 %)"),
            (999, 1_000, " (more than 99 %)"),
            (10, 10, " (100 %)"),
            (0, 0, ""),
        ];
        for (hits, of, expected) in cases {
            assert_eq!(percent(hits, of), expected, "{hits} of {of}");
        }
    }
}
