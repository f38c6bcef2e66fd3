//! A context menu: arrow keys move, Enter chooses, Escape or a click elsewhere closes.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// One line of a menu.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct MenuItem {
    pub(crate) testid: AttrValue,
    pub(crate) label: AttrValue,
    /// The statement; the menu shows it.
    pub(crate) line: AttrValue,
    pub(crate) disabled: bool,
    /// Whether it starts another group.
    pub(crate) is_apart: bool,
}

#[derive(Properties, PartialEq)]
pub(crate) struct MenuProps {
    pub(crate) label: AttrValue,
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) items: Vec<MenuItem>,
    pub(crate) on_choose: Callback<AttrValue>,
    pub(crate) on_close: Callback<()>,
}

#[component(Menu)]
pub(crate) fn menu(props: &MenuProps) -> Html {
    let node = use_node_ref();
    // The element with the focus before; it gets the focus back.
    let before = use_mut_ref(active_element);
    // Its items may become more while it is open.
    let deps = (node.clone(), props.x, props.y, props.items.clone());
    use_effect_with(deps, |(node, x, y, _)| {
        if let Some(menu) = node.cast::<HtmlElement>() {
            keep_on_screen(&menu, *x, *y);
        }
    });
    use_effect_with((node.clone(), props.x, props.y), |(node, ..)| {
        if let Some(menu) = node.cast::<HtmlElement>() {
            // Without an item that can be chosen it has the focus itself, so that Escape closes it.
            let _ = menu.focus();
            move_focus(&menu, 0);
        }
    });
    let give_back_focus = Callback::from(move |()| {
        let before = before.borrow().clone();
        if let Some(before) = before {
            // SVG elements take the focus as HTML elements do.
            let _ = before.unchecked_into::<HtmlElement>().focus();
        }
    });
    let on_key = use_callback(
        (node.clone(), props.on_close.clone(), give_back_focus.clone()),
        |event: KeyboardEvent, (node, on_close, give_back_focus)| {
            let Some(menu) = node.cast::<HtmlElement>() else { return };
            match event.key().as_str() {
                "ArrowDown" => move_focus(&menu, 1),
                "ArrowUp" => move_focus(&menu, -1),
                "Escape" | "Tab" => {
                    give_back_focus.emit(());
                    on_close.emit(());
                }
                _ => return,
            }
            event.prevent_default();
        },
    );
    let on_out = use_callback(
        (node.clone(), props.on_close.clone()),
        |event: FocusEvent, (node, on_close)| {
            let next = event.related_target().and_then(|next| next.dyn_into::<Element>().ok());
            let stays = node.get().is_some_and(|menu| menu.contains(next.as_deref()));
            if !stays {
                on_close.emit(());
            }
        },
    );
    // The finger whose long press opened the menu may be over an item when it is lifted.
    let is_pressed = use_mut_ref(|| false);
    let on_press = {
        let is_pressed = is_pressed.clone();
        Callback::from(move |_: PointerEvent| *is_pressed.borrow_mut() = true)
    };
    let on_choose = {
        let on_choose = props.on_choose.clone();
        Callback::from(move |(event, line): (MouseEvent, AttrValue)| {
            // A key presses without a pointer.
            if event.detail() > 0 && !*is_pressed.borrow() {
                return;
            }
            give_back_focus.emit(());
            on_choose.emit(line);
        })
    };
    html! {
        <div ref={node} class="menu" role="menu" tabindex="-1"
            aria-label={props.label.clone()}
            onpointerdown={on_press} onkeydown={on_key} onfocusout={on_out}>
            { for props.items.iter().map(|item| view_item(item, &on_choose)) }
        </div>
    }
}

fn view_item(item: &MenuItem, on_choose: &Callback<(MouseEvent, AttrValue)>) -> Html {
    let line = item.line.clone();
    let on_click = on_choose.reform(move |event: MouseEvent| (event, line.clone()));
    html! {
        <button key={item.line.to_string()} type="button" role="menuitem"
            class={classes!("menu-item", item.is_apart.then_some("is-apart"))}
            data-testid={item.testid.clone()} disabled={item.disabled} onclick={on_click}>
            <span>{ &item.label }</span>
            <code>{ &item.line }</code>
        </button>
    }
}

/// Moves the menu to a place of the window, or as near to it as it fits.
fn keep_on_screen(menu: &HtmlElement, x: i32, y: i32) {
    let inner = |value: Result<wasm_bindgen::JsValue, _>| {
        value.ok().and_then(|value| value.as_f64()).unwrap_or(f64::MAX)
    };
    let Some(window) = web_sys::window() else { return };
    let (width, height) = (inner(window.inner_width()), inner(window.inner_height()));
    let left = f64::from(x).min(width - f64::from(menu.offset_width()) - 8.0).max(8.0);
    let top = f64::from(y).min(height - f64::from(menu.offset_height()) - 8.0).max(8.0);
    // Plain lengths are always accepted.
    let _ = menu.style().set_property("left", &format!("{left}px"));
    let _ = menu.style().set_property("top", &format!("{top}px"));
}

fn active_element() -> Option<Element> {
    web_sys::window()?.document()?.active_element()
}

/// Moves the focus among the enabled items; after the last comes the first.
fn move_focus(menu: &HtmlElement, by: i32) {
    let Ok(items) = menu.query_selector_all("[role=menuitem]:not(:disabled)") else { return };
    let items: Vec<HtmlElement> =
        (0..items.length()).filter_map(|place| items.get(place)?.dyn_into().ok()).collect();
    let active = active_element();
    let place = items.iter().position(|item| active.as_ref() == Some(item.as_ref()));
    let count = items.len().max(1) as i32;
    let next = place.map_or(0, |place| (place as i32 + by).rem_euclid(count));
    if let Some(item) = items.get(next as usize) {
        // An element on screen takes the focus.
        let _ = item.focus();
    }
}
