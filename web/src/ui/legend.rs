//! What flies: every kind of message.

use yew::prelude::*;

use super::MessageGlyph;
use crate::look::Look;

#[component(Legend)]
pub(crate) fn legend() -> Html {
    html! {
        <ul class="legend" aria-label="Kinds of messages">
            { for Look::ALL.iter().map(|look| html! {
                <li key={look.name()}>
                    <MessageGlyph look={*look} />
                    { look.name() }
                </li>
            }) }
        </ul>
    }
}
