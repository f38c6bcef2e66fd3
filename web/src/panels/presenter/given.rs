//! The tab that presents.

use gloo_timers::callback::{Interval, Timeout};
use raft_lab::{Caption, FollowMessage, LinkedPage};
use yew::prelude::*;

use super::channel::use_channel;
use super::moments::{answers, caption, go};
use super::pointer::use_hiding_pointer;
use super::view_caption;
use crate::hooks::{focus_soon, use_window_event};
use crate::lab::{Origin, Runner, now_ms};
use crate::panels::dialogs::title_of;
use crate::state::{use_controls, use_frame};

/// A presenter says so often that it is there.
const HERE_MS: u32 = 1_000;
/// The least time between two moments that are told; while time passes, each is a longer run.
const GAP_MS: f64 = 100.0;
const GAP_RUNNING_MS: f64 = 1_000.0;

#[derive(Properties, PartialEq)]
pub(super) struct GivenProps {
    pub(super) origin: Origin,
    pub(super) page: LinkedPage,
}

/// What an audience is told.
#[derive(Clone, PartialEq)]
struct Told {
    title: String,
    page: LinkedPage,
    caption: Caption,
    is_black: bool,
}

impl Told {
    fn message(&self, runner: &Runner, presenter: u64) -> FollowMessage {
        let shown = runner.present(presenter, &self.title, &self.page);
        FollowMessage::Show(Box::new(raft_lab::Presented {
            caption: self.caption.clone(),
            is_black: self.is_black,
            ..shown
        }))
    }
}

#[component(Given)]
pub(super) fn given(props: &GivenProps) -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let runner = controls.runner.clone();
    let is_black = use_state_eq(|| false);
    let refused = use_state_eq(|| None::<String>);
    let presenter = *use_memo((), |()| (js_sys::Math::random() * 2_f64.powi(53)) as u64);
    let has_diagram = frame.lab.diagram.is_some();
    let words = caption(&frame);
    let told = Told {
        title: title_of(
            &props.origin,
            frame.lab.lesson.as_deref(),
            frame.view.headline.to_string(),
        ),
        page: LinkedPage { has_diagram, ..props.page.clone() },
        caption: words.clone(),
        is_black: *is_black,
    };
    // What is true when a message is sent, not when it was ordered.
    let latest = use_mut_ref(|| told.clone());
    *latest.borrow_mut() = told.clone();
    let asked = use_state_eq(|| 0_u32);
    let on_message = {
        let asked = asked.clone();
        Callback::from(move |message| match message {
            FollowMessage::Ask => asked.set(*asked + 1),
            FollowMessage::Show(_) | FollowMessage::Here(_) | FollowMessage::Leave(_) => {}
        })
    };
    let channel = use_channel(on_message);
    let sent_at = use_mut_ref(|| f64::NEG_INFINITY);
    let time = &frame.lab.time;
    let moment = (time.branch, time.steps, time.end_steps, frame.lab.pacing.running);
    use_effect_with((moment, told, *asked), {
        let (channel, runner, refused) = (channel.clone(), runner.clone(), refused.setter());
        move |((.., is_running), ..)| {
            let gap = if *is_running { GAP_RUNNING_MS } else { GAP_MS };
            let wait = (*sent_at.borrow() + gap - now_ms()).max(0.0);
            let send = move || {
                *sent_at.borrow_mut() = now_ms();
                let message = latest.borrow().message(&runner, presenter);
                refused.set(channel.say(&message).err().map(|_| TOO_LARGE.to_owned()));
            };
            let waiting = Timeout::new(wait as u32, send);
            move || drop(waiting)
        }
    });
    use_effect_with((), {
        let (channel, runner) = (channel.clone(), runner.clone());
        move |()| {
            // Moments are shown, one after the other.
            runner.set_running(false);
            focus_soon("presenter-next");
            let here = channel.clone();
            let interval =
                Interval::new(HERE_MS, move || here.say_small(&FollowMessage::Here(presenter)));
            move || {
                drop(interval);
                channel.say_small(&FollowMessage::Leave(presenter));
            }
        }
    });
    let on_hide = use_callback((), move |_: Event, ()| {
        channel.say_small(&FollowMessage::Leave(presenter));
    });
    use_window_event("pagehide", on_hide);
    use_hiding_pointer();
    let on_go = |forward: bool| {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| go(&runner, forward))
    };
    let on_black = {
        let is_black = is_black.clone();
        Callback::from(move |_: MouseEvent| is_black.set(!*is_black))
    };
    let on_run = {
        let (runner, is_running) = (runner.clone(), frame.lab.pacing.running);
        Callback::from(move |_: MouseEvent| runner.set_running(!is_running))
    };
    let on_leave = controls.present.reform(|_: MouseEvent| None);
    let button = |id: &'static str, label: &'static str, title: &'static str, on_click| {
        html! {
            <button type="button" class="button" {id} data-testid={id} {title} onclick={on_click}>
                { label }
            </button>
        }
    };
    let run = if frame.lab.pacing.running { "Pause" } else { "Run" };
    html! {
        <div class="presenter" role="region" aria-label="Presentation" data-testid="presenter">
            { view_caption(&words, *is_black) }
            <div class="presenter-bar">
                if let Some(words) = &*refused {
                    <span class="presenter-refused" role="alert">{ words }</span>
                }
                { button("presenter-back", "Back", "← or Page up", on_go(false)) }
                { button("presenter-next", "Next", "→ or Page down", on_go(true)) }
                { for answers(&frame).iter().enumerate().map(|(number, choice)| {
                    answer(&runner, number, &choice.text)
                }) }
                { button("presenter-run", run, "Let time pass, or pause", on_run) }
                { button("presenter-black", "Black", ".", on_black) }
                <a class="button" href="#follow" target="_blank" rel="noopener"
                    data-testid="presenter-audience"
                    title="Another window of this browser, which shows what this one shows">
                    { "Open a window for the audience" }
                </a>
                { button("presenter-leave", "Leave", "Esc", on_leave) }
            </div>
        </div>
    }
}

/// A button for an answer of the audience: the run answers then.
fn answer(runner: &Runner, number: usize, text: &str) -> Html {
    let letter = char::from(b'A' + number as u8);
    let runner = runner.clone();
    let on_click = Callback::from(move |_: MouseEvent| runner.choose(number));
    html! {
        <button type="button" class="button" id={format!("presenter-choice-{number}")}
            data-testid={format!("presenter-choice-{number}")} title={text.to_owned()}
            onclick={on_click}>{ letter }</button>
    }
}

const TOO_LARGE: &str = "The audience cannot follow: the run is longer than 1 MiB.";
