//! What a process does with the requests that it gets, and with what the core says became of them.

use raft_core::{Bytes, Input, LogIndex, NodeId, Outcome, Refusal, RequestId};
use raft_kv::{ClientId, Response, Sequence};

use super::World;
use super::queue::{Answer, Due};
use crate::node::{Asked, Reading, Waiting};
use crate::{
    AdminRequest, Client, ClusterEvent, EventKind, ReadPolicy, RetryReason, StateMachineEvent,
};

impl World {
    /// A client's request reaches a process that runs.
    pub(super) fn take_request(
        &mut self,
        id: NodeId,
        client: ClientId,
        sequence: Sequence,
        asked: Asked,
    ) {
        let (waiting, input): (Waiting, Box<dyn FnOnce(RequestId) -> Input>) = match asked {
            Asked::Command(command) => {
                let command = Bytes::from(command);
                let propose = move |request| Input::Propose { request, command };
                (Waiting::Command { client, sequence }, Box::new(propose))
            }
            Asked::Read { operation, read } => {
                let reading = Reading { client, sequence, operation, read };
                let Some(mode) = read.mode() else { return self.serve_read(id, reading) };
                (Waiting::Read(reading), Box::new(move |request| Input::Read { request, mode }))
            }
        };
        self.ask_core(id, waiting, input);
    }

    /// A person asks a process that runs.
    pub(super) fn administer(&mut self, id: NodeId, request: AdminRequest) {
        let waiting = Waiting::Administration(request.clone());
        self.ask_core(id, waiting, |id| match request {
            AdminRequest::TransferLeadership { to } => {
                Input::TransferLeadership { request: id, to }
            }
            AdminRequest::ChangeMembership(change) => {
                Input::ChangeMembership { request: id, change }
            }
        });
    }

    fn ask_core(&mut self, id: NodeId, who: Waiting, input: impl FnOnce(RequestId) -> Input) {
        let Some(up) = self.node_mut(id).up() else { return };
        up.last_request += 1;
        let request = RequestId(up.last_request);
        up.requests.insert(request.0, who);
        self.feed(id, input(request));
    }

    /// The core says what became of a request; a client hears it after a while.
    pub(super) fn reply(&mut self, id: NodeId, request: RequestId, outcome: Outcome) {
        let Some(up) = self.node_mut(id).up() else { return };
        let Some(waiting) = up.requests.remove(&request.0) else { return };
        let response = match outcome {
            Outcome::Committed(position) => up.answers.get(&position.index).cloned(),
            _ => None,
        };
        match (waiting, outcome) {
            (Waiting::Administration(request), _) => {
                self.emit(EventKind::Cluster(ClusterEvent::Administered {
                    node: id,
                    request,
                    outcome,
                }));
            }
            (Waiting::Read(reading), Outcome::Readable { .. }) => self.serve_read(id, reading),
            (
                Waiting::Read(Reading { client, sequence, .. })
                | Waiting::Command { client, sequence },
                outcome,
            ) => {
                let answer = match response {
                    Some(response) => Answer::Response(response, ReadPolicy::Log),
                    None => not_done(outcome),
                };
                self.answer(id, client, sequence, answer);
            }
        }
    }

    /// Answers a read from the node's store as it is now.
    fn serve_read(&mut self, id: NodeId, reading: Reading) {
        let Reading { client, sequence, operation, read } = reading;
        let Some(up) = self.node_mut(id).up() else { return };
        let index = LogIndex(up.store.last_applied());
        let response: Response = up.store.read(&operation).expect("only reads have another policy");
        let event = StateMachineEvent::ReadServed { client, sequence, read, index };
        self.emit(EventKind::StateMachine { node: id, event });
        self.answer(id, client, sequence, Answer::Response(response, read));
    }

    fn answer(&mut self, node: NodeId, client: ClientId, sequence: Sequence, answer: Answer) {
        let Some(delay) = self.clients.get_mut(&client).map(Client::answer_delay) else { return };
        let at = self.now + delay;
        self.schedule(at, Due::Answer { client, sequence, node, answer: Box::new(answer) });
    }
}

/// What a client is told whose request came to nothing. All that is refused now may be done later.
fn not_done(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::NotLeader { leader } => Answer::NotLeader(leader),
        Outcome::Refused(Refusal::NotLeader) => Answer::NotLeader(None),
        Outcome::Refused(refusal) => Answer::TryAgain(RetryReason::Refused(refusal)),
        Outcome::Superseded { .. } => Answer::TryAgain(RetryReason::Superseded),
        _ => Answer::TryAgain(RetryReason::FateUnknown),
    }
}
