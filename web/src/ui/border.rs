//! A border between two areas of the page. People move it with the pointer or with the arrow keys,
//! and the page keeps its place for the next visit.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::state::storage;

/// How far an arrow key moves a border, in percent of the area that it parts.
const STEP: i32 = 2;

/// The borders that can be moved. `styles/layout.css` and `styles/phone.css` have their places at
/// the first visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Border {
    /// Between the cluster and what is at its right.
    Ring,
    /// Between the panels and what is at their left.
    Panel,
    /// Between the logs and the keys below them.
    Keys,
    /// On a phone: the upper edge of the sheet with the panels.
    Sheet,
}

impl Border {
    /// Its name: of its custom property of the page, and of what is kept.
    fn name(self) -> &'static str {
        match self {
            Self::Ring => "border-ring",
            Self::Panel => "border-panel",
            Self::Keys => "border-keys",
            Self::Sheet => "border-sheet",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Ring => "Width of the cluster",
            Self::Panel => "Width of the panels",
            Self::Keys => "Height of the keys",
            Self::Sheet => "Height of the panels",
        }
    }

    /// Whether it is a vertical line.
    fn is_upright(self) -> bool {
        match self {
            Self::Ring | Self::Panel => true,
            Self::Keys | Self::Sheet => false,
        }
    }

    /// The first, the usual and the last place, in percent of its area.
    fn places(self) -> (i32, i32, i32) {
        match self {
            Self::Ring => (24, 40, 60),
            Self::Panel => (16, 26, 45),
            Self::Keys => (10, 26, 60),
            Self::Sheet => (0, 30, 45),
        }
    }

    /// Where it is now, in percent of its area, and how many pixels a percent is.
    fn measured(self, node: &Element) -> Option<(f64, f64)> {
        let area = match self {
            Self::Ring | Self::Panel | Self::Keys => ".grid",
            Self::Sheet => ".page",
        };
        let area = node.closest(area).ok()??;
        let (all, own) = (area.get_bounding_client_rect(), node.get_bounding_client_rect());
        let (x, y) = (own.left() + own.width() / 2.0, own.top() + own.height() / 2.0);
        let (size, whole) = match self {
            Self::Ring => (x - all.left(), all.width()),
            Self::Panel => (all.right() - x, all.width()),
            Self::Keys => (all.bottom() - y, all.height()),
            Self::Sheet => (height_of_sheet(&area)?, all.height()),
        };
        (whole > 0.0).then(|| (size / whole * 100.0, whole / 100.0))
    }

    /// How far a pointer is in the direction in which the area grows, in pixels.
    fn along(self, event: &PointerEvent) -> f64 {
        match self {
            Self::Ring => f64::from(event.client_x()),
            Self::Panel => -f64::from(event.client_x()),
            Self::Keys | Self::Sheet => -f64::from(event.client_y()),
        }
    }

    /// The place of an earlier visit.
    fn kept(self) -> Option<i32> {
        let place = storage()?.get_item(&format!("helios-{}", self.name())).ok()??;
        let (first, _, last) = self.places();
        place.parse().ok().filter(|place| (first..=last).contains(place))
    }

    /// Puts it at a place, or at its usual one, and keeps that.
    fn put(self, place: Option<i32>) {
        let root = web_sys::window().and_then(|window| window.document()?.document_element());
        let Some(root) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok()) else { return };
        let (property, key) = (format!("--{}", self.name()), format!("helios-{}", self.name()));
        let (style, storage) = (root.style(), storage());
        // Without storage, the place lasts until the page is closed.
        let _ = match place {
            Some(place) => {
                storage.map(|storage| storage.set_item(&key, &place.to_string()));
                style.set_property(&property, &place.to_string())
            }
            None => {
                storage.map(|storage| storage.remove_item(&key));
                style.remove_property(&property).map(drop)
            }
        };
    }
}

/// The height of the panel that the sheet shows.
fn height_of_sheet(page: &Element) -> Option<f64> {
    let rect = |selector| {
        let found = page.query_selector(selector).ok().flatten();
        found.map(|found| found.get_bounding_client_rect())
    };
    let console = rect(".console").map_or(0.0, |console| console.height());
    Some(rect(".time")?.top() - console - rect(".tabs")?.bottom())
}

/// The place of a border, in percent, and what moves it; `None` is its usual place.
#[derive(Clone, PartialEq)]
pub(crate) struct BorderPlace {
    border: Border,
    place: UseStateHandle<Option<i32>>,
}

impl BorderPlace {
    pub(crate) fn percent(&self) -> i32 {
        self.place.unwrap_or(self.border.places().1)
    }

    /// Puts it at its usual place, if its area cannot be seen.
    pub(crate) fn raise(&self) {
        if self.percent() == 0 {
            self.put(None);
        }
    }

    pub(crate) fn put(&self, place: Option<i32>) {
        let (first, _, last) = self.border.places();
        let place = place.map(|place| place.clamp(first, last));
        self.border.put(place);
        self.place.set(place);
    }
}

/// A border's place, as it was at the last visit.
#[hook]
pub(crate) fn use_border(border: Border) -> BorderPlace {
    let place = use_state_eq(|| border.kept());
    use_effect_with(border, {
        let kept = *place;
        move |border| border.put(kept)
    });
    BorderPlace { border, place }
}

#[derive(Properties, PartialEq)]
pub(crate) struct MovableBorderProps {
    pub(crate) at: BorderPlace,
}

/// The line that can be moved. A double click, or Enter, puts it back.
#[component(MovableBorder)]
pub(crate) fn movable_border(props: &MovableBorderProps) -> Html {
    let node = use_node_ref();
    let BorderPlace { border, .. } = props.at;
    let (first, _, last) = border.places();
    // While it is moved: where the pointer was, the place then, and the pixels of a percent.
    let grip = use_mut_ref(|| None::<(f64, f64, f64)>);
    let on_down = use_callback((node.clone(), grip.clone()), move |event: PointerEvent, deps| {
        let (node, grip) = deps;
        let Some(node) = node.cast::<Element>().filter(|_| event.button() == 0) else { return };
        // A pointer that is gone moves nothing.
        let _ = node.set_pointer_capture(event.pointer_id());
        let measured = border.measured(&node);
        *grip.borrow_mut() =
            measured.map(|(place, percent)| (border.along(&event), place, percent));
    });
    let on_move = {
        let (at, grip) = (props.at.clone(), grip.clone());
        Callback::from(move |event: PointerEvent| {
            let Some((from, place, percent)) = *grip.borrow() else { return };
            let way = (at.border.along(&event) - from) / percent;
            at.put(Some((place + way).round() as i32));
        })
    };
    let on_up = use_callback(grip, |_: PointerEvent, grip| *grip.borrow_mut() = None);
    let on_reset = {
        let at = props.at.clone();
        Callback::from(move |_: MouseEvent| at.put(None))
    };
    let on_key = {
        let (at, node) = (props.at.clone(), node.clone());
        Callback::from(move |event: KeyboardEvent| {
            let measured = node.cast::<Element>().and_then(|node| at.border.measured(&node));
            let here = measured.map_or(at.percent(), |(place, _)| place.round() as i32);
            // It grows with the arrow that goes into the other area.
            let (more, less) = match at.border {
                Border::Ring => ("ArrowRight", "ArrowLeft"),
                Border::Panel => ("ArrowLeft", "ArrowRight"),
                Border::Keys | Border::Sheet => ("ArrowUp", "ArrowDown"),
            };
            let place = match event.key() {
                key if key == more => Some(here + STEP),
                key if key == less => Some(here - STEP),
                key if key == "Enter" => None,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            at.put(place);
        })
    };
    let orientation = if border.is_upright() { "vertical" } else { "horizontal" };
    html! {
        <div ref={node} class={classes!("border", border.name())} role="separator" tabindex="0"
            data-testid={border.name()} aria-label={border.label()}
            aria-orientation={orientation} aria-valuemin={first.to_string()}
            aria-valuemax={last.to_string()} aria-valuenow={props.at.percent().to_string()}
            onpointerdown={on_down} onpointermove={on_move} onlostpointercapture={on_up}
            ondblclick={on_reset}
            onkeydown={on_key}></div>
    }
}
