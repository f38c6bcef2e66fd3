//! A finger that stays where it is opens the menu, as a right click does.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

/// How long the finger stays, in milliseconds.
const LONG_MS: u32 = 500;
/// How far it may move meanwhile, in CSS pixels.
const SLACK: i32 = 8;

/// What the topology does with a finger.
pub(super) struct LongPress {
    pub(super) on_down: Callback<PointerEvent>,
    pub(super) on_move: Callback<PointerEvent>,
    /// Also when the browser takes the finger away.
    pub(super) on_up: Callback<PointerEvent>,
    /// Whether the press that ends was a long one: then it is no click.
    pub(super) was_long: Rc<Cell<bool>>,
}

/// A finger that waits, and where it is.
struct Waiting {
    x: i32,
    y: i32,
    /// Dropped, it is cancelled.
    _timeout: Timeout,
}

/// Calls `on_long` with the event that put the finger down.
#[hook]
pub(super) fn use_long_press(on_long: &Callback<MouseEvent>) -> LongPress {
    let waiting = use_mut_ref(|| None::<Waiting>);
    let was_long = use_memo((), |()| Cell::new(false));
    let (down, moved, up) = (waiting.clone(), waiting.clone(), waiting);
    let (on_long, is_long) = (on_long.clone(), was_long.clone());
    LongPress {
        on_down: Callback::from(move |event: PointerEvent| {
            is_long.set(false);
            let is_finger = event.pointer_type() == "touch" && event.is_primary();
            *down.borrow_mut() = is_finger.then(|| {
                let (x, y) = (event.client_x(), event.client_y());
                let (on_long, is_long) = (on_long.clone(), is_long.clone());
                let _timeout = Timeout::new(LONG_MS, move || {
                    is_long.set(true);
                    on_long.emit(event.into());
                });
                Waiting { x, y, _timeout }
            });
        }),
        on_move: Callback::from(move |event: PointerEvent| {
            let place = (event.client_x(), event.client_y());
            moved.borrow_mut().take_if(|waiting| is_away((waiting.x, waiting.y), place));
        }),
        on_up: Callback::from(move |_: PointerEvent| {
            up.borrow_mut().take();
        }),
        was_long,
    }
}

/// Whether a finger moved too far.
fn is_away(from: (i32, i32), to: (i32, i32)) -> bool {
    (from.0 - to.0).abs().max((from.1 - to.1).abs()) > SLACK
}

#[cfg(test)]
mod tests {
    use super::is_away;

    #[test]
    fn a_finger_may_tremble() {
        assert!(!is_away((100, 50), (108, 42)));
        assert!(is_away((100, 50), (100, 59)));
        assert!(is_away((100, 50), (91, 50)));
    }
}
