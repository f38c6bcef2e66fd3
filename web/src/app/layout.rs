//! The places of the areas: the sentence over the cluster and the logs, one panel at a time beside
//! them, the run and the console along the bottom. On narrower screens the logs and the stores
//! share the place of the panels.

use std::rc::Rc;

use raft_lab::{LabView, LessonTurn, PointView};
use yew::prelude::*;

use super::frames::Frames;
use crate::lab::{Origin, Part};
use crate::panels::{
    Arrangement, BreakpointList, Cluster, Comparison, Console, Diagram, Events, Filters, Header,
    Inspector, KeyValues, LessonPanel, Logs, Notices, PropertyList, Record, Rule, Sentence,
    Statements, Tape, Time, Why,
};
use crate::state::{Selection, Theme, use_controls, use_frame};
use crate::ui::{Click, diagrammed, walk};

/// The panels that share a place: name in `styles/layout.css`, label. The logs and the keys have
/// places of their own on wide screens.
const TABS: [(&str, &str); 10] = [
    ("lesson", "Lesson"),
    ("record", "Record"),
    ("logs", "Logs"),
    ("kv", "Keys"),
    ("events", "Events"),
    ("inspector", "Inspector"),
    ("why", "Why"),
    ("statements", "Statements"),
    ("properties", "Properties"),
    ("breakpoints", "Breaks"),
];

/// There while a lesson is played only.
const LESSON: &str = TABS[0].0;
/// There while somebody makes a lesson only.
const RECORD: &str = TABS[1].0;
/// The first one of a new page.
const LOGS: &str = TABS[2].0;

#[derive(Properties, PartialEq)]
pub(crate) struct LayoutProps {
    pub(crate) origin: Origin,
    /// Why the last thing that somebody wanted to open is not there, in words.
    pub(crate) failure: Option<String>,
    pub(crate) selected: Option<Selection>,
    pub(crate) on_theme: Callback<Theme>,
}

#[component(Layout)]
pub(crate) fn layout(props: &LayoutProps) -> Html {
    let tab = use_state_eq(|| LOGS);
    let setter = tab.setter();
    let lesson = use_frame().lab.lesson.as_ref().map(|it| (it.title.clone(), it.scene));
    let is_lesson = lesson.is_some();
    let is_recording = use_frame().lab.recording.is_some();
    use_effect_with(is_recording, {
        let (setter, is_shown) = (setter.clone(), *tab == RECORD);
        move |is_recording| match is_recording {
            true => setter.set(RECORD),
            false if is_shown => setter.set(LOGS),
            false => {}
        }
    });
    use_effect_with(lesson, {
        let (setter, is_shown) = (setter.clone(), *tab == LESSON);
        move |lesson| match lesson {
            Some(_) => setter.set(LESSON),
            None if is_shown => setter.set(LOGS),
            None => {}
        }
    });
    use_effect_with(props.selected, {
        let is_learning = is_lesson && *tab == LESSON || is_recording && *tab == RECORD;
        let setter = setter.clone();
        move |selected| {
            if selected.is_some() && !is_learning {
                setter.set("inspector");
            }
        }
    });
    let on_tab = Callback::from(move |name| setter.set(name));
    // The things that sentences name, wherever they are.
    let controls = use_controls();
    let on_click = use_callback(controls, |event: MouseEvent, controls| {
        match Click::of(&event) {
            Some(Click::Select(selection)) => controls.look_at(Some(selection)),
            Some(Click::Ask(question)) => controls.runner.exec(&question),
            // The panels take them.
            Some(Click::ShowKey(_) | Click::TellRule(_)) => {}
            None => {
                if let Some((event, at)) = diagrammed(&event) {
                    controls.runner.show_in_diagram(event, at);
                }
            }
        }
    });
    let on_key = Callback::from(|event: KeyboardEvent| walk(&event));
    html! {
        <div class="page" onclick={on_click} onkeydown={on_key}>
            <div class="bar">
                <Header on_theme={props.on_theme.clone()} />
                <Time />
            </div>
            <Notices origin={props.origin.clone()} failure={props.failure.clone()} />
            <Stage tab={*tab} {on_tab} origin={props.origin.clone()} />
            <Frames part={Part::Foot}>
                <Tape />
                <Console />
            </Frames>
            <Rule />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct StageProps {
    tab: &'static str,
    origin: Origin,
    on_tab: Callback<&'static str>,
}

/// One branch with its panels, or two branches.
#[component(Stage)]
fn stage(props: &StageProps) -> Html {
    let lab = use_frame().lab;
    let arrangement = use_state_eq(|| Rc::new(Arrangement::default()));
    let shows_filters = use_state_eq(|| false);
    if lab.comparison.is_some() {
        return html! { <main class="grid is-comparing"><Comparison /></main> };
    }
    let view = if lab.diagram.is_some() {
        let on_arrange = {
            let arrangement = arrangement.setter();
            Callback::from(move |next| arrangement.set(Rc::new(next)))
        };
        let on_filters = {
            let (is_open, shows_filters) = (!*shows_filters, shows_filters.setter());
            Callback::from(move |()| shows_filters.set(is_open))
        };
        html! {
            <>
                <div class="beside-diagram">
                    <Cluster />
                    <Filters is_open={*shows_filters} />
                </div>
                <Diagram arrangement={(*arrangement).clone()} {on_arrange} {on_filters} />
            </>
        }
    } else {
        html! { <Cluster /> }
    };
    html! {
        <main class={classes!("grid", lab.diagram.is_some().then_some("has-diagram"))}
            data-tab={props.tab} data-point={pointed(&lab)}>
            <Sentence />
            { view }
            <Tabs chosen={props.tab} on_tab={props.on_tab.clone()}
                has_lesson={lab.lesson.is_some()} is_recording={lab.recording.is_some()} />
            <LessonPanel origin={props.origin.clone()} />
            <Record />
            <Frames part={Part::Logs}><Logs /></Frames>
            <Frames part={Part::Details}>
                <KeyValues on_hidden={props.on_tab.reform(|()| "kv")} />
                // It has much that changes in every frame.
                if props.tab == "inspector" { <Inspector /> }
                <Why is_open={props.tab == "why"} on_answer={props.on_tab.reform(|()| "why")} />
            </Frames>
            <Frames part={Part::Lists}>
                <Events />
                <Statements />
                <PropertyList />
                <BreakpointList />
            </Frames>
        </main>
    }
}

/// The panel that the scene of a lesson points to, while the learner has a turn.
fn pointed(lab: &LabView) -> Option<&'static str> {
    let lesson = lab.lesson.as_ref().filter(|lesson| lesson.turn == LessonTurn::Learner)?;
    lesson.points.iter().find_map(|point| match point {
        PointView::Panel(name) => Some(*name),
        PointView::Node(_)
        | PointView::Link(..)
        | PointView::Message(..)
        | PointView::Client(_) => None,
    })
}

#[derive(Properties, PartialEq)]
struct TabsProps {
    chosen: &'static str,
    has_lesson: bool,
    is_recording: bool,
    on_tab: Callback<&'static str>,
}

#[component(Tabs)]
fn tabs(props: &TabsProps) -> Html {
    let is_there = |name| match name {
        LESSON => props.has_lesson,
        RECORD => props.is_recording,
        _ => true,
    };
    let shown = TABS.iter().filter(|(name, _)| is_there(*name));
    html! {
        <nav class="tabs" aria-label="Panels">
            { for shown.map(|(name, label)| {
                let name = *name;
                let on_click = props.on_tab.reform(move |_: MouseEvent| name);
                html! {
                    <button key={name} type="button" class={classes!("tab", format!("tab-{name}"))}
                        aria-pressed={(name == props.chosen).to_string()} onclick={on_click}>
                        { *label }
                    </button>
                }
            }) }
        </nav>
    }
}
