//! The run as a line in virtual time: any moment of it, and its branches.

mod asking;
mod branch;
mod picture;
mod pinch;
mod scale;

use raft_lab::{Instant, JumpTo};
use web_sys::{HtmlInputElement, WheelEvent};
use yew::prelude::*;

use self::asking::{Asked, Asking, Place};
use self::branch::ChooseBranch;
use self::picture::Picture;
use self::pinch::use_fingers;
use self::scale::Scale;
use crate::state::{use_controls, use_frame};
use crate::ui::{Icon, IconName};
use crate::words::milliseconds;

/// The things to go to, with their names.
const JUMPS: [(&str, JumpTo); 5] = [
    ("election", JumpTo::Election),
    ("commit", JumpTo::Commit),
    ("crash", JumpTo::Crash),
    ("answer", JumpTo::Answer),
    ("violation", JumpTo::Violation),
];

#[component(Tape)]
pub(crate) fn tape() -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let time = frame.lab.time.clone();
    let now = frame.view.now;
    let end = time.tape.end.max(time.end).max(now);
    let pinned = frame.lab.changes.as_ref().filter(|changes| changes.is_pinned);
    let pinned = pinned.map(|changes| changes.since);
    let scale = Scale::new(runner.tape_window(), now, end);
    let asked = use_state_eq(|| None::<Asked>);
    let on_ask = {
        let (asked, tape) = (asked.setter(), time.tape.clone());
        Callback::from(move |place: Place| asked.set(Asked::new(&tape, now, place)))
    };
    let on_close = {
        let asked = asked.setter();
        Callback::from(move |()| asked.set(None))
    };
    // By the window of this moment: fingers may move several times before it is drawn.
    let on_zoom = use_callback((runner, now, end), |factor: f64, (runner, now, end)| {
        let scale = Scale::new(runner.tape_window(), *now, *end);
        runner.set_tape_window(scale.zoomed(factor, *now));
    });
    html! {
        <section class={classes!("tape", time.is_past.then_some("is-past"))} aria-label="Run"
            data-moment={time.steps.to_string()}>
            <div class="tape-bar">
                <Backward plays={time.plays_backward} />
                <Asking {now} asked={(*asked).clone()} on_ask={on_ask.clone()} {on_close} />
                <span class="tape-label">{ "Go to" }</span>
                { for JUMPS.iter().map(|(name, what)| html! {
                    <Jump key={*name} {name} what={*what} />
                }) }
                <span class="tape-figure" data-testid="tape-figure">
                    { format!("step {} of {}", time.steps, time.end_steps) }
                </span>
                if time.branches.len() > 1 {
                    <ChooseBranch time={time.clone()} />
                }
                <Zoom is_whole={scale.is_whole} on_zoom={on_zoom.clone()} />
            </div>
            <div class="tape-box">
                <Picture tape={time.tape.clone()} {scale}
                    branches={time.branches.clone()} />
                if let Some(time) = pinned.filter(|time| scale.contains(*time)) {
                    <span class="tape-pin" aria-hidden="true" data-testid="tape-pin"
                        style={format!("left:{:.3}%", scale.percent(time))}></span>
                }
                <Slider {now} {scale} steps={time.steps} end_steps={time.end_steps} {on_zoom}
                    {on_ask} />
            </div>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct BackwardProps {
    plays: bool,
}

/// Shows the run backward, slowly. Pressed again, it stops.
#[component(Backward)]
fn backward(props: &BackwardProps) -> Html {
    let runner = use_controls().runner;
    let plays = props.plays;
    let on_click = Callback::from(move |_: MouseEvent| runner.play_backward(!plays));
    let icon = if plays { IconName::Pause } else { IconName::Backward };
    html! {
        <button type="button" class="button is-small" data-testid="play-backward" title="b"
            aria-label="Play backward" aria-pressed={plays.to_string()} onclick={on_click}>
            <Icon name={icon} /><span class="tool-label">{ "Backward" }</span>
        </button>
    }
}

#[derive(Properties, PartialEq)]
struct JumpProps {
    name: &'static str,
    what: JumpTo,
}

#[component(Jump)]
fn jump(props: &JumpProps) -> Html {
    let runner = use_controls().runner;
    let go = |forward: bool| {
        let (runner, what) = (runner.clone(), props.what);
        Callback::from(move |_: MouseEvent| runner.jump_to(what, forward))
    };
    let name = props.name;
    html! {
        <span class="tape-jump">
            <button type="button" class="text-button" aria-label={format!("Previous {name}")}
                data-testid={format!("previous-{name}")} onclick={go(false)}>{ "‹" }</button>
            <span aria-hidden="true">{ name }</span>
            <button type="button" class="text-button" aria-label={format!("Next {name}")}
                data-testid={format!("next-{name}")} onclick={go(true)}>{ "›" }</button>
        </span>
    }
}

#[derive(Properties, PartialEq)]
struct ZoomProps {
    is_whole: bool,
    /// Called with the factor by which the width of the window changes.
    on_zoom: Callback<f64>,
}

#[component(Zoom)]
fn zoom(props: &ZoomProps) -> Html {
    let by = |factor: f64| props.on_zoom.reform(move |_: MouseEvent| factor);
    html! {
        <span class="tape-zoom" role="group" aria-label="Zoom">
            <button type="button" class="button is-small" aria-label="Zoom out" title="-"
                id="zoom-out" data-testid="zoom-out" onclick={by(2.0)}>
                { "−" }
            </button>
            <button type="button" class="text-button" title="0" id="zoom-whole"
                data-testid="zoom-whole"
                aria-pressed={props.is_whole.to_string()} onclick={by(f64::INFINITY)}>
                { "whole run" }
            </button>
            <button type="button" class="button is-small" aria-label="Zoom in" title="+"
                id="zoom-in" data-testid="zoom-in" onclick={by(0.5)}>{ "+" }</button>
        </span>
    }
}

#[derive(Properties, PartialEq)]
struct SliderProps {
    now: Instant,
    scale: Scale,
    steps: u64,
    end_steps: u64,
    on_zoom: Callback<f64>,
    /// Called with a right click.
    on_ask: Callback<Place>,
}

/// The cursor. The slider lies over the whole picture: a click or a drag anywhere moves it.
#[component(Slider)]
fn slider(props: &SliderProps) -> Html {
    let SliderProps { now, scale, steps, end_steps, on_zoom, on_ask } = props;
    let runner = use_controls().runner;
    let fingers = use_fingers(on_zoom);
    let on_slide = use_callback((runner.clone(), fingers.is_on), |event: InputEvent, deps| {
        let (runner, is_pinched) = deps;
        let slider = event.target_dyn_into::<HtmlInputElement>();
        if let Some(micros) = slider.and_then(|slider| slider.value().parse().ok())
            && !is_pinched
        {
            runner.show_at(Instant(micros));
        }
    });
    // A step of time may be no event, or many.
    let on_key = use_callback(runner, |event: KeyboardEvent, runner| {
        match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => runner.step_back(),
            "ArrowRight" | "ArrowUp" => runner.step(),
            _ => return,
        }
        event.prevent_default();
    });
    let on_wheel = on_zoom.reform(|event: WheelEvent| {
        event.prevent_default();
        if event.delta_y() > 0.0 { 1.25 } else { 0.8 }
    });
    let on_menu = use_callback((on_ask.clone(), *scale), |event: MouseEvent, (on_ask, scale)| {
        let Some(line) = event.target_dyn_into::<HtmlInputElement>() else { return };
        event.prevent_default();
        let (place, x) = (line.get_bounding_client_rect(), event.client_x());
        let part = (f64::from(x) - place.left()) / place.width().max(1.0);
        on_ask.emit(Place { at: scale.time(part), x, y: event.client_y() });
    });
    let words = format!("{} ms, after {steps} of {end_steps} steps", milliseconds(*now));
    html! {
        <>
            <input type="range" class="tape-line" data-testid="tape" step="1"
                min={scale.from.0.to_string()} max={scale.to.0.to_string()}
                value={now.0.to_string()} aria-label="Moment of the run" aria-valuetext={words}
                oninput={on_slide} onkeydown={on_key} onwheel={on_wheel} oncontextmenu={on_menu}
                onpointerdown={fingers.on_down} onpointermove={fingers.on_move}
                onpointerup={fingers.on_up.clone()} onpointercancel={fingers.on_up} />
            <span class="tape-cursor" aria-hidden="true"
                style={format!("left:{:.3}%", scale.percent(*now))}></span>
        </>
    }
}
