//! The nodes' logs: a row for each index, a column for each node.

use std::collections::BTreeMap;

use raft_core::{LogIndex, NodeId, PeerStatus, Status};
use raft_lab::Frame;
use raft_sim::SimNode;
use yew::prelude::*;

use crate::picture::DisplayRole;
use crate::state::{Selection, use_controls, use_frame};
use crate::ui::{LogCell, LogCellView, Panel, VirtualList};
use crate::words::entry_words;

const ROW_HEIGHT: f64 = 24.0;

#[component(Logs)]
pub(crate) fn logs() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let columns = Columns::of(&frame);
    let total = columns.rows();
    let on_node = use_callback(controls.select, |node: NodeId, select| {
        select.emit(Some(Selection::Node(node)));
    });
    let row = Callback::from(move |place: usize| columns.row(LogIndex(place as u64 + 1)));
    let head = head(&frame, &on_node);
    html! {
        <Panel name="logs" title="Logs" aside={legend()}>
            <VirtualList {total} row_height={ROW_HEIGHT} {row} {head} follows_end={true}
                label="The log of each node, by index" />
            if total <= 1 {
                <p class="empty">
                    { "All logs are empty. A new leader first appends a no-op entry." }
                </p>
            }
        </Panel>
    }
}

/// The meaning of the marks.
fn legend() -> Html {
    html! {
        <span class="marks">
            <span class="mark is-committed">{ "committed" }</span>
            <span class="mark is-uncommitted">{ "not yet" }</span>
            <span class="mark">{ "✓ applied" }</span>
            <span class="mark">{ "● match" }</span>
            <span class="mark">{ "▸ next" }</span>
        </span>
    }
}

fn head(frame: &Frame, on_node: &Callback<NodeId>) -> Html {
    let names = frame.world.nodes().map(|node| {
        let id = node.id();
        let on_click = on_node.reform(move |_: MouseEvent| id);
        let member_role = frame.members.role_of(id);
        let role = node.core().map(|core| DisplayRole::of(core.role(), member_role));
        html! {
            <div key={id.0} class="log-head" role="columnheader">
                <button type="button" onclick={on_click}
                    class={classes!("log-node", role.map(|role| format!("role-{}", role.name())))}>
                    <span class="visually-hidden">{ "Node " }</span>
                    { id.to_string() }
                    <span class="log-role">{ role.map_or("✕", DisplayRole::letter) }</span>
                </button>
            </div>
        }
    });
    html! {
        <div class="row-cells" role="row" aria-rowindex="1">
            <span class="index-cell" role="columnheader">{ "index" }</span>
            { for names }
        </div>
    }
}

/// The nodes' state for the table, read once a render.
struct Columns {
    frame: Frame,
    nodes: Vec<(NodeId, Option<Status>)>,
    /// The leader's replication state of the others.
    peers: BTreeMap<NodeId, PeerStatus>,
}

impl Columns {
    fn of(frame: &Frame) -> Self {
        let status = |node: &SimNode| (node.id(), node.core().map(raft_core::Node::status));
        let nodes: Vec<_> = frame.world.nodes().map(status).collect();
        let leader = frame.world.leader();
        let peers = nodes
            .iter()
            .filter(|(id, _)| Some(*id) == leader)
            .filter_map(|(_, status)| status.as_ref())
            .flat_map(|status| status.peers.iter().map(|peer| (peer.id, *peer)))
            .collect();
        Self { frame: frame.clone(), nodes, peers }
    }

    /// One row more than the longest log, for `next_index`.
    fn rows(&self) -> usize {
        let last = |status: &Option<Status>| status.as_ref().map_or(0, |s| s.last_log.index.0);
        self.nodes.iter().map(|(_, status)| last(status)).max().unwrap_or(0) as usize + 1
    }

    fn row(&self, index: LogIndex) -> Html {
        let cells = self.nodes.iter().map(|(id, status)| {
            let view = status.as_ref().map_or_else(LogCellView::default, |status| {
                let node = self.frame.world.node(*id);
                self.cell(status, node, index)
            });
            html! { <LogCell key={id.0} {view} /> }
        });
        html! {
            <div class="row-cells" role="presentation">
                <span class="index-cell" role="rowheader">{ index.to_string() }</span>
                { for cells }
            </div>
        }
    }

    fn cell(&self, status: &Status, node: Option<&SimNode>, index: LogIndex) -> LogCellView {
        let entry = node.and_then(|node| node.core()).and_then(|core| core.log().get(index));
        let peer = self.peers.get(&status.id);
        let is_snapshot = index <= status.snapshot.index;
        LogCellView {
            term: entry.map(|entry| entry.term),
            words: match (entry, is_snapshot) {
                (Some(entry), _) => entry_words(entry).into(),
                (None, true) if index == status.snapshot.index => "snapshot".into(),
                _ => AttrValue::default(),
            },
            is_committed: index <= status.commit_index,
            is_applied: index <= status.last_applied,
            is_durable: index <= status.durable_index,
            is_snapshot,
            is_commit_index: index == status.commit_index,
            is_match: peer.is_some_and(|peer| peer.match_index == index),
            is_next: peer.is_some_and(|peer| peer.next_index == index),
        }
    }
}
