//! The records of a disk, each beside what memory has of the same thing.

use raft_lab::{RecordGroup, RecordView, Standing};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::ui::said;

#[derive(Properties, PartialEq)]
pub(super) struct RecordTableProps {
    pub(super) rows: Vec<RecordView>,
    /// The name of the record on which damage acts.
    pub(super) chosen: Option<AttrValue>,
    pub(super) on_choose: Callback<Option<String>>,
}

#[component(RecordTable)]
pub(super) fn record_table(props: &RecordTableProps) -> Html {
    let chosen = props.chosen.as_deref();
    let first = props.rows.iter().find_map(|row| row.name.as_deref());
    let reached = chosen.or(first);
    let group = |place: usize| props.rows.get(place).map(|row| row.group);
    let rows = props.rows.iter().enumerate().map(|(place, row)| {
        let is_first = place.checked_sub(1).and_then(group) != Some(row.group);
        let name = row.name.as_deref();
        let (is_chosen, is_reached) =
            (name.is_some() && name == chosen, name.is_some() && name == reached);
        let key = format!("{:?} {}", row.group, row.title);
        html! {
            <key={key}>
                if is_first {
                    <tr key={format!("{:?}", row.group)} class="disk-group">
                        <th colspan="3" scope="colgroup">{ group_words(row.group) }</th>
                    </tr>
                }
                <Row row={row.clone()} {is_chosen} {is_reached}
                    on_choose={props.on_choose.clone()} />
            </>
        }
    });
    html! {
        <table class="disk-records" onkeydown={Callback::from(|event| walk(&event))}>
            <caption class="visually-hidden">
                { "The records on disk beside the memory of the node; up and down go from record \
                   to record" }
            </caption>
            <thead>
                <tr>
                    <th scope="col">{ "Record" }</th>
                    <th scope="col">{ "On disk" }</th>
                    <th scope="col">{ "In memory" }</th>
                </tr>
            </thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    row: RecordView,
    is_chosen: bool,
    /// Whether Tab reaches it; the arrow keys reach all others.
    is_reached: bool,
    on_choose: Callback<Option<String>>,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let RowProps { row, is_chosen, is_reached, on_choose } = props;
    let title = match &row.name {
        None => html! { { &row.title } },
        Some(name) => {
            let next = (!is_chosen).then(|| name.clone());
            let on_click = on_choose.reform(move |_: MouseEvent| next.clone());
            html! {
                <button type="button" class="text-button" data-record={name.clone()}
                    tabindex={if *is_reached { "0" } else { "-1" }}
                    aria-pressed={is_chosen.to_string()} onclick={on_click}
                    title="Damage acts on this record">{ &row.title }</button>
            }
        }
    };
    let size = row.bytes.map(|bytes| format!("{bytes} B"));
    let writing = row.writing.map(|write| format!("write {write} is under way"));
    html! {
        <tr class={classes!(format!("standing-{}", standing_word(row.standing)),
                is_chosen.then_some("is-chosen"))}
            data-testid={format!("record-{}", row.title.replace(' ', "-"))}>
            <th scope="row">
                { title }
                if let Some(size) = size { <span class="disk-size">{ size }</span> }
            </th>
            <td>
                if let Some(words) = &row.on_disk { <span>{ words }</span> }
                if let Some(damage) = &row.damage {
                    <span class="disk-damage">{ said(damage, false) }</span>
                }
                if row.on_disk.is_none() && row.damage.is_none() {
                    <span class="disk-none">{ absence(row.standing) }</span>
                }
                if let Some(words) = writing { <span class="disk-writing">{ words }</span> }
            </td>
            <td>
                { match &row.in_memory {
                    Some(words) => html! { <span>{ words }</span> },
                    None => html! { <span class="disk-none">{ "–" }</span> },
                } }
                if let Some(mark) = mark(row) {
                    <span class="disk-mark">{ mark }</span>
                }
            </td>
        </tr>
    }
}

fn group_words(group: RecordGroup) -> &'static str {
    match group {
        RecordGroup::TermAndVote => "Term and vote",
        RecordGroup::MemoryOnly => "In memory only",
        RecordGroup::Log => "Log, from its end",
        RecordGroup::Snapshot => "Snapshot",
        RecordGroup::FirstStart => "First start",
    }
}

fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Same => "same",
        Standing::NotYet => "not-yet",
        Standing::Older => "older",
        Standing::Dropped => "dropped",
        Standing::Damaged => "damaged",
        Standing::Witness => "witness",
        Standing::Volatile => "volatile",
        Standing::Down => "down",
    }
}

/// The words for a record that is not on the disk.
fn absence(standing: Standing) -> &'static str {
    match standing {
        Standing::NotYet => "not yet",
        Standing::Volatile => "never written",
        Standing::Same
        | Standing::Older
        | Standing::Dropped
        | Standing::Damaged
        | Standing::Witness
        | Standing::Down => "–",
    }
}

/// What a reader should know of a row, if it is not as it should stay.
fn mark(row: &RecordView) -> Option<&'static str> {
    match row.standing {
        Standing::NotYet => Some("a crash now can lose it"),
        Standing::Older => Some("a crash now can take it back"),
        Standing::Dropped => Some("no longer in memory"),
        Standing::Damaged => row.in_memory.as_ref().map(|_| "the node finds out at its next start"),
        Standing::Same | Standing::Witness | Standing::Volatile | Standing::Down => None,
    }
}

/// Up and down move the focus from record to record.
fn walk(event: &KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(target) = target else { return };
    let Some(table) = target.closest("table").ok().flatten() else { return };
    let Ok(all) = table.query_selector_all("button[data-record]") else { return };
    let all: Vec<HtmlElement> =
        (0..all.length()).filter_map(|place| all.get(place)?.dyn_into().ok()).collect();
    let Some(place) = all.iter().position(|one| one.is_same_node(Some(&target))) else { return };
    let next = if forward { place.checked_add(1) } else { place.checked_sub(1) };
    if let Some(next) = next.and_then(|next| all.get(next)) {
        // Without the focus, Tab works all the same.
        let _ = next.focus();
    }
    event.prevent_default();
}
