//! What a file has told of each node by a moment.

use raft_lab::RecordedNode;
use yew::prelude::*;

use super::shown::Moment;

#[derive(Properties, PartialEq)]
pub(super) struct RunNodesProps {
    pub(super) moment: Moment,
}

#[component(RunNodes)]
pub(super) fn run_nodes(props: &RunNodesProps) -> Html {
    let Moment { run, events, .. } = &props.moment;
    let nodes = run.now().nodes_after(*events);
    html! {
        <div class="recorded-nodes" tabindex="0" data-testid="recorded-table">
            <table>
                <thead><tr>
                    { for ["node", "role", "term", "vote", "last entry", "commit", "applied"]
                        .iter().map(|name| html! { <th scope="col">{ *name }</th> }) }
                </tr></thead>
                <tbody>{ for nodes.iter().map(row) }</tbody>
            </table>
            <p class="dialog-note">{ "–: nobody has told it by this moment." }</p>
        </div>
    }
}

fn row(node: &RecordedNode) -> Html {
    let RecordedNode { id, name, state, term, voted_for, last_log, commit_index, last_applied } =
        node;
    let cells = [state, term, voted_for, last_log, commit_index, last_applied];
    let name = match name {
        Some(name) => format!("{id} ({name})"),
        None => id.to_string(),
    };
    html! {
        <tr key={id.0}>
            <th scope="row">{ name }</th>
            { for cells.iter().map(|cell| match cell {
                Some(words) => html! { <td>{ words }</td> },
                None => html! { <td class="is-unknown" aria-label="not known">{ "–" }</td> },
            }) }
        </tr>
    }
}
