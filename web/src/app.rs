//! The application: opens the lab, then shows the page.

mod layout;
mod page;
pub(crate) mod panic;

use raft_lab::Lab;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use self::page::Page;
use crate::lab::opening::{self, Opening};
use crate::lab::{Origin, Runner};
use crate::state::{speed, theme};

/// The state of the application.
#[derive(Clone, PartialEq)]
enum Phase {
    Opening,
    HeldElsewhere,
    Ready(Runner, Origin),
}

#[component(App)]
fn app() -> Html {
    let phase = use_state_eq(|| Phase::Opening);
    let setter = phase.setter();
    use_effect_with((), move |()| {
        spawn_local(async move { setter.set(open().await) });
    });
    let on_scratch = {
        let phase = phase.setter();
        Callback::from(move |_: MouseEvent| phase.set(scratch(None)))
    };
    match &*phase {
        Phase::Opening => html! {
            <main class="opening"><p>{ "Opening the lab…" }</p></main>
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
    }
}

/// Puts the application on the page. The panic hook comes first: rendering may fail already.
pub(crate) fn mount() {
    panic::install_hook();
    theme::apply(theme::stored());
    panic::mount_point().map_or_else(yew::Renderer::<App>::new, yew::Renderer::with_root).render();
}

async fn open() -> Phase {
    match opening::open(opening::first_setup()).await {
        Opening::Open { lab, recovered, warnings } => {
            ready(*lab, Origin::Durable { recovered, warnings })
        }
        Opening::HeldElsewhere => Phase::HeldElsewhere,
        Opening::Failed(error) => {
            scratch(Some(format!("The stored lab cannot be opened: {error}.")))
        }
    }
}

fn scratch(reason: Option<String>) -> Phase {
    let lab = Lab::scratch(opening::first_setup()).expect("the first setup is within bounds");
    ready(lab, Origin::Scratch { reason })
}

fn ready(mut lab: Lab, origin: Origin) -> Phase {
    lab.set_speed(speed::DEFAULT_SPEED);
    lab.set_running(true);
    Phase::Ready(Runner::start(lab), origin)
}
