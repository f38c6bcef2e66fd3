//! The operations of clients while faults are injected.

use raft_core::{Instant, NodeId};
use raft_kv::{ClientId, Key, Operation};
use raft_sim::{Action, Client, Random, ReadPolicy, Request, Selector, World};

use super::{any, interval, leads};
use crate::plan::{Workload, pick};

/// A client with so many queued operations gets no further one.
const MAX_WAITING: usize = 3;

/// The clients of a run.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    random: Random,
    workload: Workload,
    next_at: Instant,
    /// The number of writes so far. It is part of each value, so that all values differ.
    written: u64,
}

impl Clients {
    pub(super) fn new(mut random: Random, workload: Workload) -> Self {
        let next_at = Instant(0) + interval(&mut random, workload.spacing);
        Self { random, workload, next_at, written: 0 }
    }

    pub(super) fn next_at(&self) -> Instant {
        self.next_at
    }

    /// One operation.
    pub(super) fn act(&mut self, world: &World) -> Vec<Action> {
        self.next_at = world.now() + interval(&mut self.random, self.workload.spacing);
        let mut random = self.random.clone();
        let action = self.request(&mut random, world);
        self.random = random;
        action.into_iter().collect()
    }

    /// 5 to 30 operations at once.
    pub(super) fn burst(&mut self, random: &mut Random, world: &World) -> Vec<Action> {
        let count = 5 + random.up_to(25);
        (0..count).filter_map(|_| self.request(random, world)).collect()
    }

    fn request(&mut self, random: &mut Random, world: &World) -> Option<Action> {
        let client = ClientId(1 + random.up_to(self.workload.clients - 1));
        let key: Key = format!("k{}", random.up_to(self.workload.keys - 1)).as_str().into();
        let is_read = random.up_to(99) < self.workload.reads_percent;
        let read = pick(random, &self.workload.policies);
        let via = asked_node(random, world).map(Selector::Node);
        let kind = random.up_to(7);
        if world.client(client).is_some_and(is_busy) {
            return None;
        }
        if is_read {
            let operation = if kind == 0 {
                Operation::List { prefix: Key::from("k") }
            } else {
                Operation::Get { key }
            };
            return Some(Request { client, operation, via, read }.into());
        }
        self.written += 1;
        let length = self.value_length(random);
        let value = format!("{:x<length$}", format!("v{}", self.written)).as_str().into();
        let operation = match kind {
            0 => Operation::Append { key, value },
            1 => Operation::Delete { key },
            2 => {
                let earlier = self.written.saturating_sub(2);
                let expect = Some(format!("v{earlier}").as_str().into());
                Operation::Cas { key, expect, value }
            }
            _ => Operation::Set { key, value },
        };
        Some(Request { client, operation, via, read: ReadPolicy::Log }.into())
    }

    /// The least length of a value, in bytes.
    fn value_length(&self, random: &mut Random) -> usize {
        match self.workload.large_values {
            Some(of) if random.up_to(of - 1) == 0 => match random.up_to(49) {
                0 => self.workload.largest_value,
                _ => 100,
            },
            Some(_) | None => 0,
        }
    }
}

fn is_busy(client: &Client) -> bool {
    client.queued() >= MAX_WAITING
}

/// The node that the client asks: `None`, for the one it knows as the leader, any node, or a node
/// that believes to be the leader, perhaps a deposed one.
fn asked_node(random: &mut Random, world: &World) -> Option<NodeId> {
    let ids: Vec<NodeId> = world.node_ids().collect();
    match random.up_to(3) {
        0 | 1 => None,
        2 => any(random, &ids),
        _ => {
            let leading = world.nodes().filter(|node| leads(node));
            let leading: Vec<NodeId> = leading.map(raft_sim::SimNode::id).collect();
            any(random, &leading)
        }
    }
}
