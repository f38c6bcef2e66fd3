//! The kinds of messages, by shape.

use yew::prelude::*;

use super::MessageGlyph;
use crate::picture::MessageStyle;

#[derive(Properties, PartialEq)]
pub(crate) struct LegendProps {
    pub(crate) styles: &'static [MessageStyle],
}

#[component(Legend)]
pub(crate) fn legend(props: &LegendProps) -> Html {
    html! {
        <ul class="legend" aria-label="Kinds of messages">
            { for props.styles.iter().map(|style| html! {
                <li key={style.name()}>
                    <MessageGlyph style={*style} />
                    { style.name() }
                </li>
            }) }
        </ul>
    }
}
