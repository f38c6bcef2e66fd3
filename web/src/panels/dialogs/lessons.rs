//! The dialog with the lessons, by track, and how far one is.

use yew::prelude::*;

use crate::lab::{LESSONS, LessonInfo, TRACKS, kept_run};
use crate::state::{Dialog as DialogName, progress, use_controls, use_frame};
use crate::ui::Dialog;

#[derive(Properties, PartialEq)]
pub(crate) struct LessonsProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Lessons)]
pub(crate) fn lessons(props: &LessonsProps) -> Html {
    let controls = use_controls();
    let open = |dialog| controls.open_dialog.reform(move |_: MouseEvent| Some(dialog));
    let (runner, labs) = (controls.runner.clone(), controls.labs.clone());
    // One lesson is recorded at a time.
    let was_recording = use_state_eq(|| kept_run::recorded().is_some());
    let is_learning = use_frame().lab.lesson.is_some();
    let on_go_on = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| {
            labs.go_on_recording();
            on_close.emit(());
        })
    };
    let on_forget = {
        let was_recording = was_recording.setter();
        Callback::from(move |_: MouseEvent| {
            kept_run::forget_recorded();
            was_recording.set(false);
        })
    };
    let on_record = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| {
            runner.set_recording(true);
            on_close.emit(());
        })
    };
    html! {
        <Dialog title="Lessons" is_wide={true} on_close={props.on_close.clone()}>
            <p class="dialog-text">
                { "A lesson is played by the real cluster, in memory: you predict, you act, and \
                   the run answers. The disks of your stored lab stay as they are. " }
                <button type="button" class="text-button" data-testid="glossary"
                    onclick={open(DialogName::Glossary)}>{ "Words of the field" }</button>
                { ". " }
                <button type="button" class="text-button" data-testid="to-experiments"
                    onclick={open(DialogName::Experiments)}>{ "Experiments" }</button>
                { " measure the cluster." }
                if !is_learning && !*was_recording {
                    { " Or " }
                    <button type="button" class="text-button" data-testid="record-lesson"
                        onclick={on_record}>{ "record a lesson of your own" }</button>
                    { " of the run on the page." }
                }
                if *was_recording {
                    { " You record a lesson: " }
                    <button type="button" class="text-button" data-testid="go-on-recording"
                        onclick={on_go_on}>{ "go on with it" }</button>
                    { ", or " }
                    <button type="button" class="text-button" onclick={on_forget}>
                        { "give it up" }
                    </button>
                    { "." }
                }
            </p>
            <div class="lesson-tracks">
                { for TRACKS.into_iter().map(|(track, name)| html! {
                    <Track key={track} {track} {name} on_close={props.on_close.clone()} />
                }) }
            </div>
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct TrackProps {
    track: &'static str,
    name: &'static str,
    on_close: Callback<()>,
}

#[component(Track)]
fn track(props: &TrackProps) -> Html {
    let lessons: Vec<&'static LessonInfo> =
        LESSONS.iter().filter(|lesson| lesson.track == props.track).collect();
    if lessons.is_empty() {
        return html! {};
    }
    html! {
        <section>
            <h3>{ props.name }</h3>
            <ul class="scenario-list">
                { for lessons.into_iter().map(|lesson| html! {
                    <Row key={lesson.name} {lesson} on_close={props.on_close.clone()} />
                }) }
            </ul>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    lesson: &'static LessonInfo,
    on_close: Callback<()>,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let (lesson, labs) = (props.lesson, use_controls().labs);
    let progress = progress::of(lesson);
    let is_complete = progress.is_complete(lesson);
    let on_click = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| {
            let scene = if is_complete { 0 } else { progress::last_scene(lesson) };
            labs.learn(lesson, scene);
            on_close.emit(());
        })
    };
    let state = match (is_complete, progress.done.len()) {
        (true, _) => "✓ done".to_owned(),
        (false, 0) => format!("{} steps", lesson.scenes),
        (false, done) => format!("{done} of {} steps", lesson.scenes),
    };
    html! {
        <li>
            <button type="button" class="scenario lesson-row" onclick={on_click}
                data-testid={format!("lesson-{}", lesson.name)}>
                <span class="scenario-title">{ lesson.title }</span>
                <span class={classes!("lesson-state", is_complete.then_some("is-done"))}>
                    { state }
                </span>
                <span class="scenario-story">{ lesson.about }</span>
            </button>
        </li>
    }
}
