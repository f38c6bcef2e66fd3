//! How each event changes the diagram. What has an end of its own is in `lasting`, what happens at
//! one moment in `points`, and the term and the role of a lane in `edge`.

mod edge;
mod lasting;
mod points;

use std::sync::Arc;

use raft_core::NodeId;
use raft_sim::{ClusterEvent, Event, EventKind, MessageEvent, NetworkEvent};

use crate::diagram::Diagram;
use crate::item::{Fate, FaultLine, ItemKind, MessageArrow};
use crate::lane::{AxisPoint, LaneId};

impl Diagram {
    /// Adds what the event begins, and ends what it ends.
    pub(crate) fn draw(&mut self, event: &Event) {
        if let Some(node) = event.kind.node() {
            self.lane(LaneId::Node(node), AxisPoint { event: event.number, at: event.at });
        }
        match &event.kind {
            EventKind::Core { node, trace } => {
                self.turn_edge(event, *node, trace);
                self.decide(event, *node, trace);
            }
            EventKind::StateMachine { node, event: what } => {
                self.state_machine(event, *node, what);
            }
            EventKind::Disk { node, event: what } => self.disk(event, *node, what),
            EventKind::Process { node, event: what } => self.process(event, *node, what),
            EventKind::Message { id, from, to, message, event: what } => match what {
                MessageEvent::Sent { arrives_at } | MessageEvent::Replayed { arrives_at } => {
                    let arrow = MessageArrow {
                        id: *id,
                        from: *from,
                        to: *to,
                        message: Arc::clone(message),
                        arrives_at: *arrives_at,
                        is_replay: matches!(what, MessageEvent::Replayed { .. }),
                        fate: Fate::UnderWay,
                    };
                    self.sends(event, arrow);
                }
                MessageEvent::Held => self.waits(event, *id, Fate::Held, None),
                MessageEvent::Released { arrives_at } => {
                    self.waits(event, *id, Fate::UnderWay, Some(*arrives_at));
                }
                MessageEvent::Delivered => self.arrives(event, *id, None),
                MessageEvent::Dropped { reason, .. } => self.arrives(event, *id, Some(*reason)),
            },
            EventKind::Network(what) => self.fault(event, what),
            EventKind::Client { client, sequence, event: what } => {
                self.client(event, (*client, *sequence), what);
            }
            EventKind::Cluster(what) => self.cluster(event, what),
            // What an action does is an event of its own.
            EventKind::Acted { .. } => {}
        }
    }

    fn fault(&mut self, event: &Event, what: &NetworkEvent) {
        let (nodes, is_end) = match what {
            NetworkEvent::LinkChanged { from, to, .. }
            | NetworkEvent::NextAwaited { from, to, .. } => (vec![*from, *to], false),
            NetworkEvent::Partitioned { groups } => (groups.concat(), false),
            NetworkEvent::PartitionedOneWay { heard, unheard } => {
                (heard.iter().chain(unheard).copied().collect(), false)
            }
            NetworkEvent::Healed => (Vec::new(), true),
        };
        self.across(event, nodes, is_end);
    }

    fn across(&mut self, event: &Event, nodes: Vec<NodeId>, is_end: bool) {
        let fault = FaultLine { nodes, is_end, what: event.kind.clone() };
        let place = self.begin(event, false, ItemKind::Fault(fault));
        self.end(place, event, |_| {});
    }

    fn cluster(&mut self, event: &Event, what: &ClusterEvent) {
        match what {
            ClusterEvent::ServerAdded { node } => self.server_is_there(event, *node),
            ClusterEvent::Administered { node, request, .. } => {
                self.administered(event, *node, request);
            }
            ClusterEvent::LoadStarted { .. }
            | ClusterEvent::Recovered { .. }
            | ClusterEvent::RulesSwitchedOn { .. }
            | ClusterEvent::Reseeded { .. } => self.across(event, Vec::new(), true),
            ClusterEvent::RuleSwitchedOff { .. } => self.across(event, Vec::new(), false),
        }
    }
}
