//! The messages between the tabs of a browser.

use std::rc::Rc;

use js_sys::Uint8Array;
use raft_lab::{FollowMessage, LinkError, MAX_FOLLOW_BYTES};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{BroadcastChannel, MessageEvent};
use yew::prelude::*;

use crate::app::panic;

const NAME: &str = "helios-follow";

/// The other tabs; none in a browser without such messages.
#[derive(Clone)]
pub(super) struct Channel(Option<Rc<BroadcastChannel>>);

impl Channel {
    /// Says something to all other tabs.
    ///
    /// # Errors
    /// If it is too large.
    pub(super) fn say(&self, message: &FollowMessage) -> Result<(), LinkError> {
        let bytes = message.to_bytes()?;
        if let Some(channel) = &self.0 {
            // Bytes can always be posted.
            let _ = channel.post_message(&Uint8Array::from(&*bytes));
        }
        Ok(())
    }

    /// The same for what is never too large.
    pub(super) fn say_small(&self, message: &FollowMessage) {
        self.say(message).expect("it has no run");
    }
}

/// The other tabs while the component is mounted: `on_message` gets what they say. What is no
/// message is left out.
#[hook]
pub(super) fn use_channel(on_message: Callback<FollowMessage>) -> Channel {
    let channel = use_memo((), |()| Channel(BroadcastChannel::new(NAME).ok().map(Rc::new)));
    use_effect_with((channel.0.is_some(), on_message), {
        let channel = channel.clone();
        move |(_, on_message)| {
            let on_message = on_message.clone();
            let listener: Closure<dyn Fn(MessageEvent)> = Closure::new(move |event| {
                if let (Some(message), false) = (message_of(&event), panic::has_panicked()) {
                    on_message.emit(message);
                }
            });
            if let Some(channel) = &channel.0 {
                channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
            }
            move || {
                if let Some(channel) = &channel.0 {
                    channel.set_onmessage(None);
                }
                drop(listener);
            }
        }
    });
    // Not closed: what is said at the very end goes out too. Without a listener nothing keeps it.
    (*channel).clone()
}

fn message_of(event: &MessageEvent) -> Option<FollowMessage> {
    let bytes = event.data().dyn_into::<Uint8Array>().ok()?;
    // Not copied if it is too large anyway.
    let is_bounded = bytes.length() as usize <= 2 * MAX_FOLLOW_BYTES;
    is_bounded.then(|| FollowMessage::from_bytes(&bytes.to_vec()).ok()).flatten()
}
