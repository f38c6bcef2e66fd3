//! The members of the cluster in one line, and the button that adds a server.

use raft_lab::{MemberRole, MembershipView, NodeId, View};
use yew::prelude::*;

use crate::state::{Dialog, use_controls, use_frame};

#[component(Members)]
pub(crate) fn members() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let on_add = controls.open_dialog.reform(|_: MouseEvent| Some(Dialog::AddServer));
    let is_joint = frame.view.membership.is_joint();
    html! {
        <div class={classes!("members", is_joint.then_some("is-joint"))} data-testid="members">
            <p aria-live="polite">
                { words(&frame.view.membership) }{ non_members(&frame.view) }
            </p>
            // One change at a time.
            <button type="button" class="button is-quiet" data-testid="add-server"
                hidden={is_joint} onclick={on_add}>{ "Add server…" }</button>
        </div>
    }
}

fn words(membership: &MembershipView) -> Html {
    let learners = match membership.learners.as_slice() {
        [] => html! {},
        [one] => html! { <>{ " · learner " }{ numbers(&[*one]) }</> },
        several => html! { <>{ " · learners " }{ numbers(several) }</> },
    };
    if membership.is_joint() {
        return html! {
            <>
                <strong>{ "Voters change: " }</strong>
                { numbers(&membership.outgoing) }{ " → " }{ numbers(&membership.voters) }
                { learners }{ " — a majority of each is needed" }
            </>
        };
    }
    let one = membership.voters.len() == 1;
    html! {
        <>
            { if one { "Voter " } else { "Voters " } }{ numbers(&membership.voters) }{ learners }
            if !membership.committed {
                <span class="members-note">{ " (not committed yet)" }</span>
            }
        </>
    }
}

/// Servers that are not members: most were removed.
fn non_members(view: &View) -> Html {
    let non_members = view.nodes.iter().filter(|node| node.member_role == MemberRole::NonMember);
    let non_members: Vec<NodeId> = non_members.map(|node| node.id).collect();
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
