//! The events of a recorded run as a line, with the one that is shown.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::shown::Shown;
use crate::ui::{Icon, IconName};
use crate::words::milliseconds;

/// The width of the thumb, in CSS pixels.
const THUMB: f64 = 16.0;
/// The most elections that are marked.
const MOST_MARKS: usize = 200;

#[derive(Properties, PartialEq)]
pub(super) struct RunTapeProps {
    pub(super) shown: Shown,
    pub(super) events: usize,
    pub(super) broken: Option<usize>,
    pub(super) is_playing: bool,
    /// Whether the last moment of a run that grows is shown; `None`: it does not grow.
    pub(super) follows: Option<bool>,
    pub(super) on_go: Callback<usize>,
    /// Called with whether the events are to go on by themselves.
    pub(super) on_play: Callback<bool>,
}

#[component(RunTape)]
pub(super) fn run_tape(props: &RunTapeProps) -> Html {
    let RunTapeProps { shown, events, broken, is_playing, follows, on_go, on_play } = props;
    let (first, last, at) = (shown.first, shown.last, *events);
    let plays = *is_playing || *follows == Some(true);
    let run = shown.run.now();
    let marks = run.elections().iter().rev().copied().take(MOST_MARKS);
    let to = |place: usize| on_go.reform(move |_: MouseEvent| place);
    let on_play = {
        let (on_play, on_go) = (on_play.clone(), on_go.clone());
        Callback::from(move |_: MouseEvent| {
            // At the end, it begins again.
            if !plays && at == last {
                on_go.emit(0);
            }
            on_play.emit(!plays);
        })
    };
    let on_slide = on_go.reform(|event: InputEvent| {
        event.target_unchecked_into::<HtmlInputElement>().value().parse().unwrap_or_default()
    });
    let time = run.has_times().then(|| format!(", {} ms", milliseconds(run.time_after(at))));
    let figure = format!("event {at} of {last}{}", time.unwrap_or_default());
    // The middle of the thumb goes from one half of its width to the other.
    let left = |place: usize| {
        let part = (place + 1 - first) as f64 / (last - first).max(1) as f64;
        format!("left:calc({:.3}% + {:.2}px)", 100.0 * part, THUMB * (0.5 - part))
    };
    let (icon, label) = if plays { (IconName::Pause, "Pause") } else { (IconName::Play, "Play") };
    html! {
        <div class="recorded-tape">
            <div class="tape-bar">
                <button type="button" class="button is-small" data-testid="recorded-back"
                    aria-label="Back one event" onclick={to(at.saturating_sub(1))}>
                    <Icon name={IconName::StepBack} /><span class="tool-label">{ "Back" }</span>
                </button>
                <button type="button" class="button is-small" data-testid="recorded-play"
                    aria-label={label} onclick={on_play}>
                    <Icon name={icon} /><span class="tool-label">{ label }</span>
                </button>
                <button type="button" class="button is-small" data-testid="recorded-next"
                    aria-label="Next event" onclick={to(at + 1)}>
                    <Icon name={IconName::Step} /><span class="tool-label">{ "Next" }</span>
                </button>
                if let Some(follows) = *follows {
                    <button type="button" class="button is-small recorded-live" title="End"
                        data-testid="recorded-live" aria-pressed={follows.to_string()}
                        onclick={to(usize::MAX)}>
                        { if follows { "Live" } else { "Back to live" } }
                    </button>
                }
                <span class="tape-figure" data-testid="recorded-figure">{ figure.clone() }</span>
            </div>
            <div class="recorded-line-box">
                { for marks.map(|place| html! {
                    <span key={place} class="recorded-mark is-leader" aria-hidden="true"
                        title="a leader" style={left(place)}></span>
                }) }
                if let Some(place) = broken.filter(|place| *place >= first) {
                    <span class="recorded-mark is-broken" aria-hidden="true"
                        style={left(place)}></span>
                }
                <input type="range" min={first.to_string()} max={last.to_string()} step="1"
                    value={at.to_string()} aria-label="Moment of the recorded run"
                    aria-valuetext={figure} data-testid="recorded-tape" oninput={on_slide} />
            </div>
        </div>
    }
}
