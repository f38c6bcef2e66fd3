//! The sequence diagram: a lane for each node and client, time downward. It shows a window of time
//! that follows the moment that the page shows, until somebody scrolls.

mod arrangement;
mod details;
mod filters;
mod heads;
mod keys;
mod pointing;
mod table;
mod toolbar;
mod verdict;

use std::rc::Rc;

use raft_lab::{DiagramView, Frame};
use web_sys::HtmlCanvasElement;
use yew::prelude::*;

pub(crate) use self::arrangement::Arrangement;
use self::details::Details;
pub(crate) use self::filters::Filters;
pub(in crate::panels) use self::heads::{HEADS, Heads};
use self::keys::press;
use self::pointing::{Surface, use_pointing};
use self::table::Table;
use self::toolbar::Toolbar;
use self::verdict::Verdict;
use crate::hooks::{ThemeContext, use_painter, use_size};
use crate::picture::canvas::DiagramPainter;
use crate::picture::{LaneChoice, Sheet};
use crate::state::{use_controls, use_frame};
use crate::words::milliseconds;

#[derive(Properties, PartialEq)]
pub(crate) struct DiagramProps {
    pub(crate) arrangement: Rc<Arrangement>,
    pub(crate) on_arrange: Callback<Arrangement>,
    /// Opens and closes the filters, where they have no place of their own.
    pub(crate) on_filters: Callback<()>,
}

#[component(Diagram)]
pub(crate) fn diagram(props: &DiagramProps) -> Html {
    let is_table = use_state_eq(|| false);
    let setter = is_table.setter();
    let Some(view) = use_frame().lab.diagram.clone() else { return html! {} };
    let window = use_controls().runner.diagram_window().unwrap_or_default();
    let DiagramProps { arrangement, on_arrange, on_filters } = props;
    html! {
        <section class="panel panel-diagram" aria-label="Sequence diagram" data-testid="diagram">
            <Toolbar view={view.clone()} on_filters={on_filters.clone()} is_table={*is_table}
                on_table={Callback::from(move |next| setter.set(next))} />
            <Verdict verdict={view.verdict.clone()} />
            if *is_table {
                <Table view={view.clone()} />
            } else {
                <Lanes view={view.clone()} arrangement={arrangement.clone()}
                    on_arrange={on_arrange.clone()} />
            }
            <Details about={view.about.clone()} lit={window.lit} only={window.only} />
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct LanesProps {
    view: Rc<DiagramView>,
    arrangement: Rc<Arrangement>,
    on_arrange: Callback<Arrangement>,
}

/// The heads of the lanes, and the sheet below them.
#[component(Lanes)]
fn lanes(props: &LanesProps) -> Html {
    let LanesProps { view, arrangement, on_arrange } = props;
    let host = use_node_ref();
    let (width, height) = use_size(&host);
    let size = (width, (height - HEADS).max(0.0));
    let choices = arrangement.choices(&view.lanes);
    let sheet = Sheet::new(size, view.from..view.until, &choices);
    let surface = Surface { runner: use_controls().runner, size, choices: choices.clone() };
    let pointing = use_pointing(surface.clone());
    let on_key = use_callback(surface, |event: KeyboardEvent, surface| press(&event, surface));
    let words = format!(
        "Sequence diagram from {} to {} ms, {} items. Arrow keys go from item to item, Enter goes \
         to the moment of an item, W asks why, Page Up and Page Down scroll.",
        milliseconds(view.from),
        milliseconds(view.until),
        view.items.len(),
    );
    html! {
        <div class="diagram-scroll" ref={host}>
            <Heads view={view.clone()} sheet={sheet.clone()} arrangement={arrangement.clone()}
                on_arrange={on_arrange.clone()} />
            <div class="diagram-sheet" tabindex="0" role="application" aria-label={words}
                data-testid="diagram-sheet" data-from={view.from.0.to_string()}
                data-until={view.until.0.to_string()} data-items={view.items.len().to_string()}
                style={format!("width:{}px;height:{}px", sheet.width, sheet.height)}
                onkeydown={on_key} onwheel={pointing.on_wheel} ondblclick={pointing.on_double}
                onpointerdown={pointing.on_down} onpointermove={pointing.on_move}
                onpointerup={pointing.on_up} onpointerleave={pointing.on_leave}
                onpointercancel={pointing.on_cancel}>
                if width > 0.0 {
                    <SheetCanvas {size} {choices} />
                }
                { notice(view) }
            </div>
        </div>
    }
}

/// What is to be said over the sheet.
fn notice(view: &DiagramView) -> Html {
    let words = match view.computed {
        Some(percent) => format!("The run is computed again: {percent} %"),
        None if view.left_out > 0 => {
            format!("{} items are too many to draw: zoom in to see them", view.left_out)
        }
        None if view.items.is_empty() => {
            "Nothing that is shown happens here. Repeated heartbeats are under “routine”."
                .to_owned()
        }
        None => return html! {},
    };
    html! { <p class="diagram-notice" role="status">{ words }</p> }
}

#[derive(Properties, PartialEq)]
struct SheetCanvasProps {
    size: (f64, f64),
    choices: Vec<LaneChoice>,
}

/// The canvas draws itself with every new frame.
#[component(SheetCanvas)]
fn sheet_canvas(props: &SheetCanvasProps) -> Html {
    let canvas = use_node_ref();
    let theme = use_context::<ThemeContext>().expect("the application provides the theme");
    let dependencies = (canvas.clone(), props.size, props.choices.clone(), theme);
    use_painter(dependencies, move |(canvas, size, choices, _)| {
        let canvas = canvas.cast::<HtmlCanvasElement>();
        let painter = canvas.and_then(|canvas| DiagramPainter::new(&canvas, *size, choices));
        move |frame: &Frame| {
            if let (Some(painter), Some(view)) = (&painter, &frame.lab.diagram) {
                painter.paint(view);
            }
            false
        }
    });
    html! { <canvas ref={canvas} class="diagram-canvas" aria-hidden="true"></canvas> }
}
