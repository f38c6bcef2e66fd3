//! Details of a message, with its fields under the paper's names.

use std::rc::Rc;

use raft_lab::{MessageDetails as Details, MessageId, MessageKind, MessageView, View};
use yew::prelude::*;

use crate::state::use_frame;
use crate::ui::{Fact, FactList, MessageGlyph};
use crate::words::milliseconds;

#[derive(Properties, PartialEq)]
pub(crate) struct MessageDetailsProps {
    pub(crate) id: MessageId,
}

#[component(MessageDetails)]
pub(crate) fn message_details(props: &MessageDetailsProps) -> Html {
    let frame = use_frame();
    // A message that has arrived is no longer in the view, but its details stay.
    let last_seen = use_mut_ref(|| None::<Rc<Details>>);
    let view = &frame.view;
    let is_it = |details: &&Rc<Details>| details.message.id == props.id;
    if let Some(details) = view.message.as_ref().filter(is_it) {
        *last_seen.borrow_mut() = Some(details.clone());
    }
    let under_way = view.messages.iter().find(|message| message.id == props.id);
    let kept = last_seen.borrow();
    let Some(details) = kept.as_ref().filter(is_it) else {
        // The next frame has the details of a message that is under way.
        let words = if under_way.is_some() { "" } else { "This message is no longer in flight." };
        return html! { <p class="empty">{ words }</p> };
    };
    let message = &details.message;
    let fields = details.fields.iter();
    let facts: Vec<_> =
        fields.map(|(name, value)| Fact::new(name.to_string(), value.clone())).collect();
    html! {
        <>
            <p class="message-title">
                <MessageGlyph look={message.look} />
                { format!("{}, node {} → node {}", name(message), message.from, message.to) }
            </p>
            <p class="message-fate">{ fate(view, details, under_way) }</p>
            <FactList {facts} />
        </>
    }
}

/// The paper's name of a message.
pub(super) fn name(message: &MessageView) -> &'static str {
    message.kind.map_or("message", MessageKind::name)
}

fn fate(view: &View, details: &Details, under_way: Option<&MessageView>) -> String {
    let message = &details.message;
    let sent = milliseconds(message.sent_at);
    if let Some(MessageView { held_since, arrives_at, .. }) = under_way {
        return match held_since {
            Some(since) => format!("sent at {sent} ms, held since {} ms", milliseconds(*since)),
            None => format!("sent at {sent} ms, arrives at {} ms", milliseconds(*arrives_at)),
        };
    }
    match view.lost.iter().find(|lost| lost.message.id == message.id) {
        Some(lost) => format!("sent at {sent} ms; lost: {}", lost.reason),
        None => format!("sent at {sent} ms; no longer in flight"),
    }
}
