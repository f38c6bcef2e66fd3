//! The dialog with the words of the field: what each means, and a run that shows it.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::lab::{GlossaryEntry, glossary};
use crate::state::use_controls;
use crate::ui::{Dialog, SearchField};
use crate::words::with_links;

#[derive(Properties, PartialEq)]
pub(crate) struct GlossaryProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Glossary)]
pub(crate) fn glossary_dialog(props: &GlossaryProps) -> Html {
    let loaded = use_state_eq(|| None::<Result<Rc<[GlossaryEntry]>, String>>);
    let wanted = use_state_eq(String::new);
    use_effect_with((), {
        let loaded = loaded.setter();
        move |()| {
            spawn_local(async move { loaded.set(Some(glossary().await.map(Rc::from))) });
        }
    });
    let on_words = {
        let wanted = wanted.setter();
        Callback::from(move |words| wanted.set(words))
    };
    html! {
        <Dialog title="Words of the field" is_wide={true} on_close={props.on_close.clone()}>
            <SearchField label="Search the words" testid="glossary-search" {on_words} />
            { match &*loaded {
                None => html! { <p class="empty">{ "The words are being loaded…" }</p> },
                Some(Err(words)) => html! { <p class="empty" role="alert">{ words }</p> },
                Some(Ok(entries)) => html! {
                    <List entries={entries.clone()} wanted={(*wanted).clone()}
                        on_close={props.on_close.clone()} />
                },
            } }
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    entries: Rc<[GlossaryEntry]>,
    wanted: String,
    on_close: Callback<()>,
}

#[component(List)]
fn list(props: &ListProps) -> Html {
    let labs = use_controls().labs;
    let mut found = props.entries.iter().filter(|entry| entry.has(&props.wanted)).peekable();
    html! {
        <>
            if found.peek().is_none() { <p class="empty">{ "No word has that." }</p> }
            <ul class="rule-list lesson-tracks" data-testid="glossary-list">
                { for found.map(|entry| {
                    let (labs, shown) = (labs.clone(), entry.clone());
                    let on_close = props.on_close.clone();
                    let on_show = Callback::from(move |_: MouseEvent| {
                        labs.learn_scene(shown.lesson, &shown.scene);
                        on_close.emit(());
                    });
                    html! {
                        <li key={entry.word.clone()} class="rule-row" tabindex="-1"
                            id={format!("word-{}", entry.word)}>
                            <p class="rule-words"><strong>{ &entry.word }</strong>{ ": " }
                                { with_links(&entry.meaning, Some(&entry.word)) }</p>
                            <p class="rule-note">
                                { format!("{}: {}", entry.lesson.title, entry.scene) }
                            </p>
                            <div class="rule-buttons">
                                <button type="button" class="button is-small" onclick={on_show}
                                    aria-label={format!("Show me: {}", entry.word)}>
                                    { "Show me" }
                                </button>
                            </div>
                        </li>
                    }
                }) }
            </ul>
        </>
    }
}
