//! The steps from one state to the next.

use raft_core::NodeId;

use crate::budgets::Budget;
use crate::locals::{Id, Parts};
use crate::model::Scope;
use crate::server::Local;

/// A step, packed: what happens, to which server, and a number that says which message, how many
/// writes, or which server or change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Action {
    pub(crate) kind: Kind,
    /// The place of the server, from 0.
    pub(crate) place: u8,
    pub(crate) argument: u32,
}

/// What happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Deliver,
    DeliverCopy,
    Lose,
    Report,
    Crash,
    Elect,
    Heartbeat,
    Forget,
    Propose,
    Read,
    Snapshot,
    Transfer,
    Change,
    Tick,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Deliver,
        Self::DeliverCopy,
        Self::Lose,
        Self::Report,
        Self::Crash,
        Self::Elect,
        Self::Heartbeat,
        Self::Forget,
        Self::Propose,
        Self::Read,
        Self::Snapshot,
        Self::Transfer,
        Self::Change,
        Self::Tick,
    ];

    /// What it is counted against.
    pub(crate) fn budget(self) -> Option<Budget> {
        match self {
            Self::Deliver | Self::Report => None,
            Self::DeliverCopy => Some(Budget::Duplicates),
            Self::Lose => Some(Budget::Losses),
            Self::Crash => Some(Budget::Crashes),
            Self::Elect => Some(Budget::Elections),
            Self::Heartbeat => Some(Budget::Heartbeats),
            Self::Forget => Some(Budget::Forgets),
            Self::Propose => Some(Budget::Proposals),
            Self::Read => Some(Budget::Reads),
            Self::Snapshot => Some(Budget::Snapshots),
            Self::Transfer => Some(Budget::Transfers),
            Self::Change => Some(Budget::Changes),
            Self::Tick => Some(Budget::Ticks),
        }
    }
}

/// The argument of an action has so many bits.
const ARGUMENT_BITS: u32 = 24;

impl Action {
    pub(crate) fn new(kind: Kind, place: usize, argument: u32) -> Self {
        assert!(argument >> ARGUMENT_BITS == 0, "too many different messages");
        Self { kind, place: place as u8, argument }
    }

    pub(crate) fn pack(self) -> u32 {
        (self.kind as u32) << 28 | u32::from(self.place) << ARGUMENT_BITS | self.argument
    }

    pub(crate) fn unpack(packed: u32) -> Self {
        let kind = Kind::ALL[(packed >> 28) as usize];
        let place = (packed >> ARGUMENT_BITS & 0xF) as u8;
        Self { kind, place, argument: packed & ((1 << ARGUMENT_BITS) - 1) }
    }

    /// The number of what happens to the server: the same for a message and for its copy.
    pub(crate) fn code(self) -> u32 {
        let kind = if self.kind == Kind::DeliverCopy { Kind::Deliver } else { self.kind };
        Self { kind, place: 0, ..self }.pack()
    }

    /// What happens to the server. Losing a message happens to none.
    pub(crate) fn local(self, model: &Scope, parts: &Parts) -> Local {
        let number = self.argument as usize;
        match self.kind {
            Kind::Deliver | Kind::DeliverCopy | Kind::Lose => {
                let letter = parts.letter(self.argument as Id);
                Local::Deliver { from: letter.from, message: letter.message.clone() }
            }
            Kind::Report => Local::Report(number),
            Kind::Crash => Local::Crash { kept: number },
            Kind::Elect => Local::Elect,
            Kind::Heartbeat => Local::Heartbeat,
            Kind::Forget => Local::Forget,
            Kind::Propose => Local::Propose(number as u64),
            Kind::Read => Local::Read(FIRST_READ + number as u64, model.reads),
            Kind::Snapshot => Local::Snapshot,
            Kind::Transfer => Local::Transfer(NodeId(number as u64 + 1)),
            Kind::Change => Local::Change(model.changes[number].clone()),
            Kind::Tick => Local::Tick(u64::from(self.argument)),
        }
    }
}

/// Reads have numbers from here on, and commands below.
const FIRST_READ: u64 = 100;
