//! The rule of a section that was clicked in a sentence.

use yew::prelude::*;

use crate::hooks::use_window_event;
use crate::ui::{Click, Dialog};
use crate::words::rules;

#[component(Rule)]
pub(crate) fn rule() -> Html {
    let sections = use_state_eq(|| None::<String>);
    let on_click = use_callback(sections.setter(), |event: Event, sections| {
        if let Some(Click::TellRule(clicked)) = Click::of(&event) {
            sections.set(Some(clicked));
        }
    });
    use_window_event("click", on_click);
    let on_close = {
        let sections = sections.setter();
        Callback::from(move |()| sections.set(None))
    };
    let Some(named) = &*sections else { return html! {} };
    html! {
        <Dialog title="The rule" {on_close}>
            <div class="rules" data-testid="rules">
                { for rules(named).into_iter().map(|(section, rule)| html! {
                    <p key={section.clone()}><b>{ section }</b>{ ": " }{ rule }</p>
                }) }
            </div>
        </Dialog>
    }
}
