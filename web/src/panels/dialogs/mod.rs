//! The dialogs over the page.

mod add_server;
mod experiments;
mod explore;
mod find;
mod glossary;
mod help;
mod lessons;
mod new_lab;
mod open_link;
mod rule;
mod rules;
mod scenarios;
mod share;
mod word;

pub(crate) use add_server::AddServer;
pub(crate) use experiments::Experiments;
pub(crate) use explore::Explore;
pub(crate) use find::{Find, Searching};
pub(crate) use glossary::Glossary;
pub(crate) use help::Help;
pub(crate) use lessons::Lessons;
pub(crate) use new_lab::{NewLab, WipeLab};
pub(crate) use open_link::OpenLink;
pub(crate) use rule::Rule;
pub(crate) use rules::Rules;
pub(crate) use scenarios::Scenarios;
pub(crate) use share::Share;
pub(super) use share::title_of;
pub(crate) use word::Word;
