use super::*;

/// The panel sizes at 1440×900, 1024×768 and 390×844.
const SIZES: [(f64, f64); 3] = [(560.0, 420.0), (500.0, 380.0), (374.0, 330.0)];

fn ring(width: f64, height: f64, nodes: u64) -> Ring {
    Ring::fit(width, height, (1..=nodes).map(NodeId))
}

#[test]
fn every_cluster_fits_every_panel_with_its_labels() {
    for (width, height) in SIZES {
        for nodes in 1..=18 {
            let ring = ring(width, height, nodes);
            let reach = ring.node_radius + TIMER_GAP;
            for id in 1..=nodes {
                let Point { x, y } = ring.node(id);
                assert!(x - reach >= 0.0 && x + reach <= width, "{nodes} nodes, {id}: x={x}");
                assert!(y - reach >= 0.0, "{nodes} nodes, {id}: y={y}");
                assert!(y + reach + LABEL_HEIGHT <= height, "{nodes} nodes, {id}: y={y}");
            }
        }
    }
}

#[test]
fn nodes_do_not_touch() {
    for (width, height) in SIZES {
        for nodes in 2..=18 {
            let ring = ring(width, height, nodes);
            for id in 1..nodes {
                let distance = ring.node(id).distance(ring.node(id + 1));
                assert!(distance > 2.0 * (ring.node_radius + TIMER_GAP), "{nodes}: {distance}");
            }
        }
    }
}

#[test]
fn node_1_is_at_the_top_and_the_others_follow_clockwise() {
    let ring = ring(500.0, 500.0, 4);
    assert!(ring.node(1).y < ring.centre.y);
    assert!(ring.node(2).x > ring.centre.x);
    assert!(ring.node(3).y > ring.centre.y);
    assert!(ring.node(4).x < ring.centre.x);
}

#[test]
fn more_nodes_leave_less_room_for_words() {
    assert_eq!(ring(560.0, 420.0, 1).room(), Room::TwoLines);
    assert_eq!(ring(560.0, 420.0, 5).room(), Room::TwoLines);
    assert_eq!(ring(374.0, 330.0, 6).room(), Room::OneLine);
    assert_eq!(ring(370.0, 190.0, 5).room(), Room::Little, "two are close beside each other");
    assert_eq!(ring(560.0, 420.0, 9).room(), Room::Little);
}

#[test]
fn gaps_in_the_numbers_leave_no_gaps_on_the_ring() {
    let with_gap = Ring::fit(500.0, 500.0, [1, 3, 7].into_iter().map(NodeId));
    let without = ring(500.0, 500.0, 3);
    for (one, other) in [(1, 1), (3, 2), (7, 3)] {
        assert_eq!(with_gap.node(one), without.node(other));
    }
    assert!(with_gap.contains(7) && !with_gap.contains(2));
}

#[test]
fn the_two_directions_of_a_link_are_apart() {
    let ring = ring(500.0, 400.0, 5);
    let (there, back) = (ring.lane(1, 3), ring.lane(3, 1));
    let apart = there.at(0.5).distance(back.at(0.5));
    assert!((apart - 2.0 * LANE_OFFSET).abs() < 1e-6, "{apart}");
    let axis = ring.axis(1, 3);
    assert!((axis.at(0.5).distance(there.at(0.5)) - LANE_OFFSET).abs() < 1e-6);
}

#[test]
fn a_lane_runs_from_edge_to_edge() {
    let ring = ring(500.0, 400.0, 5);
    let lane = ring.lane(2, 4);
    assert!(lane.at(0.0).distance(ring.node(2)) > ring.node_radius);
    assert!(lane.at(1.0).distance(ring.node(4)) > ring.node_radius);
    assert_eq!(lane.at(-1.0), lane.from);
    assert_eq!(lane.at(2.0), lane.to);
}

#[test]
fn the_part_that_has_passed_stays_between_0_and_1() {
    assert_eq!(part_passed(100, 150, 200), 0.5);
    assert_eq!(part_passed(100, 50, 200), 0.0);
    assert_eq!(part_passed(100, 900, 200), 1.0);
    assert_eq!(part_passed(100, 100, 100), 1.0);
}

#[test]
fn the_nearest_one_within_reach_is_hit() {
    let places = [(1, Point::new(0.0, 0.0)), (2, Point::new(10.0, 0.0))];
    assert_eq!(nearest(Point::new(7.0, 0.0), 5.0, places.into_iter()), Some(2));
    assert_eq!(nearest(Point::new(30.0, 0.0), 5.0, places.into_iter()), None);
}
