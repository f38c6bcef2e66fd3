//! What happened, in words, with the reason and the section of the paper; the newest first.

use std::rc::Rc;

use raft_core::NodeId;
use raft_sim::Event;
use yew::prelude::*;

use crate::controls::{use_controls, use_frame};
use crate::selection::Selection;
use crate::ui::Panel;
use crate::words::milliseconds;

/// How many are shown at first, and how many more at a time.
const PAGE: usize = 120;

#[component(Events)]
pub(crate) fn events() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let shown = use_state_eq(|| PAGE);
    let of_node = use_state_eq(|| None::<NodeId>);
    let wanted = |event: &&Rc<Event>| of_node.is_none_or(|node| event.kind.node() == Some(node));
    let found = frame.events.iter().rev().filter(wanted);
    let rows: Vec<&Rc<Event>> = found.take(*shown + 1).collect();
    let has_more = rows.len() > *shown;
    let on_more = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(*shown + PAGE))
    };
    let on_node = use_callback(controls.select, |node: NodeId, select| {
        select.emit(Some(Selection::Node(node)));
    });
    let filter = html! {
        <NodeFilter nodes={frame.world.setup().nodes} chosen={*of_node}
            on_choose={Callback::from(move |node| of_node.set(node))} />
    };
    html! {
        <Panel name="events" title="Events" aside={filter}>
            if rows.is_empty() {
                <p class="empty">{ "Nothing has happened yet." }</p>
            }
            <ol class="event-list" tabindex="0" aria-label="Events, the newest first">
                { for rows.into_iter().take(*shown).map(|event| html! {
                    <Row key={event.number} event={EventRef(event.clone())}
                        on_node={on_node.clone()} />
                }) }
            </ol>
            if has_more {
                <button type="button" class="button is-quiet" onclick={on_more}>
                    { "Earlier events" }
                </button>
            }
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct NodeFilterProps {
    nodes: u64,
    chosen: Option<NodeId>,
    on_choose: Callback<Option<NodeId>>,
}

#[component(NodeFilter)]
fn node_filter(props: &NodeFilterProps) -> Html {
    let all = std::iter::once(None).chain((1..=props.nodes).map(|node| Some(NodeId(node))));
    html! {
        <div class="filter" role="group" aria-label="Events of which node">
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

/// Events never change: two are the same if their numbers are.
#[derive(Clone)]
struct EventRef(Rc<Event>);

impl PartialEq for EventRef {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    event: EventRef,
    on_node: Callback<NodeId>,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let event = &props.event.0;
    let words = event.kind.to_string();
    let who = event.kind.node();
    // The node stands in the margin; the sentence need not repeat it.
    let rest = who.and_then(|node| words.strip_prefix(&format!("node {node} ")));
    let text = rest.unwrap_or(&words).to_owned();
    html! {
        <li class="event-line" data-testid="event-line" data-number={event.number.to_string()}>
            <time class="event-time">{ milliseconds(event.at) }</time>
            { match who {
                Some(node) => {
                    let on_click = props.on_node.reform(move |_: MouseEvent| node);
                    html! {
                        <button type="button" class="event-node" onclick={on_click}
                            aria-label={format!("Node {node}")}>{ node.to_string() }</button>
                    }
                }
                None => html! { <span class="event-node is-none" aria-hidden="true">{ "·" }</span> },
            } }
            <span class="event-words">{ sentence(&text) }</span>
        </li>
    }
}

/// The words, with the section of the paper at their end set apart.
fn sentence(text: &str) -> Html {
    match text.rfind(" (§") {
        Some(place) => html! {
            <>{ &text[..place] }<span class="section">{ text[place..].trim_matches([' ', '(', ')']) }</span></>
        },
        None => html! { { text } },
    }
}
