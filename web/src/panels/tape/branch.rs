//! The branches and the earlier runs by name, and what can be done with the chosen branch.

use raft_lab::{BranchView, EarlierRunView, TimeView};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::state::use_controls;
use crate::words::milliseconds;

#[derive(Properties, PartialEq)]
pub(super) struct ChooseBranchProps {
    pub(super) time: TimeView,
}

/// The branches by name, and a button that removes the chosen one.
#[component(ChooseBranch)]
pub(super) fn choose_branch(props: &ChooseBranchProps) -> Html {
    let runner = use_controls().runner;
    let on_choose = use_callback(runner.clone(), |event: Event, runner| {
        let Some(list) = event.target_dyn_into::<HtmlSelectElement>() else { return };
        let value = list.value();
        let run = value.strip_prefix(EARLIER);
        if let Some(run) = run.and_then(|run| run.parse().ok()) {
            runner.recall(run);
        } else if let Ok(number) = value.parse() {
            runner.switch_to(number);
        }
    });
    let TimeView { branch, branches, earlier, recalled, .. } = &props.time;
    let chosen = *branch;
    let is_first = branches.iter().any(|other| other.id == chosen && other.parent.is_none());
    let is_stored = branches.iter().any(|other| other.id == chosen && other.is_durable);
    let is_any_stored = branches.iter().any(|other| other.is_durable);
    let can_go = !is_stored && branches.first().is_some_and(|first| first.id != chosen);
    let on_adopt = use_callback(runner.clone(), |_: MouseEvent, runner| runner.adopt());
    let on_compare = use_callback(runner.clone(), |_: MouseEvent, runner| runner.compare());
    let on_remove = use_callback((runner, chosen), |_: MouseEvent, (runner, chosen)| {
        runner.remove_branch(*chosen);
    });
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
                    if !earlier.is_empty() {
                        <optgroup label="Before the page was opened">
                            { for earlier.iter().map(|run| html! {
                                <option key={format!("run-{}", run.run)}
                                    value={format!("{EARLIER}{}", run.run)}>
                                    { earlier_in_words(run) }
                                </option>
                            }) }
                        </optgroup>
                    }
                </select>
            </label>
            if let Some(percent) = recalled {
                <span class="tape-label" role="status" data-testid="recalled">
                    { format!("is computed again: {percent} %") }
                </span>
            }
            if is_any_stored && !is_stored {
                <button type="button" class="button is-small" data-testid="adopt"
                    title="Store the disks of this branch in place of those that are stored"
                    onclick={on_adopt}>
                    { "Store" }
                </button>
            }
            if !is_first {
                <button type="button" class="button is-small" data-testid="compare"
                    title="Go to the first difference from the branch that it left"
                    onclick={on_compare}>
                    { "Compare" }
                </button>
            }
            if can_go {
                <button type="button" class="button is-small" data-testid="remove-branch"
                    title="Remove this branch, and go to the one that it left" onclick={on_remove}>
                    { "Remove" }
                </button>
            }
        </>
    }
}

/// What the value of an earlier run begins with.
const EARLIER: &str = "run ";

fn earlier_in_words(run: &EarlierRunView) -> String {
    let statements = match run.statements {
        1 => "1 statement".to_owned(),
        count => format!("{count} statements"),
    };
    format!("{} ({} ms, {statements})", run.name, milliseconds(run.end))
}

fn branch_in_words(branch: &BranchView) -> String {
    let stored = if branch.is_durable { ", stored" } else { "" };
    match branch.parent {
        Some(_) => format!("{} (from {} ms)", branch.name, milliseconds(branch.from)),
        None => format!("{}{stored}", branch.name),
    }
}
