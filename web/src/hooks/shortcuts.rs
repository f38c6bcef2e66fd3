//! The keys that work on the whole page.

use std::time::Duration;

use gloo_timers::future::sleep;
use raft_lab::{LessonTurn, LessonView, TaskView};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::use_window_event;
use crate::state::{Controls, Dialog, speed};

/// The keys and their meaning, for the help.
pub(crate) const SHORTCUTS: &[(&str, &str)] = &[
    ("Space", "run, or pause"),
    (".", "step: let one event happen; in the past, show the next moment"),
    (",", "step back: show the moment before"),
    ("b", "show the run backward, slowly; again, or any other command: stop"),
    ("< and >", "show the mark before, or the next one: leaders, crashes, the network"),
    ("m and M", "tell changes since this moment; since the moment before again"),
    ("Ctrl+Z", "take back the last command: a branch begins before it"),
    ("End", "return from the past to the end of the run"),
    ("y", "share this moment: a link to it"),
    ("f", "find a run in which a condition comes to hold"),
    ("p and d", "show the picture of the moment, or the sequence diagram of the run"),
    ("D", "show the disk of the selected node, or of the leader; again: close it"),
    ("[ and ]", "slower, faster"),
    ("- and +, 0", "the line of the run: zoom out, zoom in, show the whole run"),
    ("a to d, Enter", "in a lesson: choose an answer; let it run and see"),
    ("Page down, Page up", "in a lesson: the next step, the one before"),
    ("/ and `", "go to the console's line; open or close the console"),
    ("Tab, arrow keys", "go to the cluster; move between nodes, between links, or in an event"),
    (
        "Enter, right click",
        "select a node or a link, and open its menu; go to the entries of the logs",
    ),
    ("Esc", "close the open menu; select nothing"),
    ("?", "open this help"),
];

/// The keys of [`SHORTCUTS`] that need nothing but the run.
const TIME_KEYS: [&str; 10] = [" ", ".", ",", "b", "<", ">", "End", "[", "]", "Escape"];

/// Handles the keys of [`SHORTCUTS`].
#[hook]
pub(crate) fn use_shortcuts(controls: Controls) {
    let on_key = use_callback(controls, |event: Event, controls| {
        let Ok(event) = event.dyn_into::<KeyboardEvent>() else { return };
        let is_command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        if is_command && event.key() == "z" && !event.default_prevented() && !is_text(&event) {
            controls.runner.undo();
            return event.prevent_default();
        }
        let is_modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        if event.default_prevented() || is_modified || is_taken(&event) {
            return;
        }
        let lesson = controls.runner.frame().lab.lesson.clone();
        let is_of_lesson = lesson.is_some_and(|lesson| press_in_lesson(&event, &lesson));
        if is_of_lesson || press(&event.key(), controls) {
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
        let is_of_time = TIME_KEYS.contains(&event.key().as_str());
        if event.default_prevented() || is_modified || !is_of_time || is_taken(&event) {
            return;
        }
        if press(&event.key(), controls) {
            event.prevent_default();
        }
    });
    use_window_event("keydown", on_key);
}

/// Whether the focused element handles the key itself.
fn is_taken(event: &KeyboardEvent) -> bool {
    // The focus may be nowhere while a dialog is open.
    if is_in(event, "dialog, [role=menu]") || has("dialog[open]") {
        return true;
    }
    if is_in(event, "input[type=range]") {
        return ![" ", ".", ",", "b", "p", "d", "m", "M", "y", "<", ">", "-", "+", "0", "?"]
            .contains(&event.key().as_str());
    }
    let is_text = is_in(event, "input, textarea, select");
    is_text || (event.key() == " " && is_in(event, "button, a, summary, [role=button]"))
}

/// Whether somebody is writing text, which the browser can take back, or answers a dialog.
fn is_text(event: &KeyboardEvent) -> bool {
    is_in(event, "dialog, [role=menu], textarea, select, input:not([type=range])")
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
        // A list scrolls.
        "PageDown" | "PageUp" if is_in(event, "[tabindex='0']:not(button)") => return false,
        "PageDown" => "lesson-next",
        "PageUp" => "lesson-back",
        _ => return false,
    };
    element(id).inspect(HtmlElement::click).is_some()
}

fn has(selector: &str) -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|page| page.query_selector(selector).is_ok_and(|found| found.is_some()))
}

fn is_in(event: &KeyboardEvent, selector: &str) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some()))
}

/// Handles a key; false if it has no meaning.
fn press(key: &str, controls: &Controls) -> bool {
    let runner = &controls.runner;
    let frame = runner.frame();
    let (pacing, plays_backward) = (frame.lab.pacing, frame.lab.time.plays_backward);
    let position = speed::position_of(pacing.speed);
    match key {
        " " if plays_backward => runner.play_backward(false),
        " " => runner.set_running(!pacing.running),
        "." => runner.step(),
        "," => runner.step_back(),
        "b" => runner.play_backward(!plays_backward),
        "p" => runner.show_diagram(false),
        "d" => runner.show_diagram(true),
        "f" => controls.open_dialog.emit(Some(Dialog::Find)),
        "y" => controls.open_dialog.emit(Some(Dialog::Share)),
        "D" => {
            focus_soon("disk-node");
            return element("tab-disk").inspect(HtmlElement::click).is_some();
        }
        "m" => runner.pin(true),
        "M" => runner.pin(false),
        "<" => runner.jump(false),
        ">" => runner.jump(true),
        "End" if runner.frame().lab.time.is_past => runner.return_to_live(),
        "[" => runner.set_speed(speed::at_position(position.saturating_sub(5))),
        "]" => runner.set_speed(speed::at_position((position + 5).min(speed::LAST_POSITION))),
        "/" => return element("console-input").is_some_and(|input| input.focus().is_ok()),
        "`" => return element("console-toggle").inspect(HtmlElement::click).is_some(),
        "-" | "+" | "0" => return element(zoom(key)).inspect(HtmlElement::click).is_some(),
        "?" => controls.open_dialog.emit(Some(Dialog::Help)),
        "Escape" => {
            controls.open_menu.emit(None);
            controls.select.emit(None);
        }
        _ => return false,
    }
    true
}

/// The button of the line's zoom for this key.
fn zoom(key: &str) -> &'static str {
    match key {
        "-" => "zoom-out",
        "+" => "zoom-in",
        _ => "zoom-whole",
    }
}

/// Gives the focus to an element, once a dialog that is being closed has given it back, and once
/// the element is there: its part of the program may be loading.
pub(crate) fn focus_soon(id: &'static str) {
    const PAUSE: Duration = Duration::from_millis(20);
    const TRIES: u32 = 100;
    spawn_local(async move {
        sleep(Duration::ZERO).await;
        for _ in 0..TRIES {
            if let Some(element) = element(id) {
                // Without the focus, the keys work all the same.
                let _ = element.focus();
                return;
            }
            sleep(PAUSE).await;
        }
    });
}

fn element(id: &str) -> Option<HtmlElement> {
    let document = web_sys::window().and_then(|window| window.document());
    let found = document.and_then(|document| document.get_element_by_id(id));
    found.and_then(|found| found.dyn_into().ok())
}
