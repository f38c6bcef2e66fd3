//! What flies: kinds of messages, by shape.

use yew::prelude::*;

use super::MessageGlyph;
use crate::look::Look;

#[derive(Properties, PartialEq)]
pub(crate) struct LegendProps {
    /// Which kinds.
    pub(crate) looks: &'static [Look],
}

#[component(Legend)]
pub(crate) fn legend(props: &LegendProps) -> Html {
    html! {
        <ul class="legend" aria-label="Kinds of messages">
            { for props.looks.iter().map(|look| html! {
                <li key={look.name()}>
                    <MessageGlyph look={*look} />
                    { look.name() }
                </li>
            }) }
        </ul>
    }
}
