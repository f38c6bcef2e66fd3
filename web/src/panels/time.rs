//! Time: run, pause, step, speed, and the virtual clock; on a phone, what one can do to the
//! cluster.

use raft_lab::Frame;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use crate::hooks::use_painter;
use crate::state::{MenuAt, speed, use_controls, use_frame, use_selected};
use crate::ui::{Icon, IconName};
use crate::words::milliseconds;

#[component(Time)]
pub(crate) fn time() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let pacing = frame.lab.pacing;
    let runner = controls.runner;
    let on_toggle =
        use_callback((runner.clone(), pacing.running), |_: MouseEvent, (runner, on)| {
            runner.set_running(!on);
        });
    let on_step = use_callback(runner.clone(), |_: MouseEvent, runner| runner.step());
    let on_back = use_callback(runner.clone(), |_: MouseEvent, runner| runner.step_back());
    let on_speed = use_callback(runner, |event: InputEvent, runner| {
        let slider = event.target_dyn_into::<HtmlInputElement>();
        if let Some(position) = slider.and_then(|slider| slider.value().parse().ok()) {
            runner.set_speed(speed::at_position(position));
        }
    });
    let figures = speed::in_figures(pacing.speed);
    let (icon, label) =
        if pacing.running { (IconName::Pause, "Pause") } else { (IconName::Play, "Run") };
    html! {
        <section class="time" aria-label="Time">
            <button type="button" class={classes!("button", "is-primary", "time-run")}
                id="run-toggle" data-testid="run-toggle" title="Space" onclick={on_toggle}>
                <Icon name={icon} />{ label }
            </button>
            <button type="button" class="button time-back" data-testid="step-back" title=","
                aria-label="Step back" onclick={on_back}>
                <Icon name={IconName::StepBack} />
            </button>
            <button type="button" class="button time-step" data-testid="step" title="."
                aria-label="Step" onclick={on_step}>
                <Icon name={IconName::Step} />
            </button>
            // On a phone it opens the slider above the bar (`styles/phone.css`).
            <button type="button" class="button time-speed" popovertarget="speed-slider"
                aria-label={format!("{figures}, speed: {}", speed::in_words(pacing.speed))}>
                { &figures }
            </button>
            <label class="speed" id="speed-slider" popover="auto">
                <span class="speed-label">{ "Speed" }</span>
                <input type="range" min="0" max={speed::LAST_POSITION.to_string()} step="1"
                    data-testid="speed" aria-label="Speed"
                    aria-valuetext={speed::in_words(pacing.speed)}
                    value={speed::position_of(pacing.speed).to_string()} oninput={on_speed} />
                <output class="speed-figure">{ figures }</output>
            </label>
            <Act />
            <div class="waiting">
                if pacing.stalled_on_disk {
                    <span class="stalled">{ "waiting for the browser’s disk" }</span>
                }
            </div>
        </section>
    }
}

/// On a phone: the menu of what is selected, or of the cluster.
#[component(Act)]
fn act() -> Html {
    let (controls, selection) = (use_controls(), use_selected());
    let on_click = Callback::from(move |event: MouseEvent| {
        let (x, y) = (event.client_x(), event.client_y());
        controls.open_menu.emit(Some(MenuAt { selection, x, y }));
    });
    html! {
        <button type="button" class="button time-act" data-testid="act" aria-haspopup="menu"
            onclick={on_click}>{ "Act" }</button>
    }
}

/// The virtual clock. It writes itself in every animation frame.
#[component(Clock)]
pub(crate) fn clock() -> Html {
    let node = use_node_ref();
    use_painter(node.clone(), |node| {
        let node = node.clone();
        move |frame: &Frame| {
            if let Some(element) = node.cast::<Element>() {
                element.set_text_content(Some(&milliseconds(frame.view.now)));
            }
            false
        }
    });
    html! {
        <div class="clock" role="timer" aria-label="Virtual time in milliseconds"
            title="Virtual time">
            <span ref={node} class="clock-figure" data-testid="clock"></span>
            <span class="clock-unit">{ "ms" }</span>
        </div>
    }
}
