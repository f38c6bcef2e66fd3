//! The choice of the main view: the picture of this moment, or the diagram of a stretch of time.

use yew::prelude::*;

use crate::state::{use_controls, use_frame};

#[component(Views)]
pub(crate) fn views() -> Html {
    let runner = use_controls().runner;
    let is_diagram = use_frame().lab.diagram.is_some();
    let show = |is_open: bool| {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| runner.show_diagram(is_open))
    };
    html! {
        <span class="views" role="group" aria-label="View">
            <button type="button" class="view-button" title="p" data-testid="show-picture"
                aria-pressed={(!is_diagram).to_string()} onclick={show(false)}>
                { "Picture" }
            </button>
            <button type="button" class="view-button" title="d" data-testid="show-diagram"
                aria-pressed={is_diagram.to_string()} onclick={show(true)}>{ "Diagram" }</button>
        </span>
    }
}
