//! The words at a node of the topology.

use raft_lab::NodeState;
use yew::prelude::*;

use crate::picture::{DisplayRole, NodePicture, Room};

#[derive(Properties, PartialEq)]
pub(super) struct NodeLabelsProps {
    pub(super) view: NodePicture,
    /// The node's radius, in CSS pixels.
    pub(super) radius: f64,
    pub(super) room: Room,
    /// Whether the words are above the node.
    pub(super) is_above: bool,
}

#[component(NodeLabels)]
pub(super) fn node_labels(props: &NodeLabelsProps) -> Html {
    let (first, second) = words(&props.view, props.room);
    let top = if props.is_above { -props.radius - 15.0 } else { props.radius + 21.0 };
    html! {
        <g class="node-labels">
            <text class="node-label" y={top.to_string()}>{ first }</text>
            <text class="node-vote" y={(top + 13.0).to_string()}>{ second }</text>
        </g>
    }
}

/// The two lines; either may be empty.
fn words(view: &NodePicture, room: Room) -> (String, String) {
    let is_running = view.state == NodeState::Running;
    let what = match view.role.filter(|_| is_running) {
        Some(role) => role.words().to_owned(),
        None if view.is_unknown() => "not known".to_owned(),
        None => view.state.to_string(),
    };
    let member_role = view.member_role_words().filter(|member_role| *member_role != what);
    if room == Room::Little {
        return little(view, what, member_role);
    }
    let first = match view.term {
        Some(term) => format!("{what} · term {term}"),
        None => what,
    };
    let vote = view.voted_for.filter(|_| room == Room::TwoLines);
    let second = match (member_role, view.transfer_to, vote) {
        (Some(member_role), ..) => member_role.to_owned(),
        (None, Some(to), _) => format!("transfers to {to}"),
        (None, None, Some(candidate)) if candidate == view.id => "voted for itself".to_owned(),
        (None, None, Some(candidate)) => format!("voted for {candidate}"),
        (None, None, None) => String::new(),
    };
    (first, second)
}

/// Only exceptions. Shape and letter show the rest; the term is inside the node, unless votes are.
fn little(view: &NodePicture, what: String, member_role: Option<&str>) -> (String, String) {
    let is_odd = view.state != NodeState::Running
        || view.is_unknown()
        || view.role == Some(DisplayRole::NonMember);
    let first = match (is_odd, member_role, view.votes.is_empty(), view.term) {
        (true, ..) => what,
        (false, Some(member_role), ..) if view.role != Some(DisplayRole::Learner) => {
            member_role.to_owned()
        }
        (false, _, false, Some(term)) => format!("term {term}"),
        _ => String::new(),
    };
    (first, String::new())
}
