//! The moment of a recorded run in the ring and in the logs, drawn as those of the lab.

use std::ops::Range;
use std::rc::Rc;

use raft_lab::{Frame, View};
use yew::prelude::*;

use super::shown::Moment;
use crate::panels::{Cluster, Logs};
use crate::picture::LARGEST;
use crate::state::{Controls, LogWish, Selected, Selection, Side, use_controls, use_frame};

#[derive(Properties, PartialEq)]
struct AsideProps {
    view: Rc<View>,
    /// Called with the part of the logs that is to be seen.
    #[prop_or_default]
    on_log: Callback<Option<Range<u64>>>,
    children: Html,
}

/// Contexts in which panels draw a recorded run, and nothing can be done to the lab.
#[component(Aside)]
fn aside(props: &AsideProps) -> Html {
    // Frames of a lab are equal if their numbers are, so each moment needs a number.
    let last = use_mut_ref(|| 0_u64);
    let number = use_memo(props.view.clone(), |_| {
        *last.borrow_mut() += 1;
        *last.borrow()
    });
    let frame = Frame { number: *number, view: props.view.clone(), ..use_frame() };
    let selected = use_state_eq(|| None::<Selection>);
    let select = {
        let selected = selected.setter();
        Callback::from(move |next| selected.set(next))
    };
    let controls = Controls { select, open_menu: Callback::noop(), ..use_controls() };
    let selected = Selected(*selected);
    html! {
        <ContextProvider<Side> context={Side::Recorded}>
        <ContextProvider<LogWish> context={LogWish(props.on_log.clone())}>
        <ContextProvider<Controls> context={controls}>
        <ContextProvider<Selected> context={selected}>
        <ContextProvider<Frame> context={frame}>
            { props.children.clone() }
        </ContextProvider<Frame>>
        </ContextProvider<Selected>>
        </ContextProvider<Controls>>
        </ContextProvider<LogWish>>
        </ContextProvider<Side>>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct RunPictureProps {
    pub(super) view: Rc<View>,
    pub(super) moment: Moment,
    /// Whether the events have numbers and no lines.
    pub(super) is_live: bool,
    /// Whether the moment changes by itself.
    pub(super) follows: bool,
    pub(super) on_go: Callback<usize>,
}

/// The sentence, the ring, and the event that led to the moment.
#[component(RunPicture)]
pub(super) fn run_picture(props: &RunPictureProps) -> Html {
    let RunPictureProps { view, moment: Moment { run, events, .. }, is_live, follows, on_go } =
        props;
    let run = run.now();
    let place = events.checked_sub(1);
    let event = place.and_then(|place| Some((place, run.event(place)?)));
    // What changes by itself is not read out.
    let role = (!follows).then_some("status");
    html! {
        <div class="recorded-picture">
            <p class="headline" data-testid="recorded-headline">{ view.headline.to_string() }</p>
            <p class="recorded-event" data-testid="recorded-event" {role}>{ match event {
                Some((place, step)) => html! {
                    <>
                        <span class="recorded-line">
                            { if *is_live {
                                format!("Event {}", place + 1)
                            } else {
                                format!("Line {}", step.line)
                            } }
                        </span>
                        <code>{ &step.text }</code>
                        // A button that changes all the time cannot be pressed.
                        if let Some(cause) = run.cause_of(place).filter(|_| !follows) {
                            <button type="button" class="text-button" data-testid="to-cause"
                                onclick={on_go.reform(move |_: MouseEvent| cause + 1)}>
                                { "Its cause" }
                            </button>
                        }
                    </>
                },
                None => html! { "Before the first event." },
            } }</p>
            if view.node_ids().all(|node| node.0 <= LARGEST) {
                <Aside view={view.clone()}><Cluster /></Aside>
            } else {
                <p class="dialog-note">
                    { format!("The picture has no room for servers with numbers above {LARGEST}.") }
                </p>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct RunLogsProps {
    pub(super) view: Rc<View>,
    pub(super) on_log: Callback<Option<Range<u64>>>,
}

#[component(RunLogs)]
pub(super) fn run_logs(props: &RunLogsProps) -> Html {
    html! { <Aside view={props.view.clone()} on_log={props.on_log.clone()}><Logs /></Aside> }
}
