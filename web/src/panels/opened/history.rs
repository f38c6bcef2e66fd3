//! A history with its verdict: the operations that contradict each other, as intervals of time.

use std::rc::Rc;

use raft_jobs::{HistoryContradiction, HistoryOperation, HistoryVerdict, JudgedHistory};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(super) struct HistoryPanelProps {
    pub(super) judged: Rc<JudgedHistory>,
}

#[component(HistoryPanel)]
pub(super) fn history_panel(props: &HistoryPanelProps) -> Html {
    let JudgedHistory { form, size, verdict } = &*props.judged;
    let (class, words) = match verdict {
        HistoryVerdict::Linearizable => ("is-good", "✓ Linearizable"),
        HistoryVerdict::NotLinearizable(_) => ("is-broken", "✕ Not linearizable"),
        HistoryVerdict::Unknown(_) => ("is-quiet", "Not known"),
    };
    let contents = match verdict {
        HistoryVerdict::Linearizable => html! {
            <p class="dialog-text">
                { "The operations have an order in which each takes effect between its call and \
                   its return, with the answer that it got." }
            </p>
        },
        HistoryVerdict::NotLinearizable(found) => contradiction(found),
        HistoryVerdict::Unknown(words) => html! { <p class="dialog-text">{ words }</p> },
    };
    html! {
        <div class="opened-history" data-testid="opened-history" tabindex="0">
            <p class={classes!("opened-verdict", class)} role="status" data-testid="file-verdict">
                <strong>{ words }</strong>
                <span class="opened-form">
                    { format!("A history of operations ({form}): {size}.") }
                </span>
            </p>
            { contents }
        </div>
    }
}

fn contradiction(found: &HistoryContradiction) -> Html {
    let HistoryContradiction { sentence, left_out, optional, longest, .. } = found;
    html! {
        <>
            <p class="opened-sentence" data-testid="contradiction">{ sentence }</p>
            <ol class="intervals" aria-label="The operations">
                if *left_out > 0 {
                    <li class="dialog-note">{ format!("{left_out} earlier operations") }</li>
                }
                { for found.operations.iter().map(|it| interval(it, found.moments)) }
            </ol>
            if let Some(optional) = optional {
                <p class="dialog-note">{ optional }</p>
            }
            if let Some((sentence, end, next)) = longest {
                <details class="opened-order">
                    <summary>{ sentence }</summary>
                    <ol>{ for end.iter().map(|line| html! { <li>{ line }</li> }) }</ol>
                    <p>{ next }</p>
                </details>
            }
        </>
    }
}

/// An operation: a bar from its call to its answer, over the words.
fn interval(operation: &HistoryOperation, moments: usize) -> Html {
    let HistoryOperation { line, process, call, answer, words, is_last } = operation;
    let part = |moment: usize| 100.0 * moment as f64 / moments.saturating_sub(1).max(1) as f64;
    let (left, right) = (part(*call), answer.map_or(100.0, part));
    let width = (right - left).max(1.0);
    let class = classes!(
        "interval-bar",
        is_last.then_some("is-last"),
        answer.is_none().then_some("is-open"),
    );
    let mark = if *is_last { "✕ " } else { "" };
    html! {
        <li key={*line} class={classes!("interval", is_last.then_some("is-last"))}>
            <span class="interval-who">{ format!("line {line}, process {process}") }</span>
            <span class="interval-words">{ mark }{ words }</span>
            <span class="interval-line" aria-hidden="true">
                <span {class} style={format!("left:{left:.2}%;width:{width:.2}%")}></span>
            </span>
        </li>
    }
}
