//! Details of a message, with its fields under the paper's names.

use raft_lab::Frame;
use raft_sim::{InFlightMessage, MessageId};
use yew::prelude::*;

use crate::picture::MessageStyle;
use crate::state::use_frame;
use crate::ui::{FactList, MessageGlyph};
use crate::words::{message_fields, milliseconds};

#[derive(Properties, PartialEq)]
pub(crate) struct MessageDetailsProps {
    pub(crate) id: MessageId,
}

#[component(MessageDetails)]
pub(crate) fn message_details(props: &MessageDetailsProps) -> Html {
    let frame = use_frame();
    // A message that has arrived is no longer in the frame, but its details stay.
    let last_seen = use_mut_ref(|| None::<InFlightMessage>);
    let under_way = frame.world.in_flight().find(|message| message.id == props.id);
    if let Some(message) = under_way {
        *last_seen.borrow_mut() = Some(message.clone());
    }
    let kept = last_seen.borrow();
    let Some(message) = kept.as_ref().filter(|message| message.id == props.id) else {
        return html! { <p class="empty">{ "This message is no longer in flight." }</p> };
    };
    let fate = fate(&frame, message, under_way.is_some());
    let fields = message_fields(&message.message)
        .into_iter()
        .map(|(name, value)| (AttrValue::from(name), AttrValue::from(value)))
        .collect::<Vec<_>>();
    html! {
        <>
            <p class="message-title">
                <MessageGlyph style={MessageStyle::of(&message.message)} />
                { format!("{}, node {} → node {}",
                    message.message.name(), message.from, message.to) }
            </p>
            <p class="message-fate">{ fate }</p>
            <FactList facts={fields} />
        </>
    }
}

fn fate(frame: &Frame, message: &InFlightMessage, is_under_way: bool) -> String {
    let (sent, arrives) = (milliseconds(message.sent_at), milliseconds(message.arrives_at));
    if is_under_way {
        return format!("sent at {sent} ms, arrives at {arrives} ms");
    }
    match frame.fading.iter().find(|fading| fading.id == message.id) {
        Some(fading) => format!("sent at {sent} ms; lost: {}", fading.reason),
        None => format!("sent at {sent} ms; no longer in flight"),
    }
}
