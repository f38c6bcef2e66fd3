//! The tab of an audience: it shows what a presenter shows, in a lab in memory.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::callback::{Interval, Timeout};
use gloo_timers::future::sleep;
use raft_lab::{
    Caption, DurableState, FollowMessage, Follower, Lab, LabError, LinkedPage, MomentLink,
    Presented,
};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::channel::use_channel;
use super::pointer::use_hiding_pointer;
use super::view_caption;
use crate::hooks::focus_soon;
use crate::lab::{links, now_ms};
use crate::state::{Controls, Presentation, use_controls, use_frame};

/// An audience looks so often whether its presenter is still there.
const LOOK_MS: u32 = 500;
/// A presenter who is there has answered within this time.
const ANSWER_MS: u32 = 1_500;
/// A run is computed in pieces of this length, so that the page stays alive.
const SLICE: Duration = Duration::from_millis(16);

/// A presenter in another tab: this tab may follow.
#[component(Offer)]
pub(super) fn offer() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
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
    // A run in memory would be gone.
    let is_stored = matches!(frame.lab.durable, DurableState::Durable { .. });
    let on_follow = controls.present.reform(|_: MouseEvent| Some(Presentation::Followed));
    let on_dismiss = {
        let (dismissed, presenter) = (dismissed.setter(), *presenter);
        Callback::from(move |_: MouseEvent| dismissed.set(Some(presenter)))
    };
    html! {
        <div class="follow-offer" role="status" data-testid="follow-offer">
            <p>{ format!("Another tab presents “{title}”. You can follow it: your own lab stays \
                          as it is.") }</p>
            if is_stored {
                <button type="button" class="button" data-testid="follow" onclick={on_follow}>
                    { "Follow" }
                </button>
            } else {
                <a class="button" data-testid="follow" href="#follow" target="_blank"
                    rel="noopener">{ "Follow in a new tab" }</a>
            }
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
    /// The run cannot be computed here.
    Refused,
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
                let refused = contact.clone();
                contact.set(Contact::There);
                let title = shown.run.title.clone();
                told.set(Some((title, shown.caption.clone(), shown.is_black)));
                let on_refused = Callback::from(move |()| refused.set(Contact::Refused));
                screen.show(shown, &controls, &on_page, on_refused);
            } else if follower.is_gone(now_ms()) {
                contact.set(Contact::Gone);
            }
        })
    };
    let channel = use_channel(on_message);
    use_effect_with((), {
        let (contact, screen) = (contact.setter(), screen.clone());
        move |()| {
            let left = screen.clone();
            channel.say_small(&FollowMessage::Ask);
            let (asked, nobody) = (follower.clone(), contact.clone());
            let answer = Timeout::new(ANSWER_MS, move || {
                if !asked.borrow().has_begun() {
                    nobody.set(Contact::Nobody);
                }
            });
            let was_gone = Cell::new(false);
            let look = Interval::new(LOOK_MS, move || {
                let follower = follower.borrow();
                if !follower.has_begun() || screen.is_refused.get() {
                    return;
                }
                let is_gone = follower.is_gone(now_ms());
                contact.set(if is_gone { Contact::Gone } else { Contact::There });
                if !was_gone.replace(is_gone) && is_gone {
                    // There may be another presenter.
                    channel.say_small(&FollowMessage::Ask);
                }
            });
            focus_soon("presenter-leave");
            move || {
                left.has_left.set(true);
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
        Contact::Refused => format!("The run of “{title}” cannot be computed here."),
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
    /// Whether the last run could not be computed.
    is_refused: Cell<bool>,
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
        on_refused: Callback<()>,
    ) {
        *self.wanted.borrow_mut() = Some(shown);
        if self.is_busy.replace(true) {
            return;
        }
        let (this, controls, on_page) = (self.clone(), controls.clone(), on_page.clone());
        spawn_local(async move {
            while let Some(shown) = this.next() {
                let is_shown = this.put(shown, &controls, &on_page).await;
                this.is_refused.set(is_shown.is_err());
                if is_shown.is_err() {
                    on_refused.emit(());
                }
            }
            this.is_busy.set(false);
        });
    }

    fn next(&self) -> Option<Presented> {
        self.wanted.take().filter(|_| !self.has_left.get())
    }

    /// Shows a moment. An error: its run cannot be computed.
    async fn put(
        &self,
        shown: Presented,
        controls: &Controls,
        on_page: &Callback<LinkedPage>,
    ) -> Result<(), LabError> {
        let run = (shown.run.steps, shown.run.trace_hash);
        if self.run.get() != Some(run) {
            let Some(lab) = self.computed(&shown.run).await? else { return Ok(()) };
            let is_first = self.run.replace(Some(run)).is_none();
            controls.labs.follow(lab, &shown.run, is_first);
        }
        controls.runner.show_after(shown.steps);
        if self.page.replace(Some(shown.run.page.clone())).as_ref() != Some(&shown.run.page) {
            on_page.emit(shown.run.page);
        }
        Ok(())
    }

    /// The run of a presenter at its end, computed away from the page; `None` if the tab has left.
    async fn computed(&self, run: &MomentLink) -> Result<Option<Lab>, LabError> {
        let mut lab = Lab::open_link(run)?;
        while lab.pacing().running && !self.has_left.get() {
            lab.tick(SLICE, SLICE);
            sleep(Duration::ZERO).await;
        }
        Ok((!self.has_left.get()).then_some(lab))
    }
}
