//! The fields of events: how each type is written, and what the document says of it.

mod messages;
mod values;

pub(crate) use self::values::put;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use raft_core::{
    AppendRefusal, ElectionReason, ElectionRefusal, ForgetRefusal, HeartbeatRound, IgnoreReason,
    Instant, LogIndex, NodeId, PersistId, Refusal, RoleKind, SnapshotRefusal, StepDownReason, Term,
    VoteRefusal,
};
use raft_kv::{ClientId, Sequence};
use raft_sim::units::Span;
use raft_sim::{
    ClockChange, DelayRange, DiskChange, DropReason, EventNumber, LinkChange, Load, MessageId,
    MessageKind, NextMessage, ReadPolicy, RetryReason, SettingChange, Switch, Switches, Words,
    WriteFailure,
};

use crate::json::JsonText;

/// What a field holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// A whole number, of this meaning.
    Number(&'static str),
    /// `true` or `false`.
    Flag,
    /// A sentence for people, or a word; no program should depend on it.
    Words,
    /// One of these words.
    Code(&'static [&'static str]),
    /// An object, which the document describes under this name.
    Object(&'static str),
    /// This, or `null`.
    Nullable(Box<Self>),
    /// A list of these.
    List(Box<Self>),
}

/// A value of a field.
pub(crate) trait Field {
    fn form() -> Form;
    fn write(&self, out: &mut JsonText<'_>);
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(meaning) => f.write_str(meaning),
            Self::Flag => f.write_str("flag"),
            Self::Words => f.write_str("words"),
            Self::Code(codes) => write!(f, "`{}`", codes.join("`, `")),
            Self::Object(name) => write!(f, "[{name}](#{name})"),
            Self::Nullable(form) => write!(f, "{form} or null"),
            Self::List(form) => write!(f, "list of {form}"),
        }
    }
}

/// Types that are numbers: what they mean, and where the number is.
macro_rules! numbers {
    ($($type:ty: $meaning:literal, $value:ident => $number:expr;)*) => {$(
        impl Field for $type {
            fn form() -> Form {
                Form::Number($meaning)
            }

            fn write(&self, out: &mut JsonText<'_>) {
                let $value = self;
                out.bare($number);
            }
        }
    )*};
}

numbers! {
    u32: "number", value => value;
    u64: "number", value => value;
    usize: "number", value => value;
    Instant: "time in µs", value => value.0;
    Duration: "duration in µs", value => value.as_micros();
    NodeId: "node", value => value.0;
    Term: "term", value => value.0;
    LogIndex: "index", value => value.0;
    HeartbeatRound: "round", value => value.0;
    PersistId: "write", value => value.0;
    MessageId: "message", value => value.0;
    ClientId: "client", value => value.0;
    Sequence: "sequence", value => value.0;
    EventNumber: "event", value => value.get();
}

/// Types that are told in words.
macro_rules! words {
    ($($type:ty),* $(,)?) => {$(
        impl Field for $type {
            fn form() -> Form {
                Form::Words
            }

            fn write(&self, out: &mut JsonText<'_>) {
                out.text(self);
            }
        }
    )*};
}

words! {
    AppendRefusal, ClockChange, DelayRange, DiskChange, ElectionRefusal, ForgetRefusal,
    IgnoreReason, LinkChange, Refusal, SnapshotRefusal, StepDownReason, VoteRefusal, Words,
}

/// Types with a word for each value.
macro_rules! codes {
    ($($type:ident { $($variant:pat => $code:literal,)* })*) => {$(
        impl Field for $type {
            fn form() -> Form {
                Form::Code(&[$($code),*])
            }

            fn write(&self, out: &mut JsonText<'_>) {
                out.text(match self { $($variant => $code,)* });
            }
        }
    )*};
}

codes! {
    ElectionReason {
        Self::LeaderSilent => "leader_silent",
        Self::SplitVote => "split_vote",
        Self::Forced => "forced",
        Self::PreVotesWon => "pre_votes_won",
        Self::Transfer => "transfer",
    }
    DropReason {
        Self::Lost => "lost",
        Self::LinkCut => "link_cut",
        Self::Partitioned => "partitioned",
        Self::NodeDown => "node_down",
        Self::ByCommand => "by_command",
        Self::QueueFull => "queue_full",
    }
    NextMessage {
        Self::Deliver => "deliver",
        Self::Drop => "drop",
        Self::Duplicate => "duplicate",
        Self::Hold => "hold",
        Self::Release => "release",
    }
    ReadPolicy {
        Self::Log => "log",
        Self::Quorum => "quorum",
        Self::Lease => "lease",
        Self::Local => "local",
    }
    RoleKind {
        Self::Follower => "follower",
        Self::PreCandidate => "pre_candidate",
        Self::Candidate => "candidate",
        Self::Leader => "leader",
    }
    WriteFailure {
        Self::Fsync => "fsync",
        Self::Full => "full",
    }
    RetryReason {
        Self::Superseded => "superseded",
        Self::FateUnknown => "fate_unknown",
        Self::Refused(_) => "refused",
    }
}

impl Field for bool {
    fn form() -> Form {
        Form::Flag
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.bare(self);
    }
}

impl Field for &'static str {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(self);
    }
}

impl Field for MessageKind {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(self.name());
    }
}

impl Field for Switch {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(self.name());
    }
}

impl Field for Switches {
    fn form() -> Form {
        Vec::<Switch>::form()
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.list(&self.iter().collect::<Vec<_>>());
    }
}

/// The word of the setting, as a script has it.
impl Field for SettingChange {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(self.word());
    }
}

impl Field for Load {
    fn form() -> Form {
        Form::Object("load")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        let Self { rate, time, clients, size } = self;
        out.object(|load| {
            load.field("rate", rate);
            load.text("time", &Span(*time));
            load.field("clients", clients);
            load.field("size", size);
        });
    }
}

impl<T: Field> Field for Option<T> {
    fn form() -> Form {
        Form::Nullable(Box::new(T::form()))
    }

    fn write(&self, out: &mut JsonText<'_>) {
        match self {
            Some(value) => value.write(out),
            None => out.bare("null"),
        }
    }
}

impl<T: Field> Field for Vec<T> {
    fn form() -> Form {
        Form::List(Box::new(T::form()))
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.list(self);
    }
}

impl<T: Field> Field for Arc<T> {
    fn form() -> Form {
        T::form()
    }

    fn write(&self, out: &mut JsonText<'_>) {
        (**self).write(out);
    }
}

impl<T: Field> Field for Box<T> {
    fn form() -> Form {
        T::form()
    }

    fn write(&self, out: &mut JsonText<'_>) {
        (**self).write(out);
    }
}

#[cfg(feature = "bugs")]
impl Field for raft_core::Bugs {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(self);
    }
}
