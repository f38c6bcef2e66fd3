//! The order of the lanes, and which of them are collapsed, as a person wants them.

use std::collections::BTreeSet;

use raft_lab::{LaneId, LaneView};

use crate::picture::LaneChoice;

/// The order of the lanes, and which of them are collapsed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Arrangement {
    /// The lanes that a person moved, and those that were there then. New ones come after them.
    order: Vec<LaneId>,
    collapsed: BTreeSet<LaneId>,
}

impl Arrangement {
    /// The lanes that are shown, from left to right.
    pub(in crate::panels) fn choices(&self, lanes: &[LaneView]) -> Vec<LaneChoice> {
        let shown = lanes.iter().filter(|lane| !lane.is_hidden).map(|lane| lane.id);
        let mut shown: Vec<LaneId> = shown.collect();
        let place = |id: &LaneId| self.order.iter().position(|other| other == id);
        shown.sort_by_key(|id| (place(id).unwrap_or(usize::MAX), *id));
        let choice = |id| LaneChoice { id, is_collapsed: self.collapsed.contains(&id) };
        shown.into_iter().map(choice).collect()
    }

    /// With a lane in another place, counted among the lanes that are shown.
    pub(super) fn moved(&self, id: LaneId, to: usize, lanes: &[LaneView]) -> Self {
        let mut order: Vec<LaneId> = self.choices(lanes).iter().map(|choice| choice.id).collect();
        order.retain(|other| *other != id);
        order.insert(to.min(order.len()), id);
        Self { order, ..self.clone() }
    }

    /// With a lane collapsed, or open again.
    pub(super) fn toggled(&self, id: LaneId) -> Self {
        let mut collapsed = self.collapsed.clone();
        toggle(&mut collapsed, id);
        Self { collapsed, ..self.clone() }
    }
}

/// Puts a value into a set, or takes it out.
pub(super) fn toggle<T: Ord>(set: &mut BTreeSet<T>, value: T) {
    if !set.remove(&value) {
        set.insert(value);
    }
}

#[cfg(test)]
mod tests {
    use raft_lab::{ClientId, Instant, NodeId};

    use super::*;

    const CLIENT: LaneId = LaneId::Client(ClientId(1));

    fn node(id: u64) -> LaneId {
        LaneId::Node(NodeId(id))
    }

    fn lanes(ids: &[LaneId]) -> Vec<LaneView> {
        let lane = |id| LaneView {
            id,
            is_hidden: false,
            since: Instant(0),
            stretches: Vec::new(),
            now: None,
        };
        ids.iter().copied().map(lane).collect()
    }

    fn order(arrangement: &Arrangement, lanes: &[LaneView]) -> Vec<LaneId> {
        arrangement.choices(lanes).into_iter().map(|choice| choice.id).collect()
    }

    #[test]
    fn a_lane_that_is_moved_stays_there_and_new_ones_come_last() {
        let few = lanes(&[node(1), node(2), node(3), CLIENT]);
        let arrangement = Arrangement::default();
        assert_eq!(order(&arrangement, &few), [node(1), node(2), node(3), CLIENT]);
        let moved = arrangement.moved(CLIENT, 0, &few).moved(node(1), 9, &few);
        assert_eq!(order(&moved, &few), [CLIENT, node(2), node(3), node(1)]);
        let more = lanes(&[node(1), node(2), node(3), node(4), CLIENT]);
        assert_eq!(order(&moved, &more), [CLIENT, node(2), node(3), node(1), node(4)]);
    }

    #[test]
    fn lanes_collapse_and_hide() {
        let mut some = lanes(&[node(1), node(2)]);
        let collapsed = Arrangement::default().toggled(node(2));
        assert!(collapsed.choices(&some)[1].is_collapsed);
        assert!(!collapsed.toggled(node(2)).choices(&some)[1].is_collapsed);
        some[0].is_hidden = true;
        assert_eq!(order(&collapsed, &some), [node(2)]);
    }
}
