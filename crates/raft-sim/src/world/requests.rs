//! Requests of operators, reads of the state as it is, and the replies of replicas to clients.

use raft_core::{Bytes, LogIndex, MembershipChange, NodeId, Outcome};
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_server::{ReplicaAnswer, ReplicaInput, ReplicaRequest, StateMachine};

use super::World;
use super::actions::may_join;
use super::queue::{ScheduledKind, SentReply, ServerReply};
use crate::node::Caller;
use crate::{
    AdminRequest, Client, ClientEvent, ClusterEvent, EventKind, EventNumber, ReadPolicy,
    RetryReason, SimNode, StateMachineEvent, address_of,
};

impl World {
    /// A request about leadership or membership, for a process that runs.
    pub(super) fn administer(&mut self, id: NodeId, request: AdminRequest) {
        self.administered += 1;
        let (number, asked) = (self.administered, Box::new(request.clone()));
        let caller = Caller::Operator { number, request: asked };
        let request = match request {
            AdminRequest::TransferLeadership { to } => ReplicaRequest::TransferLeadership { to },
            AdminRequest::CancelChange => ReplicaRequest::CancelChange,
            AdminRequest::ChangeMembership { change, force } => {
                let contexts = self.contexts_of_new(id, &change);
                ReplicaRequest::ChangeMembership { change, contexts, force }
            }
        };
        self.feed(id, ReplicaInput::Request { caller, request });
    }

    /// The addresses of the servers that would come with a change, as a node sees it.
    fn contexts_of_new(&self, id: NodeId, change: &MembershipChange) -> Vec<(NodeId, Bytes)> {
        let Some(core) = self.node(id).and_then(SimNode::core) else { return Vec::new() };
        let new = may_join(change).iter().filter(|node| !core.membership().contains(**node));
        new.map(|node| (*node, address_of(*node))).collect()
    }

    /// The outcome of a request about leadership or membership.
    pub(super) fn report_order(&mut self, id: NodeId, caller: Caller, outcome: Outcome) {
        if let Caller::Operator { number, request } = caller {
            let event = ClusterEvent::Administered { number, node: id, request, outcome };
            self.emit(EventKind::Cluster(event));
        }
    }

    /// A replica answers a client, which gets the reply after a delay.
    pub(super) fn answer(
        &mut self,
        id: NodeId,
        caller: Caller,
        outcome: Outcome,
        answer: ReplicaAnswer<Response>,
    ) {
        let Caller::Client { client, sequence, read } = caller else { return };
        let event = ClientEvent::Replied { node: id, outcome };
        let sent_by = match outcome {
            Outcome::Readable { .. } => {
                self.emit_client(client, sequence, event);
                self.emit_read_served(id, client, sequence, read)
            }
            Outcome::Committed(position) => {
                let applied = self.applied_by(id, position.index);
                self.because(applied.or(self.cause), |world| {
                    world.emit_client(client, sequence, event)
                })
            }
            Outcome::Transferred { .. }
            | Outcome::Cancelled
            | Outcome::NotLeader { .. }
            | Outcome::Refused(_)
            | Outcome::Superseded { .. }
            | Outcome::Unknown { .. } => self.emit_client(client, sequence, event),
        };
        self.send_reply((id, sent_by), client, sequence, reply_of(answer, read));
    }

    /// The event that applied an entry, if that was in this drain.
    fn applied_by(&mut self, id: NodeId, index: LogIndex) -> Option<EventNumber> {
        let applied = &self.node_mut(id).live_mut()?.applied;
        let found = applied.iter().find(|(entries, _)| entries.contains(&index));
        found.map(|(_, event)| *event)
    }

    /// Answers a read from the node's store as it is now.
    pub(super) fn read_locally(
        &mut self,
        id: NodeId,
        client: ClientId,
        sequence: Sequence,
        operation: &Operation,
    ) {
        let Some(live) = self.node_mut(id).live_mut() else { return };
        let response = live.replica.machine().read(operation);
        let read = ReadPolicy::Local;
        let served = self.emit_read_served(id, client, sequence, read);
        self.send_reply((id, served), client, sequence, ServerReply::Response(response, read));
    }

    fn emit_read_served(
        &mut self,
        id: NodeId,
        client: ClientId,
        sequence: Sequence,
        read: ReadPolicy,
    ) -> EventNumber {
        let live = self.node_mut(id).live_mut();
        let index = live.map_or(LogIndex(0), |live| live.replica.applied());
        let event = StateMachineEvent::ReadServed { client, sequence, read, index };
        self.emit_state_machine(id, event)
    }

    fn send_reply(
        &mut self,
        (node, sent_by): (NodeId, EventNumber),
        client: ClientId,
        sequence: Sequence,
        reply: ServerReply,
    ) {
        let Some(delay) = self.clients.get_mut(&client).map(Client::reply_delay) else { return };
        let reply = Box::new(SentReply { reply, sent_by });
        let arrival = ScheduledKind::ReplyArrives { client, sequence, node, reply };
        self.schedule(self.now + delay, arrival);
    }
}

/// The reply with a replica's answer. The client may ask again if its command took no effect.
fn reply_of(answer: ReplicaAnswer<Response>, read: ReadPolicy) -> ServerReply {
    match answer {
        ReplicaAnswer::Response(response) => ServerReply::Response(response, read),
        ReplicaAnswer::NotLeader(leader) => ServerReply::NotLeader(leader),
        ReplicaAnswer::Refused(refusal) => ServerReply::TryAgain(RetryReason::Refused(refusal)),
        ReplicaAnswer::Superseded => ServerReply::TryAgain(RetryReason::Superseded),
        ReplicaAnswer::Unknown => ServerReply::TryAgain(RetryReason::FateUnknown),
    }
}
