//! What a person or a script does to the network.

use std::sync::Arc;

use raft_core::{Instant, Message, NodeId};

use super::World;
use super::queue::ScheduledKind;
use super::wire::Sending;
use crate::network::{Hold, MAX_REPLAY};
use crate::random::{Purpose, Random};
use crate::{
    ActionError, DropReason, EventKind, Link, LinkChange, MessageEvent, MessageId, NetworkAction,
    NetworkError, NetworkEvent, Partition,
};

impl World {
    pub(super) fn act_on_network(&mut self, action: &NetworkAction) -> Result<(), ActionError> {
        match action {
            NetworkAction::Partition { groups } => self.set_partition(groups),
            NetworkAction::PartitionOneWay { heard, unheard } => self.set_one_way(heard, unheard),
            NetworkAction::Heal => {
                self.partition = None;
                self.links.values_mut().for_each(|link| (link.cut, link.cut_by) = (false, None));
                self.emit(EventKind::Network(NetworkEvent::Healed));
                Ok(())
            }
            NetworkAction::DropMessage { id } => {
                self.under_way(*id)?;
                self.drop_message(*id, DropReason::ByCommand);
                Ok(())
            }
            NetworkAction::DeliverMessage { id } => self.deliver_now(*id),
            NetworkAction::DuplicateMessage { id } => self.duplicate(*id),
            NetworkAction::HoldMessage { id } => self.hold_now(*id),
            NetworkAction::ReleaseMessage { id } => self.release_now(*id),
            NetworkAction::Next { kind, from, to, deed } => {
                self.act_on_next(*kind, (*from, *to), *deed)
            }
            NetworkAction::Replay { from, to, back } => self.replay(*from, *to, *back),
        }
    }

    pub(super) fn set_link(
        &mut self,
        from: NodeId,
        to: NodeId,
        change: LinkChange,
    ) -> Result<(), ActionError> {
        let now = self.now;
        let link = self.known_link(from, to)?;
        let was_cut = link.cut;
        link.change(now, change)?;
        let changed = self.emit(EventKind::Network(NetworkEvent::LinkChanged { from, to, change }));
        if change == LinkChange::Cut && !was_cut {
            self.known_link(from, to)?.cut_by = Some(changed);
            self.drop_blocked();
        } else if let LinkChange::Release(kind) = change {
            self.release(from, to, kind);
        }
        Ok(())
    }

    pub(super) fn known_link(
        &mut self,
        from: NodeId,
        to: NodeId,
    ) -> Result<&mut Link, ActionError> {
        self.state_of(from)?;
        self.state_of(to)?;
        if from == to {
            return Err(NetworkError::LinkToItself(from).into());
        }
        self.links.get_mut(from, to).ok_or(ActionError::NoSuchNode(to))
    }

    fn set_partition(&mut self, groups: &[Vec<NodeId>]) -> Result<(), ActionError> {
        groups.iter().try_for_each(|group| self.require_known(group))?;
        self.partition = Some(Arc::new(Partition::of(groups)));
        let event = NetworkEvent::Partitioned { groups: groups.to_vec() };
        self.partitioned_by = Some(self.emit(EventKind::Network(event)));
        self.drop_blocked();
        Ok(())
    }

    fn set_one_way(&mut self, heard: &[NodeId], unheard: &[NodeId]) -> Result<(), ActionError> {
        self.require_known(heard)?;
        self.require_known(unheard)?;
        if let Some(node) = heard.iter().find(|node| unheard.contains(node)) {
            return Err(NetworkError::OnBothSides(*node).into());
        }
        self.partition = Some(Arc::new(Partition::one_way(heard, unheard)));
        let (heard, unheard) = (heard.to_vec(), unheard.to_vec());
        let event = NetworkEvent::PartitionedOneWay { heard, unheard };
        self.partitioned_by = Some(self.emit(EventKind::Network(event)));
        self.drop_blocked();
        Ok(())
    }

    /// Sends again what arrived before.
    fn replay(&mut self, from: NodeId, to: NodeId, back: u32) -> Result<(), ActionError> {
        let link = &*self.known_link(from, to)?;
        let carried = link.carried().len() as u32;
        let found = (1..=MAX_REPLAY).contains(&back).then(|| link.carried_before(back)).flatten();
        let message = found.ok_or(NetworkError::NothingToReplay { back, carried })?;
        let (id, arrives_at) = self.resend((from, to), message, Hold::Released)?;
        match self.blockage(from, to) {
            Some(reason) => self.drop_message(id, reason),
            None => self.schedule(arrives_at, ScheduledKind::MessageArrives(id)),
        }
        Ok(())
    }

    /// Puts a copy of a message into the network. Returns its id, and when it is to arrive.
    pub(super) fn resend(
        &mut self,
        (from, to): (NodeId, NodeId),
        message: Arc<Message>,
        hold: Hold,
    ) -> Result<(MessageId, Instant), ActionError> {
        let (seed, sent_at) = (self.reseeded.seed, self.now);
        let link = self.known_link(from, to)?;
        let (shape, latency) = (link.shape, link.latency);
        let event = |arrives_at| MessageEvent::Replayed { arrives_at };
        let sending = Sending { from, to, message, hold, event };
        Ok(self.launch(sending, |id| {
            // A stream of its own for each, so that the link's goes on as if nothing had happened.
            let mut random = Random::new(seed, Purpose::Replay, id.0, 0);
            sent_at + shape.delay(&mut random, latency)
        }))
    }
}
