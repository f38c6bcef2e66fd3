//! The application: opens the lab, then shows the page.

mod embed;
mod frames;
mod layout;
mod linked;
mod page;
pub(crate) mod panic;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use gloo_timers::future::sleep;
use raft_lab::{Lab, Restoration};
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::prelude::*;

pub(crate) use self::layout::PANELS;
use self::page::Page;
use crate::lab::opening::{self, Opening};
use crate::lab::{Origin, Runner, kept_run, links};
use crate::state::embed::is_embedded;
use crate::state::{progress, speed, theme};

/// A run is computed again in pieces of this length, so that the page stays alive.
const SLICE: Duration = Duration::from_millis(20);

/// Why a lab is in memory.
const HELD_ELSEWHERE: &str = "The stored lab is open in another tab.";

/// The state of the application.
#[derive(Clone, PartialEq)]
enum Phase {
    Opening,
    /// The run of this tab is computed again; the part that is done, in percent.
    Restoring(u8),
    HeldElsewhere,
    Ready(Runner, Origin),
    /// In the page of somebody else.
    Embedded(Html),
}

#[component(App)]
fn app() -> Html {
    let phase = use_state_eq(|| Phase::Opening);
    let setter = phase.setter();
    use_effect_with((), move |()| {
        spawn_local(async move {
            let phase = if is_embedded() { embedded().await } else { open(&setter).await };
            setter.set(phase);
        });
    });
    let on_scratch = {
        let phase = phase.setter();
        Callback::from(move |_: MouseEvent| phase.set(scratch(Some(HELD_ELSEWHERE.to_owned()))))
    };
    let on_give_up = Callback::from(|_: MouseEvent| {
        kept_run::give_up();
        if let Some(window) = web_sys::window() {
            // A page that cannot be reloaded goes on with the run.
            let _ = window.location().reload();
        }
    });
    match &*phase {
        // The shell of index.html is still there.
        Phase::Opening => html! {},
        Phase::Restoring(percent) => html! {
            <main class="opening">
                <p>{ "The run is computed again…" }</p>
                <progress max="100" value={percent.to_string()} aria-label="Computing the run" />
                <p>
                    <button type="button" class="button" onclick={on_give_up}>
                        { "Open the stored lab instead" }
                    </button>
                </p>
            </main>
        },
        Phase::HeldElsewhere => html! {
            <main class="opening">
                <h1>{ "This lab is open in another tab" }</h1>
                <p>{ "One tab at a time may write to the lab’s disks." }</p>
                <button type="button" class="button is-primary" data-testid="scratch-lab"
                    onclick={on_scratch}>{ "Open a lab in memory here" }</button>
                <p class="opening-note">
                    { "A lab in memory is lost when you close the tab. To open the stored lab \
                       here, close the other tab and reload this page." }
                </p>
            </main>
        },
        Phase::Ready(runner, origin) => html! {
            <Page runner={runner.clone()} origin={origin.clone()} />
        },
        Phase::Embedded(page) => page.clone(),
    }
}

/// Puts the application on the page. The panic hook comes first: rendering may fail already.
pub(crate) fn mount() {
    panic::install_hook();
    if !is_embedded() {
        theme::apply(theme::stored());
    }
    panic::mount_point().map_or_else(yew::Renderer::<App>::new, yew::Renderer::with_root).render();
}

/// Opens an embed and draws it.
type Embedding = fn() -> Pin<Box<dyn Future<Output = Html>>>;

/// The part of the program for embeds: the whole page does without it.
#[wasm_split(embed, fallible)]
fn embedding() -> Result<Embedding, SplitLoaderError> {
    Ok(embed::opened)
}

async fn embedded() -> Phase {
    Phase::Embedded(match embedding().await {
        Ok(open) => open().await,
        Err(error) => html! {
            <main class="opening"><p role="alert">{ format!("Not loaded: {error}.") }</p></main>
        },
    })
}

/// The run that this tab had before a reload; if there is none, the stored lab.
async fn open(phase: &UseStateSetter<Phase>) -> Phase {
    if links::is_of_audience() {
        return scratch(Some("This tab follows a presenter.".to_owned()));
    }
    if let Some(lesson) = kept_run::kept_lesson()
        && let Ok(mut lab) = lesson.lab(lesson.info.map_or(0, progress::last_scene))
    {
        lab.set_speed(speed::DEFAULT_SPEED);
        return Phase::Ready(Runner::start(lab), Origin::Lesson(lesson));
    }
    let refused = match kept_run::kept() {
        Some(kept) => match restore(kept, phase).await {
            Ok(ready) => return ready,
            Err(error) => Some(format!("The run of this tab cannot be computed again: {error}.")),
        },
        None => None,
    };
    match opening::open(opening::first_setup()).await {
        Opening::Open { lab, recovered, mut warnings } => {
            warnings.extend(refused);
            ready(*lab, Origin::Durable { recovered, warnings })
        }
        // A link needs no stored lab, and neither does a real cluster.
        Opening::HeldElsewhere if links::is_there() || links::is_to_attach() => {
            scratch(Some(HELD_ELSEWHERE.to_owned()))
        }
        Opening::HeldElsewhere => Phase::HeldElsewhere,
        Opening::Failed(error) => {
            scratch(Some(format!("The stored lab cannot be opened: {error}.")))
        }
    }
}

async fn restore(
    kept: Result<(Origin, Restoration), String>,
    phase: &UseStateSetter<Phase>,
) -> Result<Phase, String> {
    let (origin, mut restoration) = kept?;
    while !restoration.advance(SLICE)? {
        phase.set(Phase::Restoring((restoration.progress() * 100.0) as u8));
        sleep(Duration::ZERO).await;
    }
    let mut lab = restoration.finish();
    lab.set_speed(speed::DEFAULT_SPEED);
    Ok(Phase::Ready(Runner::start(lab), origin))
}

fn scratch(reason: Option<String>) -> Phase {
    let lab = Lab::scratch(opening::first_setup()).expect("the first setup is within bounds");
    ready(lab, Origin::Scratch { reason })
}

fn ready(mut lab: Lab, origin: Origin) -> Phase {
    kept_run::begin(&origin);
    lab.set_speed(speed::DEFAULT_SPEED);
    lab.set_running(true);
    Phase::Ready(Runner::start(lab), origin)
}
