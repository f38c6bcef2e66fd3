//! What changed since the moment before, or since a pinned one.

use raft_lab::ChangesView;
use yew::prelude::*;

use crate::state::{use_changes, use_controls};
use crate::ui::said;
use crate::words::milliseconds;

#[component(Changes)]
pub(super) fn changes() -> Html {
    let (changes, runner) = (use_changes(), use_controls().runner);
    let is_pinned = changes.as_ref().is_some_and(|changes| changes.is_pinned);
    let on_pin = Callback::from(move |_: MouseEvent| runner.pin(!is_pinned));
    let beginning = changes.as_deref().map(beginning).unwrap_or_default();
    let words = changes.as_deref().map(ChangesView::in_words).unwrap_or_default();
    html! {
        <div class="changes">
            <p class="changes-words" data-testid="changes" title={format!("{beginning}{words}")}>
                { beginning }{ said(&words, true) }
            </p>
            <button type="button" class="text-button" data-testid="pin"
                title={if is_pinned { "M" } else { "m" }} onclick={on_pin}>
                { if is_pinned { "Unpin" } else { "Pin this moment" } }
            </button>
        </div>
    }
}

fn beginning(changes: &ChangesView) -> String {
    let since = match changes.is_pinned {
        true => format!("Since {} ms", milliseconds(changes.since)),
        false => "In this step".to_owned(),
    };
    match changes.nodes.is_empty() {
        true => format!("{since} no node changed."),
        false => format!("{since} · "),
    }
}
