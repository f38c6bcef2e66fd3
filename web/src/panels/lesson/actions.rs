//! What the learner is offered: buttons that give the allowed statements.

use std::rc::Rc;

use raft_lab::{NodeState, View};
use yew::prelude::*;

use crate::hooks::focus_soon;
use crate::state::{use_controls, use_frame};

#[derive(Properties, PartialEq)]
pub(super) struct ActionsProps {
    /// The words of the statements; empty: all of them, so nothing is offered in particular.
    pub(super) allowed: Rc<[&'static str]>,
}

#[component(Actions)]
pub(super) fn actions(props: &ActionsProps) -> Html {
    let (view, runner) = (use_frame().view, use_controls().runner);
    if props.allowed.is_empty() {
        return html! {};
    }
    let offers = props.allowed.iter().map(|word| (*word, Offer::of(word, &view)));
    html! {
        <div class="lesson-actions" role="group" aria-label="What you can do">
            { for offers.map(|(word, Offer { label, lines })| html! {
                <div key={word} class="lesson-action">
                    <span class="lesson-verb">{ label }</span>
                    if lines.is_empty() {
                        <span class="lesson-hint">{ "not possible now" }</span>
                    }
                    { for lines.into_iter().map(|(words, line)| {
                        let (runner, given) = (runner.clone(), line.clone());
                        let on_click = Callback::from(move |_: MouseEvent| {
                            runner.exec(&given);
                            // Then Space lets time pass, and does not press again.
                            focus_soon("run-toggle");
                        });
                        html! {
                            <button key={line.clone()} type="button" class="button is-small"
                                title={line.clone()} aria-label={format!("{label}: {words}")}
                                data-line={line} onclick={on_click}>
                                { words }
                            </button>
                        }
                    }) }
                </div>
            }) }
            <p class="lesson-hint">
                { "Space lets time pass, and stops it. The console takes every statement." }
            </p>
        </div>
    }
}

/// The buttons of one word.
struct Offer {
    label: &'static str,
    /// The words of each button, and the line that it gives.
    lines: Vec<(String, String)>,
}

impl Offer {
    fn of(word: &'static str, view: &View) -> Self {
        let is_up = |state: NodeState| state == NodeState::Running;
        let is_down = |state: NodeState| state == NodeState::Crashed;
        let is_paused = |state: NodeState| state == NodeState::Paused;
        let any = |_: NodeState| true;
        let each = |label, before: &str, after: &str, fits: &dyn Fn(NodeState) -> bool| {
            let nodes = view.nodes.iter().filter(|node| fits(node.state));
            let line = |id: u64| (id.to_string(), format!("{before}{id}{after}"));
            Self { label, lines: nodes.map(|node| line(node.id.0)).collect() }
        };
        let one = |label, words: &str, line: &str| Self {
            label,
            lines: vec![(words.to_owned(), line.to_owned())],
        };
        // A new value for each write.
        let value = view.steps;
        match word {
            "crash" => each("Crash", "crash ", "", &|state| is_up(state) || is_paused(state)),
            "restart" => each("Restart", "restart ", "", &is_down),
            "pause" => each("Pause", "pause ", "", &is_up),
            "resume" => each("Resume", "resume ", "", &is_paused),
            "timeout" => each("Let its timer run out", "timeout ", "", &is_up),
            "snapshot" => each("Snapshot at", "snapshot ", "", &is_up),
            "transfer" => each("Hand over to", "transfer ", "", &is_up),
            "partition" => each("Cut off", "partition ", " | others", &any),
            "heal" => one("Network", "Heal", "heal"),
            "set" | "put" => each("Write through", &format!("set x={value} via="), "", &is_up),
            "get" => each("Read through", "get x via=", "", &is_up),
            "run" => one("Time", "Run 100 ms", "run 100ms"),
            "step" => one("Time", "One event", "step"),
            // It has no buttons: the console completes it.
            word => one("In the console", word, &format!("help {word}")),
        }
    }
}
