//! Each node's key-value store, and the differences between them.

mod read_policy;
mod reading;

use std::ops::Range;
use std::rc::Rc;

use raft_lab::{ChangesView, StoreView, StoresView, View};
use yew::prelude::*;

use self::reading::Reading;
use crate::hooks::use_window_event;
use crate::panels::questions::of_key;
use crate::state::{use_changes, use_controls, use_frame};
use crate::ui::{Click, Panel, VirtualList};

const ROW_HEIGHT: f64 = 26.0;
/// With this many nodes or fewer, a cell has room for a word.
const MANY: usize = 7;
/// Windows begin and end at multiples of this, so that they do not change with every row.
const STEP: u64 = 100;

#[derive(Properties, PartialEq)]
pub(crate) struct KeyValuesProps {
    /// Called when a key is to be shown and the panel is hidden.
    pub(crate) on_hidden: Callback<()>,
}

/// A key that somebody clicked in a sentence, and how many were clicked so far.
type Sought = (String, u32);

#[component(KeyValues)]
pub(crate) fn key_values(props: &KeyValuesProps) -> Html {
    let (frame, changes) = (use_frame(), use_changes());
    let sought = use_state_eq(|| (String::new(), 0));
    let on_click = {
        let (sought, on_hidden) = (sought.clone(), props.on_hidden.clone());
        Callback::from(move |event: Event| {
            let Some(Click::ShowKey(key)) = Click::of(&event) else { return };
            sought.set((key, sought.1 + 1));
            if is_hidden() {
                on_hidden.emit(());
            }
        })
    };
    use_window_event("click", on_click);
    let stores = frame.view.stores.clone();
    let count = stores.total;
    let summary = match count {
        0 => String::new(),
        1 => "1 key".to_owned(),
        _ => format!("{count} keys"),
    };
    html! {
        <Panel name="kv" title="Keys and values" aside={html! { <span>{ summary }</span> }}>
            if count == 0 {
                { nothing_applied(&frame.view) }
            } else {
                <Table {stores} {changes} sought={(*sought).clone()} />
            }
            <Reading />
        </Panel>
    }
}

/// Whether another panel is in the place of this one.
fn is_hidden() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    let panel = document.and_then(|it| it.query_selector(".panel-kv").ok().flatten());
    panel.is_none_or(|panel| panel.client_width() == 0)
}

/// The text while all stores are empty. After a restart, the logs hold entries that are applied
/// only once a leader has committed an entry of its own term.
fn nothing_applied(view: &View) -> Html {
    let mut cores = view.nodes.iter().filter_map(|node| node.core.as_ref());
    if cores.any(|core| core.last_applied < core.last_log.index) {
        return html! {
            <p class="empty">
                { "No store holds a key yet. The logs hold entries that are not applied: a leader \
                   must first commit an entry of its own term." }
            </p>
        };
    }
    html! {
        <p class="empty">
            { "No store holds a key. Write one: " }<code>{ "set x=1" }</code>
        </p>
    }
}

#[derive(Properties, PartialEq)]
struct TableProps {
    stores: Rc<StoresView>,
    changes: Option<Rc<ChangesView>>,
    sought: Sought,
}

#[component(Table)]
fn table(props: &TableProps) -> Html {
    let runner = use_controls().runner;
    let stores = props.stores.clone();
    let head = html! {
        <div class="row-cells" role="row" aria-rowindex="1">
            <span class="key-cell" role="columnheader">{ "key" }</span>
            { for stores.nodes.iter().map(|store| html! {
                <span key={store.node.0} class="value-cell" role="columnheader"
                    aria-label={format!("node {}", store.node)}>{ store.node.to_string() }</span>
            }) }
        </div>
    };
    let total = stores.total as usize;
    let changes = props.changes.clone();
    let (sought, count) = props.sought.clone();
    let found = stores.keys.iter().position(|key| **key == *sought);
    let scroll_to = found.map(|place| (stores.first as usize + place, count));
    let row = Callback::from(move |place: usize| {
        let place = (place as u64).checked_sub(stores.first).map(|place| place as usize);
        let key = place.and_then(|place| stores.keys.get(place));
        let is_sought = place.is_some() && place == found;
        key.map_or_else(Html::default, |key| {
            view_row(&stores.nodes, changes.as_deref(), key, is_sought)
        })
    });
    let on_rows = use_callback(runner, |rows: Range<usize>, runner| {
        runner.set_window(|window| window.keys = wish(&rows));
    });
    html! {
        <VirtualList {total} row_height={ROW_HEIGHT} {row} {head} {on_rows} {scroll_to}
            label="Keys and values of each node" />
    }
}

fn view_row(
    stores: &[Rc<StoreView>],
    changes: Option<&ChangesView>,
    key: &Rc<str>,
    is_sought: bool,
) -> Html {
    // For each node that runs, the value or that there is none.
    let value_of =
        |store: &Rc<StoreView>| store.values.as_ref().map(|values| values.get(key).cloned());
    let values: Vec<_> = stores.iter().map(|store| (store.node, value_of(store))).collect();
    let usual = most_common(values.iter().filter_map(|(_, value)| value.as_ref()));
    let down = if values.len() > MANY { "✕" } else { "down" };
    let cells = values.iter().map(|(node, value)| {
        let differs = value.as_ref().is_some_and(|value| Some(value) != usual.as_ref());
        let (text, state) = match value {
            None => (down.to_owned(), "is-down"),
            Some(None) => ("–".to_owned(), "is-absent"),
            Some(Some(value)) => (value.to_string(), ""),
        };
        let shown = if value.is_none() { "down" } else { &text };
        let change = changes.and_then(|changes| changes.of(*node)?.value(key));
        let was = change.map(|change| change.before.as_deref().unwrap_or("nothing"));
        let was = was.map_or_else(String::new, |was| format!(", was {was}"));
        let differs_words = if differs { ", differs" } else { "" };
        let title = format!("node {node}: {shown}{differs_words}{was}");
        html! {
            <span key={node.0} role="cell" data-testid={format!("kv-{node}")}
                data-key={key.to_string()} {title}
                class={classes!("value-cell", state, differs.then_some("is-different"),
                    change.map(|_| "is-changed"))}>
                { text }
            </span>
        }
    });
    html! {
        <div class="row-cells" role="presentation">
            <span role="rowheader" title={key.to_string()}
                class={classes!("key-cell", is_sought.then_some("is-sought"))}>
                <span class="key-name">{ key.to_string() }</span>
                <button type="button" class="event-why" title="Why?" data-ask={of_key(key)}
                    aria-label={format!("Why the value of {key}?")}>{ "?" }</button>
            </span>
            { for cells }
        </div>
    }
}

/// The value that most nodes have; of equally common ones, the first.
fn most_common<'a>(values: impl Iterator<Item = &'a Option<Rc<str>>>) -> Option<Option<Rc<str>>> {
    let values: Vec<_> = values.collect();
    let count = |wanted: &Option<Rc<str>>| values.iter().filter(|value| **value == wanted).count();
    let mut best: Option<(&Option<Rc<str>>, usize)> = None;
    for value in &values {
        let number = count(value);
        if best.is_none_or(|(_, most)| number > most) {
            best = Some((value, number));
        }
    }
    best.map(|(value, _)| value.clone())
}

/// The places that a view must have so that these rows can be drawn, and some before and after
/// them.
fn wish(rows: &Range<usize>) -> Range<u64> {
    let start = (rows.start as u64).saturating_sub(STEP / 2) / STEP * STEP;
    start..(rows.end as u64 + STEP / 2).next_multiple_of(STEP)
}
