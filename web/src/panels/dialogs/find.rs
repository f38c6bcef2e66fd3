//! The dialog "Find": runs in which a condition comes to hold, and the rare events of drawn runs.
//!
//! Searches go on while the dialog is closed; [`Searching`] tells of them on the page.

mod board;
mod chances;
mod form;
mod hits;

use yew::prelude::*;

use self::board::BoardSection;
use self::form::Form;
use self::hits::Hits;
use super::experiments::progress as experiments_progress;
use super::explore::progress as explore_progress;
use crate::lab::{Activity, FinderView};
use crate::state::{Dialog as DialogName, use_controls};
use crate::ui::Dialog;

#[derive(Properties, PartialEq)]
pub(crate) struct FindProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Find)]
pub(crate) fn find(props: &FindProps) -> Html {
    let view = use_finder();
    let on_close = &props.on_close;
    html! {
        <Dialog title="Find a run where …" is_wide={true} on_close={on_close.clone()}>
            <div class="find">
                <Form activity={view.activity} search={view.search.clone()} />
                if view.search.is_some() {
                    <Hits view={view.clone()} on_close={on_close.clone()} />
                }
                <BoardSection activity={view.activity} board={view.board.clone()} />
            </div>
        </Dialog>
    }
}

/// On the page: a search that goes on while the dialog is closed.
#[component(Searching)]
pub(crate) fn searching() -> Html {
    let (view, controls) = (use_finder(), use_controls());
    let Some(activity) = view.activity else { return html! {} };
    let words = match (activity, &view.search, &view.board) {
        (Activity::Searching, Some(search), _) => {
            format!("Searching for “{}”: {}.", search.condition, hits::progress(search))
        }
        (Activity::Counting, _, Some(board)) => {
            format!("Counting rare events: {} of {} runs.", board.runs, board.of)
        }
        (Activity::Searching | Activity::Counting, ..) => "Searching.".to_owned(),
        (Activity::Estimating, ..) => "Estimating how likely it was.".to_owned(),
        (Activity::Measuring, ..) => match &view.measuring {
            Some(measuring) => experiments_progress(measuring),
            None => "Measuring.".to_owned(),
        },
        (Activity::Shortening, ..) => "Shortening a script.".to_owned(),
        (Activity::Exploring, ..) => match &view.exploring {
            Some(exploring) => format!("Exploring: {}.", explore_progress(exploring)),
            None => "Exploring.".to_owned(),
        },
    };
    let dialog = match activity {
        Activity::Measuring => DialogName::Experiments,
        Activity::Exploring => DialogName::Explore,
        Activity::Searching | Activity::Counting | Activity::Estimating | Activity::Shortening => {
            DialogName::Find
        }
    };
    let on_show = controls.open_dialog.reform(move |_: MouseEvent| Some(dialog));
    let on_cancel = Callback::from(move |_: MouseEvent| controls.finder.cancel());
    html! {
        <div class="notice" data-testid="searching">
            <p>{ words }</p>
            <button type="button" class="button" onclick={on_show}>{ "Show" }</button>
            <button type="button" class="button" onclick={on_cancel}>{ "Cancel" }</button>
        </div>
    }
}

/// What was found so far. A component that uses it renders again with every report.
#[hook]
pub(super) fn use_finder() -> FinderView {
    let finder = use_controls().finder;
    let view = use_state_eq(|| finder.view());
    let setter = view.setter();
    use_effect_with(finder, move |finder| {
        let id = finder.listen(Callback::from(move |view| setter.set(view)));
        let finder = finder.clone();
        move || finder.forget(id)
    });
    (*view).clone()
}
