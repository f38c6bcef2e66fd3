//! A node, from inside.

use raft_core::{NodeId, ProgressKind, Status};
use raft_sim::SimNode;
use yew::prelude::*;

use crate::controls::{use_controls, use_frame};
use crate::selection::Selection;
use crate::ui::FactList;
use crate::words::{counted, delay, milliseconds};

#[derive(Properties, PartialEq)]
pub(crate) struct NodeDetailsProps {
    pub(crate) id: NodeId,
}

#[component(NodeDetails)]
pub(crate) fn node_details(props: &NodeDetailsProps) -> Html {
    let frame = use_frame();
    let Some(node) = frame.world.node(props.id) else {
        return html! { <p class="empty">{ "This cluster has no such node." }</p> };
    };
    let status = node.core().map(raft_core::Node::status);
    html! {
        <>
            if let Some(reason) = node.refusal() {
                <p class="refusal">{ reason }</p>
            }
            <FactList facts={facts(node, status.as_ref())} />
            if let Some(status) = status.filter(|status| !status.peers.is_empty()) {
                <Peers status={status} />
            }
            <LinksOf id={props.id} />
        </>
    }
}

fn facts(node: &SimNode, status: Option<&Status>) -> Vec<(AttrValue, AttrValue)> {
    let fact = |name: &'static str, value: String| (AttrValue::from(name), AttrValue::from(value));
    let mut facts =
        vec![fact("state", node.state().to_string()), fact("starts", node.life().to_string())];
    if let Some(status) = status {
        let who = |node: Option<NodeId>| node.map_or("nobody".to_owned(), |node| node.to_string());
        facts.extend([
            fact("role", status.role.to_string()),
            fact("current_term", status.current_term.to_string()),
            fact("voted_for", who(status.voted_for)),
            fact("leader", who(status.leader)),
            fact("commit_index", status.commit_index.to_string()),
            fact("last_applied", status.last_applied.to_string()),
            fact("last entry", status.last_log.to_string()),
            fact("on disk", status.durable_index.to_string()),
            fact(
                "snapshot",
                match status.snapshot.index.0 {
                    0 => "none".to_owned(),
                    _ => format!("through {}", status.snapshot),
                },
            ),
            fact("timer until", milliseconds(status.deadline)),
        ]);
    }
    let disk = node.disk();
    let writes = disk.pending().len();
    let writing =
        if writes == 0 { "nothing".to_owned() } else { counted(writes, "write", "writes") };
    facts.push(fact("writing", writing));
    facts.push(fact("a write takes", delay(disk.latency())));
    facts
}

#[derive(Properties, PartialEq)]
struct PeersProps {
    status: Status,
}

/// The leader's view of the others (Figure 2: nextIndex and matchIndex).
#[component(Peers)]
fn peers(props: &PeersProps) -> Html {
    let rows = props.status.peers.iter().map(|peer| {
        let state = match peer.state {
            ProgressKind::Probe => "probe".to_owned(),
            ProgressKind::Replicate => "replicate".to_owned(),
            ProgressKind::Snapshot { received, total } => format!("snapshot {received}/{total}"),
            _ => String::new(),
        };
        html! {
            <tr key={peer.id.0}>
                <th scope="row">{ peer.id.to_string() }</th>
                <td>{ peer.next_index.to_string() }</td>
                <td>{ peer.match_index.to_string() }</td>
                <td>{ state }</td>
                <td>{ peer.in_flight.to_string() }</td>
            </tr>
        }
    });
    html! {
        <table class="small-table">
            <caption>{ "Its view of the others" }</caption>
            <thead><tr>
                <th scope="col">{ "node" }</th><th scope="col">{ "next" }</th>
                <th scope="col">{ "match" }</th><th scope="col">{ "mode" }</th>
                <th scope="col">{ "in flight" }</th>
            </tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

#[derive(Properties, PartialEq)]
struct LinksOfProps {
    id: NodeId,
}

/// The way to the node's links, without the picture.
#[component(LinksOf)]
fn links_of(props: &LinksOfProps) -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let id = props.id;
    let buttons = frame.world.node_ids().filter(|other| *other != id).map(|other| {
        let on_click =
            controls.select.reform(move |_: MouseEvent| Some(Selection::link(id, other)));
        let open = frame.world.is_reachable(id, other) && frame.world.is_reachable(other, id);
        html! {
            <button key={other.0} type="button" class={classes!("chip", (!open).then_some("is-off"))}
                onclick={on_click} aria-label={format!("Link between node {id} and node {other}")}>
                { format!("↔ {other}") }
            </button>
        }
    });
    html! {
        <div class="chips" role="group" aria-label="Links">
            <span class="chips-label">{ "links" }</span>{ for buttons }
        </div>
    }
}
