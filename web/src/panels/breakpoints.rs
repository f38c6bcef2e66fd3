//! Breakpoints: time pauses when a condition comes to hold, or a property is broken.

use std::rc::Rc;

use raft_lab::BreakpointView;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::condition_field::ConditionField;
use crate::state::{use_controls, use_frame};
use crate::ui::Panel;

#[component(BreakpointList)]
pub(crate) fn breakpoint_list() -> Html {
    let frame = use_frame();
    html! { <List breakpoints={frame.lab.breakpoints.clone()} /> }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    breakpoints: Rc<[BreakpointView]>,
}

#[component(List)]
fn list(props: &ListProps) -> Html {
    html! {
        <Panel name="breakpoints" title="Breakpoints">
            <ul class="breakpoint-list" tabindex="0" aria-label="Breakpoints">
                { for props.breakpoints.iter().map(|breakpoint| html! {
                    <Row key={breakpoint.id} breakpoint={breakpoint.clone()} />
                }) }
            </ul>
            <Form />
            // The first row is always there.
            if props.breakpoints.len() == 1 {
                <p class="empty">
                    { "Write a condition, and time pauses when it comes to hold: " }
                    <code>{ "no leader" }</code>{ ", " }<code>{ "committed x=1" }</code>{ ", " }
                    <code>{ "term >= 3" }</code>{ "." }
                </p>
            }
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    breakpoint: BreakpointView,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let runner = use_controls().runner;
    let BreakpointView { id, text, is_on, holds } = &props.breakpoint;
    let on_switch = use_callback((runner.clone(), *id), |event: Event, (runner, id)| {
        let is_on = event.target_unchecked_into::<HtmlInputElement>().checked();
        runner.set_breakpoint(*id, is_on);
    });
    let on_remove = use_callback((runner, *id), |_: MouseEvent, (runner, id)| {
        runner.remove_breakpoint(*id);
    });
    // The first row is no condition of the language, and stays.
    let is_condition = *id > 0;
    html! {
        <li class={classes!("breakpoint", (!is_on).then_some("is-off"))}
            data-testid={format!("breakpoint-{id}")} data-holds={holds.to_string()}>
            <label>
                <input type="checkbox" checked={*is_on} onchange={on_switch}
                    data-testid={format!("breakpoint-on-{id}")} />
                if is_condition {
                    <span class="breakpoint-number">{ id }</span>
                    <code class="breakpoint-text">{ &**text }</code>
                } else {
                    <span class="breakpoint-text">{ &**text }</span>
                }
            </label>
            if *holds {
                <span class="breakpoint-holds">{ "holds" }</span>
            }
            if is_condition {
                <button type="button" class="button is-small" onclick={on_remove}
                    aria-label={format!("Remove breakpoint {id}")}
                    data-testid={format!("breakpoint-remove-{id}")}>{ "Remove" }</button>
            }
        </li>
    }
}

/// The line for a new condition.
#[component(Form)]
fn form() -> Html {
    let runner = use_controls().runner;
    let text = use_state_eq(String::new);
    let refusal = use_state_eq(String::new);
    let on_text = {
        let (text, refusal) = (text.setter(), refusal.setter());
        Callback::from(move |value| {
            refusal.set(String::new());
            text.set(value);
        })
    };
    let on_submit = {
        let (text, refusal) = (text.clone(), refusal.setter());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match runner.add_breakpoint(&text) {
                Ok(_) => {
                    text.set(String::new());
                    refusal.set(String::new());
                }
                Err(words) => refusal.set(words),
            }
        })
    };
    html! {
        <>
            <form class="breakpoint-form" onsubmit={on_submit}>
                <ConditionField text={text.to_string()} {on_text} placeholder="no leader"
                    is_refused={!refusal.is_empty()} refusal_id="breakpoint-error"
                    testid="breakpoint-text" />
                <button type="submit" class="button" data-testid="breakpoint-add">
                    { "Add" }
                </button>
            </form>
            <p id="breakpoint-error" class="breakpoint-error" role="status"
                data-testid="breakpoint-error">{ &*refusal }</p>
        </>
    }
}
