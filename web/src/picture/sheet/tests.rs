use raft_lab::{ClientId, MessageId, MessageLook, NodeId, PointTopic};

use super::*;

const NODES: [LaneId; 3] =
    [LaneId::Node(NodeId(1)), LaneId::Node(NodeId(2)), LaneId::Node(NodeId(3))];
const CLIENT: LaneId = LaneId::Client(ClientId(1));
const END: Instant = Instant(90_000);

/// A sheet of 100 ms, ten pixels for each.
fn sheet() -> Sheet {
    let lanes: Vec<LaneChoice> = NODES
        .into_iter()
        .chain([CLIENT])
        .map(|id| LaneChoice { id, is_collapsed: false })
        .collect();
    Sheet::new((1072.0, 1000.0), Instant(0)..Instant(100_000), &lanes)
}

fn item(event: u64, at: u64, ended: Option<u64>, shape: ItemShape) -> ItemView {
    let event = EventNumber::new(event).expect("a number");
    ItemView { event, at: Instant(at), ended: ended.map(Instant), label: "".into(), shape }
}

fn message(ended: Option<u64>, fate: FateView) -> ItemView {
    let shape = ItemShape::Message {
        id: MessageId(1),
        lanes: (NODES[0], NODES[1]),
        look: MessageLook::Heartbeat,
        arrives_at: Instant(30_000),
        fate,
    };
    item(1, 10_000, ended, shape)
}

fn arrow(item: &ItemView) -> (Point, Point, ArrowEnd) {
    let Some(Mark::Arrow { from, to, end }) = sheet().mark(item, END) else { panic!("an arrow") };
    (from, to, end)
}

#[test]
fn time_goes_down_and_back() {
    let sheet = sheet();
    assert!((sheet.y(Instant(25_000)) - 250.0).abs() < 0.01);
    assert_eq!(sheet.time(250.0), Instant(25_000));
    assert_eq!(sheet.time(-9_999.0), Instant(0));
}

#[test]
fn arrows_end_where_the_message_is() {
    let (one, two) = (sheet().lanes()[0].x, sheet().lanes()[1].x);
    let (from, to, end) = arrow(&message(Some(30_000), FateView::Arrived));
    assert_eq!((from, end), (Point::new(one, 100.0), ArrowEnd::Arrived));
    assert_eq!(to, Point::new(two, 300.0));
    // Lost after three quarters of its way; lost at once is drawn a little way out.
    let (_, to, end) = arrow(&message(Some(25_000), FateView::Lost("cut".into())));
    assert_eq!(end, ArrowEnd::Lost);
    assert!((to.y - 250.0).abs() < 0.01 && (to.x - (one + (two - one) * 0.75)).abs() < 0.01);
    let (_, to, _) = arrow(&message(Some(10_000), FateView::Lost("cut".into())));
    assert!(to.x > one + 20.0 && to.y > 100.0);
    // What is under way is where the end of the run left it.
    let slow = ItemView { at: Instant(85_000), ..message(None, FateView::UnderWay) };
    let ItemShape::Message { lanes, look, id, fate, .. } = slow.shape else { panic!("a message") };
    let shape = ItemShape::Message { lanes, look, id, fate, arrives_at: Instant(95_000) };
    let (_, to, end) = arrow(&item(1, 85_000, None, shape));
    assert_eq!(end, ArrowEnd::UnderWay);
    assert!((to.x - one.midpoint(two)).abs() < 0.01 && (to.y - 900.0).abs() < 0.01);
    assert_eq!(arrow(&message(None, FateView::Held)).2, ArrowEnd::Held);
}

#[test]
fn the_nearest_item_is_pointed_at() {
    let sheet = sheet();
    let sent = message(Some(30_000), FateView::Arrived);
    let topic = PointTopic::Commit;
    let dot = item(2, 10_000, Some(10_000), ItemShape::Point { lane: NODES[0], topic });
    let bar = item(3, 5_000, None, ItemShape::Operation { lane: CLIENT });
    let all = [&sent, &dot, &bar];
    let at = |x: f64, y: f64| -> Vec<u64> {
        let found = sheet.items_at(Point::new(x, y), all.into_iter(), END);
        found.into_iter().map(EventNumber::get).collect()
    };
    let [one, two, _, client] = [0, 1, 2, 3].map(|place| sheet.lanes()[place].x);
    assert_eq!(at(one, 100.0), [2, 1], "a dot lies over the arrow that begins there");
    assert_eq!(at(one.midpoint(two), 203.0), [1]);
    assert_eq!(at(client + 4.0, 700.0), [3]);
    assert!(at(client + 4.0, 950.0).is_empty(), "it is open up to the end of the run");
    assert!(at(one.midpoint(two), 300.0).is_empty());
}

#[test]
fn faults_cross_the_lanes_that_they_concern() {
    let sheet = sheet();
    let fault = |lanes: &[LaneId]| {
        let shape = ItemShape::Fault { lanes: lanes.to_vec(), is_end: false };
        let Some(Mark::Line { left, right, .. }) = sheet.mark(&item(1, 0, None, shape), END) else {
            panic!("a line")
        };
        (left, right)
    };
    let [one, two, three, client] = [0, 1, 2, 3].map(|place| sheet.lanes()[place].x);
    let (left, right) = fault(&[]);
    assert!(left < one && three < right && right < client);
    let (left, right) = fault(&NODES[1..2]);
    assert!(one < left && left < two && two < right && right < three);
}

#[test]
fn lanes_share_the_width_and_a_crowd_is_wider_than_the_window() {
    let lane = |id, is_collapsed| LaneChoice { id, is_collapsed };
    let lanes = [lane(NODES[0], false), lane(NODES[1], true), lane(NODES[2], false)];
    let sheet = Sheet::new((372.0, 100.0), Instant(0)..Instant(10), &lanes);
    let rooms: Vec<f64> = sheet.lanes().iter().map(|lane| lane.room).collect();
    assert!(rooms[0] > 3.0 * rooms[1] && (rooms[0] - rooms[2]).abs() < 0.01);
    assert!((sheet.width - 372.0).abs() < 0.01);
    let many: Vec<LaneChoice> = (1..=12).map(|n| lane(LaneId::Node(NodeId(n)), false)).collect();
    assert!(Sheet::new((372.0, 100.0), Instant(0)..Instant(10), &many).width > 500.0);
    assert!(sheet.mark(&message(Some(5), FateView::Arrived), END).is_some());
    let one = Sheet::new((372.0, 100.0), Instant(0)..Instant(10), &lanes[..1]);
    assert!(one.mark(&message(Some(5), FateView::Arrived), END).is_none(), "a lane is hidden");
}
