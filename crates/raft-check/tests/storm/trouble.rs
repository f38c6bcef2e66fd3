//! What networks, clocks and processors do besides, drawn from a stream of its own, so that storms
//! without it are as they were.

use std::time::Duration;

use raft_core::NodeId;
use raft_sim::{
    Action, ClockChange, InFlightMessage, LatencyShape, LinkChange, MessageId, NetworkAction,
    NodeAction, Random,
};

use super::Storm;

impl Storm {
    /// Links have long tails, are narrow, clogged and send old messages again; partitions overlap
    /// or are one-way; clocks drift, within the bound on which leases rest; nodes are slow; single
    /// messages are held, go on, arrive at once, come twice or are dropped.
    pub(crate) fn with_trouble(mut self) -> Self {
        self.trouble = Some(Random::for_plan(self.world.setup().seed, 900));
        self
    }

    pub(super) fn draw_trouble(&mut self) -> Option<Action> {
        let ids: Vec<NodeId> = self.world.node_ids().collect();
        let bound = self.world.setup().settings.max_clock_drift_ppm;
        let random = self.trouble.as_mut()?;
        let any = |random: &mut Random| ids[random.up_to(ids.len() as u64 - 1) as usize];
        let (node, to) = (any(random), any(random));
        Some(match random.up_to(26) {
            0 => NetworkAction::Partition { groups: overlapping(&ids) }.into(),
            1 => {
                let unheard = ids.iter().copied().filter(|id| *id != node).collect();
                NetworkAction::PartitionOneWay { heard: vec![node], unheard }.into()
            }
            2 => {
                let heard = ids.iter().copied().filter(|id| *id != node).collect();
                NetworkAction::PartitionOneWay { heard, unheard: vec![node] }.into()
            }
            3..=8 => NetworkAction::Heal.into(),
            9..=14 => {
                NetworkAction::Replay { from: node, to, back: 1 + random.up_to(31) as u32 }.into()
            }
            15..=17 => Action::Link { from: node, to, change: link_change(random) },
            18 => {
                let ppm = random.up_to(2 * u64::from(bound)) as i32 - bound as i32;
                NodeAction::SetClock(ClockChange::Drift { ppm }).on(node)
            }
            19 => {
                let micros = [0, 0, 300, 1_000, 10_000][random.up_to(4) as usize];
                NodeAction::Slow { handling: Duration::from_micros(micros) }.on(node)
            }
            20..=25 => {
                let held = |message: &&InFlightMessage| message.held_since().is_some();
                let is_to_go = random.up_to(2) == 0;
                let candidates: Vec<MessageId> = match is_to_go {
                    true => self.world.in_flight().filter(held).map(|held| held.id).collect(),
                    false => self.world.in_flight().map(|message| message.id).collect(),
                };
                let last = candidates.len().checked_sub(1)?;
                let id = candidates[random.up_to(last as u64) as usize];
                handling(random, id, is_to_go).into()
            }
            _ => return None,
        })
    }
}

/// What a person may do to a message.
fn handling(random: &mut Random, id: MessageId, is_to_go: bool) -> NetworkAction {
    match random.up_to(5) {
        _ if is_to_go => NetworkAction::ReleaseMessage { id },
        0 => NetworkAction::DeliverMessage { id },
        1 => NetworkAction::DuplicateMessage { id },
        2 => NetworkAction::DropMessage { id },
        _ => NetworkAction::HoldMessage { id },
    }
}

/// Two groups with a bridge, whatever the size.
fn overlapping(ids: &[NodeId]) -> Vec<Vec<NodeId>> {
    let middle = ids.len() / 2;
    vec![ids[..=middle].to_vec(), ids[middle..].to_vec()]
}

fn link_change(random: &mut Random) -> LinkChange {
    match random.up_to(5) {
        0 => LinkChange::Shape(LatencyShape::Exponential),
        1 => LinkChange::Shape(LatencyShape::LongTail),
        2 => LinkChange::Bandwidth(Some(500 + random.up_to(50_000))),
        3 => LinkChange::Bandwidth(None),
        4 => LinkChange::QueueLimit(random.up_to(8) as u32),
        _ => LinkChange::Clog(Duration::from_millis(random.up_to(800))),
    }
}
