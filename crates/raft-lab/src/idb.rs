//! Durable labs: their disks in IndexedDB.

use std::fmt;

use raft_sim::Setup;

use crate::{Lab, RecoveryReport};

/// A durable lab that is open.
#[derive(Debug)]
pub struct Opened {
    /// The lab.
    pub lab: Lab,
    /// What was found on its disks; `None`: it is new.
    pub recovered: Option<RecoveryReport>,
    /// What a person should know: that the browser may forget, that it forgot before, …
    pub warnings: Vec<String>,
}

/// Why a durable lab cannot be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// Another tab has it open.
    HeldElsewhere,
    /// The browser's storage cannot be used, or what it holds cannot be read; in words.
    Storage(String),
    /// The setup is out of bounds; in words.
    Setup(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeldElsewhere => f.write_str("this lab is open in another tab"),
            Self::Storage(words) | Self::Setup(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for OpenError {}

impl Lab {
    /// TEMPORARY until raft-storage-idb is there.
    pub async fn open(_name: &str, _setup_for_new: Setup) -> Result<Opened, OpenError> {
        Err(OpenError::Storage("not there yet".to_owned()))
    }

    /// TEMPORARY
    pub async fn wipe(_name: &str) -> Result<(), OpenError> {
        Ok(())
    }
}
