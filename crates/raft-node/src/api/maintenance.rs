//! etcd's `Maintenance`: what an operator asks of a member.
//!
//! `Defragment` has nothing to do and succeeds: the memory of what was deleted is used again.
//! `Snapshot` sends a file of our own format ([`super::snapshot`]). `Downgrade` is not supported.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use etcd_api::etcdserverpb as api;
use etcd_api::etcdserverpb::alarm_request::AlarmAction;
use etcd_api::etcdserverpb::maintenance_server::Maintenance;
use raft_core::{NodeId, RoleKind};
use raft_mvcc::{AlarmKind, AlarmMember, Applied, Operation, Store};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::error::ApiError;
use super::header::Context;
use super::{API_VERSION, snapshot};
use crate::Published;

/// The size of a piece of a snapshot. Clients decode 4 MiB at once by default.
const PIECE_BYTES: usize = 256 << 10;

/// The pieces of a snapshot that may wait for their client.
const PIECES_WAITING: usize = 4;

/// How many snapshots are sent at once. Each keeps the state of its moment in memory.
const SNAPSHOTS: usize = 2;

#[derive(Clone, Debug)]
pub(super) struct MaintenanceService {
    context: Context,
    snapshots: Arc<Semaphore>,
}

impl MaintenanceService {
    pub(super) fn new(context: Context) -> Self {
        Self { context, snapshots: Arc::new(Semaphore::new(SNAPSHOTS)) }
    }
}

#[tonic::async_trait]
impl Maintenance for MaintenanceService {
    async fn status(
        &self,
        _: Request<api::StatusRequest>,
    ) -> Result<Response<api::StatusResponse>, Status> {
        let state = self.context.handle.published();
        let size = state.store.size();
        let mut errors = errors(&state);
        errors.extend(self.context.handle.reasons().await);
        Ok(Response::new(api::StatusResponse {
            header: Some(self.context.header(&state)),
            version: API_VERSION.to_owned(),
            db_size: size.total as i64,
            db_size_in_use: size.in_use as i64,
            leader: state.leader.map_or(0, |leader| leader.0),
            raft_index: state.commit_index.0,
            raft_applied_index: state.applied.0,
            raft_term: state.term.0,
            errors,
            is_learner: state.membership.is_learner(self.context.handle.node()),
            ..api::StatusResponse::default()
        }))
    }

    async fn alarm(
        &self,
        request: Request<api::AlarmRequest>,
    ) -> Result<Response<api::AlarmResponse>, Status> {
        let request = request.into_inner();
        let kind = alarm_kind(request.alarm)?;
        let activate = match AlarmAction::try_from(request.action) {
            Ok(AlarmAction::Get) => return self.alarms(kind).await,
            Ok(AlarmAction::Activate) => true,
            Ok(AlarmAction::Deactivate) => false,
            Err(_) => return Err(ApiError::Invalid("the action on an alarm is unknown").into()),
        };
        // Without a kind there is nothing to do, as in etcd.
        let Some(alarm) = kind else { return self.alarms(None).await };
        let operation = Operation::Alarm { activate, member: request.member_id, alarm };
        let (applied, header) = self.context.apply(operation).await?;
        let Applied::Alarm(changed) = applied else {
            return Err(ApiError::Invalid("the answer is not that of an alarm").into());
        };
        let alarms = changed.into_iter().map(alarm_member).collect();
        Ok(Response::new(api::AlarmResponse { header: Some(header), alarms }))
    }

    async fn defragment(
        &self,
        _: Request<api::DefragmentRequest>,
    ) -> Result<Response<api::DefragmentResponse>, Status> {
        let header = self.context.header(&self.context.handle.published());
        Ok(Response::new(api::DefragmentResponse { header: Some(header) }))
    }

    async fn hash(
        &self,
        _: Request<api::HashRequest>,
    ) -> Result<Response<api::HashResponse>, Status> {
        let state = self.context.handle.published();
        let header = Some(self.context.header(&state));
        let hash = blocking(move || state.store.hash()).await?;
        Ok(Response::new(api::HashResponse { header, hash }))
    }

    async fn hash_kv(
        &self,
        request: Request<api::HashKvRequest>,
    ) -> Result<Response<api::HashKvResponse>, Status> {
        let state = self.context.handle.published();
        let wanted = request.into_inner().revision;
        let hash_revision = if wanted > 0 { wanted } else { state.store.revision() };
        let mut answer = api::HashKvResponse {
            header: Some(self.context.header(&state)),
            compact_revision: state.store.compacted_revision(),
            hash_revision,
            hash: 0,
        };
        let hash = blocking(move || state.store.hash_at(hash_revision)).await?;
        answer.hash = hash.map_err(ApiError::from)?;
        Ok(Response::new(answer))
    }

    type SnapshotStream = ReceiverStream<Result<api::SnapshotResponse, Status>>;

    async fn snapshot(
        &self,
        _: Request<api::SnapshotRequest>,
    ) -> Result<Response<Self::SnapshotStream>, Status> {
        let Ok(permit) = self.snapshots.clone().try_acquire_owned() else {
            return Err(ApiError::TooManyRequests.into());
        };
        let state = self.context.newest().await?;
        let header = self.context.header(&state);
        let (sender, receiver) = mpsc::channel(PIECES_WAITING);
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            send_snapshot(&state.store, Pieces { header, sender, remaining: 0, piece: Vec::new() });
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn move_leader(
        &self,
        request: Request<api::MoveLeaderRequest>,
    ) -> Result<Response<api::MoveLeaderResponse>, Status> {
        let target = NodeId(request.into_inner().target_id);
        let state = self.context.handle.published();
        if state.role != RoleKind::Leader {
            return Err(ApiError::NotLeader.into());
        }
        if !state.membership.voters().contains(&target) {
            return Err(ApiError::BadTransferee.into());
        }
        if state.leader != Some(target) {
            self.transfer(target).await?;
        }
        let header = self.context.header(&self.context.handle.published());
        Ok(Response::new(api::MoveLeaderResponse { header: Some(header) }))
    }

    async fn downgrade(
        &self,
        _: Request<api::DowngradeRequest>,
    ) -> Result<Response<api::DowngradeResponse>, Status> {
        Err(ApiError::Unsupported("downgrades of a cluster are not supported").into())
    }
}

impl MaintenanceService {
    /// The active alarms of a kind, or of all kinds.
    async fn alarms(
        &self,
        kind: Option<AlarmKind>,
    ) -> Result<Response<api::AlarmResponse>, Status> {
        let state = self.context.newest().await?;
        let wanted =
            state.store.alarms().filter(|alarm| kind.is_none_or(|kind| alarm.alarm == kind));
        let alarms = wanted.map(alarm_member).collect();
        let header = Some(self.context.header(&state));
        Ok(Response::new(api::AlarmResponse { header, alarms }))
    }

    /// Returns when this node knows the target as the leader.
    async fn transfer(&self, target: NodeId) -> Result<(), ApiError> {
        let handle = &self.context.handle;
        let mut updates = handle.updates();
        handle.transfer_leadership(target).await?;
        let leads = updates.wait_for(|state| state.leader == Some(target));
        match tokio::time::timeout(self.context.settings.transfer_timeout, leads).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(ApiError::Stopped),
            Err(_) => Err(ApiError::TransferTimedOut),
        }
    }
}

/// What is wrong with a member, for `endpoint status`.
fn errors(state: &Published) -> Vec<String> {
    let no_leader = state.leader.is_none().then(|| ApiError::NoLeader.to_string());
    let alarm = |alarm: AlarmMember| {
        let name = alarm_type(alarm.alarm).as_str_name();
        format!("memberID:{} alarm:{name} ", alarm.member)
    };
    no_leader.into_iter().chain(state.store.alarms().map(alarm)).collect()
}

/// The kind of an alarm; `None`: all kinds.
fn alarm_kind(number: i32) -> Result<Option<AlarmKind>, ApiError> {
    match api::AlarmType::try_from(number) {
        Ok(api::AlarmType::None) => Ok(None),
        Ok(api::AlarmType::Nospace) => Ok(Some(AlarmKind::NoSpace)),
        Ok(api::AlarmType::Corrupt) => Ok(Some(AlarmKind::Corrupt)),
        Err(_) => Err(ApiError::Invalid("the kind of an alarm is unknown")),
    }
}

fn alarm_type(kind: AlarmKind) -> api::AlarmType {
    match kind {
        AlarmKind::NoSpace => api::AlarmType::Nospace,
        AlarmKind::Corrupt => api::AlarmType::Corrupt,
    }
}

fn alarm_member(alarm: AlarmMember) -> api::AlarmMember {
    api::AlarmMember { member_id: alarm.member, alarm: alarm_type(alarm.alarm).into() }
}

/// Runs what takes time in proportion to the store where it holds up no other request.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Status> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Stopped.into())
}

/// Sends a snapshot, as fast as its client takes it.
fn send_snapshot(store: &Store, mut pieces: Pieces) {
    let length = snapshot::length(store);
    pieces.remaining = snapshot::file_length(length);
    // The client ended the stream: nobody is left to tell.
    let _ = snapshot::write(store, length, pieces);
}

/// Sends what is written to it in pieces.
struct Pieces {
    header: api::ResponseHeader,
    sender: mpsc::Sender<Result<api::SnapshotResponse, Status>>,
    /// Bytes that are not sent yet.
    remaining: u64,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        if self.piece.len() == PIECE_BYTES {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let blob = Bytes::from(std::mem::take(&mut self.piece));
        self.remaining = self.remaining.saturating_sub(blob.len() as u64);
        let piece = api::SnapshotResponse {
            header: Some(self.header),
            remaining_bytes: self.remaining,
            blob,
            version: API_VERSION.to_owned(),
        };
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
