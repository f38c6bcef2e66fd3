//! Hands frames down to a part of the page.

use raft_lab::Frame;
use yew::prelude::*;

use crate::lab::Part;
use crate::state::use_controls;

#[derive(Properties, PartialEq)]
pub(crate) struct FramesProps {
    pub(crate) part: Part,
    pub(crate) children: Html,
}

/// Provides the runner's frames to one part of the page, in its turn. Only components that use the
/// frame render again.
#[component(Frames)]
pub(crate) fn frames(props: &FramesProps) -> Html {
    let runner = use_controls().runner;
    let frame = use_state(|| runner.frame());
    let setter = frame.setter();
    use_effect_with((runner, props.part), move |(runner, part)| {
        runner.publish_to(*part, Callback::from(move |next| setter.set(next)));
    });
    html! {
        <ContextProvider<Frame> context={(*frame).clone()}>
            { props.children.clone() }
        </ContextProvider<Frame>>
    }
}
