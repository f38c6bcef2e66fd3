//! What the learner is to do: to choose an answer, or to reach goals.

use std::rc::Rc;

use raft_lab::{ChoiceView, GoalView, InsteadView, LessonTurn, LessonView, TaskView};
use yew::prelude::*;

use crate::state::use_controls;
use crate::words::{counted, with_links};

#[derive(Properties, PartialEq)]
pub(super) struct TaskProps {
    pub(super) lesson: Rc<LessonView>,
    /// The answer that is picked and not given yet.
    pub(super) chosen: Option<usize>,
    pub(super) on_pick: Callback<usize>,
}

#[component(TaskOf)]
pub(super) fn task_of(props: &TaskProps) -> Html {
    let LessonView { task, turn, instead, .. } = &*props.lesson;
    match task {
        Some(TaskView::Question { text, choices }) => html! {
            <Question text={text.clone()} choices={choices.clone()} turn={*turn}
                instead={*instead} chosen={props.chosen} on_pick={props.on_pick.clone()} />
        },
        Some(TaskView::Goals { goals, solution, is_shown, given }) => html! {
            <Goals goals={goals.clone()} solution={solution.clone()} is_shown={*is_shown}
                given={*given}
                turn={*turn} />
        },
        None => html! {},
    }
}

#[derive(Properties, PartialEq)]
struct QuestionProps {
    text: String,
    choices: Vec<ChoiceView>,
    turn: LessonTurn,
    instead: Option<InsteadView>,
    chosen: Option<usize>,
    on_pick: Callback<usize>,
}

#[component(Question)]
fn question(props: &QuestionProps) -> Html {
    let is_open = props.turn == LessonTurn::Learner;
    html! {
        <div class="lesson-question">
            <p class="lesson-asked" id="lesson-question">{ &props.text }</p>
            <div role="group" aria-labelledby="lesson-question" class="lesson-choices">
                { for props.choices.iter().enumerate().map(|(number, choice)| {
                    let is_picked = match is_open {
                        true => props.chosen == Some(number),
                        false => choice.is_chosen,
                    };
                    let instead = props.instead.filter(|instead| instead.choice == number);
                    html! {
                        <Choice key={number} {number} choice={choice.clone()} {is_picked} {is_open}
                            {instead} on_pick={props.on_pick.clone()} />
                    }
                }) }
            </div>
            if props.turn == LessonTurn::Reveal {
                <p class="lesson-wait" role="status">{ "The run answers…" }</p>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ChoiceProps {
    number: usize,
    choice: ChoiceView,
    is_picked: bool,
    is_open: bool,
    instead: Option<InsteadView>,
    on_pick: Callback<usize>,
}

#[component(Choice)]
fn choice(props: &ChoiceProps) -> Html {
    let (runner, number, choice) = (use_controls().runner, props.number, &props.choice);
    let letter = char::from(b'A' + number as u8);
    let on_click = props.on_pick.reform(move |_: MouseEvent| number);
    let verdict = match choice.is_right {
        Some(true) => Some(("is-right", "✓ so it was")),
        Some(false) => Some(("is-other", "not in this run")),
        None => None,
    };
    html! {
        <div class={classes!("lesson-choice", (!props.is_open).then_some("is-closed"),
            props.is_picked.then_some("is-picked"), verdict.map(|(class, _)| class))}>
            <button type="button" class="lesson-pick" id={format!("choice-{number}")}
                data-testid={format!("choice-{number}")}
                aria-pressed={props.is_picked.to_string()}
                aria-disabled={(!props.is_open).to_string()}
                onclick={props.is_open.then_some(on_click)}>
                <span class="lesson-letter" aria-hidden="true">{ letter }</span>
                <span class="lesson-words">{ &choice.text }</span>
                if let Some((_, words)) = verdict {
                    <span class="lesson-verdict">{ words }</span>
                }
            </button>
            if let Some(reason) = &choice.never {
                <p class="lesson-never">{ with_links(reason, None) }</p>
            }
            if choice.has_run {
                <p class="lesson-other">{ other_run(&runner, number, props.instead) }</p>
            }
        </div>
    }
}

/// The way to the run in which a choice is right, and back.
fn other_run(runner: &crate::lab::Runner, number: usize, instead: Option<InsteadView>) -> Html {
    let (show, leave, hurry) = (runner.clone(), runner.clone(), runner.clone());
    let on_show = Callback::from(move |_: MouseEvent| show.show_instead(number));
    let on_leave = Callback::from(move |_: MouseEvent| leave.leave_instead());
    let on_hurry = Callback::from(move |_: MouseEvent| hurry.hurry());
    match instead {
        None => html! {
            <button type="button" class="text-button" data-testid={format!("instead-{number}")}
                onclick={on_show}>{ "Show a run in which it is so" }</button>
        },
        Some(InsteadView { is_over, .. }) => html! {
            <>
                { if is_over { "Here it is so. " } else { "Another run from the question on… " } }
                if !is_over {
                    <button type="button" class="text-button" onclick={on_hurry}>
                        { "To the end" }
                    </button>
                }
                <button type="button" class="text-button" data-testid="instead-back"
                    onclick={on_leave}>{ "Back to the first run" }</button>
            </>
        },
    }
}

#[derive(Properties, PartialEq)]
struct GoalsProps {
    goals: Vec<GoalView>,
    solution: Vec<String>,
    is_shown: bool,
    given: Option<usize>,
    turn: LessonTurn,
}

#[component(Goals)]
fn goals(props: &GoalsProps) -> Html {
    let runner = use_controls().runner;
    let on_solve = use_callback(runner.clone(), |_: MouseEvent, runner| runner.show_solution());
    let on_hurry = use_callback(runner, |_: MouseEvent, runner| runner.hurry());
    html! {
        <div class="lesson-question">
            <ul class="lesson-goals" data-testid="goals">
                { for props.goals.iter().enumerate().map(|(number, goal)| html! {
                    <li key={number} class={classes!(goal.is_reached.then_some("is-reached"))}>
                        <span class="lesson-tick" aria-hidden="true">
                            { if goal.is_reached { "✓" } else { "" } }
                        </span>
                        <span>{ &goal.text }</span>
                        if goal.is_reached { <span class="visually-hidden">{ " (reached)" }</span> }
                    </li>
                }) }
            </ul>
            if let Some(given) = props.given.filter(|_| !props.is_shown) {
                <p class="lesson-given" role="status">
                    { format!("Reached with {}; a click is one, too.",
                        counted(given, "statement", "statements")) }
                </p>
            }
            if props.turn == LessonTurn::Learner && !props.is_shown {
                <button type="button" class="text-button" data-testid="lesson-solve"
                    onclick={on_solve}>{ "Show me one way" }</button>
            }
            if props.is_shown {
                <div class="lesson-way">
                    <p>{ "One way, as statements:" }</p>
                    <pre>{ props.solution.join("\n") }</pre>
                    if props.turn == LessonTurn::Learner {
                        <button type="button" class="button is-small" onclick={on_hurry}>
                            { "To the end" }
                        </button>
                    }
                </div>
            }
        </div>
    }
}
