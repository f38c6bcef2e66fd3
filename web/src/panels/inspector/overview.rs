//! The inspector without a selection: the messages in flight, also for the keyboard.

use raft_sim::InFlightMessage;
use yew::prelude::*;

use crate::picture::MessageStyle;
use crate::state::{Selection, use_controls, use_frame};
use crate::ui::MessageGlyph;
use crate::words::milliseconds;

/// The most messages that are listed: at full speed there are many more.
const MAX_LISTED: usize = 12;

#[component(Overview)]
pub(crate) fn overview() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let mut messages: Vec<&InFlightMessage> = frame.world.in_flight().collect();
    messages.sort_by_key(|message| (message.arrives_at, message.id));
    let more = messages.len().saturating_sub(MAX_LISTED);
    let rows = messages.into_iter().take(MAX_LISTED).map(|message| {
        let id = message.id;
        // Pressing pauses at once: the message could arrive before the button is released.
        let on_press = {
            let runner = controls.runner.clone();
            Callback::from(move |_: PointerEvent| runner.set_running(false))
        };
        let on_click = {
            let controls = controls.clone();
            Callback::from(move |_: MouseEvent| {
                controls.runner.set_running(false);
                controls.select.emit(Some(Selection::Message(id)));
            })
        };
        html! {
            <li key={id.0}>
                <button type="button" class="message-row" onclick={on_click}
                    onpointerdown={on_press}
                    data-testid={format!("message-{id}")}>
                    <MessageGlyph style={MessageStyle::of(&message.message)} />
                    <span class="message-way">
                        { format!("{} → {}", message.from, message.to) }
                    </span>
                    <span class="message-name">{ message.message.name() }</span>
                    <span class="message-time">{ milliseconds(message.arrives_at) }</span>
                </button>
            </li>
        }
    });
    html! {
        <>
            <p class="inspector-hint">
                { "Click a node, a link or a message. Selecting a message pauses the lab." }
            </p>
            <h3>{ "Messages in flight" }</h3>
            <ul class="message-list">{ for rows }</ul>
            if more > 0 {
                <p class="inspector-hint">{ format!("and {more} more") }</p>
            }
            if frame.world.in_flight().next().is_none() {
                <p class="empty">{ "None at this moment." }</p>
            }
        </>
    }
}
