//! Drawing in every animation frame, without Yew.

use std::rc::Rc;

use raft_lab::Frame;
use yew::prelude::*;

use crate::state::use_controls;

/// Calls a painter with every frame. `make` creates it, again when `dependencies` change.
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
