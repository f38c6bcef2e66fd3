//! Which lab the page shows: the durable one of this browser, one in memory, or a scenario.

use raft_lab::{Lab, RecoveryReport};
use raft_sim::Setup;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::lab::opening::{self, Opening};
use crate::lab::{Runner, Scenario};
use crate::state::speed::DEFAULT_SPEED;

/// Where the lab on the page comes from, and what a person should know about that.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Origin {
    /// Kept in this browser.
    Durable { recovered: Option<RecoveryReport>, warnings: Vec<String> },
    /// In memory; why.
    Scratch { reason: Option<String> },
    /// A scenario, in memory.
    Scenario(&'static Scenario),
}

/// Puts one lab into the place of another.
#[derive(Clone, PartialEq)]
pub(crate) struct Labs {
    pub(crate) runner: Runner,
    pub(crate) on_origin: Callback<Origin>,
}

impl Labs {
    /// Plays a scenario in memory. What the durable lab has stored stays as it is.
    pub(crate) fn play(&self, scenario: &'static Scenario) {
        match Lab::play(scenario.text) {
            Ok(lab) => {
                self.runner.replace(lab);
                // A story is there to be watched, however fast the lab ran before it.
                self.runner.set_speed(DEFAULT_SPEED);
                self.runner.say(&format!("Scenario: {}", scenario.title));
                self.runner.set_running(true);
                self.on_origin.emit(Origin::Scenario(scenario));
            }
            Err(error) => self.runner.say(&error.to_string()),
        }
    }

    /// A new cluster in memory.
    pub(crate) fn scratch(&self, setup: Setup, reason: Option<String>) {
        match Lab::scratch(setup) {
            Ok(lab) => {
                self.runner.replace(lab);
                self.runner.set_running(true);
                self.on_origin.emit(Origin::Scratch { reason });
            }
            Err(error) => self.runner.say(&error.to_string()),
        }
    }

    /// Deletes what is stored and begins with a new cluster, which is stored again.
    pub(crate) fn begin_anew(&self, setup: Setup) {
        // The database can be deleted only when nobody has it open.
        self.scratch(setup.clone(), None);
        let labs = self.clone();
        spawn_local(async move {
            match opening::wipe().await {
                Ok(()) => labs.open_durable(setup).await,
                Err(error) => labs.on_origin.emit(Origin::Scratch {
                    reason: Some(format!("What is stored could not be deleted: {error}")),
                }),
            }
        });
    }

    /// Goes back to the durable lab.
    pub(crate) fn reopen(&self) {
        let labs = self.clone();
        spawn_local(async move { labs.open_durable(opening::first_setup()).await });
    }

    async fn open_durable(&self, setup: Setup) {
        match opening::open(setup).await {
            Opening::Open { lab, recovered, warnings } => {
                self.runner.replace(*lab);
                self.runner.set_running(true);
                self.on_origin.emit(Origin::Durable { recovered, warnings });
            }
            Opening::HeldElsewhere => self.on_origin.emit(Origin::Scratch {
                reason: Some("The stored lab is open in another tab.".to_owned()),
            }),
            Opening::Failed(error) => {
                let reason = format!("The stored lab cannot be opened: {error}.");
                self.on_origin.emit(Origin::Scratch { reason: Some(reason) });
            }
        }
    }
}
