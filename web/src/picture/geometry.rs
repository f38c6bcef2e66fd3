//! Places in the topology: nodes on a ring, messages on lanes between them.
//!
//! All lengths are CSS pixels, so text keeps its size when the panel's size changes.

use std::f64::consts::TAU;

use raft_lab::NodeId;

/// Half the distance between the two directions of a link.
const LANE_OFFSET: f64 = 6.0;
/// The timer's arc runs this far outside the node's edge.
pub(crate) const TIMER_GAP: f64 = 6.0;
/// Room for the lines of text below a node.
const LABEL_HEIGHT: f64 = 34.0;
/// Room for the words of a label: "pre-candidate · term 12" is as wide in a wide font.
const LABEL_WIDTH: f64 = 148.0;
/// With more nodes, labels have little room.
const CROWDED: u32 = 6;
/// With more nodes, shapes are at their smallest.
const VERY_CROWDED: u32 = 10;
/// Room between the picture and the panel's edge.
const MARGIN: f64 = 14.0;

/// The largest number of a node that the ring tells from others.
pub(crate) const LARGEST: u64 = 126;

/// A place in the topology.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// The room for words at a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Room {
    /// Two lines.
    TwoLines,
    /// One line: the next node is close below.
    OneLine,
    /// Only exceptions: the nodes are close together.
    Little,
}

/// One direction between two nodes, from edge to edge.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Lane {
    pub(crate) from: Point,
    pub(crate) to: Point,
}

/// The ring on which the nodes are placed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Ring {
    pub(crate) centre: Point,
    radius_x: f64,
    radius_y: f64,
    pub(crate) node_radius: f64,
    /// The nodes on it, a bit for each number: the numbers of a cluster may have gaps.
    ids: u128,
}

impl Point {
    pub(crate) const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    pub(crate) fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    fn towards(self, other: Self, part: f64) -> Self {
        Self::new(self.x + (other.x - self.x) * part, self.y + (other.y - self.y) * part)
    }
}

impl Lane {
    /// The place after a `part` (0 to 1) of the way.
    pub(crate) fn at(self, part: f64) -> Point {
        self.from.towards(self.to, part.clamp(0.0, 1.0))
    }

    /// The direction of travel, in radians.
    pub(crate) fn angle(self) -> f64 {
        (self.to.y - self.from.y).atan2(self.to.x - self.from.x)
    }
}

impl Ring {
    /// The largest ring for these nodes that fits, labels included.
    pub(crate) fn fit(width: f64, height: f64, nodes: impl Iterator<Item = NodeId>) -> Self {
        let ids = nodes.fold(0_u128, |ids, node| ids | bit(node.0));
        let nodes = ids.count_ones();
        let (shrunk, smallest) = match nodes {
            many if many > VERY_CROWDED => (0.48, 12.0),
            some if some > CROWDED => (0.8, 12.0),
            _ => (1.0, 16.0),
        };
        let node_radius = (width.min(height) * 0.085 * shrunk).clamp(smallest, 36.0);
        let outside = node_radius + TIMER_GAP + MARGIN;
        let space_x = (width / 2.0 - outside - 12.0).max(node_radius);
        let space_y = ((height - LABEL_HEIGHT) / 2.0 - outside).max(node_radius);
        // A flat ellipse hides which nodes are opposite each other. Where there is little height,
        // nodes that lie over each other are worse.
        let apart = 4.2 * (node_radius + TIMER_GAP);
        let radius_x = space_x.min((space_y * 1.35).max(apart));
        let radius_y = space_y.min(space_x * 1.2);
        // With few nodes, none is at the ring's lowest point: keep the nodes in the middle.
        let lowest = (0..nodes).map(|place| -angle_of(place, nodes).cos()).fold(-1.0, f64::max);
        let shift = (1.0 - lowest) * radius_y / 2.0;
        let centre = Point::new(width / 2.0, (height - LABEL_HEIGHT) / 2.0 + shift);
        let (radius_x, radius_y) = if nodes == 1 { (0.0, 0.0) } else { (radius_x, radius_y) };
        let centre = if nodes == 1 {
            Point::new(width / 2.0, (height - LABEL_HEIGHT) / 2.0)
        } else {
            centre
        };
        Self { centre, radius_x, radius_y, node_radius, ids }
    }

    /// The room for words at each node.
    pub(crate) fn room(self) -> Room {
        let nodes = self.ids.count_ones();
        let place = |place: u32| self.on_ring(f64::from(place), 1.0);
        let closest = (0..nodes)
            .map(|node| place(node).distance(place(node + 1)))
            .filter(|distance| *distance > 0.0)
            .fold(f64::INFINITY, f64::min);
        let are_beside = |node: u32| {
            let (one, next) = (place(node), place(node + 1));
            (one.y - next.y).abs() < LABEL_HEIGHT && (one.x - next.x).abs() < LABEL_WIDTH
        };
        if nodes > CROWDED || (nodes > 1 && (0..nodes).any(are_beside)) {
            return Room::Little;
        }
        let needed = 2.0 * (self.node_radius + TIMER_GAP) + LABEL_HEIGHT;
        if closest < needed { Room::OneLine } else { Room::TwoLines }
    }

    /// Whether a node's words are above it, outside the ring.
    pub(crate) fn has_words_above(self, id: u64) -> bool {
        self.room() == Room::Little && self.node(id).y < self.centre.y - self.node_radius
    }

    /// Whether a node is on the ring.
    pub(crate) fn contains(self, id: u64) -> bool {
        self.ids & bit(id) != 0
    }

    /// The centre of a node, by its number; clockwise from the top, by ascending number.
    pub(crate) fn node(self, id: u64) -> Point {
        let before = self.ids & (bit(id).saturating_sub(1));
        self.on_ring(f64::from(before.count_ones()), 1.0)
    }

    /// The middle of the arc after the node at a place, counted from 0; `scale` times as far from
    /// the centre as the nodes are.
    pub(crate) fn gap_after(self, place: usize, scale: f64) -> Point {
        self.on_ring(place as f64 + 0.5, scale)
    }

    fn on_ring(self, place: f64, scale: f64) -> Point {
        let angle = place / f64::from(self.ids.count_ones().max(1)) * TAU;
        Point::new(
            self.centre.x + angle.sin() * self.radius_x * scale,
            self.centre.y - angle.cos() * self.radius_y * scale,
        )
    }

    /// The way of messages from one node to another: right of the middle, as on a road, so that the
    /// two directions stay apart.
    pub(crate) fn lane(self, from: u64, to: u64) -> Lane {
        let (start, end) = (self.node(from), self.node(to));
        let length = start.distance(end).max(1.0);
        let (dx, dy) = ((end.x - start.x) / length, (end.y - start.y) / length);
        let edge = self.node_radius + TIMER_GAP + 2.0;
        let (side_x, side_y) = (-dy * LANE_OFFSET, dx * LANE_OFFSET);
        Lane {
            from: Point::new(start.x + dx * edge + side_x, start.y + dy * edge + side_y),
            to: Point::new(end.x - dx * edge + side_x, end.y - dy * edge + side_y),
        }
    }

    /// The line in the middle of a link, from edge to edge.
    pub(crate) fn axis(self, one: u64, other: u64) -> Lane {
        let (there, back) = (self.lane(one, other), self.lane(other, one));
        Lane { from: there.from.towards(back.to, 0.5), to: there.to.towards(back.from, 0.5) }
    }
}

/// The bit of a node; nodes that no world has share the last one.
fn bit(id: u64) -> u128 {
    1 << id.min(LARGEST)
}

fn angle_of(place: u32, nodes: u32) -> f64 {
    f64::from(place) / f64::from(nodes.max(1)) * TAU
}

/// How much of the time from `start` to `end` has passed, from 0 to 1.
pub(crate) fn part_passed(start: u64, now: u64, end: u64) -> f64 {
    if end <= start {
        return 1.0;
    }
    (now.saturating_sub(start) as f64 / (end - start) as f64).clamp(0.0, 1.0)
}

/// The nearest of these to `point`, if it is within `reach`.
pub(crate) fn nearest<T>(
    point: Point,
    reach: f64,
    candidates: impl Iterator<Item = (T, Point)>,
) -> Option<T> {
    candidates
        .map(|(value, place)| (value, place.distance(point)))
        .filter(|(_, distance)| *distance <= reach)
        .min_by(|left, right| left.1.total_cmp(&right.1))
        .map(|(value, _)| value)
}

/// The corners of a regular polygon as SVG's `points`; the first corner is at the top, turned by
/// `turn` parts of a full turn.
pub(crate) fn polygon(centre: Point, radius: f64, corners: u32, turn: f64) -> String {
    (0..corners)
        .map(|corner| {
            let angle = (f64::from(corner) / f64::from(corners) + turn) * TAU;
            let (x, y) = (centre.x + angle.sin() * radius, centre.y - angle.cos() * radius);
            format!("{x:.1},{y:.1}")
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
