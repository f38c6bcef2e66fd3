//! A node of the picture. Its role is a shape, a letter and a colour; its fill is its term.

use raft_core::RoleKind;
use raft_sim::NodeState;
use yew::prelude::*;

use crate::colour::term_class;
use crate::geometry::{Point, polygon};
use crate::selection::Selection;
use crate::view::NodeView;
use crate::words::{role_letter, state_word};

#[derive(Properties, PartialEq)]
pub(crate) struct NodeGlyphProps {
    pub(crate) view: NodeView,
    pub(crate) centre: Point,
    pub(crate) radius: f64,
    pub(crate) is_selected: bool,
    /// Whether there is room for the term only; the shape and the letter tell the role.
    pub(crate) is_crowded: bool,
    /// Whether it is the one that Tab reaches.
    pub(crate) is_tab_stop: bool,
}

#[component(NodeGlyph)]
pub(crate) fn node_glyph(props: &NodeGlyphProps) -> Html {
    let NodeGlyphProps { view, centre, radius, .. } = props;
    let role = view.role.map_or("none".to_owned(), |role| role.to_string());
    let term = view.term.unwrap_or_default();
    let class = classes!(
        "node",
        format!("role-{role}"),
        format!("is-{}", state_word(view.state)),
        term_class(term),
        props.is_selected.then_some("is-selected"),
    );
    html! {
        <g {class} transform={format!("translate({:.1} {:.1})", centre.x, centre.y)}>
            <g aria-hidden="true">
                { shape(view, *radius) }
                <text class="node-number" y={(radius * number_height(view)).to_string()}
                    font-size={(radius * 0.72).to_string()}>{ view.id.to_string() }</text>
                { votes(view, *radius) }
                { badge(view, *radius) }
                { labels(view, *radius, props.is_crowded) }
            </g>
            // Apart from the drawing: its name is a sentence, not the letters of the picture.
            <circle class="node-reach" r={(radius + 12.0).to_string()} role="button"
                tabindex={if props.is_tab_stop { "0" } else { "-1" }} aria-label={view.label()}
                aria-pressed={props.is_selected.to_string()}
                data-testid={format!("node-{}", view.id)} data-role={role}
                data-term={term.to_string()} data-state={state_word(view.state)}
                data-select={Selection::Node(view.id).to_attribute()} />
        </g>
    }
}

/// Where the number stands, in radii: higher when dots need the room below it.
fn number_height(view: &NodeView) -> f64 {
    if view.votes.is_empty() { 0.06 } else { -0.14 }
}

/// A leader is an octagon with a second edge, a candidate a hexagon, a follower a circle.
fn shape(view: &NodeView, radius: f64) -> Html {
    let origin = Point::new(0.0, 0.0);
    match view.role {
        Some(RoleKind::Leader) => html! {
            <>
                <polygon key="shape" class="node-shape"
                    points={polygon(origin, radius * 1.04, 8, 1.0 / 16.0)} />
                <polygon key="inner" class="node-inner"
                    points={polygon(origin, radius * 0.86, 8, 1.0 / 16.0)} />
            </>
        },
        Some(RoleKind::Candidate) => html! {
            <polygon class="node-shape" points={polygon(origin, radius * 1.05, 6, 0.0)} />
        },
        _ => html! { <circle class="node-shape" r={radius.to_string()} /> },
    }
}

/// A candidate's dots: one a voter, filled for a vote, crossed out for a refusal.
fn votes(view: &NodeView, radius: f64) -> Html {
    let count = view.votes.len() as f64;
    let (gap, y) = ((radius * 1.3 / count.max(1.0)).min(10.0), radius * 0.52);
    let size = (gap * 0.36).min(3.6);
    let dots = view.votes.iter().enumerate().map(|(place, vote)| {
        let x = (place as f64 - (count - 1.0) / 2.0) * gap;
        let class = match vote {
            Some(true) => "vote is-granted",
            Some(false) => "vote is-refused",
            None => "vote",
        };
        let cross = format!("M{:.1},{:.1} h{:.1}", x - size, y, 2.0 * size);
        html! {
            <g key={place} class={class}>
                <circle cx={x.to_string()} cy={y.to_string()} r={size.to_string()} />
                <path d={cross} />
            </g>
        }
    });
    html! { <g class="votes">{ for dots }</g> }
}

/// The role's letter at the lower right; a sign for nodes that do not run.
fn badge(view: &NodeView, radius: f64) -> Html {
    let letter = match (view.state, view.role) {
        (NodeState::Crashed, _) | (_, None) if view.state != NodeState::Refused => "✕",
        (NodeState::Refused, _) => "!",
        (NodeState::Paused, _) => "Ⅱ",
        (_, Some(role)) => role_letter(role),
        (_, None) => "✕",
    };
    let (x, y) = (radius * 0.78, radius * -0.78);
    html! {
        <g class="badge" transform={format!("translate({x:.1} {y:.1})")}>
            <circle r="9" />
            <text y="0.5">{ letter }</text>
        </g>
    }
}

fn labels(view: &NodeView, radius: f64, is_crowded: bool) -> Html {
    let first = match (view.state, view.role, view.term) {
        (NodeState::Running, _, Some(term)) if is_crowded => format!("term {term}"),
        (state, ..) if is_crowded => state.to_string(),
        (NodeState::Running, Some(role), Some(term)) => format!("{role} · term {term}"),
        (state, _, Some(term)) => format!("{state} · term {term}"),
        (state, ..) => state.to_string(),
    };
    let second = match view.voted_for.filter(|_| !is_crowded) {
        Some(candidate) if candidate == view.id => "voted for itself".to_owned(),
        Some(candidate) => format!("voted for {candidate}"),
        None => String::new(),
    };
    let top = radius + 21.0;
    html! {
        <g class="node-labels">
            <text class="node-label" y={top.to_string()}>{ first }</text>
            <text class="node-vote" y={(top + 13.0).to_string()}>{ second }</text>
        </g>
    }
}
