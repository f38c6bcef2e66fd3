//! Settings that are out of bounds, with the words of the language for them.

use std::fmt;

use raft_core::ConfigError;
use raft_sim::SetupError;

use crate::units::{Percent, Size, Span};

/// The unit in which the language writes a number.
#[derive(Clone, Copy)]
enum Unit {
    /// A number, or a duration.
    Plain,
    Bytes,
    /// A percentage; the number counts millionths.
    Part,
}

/// A setting of the core that has bounds, its word in `cluster`, and the unit of its value.
const WORDS: &[(&str, &str, Unit)] = &[
    ("heartbeat_interval", "heartbeat", Unit::Plain),
    ("election_timeout_min", "election", Unit::Plain),
    ("election_timeout_max", "election", Unit::Plain),
    ("max_clock_drift_ppm", "drift", Unit::Part),
    ("max_batch_entries", "batch", Unit::Plain),
    ("max_batch_bytes", "batch-bytes", Unit::Bytes),
    ("max_in_flight", "window", Unit::Plain),
    ("max_in_flight_bytes", "window-bytes", Unit::Bytes),
    ("max_uncommitted_bytes", "uncommitted", Unit::Bytes),
    ("max_pending_requests", "pending", Unit::Plain),
    ("max_command_bytes", "command-bytes", Unit::Bytes),
    ("snapshot_threshold_bytes", "log-bytes", Unit::Bytes),
    ("snapshot_threshold", "snapshot", Unit::Plain),
    ("trailing_entries", "trailing", Unit::Plain),
    ("snapshot_chunk_bytes", "chunk", Unit::Bytes),
    ("max_snapshot_bytes", "snapshot-bytes", Unit::Bytes),
];

/// The word for a setting of the core, and its unit; its own name if the language has no word.
fn word_of(setting: &'static str) -> (&'static str, Unit) {
    let word = WORDS.iter().find(|(name, ..)| *name == setting);
    word.map_or((setting, Unit::Plain), |(_, word, unit)| (*word, *unit))
}

/// A number in its unit.
struct InUnit(u64, Unit);

impl fmt::Display for InUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Unit::Plain => self.0.fmt(f),
            Unit::Bytes => Size(self.0).fmt(f),
            Unit::Part => Percent(u32::try_from(self.0).unwrap_or(u32::MAX)).fmt(f),
        }
    }
}

/// The setting that an error is about, as the language names it.
pub(super) fn culprit(error: &SetupError) -> Option<&'static str> {
    match error {
        SetupError::Config(error) | SetupError::NodeConfig { error, .. } => match error {
            ConfigError::DurationOutOfRange { setting, .. }
            | ConfigError::OutOfRange { setting, .. } => Some(word_of(setting).0),
            ConfigError::ElectionTimeoutsReversed { .. } => Some("election"),
            ConfigError::LeaseWithoutCheckQuorum => Some("lease"),
            ConfigError::HeartbeatTooSlow { .. } => Some("heartbeat"),
            ConfigError::VoterCount(_)
            | ConfigError::VoterAndLearner(_)
            | ConfigError::ContextTooLong { .. }
            | ConfigError::NodeIdZero => None,
        },
        SetupError::NodeCount(_) => Some("nodes"),
        SetupError::LearnerCount(_) => Some("learners"),
        SetupError::Delay { setting, .. }
        | SetupError::DriverDelay { setting, .. }
        | SetupError::ClientPatience { setting, .. } => Some(setting),
        SetupError::FailingSnapshots(_) => Some("failing"),
        SetupError::Sessions(_) => Some("sessions"),
        SetupError::TooManyRuns(_) => Some("run"),
        SetupError::NoSuchNode(_) => None,
    }
}

/// The error, in words that name the settings as the language does.
pub(crate) struct BoundWords<'a>(pub(crate) &'a SetupError);

impl fmt::Display for BoundWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.0 {
            SetupError::NodeConfig { node, error } => {
                write!(f, "node {node}: ")?;
                error
            }
            SetupError::Config(error) => error,
            SetupError::NodeCount(_)
            | SetupError::LearnerCount(_)
            | SetupError::NoSuchNode(_)
            | SetupError::Delay { .. }
            | SetupError::DriverDelay { .. }
            | SetupError::FailingSnapshots(_)
            | SetupError::Sessions(_)
            | SetupError::TooManyRuns(_)
            | SetupError::ClientPatience { .. } => return self.0.fmt(f),
        };
        match error {
            ConfigError::DurationOutOfRange { setting, value } => {
                let (word, _) = word_of(setting);
                write!(f, "{word} is {}; it must be from 1us to 60m", Span(*value))
            }
            ConfigError::OutOfRange { setting, value, min, max } => {
                let (word, unit) = word_of(setting);
                let [value, min, max] = [*value, *min, *max].map(|number| InUnit(number, unit));
                write!(f, "{word} is {value}; it must be from {min} to {max}")
            }
            ConfigError::LeaseWithoutCheckQuorum => {
                f.write_str("lease=on needs check-quorum=on: a lease depends on leader stickiness")
            }
            ConfigError::HeartbeatTooSlow { heartbeat, election } => write!(
                f,
                "heartbeat ({}) must be less than the shortest election timeout ({}), or followers \
                 give up on a leader that is alive",
                Span(*heartbeat),
                Span(*election),
            ),
            ConfigError::ElectionTimeoutsReversed { .. }
            | ConfigError::VoterCount(_)
            | ConfigError::VoterAndLearner(_)
            | ConfigError::ContextTooLong { .. }
            | ConfigError::NodeIdZero => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::cluster_settings;

    use super::WORDS;

    #[test]
    fn every_word_is_a_setting() {
        for (_, word, _) in WORDS {
            assert!(cluster_settings().any(|setting| setting.name == *word), "{word}");
        }
    }
}
