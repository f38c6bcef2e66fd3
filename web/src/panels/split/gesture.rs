//! What a pointer does in the picture: a line around nodes, or a node that is pulled away.

use std::collections::BTreeSet;

use raft_lab::NodeId;

use crate::picture::{Point, Ring};

/// A pointer that moves less does not draw, in CSS pixels.
const SLACK: f64 = 8.0;
/// The least distance between two points of a line.
const STEP: f64 = 4.0;
/// A node is isolated if it is let go so many of its radii from its place.
const FAR: f64 = 3.0;

/// Where the pointer went down: on a node, or on the ground.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Pressed {
    pub(super) node: Option<NodeId>,
    pub(super) at: Point,
}

/// What the pointer has drawn.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Gesture {
    /// A line on the ground.
    Lasso(Vec<Point>),
    /// A node that is pulled, and where it is.
    Pull { node: NodeId, at: Point },
}

impl Pressed {
    /// The gesture after a move; `None`: nothing has changed.
    pub(super) fn moved(&self, before: Option<Gesture>, at: Point) -> Option<Gesture> {
        match (before, self.node) {
            (None, _) if self.at.distance(at) <= SLACK => None,
            (None, None) => Some(Gesture::Lasso(vec![self.at, at])),
            (_, Some(node)) => Some(Gesture::Pull { node, at }),
            (Some(Gesture::Lasso(mut line)), None) => {
                let is_new = line.last().is_none_or(|last| last.distance(at) >= STEP);
                is_new.then(|| {
                    line.push(at);
                    Gesture::Lasso(line)
                })
            }
            (Some(Gesture::Pull { .. }), None) => None,
        }
    }
}

impl Gesture {
    /// Whether a node is pulled so far that it will be isolated.
    pub(super) fn is_far(&self, ring: Ring) -> bool {
        match self {
            Self::Lasso(_) => false,
            Self::Pull { node, at } => ring.node(node.0).distance(*at) >= FAR * ring.node_radius,
        }
    }
}

/// The nodes that a line goes around. It is closed from its end to its beginning.
pub(super) fn surrounded(
    line: &[Point],
    nodes: impl Iterator<Item = NodeId>,
    ring: Ring,
) -> BTreeSet<NodeId> {
    nodes.filter(|node| is_inside(line, ring.node(node.0))).collect()
}

/// Whether a place is inside: a ray from it crosses the line an odd number of times.
fn is_inside(line: &[Point], place: Point) -> bool {
    let next = line.iter().cycle().skip(1);
    let crossed = line.iter().zip(next).filter(|(one, other)| {
        let is_beside = (one.y > place.y) != (other.y > place.y);
        is_beside && {
            let part = (place.y - one.y) / (other.y - one.y);
            place.x < one.x + part * (other.x - one.x)
        }
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Ring {
        Ring::fit(500.0, 500.0, (1..=5).map(NodeId))
    }

    fn nodes(numbers: &[u64]) -> BTreeSet<NodeId> {
        numbers.iter().copied().map(NodeId).collect()
    }

    #[test]
    fn a_line_goes_around_nodes() {
        let all = || (1..=5).map(NodeId);
        let corner = |x, y| Point::new(x, y);
        let whole =
            [corner(0.0, 0.0), corner(500.0, 0.0), corner(500.0, 500.0), corner(0.0, 500.0)];
        assert_eq!(surrounded(&whole, all(), ring()), nodes(&[1, 2, 3, 4, 5]));
        let right =
            [corner(300.0, 0.0), corner(500.0, 0.0), corner(500.0, 500.0), corner(300.0, 500.0)];
        assert_eq!(surrounded(&right, all(), ring()), nodes(&[2, 3]));
        assert_eq!(surrounded(&whole[..2], all(), ring()), nodes(&[]), "a straight line");
        assert_eq!(surrounded(&[], all(), ring()), nodes(&[]));
    }

    #[test]
    fn a_pointer_may_tremble() {
        let at = Point::new(100.0, 100.0);
        let ground = Pressed { node: None, at };
        assert_eq!(ground.moved(None, Point::new(105.0, 104.0)), None);
        let line = ground.moved(None, Point::new(120.0, 100.0));
        assert_eq!(line, Some(Gesture::Lasso(vec![at, Point::new(120.0, 100.0)])));
        assert_eq!(ground.moved(line.clone(), Point::new(121.0, 100.0)), None);
        let Some(Gesture::Lasso(longer)) = ground.moved(line, Point::new(130.0, 100.0)) else {
            panic!("a line goes on");
        };
        assert_eq!(longer.len(), 3);
    }

    #[test]
    fn a_node_must_be_pulled_far() {
        let (ring, node) = (ring(), NodeId(2));
        let home = ring.node(2);
        let pulled = |by: f64| {
            let at = Point::new(home.x + by * ring.node_radius, home.y);
            Pressed { node: Some(node), at: home }.moved(None, at)
        };
        assert_eq!(pulled(0.1), None);
        assert!(pulled(2.9).is_some_and(|pull| !pull.is_far(ring)));
        assert!(pulled(3.1).is_some_and(|pull| pull.is_far(ring)));
    }
}
