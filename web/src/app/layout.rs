//! The places of the areas: the sentence over the cluster and the logs, one panel at a time beside
//! them, the run and the console along the bottom. On narrower screens the logs and the stores
//! share the place of the panels; on a phone, that place is a sheet.

use std::rc::Rc;

use raft_lab::{LabView, LessonTurn, NodeId, PointView};
use web_sys::{Element, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

use super::frames::Frames;
use crate::lab::{Origin, Part};
use crate::panels::{
    Arrangement, Cluster, Console, Events, Header, KeyValues, Later, Logs, Notices, Panel,
    Sentence, Tape, Time,
};
use crate::state::{Controls, Selection, Theme, use_controls, use_frame};
use crate::ui::{Border, BorderPlace, Click, MovableBorder, diagrammed, use_border, walk};

/// The panels that share a place: name in `styles/layout.css`, label. The logs and the keys have
/// places of their own on wide screens.
const TABS: [(&str, &str); 11] = [
    ("lesson", "Lesson"),
    ("record", "Record"),
    ("logs", "Logs"),
    ("kv", "Keys"),
    ("events", "Events"),
    ("inspector", "Inspector"),
    ("disk", "Disk"),
    ("why", "Why"),
    ("statements", "Statements"),
    ("properties", "Properties"),
    ("breakpoints", "Breaks"),
];

/// There while a lesson is played only.
const LESSON: &str = TABS[0].0;
/// There while somebody makes a lesson only.
const RECORD: &str = TABS[1].0;
/// Beside the others where there is room: in the place of the logs and the keys.
const DISK: &str = TABS[6].0;
/// The first one of a new page.
pub(super) const LOGS: &str = TABS[2].0;

/// The panels that are there in each lab: name, label.
pub(crate) const PANELS: &[(&str, &str)] = TABS.split_at(2).1;

/// The panel with this name, if it is there in each lab.
pub(super) fn tab_named(name: &str) -> Option<&'static str> {
    PANELS.iter().find(|(known, _)| *known == name).map(|(known, _)| *known)
}

#[derive(Properties, PartialEq)]
pub(crate) struct LayoutProps {
    pub(crate) origin: Origin,
    /// Why the last thing that somebody wanted to open is not there, in words.
    pub(crate) failure: Option<String>,
    pub(crate) selected: Option<Selection>,
    /// The node whose disk is shown.
    pub(crate) disk: Option<NodeId>,
    /// The panel that is shown.
    pub(crate) tab: &'static str,
    pub(crate) on_tab: Callback<&'static str>,
    pub(crate) on_theme: Callback<Theme>,
    /// Whether it is shown to an audience: large, and without tools.
    pub(crate) is_presented: bool,
}

#[component(Layout)]
pub(crate) fn layout(props: &LayoutProps) -> Html {
    let controls = use_controls();
    let tab = props.tab;
    let on_tab = on_tab(&controls, props);
    let lesson = use_frame().lab.lesson.as_ref().map(|it| (it.title.clone(), it.scene));
    let is_lesson = lesson.is_some();
    let is_recording = use_frame().lab.recording.is_some();
    use_effect_with(is_recording, {
        let (on_tab, is_shown) = (on_tab.clone(), tab == RECORD);
        move |is_recording| match is_recording {
            true => on_tab.emit(RECORD),
            false if is_shown => on_tab.emit(LOGS),
            false => {}
        }
    });
    use_effect_with(lesson, {
        let (on_tab, is_shown) = (on_tab.clone(), tab == LESSON);
        move |lesson| match lesson {
            Some(_) => on_tab.emit(LESSON),
            None if is_shown => on_tab.emit(LOGS),
            None => {}
        }
    });
    use_effect_with(props.selected, {
        let is_learning = is_lesson && tab == LESSON || is_recording && tab == RECORD;
        let (on_tab, show_disk) = (on_tab.clone(), controls.show_disk.clone());
        let has_disk = props.disk.is_some();
        move |selected| match selected {
            Some(Selection::Node(node)) if has_disk => show_disk.emit(Some(*node)),
            Some(_) if !is_learning => on_tab.emit("inspector"),
            Some(_) | None => {}
        }
    });
    // The things that sentences name, wherever they are.
    let on_click = use_callback(controls, |event: MouseEvent, controls| {
        match Click::of(&event) {
            Some(Click::Select(selection)) => controls.look_at(Some(selection)),
            Some(Click::Ask(question)) => controls.runner.exec(&question),
            // The panels take them.
            Some(Click::ShowKey(_) | Click::TellRule(_) | Click::Define(_)) => {}
            None => {
                if let Some((event, at)) = diagrammed(&event) {
                    controls.runner.show_in_diagram(event, at);
                }
            }
        }
    });
    let on_key = Callback::from(|event: KeyboardEvent| walk(&event));
    html! {
        <div class={classes!("page", props.is_presented.then_some("is-presented"))}
            onclick={on_click} onkeydown={on_key}>
            <div class="bar">
                <Time />
                <Header on_theme={props.on_theme.clone()} />
            </div>
            <Notices origin={props.origin.clone()} failure={props.failure.clone()} />
            <Stage {tab} {on_tab} disk={props.disk} origin={props.origin.clone()} />
            <Frames part={Part::Foot}>
                <Tape />
                <Console />
            </Frames>
            <Later panel={Panel::Rule} waits={true} />
            <Later panel={Panel::Word} waits={true} />
        </div>
    }
}

/// Shows a panel. Where there is no room beside it, the disk gives way.
fn on_tab(controls: &Controls, props: &LayoutProps) -> Callback<&'static str> {
    let (controls, show) = (controls.clone(), props.on_tab.clone());
    let LayoutProps { selected, disk, .. } = *props;
    Callback::from(move |name| {
        let frame = controls.runner.frame();
        if name == DISK {
            let first = || frame.view.leader.or(frame.view.node_ids().next());
            let chosen = if let Some(Selection::Node(node)) = selected { Some(node) } else { None };
            return controls.show_disk.emit(if disk.is_none() {
                chosen.or_else(first)
            } else {
                None
            });
        }
        if frame.lab.diagram.is_some() || !is_wide() {
            controls.show_disk.emit(None);
        }
        show.emit(name);
    })
}

/// Whether the logs and the keys have places of their own (`styles/layout.css`).
fn is_wide() -> bool {
    let window = web_sys::window();
    let query = window.and_then(|it| it.match_media("(min-width: 1200px)").ok().flatten());
    query.is_some_and(|query| query.matches())
}

#[derive(Properties, PartialEq)]
struct StageProps {
    tab: &'static str,
    disk: Option<NodeId>,
    origin: Origin,
    on_tab: Callback<&'static str>,
}

/// One branch with its panels, or two branches.
#[component(Stage)]
fn stage(props: &StageProps) -> Html {
    let (lab, controls) = (use_frame().lab, use_controls());
    let arrangement = use_state_eq(|| Rc::new(Arrangement::default()));
    let shows_filters = use_state_eq(|| false);
    let (ring, panel) = (use_border(Border::Ring), use_border(Border::Panel));
    let (keys, sheet) = (use_border(Border::Keys), use_border(Border::Sheet));
    use_effect_with(props.tab, {
        let sheet = sheet.clone();
        move |tab| {
            // What was asked for shall be seen.
            if [LESSON, RECORD].contains(tab) {
                sheet.raise();
            }
        }
    });
    let on_answer = {
        let sheet = sheet.clone();
        props.on_tab.reform(move |()| {
            sheet.raise();
            "why"
        })
    };
    if lab.comparison.is_some() {
        return html! { <main class="grid is-comparing"><Later panel={Panel::Comparison} /></main> };
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
                    <Later panel={Panel::Filters { is_open: *shows_filters }} />
                </div>
                <Later panel={Panel::Diagram {
                    arrangement: (*arrangement).clone(), on_arrange, on_filters,
                }} />
            </>
        }
    } else {
        html! { <Cluster /> }
    };
    html! {
        <main class={classes!("grid", lab.diagram.is_some().then_some("has-diagram"),
                props.disk.map(|_| "has-disk"))}
            data-tab={props.tab} data-point={pointed(&lab)}>
            <Sentence />
            { view }
            <MovableBorder at={ring} />
            <MovableBorder at={keys} />
            <MovableBorder at={panel} />
            <Tabs chosen={props.tab} on_tab={props.on_tab.clone()} has_disk={props.disk.is_some()}
                has_lesson={lab.lesson.is_some()} is_recording={lab.recording.is_some()}
                {sheet} />
            <Later panel={Panel::Lesson(props.origin.clone())} waits={lab.lesson.is_none()} />
            <Later panel={Panel::Record} waits={true} />
            <Frames part={Part::Logs}><Logs /></Frames>
            <Frames part={Part::Details}>
                <KeyValues on_hidden={props.on_tab.reform(|()| "kv")} />
                // It has much that changes in every frame.
                if props.tab == "inspector" { <Later panel={Panel::Inspector} /> }
                if let Some(node) = props.disk {
                    <Later panel={Panel::Disk { node, on_node: controls.show_disk.clone() }} />
                }
                <Later waits={lab.explanation.is_none()} panel={Panel::Why {
                    is_open: props.tab == "why", on_answer,
                }} />
            </Frames>
            <Frames part={Part::Lists}>
                <Events />
                <Later panel={Panel::Statements} waits={props.tab != "statements"} />
                <Later panel={Panel::Properties} waits={props.tab != "properties"} />
                <Later panel={Panel::Breakpoints} waits={props.tab != "breakpoints"} />
            </Frames>
        </main>
    }
}

/// The panel that the scene of a lesson points to, while the learner has a turn.
fn pointed(lab: &LabView) -> Option<&'static str> {
    let lesson = lab.lesson.as_ref().filter(|lesson| lesson.turn == LessonTurn::Learner)?;
    lesson.points.iter().find_map(|point| match point {
        PointView::Panel(name) => Some(*name),
        PointView::Node(_) | PointView::Link(..) | PointView::Message(_) | PointView::Client(_) => {
            None
        }
        PointView::Entry(_) => Some("logs"),
    })
}

#[derive(Properties, PartialEq)]
struct TabsProps {
    chosen: &'static str,
    has_disk: bool,
    has_lesson: bool,
    is_recording: bool,
    on_tab: Callback<&'static str>,
    sheet: BorderPlace,
}

#[component(Tabs)]
fn tabs(props: &TabsProps) -> Html {
    let is_low = props.sheet.percent() == 0;
    let on_ring = {
        let sheet = props.sheet.clone();
        Callback::from(move |_: MouseEvent| sheet.put(if is_low { None } else { Some(0) }))
    };
    let is_there = |name| match name {
        LESSON => props.has_lesson,
        RECORD => props.is_recording,
        _ => true,
    };
    let shown = TABS.iter().filter(|(name, _)| is_there(*name));
    let node = use_node_ref();
    // On a phone the row of the tabs is wider than the screen.
    use_effect_with((node.clone(), props.chosen), |(node, chosen)| {
        let row = node.cast::<Element>();
        let tab = row.and_then(|row| row.query_selector(&format!("#tab-{chosen}")).ok().flatten());
        if let Some(tab) = tab {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            options.set_inline(ScrollLogicalPosition::Nearest);
            tab.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    html! {
        <nav ref={node} class={classes!("tabs", is_low.then_some("is-low"))} aria-label="Panels">
            <MovableBorder at={props.sheet.clone()} />
            <button type="button" class="tab tab-ring" data-testid="tab-ring"
                aria-pressed={is_low.to_string()} onclick={on_ring}>{ "Ring" }</button>
            { for shown.map(|(name, label)| {
                let name = *name;
                let on_click = {
                    let (sheet, on_tab) = (props.sheet.clone(), props.on_tab.clone());
                    Callback::from(move |_: MouseEvent| {
                        sheet.raise();
                        on_tab.emit(name);
                    })
                };
                let is_shown = if name == DISK { props.has_disk } else { name == props.chosen };
                html! {
                    <button key={name} id={format!("tab-{name}")} type="button"
                        class={classes!("tab", format!("tab-{name}"))}
                        aria-pressed={is_shown.to_string()} onclick={on_click}>
                        { *label }
                    </button>
                }
            }) }
        </nav>
    }
}
