//! The heads of the lanes: who it is, and what it is at the moment that is shown. A head can be
//! dragged to another place, or moved with the arrow keys.

use std::rc::Rc;

use raft_lab::{DiagramView, LaneId, LaneView, RoleKind, StretchView};
use web_sys::{Element, PointerEvent};
use yew::prelude::*;

use super::Arrangement;
use crate::picture::{LanePlace, Sheet, term_class};
use crate::state::Selection;

/// The height of the heads, in CSS pixels, as in `styles/diagram.css`.
pub(in crate::panels) const HEADS: f64 = 44.0;
/// A lane with less room is collapsed.
const COLLAPSED: f64 = 60.0;
/// The room that the words of a lane need.
const WORDS: f64 = 104.0;
/// A pointer that moves less does not drag.
const DRAG: i32 = 6;

#[derive(Properties, PartialEq)]
pub(in crate::panels) struct HeadsProps {
    pub(in crate::panels) view: Rc<DiagramView>,
    pub(in crate::panels) sheet: Sheet,
    pub(in crate::panels) arrangement: Rc<Arrangement>,
    pub(in crate::panels) on_arrange: Callback<Arrangement>,
}

#[component(Heads)]
pub(in crate::panels) fn heads(props: &HeadsProps) -> Html {
    let HeadsProps { view, sheet, arrangement, on_arrange } = props;
    let heads = sheet.lanes().iter().enumerate().filter_map(|(number, place)| {
        let lane = view.lanes.iter().find(|lane| lane.id == place.id)?;
        let id = place.id;
        let on_place = {
            let (view, arrangement) = (view.clone(), arrangement.clone());
            on_arrange.reform(move |to: usize| arrangement.moved(id, to, &view.lanes))
        };
        let arrangement = arrangement.clone();
        let on_toggle = on_arrange.reform(move |_: MouseEvent| arrangement.toggled(id));
        Some(html! {
            <Head key={id.to_string()} lane={lane.clone()} place={*place} {number}
                sheet={sheet.clone()} {on_place} {on_toggle} />
        })
    });
    html! {
        <div class="diagram-heads" role="group" aria-label="Lanes"
            style={format!("width:{}px", sheet.width)}>{ for heads }</div>
    }
}

#[derive(Properties, PartialEq)]
struct HeadProps {
    lane: LaneView,
    place: LanePlace,
    /// Its place among the lanes, from the left.
    number: usize,
    sheet: Sheet,
    on_place: Callback<usize>,
    on_toggle: Callback<MouseEvent>,
}

#[component(Head)]
fn head(props: &HeadProps) -> Html {
    let HeadProps { lane, place, number, sheet, on_place, on_toggle } = props;
    let drag = use_drag(place.x, centres(sheet), on_place.clone());
    let on_key = {
        let (on_place, number) = (on_place.clone(), *number);
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowLeft" => on_place.emit(number.saturating_sub(1)),
                "ArrowRight" => on_place.emit(number + 1),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let left = place.x + f64::from(drag.shift) - 16.0;
    let has_words = place.room >= WORDS;
    let (toggle, sign) = if place.room < COLLAPSED { ("Widen", "›") } else { ("Narrow", "‹") };
    let select = match lane.id {
        LaneId::Node(node) => Some(Selection::Node(node).to_attribute()),
        LaneId::Client(_) => None,
    };
    let (first, second) = words(lane.id, lane.now);
    let name = format!("{}: {}, {first}, {second}", short_name(lane.id), lane.id);
    html! {
        <div class={classes!("lane-head", (drag.shift != 0).then_some("is-dragged"))}
            style={format!("left:{left:.1}px;max-width:{:.1}px", place.room.max(36.0))}
            title="Drag it, or move it with the arrow keys"
            onpointerdown={drag.on_down} onpointermove={drag.on_move}
            onpointerup={drag.on_up.clone()} onpointercancel={drag.on_up}
            onclick={drag.on_click}>
            <button type="button" class={name_class(lane)} data-select={select} onkeydown={on_key}
                aria-label={name}>{ short_name(lane.id) }</button>
            if has_words {
                <span class="lane-words" aria-hidden="true">
                    <span class="lane-first">{ first }</span>
                    <span class="lane-second">{ second }</span>
                </span>
            }
            <button type="button" class="lane-collapse" onclick={on_toggle.clone()}
                aria-label={format!("{toggle} {}", lane.id)}>{ sign }</button>
        </div>
    }
}

/// A head that is being dragged.
struct Drag {
    /// How far, to the right.
    shift: i32,
    on_down: Callback<PointerEvent>,
    on_move: Callback<PointerEvent>,
    on_up: Callback<PointerEvent>,
    /// The click that ends a drag does nothing else.
    on_click: Callback<MouseEvent>,
}

/// Drags a head from its place at `x`; `on_place` gets the number of the place where it is left.
#[hook]
fn use_drag(x: f64, places: Vec<f64>, on_place: Callback<usize>) -> Drag {
    let start = use_mut_ref(|| None::<i32>);
    let was_dragged = use_mut_ref(|| false);
    let shift = use_state_eq(|| 0);
    let on_down = {
        let start = start.clone();
        Callback::from(move |event: PointerEvent| {
            *start.borrow_mut() = Some(event.client_x());
            if let Some(head) = event.target_dyn_into::<Element>() {
                // Without it, the pointer only must not leave the head.
                let _ = head.set_pointer_capture(event.pointer_id());
            }
        })
    };
    let on_move = {
        let (start, shift) = (start.clone(), shift.setter());
        Callback::from(move |event: PointerEvent| {
            if let Some(start) = *start.borrow() {
                let by = event.client_x() - start;
                shift.set(if by.abs() < DRAG { 0 } else { by });
            }
        })
    };
    let on_up = {
        let (shift, was_dragged) = (shift.clone(), was_dragged.clone());
        Callback::from(move |_: PointerEvent| {
            *start.borrow_mut() = None;
            *was_dragged.borrow_mut() = *shift != 0;
            if *shift != 0 {
                on_place.emit(nearest_place(&places, x + f64::from(*shift)));
            }
            shift.set(0);
        })
    };
    let on_click = Callback::from(move |event: MouseEvent| {
        if was_dragged.replace(false) {
            event.stop_propagation();
        }
    });
    Drag { shift: *shift, on_down, on_move, on_up, on_click }
}

fn centres(sheet: &Sheet) -> Vec<f64> {
    sheet.lanes().iter().map(|lane| lane.x).collect()
}

/// The number of the lane that is nearest to a place.
fn nearest_place(places: &[f64], x: f64) -> usize {
    let distance = |place: &usize| (places[*place] - x).abs();
    (0..places.len()).min_by(|l, r| distance(l).total_cmp(&distance(r))).unwrap_or(0)
}

fn short_name(id: LaneId) -> String {
    match id {
        LaneId::Node(node) => node.to_string(),
        LaneId::Client(client) => format!("C{client}"),
    }
}

fn name_class(lane: &LaneView) -> Classes {
    let term = lane.now.map(|now| term_class(now.term));
    classes!("lane-name", glyph_class(lane.id), term, state_class(lane.now))
}

fn glyph_class(id: LaneId) -> &'static str {
    match id {
        LaneId::Node(_) => "is-node",
        LaneId::Client(_) => "is-client",
    }
}

fn state_class(stretch: Option<StretchView>) -> Option<&'static str> {
    match stretch?.role {
        None => Some("is-down"),
        Some(RoleKind::Leader) => Some("is-leader"),
        Some(RoleKind::Candidate | RoleKind::PreCandidate | RoleKind::Follower) => None,
    }
}

/// Two lines: for a node, its term and its role.
fn words(id: LaneId, stretch: Option<StretchView>) -> (String, String) {
    let Some(StretchView { term, role, is_paused, .. }) = stretch else {
        return (id.to_string(), String::new());
    };
    let role = match role {
        None => "is down",
        Some(_) if is_paused => "is paused",
        Some(RoleKind::Leader) => "leads",
        Some(RoleKind::Candidate) => "asks for votes",
        Some(RoleKind::PreCandidate) => "asks for pre-votes",
        Some(RoleKind::Follower) => "follows",
    };
    // The term of a node that is down is not known where the diagram begins.
    let first = if term.0 == 0 { id.to_string() } else { format!("term {term}") };
    (first, role.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dragged_head_takes_the_nearest_place() {
        let places = [100.0, 200.0, 300.0];
        assert_eq!(nearest_place(&places, 90.0), 0);
        assert_eq!(nearest_place(&places, 240.0), 1);
        assert_eq!(nearest_place(&places, 999.0), 2);
        assert_eq!(nearest_place(&[], 1.0), 0);
    }
}
