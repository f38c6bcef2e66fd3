//! The cluster: what is going on in a sentence, the picture, and what its shapes mean.

use yew::prelude::*;

use super::hints::Hints;
use super::members::Members;
use super::stage::Stage;
use crate::controls::use_frame;
use crate::look::Look;
use crate::ui::{Legend, Panel};

#[component(Cluster)]
pub(crate) fn cluster() -> Html {
    let frame = use_frame();
    html! {
        <Panel name="cluster" title="Cluster">
            <p class="headline" aria-live="polite" data-testid="headline">{ &frame.headline }</p>
            <Members />
            <Stage />
            <Hints />
            <Legend looks={&Look::COMMON[..]} />
        </Panel>
    }
}
