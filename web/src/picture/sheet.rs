//! The sheet of a sequence diagram: lanes side by side, time downward. All lengths are CSS pixels.

use std::ops::Range;

use raft_lab::{EventNumber, FateView, Instant, ItemShape, ItemView, LaneId};

use super::{Point, part_passed};

/// The room for the times at the left.
const LEFT: f64 = 64.0;
/// The room at the right of the last lane's place.
const RIGHT: f64 = 8.0;
/// The room of a collapsed lane, in rooms of an open one.
const COLLAPSED: f64 = 0.3;
/// A lane has at least so much room; a sheet that has less is wider than its window.
const LEAST_GAP: f64 = 44.0;
/// The least and the most of its way that a lost message is drawn to have gone.
const LOST: (f64, f64) = (0.25, 0.85);
/// How far from a mark it still is pointed at.
const REACH: f64 = 8.0;
/// Half the width of a bar.
const HALF_BAR: f64 = 6.0;

/// A lane as a person wants it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LaneChoice {
    pub(crate) id: LaneId,
    pub(crate) is_collapsed: bool,
}

/// A part of time, and the places of lanes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Sheet {
    pub(crate) width: f64,
    pub(crate) height: f64,
    from: Instant,
    until: Instant,
    lanes: Vec<LanePlace>,
}

/// The place of a lane.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct LanePlace {
    pub(crate) id: LaneId,
    pub(crate) x: f64,
    /// The room to the next lane.
    pub(crate) room: f64,
}

/// The place of an item.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Mark {
    Arrow { from: Point, to: Point, end: ArrowEnd },
    Bar { x: f64, top: f64, bottom: f64, is_open: bool },
    Dot(Point),
    Line { y: f64, left: f64, right: f64 },
}

/// The end of an arrow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ArrowEnd {
    Arrived,
    Lost,
    Held,
    UnderWay,
}

impl Sheet {
    /// The lanes from left to right, in a window of this size.
    pub(crate) fn new(
        (width, height): (f64, f64),
        times: Range<Instant>,
        lanes: &[LaneChoice],
    ) -> Self {
        let share = |lane: &LaneChoice| if lane.is_collapsed { COLLAPSED } else { 1.0 };
        let shares: f64 = lanes.iter().map(share).sum();
        let gap = ((width - LEFT - RIGHT) / shares.max(1.0)).max(LEAST_GAP);
        let mut x = LEFT;
        let places = lanes.iter().map(|lane| {
            let room = gap * share(lane);
            x += room;
            LanePlace { id: lane.id, x: x - room + room.min(72.0) / 2.0, room }
        });
        let lanes = places.collect();
        let width = width.max(x + RIGHT);
        Self { width, height, from: times.start, until: times.end, lanes }
    }

    pub(crate) fn lanes(&self) -> &[LanePlace] {
        &self.lanes
    }

    pub(crate) fn times(&self) -> Range<Instant> {
        self.from..self.until
    }

    pub(crate) fn lane(&self, id: LaneId) -> Option<&LanePlace> {
        self.lanes.iter().find(|lane| lane.id == id)
    }

    /// The height of a time, also outside of the window, up to a limit.
    pub(crate) fn y(&self, at: Instant) -> f64 {
        let span = (self.until.0 - self.from.0).max(1) as f64;
        let place = (at.0 as f64 - self.from.0 as f64) / span * self.height;
        place.clamp(-4.0 * self.height, 5.0 * self.height)
    }

    /// The time at a height.
    pub(crate) fn time(&self, y: f64) -> Instant {
        let span = (self.until.0 - self.from.0) as f64;
        Instant((self.from.0 as f64 + y / self.height.max(1.0) * span).max(0.0) as u64)
    }

    /// The place of an item, as known at the end of the run; `None` if its lanes are hidden.
    pub(crate) fn mark(&self, item: &ItemView, end: Instant) -> Option<Mark> {
        let top = self.y(item.at);
        let bottom = self.y(item.ended.unwrap_or(end));
        match &item.shape {
            ItemShape::Message { lanes, arrives_at, fate, .. } => {
                self.arrow(item, *lanes, fate, (Some(*arrives_at), end))
            }
            ItemShape::Exchange { lanes, fate } => self.arrow(item, *lanes, fate, (None, end)),
            ItemShape::Write { lane, .. } | ItemShape::Operation { lane } => {
                let (x, is_open) = (self.lane(*lane)?.x, item.ended.is_none());
                Some(Mark::Bar { x, top, bottom: bottom.max(top + 2.0), is_open })
            }
            ItemShape::Point { lane, .. } => Some(Mark::Dot(Point::new(self.lane(*lane)?.x, top))),
            ItemShape::Fault { lanes, .. } => {
                let is_concerned = |place: &&LanePlace| match place.id {
                    LaneId::Node(_) => lanes.is_empty() || lanes.contains(&place.id),
                    LaneId::Client(_) => false,
                };
                let places = self.lanes.iter().filter(is_concerned).map(|place| place.x);
                let left = places.clone().min_by(f64::total_cmp)?;
                let right = places.max_by(f64::total_cmp)?;
                Some(Mark::Line { y: top, left: left - 14.0, right: right + 14.0 })
            }
        }
    }

    fn arrow(
        &self,
        item: &ItemView,
        lanes: (LaneId, LaneId),
        fate: &FateView,
        (arrives_at, end): (Option<Instant>, Instant),
    ) -> Option<Mark> {
        let (left, right) = (self.lane(lanes.0)?.x, self.lane(lanes.1)?.x);
        let from = Point::new(left, self.y(item.at));
        let goal = Point::new(right, self.y(arrives_at.or(item.ended).unwrap_or(end)));
        let part_at = |time: Instant| match arrives_at {
            Some(arrives_at) => part_passed(item.at.0, time.0, arrives_at.0),
            None => 0.5,
        };
        let (part, end) = match (fate, item.ended) {
            (FateView::Arrived, Some(ended)) => {
                let to = Point::new(right, self.y(ended));
                return Some(Mark::Arrow { from, to, end: ArrowEnd::Arrived });
            }
            (FateView::Lost(_), ended) => {
                (part_at(ended.unwrap_or(end)).clamp(LOST.0, LOST.1), ArrowEnd::Lost)
            }
            (FateView::Held, _) => (0.92, ArrowEnd::Held),
            (FateView::UnderWay | FateView::Arrived, _) => (part_at(end), ArrowEnd::UnderWay),
        };
        let along = |one: f64, other: f64| one + (other - one) * part;
        let to = Point::new(along(from.x, goal.x), along(from.y, goal.y));
        Some(Mark::Arrow { from, to, end })
    }

    /// The items at a place, the nearest first.
    pub(crate) fn items_at<'a>(
        &self,
        point: Point,
        items: impl Iterator<Item = &'a ItemView>,
        end: Instant,
    ) -> Vec<EventNumber> {
        let near = items.filter_map(|item| {
            let distance = self.mark(item, end)?.distance(point);
            (distance <= REACH).then_some((distance, item.event))
        });
        let mut near: Vec<(f64, EventNumber)> = near.collect();
        near.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        near.into_iter().map(|(_, event)| event).collect()
    }
}

impl Mark {
    /// How far a place is from it. What is small and lies over the others is nearer.
    fn distance(self, point: Point) -> f64 {
        match self {
            Self::Dot(place) => place.distance(point) - 2.0,
            Self::Arrow { from, to, .. } => {
                let (dx, dy) = (to.x - from.x, to.y - from.y);
                let length = dx.hypot(dy).max(1.0);
                let along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / length;
                let part = (along / length).clamp(0.0, 1.0);
                Point::new(from.x + dx * part, from.y + dy * part).distance(point)
            }
            Self::Bar { x, top, bottom, .. } => {
                let beside = ((point.x - x).abs() - HALF_BAR).max(0.0);
                let beyond = (top - point.y).max(point.y - bottom).max(0.0);
                // Within it, arrows and dots come first.
                beside.hypot(beyond) + 1.0
            }
            Self::Line { y, left, right } => {
                let beside = (left - point.x).max(point.x - right).max(0.0);
                beside.hypot(point.y - y) + 2.0
            }
        }
    }
}

#[cfg(test)]
mod tests;
