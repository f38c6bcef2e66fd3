//! Opening a lab: the stored one of this browser, or one in memory.

use raft_lab::{Lab, NewLab, RecoveryReport, Setup};

/// The name of the stored lab. A browser has one.
#[cfg(target_arch = "wasm32")]
const NAME: &str = "main";

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
    NewLab::FIRST.setup()
}

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
