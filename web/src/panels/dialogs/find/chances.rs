//! When did it become certain? The chance that the condition comes to hold, from moment to moment.

use raft_lab::Instant;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::lab::{Activity, ChancesView};
use crate::state::use_controls;
use crate::words::milliseconds;

#[derive(Properties, PartialEq)]
pub(super) struct ChancesProps {
    pub(super) activity: Option<Activity>,
    pub(super) chances: Option<ChancesView>,
    pub(super) on_close: Callback<()>,
}

#[component(Chances)]
pub(super) fn chances(props: &ChancesProps) -> Html {
    let finder = use_controls().finder;
    let seconds = use_state_eq(|| "1".to_owned());
    let is_estimating = props.activity == Some(Activity::Estimating);
    let on_submit = {
        let seconds = seconds.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if is_estimating {
                return finder.cancel();
            }
            if let Ok(seconds) = seconds.parse::<f64>() {
                finder.estimate((seconds * 1e6) as u64);
            }
        })
    };
    let on_input = {
        let seconds = seconds.setter();
        Callback::from(move |event: InputEvent| {
            seconds.set(event.target_unchecked_into::<HtmlInputElement>().value());
        })
    };
    html! {
        <>
            <form class="find-line find-when" onsubmit={on_submit} novalidate={is_estimating}>
                <label>{ "When did that become likely? Look at the last " }
                    <input type="number" min="0.01" max="600" step="0.01" oninput={on_input}
                        value={seconds.to_string()} required={true}
                        data-testid="chances-seconds" />
                    { " s" }
                </label>
                <button type="submit" class="button is-small" data-testid="chances-begin">
                    { if is_estimating { "Cancel" } else { "Estimate" } }
                </button>
            </form>
            if let Some(chances) = &props.chances {
                if let Some(words) = &chances.refusal {
                    <p class="find-error" role="alert">{ words }</p>
                }
                <ul class="chances" data-testid="chances">
                    { for chances.moments.iter().map(|(at, hits, of)| html! {
                        <Moment key={at.0} at={*at} hits={*hits} of={*of}
                            on_close={props.on_close.clone()} />
                    }) }
                </ul>
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct MomentProps {
    at: Instant,
    hits: u64,
    of: u64,
    on_close: Callback<()>,
}

/// A moment, as a bar; a click shows it.
#[component(Moment)]
fn moment(props: &MomentProps) -> Html {
    let controls = use_controls();
    let MomentProps { at, hits, of, on_close } = props;
    let on_click = {
        let (at, on_close) = (*at, on_close.clone());
        Callback::from(move |_: MouseEvent| {
            controls.finder.show_moment(at, &controls.labs);
            on_close.emit(());
        })
    };
    let percent = (hits * 100 + of / 2).checked_div(*of);
    let words = match percent {
        Some(percent) => format!("{percent} %"),
        None => "…".to_owned(),
    };
    html! {
        <li>
            <button type="button" class="chance" onclick={on_click}
                title={format!("{hits} of {of} runs from {} ms on; shows the moment",
                    milliseconds(*at))}>
                <span class="chance-bar" style={format!("height: {}%", percent.unwrap_or(0))}>
                </span>
                <span class="chance-words">{ words }</span>
                <span class="chance-time">{ milliseconds(*at) }</span>
            </button>
        </li>
    }
}
