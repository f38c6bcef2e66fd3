//! The dialog "Experiments": dials, charts and a table of a measurement. It goes on while the
//! dialog is closed.

mod form;
mod results;

use yew::prelude::*;

use self::form::Form;
use self::results::Results;
use super::find::use_finder;
use crate::lab::{Activity, MeasuringView};
use crate::ui::Dialog;
use crate::words::grouped;

#[derive(Properties, PartialEq)]
pub(crate) struct ExperimentsProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Experiments)]
pub(crate) fn experiments(props: &ExperimentsProps) -> Html {
    let view = use_finder();
    let is_measuring = view.activity == Some(Activity::Measuring);
    html! {
        <Dialog title="Experiments" is_wide={true} on_close={props.on_close.clone()}>
            <div class="experiments" tabindex="0" role="region" aria-label="Experiment">
                <Form {is_measuring}
                    request={view.measuring.as_ref().map(|view| view.request.clone())} />
                if let Some(measuring) = view.measuring {
                    <Results {measuring} {is_measuring} />
                }
            </div>
        </Dialog>
    }
}

/// `312 of 10,000 trials`
pub(super) fn progress(view: &MeasuringView) -> String {
    format!(
        "{}: {} of {} trials.",
        view.request.experiment,
        grouped(view.report.trials),
        grouped(view.of)
    )
}
