//! The arguments of `helios find`.

use std::num::NonZero;
use std::time::Duration;

use clap::Args;
use raft_fuzz::{Plan, Profile, Search};
use raft_script::{Condition, Session};
use raft_sim::units::Span;

use crate::caught::caught;
use crate::fuzz::seeds::Seeds;
use crate::run;
use crate::threads::cores;

/// Find a run in which a condition comes to hold.
///
/// PREDICATE is a condition of the language, as `expect` takes it: `happened split-vote`,
/// `leader 3 and not committed x=1`, `broken`. It is judged after each step and each statement.
///
/// Without --from, the runs are those that `helios fuzz` draws, and the first seed whose run has
/// such a moment ends the search. With --from, they are the futures of the moment at which a script
/// ends, each with random numbers of its own (`reseed 17`), and all seeds are tried: in how many of
/// them does the condition come to hold? What was drawn before that moment stays: messages and
/// writes under way, and timers that run.
///
/// The first run found is printed as a script that ends at that moment, with the counts in its
/// first lines. Ctrl-C ends the search with the result so far. The same arguments give the same
/// result.
///
/// Exit code: 0 if a run was found, 1 if none of these seeds has one, 2 if the arguments are wrong,
/// a file cannot be read or written, or the script of --from fails.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct FindArguments {
    /// Condition to look for; `helios language` lists them below `expect`.
    predicate: String,
    /// Seeds to try: `500` is 1..501; `1..1001` excludes the last one, `1..=1000` includes it;
    /// `1..` has no end.
    #[arg(long, value_name = "N|A..B", value_parser = seeds, default_value = "1000")]
    seeds: Seeds,
    /// Faults to inject: calm, lan, wan, hostile or swarm.
    #[arg(long, value_name = "P", default_value_t, conflicts_with = "from")]
    profile: Profile,
    /// Number of voters at the start, 1 to 9; the profile decides by default.
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u64).range(1..=9),
        conflicts_with = "from"
    )]
    nodes: Option<u64>,
    /// Script from whose end on runs go different ways; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    from: Option<String>,
    /// Virtual time of each run after that script, such as `500ms`, `10s` or `1m`.
    #[arg(
        long = "for",
        value_name = "TIME",
        value_parser = time,
        default_value = "10s",
        requires = "from"
    )]
    time: Duration,
    /// File for the script; standard output by default.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<String>,
    /// Number of threads; one for each core by default.
    #[arg(long, value_name = "J")]
    jobs: Option<NonZero<usize>>,
    /// Rules to switch off, separated by commas.
    #[cfg(feature = "bugs")]
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = crate::fuzz::switch,
        conflicts_with = "from"
    )]
    bugs: Vec<raft_sim::Switch>,
}

/// What to look for, and where.
pub(super) struct Wanted {
    pub(super) condition: Condition,
    pub(super) seeds: Seeds,
    pub(super) jobs: usize,
    runs: Runs,
}

/// The runs to look at.
enum Runs {
    Drawn(Plan),
    From { moment: Box<Session>, time: Duration },
}

impl FindArguments {
    /// What to look for, or an error message.
    pub(super) fn wanted(&self) -> Result<Wanted, String> {
        let condition = raft_script::parse_condition(&self.predicate)
            .map_err(|error| format!("this is no condition: {error}"))?;
        let runs = match &self.from {
            Some(file) => Runs::From { moment: Box::new(end_of(file)?), time: self.time },
            None => Runs::Drawn(Plan {
                nodes: self.nodes,
                #[cfg(feature = "bugs")]
                bugs: self.bugs.iter().copied().collect(),
                ..Plan::new(self.profile, 0)
            }),
        };
        let jobs = self.jobs.map_or_else(cores, NonZero::get);
        Ok(Wanted { condition, seeds: self.seeds, jobs, runs })
    }
}

/// The end of a script, or why there is none.
fn end_of(file: &str) -> Result<Session, String> {
    let text = run::read(file).map_err(|message| format!("{file}: {message}"))?;
    let script = raft_script::parse(&text).map_err(|error| format!("{file}: {error}"))?;
    let report = caught(|| raft_script::run(&script, &mut |_| {}));
    let report = report.map_err(|message| format!("{file}: an assertion failed: {message}"))?;
    match (report.failure, report.session) {
        (None, Some(session)) => Ok(session),
        (Some(failure), _) => Err(format!("{file}: {failure}")),
        (None, None) => Err(format!("{file}: there is no cluster")),
    }
}

impl Wanted {
    /// The search with the seed at one place among all of them.
    pub(super) fn search(&self, place: u64) -> Search {
        let (condition, seed) = (self.condition.clone(), self.seeds.first + place);
        let seeds = seed..seed + 1;
        match &self.runs {
            Runs::Drawn(plan) => Search::of_runs(condition, plan.clone(), seeds),
            Runs::From { moment, time } => {
                Search::from_moment(condition, Session::clone(moment), *time, seeds)
            }
        }
    }

    /// Whether the search goes on after the first run.
    pub(super) fn tries_all(&self) -> bool {
        matches!(self.runs, Runs::From { .. })
    }

    /// The virtual time of each run after the script of `--from`.
    pub(super) fn time_in_words(&self) -> Option<String> {
        match &self.runs {
            Runs::Drawn(_) => None,
            Runs::From { time, .. } => Some(Span(*time).to_string()),
        }
    }
}

/// `500`, the number of seeds from 1 on, or a range.
fn seeds(text: &str) -> Result<Seeds, String> {
    if text.contains("..") {
        return text.parse();
    }
    let count = text.parse::<u64>().ok().filter(|count| (1..u64::MAX - 1).contains(count));
    let count = count.ok_or_else(|| format!("{text:?} is no number of seeds, from 1 on"))?;
    Ok(Seeds { first: 1, end: count + 1 })
}

/// A duration of the language, at most a day.
fn time(text: &str) -> Result<Duration, String> {
    let time = Span::parse(text).filter(|time| *time <= raft_script::limits::MAX_DURATION);
    time.ok_or_else(|| "a time such as 500ms, 10s or 1m, of at most a day, is expected".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_seeds_begins_at_1() {
        for (text, first, end) in [("500", 1, 501), ("7..9", 7, 9), ("7..=9", 7, 10)] {
            assert_eq!(seeds(text), Ok(Seeds { first, end }), "{text}");
        }
        for text in ["", "0", "x", "5..5", "18446744073709551615"] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }
}
