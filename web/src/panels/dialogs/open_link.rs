//! The dialog that says what a link holds, and asks whether it shall be opened.

use std::rc::Rc;

use yew::prelude::*;

use crate::lab::Linked;
use crate::ui::Dialog;
use crate::words::{counted, milliseconds};

#[derive(Properties, PartialEq)]
pub(crate) struct OpenLinkProps {
    pub(crate) linked: Rc<Linked>,
    pub(crate) on_open: Callback<()>,
    /// Not now.
    pub(crate) on_close: Callback<()>,
}

#[component(OpenLink)]
pub(crate) fn open_link(props: &OpenLinkProps) -> Html {
    let summary = &props.linked.summary;
    let about = format!(
        "A run of {} with {}, up to {} ms.",
        counted(summary.nodes, "node", "nodes"),
        counted(summary.statements, "statement", "statements"),
        milliseconds(summary.at)
    );
    let on_submit = props.on_open.reform(|event: SubmitEvent| event.prevent_default());
    let on_cancel = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <Dialog title="Open the moment of this link?" on_close={props.on_close.clone()}>
            <form onsubmit={on_submit} data-testid="open-link">
                <p class="dialog-text"><strong>{ &summary.title }</strong></p>
                <p class="dialog-text">{ about }</p>
                if !summary.rules_off.is_empty() {
                    <p class="dialog-text">
                        <span aria-hidden="true">{ "⚡ " }</span>
                        { format!("Rules that are off in it: {}.", summary.rules_off.join(", ")) }
                    </p>
                }
                <p class="dialog-note">
                    { "Nothing of it has run yet. It plays in memory, in place of the run that is \
                       shown now; the disks of your stored lab stay." }
                </p>
                <div class="dialog-buttons">
                    <button type="button" class="button" data-testid="dialog-cancel"
                        onclick={on_cancel}>{ "Not now" }</button>
                    <button type="submit" class="button is-primary" data-testid="dialog-confirm">
                        { "Open" }
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
