//! The picture: links and nodes as SVG, messages and timers on a canvas over them.

use std::cell::RefCell;

use raft_core::NodeId;
use raft_lab::Frame;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, HtmlElement};
use yew::prelude::*;

use crate::controls::{Controls, MenuAt, use_controls, use_frame, use_selected};
use crate::geometry::{Point, Ring, nearest};
use crate::hooks::{ThemeContext, use_painter, use_size};
use crate::paint::{Painter, Scene, place_of};
use crate::selection::Selection;
use crate::ui::{LinkLine, NodeGlyph, PartitionRays};
use crate::view::{LinkView, NodeView, part_of};

/// A message is small, and it moves.
const MESSAGE_REACH: f64 = 16.0;

#[component(Stage)]
pub(crate) fn stage() -> Html {
    let (frame, controls, selected) = (use_frame(), use_controls(), use_selected());
    let keyboard = controls.clone();
    let (host, behind) = (use_node_ref(), use_node_ref());
    let (width, height) = use_size(&host);
    let ring = Ring::fit(width, height, frame.world.setup().nodes);
    let scene = Scene { ring, width, height, selected, is_still: prefers_stillness() };

    let find = use_callback((controls.clone(), scene), |event: MouseEvent, (controls, scene)| {
        selection_at(&event, controls, *scene)
    });
    // A message holds still while it is being clicked.
    let on_press =
        use_callback((controls.clone(), find.clone()), |event: PointerEvent, (controls, find)| {
            if let Some(Selection::Message(_)) = find.emit(event.into()) {
                controls.runner.set_running(false);
            }
        });
    let on_click = use_callback((controls.clone(), find.clone()), |event, (controls, find)| {
        look_at(controls, find.emit(event));
    });
    let on_menu = use_callback((controls, find), |event: MouseEvent, (controls, find)| {
        let (x, y) = place_of_menu(&event);
        if let Some(selection) = find.emit(event.clone()) {
            event.prevent_default();
            controls.select.emit(Some(selection));
            controls.open_menu.emit(Some(MenuAt { selection, x, y }));
        }
    });
    let on_key = use_callback(keyboard, press_key);
    html! {
        <div ref={host} class="stage" onclick={on_click} oncontextmenu={on_menu}
            onpointerdown={on_press}
            onkeydown={on_key}>
            <canvas ref={behind.clone()} class="timers" aria-hidden="true"></canvas>
            if width > 0.0 {
                <svg class="picture" width={width.to_string()} height={height.to_string()}
                    role="group" aria-label="Nodes and links">
                    { links(&frame, ring, selected) }
                    { parts(&frame, ring) }
                    { nodes(&frame, ring, selected) }
                </svg>
            }
            <MessageCanvas {scene} {behind} />
        </div>
    }
}

fn nodes(frame: &Frame, ring: Ring, selected: Option<Selection>) -> Html {
    let tab_stop = match selected {
        Some(Selection::Node(node)) => node,
        _ => NodeId(1),
    };
    let glyphs = frame.world.nodes().map(|node| {
        let id = node.id();
        html! {
            <NodeGlyph key={id.0} view={NodeView::of(node)} centre={ring.node(id.0)}
                radius={ring.node_radius} is_selected={selected == Some(Selection::Node(id))}
                is_tab_stop={id == tab_stop} />
        }
    });
    html! { <g class="nodes">{ for glyphs }</g> }
}

fn links(frame: &Frame, ring: Ring, selected: Option<Selection>) -> Html {
    let views = LinkView::all(&frame.world);
    let tab_stop = match selected {
        Some(Selection::Link(one, other)) => (one, other),
        _ => views.first().map_or((NodeId(0), NodeId(0)), |view| (view.one, view.other)),
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
    let parts: Vec<usize> = match frame.world.partition() {
        Some(_) => frame.world.node_ids().map(|node| part_of(&frame.world, node)).collect(),
        None => Vec::new(),
    };
    html! { <PartitionRays {ring} {parts} /> }
}

#[derive(Properties, PartialEq)]
struct MessageCanvasProps {
    scene: Scene,
    /// The canvas behind the picture.
    behind: NodeRef,
}

/// The canvases draw themselves in every animation frame.
#[component(MessageCanvas)]
fn message_canvas(props: &MessageCanvasProps) -> Html {
    let canvas = use_node_ref();
    let theme = use_context::<ThemeContext>().expect("the application provides the theme");
    let canvases = (canvas.clone(), props.behind.clone());
    use_painter((canvases, props.scene, theme), |((over, behind), scene, _)| {
        let canvases = over.cast::<HtmlCanvasElement>().zip(behind.cast::<HtmlCanvasElement>());
        let painter = canvases.and_then(|(over, behind)| Painter::new(&over, &behind, *scene));
        let painter = painter.map(RefCell::new);
        move |frame: &Frame| {
            if let Some(painter) = &painter {
                painter.borrow_mut().paint(frame);
            }
        }
    });
    html! { <canvas ref={canvas} class="messages" aria-hidden="true"></canvas> }
}

/// What is under the mouse: nodes before messages, messages before links.
fn selection_at(event: &MouseEvent, controls: &Controls, scene: Scene) -> Option<Selection> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    let marked = target.closest("[data-select]").ok().flatten();
    let under = marked
        .and_then(|element| element.get_attribute("data-select"))
        .and_then(|text| Selection::from_attribute(&text));
    if matches!(under, Some(Selection::Node(_))) {
        return under;
    }
    let stage = target.closest(".stage").ok().flatten()?.get_bounding_client_rect();
    let mouse = Point::new(
        f64::from(event.client_x()) - stage.left(),
        f64::from(event.client_y()) - stage.top(),
    );
    let frame = controls.runner.frame();
    let now = frame.world.now();
    let messages = frame
        .world
        .in_flight()
        .map(|message| (message.id, place_of(scene.ring, message, now, scene.is_still)));
    nearest(mouse, MESSAGE_REACH, messages).map(Selection::Message).or(under)
}

/// Selects; a message would be gone before it is read, so looking at one pauses.
fn look_at(controls: &Controls, selection: Option<Selection>) {
    if matches!(selection, Some(Selection::Message(_))) {
        controls.runner.set_running(false);
    }
    controls.open_menu.emit(None);
    controls.select.emit(selection);
}

/// At the mouse; under the element when the keyboard asked for the menu.
fn place_of_menu(event: &MouseEvent) -> (i32, i32) {
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

/// Space looks at what has the focus, Enter also opens its menu, which is near the eye and the
/// keyboard; the arrow keys go to the next of its kind.
fn press_key(event: KeyboardEvent, controls: &Controls) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(target) = target else { return };
    let Some(text) = target.get_attribute("data-select") else { return };
    match event.key().as_str() {
        " " => look_at(controls, Selection::from_attribute(&text)),
        "Enter" => {
            look_at(controls, Selection::from_attribute(&text));
            let place = target.get_bounding_client_rect();
            let (x, y) = (place.right() as i32, place.top() as i32);
            let menu = Selection::from_attribute(&text).map(|selection| MenuAt { selection, x, y });
            controls.open_menu.emit(menu);
        }
        "ArrowRight" | "ArrowDown" => focus_sibling(&target, true),
        "ArrowLeft" | "ArrowUp" => focus_sibling(&target, false),
        _ => return,
    }
    event.prevent_default();
}

/// Moves the focus to the next of the nodes, or of the links, around their ends.
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

fn prefers_stillness() -> bool {
    web_sys::window()
        .and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten())
        .is_some_and(|query| query.matches())
}
