//! Each node's key-value store, and the differences between them.

mod read_policy;
mod reading;

use std::collections::BTreeSet;

use raft_kv::{Key, Value};
use raft_lab::Frame;
use yew::prelude::*;

use self::reading::Reading;
use crate::state::use_frame;
use crate::ui::{Panel, VirtualList};

const ROW_HEIGHT: f64 = 26.0;
/// With this many nodes or fewer, a cell has room for a word.
const MANY: usize = 7;

#[component(KeyValues)]
pub(crate) fn key_values() -> Html {
    let frame = use_frame();
    let keys: Vec<Key> = frame
        .world
        .nodes()
        .filter_map(|node| node.store())
        .flat_map(|store| store.iter().map(|(key, _)| key.clone()))
        .collect::<BTreeSet<Key>>()
        .into_iter()
        .collect();
    let count = keys.len();
    let summary = match count {
        0 => String::new(),
        1 => "1 key".to_owned(),
        _ => format!("{count} keys"),
    };
    html! {
        <Panel name="kv" title="Keys and values" aside={html! { <span>{ summary }</span> }}>
            if count == 0 {
                { nothing_applied(&frame) }
            } else {
                <Table {frame} keys={Keys(keys)} />
            }
            <Reading />
        </Panel>
    }
}

/// The text while all stores are empty. After a restart, the logs hold entries that are applied
/// only once a leader has committed an entry of its own term.
fn nothing_applied(frame: &Frame) -> Html {
    let mut cores = frame.world.nodes().filter_map(|node| node.core());
    if cores.any(|core| core.last_applied() < core.log().last().index) {
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

#[derive(Clone, PartialEq)]
struct Keys(Vec<Key>);

#[derive(Properties, PartialEq)]
struct TableProps {
    frame: Frame,
    keys: Keys,
}

#[component(Table)]
fn table(props: &TableProps) -> Html {
    let TableProps { frame, keys: Keys(keys) } = props;
    let head = html! {
        <div class="row-cells" role="row" aria-rowindex="1">
            <span class="key-cell" role="columnheader">{ "key" }</span>
            { for frame.world.nodes().map(|node| html! {
                <span key={node.id().0} class="value-cell" role="columnheader"
                    aria-label={format!("node {}", node.id())}>{ node.id().to_string() }</span>
            }) }
        </div>
    };
    let row = {
        let (frame, keys) = (frame.clone(), keys.clone());
        Callback::from(move |place: usize| {
            keys.get(place).map_or_else(Html::default, |key| view_row(&frame, key))
        })
    };
    html! {
        <VirtualList total={keys.len()} row_height={ROW_HEIGHT} {row} {head}
            label="Keys and values of each node" />
    }
}

fn view_row(frame: &Frame, key: &Key) -> Html {
    let values: Vec<_> = frame
        .world
        .nodes()
        .map(|node| (node.id(), node.store().map(|store| store.get(key.as_bytes()).cloned())))
        .collect();
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
        let title = format!("node {node}: {shown}{}", if differs { ", differs" } else { "" });
        html! {
            <span key={node.0} role="cell" data-testid={format!("kv-{node}")}
                data-key={key.to_string()} {title}
                class={classes!("value-cell", state, differs.then_some("is-different"))}>
                { text }
            </span>
        }
    });
    html! {
        <div class="row-cells" role="presentation">
            <span class="key-cell" role="rowheader" title={key.to_string()}>
                { key.to_string() }
            </span>
            { for cells }
        </div>
    }
}

/// The value that most nodes have; of equally common ones, the first.
fn most_common<'a>(values: impl Iterator<Item = &'a Option<Value>>) -> Option<Option<Value>> {
    let values: Vec<_> = values.collect();
    let count = |wanted: &Option<Value>| values.iter().filter(|value| **value == wanted).count();
    let mut best: Option<(&Option<Value>, usize)> = None;
    for value in &values {
        let number = count(value);
        if best.is_none_or(|(_, most)| number > most) {
            best = Some((value, number));
        }
    }
    best.map(|(value, _)| value.clone())
}
