//! Opening a lab: the stored one of this browser, or one in memory.

use raft_core::Settings;
use std::time::Duration;

use raft_lab::{Lab, RecoveryReport};
use raft_sim::{DelayRange, Setup};

/// The name of the stored lab. A browser has one.
#[cfg(target_arch = "wasm32")]
const NAME: &str = "main";

/// The seed of a first visit: its first election timeout is short, and only one node starts an
/// election. A test shows both.
const FIRST_SEED: u64 = 896;

/// The result of opening the stored lab.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only browsers have IndexedDB"))]
pub(crate) enum Opening {
    Open {
        lab: Box<Lab>,
        recovered: Option<RecoveryReport>,
        warnings: Vec<String>,
    },
    /// Another tab has it.
    HeldElsewhere,
    /// The error in words.
    Failed(String),
}

/// The cluster of a first visit.
pub(crate) fn first_setup() -> Setup {
    setup(5, FIRST_SEED)
}

/// A cluster for watching: messages take longer than by default, so that they are visible at a
/// speed at which an election takes only seconds.
pub(crate) fn setup(nodes: u64, seed: u64) -> Setup {
    Setup { nodes, seed, link_latency: WATCHABLE_LATENCY, ..Setup::default() }
}

/// The parts of the protocol that a person chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    /// Only the paper's protocol: no pre-vote, no check-quorum, no leases.
    pub(crate) paper: bool,
    /// Whether followers forward commands to the leader.
    pub(crate) forward: bool,
}

impl Protocol {
    pub(crate) fn apply(self, setup: Setup) -> Setup {
        let setup = Setup {
            settings: Settings { forward_proposals: self.forward, ..setup.settings },
            ..setup
        };
        if self.paper {
            return Setup {
                settings: Settings {
                    pre_vote: false,
                    check_quorum: false,
                    lease_reads: false,
                    ..setup.settings
                },
                ..setup
            };
        }
        setup
    }
}

const WATCHABLE_LATENCY: DelayRange =
    DelayRange { min: Duration::from_millis(10), max: Duration::from_millis(20) };

/// Opens the stored lab; if there is none, a new one with `setup_for_new`.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn open(setup_for_new: Setup) -> Opening {
    use raft_lab::OpenError;

    match Lab::open(NAME, setup_for_new).await {
        Ok(opened) => Opening::Open {
            lab: Box::new(opened.lab),
            recovered: opened.recovered,
            warnings: opened.warnings,
        },
        Err(OpenError::HeldElsewhere) => Opening::HeldElsewhere,
        Err(error) => Opening::Failed(error.to_string()),
    }
}

/// Deletes the stored lab. It must not be open.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn wipe() -> Result<(), String> {
    Lab::wipe(NAME).await.map_err(|error| error.to_string())
}

/// Only browsers have IndexedDB.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn open(_setup_for_new: Setup) -> Opening {
    Opening::Failed("there is no browser here".to_owned())
}

/// Only browsers have IndexedDB.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn wipe() -> Result<(), String> {
    Err("there is no browser here".to_owned())
}

#[cfg(test)]
mod tests;
