//! Where the runs of a search come from, and their seeds.

use std::time::Duration;

use raft_fuzz::{Plan, Search};
use raft_script::{Condition, Session};
use raft_sim::Switch;
use serde::{Deserialize, Serialize};

/// Where the runs come from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Runs {
    /// The fuzzer draws them.
    Drawn {
        /// The name of a profile.
        profile: String,
        /// The number of voters at the start, 1 to 9; `None`: the profile decides.
        nodes: Option<u64>,
        /// The names of the rules that are off.
        rules_off: Vec<String>,
    },
    /// They are futures of the moment at which a script ends.
    From {
        /// The script.
        script: String,
        /// The virtual time of each run after that moment, in µs.
        micros: u64,
    },
}

/// Seeds that follow each other with equal gaps, so that several workers can share a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seeds {
    /// The first one.
    pub first: u64,
    /// The one after the last one, or a greater number.
    pub end: u64,
    /// The difference between two seeds.
    pub every: u64,
}

impl Seeds {
    /// The seeds, the smallest first.
    pub fn iter(self) -> impl Iterator<Item = u64> {
        let step = usize::try_from(self.every.max(1)).unwrap_or(usize::MAX);
        (self.first..self.end).step_by(step)
    }

    /// Those after one of them.
    #[must_use]
    pub fn after(self, seed: u64) -> Self {
        Self { first: seed.saturating_add(self.every.max(1)), ..self }
    }
}

/// Runs that were read, ready to be searched.
#[derive(Clone, Debug)]
pub(crate) enum ReadRuns {
    Drawn(Plan),
    From { moment: Box<Session>, time: Duration },
}

impl Runs {
    /// Drawn runs of a profile, with every rule on.
    pub fn drawn(profile: &str) -> Self {
        Self::Drawn { profile: profile.to_owned(), nodes: None, rules_off: Vec::new() }
    }

    /// Reads the names, or plays the script.
    pub(crate) fn read(&self) -> Result<ReadRuns, String> {
        match self {
            Self::Drawn { profile, nodes, rules_off } => {
                plan(profile, *nodes, rules_off).map(ReadRuns::Drawn)
            }
            Self::From { script, micros } => {
                let moment = Box::new(sessions_at(script, &[u64::MAX])?.remove(0));
                Ok(ReadRuns::From { moment, time: Duration::from_micros(*micros) })
            }
        }
    }
}

impl ReadRuns {
    /// The search with one seed.
    pub(crate) fn search(&self, condition: &Condition, seed: u64) -> Search {
        let (condition, seeds) = (condition.clone(), seed..seed.saturating_add(1));
        match self {
            Self::Drawn(plan) => Search::of_runs(condition, plan.clone(), seeds),
            Self::From { moment, time } => {
                Search::from_moment(condition, Session::clone(moment), *time, seeds)
            }
        }
    }
}

/// A condition of the language.
pub(crate) fn condition(text: &str) -> Result<Condition, String> {
    raft_script::parse_condition(text).map_err(|error| error.to_string())
}

/// The plan of drawn runs.
pub(crate) fn plan(
    profile: &str,
    nodes: Option<u64>,
    rules_off: &[String],
) -> Result<Plan, String> {
    let profile = profile.parse().map_err(|error| format!("{error}"))?;
    if let Some(nodes) = nodes.filter(|nodes| !(1..=9).contains(nodes)) {
        return Err(format!("a cluster has 1 to 9 nodes at its start, not {nodes}"));
    }
    let plan = Plan { nodes, ..Plan::new(profile, 0) };
    rules_off.iter().try_fold(plan, |plan, name| {
        let rule = Switch::named(name);
        without(plan, rule.ok_or_else(|| format!("this build has no rule {name:?}"))?)
    })
}

#[cfg(feature = "bugs")]
fn without(plan: Plan, rule: Switch) -> Result<Plan, String> {
    Ok(Plan { bugs: plan.bugs.with(rule), ..plan })
}

#[cfg(not(feature = "bugs"))]
fn without(_: Plan, rule: Switch) -> Result<Plan, String> {
    Err(format!("this build cannot switch {rule} off"))
}

/// Plays a script to its end. The sessions are those before the first step after each of these
/// times, in µs and ascending; the end where a time is later.
pub(crate) fn sessions_at(script: &str, times: &[u64]) -> Result<Vec<Session>, String> {
    let script = raft_script::parse(script).map_err(|error| error.to_string())?;
    let (mut session, rest) = Session::open(&script).map_err(|error| error.to_string())?;
    let mut sessions = Vec::new();
    for line in rest {
        session.start(&line.statement).map_err(|error| error.to_string())?;
        while session.goal().is_some() {
            let next = session.next_step_at().map_or(u64::MAX, |next| next.0);
            while times.get(sessions.len()).is_some_and(|time| *time < next) {
                sessions.push(session.clone());
            }
            session.step();
        }
    }
    sessions.resize(times.len(), session);
    Ok(sessions)
}

#[cfg(test)]
mod tests {
    use raft_core::Instant;

    use super::*;

    #[test]
    fn seeds_are_shared_without_gap_or_repeat() {
        let shares =
            (0..3).flat_map(|worker| Seeds { first: 1 + worker, end: 11, every: 3 }.iter());
        let mut all: Vec<u64> = shares.collect();
        all.sort_unstable();
        assert_eq!(all, (1..11).collect::<Vec<u64>>());
        let rest = Seeds { first: 2, end: 11, every: 3 }.after(5);
        assert_eq!(rest.iter().collect::<Vec<u64>>(), [8]);
    }

    #[test]
    fn sessions_are_those_of_their_times() {
        let script = "cluster nodes=3 seed=2\nrun 400ms\nset x=1\nrun 200ms\n";
        let times = [100_000, 400_000, 9_000_000];
        let sessions = sessions_at(script, &times).unwrap();
        let end = raft_script::run(&raft_script::parse(script).unwrap(), &mut |_| {});
        let end = end.session.unwrap();
        assert_eq!(sessions[2].world().trace_hash(), end.world().trace_hash());
        for (session, time) in sessions.iter().zip(times) {
            assert!(session.world().now() <= Instant(time));
        }
        assert!(sessions[0].next_step_at().is_some_and(|next| next > Instant(100_000)));
        assert_ne!(sessions[0].world().steps(), sessions[1].world().steps());
    }

    #[test]
    fn what_cannot_be_read_is_refused_in_words() {
        let words = |runs: Runs| runs.read().map(|_| ()).unwrap_err();
        assert!(words(Runs::drawn("stormy")).contains("there is no profile \"stormy\""));
        let nodes = Runs::Drawn { profile: "lan".into(), nodes: Some(10), rules_off: vec![] };
        assert!(words(nodes).contains("1 to 9"));
        let rules =
            Runs::Drawn { profile: "lan".into(), nodes: None, rules_off: vec!["gravity".into()] };
        assert!(words(rules).contains("gravity"));
        let script = Runs::From { script: "run 1s\nflap".into(), micros: 1 };
        assert!(words(script).contains("line 2"));
    }
}
