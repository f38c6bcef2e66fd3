//! What a service of a node calls: requests for the log, and the state that was published last.

use std::sync::Arc;
use std::time::Duration;

use raft_core::{
    Bytes, LogIndex, Membership, MembershipChange, NodeId, Outcome, ReadMode, Refusal, RoleKind,
    Status, Term,
};
use raft_mvcc::{Command, Response, Store};
use raft_server::{Replica, ReplicaRequest};
use tokio::sync::{mpsc, oneshot};
use tonic::transport::Channel;

use crate::driver::{Caller, Report, Request};
use crate::leases::{Leases, NotLeading};
use crate::machine::{self, Machine};
use crate::metrics::Metrics;
use crate::peers::Peers;
use crate::watch::Moment;
use crate::{MemberInfo, clock, reasons, watch};

/// The state of a node after the last entries that it applied. It never changes: the node publishes
/// another one.
#[derive(Clone, Debug)]
pub struct Published {
    /// The keys, as of [`applied`](Self::applied).
    pub store: Store,
    /// The node's role in its term.
    pub role: RoleKind,
    /// Its term.
    pub term: Term,
    /// The leader that it knows: itself, if it leads.
    pub leader: Option<NodeId>,
    /// The last entry that it knows to be committed.
    pub commit_index: LogIndex,
    /// The last entry that it applied.
    pub applied: LogIndex,
    /// The membership in force.
    pub membership: Arc<Membership>,
}

impl Published {
    /// The state of a replica now. `membership` is that of its core.
    pub(crate) fn of(replica: &Replica<Machine, Caller>, membership: Arc<Membership>) -> Self {
        let core = replica.core();
        Self {
            store: replica.machine().store.clone(),
            role: core.role(),
            term: core.current_term(),
            leader: core.leader(),
            commit_index: core.commit_index(),
            applied: replica.applied(),
            membership,
        }
    }
}

/// A node, for its services. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct NodeHandle {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) node: NodeId,
    pub(crate) cluster: u64,
    /// The number of this life.
    pub(crate) life: u64,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) published: tokio::sync::watch::Receiver<Arc<Published>>,
    pub(crate) leases: Leases,
    pub(crate) peers: Arc<Peers>,
    pub(crate) request_timeout: Duration,
    pub(crate) reports: mpsc::UnboundedSender<Report>,
    pub(crate) metrics: Metrics,
}

/// Why a node does not do what it is asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NodeError {
    /// Nothing was done: this node does not lead. Ask the leader, if one is named.
    #[error("this node does not lead")]
    NotLeader(Option<NodeId>),
    /// Nothing was done, for this reason.
    #[error("{0}")]
    Refused(Refusal),
    /// The command was in the log and will never take effect. Ask again.
    #[error("another leader took over before the command was committed; nothing was done")]
    Superseded,
    /// The command may have taken effect, or may yet.
    #[error("it is not known whether the command took effect")]
    Unknown,
    /// No answer came in time. A command may take effect yet.
    #[error("no answer came within {0:?}")]
    TimedOut(Duration),
    /// Too many requests wait. Nothing was done; try again later.
    #[error("too many requests wait already")]
    Busy,
    /// The node stops, or has stopped.
    #[error("this node stops")]
    Stopped,
}

impl NodeError {
    /// A word for it, for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotLeader(_) => "not_leader",
            Self::Refused(_) => "refused",
            Self::Superseded => "superseded",
            Self::Unknown => "unknown",
            Self::TimedOut(_) => "timed_out",
            Self::Busy => "busy",
            Self::Stopped => "stopped",
        }
    }
}

impl NodeHandle {
    /// The id of this node.
    pub fn node(&self) -> NodeId {
        self.shared.node
    }

    /// The id of its cluster.
    pub fn cluster(&self) -> u64 {
        self.shared.cluster
    }

    /// The state that was published last. It may be old: [`read_barrier`](Self::read_barrier) first
    /// for what must be new.
    pub fn published(&self) -> Arc<Published> {
        self.shared.published.borrow().clone()
    }

    /// Tells of each state that is published. One that is followed by another may be left out.
    pub fn updates(&self) -> tokio::sync::watch::Receiver<Arc<Published>> {
        self.shared.published.clone()
    }

    /// How long a lease lives, or `None` if there is no such lease; with `renew`, it begins anew.
    /// Only the leader knows, so another node asks it.
    ///
    /// # Errors
    /// No leader is known, or it does not answer.
    pub async fn lease(&self, id: i64, renew: bool) -> Result<Option<Duration>, NodeError> {
        let published = self.published();
        if published.role == RoleKind::Leader {
            return self.lease_as_leader(id, renew).await;
        }
        let leader = published.leader.filter(|leader| *leader != self.node());
        let leader = leader.ok_or(NodeError::NotLeader(None))?;
        let urls = MemberInfo::of(&published.membership, leader).peer_urls;
        let url = urls.first().ok_or(NodeError::NotLeader(Some(leader)))?;
        let asked = self.shared.peers.ask_for_lease((leader, url), (id, renew));
        match tokio::time::timeout(self.shared.request_timeout, asked).await {
            Ok(Ok(remaining)) => Ok(u64::try_from(remaining).ok().map(Duration::from_millis)),
            Ok(Err(_)) => Err(NodeError::NotLeader(Some(leader))),
            Err(_) => Err(NodeError::TimedOut(self.shared.request_timeout)),
        }
    }

    /// The same, of a node that leads. It asks a quorum whether it still does: another leader may
    /// have been elected, and the lease be granted, renewed or ended there.
    pub(crate) async fn lease_as_leader(
        &self,
        id: i64,
        renew: bool,
    ) -> Result<Option<Duration>, NodeError> {
        self.read_barrier().await?;
        let remaining = self.shared.leases.remaining(id, renew);
        remaining.map_err(|NotLeading| NodeError::NotLeader(self.published().leader))
    }

    /// What this node measures.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// The state of the core, with a leader's view of its peers.
    ///
    /// # Errors
    /// The node stops.
    pub async fn status(&self) -> Result<Status, NodeError> {
        let (who, status) = oneshot::channel();
        self.shared.reports.send(Report::Look(who)).map_err(|_| NodeError::Stopped)?;
        status.await.map_err(|_| NodeError::Stopped)
    }

    /// What keeps the node from working as it should, in words, the reason that decides first. A
    /// leader also says which members are behind, and why.
    pub async fn reasons(&self) -> Vec<String> {
        let Ok(status) = self.status().await else { return vec![NodeError::Stopped.to_string()] };
        let is_connected = |node: NodeId| self.metrics().is_connected(node.0);
        reasons::reasons(&status, clock::now(), is_connected)
    }

    /// Tells what the node does: first its state, then each moment. A receiver that is too slow
    /// misses moments, and is told the state again.
    pub(crate) fn watch(&self) -> mpsc::Receiver<Arc<Moment>> {
        let (sender, receiver) = mpsc::channel(watch::MOMENTS);
        // Of a node that stops nothing is told.
        let _ = self.shared.reports.send(Report::Watch(sender));
        receiver
    }

    /// A connection to the services for clients of the leader; `None` if this node leads.
    ///
    /// # Errors
    /// No leader is known, or not where clients reach it.
    pub(crate) fn leader_for_clients(&self) -> Result<Option<Channel>, NodeError> {
        let published = self.published();
        let leader = published.leader.ok_or(NodeError::NotLeader(None))?;
        if leader == self.node() {
            return Ok(None);
        }
        let urls = MemberInfo::of(&published.membership, leader).client_urls;
        let channel = urls.first().and_then(|url| self.shared.peers.connect(leader, url).ok());
        channel.map(Some).ok_or(NodeError::NotLeader(Some(leader)))
    }

    /// How long a request may take.
    pub(crate) fn request_timeout(&self) -> Duration {
        self.shared.request_timeout
    }

    /// Has a command committed, and returns the answer of the store. A node that does not lead
    /// forwards it. The state that has its effects is published before.
    ///
    /// # Errors
    /// See [`NodeError`]. After [`NodeError::Unknown`] and [`NodeError::TimedOut`] the command may
    /// have taken effect.
    pub async fn propose(&self, command: &Command) -> Result<Response, NodeError> {
        self.propose_if(None, command).await
    }

    /// The same, if this node leads in this term. Else nothing is done.
    pub(crate) async fn propose_in(
        &self,
        term: Term,
        command: &Command,
    ) -> Result<Response, NodeError> {
        self.propose_if(Some(term), command).await
    }

    async fn propose_if(
        &self,
        term: Option<Term>,
        command: &Command,
    ) -> Result<Response, NodeError> {
        let (caller, answer) = oneshot::channel();
        let request = ReplicaRequest::Command(machine::encode(self.shared.life, command));
        let metrics = &self.shared.metrics;
        metrics.proposal_began();
        let request = Request { caller: Caller::Command(caller), request, term };
        let answer = self.ask(request, answer).await;
        metrics.proposal_ended(answer.as_ref().err().map(NodeError::name));
        answer
    }

    /// Returns when the published state has the effects of all commands that were committed when
    /// this was called.
    ///
    /// # Errors
    /// See [`NodeError`].
    pub async fn read_barrier(&self) -> Result<(), NodeError> {
        let (caller, answer) = oneshot::channel();
        let request = ReplicaRequest::Read { query: (), mode: ReadMode::Quorum };
        self.ask(Request::new(Caller::Barrier(caller), request), answer).await
    }

    /// Changes the membership. `contexts` are those of servers that come, and new ones of members
    /// ([`MemberInfo`](crate::MemberInfo)). Returns when the change is complete.
    ///
    /// # Errors
    /// See [`NodeError`]: only a leader does it.
    pub async fn change_membership(
        &self,
        change: MembershipChange,
        contexts: Vec<(NodeId, Bytes)>,
    ) -> Result<(), NodeError> {
        self.order(ReplicaRequest::ChangeMembership { change, contexts, force: false }).await
    }

    /// Gives a member another name or other addresses. `membership` is the one in force.
    ///
    /// # Errors
    /// See [`NodeError`]: only a leader does it.
    pub(crate) async fn update_member(
        &self,
        membership: &Membership,
        node: NodeId,
        info: &MemberInfo,
    ) -> Result<(), NodeError> {
        // The same voters, with another context.
        let voters = MembershipChange::SetVoters(membership.voters().to_vec());
        self.change_membership(voters, vec![(node, info.encode())]).await
    }

    /// Transfers leadership to another voter. Returns when that one was told to take over.
    ///
    /// # Errors
    /// See [`NodeError`]: only a leader does it.
    pub async fn transfer_leadership(&self, to: NodeId) -> Result<(), NodeError> {
        self.order(ReplicaRequest::TransferLeadership { to }).await
    }

    /// Before this node stops: if it leads, it hands leadership over to the voter that holds the
    /// most of its log. Returns when another node leads, or none could be found in time.
    pub async fn hand_over(&self) {
        let Ok(status) = self.status().await else { return };
        let mut peers = status.peers;
        peers.retain(|peer| status.membership.is_voter(peer.id));
        peers.sort_by_key(|peer| std::cmp::Reverse(peer.match_index));
        for peer in peers {
            // A leader waits by itself no longer than its longest election timeout.
            if self.transfer_leadership(peer.id).await.is_ok() {
                let mut updates = self.updates();
                let leads = |node: &Arc<Published>| node.leader.is_some_and(|id| id != self.node());
                let limit = self.shared.request_timeout;
                let _ = tokio::time::timeout(limit, updates.wait_for(leads)).await;
                return;
            }
        }
    }

    async fn order(&self, request: ReplicaRequest<()>) -> Result<(), NodeError> {
        let (caller, answer) = oneshot::channel();
        let outcome = self.ask(Request::new(Caller::Order(caller), request), answer).await?;
        match outcome {
            Outcome::Committed(_)
            | Outcome::Readable { .. }
            | Outcome::Transferred { .. }
            | Outcome::Cancelled => Ok(()),
            Outcome::NotLeader { leader } => Err(NodeError::NotLeader(leader)),
            Outcome::Refused(refusal) => Err(NodeError::Refused(refusal)),
            Outcome::Superseded { .. } => Err(NodeError::Superseded),
            Outcome::Unknown { .. } => Err(NodeError::Unknown),
        }
    }

    async fn ask<T>(
        &self,
        request: Request,
        answer: oneshot::Receiver<Result<T, NodeError>>,
    ) -> Result<T, NodeError> {
        self.shared.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NodeError::Busy,
            mpsc::error::TrySendError::Closed(_) => NodeError::Stopped,
        })?;
        let limit = self.shared.request_timeout;
        match tokio::time::timeout(limit, answer).await {
            // The node stopped after it had taken the request, which may be carried out yet.
            Ok(answer) => answer.unwrap_or(Err(NodeError::Unknown)),
            Err(_) => Err(NodeError::TimedOut(limit)),
        }
    }
}
