//! The dialog "Add a server".

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::new_lab::AskProps;
use crate::lab::free_server_number;
use crate::state::{use_controls, use_frame};
use crate::ui::Dialog;

#[component(AddServer)]
pub(crate) fn add_server(props: &AskProps) -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let has_leader = frame.view.leader.is_some();
    let offered = use_memo((), |()| free_server_number(&frame.view).map_or(1, |node| node.0));
    let number = use_state_eq(|| offered.to_string());
    let votes = use_state_eq(|| false);
    let line =
        if *votes { format!("add {}", *number) } else { format!("add {} as learner", *number) };
    let on_number = {
        let number = number.setter();
        Callback::from(move |event: InputEvent| {
            number.set(event.target_unchecked_into::<HtmlInputElement>().value());
        })
    };
    let on_submit = {
        let (line, on_close) = (line.clone(), props.on_close.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            runner.exec(&line);
            on_close.emit(());
        })
    };
    let choice = |value: bool, name: &'static str, meaning: &'static str| {
        let setter = votes.setter();
        let on_change = Callback::from(move |_: Event| setter.set(value));
        html! {
            <label class="choice">
                <input type="radio" name="joins-as" checked={*votes == value}
                    onchange={on_change} />
                <span><strong>{ name }</strong>{ meaning }</span>
            </label>
        }
    };
    let on_cancel = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <Dialog title="Add a server" on_close={props.on_close.clone()}>
            <form onsubmit={on_submit}>
                <div class="fields">
                    <label>{ "Number" }
                        <input type="number" min="1" max="18" required={true}
                            data-testid="add-server-number" value={(*number).clone()}
                            oninput={on_number} />
                    </label>
                </div>
                <fieldset class="choices">
                    <legend class="visually-hidden">{ "It joins as" }</legend>
                    { choice(false, "Learner",
                        ": receives the log and has no vote. You can promote it later.") }
                    { choice(true, "Voter", ": gets a vote once its log has caught up.") }
                </fieldset>
                <p class="dialog-note">
                    { "Command: " }<code>{ line }</code>
                    if !has_leader {
                        { ". A leader must be elected first." }
                    }
                </p>
                <div class="dialog-buttons">
                    <button type="button" class="button" onclick={on_cancel}>{ "Cancel" }</button>
                    <button type="submit" class="button is-primary" disabled={!has_leader}
                        data-testid="dialog-confirm">
                        { "Add" }
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
