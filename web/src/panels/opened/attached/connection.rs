//! The connection to a real cluster: a WebSocket beside the page. Messages wait for the next
//! animation frame, so that the panel is drawn once a frame however many come.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use raft_lab::{Missed, RunVerdict, Watched};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{MessageEvent, WebSocket};
use yew::prelude::*;

use super::pause::pause_ms;
use crate::app::panic;
use crate::panels::opened::shown::Shown;

/// The most characters of a message.
const MOST_CHARACTERS: u32 = 16 << 20;
/// So many messages wait at most: a hidden page has no animation frames.
const MOST_WAITING: usize = 100;

/// What is known of a cluster in an animation frame.
#[derive(Clone, PartialEq)]
pub(super) struct Attached {
    pub(super) link: Link,
    /// Its run; `None` before it told anything.
    pub(super) shown: Option<Shown>,
    pub(super) verdict: Option<Rc<RunVerdict>>,
    /// How many servers tell what they do, and how many there are.
    pub(super) servers: (usize, usize),
    pub(super) missed: Option<Missed>,
}

/// Whether the cluster is heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Link {
    Connecting,
    Open,
    /// It is tried again after a pause.
    Lost,
    /// What came cannot be read; why, in words.
    Refused(String),
}

/// The cluster that serves the page, and what connects to it again.
#[hook]
pub(super) fn use_attached() -> (Attached, Callback<()>) {
    let attached = use_state_eq(|| Attached {
        link: Link::Connecting,
        shown: None,
        verdict: None,
        servers: (0, 0),
        missed: None,
    });
    let round = use_state_eq(|| 0_u32);
    use_effect_with(*round, {
        let setter = attached.setter();
        move |_| {
            let connection = Connection::begin(Callback::from(move |next| setter.set(next)));
            move || drop(connection)
        }
    });
    let again = {
        let round = round.clone();
        Callback::from(move |()| round.set(*round + 1))
    };
    ((*attached).clone(), again)
}

/// A connection that is made again when it is lost. It ends when it is dropped.
struct Connection(Rc<Inner>);

struct Inner {
    this: Weak<Self>,
    watched: RefCell<Watched>,
    link: RefCell<Link>,
    /// The messages since the last animation frame.
    waiting: RefCell<Vec<String>>,
    /// How many connections in a row told nothing.
    tries: Cell<u32>,
    socket: RefCell<Option<Socket>>,
    pause: RefCell<Option<Timeout>>,
    /// The number of the animation frame that was asked for.
    frame: Cell<Option<i32>>,
    on_frame: Closure<dyn FnMut(f64)>,
    publish: Callback<Attached>,
}

type EventListener = Closure<dyn FnMut(Event)>;

/// A WebSocket with its listeners. It is closed when it is dropped.
struct Socket {
    socket: WebSocket,
    _on_open: EventListener,
    _on_close: EventListener,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.silence();
    }
}

impl Socket {
    /// Hears nothing any more, and closes.
    fn silence(&self) {
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
        self.socket.set_onmessage(None);
        // One that is closed already is closed.
        let _ = self.socket.close();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.socket.take();
        self.0.pause.take();
        if let (Some(frame), Some(window)) = (self.0.frame.take(), web_sys::window()) {
            // A frame that has come needs no end.
            let _ = window.cancel_animation_frame(frame);
        }
    }
}

impl Connection {
    fn begin(publish: Callback<Attached>) -> Self {
        let inner = Rc::new_cyclic(|this: &Weak<Inner>| Inner {
            this: this.clone(),
            watched: RefCell::default(),
            link: RefCell::new(Link::Connecting),
            waiting: RefCell::default(),
            tries: Cell::new(0),
            socket: RefCell::default(),
            pause: RefCell::default(),
            frame: Cell::new(None),
            on_frame: Closure::new({
                let this = this.clone();
                move |_: f64| Inner::with(&this, Inner::on_frame)
            }),
            publish,
        });
        inner.connect();
        Self(inner)
    }
}

impl Inner {
    /// Does something, unless the connection or the page is over.
    fn with(this: &Weak<Self>, act: impl FnOnce(&Self)) {
        if let (Some(inner), false) = (this.upgrade(), panic::has_panicked()) {
            act(&inner);
        }
    }

    fn connect(&self) {
        match address().and_then(|address| WebSocket::new(&address).ok()) {
            Some(socket) => {
                *self.socket.borrow_mut() = Some(self.listen(socket));
            }
            None => self.refuse("This browser cannot connect to the cluster.".to_owned()),
        }
        self.redraw();
    }

    fn listen(&self, socket: WebSocket) -> Socket {
        let (opens, closes, tells) = (self.this.clone(), self.this.clone(), self.this.clone());
        let on_open: EventListener =
            Closure::new(move |_: Event| Self::with(&opens, Self::on_open));
        let on_close: EventListener =
            Closure::new(move |_: Event| Self::with(&closes, Self::on_close));
        let on_message: Closure<dyn FnMut(MessageEvent)> = Closure::new(move |event| {
            Self::with(&tells, |inner| inner.on_message(&event));
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Socket { socket, _on_open: on_open, _on_close: on_close, _on_message: on_message }
    }

    fn on_open(&self) {
        self.take_waiting();
        self.watched.borrow_mut().connect();
        self.link.replace(Link::Open);
        self.redraw();
    }

    /// The connection ended, or could not be made.
    fn on_close(&self) {
        self.link.replace(Link::Lost);
        let (this, tries) = (self.this.clone(), self.tries.get());
        self.tries.set(tries.saturating_add(1));
        let again = move || Self::with(&this, Self::connect);
        *self.pause.borrow_mut() = Some(Timeout::new(pause_ms(tries), again));
        self.redraw();
    }

    fn on_message(&self, event: &MessageEvent) {
        let text = event.data().dyn_into::<js_sys::JsString>();
        match text {
            Ok(text) if text.length() <= MOST_CHARACTERS => {
                self.waiting.borrow_mut().push(String::from(text));
            }
            Ok(_) => self.refuse("The cluster sent a message of more than 16 MiB.".to_owned()),
            Err(_) => self.refuse("The cluster sent a message that is no text.".to_owned()),
        }
        if self.waiting.borrow().len() > MOST_WAITING {
            self.take_waiting();
        }
        self.redraw();
    }

    /// Reads the messages that have come.
    fn take_waiting(&self) {
        for message in self.waiting.take() {
            self.tries.set(0);
            let taken = self.watched.borrow_mut().take(&message);
            if let Err(error) = taken {
                self.refuse(format!("The cluster sent a line that cannot be read: {error}."));
                return;
            }
        }
    }

    /// Hears nothing more until somebody asks for it.
    fn refuse(&self, words: String) {
        self.link.replace(Link::Refused(words));
        self.pause.take();
        self.waiting.take();
        if let Some(socket) = &*self.socket.borrow() {
            socket.silence();
        }
    }

    /// Has the panel drawn in the next animation frame.
    fn redraw(&self) {
        if self.frame.get().is_some() {
            return;
        }
        let function = self.on_frame.as_ref().unchecked_ref();
        let window = web_sys::window();
        self.frame.set(window.and_then(|window| window.request_animation_frame(function).ok()));
    }

    fn on_frame(&self) {
        self.frame.set(None);
        self.take_waiting();
        let watched = self.watched.borrow();
        let next = Attached {
            link: self.link.borrow().clone(),
            shown: watched.run().map(Shown::of_cluster),
            verdict: watched.verdict(),
            servers: watched.servers(),
            missed: watched.missed(),
        };
        drop(watched);
        self.publish.emit(next);
    }
}

/// The address of the cluster: beside the page.
fn address() -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let path = location.pathname().ok()?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(format!("{scheme}://{}{folder}/attach", location.host().ok()?))
}
