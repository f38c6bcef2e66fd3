//! The cluster: topology, hints and legend.

mod hints;
mod topology;

use yew::prelude::*;

use self::hints::Hints;
use self::topology::Topology;
use crate::picture::COMMON_LOOKS;
use crate::ui::{Legend, Panel};

#[component(Cluster)]
pub(crate) fn cluster() -> Html {
    html! {
        <Panel name="cluster" title="Cluster">
            <Topology />
            <Hints />
            <Legend looks={&COMMON_LOOKS[..]} />
        </Panel>
    }
}
