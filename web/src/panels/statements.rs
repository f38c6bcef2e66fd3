//! The branches, and the statements of the live one: go to the moment before one, or begin a branch
//! without it.

use std::rc::Rc;

use raft_lab::StatementView;
use yew::prelude::*;

use super::branches::BranchTree;
use crate::state::{use_controls, use_frame};
use crate::ui::Panel;
use crate::words::milliseconds;

#[component(Statements)]
pub(crate) fn statements() -> Html {
    let frame = use_frame();
    let statements = frame.lab.statements.clone();
    // Statements at the moment that is shown are carried out in it.
    html! { <List {statements} shown={frame.lab.time.steps} /> }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    statements: Rc<[StatementView]>,
    /// The steps of the moment that the page shows.
    shown: u64,
}

#[component(List)]
fn list(props: &ListProps) -> Html {
    html! {
        <Panel name="statements" title="Branches and statements">
            <BranchTree />
            <ol class="statement-list" tabindex="0" aria-label="Statements">
                { for props.statements.iter().map(|statement| html! {
                    <Line key={statement.line} statement={statement.clone()}
                        is_later={statement.steps > props.shown} />
                }) }
            </ol>
            if props.statements.is_empty() {
                <p class="empty">
                    { "Nobody has done anything yet. Crash the leader, or write x=1." }
                </p>
            }
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct LineProps {
    statement: StatementView,
    /// Whether it comes after the moment that the page shows.
    is_later: bool,
}

#[component(Line)]
fn line(props: &LineProps) -> Html {
    let runner = use_controls().runner;
    let StatementView { line, at, text, .. } = &props.statement;
    let on_go = use_callback((runner.clone(), *line), |_: MouseEvent, (runner, line)| {
        runner.show_before(*line);
    });
    let on_leave_out = use_callback((runner, *line), |_: MouseEvent, (runner, line)| {
        runner.leave_out(*line);
    });
    html! {
        <li class={classes!("statement", props.is_later.then_some("is-later"))}>
            <time>{ milliseconds(*at) }</time>
            <button type="button" class="text-button statement-text" onclick={on_go}
                title="Show the moment before it" data-testid={format!("statement-{line}")}>
                { text }
            </button>
            <button type="button" class="button is-small" onclick={on_leave_out}
                title="Begin a branch without it, and repeat what came after"
                data-testid={format!("leave-out-{line}")}>{ "Leave out" }</button>
        </li>
    }
}
