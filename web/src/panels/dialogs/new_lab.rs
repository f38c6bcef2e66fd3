//! The dialogs "New lab" and "Wipe": both delete the stored lab, so both ask first.

use raft_lab::NewLab as Cluster;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::lab::opening;
use crate::state::use_controls;
use crate::ui::Dialog;

/// The offered seed is random and less than this: short enough to be read out.
const MAX_OFFERED_SEED: f64 = 10_000.0;

#[derive(Properties, PartialEq)]
pub(crate) struct AskProps {
    pub(crate) on_close: Callback<()>,
}

#[component(NewLab)]
pub(crate) fn new_lab(props: &AskProps) -> Html {
    let labs = use_controls().labs;
    let (nodes, seed) = (use_node_ref(), use_node_ref());
    let (paper, forward) = (use_node_ref(), use_node_ref());
    let offered = use_memo((), |()| (js_sys::Math::random() * MAX_OFFERED_SEED) as u64 + 1);
    let on_submit = {
        let (nodes, seed, on_close) = (nodes.clone(), seed.clone(), props.on_close.clone());
        let (paper, forward) = (paper.clone(), forward.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let number = |node: &NodeRef| node.cast::<HtmlInputElement>()?.value().parse().ok();
            let is_on = |node: &NodeRef| {
                node.cast::<HtmlInputElement>().is_some_and(|input| input.checked())
            };
            if let (Some(nodes), Some(seed)) = (number(&nodes), number(&seed)) {
                let (paper, forward) = (is_on(&paper), is_on(&forward));
                labs.begin_anew(Cluster { nodes, seed, paper, forward }.setup());
                on_close.emit(());
            }
        })
    };
    html! {
        <Dialog title="New lab" on_close={props.on_close.clone()}>
            <form onsubmit={on_submit}>
                <p class="dialog-text">
                    { "This deletes the disks of the stored lab and starts a new cluster." }
                </p>
                <div class="fields">
                    <label>{ "Nodes" }
                        <input ref={nodes} type="number" min="1" max="9" required={true}
                            value="5" data-testid="new-lab-nodes" />
                    </label>
                    <label>{ "Seed" }
                        <input ref={seed} type="number" min="0" max="1000000000" required={true}
                            value={offered.to_string()} data-testid="new-lab-seed" />
                    </label>
                </div>
                { option("paper", paper, "The paper’s protocol alone",
                    ": no pre-vote, check-quorum or leases. Shows what they prevent.") }
                { option("forward", forward, "Followers forward commands",
                    " to the leader, instead of redirecting clients.") }
                <p class="dialog-note">
                    { "The same seed and the same commands give the same run." }
                </p>
                { buttons("Start", &props.on_close) }
            </form>
        </Dialog>
    }
}

/// A checkbox.
fn option(name: &'static str, node: NodeRef, title: &'static str, meaning: &'static str) -> Html {
    html! {
        <label class="choice">
            <input ref={node} type="checkbox" data-testid={format!("new-lab-{name}")} />
            <span><strong>{ title }</strong>{ meaning }</span>
        </label>
    }
}

#[component(WipeLab)]
pub(crate) fn wipe_lab(props: &AskProps) -> Html {
    let labs = use_controls().labs;
    let on_close = props.on_close.clone();
    let on_submit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        labs.begin_anew(opening::first_setup());
        on_close.emit(());
    });
    html! {
        <Dialog title="Wipe the stored lab?" on_close={props.on_close.clone()}>
            <form onsubmit={on_submit}>
                <p class="dialog-text">
                    { "This deletes every node’s disk from this browser: terms, votes, logs and \
                       snapshots. A new, empty cluster starts." }
                </p>
                { buttons("Wipe", &props.on_close) }
            </form>
        </Dialog>
    }
}

fn buttons(confirm: &'static str, on_close: &Callback<()>) -> Html {
    let on_cancel = on_close.reform(|_: MouseEvent| ());
    html! {
        <div class="dialog-buttons">
            <button type="button" class="button" data-testid="dialog-cancel" onclick={on_cancel}>
                { "Cancel" }
            </button>
            <button type="submit" class="button is-primary" data-testid="dialog-confirm">
                { confirm }
            </button>
        </div>
    }
}
