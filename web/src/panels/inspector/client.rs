//! Details of a client.

use raft_lab::{ClientId, ClientView};
use yew::prelude::*;

use crate::state::use_frame;
use crate::ui::{Fact, FactList};

#[derive(Properties, PartialEq)]
pub(super) struct ClientDetailsProps {
    pub(super) id: ClientId,
}

#[component(ClientDetails)]
pub(super) fn client_details(props: &ClientDetailsProps) -> Html {
    let frame = use_frame();
    match frame.view.clients.iter().find(|client| client.id == props.id) {
        Some(client) => html! { <FactList facts={facts(client)} /> },
        None => html! { <p class="empty">{ "This client has asked for nothing yet." }</p> },
    }
}

fn facts(client: &ClientView) -> Vec<Fact> {
    let waits_for = client.pending.clone().unwrap_or_else(|| "nothing".to_owned());
    let mut facts = vec![Fact::new("waits for", waits_for)];
    if client.pending.is_some() {
        facts.extend(client.sequence.map(|it| Fact::new("its command", it.to_string())));
        facts.extend(client.read.map(|policy| Fact::new("read policy", policy.to_string())));
        facts.extend(client.target.map(|node| Fact::new("asked", format!("node {node}"))));
        facts.push(Fact::new("requests", client.attempts.to_string()));
    }
    facts.push(Fact::new("operations after it", client.queued.to_string()));
    facts
}
