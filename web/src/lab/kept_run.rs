//! The run of a lab in memory over a reload of the page, in the storage of the tab.
//!
//! A durable lab has its run in its database; here is only that of a lab in memory: where it is
//! from, and its branches as data.

use std::rc::Rc;

use raft_lab::{Lab, Restoration};
use web_sys::Storage;

use crate::lab::{LESSONS, OpenedLesson, OpenedScript, Origin, SCENARIOS};
use crate::state::embed;

const RUN_KEY: &str = "helios-run";
const ORIGIN_KEY: &str = "helios-run-origin";
const TRIES_KEY: &str = "helios-run-tries";

/// After so many pages that ended while they computed the run again, it is given up.
const MAX_TRIES: u32 = 3;

/// The run of which a lesson is being recorded, while another lab is on the page.
const RECORDED_KEY: &str = "helios.recorded";

/// The words that begin a stored origin.
const SCENARIO: &str = "scenario";
const SCRIPT: &str = "script";
const LESSON: &str = "lesson";
const SCRATCH: &str = "scratch";

/// Notes where the lab on the page is from. The run of the lab before is forgotten.
pub(crate) fn begin(origin: &Origin) {
    let Some(storage) = storage() else { return };
    let words = match origin {
        // A lab in place of the stored one, for a reason: a reload tries the stored one again.
        Origin::Durable { .. } | Origin::Scratch { reason: Some(_) } => None,
        Origin::Scratch { reason: None } => Some(SCRATCH.to_owned()),
        Origin::Scenario(scenario) => Some(format!("{SCENARIO}\n{}", scenario.name)),
        Origin::Script(script) => Some(format!("{SCRIPT}\n{}\n{}", script.name, script.text)),
        Origin::Lesson(lesson) => {
            let name = lesson.info.map_or("", |info| info.name);
            Some(format!("{LESSON}\n{name}\n{}", lesson.text))
        }
    };
    forget(&storage);
    if let Some(words) = words {
        // Without room, the run is lost with the page.
        let _ = storage.set_item(ORIGIN_KEY, &words);
    }
}

/// Keeps the run of a lab: of one in memory for this tab, of a durable one in its database. Returns
/// the number of bytes.
pub(crate) fn keep(lab: &Lab) -> usize {
    if let Some(bytes) = lab.keep_durably() {
        return bytes;
    }
    let Some(storage) = storage() else { return 0 };
    // It was computed again. If the number stays, a later run is given up too early.
    let _ = storage.remove_item(TRIES_KEY);
    match storage.get_item(ORIGIN_KEY) {
        Ok(Some(origin)) if !origin.starts_with(LESSON) => {}
        Ok(_) | Err(_) => return 0,
    }
    let run = as_text(&lab.keep());
    if storage.set_item(RUN_KEY, &run).is_err() {
        forget(&storage);
    }
    run.len()
}

/// The run that this tab had before the page was reloaded. An error is in words.
pub(crate) fn kept() -> Option<Result<(Origin, Restoration), String>> {
    let storage = storage()?;
    let item = |key| storage.get_item(key).ok().flatten();
    let (origin, run) = (item(ORIGIN_KEY)?, item(RUN_KEY)?);
    let tries = item(TRIES_KEY).and_then(|tries| tries.parse::<u32>().ok()).unwrap_or(0);
    if tries >= MAX_TRIES {
        forget(&storage);
        return Some(Err(format!("the page ended {tries} times meanwhile")));
    }
    // Without room for the number there is no limit.
    let _ = storage.set_item(TRIES_KEY, &(tries + 1).to_string());
    let read = || {
        let origin = origin_of(&origin).ok_or("nobody knows where it is from")?;
        Ok((origin, Restoration::new(&as_bytes(&run).ok_or("its data are damaged")?)?))
    };
    Some(read())
}

/// The lesson that this tab had before the page was reloaded. Its scene begins again, so no run of
/// it is needed.
pub(crate) fn kept_lesson() -> Option<Rc<OpenedLesson>> {
    let origin = storage()?.get_item(ORIGIN_KEY).ok().flatten()?;
    match origin_of(&origin)? {
        Origin::Lesson(lesson) => Some(lesson),
        Origin::Durable { .. }
        | Origin::Scratch { .. }
        | Origin::Scenario(_)
        | Origin::Script(_) => None,
    }
}

/// Keeps the run of which a lesson was being recorded when another lab came. Without room, it is
/// lost with the tab.
pub(crate) fn keep_recorded(run: &[u8]) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(RECORDED_KEY, &as_text(run));
    }
}

/// The run of which a lesson was being recorded: see [`Restoration`].
pub(crate) fn recorded() -> Option<Vec<u8>> {
    as_bytes(&storage()?.get_item(RECORDED_KEY).ok().flatten()?)
}

/// It is on the page again, or was given up.
pub(crate) fn forget_recorded() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(RECORDED_KEY);
    }
}

/// Forgets the run of this tab.
pub(crate) fn give_up() {
    if let Some(storage) = storage() {
        forget(&storage);
    }
}

fn forget(storage: &Storage) {
    for key in [RUN_KEY, ORIGIN_KEY, TRIES_KEY] {
        // What cannot be removed is replaced by the next run.
        let _ = storage.remove_item(key);
    }
}

fn origin_of(words: &str) -> Option<Origin> {
    let (kind, rest) = words.split_once('\n').unwrap_or((words, ""));
    match kind {
        SCRATCH => Some(Origin::Scratch { reason: None }),
        SCENARIO => SCENARIOS.iter().find(|known| known.name == rest).map(Origin::Scenario),
        SCRIPT => rest.split_once('\n').map(|(name, text)| {
            let (name, text) = (name.to_owned(), text.to_owned());
            Origin::Script(Rc::new(OpenedScript { name, text, link: None }))
        }),
        LESSON => {
            let (name, text) = rest.split_once('\n')?;
            // Without a name it is none of the lessons of the page.
            let info = LESSONS.iter().find(|lesson| lesson.name == name);
            let is_known = info.is_some() || name.is_empty();
            let lesson = OpenedLesson { info, text: text.to_owned() };
            is_known.then(|| Origin::Lesson(Rc::new(lesson)))
        }
        _ => None,
    }
}

/// Each byte is a character of Latin-1: a browser stores it in one byte.
fn as_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn as_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|letter| u8::try_from(letter).ok()).collect()
}

/// Each tab has a storage of its own. It lives as long as the tab. An embed shares that of the page
/// around it, and keeps nothing.
fn storage() -> Option<Storage> {
    if embed::is_embedded() {
        return None;
    }
    web_sys::window()?.session_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(as_bytes(&as_text(&bytes)), Some(bytes));
        assert_eq!(as_bytes("…"), None);
    }

    #[test]
    fn origins_are_text_and_back() {
        let (name, text) = ("a.helios".into(), "cluster\nrun 1s\n".into());
        let script = OpenedScript { name, text, link: None };
        assert_eq!(
            origin_of("script\na.helios\ncluster\nrun 1s\n"),
            Some(Origin::Script(Rc::new(script)))
        );
        assert_eq!(origin_of("scratch"), Some(Origin::Scratch { reason: None }));
        let first = &SCENARIOS[0];
        assert_eq!(origin_of(&format!("scenario\n{}", first.name)), Some(Origin::Scenario(first)));
        for wrong in ["", "scenario\nnone", "script", "durable"] {
            assert_eq!(origin_of(wrong), None, "{wrong}");
        }
    }
}
