//! Opening labs: the durable one of this browser, or one in memory.

use raft_core::Settings;
use std::time::Duration;

use raft_lab::{Lab, RecoveryReport};
use raft_sim::{DelayRange, Setup};

/// The name of the durable lab. There is one in a browser.
#[cfg(target_arch = "wasm32")]
const NAME: &str = "main";

/// The seed of a first visit: its first election timeout is a short one, and nobody else stands for
/// election at the same time. A test says so.
const FIRST_SEED: u64 = 896;

/// What came of opening the durable lab.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only browsers have IndexedDB"))]
pub(crate) enum Opening {
    Open {
        lab: Box<Lab>,
        recovered: Option<RecoveryReport>,
        warnings: Vec<String>,
    },
    /// Another tab has it.
    HeldElsewhere,
    /// In words.
    Failed(String),
}

/// The cluster of a first visit.
pub(crate) fn first_setup() -> Setup {
    setup(5, FIRST_SEED)
}

/// A cluster for watching: messages take a little longer than elsewhere, so that at a speed at which
/// an election is soon decided they can be seen on their way.
pub(crate) fn setup(nodes: u64, seed: u64) -> Setup {
    Setup { nodes, seed, link_latency: WATCHABLE_LATENCY, ..Setup::default() }
}

/// What of the protocol a person asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    /// Only what the paper has.
    pub(crate) paper: bool,
    /// Whether followers pass commands on.
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

/// Opens the durable lab; a new one begins with `setup_for_new`.
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

/// Deletes what the durable lab has stored. It must not be open.
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
