//! The panels of the page. They read contexts and act through lines of the command language.

mod branches;
mod breakpoints;
mod cluster;
mod comparison;
mod condition_field;
mod console;
mod context_menu;
mod diagram;
mod dialogs;
mod disk;
mod events;
mod header;
mod inspector;
mod kv;
mod lesson;
mod logs;
mod notices;
mod open_script;
mod properties;
mod questions;
mod record;
mod sentence;
mod statements;
mod tape;
mod time;
mod views;
mod why;

pub(crate) use breakpoints::BreakpointList;
pub(crate) use cluster::Cluster;
pub(crate) use comparison::Comparison;
pub(crate) use console::Console;
pub(crate) use context_menu::ContextMenu;
pub(crate) use diagram::{Arrangement, Diagram, Filters};
pub(crate) use dialogs::{
    AddServer, Experiments, Find, Glossary, Help, Lessons, NewLab, OpenLink, Rule, Rules,
    Scenarios, Searching, Share, WipeLab, Word,
};
pub(crate) use disk::Disk;
pub(crate) use events::Events;
pub(crate) use header::Header;
pub(crate) use inspector::Inspector;
pub(crate) use kv::KeyValues;
pub(crate) use lesson::LessonPanel;
pub(crate) use logs::Logs;
pub(crate) use notices::Notices;
pub(crate) use properties::PropertyList;
pub(crate) use record::Record;
pub(crate) use sentence::Sentence;
pub(crate) use statements::Statements;
pub(crate) use tape::Tape;
pub(crate) use time::Time;
pub(crate) use why::Why;
