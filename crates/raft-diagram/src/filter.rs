//! Which items are shown.

use std::collections::BTreeSet;

use raft_core::Instant;

use crate::causes::EventSet;
use crate::diagram::Diagram;
use crate::item::{Item, ItemKind};
use crate::lane::LaneId;
use crate::layer::Layer;

/// Which items of a diagram are shown. The default shows everything but noise.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DiagramFilter {
    /// Only these lanes; `None`: all. An arrow needs both of its ends.
    pub lanes: Option<BTreeSet<LaneId>>,
    /// No items of these layers.
    pub hidden: BTreeSet<Layer>,
    /// Whether noise is shown too. With [`events`](Self::events) it always is.
    pub noise: bool,
    /// Only the items that one of these events began or ended; `None`: all. Those of
    /// [`Diagram::future_of`] are what an event caused, those of [`Diagram::past_of`] what led to
    /// it, those of [`Diagram::operation_events`] what happened for an operation.
    pub events: Option<EventSet>,
}

impl DiagramFilter {
    /// Whether the item is shown.
    pub fn admits(&self, item: &Item) -> bool {
        let is_hidden = !self.hidden.is_empty() && self.hidden.contains(&item.layer());
        !is_hidden && self.admits_noise_of(item) && self.admits_lanes(item)
    }

    fn admits_noise_of(&self, item: &Item) -> bool {
        match &self.events {
            None => self.noise || !item.is_noise,
            Some(events) => {
                let ended = item.ended.is_some_and(|ended| events.contains(ended.event));
                events.contains(item.began.event) || ended
            }
        }
    }

    fn admits_lanes(&self, item: &Item) -> bool {
        let Some(shown) = &self.lanes else { return true };
        let lanes = item.lanes();
        match item.kind {
            // A fault is drawn across the lanes that are shown.
            ItemKind::Fault(_) => lanes.is_empty() || lanes.iter().any(|lane| shown.contains(lane)),
            ItemKind::Message(_)
            | ItemKind::Exchange(_)
            | ItemKind::Write(_)
            | ItemKind::Operation(_)
            | ItemKind::Point(_) => lanes.iter().all(|lane| shown.contains(lane)),
        }
    }
}

impl Diagram {
    /// The items that the filter shows, of those that touch the time from `from` to `until`, both
    /// included.
    pub fn shown_between<'a>(
        &'a self,
        from: Instant,
        until: Instant,
        filter: &'a DiagramFilter,
    ) -> impl Iterator<Item = &'a Item> {
        let range = self.events.around(from, until);
        let items = range.map(|(first, last)| self.items_between(first, last));
        items.into_iter().flatten().filter(|item| filter.admits(item))
    }
}
