//! From message to message of the selected node or link, in the run.

use raft_lab::NodeId;
use yew::prelude::*;

use crate::state::{Selection, use_controls};

#[derive(Properties, PartialEq)]
pub(super) struct MessageJumpsProps {
    pub(super) selection: Selection,
}

#[component(MessageJumps)]
pub(super) fn message_jumps(props: &MessageJumpsProps) -> Html {
    let runner = use_controls().runner;
    let (node, peer): (NodeId, Option<NodeId>) = match props.selection {
        Selection::Node(node) => (node, None),
        Selection::Link(one, other) => (one, Some(other)),
        Selection::Message(_) | Selection::Entry(_) | Selection::Client(_) => return html! {},
    };
    let go = |forward: bool| {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| runner.jump_to_message(node, peer, forward))
    };
    html! {
        <p class="message-jumps">
            { "Go to its " }
            <button type="button" class="text-button" data-testid="previous-message"
                onclick={go(false)}>{ "‹ previous" }</button>
            { " or " }
            <button type="button" class="text-button" data-testid="next-message"
                onclick={go(true)}>{ "next ›" }</button>
            { " message." }
        </p>
    }
}
