//! A message's shape as on the canvas, for legends and lists.

use yew::prelude::*;

use crate::picture::MessageStyle;

#[derive(Properties, PartialEq)]
pub(crate) struct MessageGlyphProps {
    pub(crate) style: MessageStyle,
}

#[component(MessageGlyph)]
pub(crate) fn message_glyph(props: &MessageGlyphProps) -> Html {
    let style = props.style;
    let colour = format!("--message: var({})", style.colour());
    let class = classes!("message-glyph", style.is_filled().then_some("is-filled"));
    html! {
        <svg class={class} style={colour} viewBox="-11 -11 22 22" aria-hidden="true">
            <path class="message-outline" d={style.outline()} />
            if let Some(sign) = style.sign() {
                <path class="message-sign" d={sign} />
            }
            if let Some(letter) = style.letter() {
                <text class="message-letter" y="0.5">{ letter }</text>
            }
        </svg>
    }
}
