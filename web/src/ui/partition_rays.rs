//! A partition: a dashed line between the parts of the network, and a letter for each part.

use yew::prelude::*;

use crate::geometry::Ring;

#[derive(Properties, PartialEq)]
pub(crate) struct PartitionRaysProps {
    pub(crate) ring: Ring,
    /// The part that each node stands in, in the order of the nodes.
    pub(crate) parts: Vec<usize>,
}

#[component(PartitionRays)]
pub(crate) fn partition_rays(props: &PartitionRaysProps) -> Html {
    let PartitionRaysProps { ring, parts } = props;
    let count = parts.len();
    let differs = |place: usize| parts[place] != parts[(place + 1) % count];
    let rays = (0..count).filter(|place| count > 1 && differs(*place)).map(|place| {
        let outer = ring.gap_after(place, 1.22);
        html! {
            <line key={place} class="ray" x1={px(ring.centre.x)} y1={px(ring.centre.y)}
                x2={px(outer.x)} y2={px(outer.y)} />
        }
    });
    html! { <g class="partition" aria-hidden="true">{ for rays }</g> }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}
