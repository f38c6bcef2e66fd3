//! The cluster: headline, members, topology, hints and legend.

mod hints;
mod members;
mod topology;

use yew::prelude::*;

use self::hints::Hints;
use self::members::Members;
use self::topology::Topology;
use crate::picture::MessageStyle;
use crate::state::use_frame;
use crate::ui::{Legend, Panel};

#[component(Cluster)]
pub(crate) fn cluster() -> Html {
    let frame = use_frame();
    html! {
        <Panel name="cluster" title="Cluster">
            <p class="headline" aria-live="polite" data-testid="headline">{ &frame.headline }</p>
            <Members />
            <Topology />
            <Hints />
            <Legend styles={&MessageStyle::COMMON[..]} />
        </Panel>
    }
}
