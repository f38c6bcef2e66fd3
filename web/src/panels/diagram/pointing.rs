//! The pointer on the sheet: it lights what led to an item, keeps an item, scrolls and zooms.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use raft_lab::{DiagramView, DiagramWindow, EventNumber, Instant, Related};
use web_sys::{Element, PointerEvent, WheelEvent};
use yew::prelude::*;

use crate::lab::Runner;
use crate::picture::{LaneChoice, Point, Sheet};

/// An item is lit after the pointer rested on it for so long.
const REST_MS: u32 = 150;
/// A pointer that moves less does not scroll, in CSS pixels.
const DRAG: f64 = 4.0;
/// The width of the times at the left, which move the cursor when they are clicked.
const TIMES: f64 = 52.0;

/// The sheet as the pointer and the keys see it.
#[derive(Clone, PartialEq)]
pub(super) struct Surface {
    pub(super) runner: Runner,
    pub(super) size: (f64, f64),
    pub(super) choices: Vec<LaneChoice>,
}

/// What the sheet does with the pointer.
pub(super) struct Pointing {
    pub(super) on_down: Callback<PointerEvent>,
    pub(super) on_move: Callback<PointerEvent>,
    pub(super) on_up: Callback<PointerEvent>,
    pub(super) on_leave: Callback<PointerEvent>,
    pub(super) on_cancel: Callback<PointerEvent>,
    pub(super) on_double: Callback<MouseEvent>,
    pub(super) on_wheel: Callback<WheelEvent>,
}

/// A pointer that is down.
struct Press {
    y: f64,
    from: Instant,
    has_moved: bool,
}

/// The state of the pointer.
#[derive(Default)]
struct Pointer {
    press: Option<Press>,
    /// What is lit when it has rested on an item.
    resting: Option<(Related, Timeout)>,
}

impl Surface {
    pub(super) fn view(&self) -> Option<Rc<DiagramView>> {
        self.runner.frame().lab.diagram.clone()
    }

    fn sheet(&self, view: &DiagramView) -> Sheet {
        Sheet::new(self.size, view.from..view.until, &self.choices)
    }

    /// The items at a place, the nearest first.
    fn items_at(&self, point: Point) -> Vec<EventNumber> {
        let Some(view) = self.view() else { return Vec::new() };
        let items = view.items.iter().map(|shown| &*shown.item);
        self.sheet(&view).items_at(point, items, view.end)
    }

    /// Scrolls by a part of the window.
    pub(super) fn scroll(&self, part: f64) {
        let Some(view) = self.view() else { return };
        let by = (view.until.0 - view.from.0) as f64 * part;
        let from = (view.from.0 as f64 + by).clamp(0.0, view.end.0 as f64);
        self.runner.glide_diagram(|window| window.from = Some(Instant(from as u64)));
    }

    /// Zooms, with the time at this height in its place.
    pub(super) fn zoom(&self, factor: f64, y: f64) {
        let Some(view) = self.view() else { return };
        let (at, part) = (self.sheet(&view).time(y), y / self.size.1.max(1.0));
        self.runner.set_diagram(|window| zoom(window, factor, (at, part)));
    }
}

/// Tells no item any more, and lights none.
pub(super) fn let_go(runner: &Runner) {
    runner.set_diagram(|window| (window.about, window.lit) = (None, None));
}

/// Tells an item in full, and lights what it is related to.
pub(super) fn keep(runner: &Runner, event: EventNumber) {
    let view = runner.frame().lab.diagram.clone();
    let is_operation = view.is_some_and(|view| is_operation(&view, event));
    runner.set_diagram(|window| {
        window.about = Some(event);
        window.lit = Some(match is_operation {
            true => Related::Operation(event),
            false => Related::Past(event),
        });
    });
}

/// The span times `factor`. A window with a place keeps a time at a part of its height.
pub(super) fn zoom(window: &mut DiagramWindow, factor: f64, (at, part): (Instant, f64)) {
    let span = (window.span as f64 * factor) as u64;
    window.span = span.clamp(DiagramWindow::LEAST_SPAN, DiagramWindow::MOST_SPAN);
    if window.from.is_some() {
        let before = (window.span as f64 * part) as u64;
        window.from = Some(Instant(at.0.saturating_sub(before)));
    }
}

fn is_operation(view: &DiagramView, event: EventNumber) -> bool {
    let shown = view.items.iter().find(|shown| shown.item.event == event);
    shown.is_some_and(|shown| matches!(shown.item.shape, raft_lab::ItemShape::Operation { .. }))
}

fn place_of(event: &MouseEvent) -> Point {
    Point::new(f64::from(event.offset_x()), f64::from(event.offset_y()))
}

#[hook]
pub(super) fn use_pointing(surface: Surface) -> Pointing {
    let pointer = use_mut_ref(Pointer::default);
    Pointing {
        on_down: use_callback(surface.clone(), {
            let pointer = pointer.clone();
            move |event: PointerEvent, surface| press(&event, surface, &pointer)
        }),
        on_move: use_callback(surface.clone(), {
            let pointer = pointer.clone();
            move |event: PointerEvent, surface| follow(&event, surface, &pointer)
        }),
        on_up: use_callback(surface.clone(), {
            let pointer = pointer.clone();
            move |event: PointerEvent, surface| release(&event, surface, &pointer)
        }),
        on_leave: use_callback(surface.clone(), {
            let pointer = pointer.clone();
            move |_: PointerEvent, surface| rest_on(None, surface, &pointer)
        }),
        // The browser takes the pointer to scroll with it.
        on_cancel: use_callback(surface.clone(), {
            move |_: PointerEvent, _| pointer.borrow_mut().press = None
        }),
        on_double: use_callback(surface.clone(), |event: MouseEvent, surface| {
            let place = place_of(&event);
            let item = surface.items_at(place).first().copied().filter(|_| place.x >= TIMES);
            if let Some(item) = item {
                keep(&surface.runner, item);
                surface.runner.show_event(item);
            }
        }),
        on_wheel: use_callback(surface, |event: WheelEvent, surface| {
            if event.delta_x().abs() > event.delta_y().abs() {
                // Many lanes are wider than the window, and the browser scrolls them.
                return;
            }
            event.prevent_default();
            if event.ctrl_key() || event.meta_key() {
                let y = f64::from(event.offset_y());
                surface.zoom(if event.delta_y() > 0.0 { 1.25 } else { 0.8 }, y);
            } else {
                surface.scroll(event.delta_y() / surface.size.1.max(1.0));
            }
        }),
    }
}

fn press(event: &PointerEvent, surface: &Surface, pointer: &Rc<RefCell<Pointer>>) {
    let Some(view) = surface.view().filter(|_| event.button() == 0) else { return };
    // It must not light anything after the click has.
    rest_on(None, surface, pointer);
    pointer.borrow_mut().press =
        Some(Press { y: f64::from(event.client_y()), from: view.from, has_moved: false });
    if let Some(sheet) = event.target_dyn_into::<Element>() {
        // Without it, the pointer only must not leave the sheet.
        let _ = sheet.set_pointer_capture(event.pointer_id());
    }
}

fn follow(event: &PointerEvent, surface: &Surface, pointer: &Rc<RefCell<Pointer>>) {
    let moved = {
        let mut pointer = pointer.borrow_mut();
        pointer.press.as_mut().map(|press| {
            let by = f64::from(event.client_y()) - press.y;
            press.has_moved |= by.abs() > DRAG;
            (press.from, by, press.has_moved)
        })
    };
    match moved {
        Some((from, by, true)) => {
            let Some(view) = surface.view() else { return };
            let span = (view.until.0 - view.from.0) as f64;
            let from = (from.0 as f64 - by / surface.size.1.max(1.0) * span).max(0.0) as u64;
            surface.runner.glide_diagram(|window| window.from = Some(Instant(from)));
        }
        Some(_) => {}
        None => {
            let item = surface.items_at(place_of(event)).first().copied();
            let related = if event.alt_key() { Related::Future } else { Related::Past };
            rest_on(item.map(related), surface, pointer);
        }
    }
}

fn release(event: &PointerEvent, surface: &Surface, pointer: &Rc<RefCell<Pointer>>) {
    let press = pointer.borrow_mut().press.take();
    if press.is_none_or(|press| press.has_moved) {
        return;
    }
    let place = place_of(event);
    let Some(view) = surface.view() else { return };
    if place.x < TIMES {
        return surface.runner.show_at(surface.sheet(&view).time(place.y));
    }
    let found = surface.items_at(place);
    let kept = view.about.as_ref().map(|about| about.event);
    // A second click at the same place takes the next of several items there.
    let next = found.iter().position(|event| Some(*event) == kept).map_or(0, |at| at + 1);
    match found.get(next).or(found.first()) {
        Some(event) => keep(&surface.runner, *event),
        None => let_go(&surface.runner),
    }
}

/// The pointer is on an item, or on none. What was kept by a click stays lit.
fn rest_on(related: Option<Related>, surface: &Surface, pointer: &Rc<RefCell<Pointer>>) {
    if surface.view().is_none_or(|view| view.about.is_some()) {
        pointer.borrow_mut().resting = None;
        return;
    }
    let before = pointer.borrow().resting.as_ref().map(|(related, _)| *related);
    if before == related {
        return;
    }
    if before.is_some() {
        surface.runner.glide_diagram(|window| window.lit = None);
    }
    pointer.borrow_mut().resting = related.map(|related| {
        let runner = surface.runner.clone();
        let light = move || runner.glide_diagram(|window| window.lit = Some(related));
        (related, Timeout::new(REST_MS, light))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_time_under_the_pointer() {
        let mut window =
            DiagramWindow { from: Some(Instant(100_000)), span: 100_000, ..Default::default() };
        zoom(&mut window, 0.5, (Instant(150_000), 0.5));
        assert_eq!((window.from, window.span), (Some(Instant(125_000)), 50_000));
        zoom(&mut window, 1e12, (Instant(150_000), 0.5));
        assert_eq!(window.span, DiagramWindow::MOST_SPAN);
        window.from = None;
        zoom(&mut window, 0.0, (Instant(150_000), 0.5));
        assert_eq!((window.from, window.span), (None, DiagramWindow::LEAST_SPAN));
    }
}
