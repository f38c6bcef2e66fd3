//! The arguments of `helios fuzz`.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use raft_fuzz::{Plan, Profile};

use super::campaign::Campaign;
use super::report::JSON_HELP;
use super::seeds::{Seeds, Shard};
use crate::input::with_unit;
use crate::threads::cores;

/// Run random clusters with random faults, and check every event.
///
/// A seed decides the cluster, the faults and the requests of clients. After the faults, a quorum
/// recovers and must make progress. Without --seeds, the first seed is drawn and printed: each
/// campaign plays runs that nobody has played. Without any argument, 1,000 seeds of the profile
/// `swarm` are played.
///
/// The run of a seed that fails is written to a file as a script. Ctrl-C ends the campaign and
/// prints the results so far. A seed that makes no step for --step-limit, or fills 2 GiB in one
/// step, ends the campaign: the seed is named, and its script is written.
///
/// Exit code: 0 if no seed failed, 1 if one failed, 2 if the arguments are wrong or --out cannot be
/// written to.
#[derive(Args)]
#[command(after_long_help = JSON_HELP)]
pub(crate) struct FuzzArguments {
    /// Seeds to play: `1..1001` excludes the last one, `1..=1000` includes it, `7` is one seed;
    /// `1..` has no end and needs --for. By default, 1,000 seeds from a drawn one on, or as many as
    /// --for allows.
    #[arg(long, value_name = "A..B")]
    seeds: Option<Seeds>,
    /// Faults to inject: calm, lan, wan, hostile or swarm.
    #[arg(long, value_name = "P", default_value_t)]
    profile: Profile,
    /// Number of voters at the start, 1 to 9; the profile decides by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=9))]
    nodes: Option<u64>,
    /// Stop after this time, such as `60s`, `5m` or `2h`.
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Number of threads; one for each core by default.
    #[arg(long, value_name = "J")]
    jobs: Option<NonZero<usize>>,
    /// Play one share of --seeds: `2/8` is the second of eight. `helios merge` adds up the results.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Go on after a failure.
    #[arg(long)]
    keep_going: bool,
    /// End the campaign if a seed makes no step for this time: it is an endless loop.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "20s")]
    step_limit: Duration,
    /// Print one JSON object instead of text; --help describes it.
    #[arg(long)]
    pub(super) json: bool,
    /// Folder for the scripts of seeds that fail.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) out: PathBuf,
    /// Rules to switch off, separated by commas, to see whether a check notices.
    #[cfg(feature = "bugs")]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = switch)]
    bugs: Vec<raft_sim::Switch>,
    /// For a test: the seeds from this one on never end.
    #[cfg(feature = "bugs")]
    #[arg(long, hide = true, value_name = "SEED")]
    loops_from: Option<u64>,
}

/// More threads would only wait for each other.
const MAX_JOBS: usize = 1_024;
/// The number of seeds without any argument.
const DEFAULT_COUNT: u64 = 1_000;

impl FuzzArguments {
    /// The campaign, or an error message.
    pub(super) fn campaign(&self) -> Result<Campaign, String> {
        let count = self.time.is_none().then_some(DEFAULT_COUNT);
        let all = self.seeds.unwrap_or_else(|| Seeds::drawn(count));
        if all.end == u64::MAX && self.time.is_none() {
            return Err(format!(
                "the range of seeds {all} has no end: add one, or a time with --for"
            ));
        }
        let seeds = match self.shard {
            // Each share would draw another start.
            Some(_) if self.seeds.is_none() || all.end == u64::MAX => {
                return Err("--shard needs --seeds with an end".to_owned());
            }
            Some(shard) => all.share(shard),
            None => all,
        };
        let plan = Plan {
            nodes: self.nodes,
            #[cfg(feature = "bugs")]
            bugs: self.bugs.iter().copied().collect(),
            ..Plan::new(self.profile, 0)
        };
        let jobs = self.jobs.map_or_else(cores, NonZero::get).min(MAX_JOBS);
        Ok(Campaign {
            plan,
            all,
            seeds,
            time: self.time,
            jobs,
            keep_going: self.keep_going,
            step_limit: self.step_limit,
            #[cfg(feature = "bugs")]
            loops_from: self.loops_from,
        })
    }
}

/// `90s`, `5m`, `2h`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("", 1), ("s", 1), ("m", 60), ("min", 60), ("h", 3_600)];
    let seconds = with_unit(text, &units).filter(|seconds| (1..=31_536_000).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "a time such as 60s, 5m or 2h, of at most a year, is expected".to_owned())
}

/// A rule by its name.
#[cfg(feature = "bugs")]
pub(crate) fn switch(name: &str) -> Result<raft_sim::Switch, String> {
    let names =
        || raft_sim::Switch::all().map(raft_sim::Switch::name).collect::<Vec<_>>().join(", ");
    raft_sim::Switch::named(name)
        .ok_or_else(|| format!("there is no rule {name:?}; the rules are {}", names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let seconds = |text| duration(text).map(|time| time.as_secs());
        assert_eq!(seconds("60s"), Ok(60));
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("5m"), Ok(300));
        assert_eq!(seconds("2h"), Ok(7_200));
        for text in ["", "0s", "s", "5d", "-1s", "1.5s", "99999999999999999999s", "9999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
