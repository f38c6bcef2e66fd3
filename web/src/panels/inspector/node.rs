//! Details of a node.

mod peers;

use raft_lab::{CoreView, Instant, NodeChanges, NodeId, NodeView, RoleKind, View, through};
use yew::prelude::*;

use self::peers::Peers;
use crate::state::{Selection, use_changes, use_controls, use_frame};
use crate::ui::{Fact, FactList, said};
use crate::words::{bytes, counted, delay, milliseconds};

#[derive(Properties, PartialEq)]
pub(crate) struct NodeDetailsProps {
    pub(crate) id: NodeId,
}

#[component(NodeDetails)]
pub(crate) fn node_details(props: &NodeDetailsProps) -> Html {
    let (frame, changes, controls) = (use_frame(), use_changes(), use_controls());
    let (view, id) = (&frame.view, props.id);
    let on_disk = controls.show_disk.reform(move |_: MouseEvent| Some(id));
    let Some(node) = view.node(props.id) else {
        return html! { <p class="empty">{ "This cluster has no such node." }</p> };
    };
    let changes = changes.as_ref().and_then(|changes| changes.of(props.id));
    let peers = node.core.as_ref().map(|core| core.peers.clone()).unwrap_or_default();
    html! {
        <>
            if let Some(reason) = &node.refusal {
                <p class="refusal">{ said(reason, true) }</p>
            }
            if let Some(failure) = &node.stopped_by {
                <p class="refusal">{ format!("A failed write stopped it: {failure}.") }</p>
            }
            <FactList facts={facts(view, node, changes)} />
            <div class="chips">
                <button type="button" class="button is-small" data-testid="show-disk"
                    onclick={on_disk}>{ "Disk, record by record" }</button>
            </div>
            if !peers.is_empty() {
                <Peers {peers} now={view.now} />
            }
            <LinksOf id={props.id} />
        </>
    }
}

fn fact(name: &'static str, value: impl Into<AttrValue>) -> Fact {
    Fact::new(name, value)
}

fn facts(view: &View, node: &NodeView, changes: Option<&NodeChanges>) -> Vec<Fact> {
    let was = |name: &str| changes.and_then(|changes| changes.fact(name)?.before.clone());
    let common = node.facts().into_iter();
    let mut facts: Vec<Fact> = common
        .map(|(name, value)| Fact { was: was(name).map(Into::into), ..fact(name, value) })
        .collect();
    match &node.core {
        Some(core) => {
            facts.push(fact("timer ends at", milliseconds(core.deadline)));
            if core.role == RoleKind::Leader {
                facts.extend(of_leader(core, view.now));
            }
        }
        None => facts.extend(on_disk(view, node.id)),
    }
    if let Some(clock) = &node.clock {
        facts.push(fact("clock", clock.clone()));
    }
    if node.handling_micros > 0 {
        facts.push(fact("time per input", delay(node.handling_micros, node.handling_micros)));
    }
    let disk = &node.disk;
    let writes = disk.unfinished_writes;
    let writing =
        if writes == 0 { "nothing".to_owned() } else { counted(writes, "write", "writes") };
    facts.push(fact("writing", writing));
    facts.push(fact("write latency", delay(disk.latency_min_micros, disk.latency_max_micros)));
    if disk.is_full {
        facts.push(fact("disk", "is full"));
    } else if let Some(fault) = &disk.fault {
        facts.push(fact("disk", fault.clone()));
    } else if disk.stalled_until > view.now {
        let until = milliseconds(disk.stalled_until);
        facts.push(fact("disk", format!("stalled until {until} ms")));
    }
    facts
}

/// What the disk of a node that is down holds.
fn on_disk(view: &View, node: NodeId) -> Vec<Fact> {
    let Some(log) = view.logs.nodes.iter().find(|log| log.node == node) else { return Vec::new() };
    match &log.damage {
        Some(damage) => vec![fact("on disk", damage.clone())],
        None => vec![
            fact("last entry on disk", log.last.to_string()),
            fact("snapshot on disk", through(log.snapshot)),
        ],
    }
}

fn of_leader(core: &CoreView, now: Instant) -> Vec<Fact> {
    let left = core.lease.map(|lease| lease.until - now).filter(|left| !left.is_zero());
    let lease = left.map_or("none".to_owned(), |left| {
        format!("{:.1} ms left", left.as_micros() as f64 / 1000.0)
    });
    let mut facts = vec![fact("lease", lease), fact("uncommitted", bytes(core.uncommitted_bytes))];
    if let Some(round) = core.round {
        facts.push(fact("heartbeat round", round.to_string()));
    }
    if let Some(to) = core.transfer_to {
        facts.push(fact("transfer to", to.to_string()));
    }
    facts
}

#[derive(Properties, PartialEq)]
struct LinksOfProps {
    id: NodeId,
}

/// Buttons that select the node's links, without the topology.
#[component(LinksOf)]
fn links_of(props: &LinksOfProps) -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let id = props.id;
    let buttons = frame.view.node_ids().filter(|other| *other != id).map(|other| {
        let on_click =
            controls.select.reform(move |_: MouseEvent| Some(Selection::link(id, other)));
        let open = is_open(&frame.view, id, other);
        html! {
            <button key={other.0} type="button" onclick={on_click}
                class={classes!("chip", (!open).then_some("is-off"))}
                aria-label={format!("Link between node {id} and node {other}")}>
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

/// Whether messages pass in both directions.
fn is_open(view: &View, one: NodeId, other: NodeId) -> bool {
    let passes = |from, to| view.link(from, to).is_some_and(|link| link.reachable);
    passes(one, other) && passes(other, one)
}
