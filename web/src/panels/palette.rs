//! The palette: one field that finds every command, lesson, scenario, word, rule, panel and action
//! of the page.

mod entries;
mod recent;
mod search;

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use self::entries::{Entry, Kind, all, of_words};
use self::search::{Found, find};
use crate::hooks::write_soon;
use crate::lab::glossary;
use crate::state::{Controls, use_controls};
use crate::ui::{Dialog, Icon, IconName};
use crate::words::counted;

#[derive(Properties, PartialEq)]
pub(crate) struct PaletteProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Palette)]
pub(crate) fn palette(props: &PaletteProps) -> Html {
    let controls = use_controls();
    let query = use_state_eq(String::new);
    let active = use_state_eq(|| 0_usize);
    let words = use_state_eq(|| Rc::new(Vec::<Entry>::new()));
    // What there is while the palette is open: time may pass meanwhile.
    let entries = use_memo(words.clone(), |words| {
        let runner = &controls.runner;
        let mut entries = all(&runner.frame(), &runner.complete(""));
        entries.extend(words.iter().cloned());
        entries
    });
    let recent = use_memo((), |()| recent::read());
    let field = use_node_ref();
    use_effect_with((), {
        let (field, words) = (field.clone(), words.setter());
        move |()| {
            if let Some(field) = field.cast::<HtmlElement>() {
                // Without the focus, it can be clicked.
                let _ = field.focus();
            }
            spawn_local(async move {
                // Without the words, all else is found.
                if let Ok(glossary) = glossary().await {
                    words.set(Rc::new(of_words(glossary)));
                }
            });
        }
    });
    let found = use_memo(((*query).clone(), entries.clone()), |(query, entries)| {
        find(query, entries, &recent)
    });
    let list = use_node_ref();
    use_effect_with((list.clone(), *active, found.clone()), |(list, ..)| {
        let list = list.cast::<web_sys::Element>();
        let chosen =
            list.and_then(|list| list.query_selector("[aria-selected=true]").ok().flatten());
        if let Some(chosen) = chosen {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            chosen.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let choose = {
        let (controls, entries, on_close) =
            (controls.clone(), entries.clone(), props.on_close.clone());
        Callback::from(move |(place, writes): (usize, bool)| {
            if let Some(entry) = entries.get(place) {
                recent::note(entry);
                on_close.emit(());
                act(&controls, entry, writes);
            }
        })
    };
    let on_input = {
        let (query, active) = (query.setter(), active.setter());
        Callback::from(move |event: InputEvent| {
            query.set(event.target_unchecked_into::<HtmlInputElement>().value());
            active.set(0);
        })
    };
    let on_key = {
        let (active, found, choose, entries) =
            (active.clone(), found.clone(), choose.clone(), entries.clone());
        Callback::from(move |event: KeyboardEvent| {
            let count = found.places.len();
            let here = found.places.get(*active).copied();
            let is_command = |place: &usize| entries[*place].line().is_some();
            match event.key().as_str() {
                "ArrowDown" if count > 0 => active.set((*active + 1) % count),
                "ArrowUp" if count > 0 => active.set((*active + count - 1) % count),
                "Enter" => here.into_iter().for_each(|place| choose.emit((place, false))),
                "Tab" if !event.shift_key() && here.as_ref().is_some_and(is_command) => {
                    here.into_iter().for_each(|place| choose.emit((place, true)));
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    html! {
        <Dialog title="Search" is_wide={true} is_bare={true} on_close={props.on_close.clone()}>
            <div class="palette" data-testid="palette">
                <div class="palette-head">
                    <Icon name={IconName::Search} />
                    <input ref={field} type="text" class="palette-field" role="combobox"
                        placeholder="Search or command" aria-label="Search or command"
                        aria-expanded="true" aria-controls="palette-list" autocomplete="off"
                        aria-activedescendant={format!("palette-{}", *active)}
                        aria-autocomplete="list" autocapitalize="off" spellcheck="false"
                        data-testid="palette-field" value={(*query).clone()}
                        oninput={on_input} onkeydown={on_key} />
                    <kbd>{ "Esc" }</kbd>
                </div>
                { nothing(&found, &query, &entries) }
                <ul ref={list} class="palette-list" id="palette-list" role="listbox"
                    aria-label="Results">
                    { for rows(&found, &entries, *active, &choose) }
                </ul>
                <p class="palette-foot">
                    <span><kbd>{ "↑" }</kbd>{ " " }<kbd>{ "↓" }</kbd>{ " choose" }</span>
                    <span><kbd>{ "Enter" }</kbd>{ " do" }</span>
                    <span><kbd>{ "Tab" }</kbd>{ " put into the console" }</span>
                    <span class="palette-count" role="status" data-testid="palette-count">
                        { format!("{} of {}", found.fitting, entries.len()) }
                    </span>
                </p>
            </div>
        </Dialog>
    }
}

/// Does what an entry is for; a command is only written into the console if that is wanted.
fn act(controls: &Controls, entry: &Entry, writes: bool) {
    match entry.line() {
        Some(line) if writes => write_soon("console-input", line.to_owned(), line.len()),
        Some(_) | None => entry.act(controls),
    }
}

/// What was searched, if nothing has the words.
fn nothing(found: &Found, query: &str, entries: &[Entry]) -> Html {
    if found.fitting > 0 {
        return html! {};
    }
    let counts: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| (kind, entries.iter().filter(|entry| entry.kind == *kind).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| {
            let (one, many) = kind.counted();
            counted(count, one, many)
        })
        .collect();
    let close = if found.places.is_empty() { "" } else { " Close to it:" };
    html! {
        <p class="palette-nothing" role="status" data-testid="palette-nothing">
            { format!("Nothing has “{}”. Searched: {}.{close}", query.trim(), counts.join(", ")) }
        </p>
    }
}

/// A row for each entry that was found; the kind stands before the first of its kind.
fn rows(
    found: &Found,
    entries: &[Entry],
    active: usize,
    choose: &Callback<(usize, bool)>,
) -> Vec<Html> {
    let kind_of = |row: usize| entries[found.places[row]].kind;
    let row = |(row, place): (usize, &usize)| {
        let (entry, place) = (&entries[*place], *place);
        let is_first = row == 0 || kind_of(row - 1) != entry.kind;
        let on_click = choose.reform(move |_: MouseEvent| (place, false));
        html! {
            <li key={place} id={format!("palette-{row}")} role="option"
                class={classes!("palette-row", is_first.then_some("is-first"))}
                aria-selected={(row == active).to_string()} onclick={on_click}>
                <span class="palette-kind">{ entry.kind.name() }</span>
                <span class="palette-title">{ &entry.title }</span>
                <span class="palette-note">
                    if let Some(line) = entry.line() { <code>{ line.to_owned() }</code> }
                    if let Some(key) = entry.key { <kbd>{ key }</kbd> }
                    if entry.line().is_none() && entry.key.is_none() { { entry.note.clone() } }
                </span>
            </li>
        }
    };
    found.places.iter().enumerate().map(row).collect()
}
