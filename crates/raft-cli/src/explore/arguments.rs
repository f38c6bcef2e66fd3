//! The arguments of `helios explore`.

use std::time::Duration;

use clap::Args;
use raft_explore::Bounds;
use raft_sim::units::Span;

/// Explore all that can happen from a moment on, within bounds.
///
/// FILE is a script; its end is the moment, or --from. From there on no time passes, and everything
/// else can happen in any order: messages arrive, are doubled or lost, writes finish, election
/// timeouts elapse, servers crash and start again. The options say how often. Every step is judged
/// by the properties that look at a state or a step.
///
/// The search is breadth first. The first violation is printed as a script: it begins as FILE does,
/// goes on to the violation on the shortest way, and `helios run` plays it. Without a violation,
/// the answer says how many states there are, and whether that is all of them. Ctrl-C ends the
/// search with the result so far.
///
/// With CONDITION, a state in which that holds ends the search in the same way: can it come to
/// that? A condition may be about who leads, roles, terms, votes, logs, memberships, and what
/// leaders know of the others.
///
/// With leases on, a server that heard a leader a moment ago starts no election, and no time
/// passes: `cluster paper`, or `lease=off` and --forgets, explores more.
///
/// Exit code: 0 if nothing was found, 1 if a violation was, or CONDITION came to hold, 2 if FILE
/// cannot be read or fails, if CONDITION is none that can be looked for, or if the search cannot
/// start at that moment.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct ExploreArguments {
    /// Script that leads to the moment; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub(super) file: String,
    /// Condition of the language, in quotes, such as "leader 2 and term >= 3".
    #[arg(value_name = "CONDITION")]
    pub(super) goal: Option<String>,
    /// Time of the moment, such as `1500ms`; the end of the script by default.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) from: Option<Duration>,
    /// Election timeouts.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count())]
    elections: u8,
    /// Commands of clients, to leaders.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    proposals: u8,
    /// Reads of clients, from leaders, which ask a quorum.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    reads: u8,
    /// Crashes, each with a restart.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count())]
    crashes: u8,
    /// Messages that arrive twice.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    duplicates: u8,
    /// Messages that are lost. A message that never arrives is as good as lost.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    losses: u8,
    /// Snapshots.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    snapshots: u8,
    /// Transfers of leadership.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    transfers: u8,
    /// Times that a server forgets its leader.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    forgets: u8,
    /// Most steps from the moment.
    #[arg(long, value_name = "N", default_value_t = 14)]
    depth: u16,
    /// Most states, such as `50M` or `200k`; each takes some 40 bytes.
    #[arg(long, value_name = "N", default_value = "50M", value_parser = large)]
    pub(super) states: u64,
}

impl ExploreArguments {
    /// How often each thing may happen.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            elections: self.elections,
            heartbeats: 0,
            proposals: self.proposals,
            reads: self.reads,
            snapshots: self.snapshots,
            transfers: self.transfers,
            changes: 0,
            crashes: self.crashes,
            duplicates: self.duplicates,
            losses: self.losses,
            forgets: self.forgets,
            ticks: 0,
            depth: self.depth,
        }
    }
}

fn count() -> clap::builder::RangedI64ValueParser<u8> {
    clap::value_parser!(u8).range(0..=15)
}

fn time(text: &str) -> Result<Duration, String> {
    let time = Span::parse(text).filter(|time| *time <= raft_script::limits::MAX_DURATION);
    time.ok_or_else(|| "a time such as 500ms, 10s or 1m, of at most a day, is expected".to_owned())
}

/// A number with `k` for thousands or `M` for millions.
fn large(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['k', 'M']) {
        Some(digits) if text.ends_with('k') => (digits, 1_000),
        Some(digits) => (digits, 1_000_000),
        None => (text, 1),
    };
    let number: Option<u64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(unit))
        .filter(|number| (1..=4_000_000_000).contains(number))
        .ok_or_else(|| "a number from 1 to 4000M is expected, such as 50M".to_owned())
}

#[cfg(test)]
mod tests {
    use super::large;

    #[test]
    fn large_numbers_have_units() {
        assert_eq!(large("50M"), Ok(50_000_000));
        assert_eq!(large("200k"), Ok(200_000));
        assert_eq!(large("7"), Ok(7));
        for wrong in ["", "M", "0", "5000M", "1G", "-3"] {
            assert!(large(wrong).is_err(), "{wrong}");
        }
    }
}
