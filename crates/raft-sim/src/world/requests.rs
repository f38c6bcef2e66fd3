//! Requests inside a process: from its arrival to the core's outcome, and the reply to the client.

use std::collections::BTreeMap;

use raft_core::{Bytes, Input, LogIndex, MembershipChange, NodeId, Outcome, Refusal, RequestId};
use raft_kv::{ClientId, Response, Sequence};

use super::World;
use super::actions::may_join;
use super::queue::{ScheduledKind, SentReply, ServerReply};
use crate::node::{ClientRead, ClientRequest, PendingRequest};
use crate::{
    AdminRequest, Client, ClientEvent, ClusterEvent, EventKind, EventNumber, ReadPolicy,
    RetryReason, SimNode, StateMachineEvent, address_of,
};

impl World {
    /// A client's request reaches a process that runs.
    pub(super) fn take_request(
        &mut self,
        id: NodeId,
        client: ClientId,
        sequence: Sequence,
        request: ClientRequest,
    ) {
        match request {
            ClientRequest::Command(command) => {
                let command = Bytes::from(command);
                let pending = PendingRequest::Command { client, sequence };
                self.ask_core(id, pending, |request| Input::Propose { request, command });
            }
            ClientRequest::Read { operation, read } => {
                let pending = ClientRead { client, sequence, operation, read };
                match read.mode() {
                    Some(mode) => {
                        let pending = PendingRequest::Read(pending);
                        self.ask_core(id, pending, |request| Input::Read { request, mode });
                    }
                    None => self.serve_read(id, pending),
                }
            }
        }
    }

    /// A request about leadership or membership, for a process that runs.
    pub(super) fn administer(&mut self, id: NodeId, request: AdminRequest) {
        self.administered += 1;
        let number = self.administered;
        let pending = PendingRequest::Administration { number, request: request.clone() };
        let present = self.node(id).and_then(SimNode::core).map(|core| core.membership().clone());
        let contexts = |change: &MembershipChange| {
            let is_new = |node: &NodeId| present.as_ref().is_some_and(|all| !all.contains(*node));
            let new = may_join(change).iter().copied().filter(is_new);
            new.map(|node| (node, address_of(node))).collect()
        };
        self.ask_core(id, pending, |id| match request {
            AdminRequest::TransferLeadership { to } => {
                Input::TransferLeadership { request: id, to }
            }
            AdminRequest::CancelChange => Input::CancelChange { request: id },
            AdminRequest::ChangeMembership { change, force } => {
                let contexts = contexts(&change);
                Input::ChangeMembership { request: id, change, contexts, force }
            }
        });
        self.drain(id);
    }

    fn ask_core(
        &mut self,
        id: NodeId,
        pending: PendingRequest,
        input: impl FnOnce(RequestId) -> Input,
    ) {
        let Some(live) = self.node_mut(id).live_mut() else { return };
        live.last_request += 1;
        let request = RequestId(live.last_request);
        live.requests.insert(request.0, pending);
        self.hand_over(id, input(request));
    }

    /// The core reports the outcome of a request. The client gets the reply after a delay.
    pub(super) fn finish_request(&mut self, id: NodeId, request: RequestId, outcome: Outcome) {
        let Some(live) = self.node_mut(id).live_mut() else { return };
        let Some(pending) = live.requests.remove(&request.0) else { return };
        match pending {
            PendingRequest::Administration { number, request } => {
                let request = Box::new(request);
                let event = ClusterEvent::Administered { number, node: id, request, outcome };
                self.emit(EventKind::Cluster(event));
            }
            PendingRequest::Read(read) if matches!(outcome, Outcome::Readable { .. }) => {
                self.emit_replied(id, read.client, read.sequence, outcome);
                self.serve_read(id, read);
            }
            PendingRequest::Read(ClientRead { client, sequence, .. })
            | PendingRequest::Command { client, sequence } => {
                let (reply, applied) = reply_of(outcome, &live.responses);
                let replied = self.because(applied.or(self.cause), |world| {
                    world.emit_replied(id, client, sequence, outcome)
                });
                self.send_reply((id, replied), client, sequence, reply);
            }
        }
    }

    fn emit_replied(
        &mut self,
        node: NodeId,
        client: ClientId,
        sequence: Sequence,
        outcome: Outcome,
    ) -> EventNumber {
        self.emit_client(client, sequence, ClientEvent::Replied { node, outcome })
    }

    /// Answers a read from the node's store as it is now.
    fn serve_read(&mut self, id: NodeId, read: ClientRead) {
        let ClientRead { client, sequence, operation, read } = read;
        let Some(live) = self.node_mut(id).live_mut() else { return };
        let index = LogIndex(live.store.last_applied());
        let response: Response =
            live.store.read(&operation).expect("only reads have a policy other than the log");
        let event = StateMachineEvent::ReadServed { client, sequence, read, index };
        let served = self.emit_state_machine(id, event);
        self.send_reply((id, served), client, sequence, ServerReply::Response(response, read));
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

/// The reply to a client's request, with the response of the state machine and the event that
/// applied the command, if it was applied. The client may ask again if it was not.
fn reply_of(
    outcome: Outcome,
    responses: &BTreeMap<LogIndex, (Response, EventNumber)>,
) -> (ServerReply, Option<EventNumber>) {
    let reply = match outcome {
        Outcome::Committed(position) => match responses.get(&position.index) {
            Some((response, applied)) => {
                let reply = ServerReply::Response(response.clone(), ReadPolicy::Log);
                return (reply, Some(*applied));
            }
            None => ServerReply::TryAgain(RetryReason::FateUnknown),
        },
        Outcome::NotLeader { leader } => ServerReply::NotLeader(leader),
        Outcome::Refused(Refusal::NotLeader) => ServerReply::NotLeader(None),
        Outcome::Refused(refusal) => ServerReply::TryAgain(RetryReason::Refused(refusal)),
        Outcome::Superseded { .. } => ServerReply::TryAgain(RetryReason::Superseded),
        Outcome::Readable { .. }
        | Outcome::Transferred { .. }
        | Outcome::Cancelled
        | Outcome::Unknown { .. } => ServerReply::TryAgain(RetryReason::FateUnknown),
    };
    (reply, None)
}
