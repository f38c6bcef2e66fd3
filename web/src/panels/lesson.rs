//! The lesson that is played: one scene, its task, and what comes after.

mod actions;
mod task;

use std::rc::Rc;

use raft_lab::{LessonTurn, LessonView, PointView, TaskView};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use self::actions::Actions;
use self::task::TaskOf;
use crate::hooks::{focus_soon, use_window_event};
use crate::lab::{LessonInfo, Origin, kept_run};
use crate::state::{Controls, Selection, progress, use_controls, use_frame};
use crate::ui::{Icon, IconName, Panel};
use crate::words::with_links;

#[derive(Properties, PartialEq)]
pub(crate) struct LessonPanelProps {
    pub(crate) origin: Origin,
}

#[component(LessonPanel)]
pub(crate) fn lesson_panel(props: &LessonPanelProps) -> Html {
    let (lesson, controls) = (use_frame().lab.lesson.clone(), use_controls());
    let info = match &props.origin {
        Origin::Lesson(opened) => opened.info,
        Origin::Durable { .. }
        | Origin::Scratch { .. }
        | Origin::Scenario(_)
        | Origin::Script(_) => None,
    };
    let title = lesson.as_ref().map(|lesson| lesson.title.clone());
    let turn = lesson.as_ref().map(|lesson| (lesson.scene, lesson.turn));
    use_effect_with((info, title.clone(), turn), |(info, title, turn)| {
        // The origin may be another lesson's already.
        let info = info.filter(|info| Some(info.title) == title.as_deref());
        if let (Some(info), Some((scene, turn))) = (info, turn) {
            progress::note(info, *scene, *turn == LessonTurn::Over);
        }
    });
    // What the scene points to, as soon as it can be seen.
    let pointed = lesson.as_ref().filter(|lesson| lesson.turn == LessonTurn::Learner);
    let pointed = pointed.and_then(|lesson| lesson.points.iter().find_map(selection));
    use_effect_with((title.clone(), turn.map(|(scene, _)| scene), pointed), {
        let select = controls.select.clone();
        move |(_, _, pointed)| {
            if pointed.is_some() {
                select.emit(*pointed);
            }
        }
    });
    // Where the focus was last. A button that had it may be gone.
    let was_in_lesson = use_mut_ref(|| false);
    let on_focus = {
        let was_in_lesson = was_in_lesson.clone();
        use_callback((), move |event: Event, ()| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            *was_in_lesson.borrow_mut() = target.is_some_and(|target| is_in_lesson(&target));
        })
    };
    use_window_event("focusin", on_focus);
    use_effect_with(turn, move |turn| {
        if let Some((_, turn)) = turn {
            follow(*turn, *was_in_lesson.borrow());
        }
    });
    // The answer that is picked, in its scene, before it is given.
    let picked = use_state_eq(|| None::<(Rc<str>, usize, usize)>);
    let Some(lesson) = lesson else { return html! {} };
    let on_leave = on_click_of(&controls, |controls| {
        controls.runner.leave_lesson();
        controls.labs.on_origin.emit(Origin::Scratch { reason: None });
    });
    let leave = html! {
        <>
            <span>{ format!("Step {} of {}", lesson.scene + 1, lesson.scenes.len()) }</span>
            <button type="button" class="icon-button" aria-label="Leave the lesson"
                title="Leave the lesson" data-testid="lesson-leave" onclick={on_leave}>
                <Icon name={IconName::Close} />
            </button>
        </>
    };
    let is_open = lesson.turn == LessonTurn::Learner;
    let is_here = |(title, scene): (&Rc<str>, usize)| {
        is_open && *title == lesson.title && scene == lesson.scene
    };
    let chosen = picked.as_ref().filter(|(title, scene, _)| is_here((title, *scene)));
    let chosen = chosen.map(|(_, _, choice)| *choice);
    let on_pick = {
        let (title, scene, picked) = (lesson.title.clone(), lesson.scene, picked.setter());
        Callback::from(move |choice: usize| picked.set(Some((title.clone(), scene, choice))))
    };
    html! {
        <Panel name="lesson" title={lesson.title.to_string()} aside={leave}>
            <Steps lesson={lesson.clone()} {info} />
            <div class="lesson" id="lesson" tabindex="0" role="region"
                aria-labelledby="lesson-step" data-testid="lesson"
                data-turn={turn_word(lesson.turn)}>
                <Scene lesson={lesson.clone()} {chosen} {on_pick} />
            </div>
            <Foot {lesson} {info} {chosen} />
        </Panel>
    }
}

/// Keeps the focus in the lesson, for those who read it from there: a new step is read from its
/// beginning, and at its end the way on has the focus.
fn follow(turn: LessonTurn, was_in_lesson: bool) {
    let document = web_sys::window().and_then(|window| window.document());
    let Some(active) = document.and_then(|document| document.active_element()) else { return };
    // The button that had it is gone.
    let is_lost = was_in_lesson && active.tag_name() == "BODY";
    let is_ours = is_lost || is_in_lesson(&active);
    match turn {
        LessonTurn::Learner if is_ours => focus_soon("lesson"),
        LessonTurn::Over if is_ours => focus_soon("lesson-next"),
        LessonTurn::Stage | LessonTurn::Learner | LessonTurn::Reveal | LessonTurn::Over => {}
    }
}

fn is_in_lesson(element: &Element) -> bool {
    element.closest(".panel-lesson").ok().flatten().is_some()
}

/// A callback of a button.
fn on_click_of(controls: &Controls, act: impl Fn(&Controls) + 'static) -> Callback<MouseEvent> {
    let controls = controls.clone();
    Callback::from(move |_: MouseEvent| act(&controls))
}

/// The thing, if it can be selected.
fn selection(pointed: &PointView) -> Option<Selection> {
    match pointed {
        PointView::Node(node) => Some(Selection::Node(*node)),
        PointView::Link(from, to) => Some(Selection::link(*from, *to)),
        PointView::Client(client) => Some(Selection::Client(*client)),
        PointView::Message(message) => Some(Selection::Message(*message)),
        PointView::Entry(entry) => Some(Selection::Entry(*entry)),
        PointView::Panel(_) => None,
    }
}

fn turn_word(turn: LessonTurn) -> &'static str {
    match turn {
        LessonTurn::Stage => "stage",
        LessonTurn::Learner => "learner",
        LessonTurn::Reveal => "reveal",
        LessonTurn::Over => "over",
    }
}

#[derive(Properties, PartialEq)]
struct LessonProps {
    lesson: Rc<LessonView>,
    #[prop_or_default]
    info: Option<&'static LessonInfo>,
}

/// The steps, those that are done, and the present one: each is a way to it.
#[component(Steps)]
fn steps(props: &LessonProps) -> Html {
    let (lesson, runner) = (&props.lesson, use_controls().runner);
    let done = props.info.map(|info| progress::of(info).done).unwrap_or_default();
    html! {
        <ol class="lesson-steps">
            { for lesson.scenes.iter().enumerate().map(|(number, title)| {
                let runner = runner.clone();
                let on_click = Callback::from(move |_: MouseEvent| runner.show_scene(number));
                let is_here = number == lesson.scene;
                let is_done = if done.contains(&number) { ", done" } else { "" };
                let label = format!("Step {}: {title}{is_done}", number + 1);
                html! {
                    <li key={number}>
                        <button type="button" onclick={on_click} title={title.clone()}
                            class={classes!("lesson-step", is_here.then_some("is-here"),
                                done.contains(&number).then_some("is-done"))}
                            aria-current={is_here.then_some("step")}
                            aria-label={label}></button>
                    </li>
                }
            }) }
        </ol>
    }
}

#[derive(Properties, PartialEq)]
struct SceneProps {
    lesson: Rc<LessonView>,
    chosen: Option<usize>,
    on_pick: Callback<usize>,
}

#[component(Scene)]
fn scene(props: &SceneProps) -> Html {
    let lesson = &props.lesson;
    let title = &lesson.scenes[lesson.scene];
    let end = use_node_ref();
    use_effect_with((end.clone(), lesson.conclusion.is_empty()), |(end, is_empty)| {
        if let Some(end) = end.cast::<Element>().filter(|_| !is_empty) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            end.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    html! {
        <div class="lesson-scene">
            if lesson.scene == 0 && lesson.turn != LessonTurn::Over {
                { for lesson.about.iter().map(|words| html! {
                    <p class="lesson-about">{ with_links(words, None) }</p>
                }) }
            }
            <h3 id="lesson-step">{ title }</h3>
            { for lesson.text.iter().map(|words| html! { <p>{ with_links(words, None) }</p> }) }
            if lesson.turn == LessonTurn::Stage {
                <p class="lesson-wait" role="status">{ "The stage is being set…" }</p>
            } else {
                <TaskOf lesson={lesson.clone()} chosen={props.chosen}
                    on_pick={props.on_pick.clone()} />
            }
            if lesson.turn == LessonTurn::Learner {
                <Actions allowed={lesson.allowed.clone()} />
            }
            <div class="lesson-end" role="status" ref={end}>
                { for lesson.conclusion.iter().map(|words| html! {
                    <p>{ with_links(words, None) }</p>
                }) }
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct FootProps {
    lesson: Rc<LessonView>,
    info: Option<&'static LessonInfo>,
    chosen: Option<usize>,
}

/// Back, again, and on: to the answer of the run, then to the next scene.
#[component(Foot)]
fn foot(props: &FootProps) -> Html {
    let (lesson, controls) = (&props.lesson, use_controls());
    let go = |scene: usize| on_click_of(&controls, move |c| c.runner.show_scene(scene));
    let (here, last) = (lesson.scene, lesson.scenes.len() - 1);
    let is_over = lesson.turn == LessonTurn::Over;
    let next = match (here < last, props.info.and_then(LessonInfo::next)) {
        (true, _) => Some(("Next step".to_owned(), go(here + 1))),
        (false, Some(next)) => {
            let learn = on_click_of(&controls, move |c| c.labs.learn(next, 0));
            Some((format!("Next: {}", next.title), learn))
        }
        (false, None) => None,
    };
    html! {
        <div class="lesson-foot">
            if here > 0 {
                <button type="button" class="button" id="lesson-back" data-testid="lesson-back"
                    onclick={go(here - 1)}>{ "Back" }</button>
            }
            <button type="button" class="button" data-testid="lesson-again"
                title="Begin this step again" onclick={go(here)}>{ "Again" }</button>
            if props.info.is_none() && kept_run::recorded().is_some() {
                <button type="button" class="button" data-testid="lesson-to-record"
                    onclick={on_click_of(&controls, |c| c.labs.go_on_recording())}>
                    { "Go on recording" }
                </button>
            }
            <span class="lesson-space"></span>
            if let Some((words, on_next)) = next {
                <button type="button" id="lesson-next" data-testid="lesson-next" onclick={on_next}
                    class={classes!("button", "lesson-next",
                        if is_over { "is-primary" } else { "is-quiet" })}>
                    { if is_over { words } else { "Skip".to_owned() } }
                </button>
            }
            { run_button(lesson, props.chosen, &controls) }
        </div>
    }
}

/// The button that lets the run answer, or go to the end of its answer.
fn run_button(lesson: &LessonView, chosen: Option<usize>, controls: &Controls) -> Html {
    let asks = matches!(lesson.task, Some(TaskView::Question { .. }));
    match lesson.turn {
        LessonTurn::Learner if asks => {
            let on_run = on_click_of(controls, move |controls| {
                if let Some(choice) = chosen {
                    controls.runner.choose(choice);
                }
            });
            html! {
                <button type="button" class="button is-primary" id="lesson-run"
                    data-testid="lesson-run" aria-disabled={chosen.is_none().to_string()}
                    title={chosen.is_none().then_some("Choose an answer first")} onclick={on_run}>
                    { "Let it run and see" }
                </button>
            }
        }
        LessonTurn::Reveal => html! {
            <button type="button" class="button is-primary" data-testid="lesson-hurry"
                onclick={on_click_of(controls, |controls| controls.runner.hurry())}>
                { "To the end" }
            </button>
        },
        LessonTurn::Stage | LessonTurn::Learner | LessonTurn::Over => html! {},
    }
}
