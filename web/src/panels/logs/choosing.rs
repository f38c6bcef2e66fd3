//! Log entries are selected with the keys, too: Enter goes from the table to its last
//! entry, the arrows go on from there.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::state::Selection;

/// The cells with entries.
const ENTRY: &str = ".log-cell[data-select]";

/// The entry that a key selects. Other keys move the focus.
pub(super) fn pressed(event: &KeyboardEvent) -> Option<Selection> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    let cell = target.closest(ENTRY).ok().flatten();
    let (chosen, focused) = match (cell, event.key().as_str()) {
        (Some(cell), "Enter" | " ") => (selection(&cell), None),
        (Some(cell), "ArrowLeft") => (None, beside(&cell, false)),
        (Some(cell), "ArrowRight") => (None, beside(&cell, true)),
        (Some(cell), "ArrowUp") => (None, in_row_beside(&cell, false)),
        (Some(cell), "ArrowDown") => (None, in_row_beside(&cell, true)),
        (None, "Enter") => (None, last(&target)),
        (Some(_) | None, _) => return None,
    };
    event.prevent_default();
    if let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Without the focus, the key has done nothing.
        let _ = focused.focus();
    }
    chosen
}

fn selection(cell: &Element) -> Option<Selection> {
    Selection::from_attribute(&cell.get_attribute("data-select")?)
}

fn last(table: &Element) -> Option<Element> {
    let entries = table.query_selector_all(ENTRY).ok()?;
    entries.item(entries.length().checked_sub(1)?)?.dyn_into().ok()
}

/// The next entry of the same row, or the one before.
fn beside(cell: &Element, forward: bool) -> Option<Element> {
    let sibling = |of: &Element| match forward {
        true => of.next_element_sibling(),
        false => of.previous_element_sibling(),
    };
    let mut next = sibling(cell);
    while let Some(found) = next {
        if found.matches(ENTRY).unwrap_or(false) {
            return Some(found);
        }
        next = sibling(&found);
    }
    None
}

/// The entry of the same node in the next row, or in the one before.
fn in_row_beside(cell: &Element, forward: bool) -> Option<Element> {
    let cells = cell.parent_element()?;
    let siblings = cells.children();
    let place =
        (0..siblings.length()).find(|place| siblings.item(*place).as_ref() == Some(cell))?;
    let row = cell.closest(".row").ok().flatten()?;
    let row = match forward {
        true => row.next_element_sibling(),
        false => row.previous_element_sibling(),
    };
    let found = row?.first_element_child()?.children().item(place)?;
    found.matches(ENTRY).unwrap_or(false).then_some(found)
}
