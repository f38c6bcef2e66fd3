//! The network is split by hand: a line drawn around nodes, or nodes chosen one by one, make a
//! draft, which becomes one statement. A node that is pulled away from the others is isolated.

mod gesture;
mod sides;

use std::cell::Cell;
use std::collections::BTreeSet;

use gloo_timers::callback::Timeout;
use raft_lab::NodeId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use self::gesture::{Gesture, Pressed};
use self::sides::{Sides, isolation};
use crate::hooks::{focus_soon, use_first_window_event, use_window_event};
use crate::picture::canvas::Scene;
use crate::picture::{Point, Ring};
use crate::state::{Selection, use_controls, use_frame, use_selected};
use crate::ui::PartitionRays;

/// The click that ends a gesture comes within this time, in milliseconds.
const CLICK_MS: u32 = 50;

#[derive(Properties, PartialEq)]
pub(crate) struct SplitProps {
    pub(crate) scene: Scene,
}

#[component(Split)]
pub(crate) fn split(props: &SplitProps) -> Html {
    let (frame, controls, selected) = (use_frame(), use_controls(), use_selected());
    let ring = props.scene.ring;
    let host = use_node_ref();
    let draft = use_state_eq(|| None::<BTreeSet<NodeId>>);
    let pressed = use_mut_ref(|| None::<Pressed>);
    let gesture = use_state_eq(|| None::<Gesture>);
    // The click that ends a gesture is none for the picture.
    let is_over = use_memo((), |()| Cell::new(false));
    let ids: Vec<NodeId> = frame.view.node_ids().collect();
    let sides = draft.as_ref().map(|chosen| Sides::of(&ids, chosen));

    let toggle = {
        let draft = draft.clone();
        move |node: NodeId| {
            let mut chosen = (*draft).clone().unwrap_or_default();
            if !chosen.remove(&node) {
                chosen.insert(node);
            }
            draft.set(Some(chosen));
        }
    };
    let on_down = {
        let (pressed, host, is_over) = (pressed.clone(), host.clone(), is_over.clone());
        let (gesture, is_drafted) = (gesture.setter(), draft.is_some());
        Callback::from(move |event: Event| {
            is_over.set(false);
            let Ok(event) = event.dyn_into::<PointerEvent>() else { return };
            // A second finger ends what the first one began.
            gesture.set(None);
            *pressed.borrow_mut() =
                if event.is_primary() { begun(&event, &host, is_drafted) } else { None };
        })
    };
    use_window_event("pointerdown", on_down);
    let on_move = {
        let (pressed, host, gesture) = (pressed.clone(), host.clone(), gesture.clone());
        Callback::from(move |event: Event| {
            let Ok(event) = event.dyn_into::<PointerEvent>() else { return };
            let pressed = pressed.borrow();
            if let (Some(pressed), Some(at)) = (&*pressed, place(&event, &host))
                && !is_menu_open()
                && let Some(next) = pressed.moved((*gesture).clone(), at)
            {
                gesture.set(Some(next));
            }
        })
    };
    use_window_event("pointermove", on_move);
    let on_up = {
        let (pressed, gesture, draft) = (pressed.clone(), gesture.clone(), draft.clone());
        let (runner, is_over, ids) = (controls.runner.clone(), is_over.clone(), ids.clone());
        Callback::from(move |_: Event| {
            pressed.take();
            let Some(done) = (*gesture).clone() else { return };
            gesture.set(None);
            is_over.set(true);
            // A finger that moved makes no click.
            let is_over = is_over.clone();
            Timeout::new(CLICK_MS, move || is_over.set(false)).forget();
            match done {
                Gesture::Lasso(line) => {
                    let chosen = gesture::surrounded(&line, ids.iter().copied(), ring);
                    if !chosen.is_empty() && chosen.len() < ids.len() {
                        draft.set(Some(chosen));
                        focus_soon("split-apply");
                    }
                }
                Gesture::Pull { node, .. } if done.is_far(ring) => {
                    runner.exec(&isolation(&runner.frame().view, node));
                }
                Gesture::Pull { .. } => {}
            }
        })
    };
    use_window_event("pointerup", on_up);
    let cancel = {
        let (pressed, gesture) = (pressed, gesture.clone());
        move || {
            pressed.take();
            gesture.set(None);
        }
    };
    use_window_event("pointercancel", {
        let cancel = cancel.clone();
        Callback::from(move |_: Event| cancel())
    });
    let on_click = {
        let (toggle, is_drafted, is_over) = (toggle.clone(), draft.is_some(), is_over.clone());
        Callback::from(move |event: Event| {
            let node = node_of(&event).filter(|_| is_drafted);
            if is_over.replace(false) || node.is_some() {
                stop(&event);
                node.into_iter().for_each(&toggle);
            }
        })
    };
    use_first_window_event("click", on_click);
    let on_key = {
        let (draft, gesture, ids) = (draft.clone(), gesture.clone(), ids.clone());
        let is_over = is_over.clone();
        Callback::from(move |event: Event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
            if is_text(event) || event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let key = event.key();
            let numbered = key.parse().ok().map(NodeId).filter(|node| ids.contains(node));
            match (&*key, draft.is_some()) {
                ("Escape", _) if gesture.is_some() => {
                    cancel();
                    is_over.set(true);
                }
                ("Escape", true) => draft.set(None),
                (" " | "Enter", true) => match node_of(event) {
                    Some(node) => toggle(node),
                    None => return,
                },
                (_, true) => match numbered {
                    Some(node) => toggle(node),
                    None => return,
                },
                (_, false) => return,
            }
            stop(event);
        })
    };
    use_first_window_event("keydown", on_key);

    let on_begin = {
        let draft = draft.setter();
        Callback::from(move |_: MouseEvent| {
            let first = if let Some(Selection::Node(node)) = selected { Some(node) } else { None };
            draft.set(Some(first.into_iter().collect()));
            focus_soon("split-apply");
        })
    };
    let on_cancel = {
        let draft = draft.setter();
        Callback::from(move |_: MouseEvent| draft.set(None))
    };
    let on_apply = {
        let (draft, runner, line) =
            (draft.setter(), controls.runner, sides.as_ref().and_then(Sides::statement));
        Callback::from(move |_: MouseEvent| {
            if let Some(line) = &line {
                runner.exec(line);
                draft.set(None);
                // Space runs it or pauses it.
                focus_soon("run-toggle");
            }
        })
    };
    html! {
        <div ref={host} class="split">
            { view_draft(sides.as_ref(), &ids, ring, props.scene) }
            { view_gesture(gesture.as_ref(), ring, props.scene) }
            <div class={classes!("split-panel", sides.is_some().then_some("is-open"))}
                role="group" aria-label="Split the network">
                if let Some(sides) = sides {
                    <p class="split-sides" role="status" data-testid="split-sides">
                        { sides.in_words() }
                    </p>
                    <p class="split-note">{ "Click nodes, or type their numbers." }</p>
                    <button type="button" class="button is-primary is-small" id="split-apply"
                        data-testid="split-apply" onclick={on_apply}
                        aria-disabled={sides.statement().is_none().to_string()}>
                        { "Apply" }
                    </button>
                    <button type="button" class="button is-small" data-testid="split-cancel"
                        title="Esc" onclick={on_cancel}>{ "Cancel" }</button>
                } else {
                    <button type="button" class="button is-small" id="split-draft"
                        data-testid="split-draft" onclick={on_begin}
                        title="s; or draw a line around nodes, or pull a node away">
                        { "Split…" }
                    </button>
                }
            </div>
        </div>
    }
}

/// A press on the picture that may become a gesture: on a node, or on the ground.
fn begun(event: &PointerEvent, host: &NodeRef, is_drafted: bool) -> Option<Pressed> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    let closest = |selector: &str| target.closest(selector).ok().flatten();
    let topology = closest(".topology")?;
    let is_here = host.get().is_some_and(|host| topology.contains(Some(&host)));
    let is_taken = closest(".split-panel, .link, .page.is-presented").is_some();
    if !is_here || is_taken || event.button() != 0 || !event.is_primary() {
        return None;
    }
    let node = node_of(event);
    let may_begin = node.is_none() || !is_drafted;
    may_begin.then(|| Some(Pressed { node, at: place(event, host)? })).flatten()
}

/// Where the pointer is in the picture.
fn place(event: &PointerEvent, host: &NodeRef) -> Option<Point> {
    let corner = host.cast::<HtmlElement>()?.get_bounding_client_rect();
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    Some(Point::new(x - corner.left(), y - corner.top()))
}

/// The node of the picture that an event is on.
fn node_of(event: &Event) -> Option<NodeId> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    let marked = target.closest(".topology [data-select]").ok().flatten()?;
    match Selection::from_attribute(&marked.get_attribute("data-select")?)? {
        Selection::Node(node) => Some(node),
        Selection::Link(..)
        | Selection::Message(_)
        | Selection::Entry(_)
        | Selection::Client(_) => None,
    }
}

fn stop(event: &Event) {
    event.stop_propagation();
    event.prevent_default();
}

fn is_text(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let taken = "input, textarea, select, dialog, [role=menu]";
    target.is_some_and(|target| target.closest(taken).is_ok_and(|found| found.is_some()))
}

/// A finger that stayed has opened the menu.
fn is_menu_open() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|page| page.query_selector("[role=menu]").is_ok_and(|it| it.is_some()))
}

/// The line between the sides, and a ring around each chosen node.
fn view_draft(sides: Option<&Sides>, ids: &[NodeId], ring: Ring, scene: Scene) -> Html {
    let Some(sides) = sides else { return html! {} };
    let chosen = sides.chosen.iter().map(|node| {
        let centre = ring.node(node.0);
        html! {
            <circle key={node.0} class="split-chosen" cx={px(centre.x)} cy={px(centre.y)}
                r={px(ring.node_radius + 10.0)} />
        }
    });
    html! {
        <svg class="split-picture is-draft" width={px(scene.width)} height={px(scene.height)}
            aria-hidden="true">
            <PartitionRays {ring} gaps={sides.gaps(ids)} />
            { for chosen }
        </svg>
    }
}

/// The line that is drawn, or the node that is pulled.
fn view_gesture(gesture: Option<&Gesture>, ring: Ring, scene: Scene) -> Html {
    let drawn = match gesture {
        None => return html! {},
        Some(Gesture::Lasso(line)) => {
            let points: Vec<String> =
                line.iter().map(|point| format!("{:.1},{:.1}", point.x, point.y)).collect();
            html! { <polygon class="split-lasso" points={points.join(" ")} /> }
        }
        Some(pull @ Gesture::Pull { node, at, .. }) => {
            let (home, is_far) = (ring.node(node.0), pull.is_far(ring));
            let words = if is_far {
                format!("Let go: node {node} is isolated")
            } else {
                "Farther away, to isolate it".to_owned()
            };
            html! {
                <g class={classes!("split-pull", is_far.then_some("is-far"))}>
                    <line x1={px(home.x)} y1={px(home.y)} x2={px(at.x)} y2={px(at.y)} />
                    <circle cx={px(at.x)} cy={px(at.y)} r={px(ring.node_radius)} />
                    <text class="split-number" x={px(at.x)} y={px(at.y)}>{ node.to_string() }</text>
                    <text x={px(scene.width / 2.0)} y="20">{ words }</text>
                </g>
            }
        }
    };
    html! {
        <svg class="split-picture" width={px(scene.width)} height={px(scene.height)}
            aria-hidden="true" data-testid="split-gesture">{ drawn }</svg>
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}
