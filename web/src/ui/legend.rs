//! The kinds of messages, by shape.

use raft_lab::MessageLook;
use yew::prelude::*;

use super::MessageGlyph;
use crate::picture::MessageStyle;
use crate::words::term;

#[derive(Properties, PartialEq)]
pub(crate) struct LegendProps {
    pub(crate) looks: &'static [MessageLook],
}

#[component(Legend)]
pub(crate) fn legend(props: &LegendProps) -> Html {
    html! {
        <ul class="legend" aria-label="Kinds of messages">
            { for props.looks.iter().map(|look| html! {
                <li key={look.name()}>
                    <MessageGlyph look={*look} />
                    { term(look.name(), look.name()) }
                </li>
            }) }
        </ul>
    }
}
