//! The form that reads a key: at which node, and with which policy.

use raft_lab::ReadPolicy;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::read_policy::{READ_POLICIES, meaning, policy_named, read_line, result_words};
use crate::state::{use_controls, use_frame};

/// The client of this form. Another number than the console's default: a client runs one operation
/// after another.
const CLIENT: u64 = 9;

#[component(Reading)]
pub(crate) fn reading() -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let key = use_node_ref();
    let node = use_state_eq(String::new);
    let policy = use_state_eq(|| ReadPolicy::Quorum);
    let answer = use_state_eq(String::new);
    let on_policy = {
        let policy = policy.setter();
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            if let Some(chosen) = policy_named(&value) {
                policy.set(chosen);
            }
        })
    };
    let on_node = {
        let node = node.setter();
        Callback::from(move |event: Event| {
            node.set(event.target_unchecked_into::<HtmlSelectElement>().value());
        })
    };
    let on_submit = {
        let (key, policy, answer) = (key.clone(), *policy, answer.setter());
        let node = (*node).clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let key = key.cast::<HtmlInputElement>().map(|key| key.value()).unwrap_or_default();
            let line = read_line(policy, &key, &node, CLIENT);
            let heard = answer.clone();
            answer.set("…".to_owned());
            runner.exec_then(&line, move |result| heard.set(result_words(&result)));
        })
    };
    html! {
        <form class="reading" onsubmit={on_submit}>
            <label>{ "Read " }
                <input ref={key} type="text" size="6" required={true} placeholder="x"
                    autocapitalize="off" spellcheck="false" aria-label="Key"
                    data-testid="read-key" />
            </label>
            <label>{ "at " }
                <select onchange={on_node} data-testid="read-node" aria-label="Node">
                    <option key="any" value="" selected={node.is_empty()}>{ "any node" }</option>
                    { for frame.view.node_ids().map(|id| html! {
                        <option key={id.to_string()} value={id.to_string()}
                            selected={*node == id.to_string()}>{ format!("node {id}") }</option>
                    }) }
                </select>
            </label>
            <select onchange={on_policy} data-testid="read-policy" aria-label="How">
                { for READ_POLICIES.iter().map(|option| html! {
                    <option key={option.to_string()} value={option.to_string()}
                        selected={*option == *policy}>{ option.to_string() }</option>
                }) }
            </select>
            <button type="submit" class="button" data-testid="read">{ "Read" }</button>
            <p class="reading-note">{ meaning(*policy) }</p>
            <p class="reading-answer" role="status" data-testid="read-answer">
                { &*answer }
            </p>
        </form>
    }
}
