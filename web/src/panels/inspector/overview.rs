//! The inspector without a selection: the messages in flight, also for the keyboard, what else can
//! happen next, and the clients that wait. While no time passes, one chooses what happens.

use raft_lab::{ClientView, MessageView};
use yew::prelude::*;

use super::message::name;
use super::next::{NextOfMessage, NextOfNodes};
use crate::state::{Selection, use_controls, use_frame};
use crate::ui::MessageGlyph;
use crate::words::milliseconds;

/// The most messages that are listed: at full speed there are many more.
const MAX_LISTED: usize = 12;

#[component(Overview)]
pub(crate) fn overview() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let mut messages: Vec<&MessageView> = frame.view.messages.iter().collect();
    messages.sort_by_key(|message| (message.arrives_at, message.id));
    let more = messages.len().saturating_sub(MAX_LISTED);
    let is_still = !frame.lab.pacing.running;
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
            <li key={id.0} class="next-row">
                <button type="button" class="message-row" onclick={on_click}
                    onpointerdown={on_press}
                    data-testid={format!("message-{id}")}>
                    <MessageGlyph look={message.look} />
                    <span class="message-way">
                        { format!("{} → {}", message.from, message.to) }
                    </span>
                    <span class="message-name">{ name(message) }</span>
                    <span class="message-time">{ arrival(message) }</span>
                </button>
                if is_still { <NextOfMessage {id} /> }
            </li>
        }
    });
    html! {
        <>
            <p class="inspector-hint">
                { "Click a node, a link or a message. Selecting a message pauses the lab." }
            </p>
            <h3>{ if is_still { "What can happen next" } else { "Messages in flight" } }</h3>
            <ul class="message-list">{ for rows }</ul>
            if more > 0 {
                <p class="inspector-hint">{ format!("and {more} more") }</p>
            }
            if frame.view.messages.is_empty() {
                <p class="empty">{ "No message is in flight." }</p>
            }
            if is_still { <NextOfNodes view={frame.view.clone()} /> }
            { clients(&frame.view.clients) }
        </>
    }
}

fn arrival(message: &MessageView) -> String {
    match message.held_since {
        Some(_) => "held".to_owned(),
        None => milliseconds(message.arrives_at),
    }
}

/// The clients that wait for an answer.
fn clients(clients: &[ClientView]) -> Html {
    let waiting = |client: &&ClientView| client.pending.is_some();
    let more = clients.iter().filter(waiting).count().saturating_sub(MAX_LISTED);
    let rows = clients.iter().filter(waiting).take(MAX_LISTED).map(|client| {
        let select = Selection::Client(client.id).to_attribute();
        html! {
            <li key={client.id.0}>
                <button type="button" class="mention" data-select={select}>
                    { format!("client {}", client.id) }
                </button>
                { in_words(client) }
            </li>
        }
    });
    let rows: Vec<Html> = rows.collect();
    if rows.is_empty() {
        return html! {};
    }
    html! {
        <>
            <h3>{ "Clients that wait" }</h3>
            <ul class="client-list" data-testid="clients">{ for rows }</ul>
            if more > 0 {
                <p class="inspector-hint">{ format!("and {more} more") }</p>
            }
        </>
    }
}

/// `, command 3: set x=1 (asked node 2, 2 tries)`, after the name of the client.
fn in_words(client: &ClientView) -> String {
    let ClientView { pending, sequence, target, attempts, .. } = client;
    let command = sequence.map_or_else(String::new, |sequence| format!(", command {sequence}"));
    let asked = target.map_or_else(String::new, |target| format!("asked node {target}, "));
    let tries = if *attempts == 1 { "try" } else { "tries" };
    let operation = pending.as_deref().unwrap_or_default();
    format!("{command}: {operation} ({asked}{attempts} {tries})")
}
