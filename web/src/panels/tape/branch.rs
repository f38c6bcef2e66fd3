//! The branches by name, and the comparison with the branch that the chosen one left.

use raft_lab::{BranchView, TimeView};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::state::use_controls;
use crate::words::milliseconds;

#[derive(Properties, PartialEq)]
pub(super) struct ChooseBranchProps {
    pub(super) time: TimeView,
}

#[component(ChooseBranch)]
pub(super) fn choose_branch(props: &ChooseBranchProps) -> Html {
    let runner = use_controls().runner;
    let on_choose = use_callback(runner.clone(), |event: Event, runner| {
        let list = event.target_dyn_into::<HtmlSelectElement>();
        if let Some(number) = list.and_then(|list| list.value().parse().ok()) {
            runner.switch_to(number);
        }
    });
    let on_compare = use_callback(runner, |_: MouseEvent, runner| runner.compare());
    let TimeView { branch, branches, .. } = &props.time;
    let chosen = *branch;
    let has_left = branches.iter().any(|other| other.id == chosen && other.parent.is_some());
    html! {
        <>
            <label class="tape-branch">
                <span class="tape-label">{ "Branch" }</span>
                <select data-testid="branch" onchange={on_choose}>
                    { for branches.iter().map(|branch| html! {
                        <option key={branch.id} value={branch.id.to_string()}
                            selected={branch.id == chosen}>
                            { branch_in_words(branch) }
                        </option>
                    }) }
                </select>
            </label>
            if has_left {
                <button type="button" class="button is-small" data-testid="compare"
                    title="Go to the first difference from the branch that it left"
                    onclick={on_compare}>
                    { "Compare" }
                </button>
            }
        </>
    }
}

fn branch_in_words(branch: &BranchView) -> String {
    let stored = if branch.is_durable { ", stored" } else { "" };
    match branch.parent {
        Some(_) => format!("{} (from {} ms)", branch.name, milliseconds(branch.from)),
        None => format!("{}{stored}", branch.name),
    }
}
