//! Drawing without Yew, in the animation frames in which something changed.

use std::rc::Rc;

use raft_lab::Frame;
use yew::prelude::*;

use crate::state::{Side, use_controls, use_side};

/// Calls a painter with every new frame, of the side that it is on, and again for as long as it
/// says that something moves in real time. `make` creates it, again when `dependencies` change.
#[hook]
pub(crate) fn use_painter<D, P>(dependencies: D, make: impl FnOnce(&D) -> P + 'static)
where
    D: PartialEq + 'static,
    P: Fn(&Frame) -> bool + 'static,
{
    let (runner, side) = (use_controls().runner, use_side());
    use_effect_with((runner, side, dependencies), move |(runner, side, dependencies)| {
        let (runner, side, paint) = (runner.clone(), *side, make(dependencies));
        let id = runner.add_painter(Rc::new(move |frame| match side {
            // What shows a recorded run is painted when its moment changes.
            Side::Live | Side::Recorded => paint(frame),
            Side::Other => paint(&side.of(frame)),
        }));
        move || runner.remove_painter(id)
    });
}
