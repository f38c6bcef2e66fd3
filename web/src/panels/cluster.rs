//! The cluster: topology, hints and legend.

mod hints;
mod topology;

use yew::prelude::*;

use self::hints::Hints;
use self::topology::Topology;
use crate::picture::COMMON_LOOKS;
use crate::state::{Side, use_side};
use crate::ui::{Legend, Panel};

#[component(Cluster)]
pub(crate) fn cluster() -> Html {
    let is_recorded = use_side() == Side::Recorded;
    html! {
        <Panel name="cluster" title="Cluster">
            <Topology />
            // Nothing can be done to a recorded run.
            if !is_recorded {
                <Hints />
            }
            <Legend looks={&COMMON_LOOKS[..]} />
        </Panel>
    }
}
