//! The actions on a node: on its process, and on its role in the cluster.

use raft_lab::{MemberRole, NodeId, NodeState, View};

use super::{Group, UserAction};
use crate::lab::free_server_number;

pub(super) fn actions(view: &View, id: NodeId) -> Vec<UserAction> {
    let mut actions = to_process(view, id);
    actions.extend(to_cluster(view, id));
    actions
}

fn to_process(view: &View, id: NodeId) -> Vec<UserAction> {
    let node = view.node(id);
    let state = node.map(|node| node.state);
    let has_room = node.is_some_and(|node| !node.disk.is_full);
    let has_leases = node.is_some_and(|node| node.lease_reads);
    let is = |wanted| state == Some(wanted);
    let (running, paused) = (is(NodeState::Running), is(NodeState::Paused));
    let down = is(NodeState::Crashed) || is(NodeState::Refused);
    let action = |name: &'static str, label: &str, is_possible| UserAction {
        name,
        label: label.to_owned(),
        line: format!("{name} {id}"),
        is_possible,
        group: Group::Itself,
    };
    vec![
        action("crash", "Crash", running || paused),
        action("restart", "Restart", down && has_room),
        action("pause", "Pause", running),
        action("resume", "Resume", paused),
        action("timeout", "Time out", running),
        action("snapshot", "Snapshot", running),
        // Leases depend on that memory.
        action("forget", "Forget leader", running && !has_leases),
        UserAction {
            name: "isolate",
            label: "Isolate".to_owned(),
            line: format!("partition {id} | others"),
            is_possible: view.nodes.len() > 1,
            group: Group::Itself,
        },
    ]
}

/// Requests to the leader: impossible without one.
fn to_cluster(view: &View, id: NodeId) -> Vec<UserAction> {
    let leader = view.leader;
    let member_role = view.member_role(id);
    let voters = view.membership.voters.len();
    let action = |name: &'static str, label: String, line: String, is_possible| UserAction {
        name,
        label,
        line,
        is_possible: is_possible && leader.is_some(),
        group: Group::Cluster,
    };
    let is_voter = member_role == MemberRole::Voter;
    let vote = match member_role {
        MemberRole::Learner => action("promote", "Promote".into(), format!("promote {id}"), true),
        MemberRole::Voter | MemberRole::Outgoing | MemberRole::NonMember => {
            action("demote", "Demote".into(), format!("demote {id}"), is_voter && voters > 1)
        }
    };
    let belong = match member_role {
        MemberRole::NonMember => {
            action("add", "Add again".into(), format!("add {id} as learner"), true)
        }
        MemberRole::Voter | MemberRole::Outgoing | MemberRole::Learner => {
            let is_possible = member_role == MemberRole::Learner || (is_voter && voters > 1);
            action("remove", "Remove".into(), format!("remove {id}"), is_possible)
        }
    };
    let replace = match free_server_number(view) {
        Some(new) => {
            let (label, line) = (format!("Replace with {new}"), format!("replace {id} with {new}"));
            action("replace", label, line, is_voter)
        }
        None => action("replace", "Replace".into(), format!("replace {id} with …"), false),
    };
    let may_lead = is_voter && leader != Some(id);
    vec![
        action("transfer", "Make leader".into(), format!("transfer {id}"), may_lead),
        vote,
        belong,
        replace,
    ]
}
