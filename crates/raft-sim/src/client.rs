//! Clients: they look for the leader, retry, and give up.

use std::collections::VecDeque;

use raft_core::{Instant, NodeId};
use raft_kv::{ClientId, Operation, Response, Sequence};

use crate::random::{Purpose, Random};
use crate::{ClientError, DelayRange, EventNumber, ReadPolicy, Selector, Setup};

/// The most clients in a world.
pub(crate) const MAX_CLIENTS: usize = 100;
/// The largest number that names a client.
pub(crate) const MAX_CLIENT_ID: u64 = 999;
/// The number of session ids that one run may use.
const SESSIONS_PER_RUN: u64 = 4_000_000 * (MAX_CLIENT_ID + 1);
/// The most operations in a client's queue.
const MAX_QUEUED: usize = 10_000;

/// A client of the key-value store. It has one pending operation at a time; the others wait in a
/// queue.
#[derive(Clone, Debug)]
pub struct Client {
    id: ClientId,
    session: Session,
    last_sequence: Sequence,
    pending: Option<PendingOperation>,
    queue: VecDeque<QueuedOperation>,
    believed_leader: Option<NodeId>,
    /// The node that it tried last without knowing the leader.
    guess: NodeId,
    /// The node that it was about to ask when it gave up.
    next: Option<NodeId>,
    latency: DelayRange,
    random: Random,
}

/// An operation in a client's queue.
#[derive(Clone, Debug)]
pub(crate) struct QueuedOperation {
    pub(crate) operation: Operation,
    pub(crate) via: Option<Selector>,
    pub(crate) read: ReadPolicy,
    /// The action, or the start of the load.
    pub(crate) asked_by: Option<EventNumber>,
}

/// A client's session with the store. A client that lost its session begins another.
#[derive(Clone, Debug)]
struct Session {
    id: ClientId,
    /// The client's numbers up to here belong to earlier sessions.
    before: Sequence,
    /// Whether the store has answered in this session, and so knows it.
    open: bool,
}

/// The operation that a client waits for.
#[derive(Clone, Debug)]
pub struct PendingOperation {
    /// The client's number for it; retries keep it.
    pub sequence: Sequence,
    /// The operation.
    pub operation: Operation,
    /// Why the answer to a read may be trusted.
    pub read: ReadPolicy,
    /// The node that it asked last, or asks first.
    pub target: NodeId,
    /// How the action named that node. Then the client asks no other until a node names the leader.
    /// A role is looked up again at each try.
    pub via: Option<Selector>,
    /// The number of requests sent; 0 before the first one.
    pub attempts: u32,
    /// The world's time when it became pending.
    pub invoked_at: Instant,
    /// The event that wanted it; after the first request the event of the last one.
    pub(crate) asked_by: Option<EventNumber>,
}

impl Client {
    pub(crate) fn new(setup: &Setup, id: ClientId) -> Self {
        let first = setup.run * SESSIONS_PER_RUN + id.0;
        Self {
            id,
            session: Session { id: ClientId(first), before: Sequence(0), open: false },
            last_sequence: Sequence(0),
            pending: None,
            queue: VecDeque::new(),
            believed_leader: None,
            guess: NodeId(0),
            next: None,
            latency: setup.link_latency,
            random: Random::new(setup.seed, Purpose::Client, id.0, 0),
        }
    }

    /// Draws from another seed from now on.
    pub(crate) fn reseed(&mut self, seed: u64) {
        self.random = Random::new(seed, Purpose::Client, self.id.0, 0);
    }

    /// Its number.
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// The session id and the number that its pending operation has in the log. No other run uses
    /// the session id.
    pub fn session_for(&self, sequence: Sequence) -> (ClientId, Sequence) {
        (self.session.id, Sequence(sequence.0 - self.session.before.0))
    }

    /// The number of the client whose session has this id.
    pub fn of_session(session: ClientId) -> ClientId {
        ClientId(session.0 % (MAX_CLIENT_ID + 1))
    }

    /// The operation that it waits for.
    pub fn pending(&self) -> Option<&PendingOperation> {
        self.pending.as_ref()
    }

    /// The number of operations in its queue, without the pending one.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// The node that it believes to lead: it asks that one first.
    pub fn believed_leader(&self) -> Option<NodeId> {
        self.believed_leader
    }

    pub(crate) fn enqueue(&mut self, queued: QueuedOperation) -> Result<(), ClientError> {
        if self.queue.len() >= MAX_QUEUED {
            return Err(ClientError::TooManyRequests { client: self.id, limit: MAX_QUEUED });
        }
        self.queue.push_back(queued);
        Ok(())
    }

    /// Begins the next operation, unless one is pending. `nodes` are all nodes, ascending.
    pub(crate) fn begin(&mut self, now: Instant, nodes: &[NodeId]) -> Option<&PendingOperation> {
        if self.pending.is_some() {
            return None;
        }
        let QueuedOperation { operation, via, read, asked_by } = self.queue.pop_front()?;
        self.last_sequence = self.last_sequence.next();
        // Drawn in any case, so that naming a node does not shift later draws.
        let drawn = nodes[self.random.up_to(nodes.len() as u64 - 1) as usize];
        let next = self.next.take();
        let named = match via {
            Some(Selector::Node(node)) => Some(node),
            Some(Selector::Leader | Selector::AnyFollower) | None => None,
        };
        let target = named.or(self.believed_leader).or(next).unwrap_or(drawn);
        self.pending = Some(PendingOperation {
            sequence: self.last_sequence,
            operation,
            read,
            target,
            via,
            attempts: 0,
            invoked_at: now,
            asked_by,
        });
        self.pending.as_ref()
    }

    /// The role of the node to ask, if the action named a role.
    pub(crate) fn asked_role(&self) -> Option<Selector> {
        let via = self.pending.as_ref()?.via?;
        match via {
            Selector::Leader | Selector::AnyFollower => Some(via),
            Selector::Node(_) => None,
        }
    }

    /// Asks this node next.
    pub(crate) fn aim(&mut self, node: NodeId) {
        if let Some(pending) = &mut self.pending {
            pending.target = node;
        }
    }

    /// Sends a request. Returns the time that it takes to arrive.
    pub(crate) fn ask(&mut self) -> Option<(&PendingOperation, std::time::Duration)> {
        let delay = self.random.delay(self.latency);
        let pending = self.pending.as_mut()?;
        pending.attempts += 1;
        Some((pending, delay))
    }

    /// The time that a reply takes to arrive.
    pub(crate) fn reply_delay(&mut self) -> std::time::Duration {
        self.random.delay(self.latency)
    }

    /// The pending operation, if it has this number.
    pub(crate) fn waiting_for(&mut self, sequence: Sequence) -> Option<&mut PendingOperation> {
        self.pending.as_mut().filter(|pending| pending.sequence == sequence)
    }

    /// A node names the leader, or knows none. The client asks that leader next, or another node.
    pub(crate) fn redirect(&mut self, leader: Option<NodeId>, nodes: &[NodeId]) {
        self.believed_leader = leader;
        if let Some(pending) = &mut self.pending {
            pending.via = pending.via.filter(|_| leader.is_none());
            match leader {
                Some(leader) => pending.target = leader,
                None => self.guess(nodes),
            }
        }
    }

    /// No reply came. A pinned operation asks the same node again, others ask another node.
    pub(crate) fn time_out(&mut self, nodes: &[NodeId]) {
        self.believed_leader = None;
        self.guess(nodes);
    }

    /// Tries the nodes in turn, even if they name leaders in between: two nodes that name each
    /// other, cut off from the rest, must not hold a client for ever.
    fn guess(&mut self, nodes: &[NodeId]) {
        let after = |guess| nodes.iter().find(|node| **node > guess).unwrap_or(&nodes[0]);
        if let Some(pending) = &mut self.pending
            && !matches!(pending.via, Some(Selector::Node(_)))
        {
            self.guess = *after(self.guess);
            if self.guess == pending.target {
                self.guess = *after(self.guess);
            }
            pending.target = self.guess;
        }
    }

    /// A node answered: the operation is over.
    pub(crate) fn finish(&mut self, node: NodeId, response: &Response) {
        let went_through_log = self.pending.take().is_none_or(|p| p.read == ReadPolicy::Log);
        if !went_through_log {
            return self.skip_number();
        }
        self.believed_leader = Some(node);
        if let Response::Failed(raft_kv::Error::SessionExpired { above, .. }) = response {
            self.renew_session(*above);
        } else {
            self.session.open = true;
        }
    }

    /// The client's patience is over: the operation is no longer pending. The next one goes on with
    /// the node whose turn it is. A patience that is shorter than one round over all nodes, some of
    /// them down, must not hide a node for ever.
    pub(crate) fn give_up(&mut self) {
        self.believed_leader = None;
        let Some(pending) = self.pending.take() else { return };
        self.next = Some(pending.target).filter(|_| pending.via.is_none());
        if pending.read != ReadPolicy::Log {
            return self.skip_number();
        }
        // If the store never heard of the session, the next number would be refused.
        if !self.session.open {
            self.renew_session(None);
        }
    }

    /// Skips the number of a read that has no log entry. A session that is not open yet must begin
    /// with number 1 all the same.
    fn skip_number(&mut self) {
        if !self.session.open {
            self.session.before = self.last_sequence;
        }
    }

    /// Begins another session. Its id is above `above`, if the store asks for that.
    fn renew_session(&mut self, above: Option<ClientId>) {
        let used = self.session.id.0.max(above.map_or(0, |above| above.0));
        let id = (used / (MAX_CLIENT_ID + 1) + 1) * (MAX_CLIENT_ID + 1) + self.id.0;
        self.session = Session { id: ClientId(id), before: self.last_sequence, open: false };
    }
}
