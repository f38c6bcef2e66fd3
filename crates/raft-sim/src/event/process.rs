//! What happens to a node's process.

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use raft_core::{Instant, NodeId, Plain, Speaker, say};

use crate::fingerprint::Fingerprint;
use crate::units::Span;
use crate::words::Subject;
use crate::{ClockChange, DelayRange, SettingChange};
use crate::{Mention, Words};

/// What happens to a node's process, its clock or its speed.
#[derive(Clone, Debug)]
pub enum ProcessEvent {
    /// The node started for the first time.
    Started,
    /// The node lost power: everything not on its disk is gone.
    Crashed,
    /// The node started again from its disk.
    Restarted,
    /// Somebody edited the node's configuration: the start that follows is with itself as the only
    /// member.
    ConfiguredAlone,
    /// Somebody changed the node's settings: the start that follows is the first one with them.
    Reconfigured {
        /// The settings that were changed.
        changes: Vec<SettingChange>,
    },
    /// The node refused to start from its disk.
    RestartRefused {
        /// The damage, and what to do, without the node's name.
        reason: Words,
    },
    /// The process stopped running, keeping its memory.
    Paused,
    /// A paused process runs again.
    Resumed,
    /// The node became slow, or is no longer slow.
    Slowed {
        /// The time that it takes to handle one message, write or timer; zero: not slow.
        handling: Duration,
    },
    /// Its election timeouts were chosen.
    TimeoutsSet {
        /// From what they are drawn.
        timeout: DelayRange,
    },
    /// The timer of the node's core elapsed. A slow node handles it later.
    TimerElapsed {
        /// When the core first named the deadline, by the world's clock.
        set_at: Instant,
    },
    /// The node's clock was changed.
    ClockChanged {
        /// How.
        change: ClockChange,
    },
}

impl ProcessEvent {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Crashed => "crashed",
            Self::Restarted => "restarted",
            Self::ConfiguredAlone => "configured_alone",
            Self::Reconfigured { .. } => "reconfigured",
            Self::RestartRefused { .. } => "restart_refused",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Slowed { .. } => "slowed",
            Self::TimeoutsSet { .. } => "timeouts_set",
            Self::TimerElapsed { .. } => "timer_elapsed",
            Self::ClockChanged { .. } => "clock_changed",
        }
    }

    pub(super) fn add_to(&self, hash: &mut Fingerprint, node: NodeId) {
        match self {
            Self::Started => (141, node).hash(hash),
            Self::Crashed => (10, node).hash(hash),
            Self::Restarted => (11, node).hash(hash),
            // The node's name is part of the hash, though it is no longer part of the reason.
            Self::RestartRefused { reason } => {
                (12, node, format!("node {node}: {reason}")).hash(hash);
            }
            Self::ConfiguredAlone => (70, node).hash(hash),
            Self::Reconfigured { changes } => (72, node, changes).hash(hash),
            Self::Paused => (13, node).hash(hash),
            Self::Resumed => (14, node).hash(hash),
            Self::Slowed { handling } => (33, node, handling).hash(hash),
            Self::TimeoutsSet { timeout } => (148, node, timeout).hash(hash),
            Self::TimerElapsed { set_at } => (142, node, set_at).hash(hash),
            Self::ClockChanged { change } => (32, node, change).hash(hash),
        }
    }

    pub(super) fn say(&self, out: &mut dyn Speaker<Mention>, node: NodeId) -> fmt::Result {
        match self {
            Self::Started => say!(out; Subject(node), "starts"),
            Self::Crashed => say!(out; Subject(node), "crashes"),
            Self::Restarted => say!(out; Subject(node), "restarts from its disk"),
            Self::ConfiguredAlone => {
                say!(out; "the configuration of ", node, " lists only ", node, " at this start")
            }
            Self::Reconfigured { changes } => {
                let words: Vec<&str> = changes.iter().map(|change| change.word()).collect();
                say!(
                    out; Subject(node), "has other settings from now on: ", Plain(words.join(", "))
                )
            }
            Self::RestartRefused { reason } => {
                say!(out; Subject(node), "refuses to start: ", reason)
            }
            Self::Paused => say!(out; Subject(node), "is paused"),
            Self::Resumed => say!(out; Subject(node), "resumes"),
            Self::Slowed { handling } if handling.is_zero() => {
                say!(out; Subject(node), "is no longer slow")
            }
            Self::Slowed { handling } => {
                let time = Span(*handling);
                say!(
                    out; Subject(node), "is slow: each message, write and timer takes it ",
                    Plain(time)
                )
            }
            Self::TimeoutsSet { timeout } => {
                say!(out; "the election timeouts of ", node, " are {timeout} from now on")
            }
            Self::TimerElapsed { set_at } => {
                say!(out; "the timer of ", node, ", set at ", Plain(set_at), ", elapses")
            }
            Self::ClockChanged { change } => say!(out; "the clock of ", node, " {change}"),
        }
    }
}
