//! The keys that work on the whole page.

use raft_lab::{LessonTurn, LessonView, TaskView};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};
use yew::prelude::*;

use super::{Action, press, use_window_event};
use crate::state::Controls;

/// The keys that a thing of the page takes while it has the focus, or a lesson while it is played,
/// and their meaning, for the help.
pub(crate) const KEYS_OF_THINGS: &[(&str, &str)] = &[
    ("a to d, Enter", "in a lesson: choose an answer; let it run and see"),
    ("Page down, Page up", "in a lesson: the next step, the one before"),
    ("→ ←, Page down, Page up", "presenting: the next moment, the one before"),
    (". and Esc", "presenting: a black screen; leave"),
    ("Tab, arrow keys", "go to the cluster; move between nodes, between links, or in an event"),
    ("1 to 9, Space", "while a split is drafted: put a node on the other side"),
    (
        "drag in the picture",
        "draw a line around nodes to split them off; pull a node away to isolate it",
    ),
    (
        "Enter, right click",
        "select a node or a link, and open its menu; go to the entries of the logs",
    ),
];

/// The actions that need nothing but the run.
const ACTIONS_OF_TIME: [Action; 10] = [
    Action::RunOrPause,
    Action::Step,
    Action::StepBack,
    Action::PlayBackward,
    Action::MarkBefore,
    Action::NextMark,
    Action::ReturnToLive,
    Action::Slower,
    Action::Faster,
    Action::Close,
];

/// Handles the keys of the [actions](Action).
#[hook]
pub(crate) fn use_shortcuts(controls: Controls) {
    let on_key = use_callback(controls, |event: Event, controls| {
        let Ok(event) = event.dyn_into::<KeyboardEvent>() else { return };
        if event.default_prevented() || event.alt_key() || is_in_dialog(&event) {
            return;
        }
        // The browser closes the list of tools.
        if event.key() == "Escape" && has("[popover]:popover-open") {
            return;
        }
        if has(".page.is-presented") {
            if press_presenting(&event) {
                event.prevent_default();
            }
            return;
        }
        let is_command = event.ctrl_key() || event.meta_key();
        let key = if is_command { format!("Ctrl+{}", event.key()) } else { event.key() };
        let action = Action::of(&key);
        if is_taken(&event, is_command, action) {
            return;
        }
        let lesson = controls.runner.frame().lab.lesson.clone().filter(|_| !is_command);
        let is_of_lesson = lesson.is_some_and(|lesson| press_in_lesson(&event, &lesson));
        let is_done = is_of_lesson || action.is_some_and(|action| action.act(controls));
        if is_done {
            event.prevent_default();
        }
    });
    use_window_event("keydown", on_key);
}

/// Handles the keys of time alone, for an embed.
#[hook]
pub(crate) fn use_time_keys(controls: Controls) {
    let on_key = use_callback(controls, |event: Event, controls| {
        let Ok(event) = event.dyn_into::<KeyboardEvent>() else { return };
        let is_modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        if event.default_prevented() || is_modified || is_in_dialog(&event) {
            return;
        }
        let action = Action::of(&event.key()).filter(|action| ACTIONS_OF_TIME.contains(action));
        let is_free = !is_taken(&event, false, action);
        if is_free && action.is_some_and(|action| action.act(controls)) {
            event.prevent_default();
        }
    });
    use_window_event("keydown", on_key);
}

/// Whether a dialog or a menu takes the key. The focus may be nowhere while a dialog is open, and
/// it is in a closed dialog until the next frame.
fn is_in_dialog(event: &KeyboardEvent) -> bool {
    is_in(event, "[role=menu]") || has("dialog[open]")
}

/// Whether the focused element handles the key itself.
fn is_taken(event: &KeyboardEvent, is_command: bool, action: Option<Action>) -> bool {
    if is_in(event, "input[type=range]") {
        let key = event.key();
        return key.starts_with("Arrow") || ["Home", "End", "PageUp", "PageDown"].contains(&&*key);
    }
    let is_text = is_in(event, "input, textarea, select");
    if is_command {
        // The browser takes back what was written.
        return is_text && action != Some(Action::Search);
    }
    is_text || (event.key() == " " && is_in(event, "button, a, summary, [role=button]"))
}

/// Handles a key while a lesson is played; false if it has no meaning there.
fn press_in_lesson(event: &KeyboardEvent, lesson: &LessonView) -> bool {
    let asks = matches!(lesson.task, Some(TaskView::Question { .. }));
    let is_open = asks && lesson.turn == LessonTurn::Learner;
    let id = match event.key().as_str() {
        "a" if is_open => "choice-0",
        "b" if is_open => "choice-1",
        "c" if is_open => "choice-2",
        "d" if is_open => "choice-3",
        // A button takes it for itself.
        "Enter" if is_open && !is_in(event, "button, a, summary") => "lesson-run",
        // A list scrolls; the words of the lesson do so with the arrow keys.
        "PageDown" | "PageUp" if is_in(event, "[tabindex='0']:not(button, .lesson)") => {
            return false;
        }
        "PageDown" => "lesson-next",
        "PageUp" => "lesson-back",
        _ => return false,
    };
    press(id)
}

/// Handles a key while the run is presented: those that a remote control has, and the answers to a
/// question.
fn press_presenting(event: &KeyboardEvent) -> bool {
    press(match event.key().as_str() {
        "ArrowRight" | "PageDown" => "presenter-next",
        "ArrowLeft" | "PageUp" => "presenter-back",
        "." => "presenter-black",
        "a" => "presenter-choice-0",
        "b" => "presenter-choice-1",
        "c" => "presenter-choice-2",
        "d" => "presenter-choice-3",
        "Escape" => "presenter-leave",
        _ => return false,
    })
}

fn has(selector: &str) -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|page| page.query_selector(selector).is_ok_and(|found| found.is_some()))
}

fn is_in(event: &KeyboardEvent, selector: &str) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some()))
}
