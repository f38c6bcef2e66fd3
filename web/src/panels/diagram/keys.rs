//! The keys on the sheet.

use raft_lab::{DiagramView, EventNumber};
use web_sys::KeyboardEvent;

use super::pointing::{Surface, keep, let_go};

/// The part of the window that a page of it is.
const PAGE: f64 = 0.8;

/// Handles a key.
pub(super) fn press(event: &KeyboardEvent, surface: &Surface) {
    let Some(view) = surface.view() else { return };
    let is_modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    let about = view.about.as_ref();
    let middle = surface.size.1 / 2.0;
    match event.key().as_str() {
        _ if is_modified => return,
        "ArrowDown" => step(surface, &view, true),
        "ArrowUp" => step(surface, &view, false),
        "PageDown" => surface.scroll(PAGE),
        "PageUp" => surface.scroll(-PAGE),
        "Home" => surface.runner.set_diagram(|window| window.from = Some(raft_lab::Instant(0))),
        "End" => surface.runner.set_diagram(|window| window.from = None),
        "+" => surface.zoom(0.5, middle),
        "-" => surface.zoom(2.0, middle),
        "Escape" if about.is_some() => let_go(&surface.runner),
        "Enter" => match about {
            Some(about) => surface.runner.show_after(about.steps),
            None => return,
        },
        "w" => match about {
            Some(about) => surface.runner.exec(&format!("why {}", about.event)),
            None => return,
        },
        _ => return,
    }
    event.prevent_default();
}

/// Goes to the next item, or the one before; past the edge, the window scrolls.
fn step(surface: &Surface, view: &DiagramView, forward: bool) {
    let events: Vec<EventNumber> = view
        .items
        .iter()
        .filter(|shown| view.from <= shown.item.at && shown.item.at <= view.until)
        .map(|shown| shown.item.event)
        .collect();
    let about = view.about.as_ref().map(|about| about.event);
    match next_of(&events, about, forward) {
        Some(event) => keep(&surface.runner, event),
        None => surface.scroll(if forward { PAGE / 2.0 } else { -PAGE / 2.0 }),
    }
}

/// The event after the one that is chosen, or before it. Without one: the first, or the last.
fn next_of(
    events: &[EventNumber],
    chosen: Option<EventNumber>,
    forward: bool,
) -> Option<EventNumber> {
    match (chosen, forward) {
        (Some(chosen), true) => events.iter().copied().find(|event| *event > chosen),
        (Some(chosen), false) => events.iter().copied().rfind(|event| *event < chosen),
        (None, true) => events.first().copied(),
        (None, false) => events.last().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_from_item_to_item() {
        let events: Vec<EventNumber> = [3, 5, 9].into_iter().filter_map(EventNumber::new).collect();
        let next = |chosen, forward| {
            next_of(&events, EventNumber::new(chosen), forward).map(EventNumber::get)
        };
        assert_eq!((next(0, true), next(0, false)), (Some(3), Some(9)));
        assert_eq!((next(3, true), next(5, false)), (Some(5), Some(3)));
        // The chosen one may be outside of the window.
        assert_eq!((next(4, true), next(12, false)), (Some(5), Some(9)));
        assert_eq!((next(9, true), next(3, false)), (None, None));
    }
}
