//! Questions about the selected thing.

use yew::prelude::*;

use crate::panels::questions::of_selection;
use crate::state::{Selection, use_frame};

#[derive(Properties, PartialEq)]
pub(super) struct AsksProps {
    pub(super) selection: Selection,
}

#[component(Asks)]
pub(super) fn asks(props: &AsksProps) -> Html {
    let frame = use_frame();
    let all = of_selection(&frame.view, props.selection);
    if all.is_empty() {
        return html! {};
    }
    html! {
        <div class="chips" role="group" aria-label="Questions">
            { for all.into_iter().map(|question| html! {
                <button key={question.line.clone()} type="button" class="chip"
                    data-ask={question.line}>{ question.words }</button>
            }) }
        </div>
    }
}
