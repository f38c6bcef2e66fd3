//! A field for a condition of the language. The browser shows its completions.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::console::with_completion;
use crate::state::use_controls;

/// The most completions that are offered at once.
const MAX_COMPLETIONS: usize = 12;

#[derive(Properties, PartialEq)]
pub(super) struct ConditionFieldProps {
    pub(super) text: String,
    pub(super) on_text: Callback<String>,
    /// Why the text is refused, in the element with this id.
    pub(super) is_refused: bool,
    pub(super) refusal_id: &'static str,
    pub(super) placeholder: &'static str,
    pub(super) testid: &'static str,
}

#[component(ConditionField)]
pub(super) fn condition_field(props: &ConditionFieldProps) -> Html {
    let runner = use_controls().runner;
    let offers = use_state_eq(Vec::<(String, &'static str)>::new);
    let on_input = {
        let (offers, on_text) = (offers.setter(), props.on_text.clone());
        Callback::from(move |event: InputEvent| {
            let value = event.target_unchecked_into::<HtmlInputElement>().value();
            let found = runner.complete_condition(&value).into_iter().take(MAX_COMPLETIONS);
            let whole = |offer: raft_lab::Suggestion| {
                (with_completion(&value, &offer.text).trim_end().to_owned(), offer.help)
            };
            offers.set(found.map(whole).collect());
            on_text.emit(value);
        })
    };
    let list = format!("{}-offers", props.testid);
    html! {
        <>
            <input type="text" class="condition-field" value={props.text.clone()} oninput={on_input}
                aria-label="Condition" placeholder={props.placeholder} autocomplete="off"
                autocapitalize="off" spellcheck="false" list={list.clone()}
                aria-invalid={props.is_refused.to_string()} aria-describedby={props.refusal_id}
                data-testid={props.testid} />
            <datalist id={list}>
                { for offers.iter().map(|(whole, help)| html! {
                    <option key={whole.clone()} value={whole.clone()} label={*help} />
                }) }
            </datalist>
        </>
    }
}
