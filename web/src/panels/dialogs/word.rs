//! The meaning of a word of the glossary that was clicked.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::hooks::use_window_event;
use crate::lab::{GlossaryEntry, glossary};
use crate::state::{Dialog as DialogName, use_controls};
use crate::ui::{Click, Dialog};
use crate::words::with_links;

#[component(Word)]
pub(crate) fn word() -> Html {
    let clicked = use_state_eq(|| None::<String>);
    let found = use_state_eq(|| None::<Result<GlossaryEntry, String>>);
    let on_click = use_callback(clicked.setter(), |event: Event, clicked| {
        if let Some(Click::Define(word)) = Click::of(&event) {
            clicked.set(Some(word));
        }
    });
    use_window_event("click", on_click);
    use_effect_with((*clicked).clone(), {
        let found = found.setter();
        move |word| {
            found.set(None);
            if let Some(word) = word.clone() {
                spawn_local(async move { found.set(Some(entry(&word).await)) });
            }
        }
    });
    let on_close = {
        let clicked = clicked.setter();
        Callback::from(move |()| clicked.set(None))
    };
    let Some(word) = &*clicked else { return html! {} };
    html! {
        <Dialog title={word.clone()} on_close={on_close.clone()}>
            <div class="rules" data-testid="word">
                { match &*found {
                    None => html! { <p class="empty">{ "The meaning is being loaded…" }</p> },
                    Some(Err(words)) => html! { <p class="empty" role="alert">{ words }</p> },
                    Some(Ok(entry)) => html! { <Meaning entry={entry.clone()} {on_close} /> },
                } }
            </div>
        </Dialog>
    }
}

async fn entry(word: &str) -> Result<GlossaryEntry, String> {
    let found = glossary().await?.into_iter().find(|entry| entry.word == word);
    found.ok_or_else(|| format!("The glossary has no word {word}."))
}

#[derive(Properties, PartialEq)]
struct MeaningProps {
    entry: GlossaryEntry,
    on_close: Callback<()>,
}

#[component(Meaning)]
fn meaning(props: &MeaningProps) -> Html {
    let controls = use_controls();
    let entry = &props.entry;
    let on_show = {
        let (labs, entry, on_close) =
            (controls.labs.clone(), entry.clone(), props.on_close.clone());
        let open_dialog = controls.open_dialog.clone();
        Callback::from(move |_: MouseEvent| {
            labs.learn_scene(entry.lesson, &entry.scene);
            on_close.emit(());
            // The glossary may be open below.
            open_dialog.emit(None);
        })
    };
    let on_all = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| {
            on_close.emit(());
            controls.open_dialog.emit(Some(DialogName::Glossary));
        })
    };
    html! {
        <>
            <p>{ with_links(&entry.meaning, Some(&entry.word)) }</p>
            <p class="rule-note">{ format!("{}: {}", entry.lesson.title, entry.scene) }</p>
            <div class="dialog-buttons">
                <button type="button" class="button" onclick={on_all}>{ "All words" }</button>
                <button type="button" class="button is-primary" data-testid="word-show"
                    onclick={on_show}>{ "Show me" }</button>
            </div>
        </>
    }
}
