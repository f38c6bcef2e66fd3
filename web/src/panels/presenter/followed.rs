//! The tab of an audience: it shows what a presenter shows, in a lab in memory.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::callback::{Interval, Timeout};
use gloo_timers::future::sleep;
use raft_lab::{Caption, FollowMessage, Follower, Lab, LinkedPage, MomentLink, Presented};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::channel::use_channel;
use super::pointer::use_hiding_pointer;
use super::view_caption;
use crate::hooks::focus_soon;
use crate::lab::{links, now_ms};
use crate::state::{Controls, Presentation, use_controls};

/// An audience looks so often whether its presenter is still there.
const LOOK_MS: u32 = 500;
/// A presenter who is there has answered within this time.
const ANSWER_MS: u32 = 1_500;
/// A run is computed in pieces of this length, so that the page stays alive.
const SLICE: Duration = Duration::from_millis(16);

/// A presenter in another tab: this tab may follow.
#[component(Offer)]
pub(super) fn offer() -> Html {
    let controls = use_controls();
    // The presenter and the title, or the presenter who was dismissed.
    let offered = use_state_eq(|| None::<(u64, String)>);
    let dismissed = use_state_eq(|| None::<u64>);
    let follower = use_mut_ref(Follower::default);
    let on_message = {
        let (offered, follower) = (offered.setter(), follower.clone());
        Callback::from(move |message| {
            let mut follower = follower.borrow_mut();
            if let Some(shown) = follower.hear(message, now_ms()) {
                offered.set(Some((shown.presenter, shown.run.title)));
            } else if follower.is_gone(now_ms()) {
                offered.set(None);
            }
        })
    };
    let channel = use_channel(on_message);
    use_effect_with((), {
        let offered = offered.setter();
        move |()| {
            channel.say_small(&FollowMessage::Ask);
            let look = Interval::new(LOOK_MS, move || {
                if follower.borrow().is_gone(now_ms()) {
                    offered.set(None);
                }
            });
            move || drop(look)
        }
    });
    let Some((presenter, title)) = &*offered else { return html! {} };
    if *dismissed == Some(*presenter) {
        return html! {};
    }
    let on_follow = controls.present.reform(|_: MouseEvent| Some(Presentation::Followed));
    let on_dismiss = {
        let (dismissed, presenter) = (dismissed.setter(), *presenter);
        Callback::from(move |_: MouseEvent| dismissed.set(Some(presenter)))
    };
    html! {
        <div class="follow-offer" role="status" data-testid="follow-offer">
            <p>{ format!("Another tab presents “{title}”. You can follow it: your own lab stays \
                          as it is.") }</p>
            <button type="button" class="button" data-testid="follow" onclick={on_follow}>
                { "Follow" }
            </button>
            <button type="button" class="button is-quiet" onclick={on_dismiss}>
                { "Dismiss" }
            </button>
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct FollowedProps {
    pub(super) on_page: Callback<LinkedPage>,
}

/// What is known of the presenter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contact {
    /// Nobody has answered, for now.
    Waiting,
    Nobody,
    There,
    Gone,
}

#[component(Followed)]
pub(super) fn followed(props: &FollowedProps) -> Html {
    let controls = use_controls();
    let contact = use_state_eq(|| Contact::Waiting);
    // Title, words, and whether the screen is black.
    let told = use_state_eq(|| None::<(String, Caption, bool)>);
    let follower = use_mut_ref(Follower::default);
    let screen = use_memo((), |()| Screen::default());
    let on_message = {
        let (follower, contact, told) = (follower.clone(), contact.setter(), told.setter());
        let (screen, controls, on_page) = (screen.clone(), controls.clone(), props.on_page.clone());
        use_callback((), move |message, ()| {
            let mut follower = follower.borrow_mut();
            if let Some(shown) = follower.hear(message, now_ms()) {
                contact.set(Contact::There);
                let title = shown.run.title.clone();
                told.set(Some((title, shown.caption.clone(), shown.is_black)));
                screen.show(shown, &controls, &on_page);
            } else if follower.is_gone(now_ms()) {
                contact.set(Contact::Gone);
            }
        })
    };
    let channel = use_channel(on_message);
    use_effect_with((), {
        let (contact, screen) = (contact.setter(), screen.clone());
        move |()| {
            channel.say_small(&FollowMessage::Ask);
            let (asked, nobody) = (follower.clone(), contact.clone());
            let answer = Timeout::new(ANSWER_MS, move || {
                if !asked.borrow().has_begun() {
                    nobody.set(Contact::Nobody);
                }
            });
            let look = Interval::new(LOOK_MS, move || {
                let follower = follower.borrow();
                if follower.has_begun() {
                    let is_gone = follower.is_gone(now_ms());
                    contact.set(if is_gone { Contact::Gone } else { Contact::There });
                }
            });
            focus_soon("presenter-leave");
            move || {
                screen.has_left.set(true);
                drop((answer, look));
            }
        }
    });
    use_hiding_pointer();
    let on_leave = controls.present.reform(|_: MouseEvent| {
        links::forget_fragment();
        None
    });
    let title = told.as_ref().map_or("", |(title, ..)| title);
    let words = match *contact {
        Contact::Waiting => "Looking for a presenter in another tab…".to_owned(),
        Contact::Nobody => {
            "No other tab presents. This one follows as soon as one does.".to_owned()
        }
        Contact::There => format!("You follow the presenter of “{title}”."),
        Contact::Gone => format!("The presenter of “{title}” is gone. This was shown last."),
    };
    let is_apart = *contact != Contact::There;
    html! {
        <div class="presenter" role="region" aria-label="Presentation" data-testid="followed">
            if let Some((_, caption, is_black)) = &*told {
                { view_caption(caption, *is_black && !is_apart) }
            }
            <div class={classes!("presenter-bar", is_apart.then_some("is-lasting"))}>
                <span role="status" data-testid="follow-state">{ words }</span>
                <button type="button" class="button" id="presenter-leave" title="Esc"
                    data-testid="presenter-leave" onclick={on_leave}>{ "Leave" }</button>
            </div>
        </div>
    }
}

/// What an audience sees: one moment after the other. While a run is computed, later moments wait,
/// and only the last one is shown.
#[derive(Default)]
struct Screen {
    wanted: RefCell<Option<Presented>>,
    is_busy: Cell<bool>,
    has_left: Cell<bool>,
    /// The end of the run on the page: its steps and its hash.
    run: Cell<Option<(u64, u64)>>,
    page: RefCell<Option<LinkedPage>>,
}

impl Screen {
    fn show(
        self: &Rc<Self>,
        shown: Presented,
        controls: &Controls,
        on_page: &Callback<LinkedPage>,
    ) {
        *self.wanted.borrow_mut() = Some(shown);
        if self.is_busy.replace(true) {
            return;
        }
        let (this, controls, on_page) = (self.clone(), controls.clone(), on_page.clone());
        spawn_local(async move {
            while let Some(shown) = this.next() {
                this.put(shown, &controls, &on_page).await;
            }
            this.is_busy.set(false);
        });
    }

    fn next(&self) -> Option<Presented> {
        self.wanted.take().filter(|_| !self.has_left.get())
    }

    async fn put(&self, shown: Presented, controls: &Controls, on_page: &Callback<LinkedPage>) {
        let run = (shown.run.steps, shown.run.trace_hash);
        if self.run.get() != Some(run) {
            let Ok(lab) = computed(&shown.run).await else {
                return controls.runner.refuse("The presenter's run cannot be computed here.");
            };
            if self.has_left.get() {
                return;
            }
            let is_first = self.run.replace(Some(run)).is_none();
            controls.labs.follow(lab, &shown.run, is_first);
        }
        controls.runner.show_after(shown.steps);
        if self.page.replace(Some(shown.run.page.clone())).as_ref() != Some(&shown.run.page) {
            on_page.emit(shown.run.page);
        }
    }
}

/// The run of a presenter at its end, computed away from the page.
async fn computed(run: &MomentLink) -> Result<Lab, String> {
    let mut lab = Lab::open_link(run).map_err(|error| error.to_string())?;
    while lab.pacing().running {
        lab.tick(SLICE, SLICE);
        sleep(Duration::ZERO).await;
    }
    Ok(lab)
}
