//! The warning that a round trip comes near the election timeouts.

use raft_lab::TightTiming;
use yew::prelude::*;

use crate::state::use_frame;
use crate::ui::{Icon, IconName};

#[component(Timing)]
pub(crate) fn timing() -> Html {
    let frame = use_frame();
    // Another warning is shown again.
    let dismissed = use_state_eq(|| None::<TightTiming>);
    let warning = TightTiming::of(&frame.view);
    let Some(warning) = warning.filter(|warning| *dismissed != Some(*warning)) else {
        return html! {};
    };
    let on_dismiss = {
        let dismissed = dismissed.setter();
        Callback::from(move |_: MouseEvent| dismissed.set(Some(warning)))
    };
    html! {
        <div class="notice" role="status" data-testid="tight-timing">
            <p>
                { warning.words() }{ " " }
                <button type="button" class="mention section" data-rule="§5.6" title="The rule">
                    { "§5.6" }
                </button>
            </p>
            <button type="button" class="icon-button" aria-label="Dismiss" onclick={on_dismiss}>
                <Icon name={IconName::Close} />
            </button>
        </div>
    }
}
