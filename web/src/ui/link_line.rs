//! A link of the topology: one line while it is open, two lanes when a direction is cut.

use yew::prelude::*;

use crate::picture::{Lane, LinkPicture, Ring};
use crate::state::Selection;

#[derive(Properties, PartialEq)]
pub(crate) struct LinkLineProps {
    pub(crate) view: LinkPicture,
    pub(crate) ring: Ring,
    pub(crate) is_selected: bool,
    /// Whether it is the one that Tab reaches.
    pub(crate) is_tab_stop: bool,
}

#[component(LinkLine)]
pub(crate) fn link_line(props: &LinkLineProps) -> Html {
    let LinkLineProps { view, ring, .. } = props;
    let (one, other) = (view.one.0, view.other.0);
    let axis = ring.axis(one, other);
    let class = classes!(
        "link",
        view.is_cut().then_some("is-cut"),
        view.is_parted.then_some("is-parted"),
        view.is_idle.then_some("is-idle"),
        props.is_selected.then_some("is-selected"),
    );
    html! {
        <g class={class} role="button" tabindex={if props.is_tab_stop { "0" } else { "-1" }}
            aria-label={view.label()} aria-pressed={props.is_selected.to_string()}
            data-testid={format!("link-{one}-{other}")}
            data-select={Selection::link(view.one, view.other).to_attribute()}>
            { line("link-reach", axis) }
            if view.is_cut() {
                { direction(ring.lane(one, other), view.there_cut) }
                { direction(ring.lane(other, one), view.back_cut) }
            } else {
                { line("link-line", axis) }
            }
        </g>
    }
}

fn line(class: &'static str, lane: Lane) -> Html {
    html! {
        <line class={class} x1={px(lane.from.x)} y1={px(lane.from.y)}
            x2={px(lane.to.x)} y2={px(lane.to.y)} />
    }
}

/// One direction: an arrow if it passes, a broken line with a bar across it if it is cut.
fn direction(lane: Lane, is_cut: bool) -> Html {
    let place = lane.at(if is_cut { 0.5 } else { 0.96 });
    let turn = format!(
        "translate({:.1} {:.1}) rotate({:.1})",
        place.x,
        place.y,
        lane.angle().to_degrees()
    );
    let (class, mark) = if is_cut {
        ("link-line is-broken", "M-3,-6 L-3,6 M3,-6 L3,6")
    } else {
        ("link-line", "M-5,-4 L3,0 L-5,4")
    };
    html! {
        <g>
            { line(class, lane) }
            <path class="link-mark" d={mark} transform={turn} />
        </g>
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}
