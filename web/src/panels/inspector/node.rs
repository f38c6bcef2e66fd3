//! Details of a node.

mod peers;

use raft_core::{Instant, NodeId, RoleKind, Status};
use raft_lab::{Frame, MemberRole};
use raft_sim::units::Span;
use raft_sim::{ClockChange, Disk, DiskChange, Fsync, SimNode};
use yew::prelude::*;

use self::peers::Peers;
use crate::state::{Selection, use_controls, use_frame};
use crate::ui::FactList;
use crate::words::{bytes, counted, delay, milliseconds};

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
            if let Some(failure) = node.stopped_by() {
                <p class="refusal">{ format!("A failed write stopped it: {failure}.") }</p>
            }
            <FactList facts={facts(&frame, node, status.as_ref())} />
            if let Some(status) = status.filter(|status| !status.peers.is_empty()) {
                <Peers status={status} now={node.clock().shows(frame.world.now())} />
            }
            <LinksOf id={props.id} />
        </>
    }
}

type Facts = Vec<(AttrValue, AttrValue)>;

fn fact(name: &'static str, value: impl Into<AttrValue>) -> (AttrValue, AttrValue) {
    (name.into(), value.into())
}

fn facts(frame: &Frame, node: &SimNode, status: Option<&Status>) -> Facts {
    let member_role = match frame.members.role_of(node.id()) {
        MemberRole::Voter => "voter",
        MemberRole::Outgoing => "outgoing",
        MemberRole::Learner => "learner: no vote",
        MemberRole::NonMember => "not a member",
    };
    let mut facts = vec![
        fact("state", node.state().to_string()),
        fact("starts", node.incarnation().to_string()),
        fact("membership", member_role),
    ];
    if let Some(status) = status {
        facts.extend(of_core(status));
        if status.role == RoleKind::Leader {
            facts.extend(of_leader(status, node.clock().shows(frame.world.now())));
        }
    }
    let drift = node.clock().drift_ppm();
    if drift != 0 {
        facts.push(fact("clock", ClockChange::Drift { ppm: drift }.to_string()));
    }
    if !node.handling().is_zero() {
        facts.push(fact("time per input", Span(node.handling()).to_string()));
    }
    let disk = node.disk();
    let writes = disk.pending().len();
    let writing =
        if writes == 0 { "nothing".to_owned() } else { counted(writes, "write", "writes") };
    facts.push(fact("writing", writing));
    facts.push(fact("write latency", delay(disk.latency())));
    facts.extend(of_disk(disk, frame.world.now()).map(|words| fact("disk", words)));
    facts
}

/// The disk's fault, in words; `None` for a disk that works.
fn of_disk(disk: &Disk, now: Instant) -> Option<String> {
    if disk.is_full() {
        Some("is full".to_owned())
    } else if disk.fsync() == Fsync::Works {
        let until = disk.stalled_until();
        (until > now).then(|| format!("stalled until {} ms", milliseconds(until)))
    } else {
        Some(DiskChange::Fsync(disk.fsync()).to_string())
    }
}

fn of_core(status: &Status) -> Facts {
    let who = |node: Option<NodeId>| node.map_or("none".to_owned(), |node| node.to_string());
    let snapshot = match status.snapshot.index.0 {
        0 => "none".to_owned(),
        _ => format!("through {}", status.snapshot),
    };
    let membership = match status.membership.is_empty() {
        true => "not known yet".to_owned(),
        false if status.membership_index > status.commit_index => {
            format!("{} (entry {}, not committed)", status.membership, status.membership_index)
        }
        false => status.membership.to_string(),
    };
    vec![
        fact("role", status.role.to_string()),
        fact("current_term", status.current_term.to_string()),
        fact("voted_for", who(status.voted_for)),
        fact("leader", who(status.leader)),
        fact("voters", membership),
        fact("commit_index", status.commit_index.to_string()),
        fact("last_applied", status.last_applied.to_string()),
        fact("last entry", status.last_log.to_string()),
        fact("on disk", status.durable_index.to_string()),
        fact("snapshot", snapshot),
        fact("timer ends at", milliseconds(status.deadline)),
    ]
}

fn of_leader(status: &Status, now: Instant) -> Facts {
    let lease = match status.lease_until {
        Some(until) if until > now => {
            format!("{:.1} ms left", (until - now).as_micros() as f64 / 1000.0)
        }
        _ => "none".to_owned(),
    };
    let mut facts =
        vec![fact("lease", lease), fact("uncommitted", bytes(status.uncommitted_bytes))];
    if let Some(round) = status.round {
        facts.push(fact("heartbeat round", round.0.to_string()));
    }
    if let Some(to) = status.transfer_to {
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
    let buttons = frame.world.node_ids().filter(|other| *other != id).map(|other| {
        let on_click =
            controls.select.reform(move |_: MouseEvent| Some(Selection::link(id, other)));
        let open = frame.world.is_reachable(id, other) && frame.world.is_reachable(other, id);
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
