//! A real cluster over the page: it is drawn while its servers tell what they do.

mod connection;
mod pause;

use raft_lab::Missed;
use yew::prelude::*;

use self::connection::{Attached, Link, use_attached};
use super::run::RunPanel;
use super::use_standstill;
use crate::state::use_controls;
use crate::ui::Dialog;
use crate::words::{counted, milliseconds};

#[derive(Properties, PartialEq)]
pub(crate) struct AttachedPanelProps {
    pub(crate) on_close: Callback<()>,
}

#[component(AttachedPanel)]
pub(crate) fn attached_panel(props: &AttachedPanelProps) -> Html {
    let labs = use_controls().labs;
    use_standstill(&labs);
    let (attached, on_again) = use_attached();
    let run = attached.shown.clone().zip(attached.verdict.clone());
    html! {
        <Dialog title="A real cluster" is_full={true} is_wide={true}
            on_close={props.on_close.clone()}>
            <Status attached={attached.clone()} {on_again} />
            if let Some((shown, verdict)) = run {
                <RunPanel {shown} {verdict} is_live={true} />
            } else {
                <p class="dialog-text">
                    { "This page watches the servers that gave it to you. As soon as they tell \
                       what they do, you see it here: who leads, their logs, their messages, and \
                       whether all of it is Raft." }
                </p>
            }
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct StatusProps {
    attached: Attached,
    /// Called to connect again, after a line that cannot be read.
    on_again: Callback<()>,
}

/// One line: whether the servers are heard, and what is missing.
#[component(Status)]
fn status(props: &StatusProps) -> Html {
    let Attached { link, servers, missed, .. } = &props.attached;
    let (class, role, words) = match link {
        Link::Connecting => ("is-waiting", "status", "Connecting to the cluster…".to_owned()),
        Link::Open => ("is-open", "status", open_in_words(*servers)),
        Link::Lost => (
            "is-lost",
            "status",
            "The connection is lost: trying again. What is shown is what was told before."
                .to_owned(),
        ),
        Link::Refused(words) => ("is-lost", "alert", words.clone()),
    };
    let on_again = props.on_again.reform(|_: MouseEvent| ());
    html! {
        <p class={classes!("attached-status", class)} data-testid="attached-status" {role}>
            <span class="attached-dot" aria-hidden="true"></span>
            <strong>{ words }</strong>
            if let Link::Refused(_) = link {
                <button type="button" class="button is-small" data-testid="attach-again"
                    onclick={on_again}>{ "Connect again" }</button>
            }
            if let Some(missed) = missed {
                <span data-testid="attached-missed">{ missed_in_words(*missed) }</span>
            }
        </p>
    }
}

fn open_in_words((in_sight, all): (usize, usize)) -> String {
    let servers = counted(in_sight, "server", "servers");
    match all - in_sight.min(all) {
        _ if in_sight == 0 => "Connected. No server is in sight.".to_owned(),
        0 => format!("Live: attached to {servers}."),
        out => format!("Live: attached to {servers}, and {out} out of sight."),
    }
}

fn missed_in_words(Missed { times, node, until }: Missed) -> String {
    let times = counted(times, "time", "times");
    format!(
        "Events were missed {times}, the last time of node {node} until {} ms. What was between is \
         not known.",
        milliseconds(until)
    )
}

#[cfg(test)]
mod tests {
    use raft_lab::{Instant, NodeId};

    use super::*;

    #[test]
    fn who_is_in_sight_is_said_in_words() {
        assert_eq!(open_in_words((0, 3)), "Connected. No server is in sight.");
        assert_eq!(open_in_words((1, 1)), "Live: attached to 1 server.");
        assert_eq!(open_in_words((2, 3)), "Live: attached to 2 servers, and 1 out of sight.");
        let missed = Missed { times: 1, node: NodeId(2), until: Instant(1_500) };
        assert!(missed_in_words(missed).starts_with("Events were missed 1 time, the last time of"));
    }
}
