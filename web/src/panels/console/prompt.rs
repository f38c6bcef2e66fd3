//! The console's input line, with completion and history.

use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, HtmlInputElement};
use yew::prelude::*;

use crate::lab::{Labs, Runner};
use crate::state::use_controls;

/// The most completions that are offered at once.
const MAX_COMPLETIONS: usize = 8;

#[component(Prompt)]
pub(crate) fn prompt() -> Html {
    let runner = use_controls().runner;
    let text = use_state_eq(String::new);
    let offers = use_state_eq(Vec::<(String, &'static str)>::new);
    // Earlier lines, and the place of the shown one among them.
    let history = use_mut_ref(|| (Vec::<String>::new(), 0_usize));

    let on_input = {
        let (text, offers, runner) = (text.setter(), offers.setter(), runner.clone());
        Callback::from(move |event: InputEvent| {
            let value = event.target_unchecked_into::<HtmlInputElement>().value();
            let found = if value.trim().is_empty() { Vec::new() } else { runner.complete(&value) };
            let found = found.into_iter().take(MAX_COMPLETIONS);
            offers.set(found.map(|offer| (offer.text, offer.help)).collect());
            text.set(value);
        })
    };
    let accept = {
        let (text, offers) = (text.clone(), offers.setter());
        Callback::from(move |word: String| {
            text.set(with_completion(&text, &word));
            offers.set(Vec::new());
        })
    };
    let on_key = {
        let (text, offers, accept) = (text.clone(), offers.clone(), accept.clone());
        Callback::from(move |event: KeyboardEvent| {
            let mut history = history.borrow_mut();
            let (lines, place) = &mut *history;
            match event.key().as_str() {
                "Enter" => {
                    if !text.trim().is_empty() {
                        runner.exec(&text);
                        lines.push(text.to_string());
                    }
                    *place = lines.len();
                    text.set(String::new());
                    offers.set(Vec::new());
                }
                "Tab" if !offers.is_empty() && !event.shift_key() => {
                    accept.emit(offers[0].0.clone());
                }
                "ArrowUp" | "ArrowDown" if !lines.is_empty() => {
                    let up = event.key() == "ArrowUp";
                    *place =
                        if up { place.saturating_sub(1) } else { (*place + 1).min(lines.len()) };
                    text.set(lines.get(*place).cloned().unwrap_or_default());
                    offers.set(Vec::new());
                }
                "Escape" if !offers.is_empty() => offers.set(Vec::new()),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let on_paste = {
        let (runner, labs) = (use_controls().runner, use_controls().labs);
        Callback::from(move |event: Event| paste(&event, &runner, &labs))
    };
    html! {
        <div class="prompt">
            <ul class="offers" role="listbox" aria-label="Completions" hidden={offers.is_empty()}>
                { for offers.iter().enumerate().map(|(place, (word, help))| {
                    let chosen = word.clone();
                    let choose = accept.reform(move |_: MouseEvent| chosen.clone());
                    html! {
                        <li key={word.clone()} role="option" onmousedown={choose}
                            aria-selected={(place == 0).to_string()}>
                            <code>{ word }</code><span>{ *help }</span>
                        </li>
                    }
                }) }
            </ul>
            <span class="prompt-mark" aria-hidden="true">{ "›" }</span>
            <input id="console-input" data-testid="console-input" type="text"
                aria-label="Command" placeholder="set x=1" autocomplete="off"
                autocapitalize="off" spellcheck="false" value={text.to_string()}
                oninput={on_input} onkeydown={on_key} onpaste={on_paste} />
        </div>
    }
}

/// Several lines are statements, one after the other. If they make a cluster, they are a script of
/// their own; without a statement, they may be a trace or a history. One line goes into the input.
fn paste(event: &Event, runner: &Runner, labs: &Labs) {
    let clipboard = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
    let text = clipboard.and_then(|data| data.get_data("text").ok()).unwrap_or_default();
    let text = text.trim();
    if !text.contains('\n') {
        return;
    }
    event.prevent_default();
    let makes_a_cluster = |line: &str| line.split_whitespace().next() == Some("cluster");
    if text.lines().any(makes_a_cluster) || !text.lines().any(|line| runner.understands(line)) {
        labs.open("The pasted text", text);
    } else {
        text.lines().for_each(|line| runner.exec(line));
    }
}

/// The line with its last word replaced by the completion.
pub(in crate::panels) fn with_completion(line: &str, word: &str) -> String {
    let start = line.rfind(char::is_whitespace).map_or(0, |place| place + 1);
    format!("{}{word} ", &line[..start])
}
