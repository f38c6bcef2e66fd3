//! The events in words, with the reason and the section of the paper; the newest first.

use std::rc::Rc;

use raft_lab::{EventRowView, NodeId};
use yew::prelude::*;

use crate::state::{Selection, use_controls, use_frame};
use crate::ui::{Panel, said};
use crate::words::milliseconds;

/// The rows that are shown at first, and that each press of the button adds.
const PAGE: usize = 80;

#[component(Events)]
pub(crate) fn events() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let shown = use_state_eq(|| PAGE);
    let of_node = use_state_eq(|| None::<NodeId>);
    use_effect_with((controls.runner.clone(), *shown, *of_node), |(runner, shown, of_node)| {
        runner.set_window(|window| {
            window.events = *shown;
            window.events_of = *of_node;
        });
    });
    let events = frame.view.events.clone();
    let lit = frame.lab.diagram.as_ref().and_then(|diagram| diagram.lit.clone());
    let is_lit = |row: &EventRowView| {
        lit.as_ref().is_none_or(|lit| lit.binary_search(&row.event.number).is_ok())
    };
    let on_more = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(*shown + PAGE))
    };
    let filter = html! {
        <NodeFilter nodes={frame.view.node_ids().collect::<Vec<_>>()} chosen={*of_node}
            on_choose={Callback::from(move |node| of_node.set(node))} />
    };
    html! {
        <Panel name="events" title="Events" aside={filter}>
            if events.rows.is_empty() {
                <p class="empty">{ "Nothing has happened yet." }</p>
            }
            <ol class="event-list" tabindex="0" aria-label="Events, the newest first">
                { for events.rows.iter().map(|row| html! {
                    <Row key={row.oldest.get()} row={row.clone()} is_lit={is_lit(row)} />
                }) }
            </ol>
            if events.has_more {
                <button type="button" class="button is-quiet" onclick={on_more}>
                    { "Earlier events" }
                </button>
            }
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct NodeFilterProps {
    nodes: Vec<NodeId>,
    chosen: Option<NodeId>,
    on_choose: Callback<Option<NodeId>>,
}

#[component(NodeFilter)]
fn node_filter(props: &NodeFilterProps) -> Html {
    let all = std::iter::once(None).chain(props.nodes.iter().copied().map(Some));
    html! {
        <div class="filter" role="group" aria-label="Filter by node">
            { for all.map(|node| {
                let on_click = props.on_choose.reform(move |_: MouseEvent| node);
                let (name, label) = match node {
                    None => ("all".to_owned(), "Events of all nodes".to_owned()),
                    Some(node) => (node.to_string(), format!("Events of node {node}")),
                };
                html! {
                    <button key={name.clone()} type="button" class="filter-button"
                        aria-label={label} aria-pressed={(node == props.chosen).to_string()}
                        onclick={on_click}>{ name }</button>
                }
            }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    row: Rc<EventRowView>,
    /// Whether the diagram lights it; true if it lights nothing.
    is_lit: bool,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let event = &props.row.event;
    let runner = use_controls().runner;
    let on_time = use_callback((runner, event.step), |_: MouseEvent, (runner, step)| {
        runner.show_after(*step);
    });
    html! {
        <li class={classes!("event-row", (!props.is_lit).then_some("is-pale"))}
            data-testid="event-row" data-number={event.number.to_string()}>
            // The arrows reach it, too.
            <button type="button" class="event-time" tabindex="-1" title="Show this moment"
                onclick={on_time}>{ milliseconds(event.at) }</button>
            { match event.node {
                Some(node) => html! {
                    <button type="button" class="event-node"
                        data-select={Selection::Node(node).to_attribute()}
                        aria-label={format!("Node {node}")}>{ node.to_string() }</button>
                },
                None => html! {
                    <span class="event-node is-none" aria-hidden="true">{ "·" }</span>
                },
            } }
            <span class="event-words">{ said(&event.words, event.node.is_none()) }</span>
            <button type="button" class="event-why" tabindex="-1" title="Why?"
                aria-label={format!("Why event {}?", event.number)}
                data-ask={format!("why {}", event.number)}>{ "?" }</button>
        </li>
    }
}
