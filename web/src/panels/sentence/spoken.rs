//! The sentence for those who hear it: at most once in two seconds, and a broken property at once.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::window;
use yew::prelude::*;

use super::broken;
use crate::state::use_frame;

/// The least time between two sentences: one of them takes about as long to be said.
const PAUSE_MS: f64 = 2000.0;

/// What was said last, when, and what waits.
#[derive(Default)]
struct Spoken {
    at: Option<f64>,
    next: Rc<str>,
    waiting: Option<Timeout>,
}

#[component(SpokenSentence)]
pub(super) fn spoken_sentence() -> Html {
    let view = use_frame().view;
    let said = use_state_eq(|| Rc::<str>::from(""));
    let spoken = use_mut_ref(Spoken::default);
    let words: Rc<str> = view.headline.to_string().into();
    use_effect_with(words, {
        let (said, spoken) = (said.setter(), spoken.clone());
        move |words| {
            let mut state = spoken.borrow_mut();
            state.next = words.clone();
            if state.waiting.is_some() {
                return;
            }
            let wait = state.at.map_or(0.0, |at| PAUSE_MS - (now() - at)).max(0.0);
            let spoken = spoken.clone();
            state.waiting = Some(Timeout::new(wait as u32, move || {
                let mut state = spoken.borrow_mut();
                state.waiting = None;
                state.at = Some(now());
                said.set(state.next.clone());
            }));
        }
    });
    let alarm = broken(&view).map(|property| format!("{} is broken.", property.name));
    html! {
        <>
            <p class="visually-hidden" aria-live="polite" data-testid="spoken">{ &**said }</p>
            <p class="visually-hidden" role="alert">{ alarm }</p>
        </>
    }
}

/// The time of this machine, in milliseconds since the page began.
fn now() -> f64 {
    window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}
