//! What clients do: ask, be redirected, wait, ask again, give up.

use raft_core::{Bytes, NodeId, ReadMode};
use raft_kv::{ClientId, Command, Sequence};
use raft_server::{ReplicaInput, ReplicaRequest};

use super::World;
use super::queue::{ScheduledKind, ServerReply};
use crate::client::{Client, MAX_CLIENT_ID, MAX_CLIENTS, QueuedOperation};
use crate::load::RunningLoad;
use crate::node::{ArrivalKind, Caller};
use crate::{ClientError, ClientEvent, ClusterEvent, EventKind, EventNumber, Load, ReadPolicy};

impl World {
    /// Queues an operation of a client. The first operation of a client creates it.
    pub(super) fn request(
        &mut self,
        id: ClientId,
        queued: QueuedOperation,
    ) -> Result<(), ClientError> {
        queued.operation.validate().map_err(ClientError::Operation)?;
        if queued.read != ReadPolicy::Log && !queued.operation.is_read() {
            return Err(ClientError::NotARead { read: queued.read });
        }
        if !(1..=MAX_CLIENT_ID).contains(&id.0) {
            return Err(ClientError::Number { client: id, largest: MAX_CLIENT_ID });
        }
        if !self.clients.contains_key(&id) {
            if self.clients.len() >= MAX_CLIENTS {
                return Err(ClientError::TooManyClients { limit: MAX_CLIENTS });
            }
            self.clients.insert(id, Client::new(&self.reseeded, id));
        }
        if let Some(client) = self.clients.get_mut(&id) {
            client.enqueue(queued)?;
        }
        self.client_begins(id);
        Ok(())
    }

    pub(super) fn start_load(&mut self, load: Load) -> Result<(), ClientError> {
        load.validate()?;
        if self.load.is_some() {
            return Err(ClientError::LoadGoesOn);
        }
        let started = self.emit(EventKind::Cluster(ClusterEvent::LoadStarted { load }));
        self.load = Some(RunningLoad::new(load, self.now, started));
        self.schedule(self.now, ScheduledKind::LoadContinues);
        Ok(())
    }

    /// One request of the load, unless its client has too many in its queue.
    pub(super) fn continue_load(&mut self) {
        let Some(load) = &mut self.load else { return };
        let (client, operation) = load.make();
        let asked_by = Some(load.started_by());
        match load.next_at() {
            Some(at) => self.schedule(at, ScheduledKind::LoadContinues),
            None => self.load = None,
        }
        if self.client(client).is_some_and(|client| client.queued() >= Load::MAX_QUEUED) {
            return;
        }
        let queued = QueuedOperation { operation, via: None, read: ReadPolicy::Log, asked_by };
        // With 100 clients in the world a further one is refused.
        let _ = self.request(client, queued);
    }

    fn client_begins(&mut self, id: ClientId) {
        let (now, nodes) = (self.now, self.node_list());
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(pending) = client.begin(now, &nodes) else { return };
        let (sequence, read) = (pending.sequence, pending.read);
        let (operation, asked_by) = (pending.operation.clone(), pending.asked_by);
        let invoked = self.because(asked_by, |world| {
            world.emit_client(id, sequence, ClientEvent::Invoked { operation, read })
        });
        self.because(invoked, |world| world.client_asks(id));
    }

    pub(super) fn client_asks(&mut self, id: ClientId) {
        if self.gives_up(id) {
            return;
        }
        let role = self.clients.get(&id).and_then(Client::asked_role);
        let holder = role.and_then(|role| self.select(role));
        if let (Some(node), Some(client)) = (holder, self.clients.get_mut(&id)) {
            client.aim(node);
        }
        let Some((pending, delay)) = self.clients.get_mut(&id).and_then(Client::ask) else {
            return;
        };
        let (sequence, node, attempt) = (pending.sequence, pending.target, pending.attempts);
        let asked_by = self.emit_client(id, sequence, ClientEvent::Asked { node, attempt });
        if let Some(pending) = self.clients.get_mut(&id).and_then(|c| c.waiting_for(sequence)) {
            pending.asked_by = Some(asked_by);
        }
        let arrival = self.now + delay;
        let arrives =
            ScheduledKind::RequestArrives { client: id, sequence, node, attempt, asked_by };
        self.schedule(arrival, arrives);
        let timeout = self.now + self.setup.client_timeout;
        self.schedule(timeout, ScheduledKind::ClientTimesOut { client: id, sequence, attempt });
    }

    pub(super) fn request_arrives(
        &mut self,
        id: ClientId,
        sequence: Sequence,
        node: NodeId,
        attempt: u32,
    ) {
        // A late copy of an operation that is over has no effect: no client waits for its reply.
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(pending) = client.waiting_for(sequence) else { return };
        let (operation, read) = (pending.operation.clone(), pending.read);
        let caller = Caller::Client { client: id, sequence, read };
        let ask = |request| ArrivalKind::Input(ReplicaInput::Request { caller, request });
        let arrival = match read {
            ReadPolicy::Log => {
                let (client, sequence) = client.session_for(sequence);
                let command = Command { client, sequence, operation }.encode();
                ask(ReplicaRequest::Command(Bytes::from(command)))
            }
            ReadPolicy::Quorum => {
                ask(ReplicaRequest::Read { query: operation, mode: ReadMode::Quorum })
            }
            ReadPolicy::Lease => {
                ask(ReplicaRequest::Read { query: operation, mode: ReadMode::Lease })
            }
            ReadPolicy::Local => ArrivalKind::LocalRead { client: id, sequence, operation },
        };
        let is_up = self.node_mut(node).live_mut().is_some();
        let arrived = self.emit_client(id, sequence, ClientEvent::Arrived { node, attempt, is_up });
        self.because(arrived, |world| world.deliver(node, arrival));
    }

    pub(super) fn reply_arrives(
        &mut self,
        id: ClientId,
        sequence: Sequence,
        node: NodeId,
        reply: ServerReply,
    ) {
        let nodes = self.node_list();
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(pending) = client.waiting_for(sequence) else { return };
        let attempts = pending.attempts;
        match reply {
            ServerReply::Response(response, read) => {
                client.finish(node, &response);
                let event = ClientEvent::Answered { response, node, attempts, read };
                self.emit_client(id, sequence, event);
                self.client_begins(id);
            }
            ServerReply::NotLeader(leader) => {
                client.redirect(leader, &nodes);
                let told = self.emit_client(id, sequence, ClientEvent::Redirected { node, leader });
                match leader {
                    Some(_) => self.because(told, |world| world.client_asks(id)),
                    None => self.client_waits(id, sequence, attempts, told),
                }
            }
            ServerReply::TryAgain(reason) => {
                let told = self.emit_client(id, sequence, ClientEvent::MustRetry { node, reason });
                self.client_waits(id, sequence, attempts, told);
            }
        }
    }

    /// The client asks again after a pause: at once it would find the same state.
    fn client_waits(
        &mut self,
        client: ClientId,
        sequence: Sequence,
        attempt: u32,
        told_by: EventNumber,
    ) {
        let at = self.now + self.setup.client_pause();
        self.schedule(at, ScheduledKind::ClientRetries { client, sequence, attempt, told_by });
    }

    pub(super) fn client_times_out(&mut self, id: ClientId) {
        let nodes = self.node_list();
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(pending) = client.pending() else { return };
        let (sequence, node, asked_by) = (pending.sequence, pending.target, pending.asked_by);
        client.time_out(&nodes);
        let timed_out = self.because(asked_by, |world| {
            world.emit_client(id, sequence, ClientEvent::TimedOut { node })
        });
        self.because(timed_out, |world| world.client_asks(id));
    }

    /// Whether the client's patience is over. If so, it begins its next operation.
    fn gives_up(&mut self, id: ClientId) -> bool {
        let (now, patience) = (self.now, self.setup.client_patience);
        let Some(client) = self.clients.get_mut(&id) else { return true };
        let Some(pending) = client.pending() else { return true };
        if now - pending.invoked_at < patience {
            return false;
        }
        let sequence = pending.sequence;
        client.give_up();
        self.emit_client(id, sequence, ClientEvent::GaveUp);
        self.client_begins(id);
        true
    }
}
