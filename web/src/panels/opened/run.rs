//! A recorded run: its verdict, the moment that is shown, and what is told of it. The last moment
//! of a run that grows is shown until somebody goes to another one.

use std::ops::Range;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use raft_lab::{Recorded, RunVerdict, TraceSource, ViewWindow};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::diagram::RunDiagram;
use super::events::RunEvents;
use super::nodes::RunNodes;
use super::picture::{RunLogs, RunPicture};
use super::shown::{Moment, SharedRun, Shown};
use super::tape::RunTape;
use super::verdict::{Properties as RunProperties, Verdict};
use crate::hooks::use_window_event;

/// The time between two events while the run is played.
const PACE_MS: u32 = 350;

#[derive(Properties, PartialEq)]
pub(super) struct RunPanelProps {
    pub(super) shown: Shown,
    pub(super) verdict: Rc<RunVerdict>,
    /// Whether it is the run of a real cluster, which goes on.
    #[prop_or_default]
    pub(super) is_live: bool,
}

/// What is beside the picture.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Logs,
    Diagram,
    Nodes,
    Events,
    Properties,
}

impl Tab {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Logs, "Logs"),
        (Self::Diagram, "Diagram"),
        (Self::Nodes, "Nodes"),
        (Self::Events, "Events"),
        (Self::Properties, "Properties"),
    ];
}

#[component(RunPanel)]
pub(super) fn run_panel(props: &RunPanelProps) -> Html {
    let RunPanelProps { shown, verdict, is_live } = props;
    let is_live = *is_live;
    let Cursor { events, follows, is_playing, on_go, on_play } = use_cursor(props);
    let (tab, log) = (use_state_eq(|| Tab::Logs), use_state_eq(|| None::<Range<u64>>));
    let on_log = {
        let log = log.setter();
        use_callback((), move |wish, ()| log.set(wish))
    };
    use_step_keys(events, &on_go);
    let moment = Moment { run: shown.run.clone(), events, log: (*log).clone() };
    let view = use_memo(moment.clone(), |Moment { run, events, log }| {
        let window = ViewWindow { log: log.clone(), ..ViewWindow::default() };
        Rc::new(run.now().view_after(*events, &window))
    });
    let (view, broken) = ((*view).clone(), verdict.broken.map(|(place, _)| place));
    html! {
        <div class="recorded" data-testid="recorded" data-events={events.to_string()}
            data-follows={follows.to_string()}>
            <p class="dialog-note" data-testid="recorded-about">
                { about(&shown.run.now(), is_live) }
            </p>
            <Verdict verdict={verdict.clone()} {events} {is_live} on_go={on_go.clone()} />
            <div class="recorded-body">
                <RunPicture view={view.clone()} moment={moment.clone()} {is_live} {follows}
                    on_go={on_go.clone()} />
                <nav class="tabs" aria-label="Panels of the recorded run">
                    { for Tab::ALL.iter().map(|(name, label)| {
                        let (setter, name) = (tab.setter(), *name);
                        html! {
                            <button key={*label} type="button" class="tab"
                                data-testid={format!("recorded-{}", label.to_lowercase())}
                                aria-pressed={(*tab == name).to_string()}
                                onclick={move |_: MouseEvent| setter.set(name)}>{ *label }</button>
                        }
                    }) }
                </nav>
                <div class="recorded-side">{ match *tab {
                    Tab::Logs => html! { <RunLogs {view} {on_log} /> },
                    Tab::Diagram => html! { <RunDiagram {moment} on_go={on_go.clone()} /> },
                    Tab::Nodes => html! { <RunNodes {moment} /> },
                    Tab::Events => html! {
                        <RunEvents shown={shown.clone()} {events} {broken} {is_live}
                            on_go={on_go.clone()} />
                    },
                    Tab::Properties => html! {
                        <RunProperties verdict={verdict.clone()}
                            passed_over={shown.run.now().passed_over()} />
                    },
                } }</div>
            </div>
            <RunTape shown={shown.clone()} {events} {broken} {is_playing}
                follows={is_live.then_some(follows)} {on_go} {on_play} />
        </div>
    }
}

/// The moment that is shown, and what goes to another one.
struct Cursor {
    /// The number of events before it.
    events: usize,
    /// Whether it is the last one and stays that.
    follows: bool,
    /// Whether one event after the other is shown.
    is_playing: bool,
    on_go: Callback<usize>,
    on_play: Callback<bool>,
}

#[hook]
fn use_cursor(props: &RunPanelProps) -> Cursor {
    let RunPanelProps { shown: Shown { run, first, last }, verdict, is_live } = props;
    let (first, last, is_live) = (*first, *last, *is_live);
    // A contradiction is what somebody wants to see; else the beginning of the story.
    let begin = verdict.broken.map_or(1, |(place, _)| place + 1);
    // `None`: the last moment, whichever that is.
    let cursor = use_state_eq(|| (!is_live).then_some(begin));
    let is_playing = use_state_eq(|| false);
    let events = cursor.map_or(last, |at| at.clamp(first, last));
    let follows = cursor.is_none();
    let on_go = {
        let cursor = cursor.setter();
        use_callback(
            (run.clone(), is_live),
            move |to: usize, (run, is_live): &(SharedRun, bool)| {
                let last = run.now().events();
                cursor.set((!is_live || to < last).then_some(to.min(last)));
            },
        )
    };
    // Another run of a cluster is shown from its end on.
    use_effect_with(run.clone(), {
        let cursor = cursor.setter();
        move |_| {
            if is_live {
                cursor.set(None);
            }
        }
    });
    use_effect_with((*is_playing, events), {
        let (on_go, is_playing) = (on_go.clone(), is_playing.setter());
        move |(plays, at)| {
            let (plays, next) = (*plays, *at + 1);
            if plays && next > last {
                is_playing.set(false);
            }
            let timer =
                (plays && next <= last).then(|| Interval::new(PACE_MS, move || on_go.emit(next)));
            move || drop(timer)
        }
    });
    let on_play = {
        let (is_playing, cursor) = (is_playing.setter(), cursor.setter());
        Callback::from(move |plays: bool| {
            if follows {
                cursor.set(Some(events));
            }
            is_playing.set(plays);
        })
    };
    Cursor { events, follows, is_playing: *is_playing, on_go, on_play }
}

/// The arrow keys go from event to event, wherever the focus is in the dialog.
#[hook]
fn use_step_keys(events: usize, on_go: &Callback<usize>) {
    // In a cluster the moment changes all the time, and the listener stays.
    let at = use_mut_ref(|| 0);
    *at.borrow_mut() = events;
    let on_key = use_callback(on_go.clone(), move |event: Event, on_go| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            step_by_key(event, *at.borrow(), on_go);
        }
    });
    use_window_event("keydown", on_key);
}

/// Goes on or back, where nothing else takes the key.
fn step_by_key(event: &KeyboardEvent, at: usize, on_go: &Callback<usize>) {
    let target = event.target_dyn_into::<Element>();
    let is_taken = target.is_some_and(|it| {
        it.closest("input, [role=application], .topology").is_ok_and(|found| found.is_some())
    });
    if event.default_prevented() || is_taken {
        return;
    }
    match event.key().as_str() {
        "ArrowLeft" => on_go.emit(at.saturating_sub(1)),
        "ArrowRight" => on_go.emit(at + 1),
        "Home" => on_go.emit(0),
        "End" => on_go.emit(usize::MAX),
        _ => return,
    }
    event.prevent_default();
}

/// What it is, in words.
fn about(run: &Recorded, is_live: bool) -> String {
    if is_live {
        return "These are real servers, read only: they tell what they do, and you see it as it \
                happens. Nothing here changes them. The lab of this page stands still until you \
                close this."
            .to_owned();
    }
    let form = match run.source() {
        TraceSource::Helios => "a trace of Helios",
        TraceSource::ShiViz => "a log for ShiViz, which has an order and no times",
        TraceSource::EtcdRaft => "a state trace of etcd’s raft, which tells no entries",
        TraceSource::Lines => "the lines of another program",
    };
    format!(
        "A recorded run, read only: {form}. What the file does not tell is not shown. Your lab \
         stands still until you close this."
    )
}
