//! A long list that renders only its visible rows.

mod visible_rows;

use std::ops::Range;

use web_sys::HtmlElement;
use yew::prelude::*;

use self::visible_rows::{is_at_end, visible_rows};
use crate::hooks::use_size;

#[derive(Properties, PartialEq)]
pub(crate) struct VirtualListProps {
    /// The number of rows.
    pub(crate) total: usize,
    /// Each row's height in CSS pixels.
    pub(crate) row_height: f64,
    /// Renders the row at a place, from 0. Called again when the list renders.
    pub(crate) row: Callback<usize, Html>,
    /// For screen readers.
    pub(crate) label: AttrValue,
    /// Whether it scrolls to its end when rows are added, if it was there.
    #[prop_or_default]
    pub(crate) follows_end: bool,
    /// A row to scroll to, and a number: another one scrolls there again.
    #[prop_or_default]
    pub(crate) scroll_to: Option<(usize, u32)>,
    /// Called with the places of the rendered rows, when they change and when the callback does.
    #[prop_or_default]
    pub(crate) on_rows: Callback<Range<usize>>,
    /// The head above the rows; it does not scroll.
    #[prop_or_default]
    pub(crate) head: Html,
}

#[component(VirtualList)]
pub(crate) fn virtual_list(props: &VirtualListProps) -> Html {
    let node = use_node_ref();
    let (_, height) = use_size(&node);
    // `None`: at the end, and it stays there.
    let scroll_top = use_state_eq(|| (!props.follows_end).then_some(0.0));
    let (total, row_height) = (props.total, props.row_height);
    let content = total as f64 * row_height;

    let on_scroll = {
        let scroll_top = scroll_top.setter();
        let follows_end = props.follows_end;
        Callback::from(move |event: Event| {
            if let Some(list) = event.target_dyn_into::<HtmlElement>() {
                let top = f64::from(list.scroll_top());
                let height = f64::from(list.client_height());
                let content = f64::from(list.scroll_height());
                let is_following = follows_end && is_at_end(top, height, content, row_height);
                scroll_top.set((!is_following).then_some(top));
            }
        })
    };
    use_effect_with((total, height as u32, scroll_top.is_none()), {
        let node = node.clone();
        move |(.., is_following)| {
            if let (true, Some(list)) = (*is_following, node.cast::<HtmlElement>()) {
                list.set_scroll_top(list.scroll_height());
            }
        }
    });

    use_effect_with((props.scroll_to, height > 0.0), {
        let node = node.clone();
        move |(row, _)| {
            if let (Some((place, _)), Some(list)) = (row, node.cast::<HtmlElement>()) {
                let middle = *place as f64 * row_height - height / 2.0;
                list.set_scroll_top(middle.max(0.0) as i32);
            }
        }
    });

    // The rows at the end are known before the browser has scrolled there.
    let top = scroll_top.unwrap_or((content - height).max(0.0));
    let rows = visible_rows(total, row_height, top, height);
    // A row that comes takes the elements of one that goes: to make new ones takes far longer.
    let slots = rows.len().max(1);
    use_effect_with((props.on_rows.clone(), rows.clone()), |(on_rows, rows)| {
        on_rows.emit(rows.clone());
    });
    html! {
        <div ref={node} class="rows" role="table" tabindex="0" aria-label={props.label.clone()}
            aria-rowcount={(total + 1).to_string()} onscroll={on_scroll}>
            <div class="rows-head" role="rowgroup">{ props.head.clone() }</div>
            <div class="rows-content" role="rowgroup" style={format!("height: {content}px")}>
                { for rows.map(|place| html! {
                    <div key={place % slots} class="row" role="row"
                        aria-rowindex={(place + 2).to_string()}
                        style={format!("top: {}px; height: {row_height}px",
                            place as f64 * row_height)}>
                        { props.row.emit(place) }
                    </div>
                }) }
            </div>
        </div>
    }
}
