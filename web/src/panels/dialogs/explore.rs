//! The dialog "Explore from here": can anything go wrong from the shown moment on? It goes on while
//! the dialog is closed.

mod answer;
mod form;

use yew::prelude::*;

use self::answer::Answer;
use self::form::Form;
use super::find::use_finder;
use crate::lab::{Activity, ExploringView};
use crate::ui::Dialog;
use crate::words::grouped;

#[derive(Properties, PartialEq)]
pub(crate) struct ExploreProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Explore)]
pub(crate) fn explore(props: &ExploreProps) -> Html {
    let view = use_finder();
    let is_exploring = view.activity == Some(Activity::Exploring);
    html! {
        <Dialog title="Explore from here" is_wide={true} on_close={props.on_close.clone()}>
            <div class="find" tabindex="0" role="region" aria-label="Exploring">
                <Form {is_exploring} bounds={view.exploring.as_ref().map(|view| view.bounds)}
                    goal={view.exploring.as_ref().and_then(|view| view.goal.clone())} />
                if let Some(exploring) = view.exploring {
                    <Answer {exploring} {is_exploring} on_close={props.on_close.clone()} />
                }
            </div>
        </Dialog>
    }
}

/// `2,380,000 states, depth 12, 610,000 steps a second, 95 MB`
pub(super) fn progress(view: &ExploringView) -> String {
    let Some(explored) = &view.explored else {
        return "Playing the run up to its moment.".to_owned();
    };
    let a_second = (explored.transitions as f64 / view.seconds.max(0.001)) as u64;
    format!(
        "{} states, {} steps from the moment, {} looked at a second, {} MB",
        grouped(explored.states),
        explored.depth,
        grouped(a_second),
        explored.bytes / 1_000_000
    )
}
