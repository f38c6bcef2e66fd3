//! A node of the picture. Its part is a shape, a letter and a colour; its fill is its term.

use raft_lab::{MemberRole, NodeState};
use yew::prelude::*;

use crate::picture::{DisplayRole, NodePicture, Point, Room, polygon, term_class};
use crate::state::Selection;
use crate::words::state_word;

use super::NodeLabels;

#[derive(Properties, PartialEq)]
pub(crate) struct NodeGlyphProps {
    pub(crate) view: NodePicture,
    pub(crate) centre: Point,
    pub(crate) radius: f64,
    pub(crate) is_selected: bool,
    /// For words below it; the shape and the letter tell the role anyway.
    pub(crate) room: Room,
    /// Whether words stand above it.
    pub(crate) has_words_above: bool,
    /// Whether it is the one that Tab reaches.
    pub(crate) is_tab_stop: bool,
}

#[component(NodeGlyph)]
pub(crate) fn node_glyph(props: &NodeGlyphProps) -> Html {
    let NodeGlyphProps { view, centre, radius, .. } = props;
    let role = view.role.map_or("none", DisplayRole::name);
    let term = view.term.unwrap_or_default();
    let class = classes!(
        "node",
        format!("role-{role}"),
        format!("is-{}", state_word(view.state)),
        term_class(term),
        (view.member_role == MemberRole::NonMember).then_some("is-non-member"),
        props.is_selected.then_some("is-selected"),
    );
    html! {
        <g {class} transform={format!("translate({:.1} {:.1})", centre.x, centre.y)}>
            <g aria-hidden="true">
                { shape(view, *radius) }
                <text class="node-number" y={(radius * number_height(view, props.room)).to_string()}
                    font-size={(radius * 0.72).to_string()}>{ view.id.to_string() }</text>
                { votes(view, *radius) }
                { badge(view, *radius) }
                if view.is_changed { { corner(*radius) } }
                { inner_term(view, *radius, props.room) }
                <NodeLabels view={view.clone()} radius={*radius} room={props.room}
                    is_above={props.has_words_above} />
            </g>
            // Apart from the drawing: its name is a sentence, not the letters of the picture.
            <circle class="node-reach" r={(radius + 12.0).to_string()} role="button"
                tabindex={if props.is_tab_stop { "0" } else { "-1" }} aria-label={view.label()}
                aria-pressed={props.is_selected.to_string()}
                data-testid={format!("node-{}", view.id)} data-role={role}
                data-member-role={view.member_role.word()}
                data-changed={view.is_changed.then_some("true")}
                data-term={term.to_string()} data-state={state_word(view.state)}
                data-select={Selection::Node(view.id).to_attribute()} />
        </g>
    }
}

/// The height of the number, in radii: higher when votes or the term are below it.
fn number_height(view: &NodePicture, room: Room) -> f64 {
    if !view.votes.is_empty() || has_inner_term(view, room) { -0.14 } else { 0.06 }
}

/// Whether the term is inside the node, as there is no room for it below.
fn has_inner_term(view: &NodePicture, room: Room) -> bool {
    room == Room::Little && view.votes.is_empty() && view.term.is_some()
}

fn inner_term(view: &NodePicture, radius: f64, room: Room) -> Html {
    let term = view.term.filter(|_| has_inner_term(view, room));
    html! {
        <text class="node-term" y={(radius * 0.52).to_string()}>
            { term.map_or_else(String::new, |term| format!("t{term}")) }
        </text>
    }
}

/// A leader is an octagon with a second edge, a candidate a hexagon, a pre-candidate a pentagon, a
/// learner a square, a follower a circle.
fn shape(view: &NodePicture, radius: f64) -> Html {
    let origin = Point::new(0.0, 0.0);
    match view.role {
        Some(DisplayRole::Leader) => html! {
            <>
                <polygon key="shape" class="node-shape"
                    points={polygon(origin, radius * 1.04, 8, 1.0 / 16.0)} />
                <polygon key="inner" class="node-inner"
                    points={polygon(origin, radius * 0.86, 8, 1.0 / 16.0)} />
            </>
        },
        Some(DisplayRole::Candidate) => edges(polygon(origin, radius * 1.05, 6, 0.0)),
        Some(DisplayRole::PreCandidate) => edges(polygon(origin, radius * 1.08, 5, 0.0)),
        Some(DisplayRole::Learner) => edges(polygon(origin, radius * 1.18, 4, 1.0 / 8.0)),
        Some(DisplayRole::Follower | DisplayRole::NonMember) | None => html! {
            <circle class="node-shape" r={radius.to_string()} />
        },
    }
}

fn edges(points: String) -> Html {
    html! { <polygon class="node-shape" {points} /> }
}

/// A candidate's dots: one a voter, filled for a vote, crossed out for a refusal.
fn votes(view: &NodePicture, radius: f64) -> Html {
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

/// At the upper left: something of the node changed.
fn corner(radius: f64) -> Html {
    let (place, size) = (radius * -1.1, (radius * 0.3).clamp(6.0, 11.0));
    let triangle = format!("M{place:.1},{place:.1} h{size:.1} l-{size:.1},{size:.1} z");
    html! { <path class="changed-corner" d={triangle} /> }
}

/// The role's letter at the lower right; a sign for nodes that do not run.
fn badge(view: &NodePicture, radius: f64) -> Html {
    let letter = match view.state {
        NodeState::Running => view.role.map_or("?", DisplayRole::letter),
        NodeState::Paused => "Ⅱ",
        NodeState::Crashed => "✕",
        NodeState::Refused => "!",
    };
    let (x, y) = (radius * 0.78, radius * -0.78);
    // Smaller on small nodes, whose number it would hide.
    let size = (radius * 0.42).clamp(6.0, 9.0);
    html! {
        <g class="badge" transform={format!("translate({x:.1} {y:.1})")}>
            <circle r={size.to_string()} />
            <text y="0.5" font-size={(size * 1.16).to_string()}>{ letter }</text>
        </g>
    }
}
