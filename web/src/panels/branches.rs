//! The branches as a tree: name, switch, store, remove; and the earlier runs of a durable lab.

use std::rc::Rc;

use raft_lab::{BranchView, EarlierRunView, TimeView};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::state::{use_controls, use_frame};
use crate::words::milliseconds;

/// The tree; nothing while there is only one branch.
#[component(BranchTree)]
pub(crate) fn branch_tree() -> Html {
    let TimeView { branch, branches, earlier, recalled, .. } = use_frame().lab.time.clone();
    if branches.len() == 1 && earlier.is_empty() {
        return html! {};
    }
    html! { <Tree chosen={branch} {branches} {earlier} {recalled} /> }
}

#[derive(Properties, PartialEq)]
struct TreeProps {
    chosen: u32,
    branches: Rc<[BranchView]>,
    earlier: Rc<[EarlierRunView]>,
    /// The part of an earlier run that is computed again, in percent.
    recalled: Option<u8>,
}

#[component(Tree)]
fn tree(props: &TreeProps) -> Html {
    let TreeProps { chosen, branches, earlier, recalled } = props;
    let can_store = branches.iter().any(|branch| branch.is_durable);
    let rows = in_tree_order(branches).into_iter().map(|(depth, branch)| {
        html! {
            <Row key={branch.id} branch={branch.clone()} {depth} {can_store}
                is_chosen={branch.id == *chosen}
                is_first={branches.first().is_some_and(|first| first.id == branch.id)} />
        }
    });
    html! {
        <section class="branches" aria-label="Branches">
            <ul class="branch-list" data-testid="branches">
                { for rows }
                { for earlier.iter().map(|run| html! {
                    <Earlier key={format!("run-{}", run.run)} run={run.clone()}
                        is_busy={recalled.is_some()} />
                }) }
            </ul>
            if let Some(percent) = recalled {
                <p class="branch-progress" role="status" data-testid="recalled">
                    { format!("The run is computed again: {percent} %") }
                </p>
            }
        </section>
    }
}

/// Each branch after the one that it left, with its depth.
fn in_tree_order(branches: &[BranchView]) -> Vec<(usize, &BranchView)> {
    let is_there = |id: u32| branches.iter().any(|branch| branch.id == id);
    let roots = branches.iter().filter(|branch| branch.parent.is_none_or(|id| !is_there(id)));
    let mut open: Vec<(usize, &BranchView)> = roots.rev().map(|branch| (0, branch)).collect();
    let mut rows = Vec::new();
    while let Some((depth, next)) = open.pop() {
        rows.push((depth, next));
        let children = branches.iter().filter(|branch| branch.parent == Some(next.id)).rev();
        open.extend(children.map(|branch| (depth + 1, branch)));
    }
    rows
}

#[derive(Properties, PartialEq)]
struct RowProps {
    branch: BranchView,
    depth: usize,
    is_chosen: bool,
    is_first: bool,
    /// Whether the lab stores a branch.
    can_store: bool,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let runner = use_controls().runner;
    let RowProps { branch, depth, is_chosen, is_first, can_store } = props;
    let id = branch.id;
    let on_switch = use_callback((runner.clone(), id), |_: MouseEvent, (runner, id)| {
        runner.switch_to(*id);
    });
    let on_rename = use_callback((runner.clone(), id), |event: Event, (runner, id)| {
        let name = event.target_unchecked_into::<HtmlInputElement>().value();
        runner.rename_branch(*id, &name);
    });
    let on_store = use_callback(runner.clone(), |_: MouseEvent, runner| runner.adopt());
    let on_remove = use_callback((runner, id), |_: MouseEvent, (runner, id)| {
        runner.remove_branch(*id);
    });
    let from = branch.parent.map(|_| format!("from {} ms", milliseconds(branch.from)));
    let stays = *is_first || branch.is_durable;
    html! {
        <li class={classes!("branch-row", is_chosen.then_some("is-chosen"))}
            style={format!("--depth: {}", depth.min(&6))} data-testid={format!("branch-{id}")}>
            if *is_chosen {
                <input type="text" class="branch-name" value={branch.name.clone()}
                    onchange={on_rename} aria-label="Name of this branch" maxlength="40"
                    autocomplete="off" data-testid="branch-name" />
            } else {
                <button type="button" class="text-button branch-name" onclick={on_switch}
                    title="Go to this branch">{ &branch.name }</button>
            }
            <span class="branch-facts">
                { for from }
                if branch.is_durable { { "stored" } }
            </span>
            if *is_chosen && *can_store && !branch.is_durable {
                <button type="button" class="button is-small" data-testid="adopt"
                    title="Store the disks of this branch in place of those that are stored"
                    onclick={on_store}>{ "Store" }</button>
            }
            if !stays {
                <button type="button" class="button is-small"
                    aria-label={format!("Remove {}", branch.name)}
                    data-testid={format!("remove-branch-{id}")} onclick={on_remove}>
                    { "Remove" }
                </button>
            }
        </li>
    }
}

#[derive(Properties, PartialEq)]
struct EarlierProps {
    run: EarlierRunView,
    is_busy: bool,
}

/// A run before the page was opened.
#[component(Earlier)]
fn earlier(props: &EarlierProps) -> Html {
    let runner = use_controls().runner;
    let EarlierRunView { run, name, end, statements } = &props.run;
    let on_go = use_callback((runner, *run), |_: MouseEvent, (runner, run)| runner.recall(*run));
    let statements = match statements {
        1 => "1 statement".to_owned(),
        count => format!("{count} statements"),
    };
    html! {
        <li class="branch-row" style="--depth: 0" data-testid={format!("run-{run}")}>
            <span class="branch-name">{ name }</span>
            <span class="branch-facts">
                { format!("before the page was opened, {} ms, {statements}", milliseconds(*end)) }
            </span>
            <button type="button" class="button is-small" disabled={props.is_busy}
                title="Compute its branches again" data-testid={format!("recall-{run}")}
                onclick={on_go}>{ "Open" }</button>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use raft_lab::Instant;

    use super::*;

    #[test]
    fn a_branch_is_below_the_one_that_it_left() {
        let branch = |id: u32, parent: Option<u32>| BranchView {
            id,
            name: format!("branch {id}"),
            parent,
            from_steps: 0,
            from: Instant(0),
            is_durable: false,
        };
        let branches = [
            branch(1, None),
            branch(2, Some(1)),
            branch(3, None),
            branch(4, Some(1)),
            branch(5, Some(2)),
            // The branch that it left was removed.
            branch(7, Some(6)),
        ];
        let order: Vec<(usize, u32)> = in_tree_order(&branches)
            .into_iter()
            .map(|(depth, branch)| (depth, branch.id))
            .collect();
        assert_eq!(order, [(0, 1), (1, 2), (2, 5), (1, 4), (0, 3), (0, 7)]);
    }
}
