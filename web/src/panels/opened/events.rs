//! The events of a recorded run, one a row.

use raft_lab::Instant;
use yew::prelude::*;

use super::run::Moment;
use crate::ui::VirtualList;
use crate::words::milliseconds;

const ROW_HEIGHT: f64 = 26.0;

#[derive(Properties, PartialEq)]
pub(super) struct RunEventsProps {
    pub(super) moment: Moment,
    /// The place of the first step that no correct cluster makes.
    pub(super) broken: Option<usize>,
    pub(super) on_go: Callback<usize>,
}

#[component(RunEvents)]
pub(super) fn run_events(props: &RunEventsProps) -> Html {
    let RunEventsProps { moment: Moment { run, events, .. }, broken, on_go } = props;
    let row = {
        let (run, on_go, events, broken) = (run.clone(), on_go.clone(), *events, *broken);
        let has_times = run.has_times();
        Callback::from(move |place: usize| {
            let Some(step) = run.event(place) else { return html! {} };
            let on_click = on_go.reform(move |_: MouseEvent| place + 1);
            let class = classes!(
                "recorded-row",
                (place + 1 == events).then_some("is-shown"),
                (broken == Some(place)).then_some("is-broken"),
            );
            let time = step.at_us.filter(|_| has_times).map(|at| milliseconds(Instant(at)));
            html! {
                <button type="button" {class} onclick={on_click}
                    aria-current={(place + 1 == events).then_some("step")}>
                    <span class="recorded-number">{ step.line }</span>
                    <span class="recorded-time">{ time.unwrap_or_default() }</span>
                    <span class="recorded-text">{ &step.text }</span>
                </button>
            }
        })
    };
    let shown = events.saturating_sub(1);
    let head = html! {
        <div class="recorded-row is-head" aria-hidden="true">
            <span class="recorded-number">{ "line" }</span>
            <span class="recorded-time">{ if run.has_times() { "ms" } else { "" } }</span>
            <span class="recorded-text">{ "event" }</span>
        </div>
    };
    html! {
        <div class="recorded-events">
            <VirtualList total={run.events()} row_height={ROW_HEIGHT} {row} {head}
                scroll_to={Some((shown, shown as u32))} label="The events of the file" />
        </div>
    }
}
