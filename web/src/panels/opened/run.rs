//! A recorded run: its verdict, the moment that is shown, and what the file tells of it.

use std::ops::Range;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use raft_jobs::JudgedRun;
use raft_lab::{Recorded, TraceSource};
use web_sys::Element;
use yew::prelude::*;

use super::diagram::RunDiagram;
use super::events::RunEvents;
use super::nodes::RunNodes;
use super::picture::{RunLogs, RunPicture};
use super::tape::RunTape;
use super::verdict::{Properties as RunProperties, Verdict};

/// The time between two events while the run is played.
const PACE_MS: u32 = 350;

#[derive(Properties, PartialEq)]
pub(super) struct RunPanelProps {
    pub(super) judged: Rc<JudgedRun>,
}

/// A run that is shown, at a moment. Two are equal if they are the same memory at the same moment.
#[derive(Clone)]
pub(super) struct Moment {
    pub(super) run: Rc<Recorded>,
    /// The number of events before it.
    pub(super) events: usize,
    /// The part of the logs that is shown.
    pub(super) log: Option<Range<u64>>,
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        let is_same = Rc::ptr_eq(&self.run, &other.run);
        is_same && self.events == other.events && self.log == other.log
    }
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
    let judged = props.judged.clone();
    let run = use_memo((), |()| Rc::new(Recorded::new(judged.run.clone())));
    let broken = props.judged.broken;
    // A contradiction is what somebody wants to see; else the beginning of the story.
    let events = use_state_eq(|| broken.map_or(1, |place| place + 1));
    let (tab, log) = (use_state_eq(|| Tab::Logs), use_state_eq(|| None::<Range<u64>>));
    let is_playing = use_state_eq(|| false);
    let last = run.events();
    let on_go = {
        let events = events.setter();
        use_callback((), move |to: usize, ()| events.set(to.min(last)))
    };
    use_effect_with((*is_playing, *events), {
        let (events, is_playing) = (events.setter(), is_playing.setter());
        move |(plays, at)| {
            let (plays, next) = (*plays, *at + 1);
            if plays && next > last {
                is_playing.set(false);
            }
            let timer =
                (plays && next <= last).then(|| Interval::new(PACE_MS, move || events.set(next)));
            move || drop(timer)
        }
    });
    let on_log = {
        let log = log.setter();
        Callback::from(move |wish| log.set(wish))
    };
    let on_play = {
        let is_playing = is_playing.setter();
        Callback::from(move |plays| is_playing.set(plays))
    };
    let on_key = use_callback((*events, on_go.clone()), |event: KeyboardEvent, (at, on_go)| {
        step_by_key(&event, *at, on_go);
    });
    let moment = Moment { run: (*run).clone(), events: *events, log: (*log).clone() };
    html! {
        <div class="recorded" data-testid="recorded" data-events={events.to_string()}
            onkeydown={on_key}>
            <p class="dialog-note" data-testid="recorded-about">{ about(&run) }</p>
            <Verdict judged={props.judged.clone()} events={*events} on_go={on_go.clone()} />
            <div class="recorded-body">
                <RunPicture moment={moment.clone()} />
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
                    Tab::Logs => html! { <RunLogs {moment} {on_log} /> },
                    Tab::Diagram => html! { <RunDiagram {moment} on_go={on_go.clone()} /> },
                    Tab::Nodes => html! { <RunNodes {moment} /> },
                    Tab::Events => html! {
                        <RunEvents {moment} {broken} on_go={on_go.clone()} />
                    },
                    Tab::Properties => html! {
                        <RunProperties judged={props.judged.clone()} on_go={on_go.clone()} />
                    },
                } }</div>
            </div>
            <RunTape run={(*run).clone()} events={*events} {broken} is_playing={*is_playing}
                {on_go} {on_play} />
        </div>
    }
}

/// The arrow keys go from event to event, where nothing else takes them.
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
fn about(run: &Recorded) -> String {
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
