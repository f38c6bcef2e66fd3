//! The dialog with the scenarios that come with Helios.

use yew::prelude::*;

use crate::lab::SCENARIOS;
use crate::state::use_controls;
use crate::ui::Dialog;

#[derive(Properties, PartialEq)]
pub(crate) struct ScenariosProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Scenarios)]
pub(crate) fn scenarios(props: &ScenariosProps) -> Html {
    let labs = use_controls().labs;
    let stories = SCENARIOS.iter().map(|scenario| {
        let (labs, on_close) = (labs.clone(), props.on_close.clone());
        let on_click = Callback::from(move |_: MouseEvent| {
            labs.play(scenario);
            on_close.emit(());
        });
        html! {
            <li key={scenario.name}>
                <button type="button" class="scenario" onclick={on_click}
                    data-testid={format!("scenario-{}", scenario.name)}>
                    <span class="scenario-title">{ scenario.title }</span>
                    <span class="scenario-story">{ scenario.story }</span>
                </button>
            </li>
        }
    });
    html! {
        <Dialog title="Scenarios" is_wide={true} on_close={props.on_close.clone()}>
            <p class="dialog-text">
                { "A scenario plays in a lab of its own, in memory. The disks of your stored lab \
                   stay; when you go back to it, its nodes restart from them." }
            </p>
            if SCENARIOS.is_empty() {
                <p class="empty">{ "This build of the page has no scenarios." }</p>
            }
            <ul class="scenario-list">{ for stories }</ul>
        </Dialog>
    }
}
