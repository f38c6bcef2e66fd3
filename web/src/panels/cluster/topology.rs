//! The topology: links and nodes as SVG, timers on a canvas behind them and messages on one over
//! them.

mod long_press;
mod pointing;

use std::cell::RefCell;
use std::rc::Rc;

use raft_lab::{ChangesView, Frame, NodeId, View};
use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use self::long_press::use_long_press;
use self::pointing::{place_of_menu, press_key, selection_at};
use crate::hooks::{ThemeContext, use_painter, use_size};
use crate::panels::{Later, Panel};
use crate::picture::canvas::{FadingMessages, Painter, Scene};
use crate::picture::{LinkPicture, NodePicture, Ring, is_parted};
use crate::state::{
    MenuAt, Selection, Side, use_changes, use_controls, use_frame, use_selected, use_side,
};
use crate::ui::{LinkLine, NodeGlyph, PartitionRays};

#[component(Topology)]
pub(crate) fn topology() -> Html {
    let (frame, controls, selected) = (use_frame(), use_controls(), use_selected());
    let (keyboard, changes, side) = (controls.clone(), use_changes(), use_side());
    let (host, behind) = (use_node_ref(), use_node_ref());
    let (width, height) = use_size(&host);
    let ring = Ring::fit(width, height, frame.view.node_ids());
    let scene = Scene { ring, width, height, selected, is_still: prefers_stillness() };

    let find = use_callback((controls.clone(), scene), |event: MouseEvent, (controls, scene)| {
        selection_at(&event, controls, *scene)
    });
    // The lab pauses, so that the message does not move while it is being clicked.
    let on_press =
        use_callback((controls.clone(), find.clone()), |event: PointerEvent, (controls, find)| {
            if let Some(Selection::Message(_)) = find.emit(event.into()) {
                controls.runner.set_running(false);
            }
        });
    let click = (controls.clone(), find.clone());
    let on_menu = use_callback((controls, find), |event: MouseEvent, (controls, find)| {
        let (x, y) = place_of_menu(&event);
        let selection = find.emit(event.clone());
        event.prevent_default();
        controls.select.emit(selection);
        controls.open_menu.emit(Some(MenuAt { selection, x, y }));
    });
    let press = use_long_press(&on_menu);
    let on_down = Callback::from(move |event: PointerEvent| {
        on_press.emit(event.clone());
        press.on_down.emit(event);
    });
    let (was_long, is_long) = (press.was_long.clone(), press.was_long);
    // The browser's mouse, which follows the finger, takes no focus from the menu.
    let on_mouse = Callback::from(move |event: MouseEvent| {
        if is_long.get() {
            event.prevent_default();
        }
    });
    let on_click = Callback::from(move |event: MouseEvent| {
        let (controls, find) = &click;
        match was_long.take() {
            // Nor is it one for the page.
            true => event.stop_propagation(),
            false => controls.look_at(find.emit(event)),
        }
    });
    let on_key = use_callback(keyboard, press_key);
    html! {
        <div ref={host} class="topology" onclick={on_click} oncontextmenu={on_menu}
            onmousedown={on_mouse} onpointerdown={on_down} onpointermove={press.on_move}
            onpointerup={press.on_up.clone()} onpointercancel={press.on_up}
            onkeydown={on_key}>
            <canvas ref={behind.clone()} class="timers" aria-hidden="true"></canvas>
            if width > 0.0 {
                <svg class="picture" width={width.to_string()} height={height.to_string()}
                    role="group" aria-label="Nodes and links">
                    { links(&frame, ring, selected) }
                    { parts(&frame, ring) }
                    { nodes(&frame, changes.as_deref(), ring, selected) }
                </svg>
            }
            <MessageCanvas {scene} {behind}
                view={(side == Side::Recorded).then(|| frame.view.clone())} />
            if side == Side::Live {
                <Later panel={Panel::Split(scene)} waits={true} />
            }
        </div>
    }
}

fn nodes(
    frame: &Frame,
    changes: Option<&ChangesView>,
    ring: Ring,
    selected: Option<Selection>,
) -> Html {
    let tab_stop = if let Some(Selection::Node(node)) = selected { node } else { NodeId(1) };
    let glyphs = frame.view.nodes.iter().map(|node| {
        let id = node.id;
        let is_changed = changes.is_some_and(|changes| changes.of(id).is_some());
        html! {
            <NodeGlyph key={id.0} view={NodePicture { is_changed, ..NodePicture::of(node) }}
                centre={ring.node(id.0)} radius={ring.node_radius} room={ring.room()}
                is_selected={selected == Some(Selection::Node(id))}
                has_words_above={ring.has_words_above(id.0)} is_tab_stop={id == tab_stop} />
        }
    });
    html! { <g class="nodes">{ for glyphs }</g> }
}

fn links(frame: &Frame, ring: Ring, selected: Option<Selection>) -> Html {
    let views = LinkPicture::all(&frame.view);
    let tab_stop = if let Some(Selection::Link(one, other)) = selected {
        (one, other)
    } else {
        views.first().map_or((NodeId(0), NodeId(0)), |view| (view.one, view.other))
    };
    let lines = views.into_iter().map(|view| {
        let selection = Selection::link(view.one, view.other);
        html! {
            <LinkLine key={selection.to_attribute()} {view} {ring}
                is_selected={selected == Some(selection)}
                is_tab_stop={(view.one, view.other) == tab_stop} />
        }
    });
    html! { <g class="links">{ for lines }</g> }
}

fn parts(frame: &Frame, ring: Ring) -> Html {
    let nodes: Vec<NodeId> = frame.view.node_ids().collect();
    let neighbours = nodes.iter().zip(nodes.iter().cycle().skip(1));
    let gaps: Vec<bool> =
        neighbours.map(|(one, next)| is_parted(&frame.view, *one, *next)).collect();
    html! { <PartitionRays {ring} {gaps} /> }
}

#[derive(Properties, PartialEq)]
struct MessageCanvasProps {
    scene: Scene,
    /// The canvas behind the picture.
    behind: NodeRef,
    /// The moment of a recorded run; `None`: the frames of the lab, as they come.
    view: Option<Rc<View>>,
}

/// The canvases draw themselves in every animation frame.
#[component(MessageCanvas)]
fn message_canvas(props: &MessageCanvasProps) -> Html {
    let canvas = use_node_ref();
    let theme = use_context::<ThemeContext>().expect("the application provides the theme");
    let canvases = (canvas.clone(), props.behind.clone());
    let fading = use_mut_ref(FadingMessages::default);
    let dependencies = (canvases, props.scene, theme, props.view.clone());
    use_painter(dependencies, move |((over, behind), scene, _, view)| {
        let view = view.clone();
        let canvases = over.cast::<HtmlCanvasElement>().zip(behind.cast::<HtmlCanvasElement>());
        let painter =
            canvases.and_then(|(over, behind)| Painter::new(&over, &behind, *scene, fading));
        let painter = painter.map(RefCell::new);
        move |frame: &Frame| {
            let view = view.as_ref().unwrap_or(&frame.view);
            let paint = |painter: &RefCell<Painter>| painter.borrow_mut().paint(view);
            painter.as_ref().is_some_and(paint)
        }
    });
    html! { <canvas ref={canvas} class="messages" aria-hidden="true"></canvas> }
}

fn prefers_stillness() -> bool {
    web_sys::window()
        .and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten())
        .is_some_and(|query| query.matches())
}
