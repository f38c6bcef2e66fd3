//! The nodes' logs: a row for each index, a column for each node.

mod choosing;

use std::ops::Range;
use std::rc::Rc;

use raft_lab::{ChangesView, LogIndex, LogPosition, LogsView, NodeId, NodeView};
use yew::prelude::*;

use crate::hooks::use_size;
use crate::picture::DisplayRole;
use crate::state::{
    Controls, LogWish, Selection, Side, use_changes, use_controls, use_frame, use_selected,
    use_side,
};
use crate::ui::{LogCell, LogCellView, Panel, VirtualList};
use crate::words::term;

const ROW_HEIGHT: f64 = 24.0;
/// Rows this near to the end are in the window of a view that nobody asked for.
const NEAR_END: u64 = 100;
/// Windows begin and end at multiples of this, so that they do not change with every row.
const STEP: u64 = 50;

#[component(Logs)]
pub(crate) fn logs() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let view = &frame.view;
    let on_node = use_callback(controls.select.clone(), |node: NodeId, select| {
        select.emit(Some(Selection::Node(node)));
    });
    let (changes, side) = (use_changes(), use_side());
    let entry = match use_selected() {
        Some(Selection::Entry(entry)) => Some(entry),
        Some(
            Selection::Node(_) | Selection::Link(..) | Selection::Message(_) | Selection::Client(_),
        )
        | None => None,
    };
    let heads: Vec<Head> = view.nodes.iter().map(|node| Head::of(node)).collect();
    html! {
        <Panel name="logs" title="Logs" aside={legend()}>
            <Table logs={view.logs.clone()} {heads} {on_node} {changes} selected={entry} />
            if view.logs.last == LogIndex(0) {
                <p class="empty">{ match side {
                    Side::Live | Side::Other => {
                        "All logs are empty. A new leader first appends a no-op entry."
                    }
                    Side::Recorded => "No entry has been told of by this moment.",
                } }</p>
            }
        </Panel>
    }
}

/// The meaning of the marks.
fn legend() -> Html {
    html! {
        <span class="marks">
            <span class="mark is-committed">{ term("committed", "commit") }</span>
            <span class="mark is-uncommitted">{ "not yet" }</span>
            <span class="mark">{ "✓ " }{ term("applied", "applied") }</span>
            <span class="mark">{ "● " }{ term("match", "match index") }</span>
            <span class="mark">{ "▸ " }{ term("next", "next index") }</span>
        </span>
    }
}

/// The head of a column.
#[derive(Clone, PartialEq)]
struct Head {
    node: NodeId,
    /// `None` while the node is down, and if it is not known.
    role: Option<DisplayRole>,
    is_unknown: bool,
}

impl Head {
    fn of(node: &NodeView) -> Self {
        let role = node.core.as_ref().map(|core| DisplayRole::of(core.role, node.member_role));
        Self { node: node.id, role, is_unknown: node.is_unknown() }
    }
}

#[derive(Properties, PartialEq)]
struct TableProps {
    logs: Rc<LogsView>,
    heads: Vec<Head>,
    on_node: Callback<NodeId>,
    changes: Option<Rc<ChangesView>>,
    selected: Option<LogPosition>,
}

#[component(Table)]
fn table(props: &TableProps) -> Html {
    let Controls { runner, select, .. } = use_controls();
    let last = props.logs.last.0;
    // One row more than the longest log, for `next_index`; more for entries that were removed.
    let total = (last + 1).max(last_changed(props.changes.as_deref())) as usize;
    let row = {
        let (logs, changes) = (props.logs.clone(), props.changes.clone());
        let selected = props.selected;
        Callback::from(move |place: usize| {
            row(&logs, changes.as_deref(), selected, LogIndex(place as u64 + 1))
        })
    };
    // Again when the log has become longer: rows that do not move get farther from the end.
    let dependencies = (runner, use_context::<LogWish>(), last / STEP);
    let on_rows = use_callback(dependencies, |rows: Range<usize>, (runner, own, steps)| {
        let wish = wish(&rows, steps * STEP);
        match own {
            Some(LogWish(own)) => own.emit(wish),
            None => runner.set_window(|window| window.log = wish),
        }
    });
    let node = use_node_ref();
    let (width, _) = use_size(&node);
    let head = html! {
        <div ref={node} class="row-cells" role="row" aria-rowindex="1">
            <span class="index-cell" role="columnheader">{ "index" }</span>
            { for props.heads.iter().map(|head| view_head(head, &props.on_node)) }
        </div>
    };
    let on_key = use_callback(select, |event: KeyboardEvent, select| {
        choosing::pressed(&event).into_iter().for_each(|entry| select.emit(Some(entry)));
    });
    html! {
        <div class={classes!("logs-table", density(width, props.heads.len()))} onkeydown={on_key}>
            <VirtualList {total} row_height={ROW_HEIGHT} {row} {head} {on_rows} follows_end={true}
                label="The log of each node, by index" />
        </div>
    }
}

/// What a column of this table has no room for, as classes. A query of each cell's own width takes
/// the browser longer than all the rest of the table.
fn density(width: f64, columns: usize) -> &'static str {
    /// The column of the indexes, and the padding of a row; both are smaller on a phone.
    const ASIDE: f64 = 88.0;
    const ASIDE_ON_PHONE: f64 = 52.0;
    /// The widest panel of a phone.
    const PHONE: f64 = 480.0;
    let aside = if width < PHONE { ASIDE_ON_PHONE } else { ASIDE };
    let column = (width - aside) / columns.max(1) as f64;
    match column {
        _ if width == 0.0 => "",
        column if column < 39.0 => "is-narrow is-tight is-tiny",
        column if column < 48.0 => "is-narrow is-tight",
        column if column < 64.0 => "is-narrow",
        _ => "",
    }
}

fn view_head(head: &Head, on_node: &Callback<NodeId>) -> Html {
    let Head { node, role, is_unknown } = *head;
    let on_click = on_node.reform(move |_: MouseEvent| node);
    let is_down = role.is_none() && !is_unknown;
    let title = is_down.then_some("Down: what its disk holds");
    let sign = if is_unknown { "?" } else { "✕" };
    html! {
        <div key={node.0} class="log-head" role="columnheader">
            <button type="button" onclick={on_click} {title}
                class={classes!("log-node", role.map(|role| format!("role-{}", role.name())))}>
                <span class="visually-hidden">{ "Node " }</span>
                { node.to_string() }
                <span class="log-role">{ role.map_or(sign, DisplayRole::letter) }</span>
                if is_down {
                    <span class="visually-hidden">{ " down: what its disk holds" }</span>
                }
            </button>
        </div>
    }
}

/// The last index at which an entry was or is.
fn last_changed(changes: Option<&ChangesView>) -> u64 {
    let nodes = changes.iter().flat_map(|changes| changes.nodes.iter());
    nodes.filter_map(|node| node.entries.last()).map(|entry| entry.index.0).max().unwrap_or(0)
}

fn row(
    logs: &LogsView,
    changes: Option<&ChangesView>,
    selected: Option<LogPosition>,
    index: LogIndex,
) -> Html {
    let cells = logs.nodes.iter().map(|log| {
        let change = changes.and_then(|changes| changes.of(log.node)?.entry(index));
        let view = LogCellView::of(log, index).changed(change);
        html! { <LogCell key={log.node.0} {view} {selected} /> }
    });
    html! {
        <div class="row-cells" role="presentation">
            <span class="index-cell" role="rowheader">{ index.to_string() }</span>
            { for cells }
        </div>
    }
}

/// The indexes that a view must have so that these rows can be drawn, and some before and after
/// them; `None`: the usual ones, at the end. `last` is the last index, or a little less.
fn wish(rows: &Range<usize>, last: u64) -> Option<Range<u64>> {
    let (first, end) = (rows.start as u64 + 1, rows.end as u64 + 1);
    if first + NEAR_END > last {
        return None;
    }
    let start = first.saturating_sub(STEP) / STEP * STEP;
    Some(start.max(1)..(end + STEP).next_multiple_of(STEP))
}

#[cfg(test)]
mod tests;
