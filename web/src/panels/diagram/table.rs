//! The diagram as a table: the same items, in the order in which they began.

use std::rc::Rc;

use raft_lab::{DiagramView, EventNumber, FateView, ItemShape, LaneId, ShownItem};
use yew::prelude::*;

use super::pointing::keep;
use crate::state::use_controls;
use crate::words::milliseconds;

/// The most rows.
const MOST_ROWS: usize = 200;

#[derive(Properties, PartialEq)]
pub(super) struct TableProps {
    pub(super) view: Rc<DiagramView>,
}

#[component(Table)]
pub(super) fn table(props: &TableProps) -> Html {
    let view = &props.view;
    let chosen = view.about.as_ref().map(|about| about.event);
    let more = view.items.len().saturating_sub(MOST_ROWS) + view.left_out;
    html! {
        <div class="diagram-table" tabindex="0" data-testid="diagram-table">
            <table>
                <thead><tr>
                    <th scope="col">{ "ms" }</th>
                    <th scope="col">{ "where" }</th>
                    <th scope="col">{ "what" }</th>
                    <th scope="col">{ "until, ms" }</th>
                </tr></thead>
                <tbody>
                    { for view.items.iter().take(MOST_ROWS).map(|shown| html! {
                        <Row key={shown.item.event.get()} shown={shown.clone()}
                            is_chosen={chosen == Some(shown.item.event)} />
                    }) }
                </tbody>
            </table>
            if more > 0 {
                <p class="diagram-more">
                    { format!("{more} more: less time, or fewer kinds, shows them.") }
                </p>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    shown: ShownItem,
    is_chosen: bool,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let RowProps { shown: ShownItem { item, is_lit }, is_chosen } = props;
    let runner = use_controls().runner;
    let on_click = use_callback((runner, item.event), |_: MouseEvent, deps| {
        let (runner, event): &(_, EventNumber) = deps;
        keep(runner, *event);
    });
    let until = match (item.ended, fate(&item.shape)) {
        (Some(ended), Some(FateView::Lost(reason))) => {
            format!("{}, lost: {reason}", milliseconds(ended))
        }
        (Some(ended), _) if ended > item.at => milliseconds(ended),
        (Some(_), _) => String::new(),
        (None, Some(FateView::Held)) => "held".to_owned(),
        (None, _) => "lasts".to_owned(),
    };
    html! {
        <tr class={classes!(is_chosen.then_some("is-chosen"), (!is_lit).then_some("is-pale"))}>
            <td>{ milliseconds(item.at) }</td>
            <td>{ place(&item.shape) }</td>
            <td><button type="button" class="text-button" onclick={on_click}>
                { &*item.label }
            </button></td>
            <td>{ until }</td>
        </tr>
    }
}

fn fate(shape: &ItemShape) -> Option<&FateView> {
    match shape {
        ItemShape::Message { fate, .. } | ItemShape::Exchange { fate, .. } => Some(fate),
        ItemShape::Write { .. }
        | ItemShape::Operation { .. }
        | ItemShape::Point { .. }
        | ItemShape::Fault { .. } => None,
    }
}

/// The lanes of an item, in words.
fn place(shape: &ItemShape) -> String {
    match shape {
        ItemShape::Message { lanes, .. } | ItemShape::Exchange { lanes, .. } => {
            format!("{} → {}", lanes.0, lanes.1)
        }
        ItemShape::Write { lane, .. } => format!("{lane}, disk"),
        ItemShape::Operation { lane } | ItemShape::Point { lane, .. } => lane.to_string(),
        ItemShape::Fault { lanes, .. } if lanes.is_empty() => "the network".to_owned(),
        ItemShape::Fault { lanes, .. } => {
            lanes.iter().map(LaneId::to_string).collect::<Vec<_>>().join(", ")
        }
    }
}
