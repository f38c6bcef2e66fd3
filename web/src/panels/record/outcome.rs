//! What becomes of a recorded lesson: it is checked, tried, copied, saved.

use std::rc::Rc;

use raft_jobs::{Job, RehearseJob, Report};
use raft_lab::RecordingView;
use yew::prelude::*;

use crate::hooks::{copy_text, save_file};
use crate::state::use_controls;
use crate::worker::Worker;

#[derive(Properties, PartialEq)]
pub(super) struct OutcomeProps {
    pub(super) recording: Rc<RecordingView>,
}

#[component(Outcome)]
pub(super) fn outcome(props: &OutcomeProps) -> Html {
    let controls = use_controls();
    let told = use_state_eq(String::new);
    // It ends when another check begins, or when the panel goes away.
    let checking = use_mut_ref(|| None::<Rc<Worker>>);
    // The lesson of which something was told, as it was.
    let checked = use_mut_ref(|| None::<String>);
    use_effect_with(props.recording.clone(), {
        let (told, checking) = (told.setter(), checking.clone());
        let (runner, checked) = (controls.runner.clone(), checked.clone());
        move |_| {
            if runner.recorded_lesson().ok() != *checked.borrow() {
                told.set(String::new());
                drop(checking.take());
            }
        }
    });
    let with_lesson = |act: fn(&str, &UseStateSetter<String>)| {
        let (runner, told) = (controls.runner.clone(), told.setter());
        Callback::from(move |_: MouseEvent| match runner.recorded_lesson() {
            Ok(lesson) => act(&lesson, &told),
            Err(words) => told.set(words),
        })
    };
    let on_check = {
        let (runner, told, checking) = (controls.runner.clone(), told.setter(), checking);
        let checked = checked.clone();
        Callback::from(move |_: MouseEvent| match runner.recorded_lesson() {
            Ok(lesson) => {
                told.set("The lesson is played with every answer…".to_owned());
                *checked.borrow_mut() = Some(lesson.clone());
                let result = told.clone();
                let hear = move |report| {
                    if let Some(words) = in_words(report) {
                        result.set(words);
                    }
                };
                let worker = Worker::start(&Job::Rehearse(RehearseJob { lesson }), hear);
                match worker {
                    Ok(worker) => drop(checking.replace(Some(Rc::new(worker)))),
                    Err(words) => told.set(words),
                }
            }
            Err(words) => told.set(words),
        })
    };
    let on_play = {
        let (runner, told, labs) = (controls.runner.clone(), told.setter(), controls.labs.clone());
        Callback::from(move |_: MouseEvent| match runner.recorded_lesson() {
            Ok(lesson) => labs.run_script("Your lesson", &lesson),
            Err(words) => told.set(words),
        })
    };
    let on_copy = with_lesson(|lesson, told| {
        let told = told.clone();
        copy_text(lesson, "The lesson has been copied.", move |words| told.set(words.to_owned()));
    });
    let on_save = with_lesson(|lesson, told| {
        let saved = save_file("lesson.helios", "text/plain", lesson);
        told.set(saved.err().unwrap_or_else(|| "Saved as lesson.helios.".to_owned()));
    });
    let button = |testid: &'static str, label: &'static str, onclick: Callback<MouseEvent>| {
        html! {
            <button type="button" class="button is-small" data-testid={testid} {onclick}>
                { label }
            </button>
        }
    };
    html! {
        <div class="record-outcome">
            <div class="record-buttons">
                { button("record-check", "Check", on_check) }
                { button("record-play", "Try it", on_play) }
                { button("record-copy", "Copy", on_copy) }
                { button("record-save", "Save as a file", on_save) }
            </div>
            <p class="record-note" role="status" data-testid="record-told">{ &*told }</p>
        </div>
    }
}

/// The answer of a check.
fn in_words(report: Report) -> Option<String> {
    match report {
        Report::Rehearsed(None) => {
            Some("Every question has an answer, and every wrong answer a reason.".to_owned())
        }
        Report::Rehearsed(Some(words)) | Report::Refused(words) | Report::Failed(words) => {
            Some(words)
        }
        Report::Looking { .. }
        | Report::Found(_)
        | Report::Chance { .. }
        | Report::Rare { .. }
        | Report::Shortening { .. }
        | Report::Shortened(_)
        | Report::Measured(_)
        | Report::Explored(_)
        | Report::Judged(_)
        | Report::Over => None,
    }
}
