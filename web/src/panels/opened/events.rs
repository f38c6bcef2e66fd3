//! The events of a recorded run, one a row.

use raft_lab::Instant;
use yew::prelude::*;

use super::shown::Shown;
use crate::ui::VirtualList;
use crate::words::milliseconds;

const ROW_HEIGHT: f64 = 26.0;

#[derive(Properties, PartialEq)]
pub(super) struct RunEventsProps {
    pub(super) shown: Shown,
    /// The number of events before the moment that is shown.
    pub(super) events: usize,
    /// The place of the first step that no correct cluster makes.
    pub(super) broken: Option<usize>,
    /// Whether the events have numbers and no lines.
    pub(super) is_live: bool,
    pub(super) on_go: Callback<usize>,
}

#[component(RunEvents)]
pub(super) fn run_events(props: &RunEventsProps) -> Html {
    let RunEventsProps { shown: Shown { run, first, last }, events, broken, is_live, on_go } =
        props;
    let (first, is_live, has_times) = (*first, *is_live, run.now().has_times());
    let row = {
        let (run, on_go, events, broken) = (run.clone(), on_go.clone(), *events, *broken);
        Callback::from(move |row: usize| {
            let (place, run) = (first + row, run.now());
            let Some(step) = run.event(place) else { return html! {} };
            let on_click = on_go.reform(move |_: MouseEvent| place + 1);
            let class = classes!(
                "recorded-row",
                (place + 1 == events).then_some("is-shown"),
                (broken == Some(place)).then_some("is-broken"),
            );
            let time = step.at_us.filter(|_| has_times).map(|at| milliseconds(Instant(at)));
            html! {
                <div class="recorded-cell" role="cell">
                    <button type="button" {class} onclick={on_click}
                        aria-current={(place + 1 == events).then_some("step")}>
                        <span class="recorded-number">
                            { if is_live { place + 1 } else { step.line } }
                        </span>
                        <span class="recorded-time">{ time.unwrap_or_default() }</span>
                        <span class="recorded-text">{ &step.text }</span>
                    </button>
                </div>
            }
        })
    };
    let shown = events.saturating_sub(first + 1);
    let head = html! {
        <div class="recorded-row is-head" aria-hidden="true">
            <span class="recorded-number">{ if is_live { "no." } else { "line" } }</span>
            <span class="recorded-time">{ if has_times { "ms" } else { "" } }</span>
            <span class="recorded-text">{ "event" }</span>
        </div>
    };
    html! {
        <div class="recorded-events">
            <VirtualList total={last - first} row_height={ROW_HEIGHT} {row} {head}
                scroll_to={Some((shown, shown as u32))} label="The events of the run" />
        </div>
    }
}
