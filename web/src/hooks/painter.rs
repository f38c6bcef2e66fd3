//! Drawing outside Yew, in every animation frame.

use std::rc::Rc;

use raft_lab::Frame;
use yew::prelude::*;

use crate::state::use_controls;

/// Has `painter` draw every frame. It is made anew when `dependencies` change.
#[hook]
pub(crate) fn use_painter<D, P>(dependencies: D, make: impl FnOnce(&D) -> P + 'static)
where
    D: PartialEq + 'static,
    P: Fn(&Frame) + 'static,
{
    let runner = use_controls().runner;
    use_effect_with((runner, dependencies), move |(runner, dependencies)| {
        let runner = runner.clone();
        let id = runner.add_painter(Rc::new(make(dependencies)));
        move || runner.remove_painter(id)
    });
}
