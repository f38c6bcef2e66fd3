//! A partition: dashed lines between neighbours that it separates.

use yew::prelude::*;

use crate::picture::Ring;

#[derive(Properties, PartialEq)]
pub(crate) struct PartitionRaysProps {
    pub(crate) ring: Ring,
    /// For each node, in order: whether a partition separates it from the next one on the ring.
    pub(crate) gaps: Vec<bool>,
}

#[component(PartitionRays)]
pub(crate) fn partition_rays(props: &PartitionRaysProps) -> Html {
    let PartitionRaysProps { ring, gaps } = props;
    let parted = gaps.iter().enumerate().filter(|(_, is_parted)| **is_parted);
    let rays = parted.map(|(place, _)| {
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
