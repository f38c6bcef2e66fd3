//! The moment of a recorded run in the ring and in the logs, drawn as those of the lab.

use std::ops::Range;
use std::rc::Rc;

use raft_lab::{Frame, View, ViewWindow};
use yew::prelude::*;

use super::run::Moment;
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
    pub(super) moment: Moment,
}

/// The sentence, the ring, and the event that led to the moment.
#[component(RunPicture)]
pub(super) fn run_picture(props: &RunPictureProps) -> Html {
    let view = use_memo(props.moment.clone(), |Moment { run, events, .. }| {
        Rc::new(run.view_after(*events, &ViewWindow::default()))
    });
    let Moment { run, events, .. } = &props.moment;
    let event = events.checked_sub(1).and_then(|place| run.event(place));
    html! {
        <div class="recorded-picture">
            <p class="headline" data-testid="recorded-headline">{ view.headline.to_string() }</p>
            <p class="recorded-event" data-testid="recorded-event" role="status">{ match event {
                Some(step) => html! {
                    <><span class="recorded-line">{ format!("Line {}", step.line) }</span>
                    <code>{ &step.text }</code></>
                },
                None => html! { "Before the first event." },
            } }</p>
            if view.node_ids().all(|node| node.0 <= LARGEST) {
                <Aside view={(*view).clone()}><Cluster /></Aside>
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
    pub(super) moment: Moment,
    pub(super) on_log: Callback<Option<Range<u64>>>,
}

#[component(RunLogs)]
pub(super) fn run_logs(props: &RunLogsProps) -> Html {
    let view = use_memo(props.moment.clone(), |Moment { run, events, log }| {
        let window = ViewWindow { log: log.clone(), ..ViewWindow::default() };
        Rc::new(run.view_after(*events, &window))
    });
    html! { <Aside view={(*view).clone()} on_log={props.on_log.clone()}><Logs /></Aside> }
}
