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
            Self::Sheet => (0, 30, 60),
        }
    }

    /// The size of the area that it bounds, for a place of the pointer, in percent.
    fn place_at(self, node: &Element, event: &PointerEvent) -> Option<i32> {
        let area = match self {
            Self::Ring | Self::Panel | Self::Keys => ".grid",
            Self::Sheet => ".page",
        };
        let area = node.closest(area).ok()??.get_bounding_client_rect();
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        let (size, whole) = match self {
            Self::Ring => (x - area.left(), area.width()),
            Self::Panel => (area.right() - x, area.width()),
            Self::Keys => (area.bottom() - y, area.height()),
            // The bar for thumbs is below the sheet.
            Self::Sheet => (area.bottom() - y - below(node), area.height()),
        };
        (whole > 0.0).then(|| (size / whole * 100.0).round() as i32)
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

/// The height of what is below the tabs of the sheet and is not its panel.
fn below(node: &Element) -> f64 {
    let height = |selector| {
        let found =
            node.closest(".page").ok().flatten()?.query_selector(selector).ok().flatten()?;
        Some(found.get_bounding_client_rect().height())
    };
    height(".tabs").unwrap_or(0.0) + height(".time").unwrap_or(0.0)
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
    let on_down = use_callback(node.clone(), |event: PointerEvent, node| {
        if let Some(node) = node.cast::<Element>() {
            // A pointer that is gone moves nothing.
            let _ = node.set_pointer_capture(event.pointer_id());
        }
    });
    let on_move = {
        let (at, node) = (props.at.clone(), node.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(node) = node.cast::<Element>() else { return };
            if !node.has_pointer_capture(event.pointer_id()) {
                return;
            }
            if let Some(place) = at.border.place_at(&node, &event) {
                at.put(Some(place));
            }
        })
    };
    let on_reset = {
        let at = props.at.clone();
        Callback::from(move |_: MouseEvent| at.put(None))
    };
    let on_key = {
        let at = props.at.clone();
        Callback::from(move |event: KeyboardEvent| {
            // It grows with the arrow that goes into the other area.
            let (more, less) = match at.border {
                Border::Ring => ("ArrowRight", "ArrowLeft"),
                Border::Panel => ("ArrowLeft", "ArrowRight"),
                Border::Keys | Border::Sheet => ("ArrowUp", "ArrowDown"),
            };
            let place = match event.key() {
                key if key == more => Some(at.percent() + STEP),
                key if key == less => Some(at.percent() - STEP),
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
            onpointerdown={on_down} onpointermove={on_move} ondblclick={on_reset}
            onkeydown={on_key}></div>
    }
}
