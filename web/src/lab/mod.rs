//! The lab on the page: opening it, running it, and putting another one into its place.

mod finder;
mod glossary;
pub(crate) mod kept_run;
mod labs;
mod lessons;
pub(crate) mod links;
pub(crate) mod opening;
mod runner;
mod scenarios;
mod server_number;

pub(crate) use finder::{
    Activity, BoardView, ChancesView, ExploringView, Finder, FinderView, HitView, MeasuringView,
    SearchView, ShorteningView,
};
pub(crate) use glossary::{GlossaryEntry, glossary};
pub(crate) use labs::{Labs, OpenedFile, OpenedLesson, OpenedScript, Origin};
pub(crate) use lessons::{LESSONS, LessonInfo, TRACKS};
pub(crate) use links::Linked;
pub(crate) use runner::{Part, Runner, now_ms};
pub(crate) use scenarios::{SCENARIOS, Scenario};
pub(crate) use server_number::free_server_number;
