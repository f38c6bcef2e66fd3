//! The simulated world: clock, network, disks, clients, faults, journal.
#![forbid(unsafe_code)]

mod action;
mod client;
mod disk;
mod event;
mod event_words;
mod fingerprint;
mod network;
mod node;
mod random;
mod setup;
mod timeline;
mod world;

pub use action::{Action, DiskChange, LinkChange, Refusal, Unsynced};
pub use client::{Client, PendingOperation};
pub use disk::{Disk, PendingWrite};
pub use event::{DropReason, Event, EventKind};
pub use network::{InFlight, Link, MessageId};
pub use node::{NodeState, SimNode};
pub use setup::{DelayRange, Setup, SetupError};
pub use timeline::Timeline;
pub use world::{JournalEntry, NextEvent, World};
