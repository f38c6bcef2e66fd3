//! The report of a campaign: as JSON that can be added up, and as text.

use std::io::{self, Write};

use raft_fuzz::{RareEvent, RareEvents, SeedReport};
use serde::{Deserialize, Serialize};

use super::campaign::Campaign;
use crate::output::quoted;

pub(super) const JSON_HELP: &str = "\
JSON: one object. All numbers are integers. `helios merge` adds up the objects of several shares.
  format           the version of this format: 1
  helios           the version of this program
  profile          the name of the profile
  nodes            the number of voters at the start, or null: the profile decides
  bugs             the names of the rules that were switched off
  seeds            [first, end]: the seeds of the whole campaign, without the end
  done             [[first, end], ...]: the seeds that were played, ascending
  runs             the number of seeds that were played
  progress_asked   the number of runs in which a quorum recovered and had to make progress
  virtual_time_us  the virtual time of all runs, in microseconds
  steps, events    the numbers of steps and of events
  real_time_us     the real time, in microseconds; merge adds up the times of shares
  hash             16 hexadecimal digits for all runs; equal campaigns have equal hashes on every
                   machine
  rare             how often each rare event happened, by name
  failures         each failure: seed, name (a property, Assertion, or Endless Loop), section of the
                   paper or null, description, virtual_time_us, and script (the file) or null";

/// The version of the JSON format.
pub(crate) const FORMAT: u64 = 1;

/// The report of a campaign, or of a share of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignReport {
    pub(crate) format: u64,
    pub(crate) helios: String,
    pub(crate) profile: String,
    pub(crate) nodes: Option<u64>,
    pub(crate) bugs: Vec<String>,
    pub(crate) seeds: [u64; 2],
    pub(crate) done: Vec<[u64; 2]>,
    pub(crate) runs: u64,
    pub(crate) progress_asked: u64,
    pub(crate) virtual_time_us: u64,
    pub(crate) steps: u64,
    pub(crate) events: u64,
    pub(crate) real_time_us: u64,
    pub(crate) hash: Hash,
    pub(crate) rare: Rare,
    pub(crate) failures: Vec<FailureReport>,
}

/// The failure of one run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailureReport {
    pub(crate) seed: u64,
    pub(crate) name: String,
    pub(crate) section: Option<String>,
    pub(crate) description: String,
    pub(crate) virtual_time_us: u64,
    pub(crate) script: Option<String>,
}

/// The hashes of all runs in one number, which does not depend on their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Hash(pub(crate) u64);

/// How often each rare event happened.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(into = "serde_json::Map<String, serde_json::Value>")]
#[serde(try_from = "serde_json::Map<String, serde_json::Value>")]
pub(crate) struct Rare(pub(crate) RareEvents);

impl CampaignReport {
    /// A report before the first seed.
    pub(crate) fn new(campaign: &Campaign) -> Self {
        Self {
            format: FORMAT,
            helios: env!("CARGO_PKG_VERSION").to_owned(),
            profile: campaign.plan.profile.to_string(),
            nodes: campaign.plan.nodes,
            bugs: names_of_bugs(campaign),
            seeds: [campaign.all.first, campaign.all.end],
            done: Vec::new(),
            runs: 0,
            progress_asked: 0,
            virtual_time_us: 0,
            steps: 0,
            events: 0,
            real_time_us: 0,
            hash: Hash::default(),
            rare: Rare::default(),
            failures: Vec::new(),
        }
    }

    /// Adds the next seed.
    pub(super) fn add(&mut self, report: &SeedReport) {
        let seed = report.seed;
        match self.done.last_mut() {
            Some(range) if range[1] == seed => range[1] += 1,
            _ => self.done.push([seed, seed + 1]),
        }
        self.runs += 1;
        self.progress_asked += u64::from(report.progress_asked);
        self.virtual_time_us += report.time.0;
        self.steps += report.steps;
        self.events += report.events;
        self.hash.add(seed, report.trace_hash);
        self.rare.0 += &report.rare;
        if let Some(failure) = report.result.failure() {
            self.failures.push(FailureReport {
                seed,
                name: failure.name().to_owned(),
                section: failure.property().map(|property| property.section.to_owned()),
                description: failure.to_string(),
                virtual_time_us: report.time.0,
                script: None,
            });
        }
    }

    /// Prints the report as text.
    pub(crate) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let micros = u128::from(self.real_time_us.max(1));
        let per_second = |count: u64| grouped((u128::from(count) * 1_000_000 / micros) as u64);
        let virtual_seconds = self.virtual_time_us / 1_000_000;
        writeln!(
            out,
            "{}: {} {}, {} virtual s, {} events in {}.{} s ({} virtual s/s, {} events/s)",
            self.profile,
            grouped(self.runs),
            if self.runs == 1 { "seed" } else { "seeds" },
            grouped(virtual_seconds),
            grouped(self.events),
            self.real_time_us / 1_000_000,
            self.real_time_us % 1_000_000 / 100_000,
            per_second(virtual_seconds),
            per_second(self.events),
        )?;
        writeln!(
            out,
            "a quorum recovered and had to make progress in {} of them; trace {}",
            grouped(self.progress_asked),
            String::from(self.hash)
        )?;
        self.print_rare(out)?;
        match self.failures.len() {
            0 => writeln!(out, "no seed failed")?,
            1 => writeln!(out, "1 seed failed:")?,
            count => writeln!(out, "{count} seeds failed:")?,
        }
        self.failures.iter().try_for_each(|failure| failure.print(out))
    }

    /// Prints the events that happened, the most frequent first, and those that never did.
    fn print_rare(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut reached: Vec<(RareEvent, u64)> =
            self.rare.0.iter().filter(|(_, count)| *count > 0).collect();
        reached.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        writeln!(out, "rare events:")?;
        for (event, count) in reached {
            writeln!(out, "{:>14}  {:<26}{}", grouped(count), event.name(), event.meaning())?;
        }
        let never = self.rare.0.iter().filter(|(_, count)| *count == 0);
        let never: Vec<&str> = never.map(|(event, _)| event.name()).collect();
        if !never.is_empty() {
            writeln!(out, "never reached: {}", never.join(", "))?;
        }
        Ok(())
    }
}

impl FailureReport {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "  seed {}: {}", self.seed, self.description)?;
        if let Some(script) = &self.script {
            let script = quoted(script);
            writeln!(out, "    replay: helios run {script}")?;
            writeln!(out, "    shrink: helios shrink {script}")?;
            writeln!(out, "    open:   helios open {script}")?;
        }
        Ok(())
    }
}

impl Hash {
    fn add(&mut self, seed: u64, hash: u64) {
        let mixed = (hash ^ seed.rotate_left(32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        self.0 = self.0.wrapping_add(mixed ^ (mixed >> 32));
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        format!("{:016x}", hash.0)
    }
}

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_plain = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(&text, 16).ok().filter(|_| is_plain);
        number.map(Self).ok_or_else(|| format!("{text:?} is not a hash of 16 hexadecimal digits"))
    }
}

impl From<Rare> for serde_json::Map<String, serde_json::Value> {
    fn from(rare: Rare) -> Self {
        rare.0.iter().map(|(event, count)| (event.name().to_owned(), count.into())).collect()
    }
}

impl TryFrom<serde_json::Map<String, serde_json::Value>> for Rare {
    type Error = String;

    fn try_from(map: serde_json::Map<String, serde_json::Value>) -> Result<Self, String> {
        let mut rare = RareEvents::default();
        for (name, count) in map {
            let event = RareEvent::ALL.iter().find(|event| event.name() == name);
            let event = event.ok_or_else(|| format!("there is no rare event {name:?}"))?;
            let count =
                count.as_u64().ok_or_else(|| format!("the count of {name:?} is not a number"))?;
            rare.add(*event, count);
        }
        Ok(Self(rare))
    }
}

#[cfg(feature = "bugs")]
fn names_of_bugs(campaign: &Campaign) -> Vec<String> {
    campaign.plan.bugs.iter().map(|bug| bug.name().to_owned()).collect()
}

#[cfg(not(feature = "bugs"))]
fn names_of_bugs(_: &Campaign) -> Vec<String> {
    Vec::new()
}

/// `1,234,567`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let pairs = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")];
        for (number, text) in pairs {
            assert_eq!(grouped(number), text);
        }
    }
}
