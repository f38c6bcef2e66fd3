//! The parts of the page. They read the contexts, and answer with lines of the command language.

mod add_server;
mod cluster;
mod console;
mod events;
mod header;
mod help;
mod hints;
mod inspector;
mod invariants;
mod kv;
mod logs;
mod members;
mod menu;
mod new_lab;
mod notices;
mod prompt;
mod scenarios;
mod stage;
mod time;

pub(crate) use add_server::AddServer;
pub(crate) use cluster::Cluster;
pub(crate) use console::Console;
pub(crate) use events::Events;
pub(crate) use header::Header;
pub(crate) use help::Help;
pub(crate) use inspector::Inspector;
pub(crate) use invariants::Invariants;
pub(crate) use kv::KeyValues;
pub(crate) use logs::Logs;
pub(crate) use menu::ContextMenu;
pub(crate) use new_lab::{NewLab, WipeLab};
pub(crate) use notices::Notices;
pub(crate) use scenarios::Scenarios;
pub(crate) use time::Time;
