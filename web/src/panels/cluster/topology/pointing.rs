//! Mouse and keyboard in the topology.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::picture::canvas::{Scene, place_of};
use crate::picture::{Point, nearest};
use crate::state::{Controls, MenuAt, Selection};

/// How far from its centre a message can be clicked, in CSS pixels.
const MESSAGE_REACH: f64 = 16.0;

/// The thing under the mouse: nodes before messages, messages before links.
pub(super) fn selection_at(
    event: &MouseEvent,
    controls: &Controls,
    scene: Scene,
) -> Option<Selection> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    let marked = target.closest("[data-select]").ok().flatten();
    let under = marked
        .and_then(|element| element.get_attribute("data-select"))
        .and_then(|text| Selection::from_attribute(&text));
    if matches!(under, Some(Selection::Node(_))) {
        return under;
    }
    let topology = target.closest(".topology").ok().flatten()?.get_bounding_client_rect();
    let mouse = Point::new(
        f64::from(event.client_x()) - topology.left(),
        f64::from(event.client_y()) - topology.top(),
    );
    let frame = controls.runner.frame();
    let now = frame.view.now;
    let messages = frame
        .view
        .messages
        .iter()
        .map(|message| (message.id, place_of(scene.ring, message, now, scene.is_still)));
    nearest(mouse, MESSAGE_REACH, messages).map(Selection::Message).or(under)
}

/// The menu's place: at the mouse, or below the element if the keyboard opened it.
pub(super) fn place_of_menu(event: &MouseEvent) -> (i32, i32) {
    let by_mouse = event.client_x() != 0 || event.client_y() != 0;
    if by_mouse {
        return (event.client_x(), event.client_y());
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.map_or((0, 0), |target| {
        let place = target.get_bounding_client_rect();
        (place.left() as i32, place.bottom() as i32)
    })
}

/// Space selects the focused thing, Enter also opens its menu. The arrow keys move to the next node
/// or link.
pub(super) fn press_key(event: KeyboardEvent, controls: &Controls) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(target) = target else { return };
    let Some(text) = target.get_attribute("data-select") else { return };
    match event.key().as_str() {
        " " => controls.look_at(Selection::from_attribute(&text)),
        "Enter" => {
            controls.look_at(Selection::from_attribute(&text));
            let place = target.get_bounding_client_rect();
            let (x, y) = (place.right() as i32, place.top() as i32);
            let selection = Selection::from_attribute(&text);
            controls.open_menu.emit(selection.map(|_| MenuAt { selection, x, y }));
        }
        "ArrowRight" | "ArrowDown" => focus_sibling(&target, true),
        "ArrowLeft" | "ArrowUp" => focus_sibling(&target, false),
        _ => return,
    }
    event.prevent_default();
}

/// Moves the focus to the next node or link; after the last comes the first.
fn focus_sibling(target: &Element, forward: bool) {
    let Some(group) = target.closest(".nodes, .links").ok().flatten() else { return };
    let Ok(all) = group.query_selector_all("[data-select]") else { return };
    let all: Vec<HtmlElement> =
        (0..all.length()).filter_map(|place| all.get(place)).map(JsCast::unchecked_into).collect();
    let Some(place) = all.iter().position(|one| one.is_same_node(Some(target))) else { return };
    let step = if forward { 1 } else { all.len() - 1 };
    // SVG elements take the focus as HTML elements do.
    let _ = all[(place + step) % all.len()].focus();
}
