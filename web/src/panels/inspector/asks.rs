//! Questions about the selected thing.

use raft_lab::{NodeState, NodeView, View};
use yew::prelude::*;

use crate::state::{Selection, use_frame};

#[derive(Properties, PartialEq)]
pub(super) struct AsksProps {
    pub(super) selection: Selection,
}

#[component(Asks)]
pub(super) fn asks(props: &AsksProps) -> Html {
    let frame = use_frame();
    let all = questions(&frame.view, props.selection);
    if all.is_empty() {
        return html! {};
    }
    html! {
        <div class="chips" role="group" aria-label="Questions">
            { for all.into_iter().map(|(words, line)| html! {
                <button key={line.clone()} type="button" class="chip" data-ask={line}>
                    { words }
                </button>
            }) }
        </div>
    }
}

/// In words, and as a line of the language.
fn questions(view: &View, selection: Selection) -> Vec<(&'static str, String)> {
    match selection {
        Selection::Node(id) => view.node(id).map(|node| of_node(view, node)).unwrap_or_default(),
        Selection::Entry(entry) => {
            let commit =
                view.nodes.iter().filter_map(|node| Some(node.core.as_ref()?.commit_index));
            match commit.max().is_some_and(|commit| entry.index <= commit) {
                true => Vec::new(),
                false => vec![("Why not committed?", format!("why not committed {}", entry.index))],
            }
        }
        Selection::Message(id) => match view.message.as_ref().filter(|it| it.message.id == id) {
            Some(details) => vec![("Why was it sent?", format!("why {}", details.sent_by))],
            None => Vec::new(),
        },
        Selection::Link(..) => Vec::new(),
    }
}

fn of_node(view: &View, node: &NodeView) -> Vec<(&'static str, String)> {
    let id = node.id;
    let mut all = Vec::new();
    match node.state {
        NodeState::Refused => all.push(("Why does it not start?", format!("why refused {id}"))),
        NodeState::Crashed => all.push(("Why is it down?", format!("why stopped {id}"))),
        NodeState::Running | NodeState::Paused => {}
    }
    if let Some(core) = &node.core {
        all.push(("Why this term?", format!("why term {}", core.current_term)));
    }
    if view.leader != Some(id) {
        all.push(("Why not leader?", format!("why not leader {id}")));
        all.push(("Why not up to date?", format!("why not up to date {id}")));
    }
    all
}
