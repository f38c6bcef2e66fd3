//! The members of the cluster in one line, and the button that adds a server.

use raft_core::NodeId;
use raft_lab::{Frame, MemberRole, Members as View};
use yew::prelude::*;

use crate::state::{Dialog, use_controls, use_frame};

#[component(Members)]
pub(crate) fn members() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let on_add = controls.open_dialog.reform(|_: MouseEvent| Some(Dialog::AddServer));
    let is_joint = frame.members.membership.is_joint();
    html! {
        <div class={classes!("members", is_joint.then_some("is-joint"))} data-testid="members">
            <p aria-live="polite">{ words(&frame.members) }{ non_members(&frame) }</p>
            // One change at a time.
            <button type="button" class="button is-quiet" data-testid="add-server"
                hidden={is_joint} onclick={on_add}>{ "Add server…" }</button>
        </div>
    }
}

fn words(members: &View) -> Html {
    let membership = &members.membership;
    let learners = match membership.learners() {
        [] => html! {},
        [one] => html! { <>{ " · learner " }{ numbers(&[*one]) }</> },
        several => html! { <>{ " · learners " }{ numbers(several) }</> },
    };
    if membership.is_joint() {
        return html! {
            <>
                <strong>{ "Voters change: " }</strong>
                { numbers(membership.outgoing()) }{ " → " }{ numbers(membership.voters()) }
                { learners }{ " — a majority of each is needed" }
            </>
        };
    }
    let one = membership.voters().len() == 1;
    html! {
        <>
            { if one { "Voter " } else { "Voters " } }{ numbers(membership.voters()) }{ learners }
            if !members.is_committed {
                <span class="members-note">{ " (not committed yet)" }</span>
            }
        </>
    }
}

/// Servers that are not members: most were removed.
fn non_members(frame: &Frame) -> Html {
    let is_non_member = |node: &NodeId| frame.members.role_of(*node) == MemberRole::NonMember;
    let non_members: Vec<NodeId> = frame.world.node_ids().filter(is_non_member).collect();
    match non_members.as_slice() {
        [] => html! {},
        [one] => html! { <>{ " · not a member: " }{ numbers(&[*one]) }</> },
        several => html! { <>{ " · not members: " }{ numbers(several) }</> },
    }
}

fn numbers(nodes: &[NodeId]) -> Html {
    let all: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
    html! { <b class="members-numbers">{ all.join(" ") }</b> }
}
