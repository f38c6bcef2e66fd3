//! Dials that several experiments have, and their bounds.

use std::time::Duration;

use raft_script::ValueKind;

use crate::dial::Dial;

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Times of messages and disks.
pub(crate) const SHORT_DELAYS: ValueKind = ValueKind::Delay { least: Duration::ZERO, most: SECOND };

/// Election timeouts.
pub(crate) const TIMEOUTS: ValueKind =
    ValueKind::Delay { least: MILLI, most: Duration::from_secs(10) };

/// Times within a trial.
pub(crate) const SPANS: ValueKind =
    ValueKind::Duration { least: Duration::from_millis(10), most: Duration::from_secs(600) };

pub(crate) const NODES: Dial = Dial {
    name: "nodes",
    meaning: "the number of servers",
    default: "5",
    kind: ValueKind::Number { least: 3, most: 9 },
};

pub(crate) const ELECTION: Dial = Dial {
    name: "election",
    meaning: "the range of the election timeout; a heartbeat every half of the shortest one",
    default: "150ms..300ms",
    kind: TIMEOUTS,
};

pub(crate) const LATENCY: Dial = Dial {
    name: "latency",
    meaning: "the time that a message takes, drawn uniformly",
    default: "5ms..15ms",
    kind: SHORT_DELAYS,
};

pub(crate) const DISK: Dial = Dial {
    name: "disk",
    meaning: "the time of a disk write: the shortest and the mean, exponentially distributed",
    default: "1ms..4ms",
    kind: SHORT_DELAYS,
};

pub(crate) const PRE_VOTE: Dial = Dial {
    name: "pre-vote",
    meaning: "on: servers first ask whether they could win",
    default: "on",
    kind: ValueKind::Switch,
};

pub(crate) const CHECK_QUORUM: Dial = Dial {
    name: "check-quorum",
    meaning: "on: leaders step down without a quorum's answers, and protect their followers",
    default: "on",
    kind: ValueKind::Switch,
};

pub(crate) const TIME: Dial =
    Dial { name: "time", meaning: "the virtual time of a trial", default: "1m", kind: SPANS };

/// A dial with another default.
pub(crate) const fn by_default(dial: &Dial, default: &'static str) -> Dial {
    Dial { name: dial.name, meaning: dial.meaning, default, kind: dial.kind }
}
