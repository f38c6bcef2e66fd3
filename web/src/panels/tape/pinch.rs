//! Two fingers on the line of the run zoom it.

use std::collections::BTreeMap;

use web_sys::PointerEvent;
use yew::prelude::*;

/// Fingers that are nearer to each other say nothing, in CSS pixels.
const NEAR: i32 = 16;

/// What the line does with fingers.
pub(super) struct Fingers {
    /// Whether two of them are on the line.
    pub(super) is_on: bool,
    pub(super) on_down: Callback<PointerEvent>,
    pub(super) on_move: Callback<PointerEvent>,
    /// Also when the browser takes a finger away.
    pub(super) on_up: Callback<PointerEvent>,
}

/// Watches the fingers on the line. `on_zoom` is called with the factor by which the width of the
/// window changes.
#[hook]
pub(super) fn use_fingers(on_zoom: &Callback<f64>) -> Fingers {
    let pinch = use_mut_ref(Pinch::default);
    let is_on = use_state_eq(|| false);
    let (down, up, moved) = (pinch.clone(), pinch.clone(), pinch);
    let (pressed, released, on_zoom) = (is_on.setter(), is_on.setter(), on_zoom.clone());
    Fingers {
        is_on: *is_on,
        on_down: Callback::from(move |event: PointerEvent| {
            let mut pinch = down.borrow_mut();
            pinch.down(event.pointer_id(), event.client_x());
            pressed.set(pinch.is_on());
        }),
        on_move: Callback::from(move |event: PointerEvent| {
            let factor = moved.borrow_mut().moved(event.pointer_id(), event.client_x());
            factor.into_iter().for_each(|factor| on_zoom.emit(factor));
        }),
        on_up: Callback::from(move |event: PointerEvent| {
            let mut pinch = up.borrow_mut();
            pinch.up(event.pointer_id());
            released.set(pinch.is_on());
        }),
    }
}

/// The fingers on the line.
#[derive(Default)]
struct Pinch {
    /// The place of each from the left, by pointer.
    fingers: BTreeMap<i32, i32>,
}

impl Pinch {
    /// Whether two fingers are on the line. Then they do not move the cursor.
    fn is_on(&self) -> bool {
        self.fingers.len() > 1
    }

    fn down(&mut self, pointer: i32, x: i32) {
        self.fingers.insert(pointer, x);
    }

    fn up(&mut self, pointer: i32) {
        self.fingers.remove(&pointer);
    }

    /// A finger has moved: the factor by which the width of the window changes.
    fn moved(&mut self, pointer: i32, x: i32) -> Option<f64> {
        let before = self.spread();
        *self.fingers.get_mut(&pointer)? = x;
        let (before, now) = (before?, self.spread()?);
        (before != now).then(|| f64::from(before) / f64::from(now))
    }

    /// The distance of two fingers.
    fn spread(&self) -> Option<i32> {
        let mut places = self.fingers.values();
        let (one, other) = (places.next()?, places.next()?);
        Some((one - other).abs()).filter(|spread| *spread > NEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingers_that_part_make_the_window_narrower() {
        let mut pinch = Pinch::default();
        pinch.down(1, 100);
        assert_eq!(pinch.moved(1, 90), None, "one finger moves the cursor");
        pinch.down(2, 190);
        assert!(pinch.is_on());
        assert_eq!(pinch.moved(2, 290), Some(0.5));
        assert_eq!(pinch.moved(1, 240), Some(4.0));
        assert_eq!(pinch.moved(1, 280), None, "they are too near");
        assert_eq!(pinch.moved(3, 0), None, "it is not on the line");
        pinch.up(1);
        assert!(!pinch.is_on());
    }
}
