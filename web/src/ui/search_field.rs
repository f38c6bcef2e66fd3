//! A field for words that a list is searched for.

use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct SearchFieldProps {
    /// What is searched, in words.
    pub(crate) label: &'static str,
    pub(crate) testid: &'static str,
    /// Called with the words, in lower case.
    pub(crate) on_words: Callback<String>,
}

#[component(SearchField)]
pub(crate) fn search_field(props: &SearchFieldProps) -> Html {
    let on_input = use_callback(props.on_words.clone(), |event: InputEvent, on_words| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            on_words.emit(input.value().to_lowercase());
        }
    });
    html! {
        <input type="search" class="rule-search" placeholder={props.label}
            aria-label={props.label} data-testid={props.testid} oninput={on_input} />
    }
}
