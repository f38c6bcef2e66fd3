//! The sequence diagram of a recorded run. A click on an item shows its moment.

use std::rc::Rc;

use raft_lab::{DiagramView, DiagramWindow, Instant};
use web_sys::{Element, HtmlCanvasElement, WheelEvent};
use yew::prelude::*;

use super::shown::Moment;
use crate::hooks::{ThemeContext, use_size};
use crate::panels::diagram::{Arrangement, HEADS, Heads};
use crate::picture::canvas::DiagramPainter;
use crate::picture::{LaneChoice, Point, Sheet};

/// So many events are in a window that nobody chose, usually.
const SHOWN: usize = 24;

#[derive(Properties, PartialEq)]
pub(super) struct RunDiagramProps {
    pub(super) moment: Moment,
    pub(super) on_go: Callback<usize>,
}

#[component(RunDiagram)]
pub(super) fn run_diagram(props: &RunDiagramProps) -> Html {
    let RunDiagramProps { moment: Moment { run, events, .. }, on_go } = props;
    let usual = || run.now().usual_span(SHOWN).max(4 * DiagramWindow::LEAST_SPAN);
    let span = use_state_eq(usual);
    // Where somebody scrolled; `None`: it follows the moment.
    let from = use_state_eq(|| None::<Instant>);
    let noise = use_state_eq(|| false);
    let arrangement = use_state_eq(|| Rc::new(Arrangement::default()));
    use_effect_with(*events, {
        let from = from.setter();
        move |_| from.set(None)
    });
    let window =
        DiagramWindow { from: *from, span: *span, noise: *noise, ..DiagramWindow::default() };
    let view = Rc::new(run.now().diagram_after(*events, &window));
    let host = use_node_ref();
    let (width, height) = use_size(&host);
    let size = (width, (height - HEADS).max(0.0));
    let choices = arrangement.choices(&view.lanes);
    let sheet = Sheet::new(size, view.from..view.until, &choices);
    let on_arrange = {
        let arrangement = arrangement.setter();
        Callback::from(move |next| arrangement.set(Rc::new(next)))
    };
    let on_wheel = {
        let (from, view) = (from.setter(), view.clone());
        Callback::from(move |event: WheelEvent| {
            event.prevent_default();
            from.set(Some(scrolled(&view, event.delta_y().signum() * 0.15)));
        })
    };
    let on_click = {
        let (sheet, view, on_go) = (sheet.clone(), view.clone(), on_go.clone());
        Callback::from(move |event: MouseEvent| {
            let items = view.items.iter().map(|shown| &*shown.item);
            let found = sheet.items_at(place_of(&event), items, view.end);
            if let Some(event) = found.first() {
                on_go.emit(event.get() as usize);
            }
        })
    };
    let zoom = |factor: f64| {
        let (setter, next) = (span.setter(), (*span as f64 * factor) as u64);
        let next = next.clamp(DiagramWindow::LEAST_SPAN, DiagramWindow::MOST_SPAN);
        Callback::from(move |_: MouseEvent| setter.set(next))
    };
    let on_noise = {
        let (setter, next) = (noise.setter(), !*noise);
        Callback::from(move |_: MouseEvent| setter.set(next))
    };
    html! {
        <section class="panel panel-diagram recorded-diagram" aria-label="Sequence diagram">
            <div class="recorded-tools">
                <button type="button" class="button is-small" aria-label="Zoom out"
                    onclick={zoom(2.0)}>{ "−" }</button>
                <button type="button" class="button is-small" aria-label="Zoom in"
                    onclick={zoom(0.5)}>{ "+" }</button>
                <button type="button" class="button is-small" aria-pressed={noise.to_string()}
                    onclick={on_noise}>{ "Routine" }</button>
                <span class="dialog-note">{ match (run.now().has_times(), view.left_out) {
                    (_, 1..) => "Too many items: zoom in to see all.",
                    (false, _) => "The file has no times: each event takes one millisecond.",
                    (true, _) => "Click an item to see its moment.",
                } }</span>
            </div>
            <div class="diagram-scroll" ref={host}>
                <Heads view={view.clone()} sheet={sheet.clone()}
                    arrangement={(*arrangement).clone()} {on_arrange} />
                <div class="diagram-sheet" data-testid="recorded-sheet"
                    data-items={view.items.len().to_string()}
                    style={format!("width:{}px;height:{}px", sheet.width, sheet.height)}
                    onwheel={on_wheel} onclick={on_click}>
                    if width > 0.0 {
                        <SheetCanvas {size} {choices} view={view.clone()} />
                    }
                </div>
            </div>
        </section>
    }
}

/// The time at the upper edge after a scroll by a part of the window.
fn scrolled(view: &DiagramView, part: f64) -> Instant {
    let by = (view.until.0 - view.from.0) as f64 * part;
    Instant((view.from.0 as f64 + by).clamp(0.0, view.end.0 as f64) as u64)
}

/// The place of the pointer on the sheet.
fn place_of(event: &MouseEvent) -> Point {
    let sheet = event.current_target().and_then(|it| wasm_bindgen::JsCast::dyn_into(it).ok());
    sheet.map_or(Point::new(0.0, 0.0), |sheet: Element| {
        let place = sheet.get_bounding_client_rect();
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        Point::new(x - place.left(), y - place.top())
    })
}

#[derive(Properties, PartialEq)]
struct SheetCanvasProps {
    size: (f64, f64),
    choices: Vec<LaneChoice>,
    view: Rc<DiagramView>,
}

#[component(SheetCanvas)]
fn sheet_canvas(props: &SheetCanvasProps) -> Html {
    let canvas = use_node_ref();
    let theme = use_context::<ThemeContext>().expect("the application provides the theme");
    let SheetCanvasProps { size, choices, view } = props;
    let dependencies = (canvas.clone(), *size, choices.clone(), view.clone(), theme);
    use_effect_with(dependencies, |(canvas, size, choices, view, _)| {
        let canvas = canvas.cast::<HtmlCanvasElement>();
        let painter = canvas.and_then(|canvas| DiagramPainter::new(&canvas, *size, choices));
        if let Some(painter) = painter {
            painter.paint(view);
        }
    });
    html! { <canvas ref={canvas} class="diagram-canvas" aria-hidden="true"></canvas> }
}
