//! A message's shape as on the canvas, for legends and lists.

use raft_lab::MessageLook;
use yew::prelude::*;

use crate::picture::MessageStyle;

#[derive(Properties, PartialEq)]
pub(crate) struct MessageGlyphProps {
    pub(crate) look: MessageLook,
}

#[component(MessageGlyph)]
pub(crate) fn message_glyph(props: &MessageGlyphProps) -> Html {
    let look = props.look;
    let colour = format!("--message: var({})", look.colour());
    let class = classes!("message-glyph", look.is_filled().then_some("is-filled"));
    html! {
        <svg class={class} style={colour} viewBox="-11 -11 22 22" aria-hidden="true">
            <path class="message-outline" d={look.outline()} />
            if let Some(sign) = look.sign() {
                <path class="message-sign" d={sign} />
            }
            if let Some(letter) = look.letter() {
                <text class="message-letter" y="0.5">{ letter }</text>
            }
        </svg>
    }
}
