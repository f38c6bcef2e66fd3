//! etcd's `Lease`: keys that are deleted when their lease ends.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use etcd_api::etcdserverpb as api;
use etcd_api::etcdserverpb::lease_server::Lease;
use raft_mvcc::{Applied, Command, Operation};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::error::ApiError;
use super::header::Context;
use super::session;

/// The shortest time of a lease: a shorter one is raised, as in etcd. A cluster without a leader
/// elects one well within it.
const MIN_TTL_SECONDS: i64 = 2;

/// The answers of a stream that may wait for its client.
const WAITING: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct LeaseService(pub(super) Context);

#[tonic::async_trait]
impl Lease for LeaseService {
    async fn lease_grant(
        &self,
        request: Request<api::LeaseGrantRequest>,
    ) -> Result<Response<api::LeaseGrantResponse>, Status> {
        let opens_session = session::is_to_open(request.metadata());
        let session = if opens_session { None } else { session::tag(request.metadata())? };
        let request = request.into_inner();
        let ttl = request.ttl.max(MIN_TTL_SECONDS);
        loop {
            let id = if request.id == 0 { drawn_id() } else { request.id };
            let operation = match opens_session {
                true => Operation::OpenSession { id, ttl },
                false => Operation::LeaseGrant { id, ttl },
            };
            let (id, ttl, header) = match self.0.execute(&Command { session, operation }).await {
                // Another lease has the drawn id.
                Err(ApiError::Store(raft_mvcc::Error::LeaseExists)) if request.id == 0 => continue,
                Ok((
                    Applied::LeaseGrant { id, ttl } | Applied::OpenSession { id, ttl },
                    header,
                )) => (id, ttl, header),
                Ok(_) => return Err(session::other_request()),
                Err(error) => return Err(error.into()),
            };
            let error = String::new();
            let granted = api::LeaseGrantResponse { header: Some(header), id, ttl, error };
            let mut answer = Response::new(granted);
            if opens_session {
                session::name(id, answer.metadata_mut());
            }
            return Ok(answer);
        }
    }

    async fn lease_revoke(
        &self,
        request: Request<api::LeaseRevokeRequest>,
    ) -> Result<Response<api::LeaseRevokeResponse>, Status> {
        let session = session::tag(request.metadata())?;
        let operation = Operation::LeaseRevoke { id: request.into_inner().id };
        let (_, header) = self.0.execute(&Command { session, operation }).await?;
        Ok(Response::new(api::LeaseRevokeResponse { header: Some(header) }))
    }

    type LeaseKeepAliveStream = ReceiverStream<Result<api::LeaseKeepAliveResponse, Status>>;

    async fn lease_keep_alive(
        &self,
        request: Request<Streaming<api::LeaseKeepAliveRequest>>,
    ) -> Result<Response<Self::LeaseKeepAliveStream>, Status> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (context, mut requests) = (self.0.clone(), request.into_inner());
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                let answer = keep_alive(&context, request.id).await.map_err(Status::from);
                let is_last = answer.is_err();
                if sender.send(answer).await.is_err() || is_last {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn lease_time_to_live(
        &self,
        request: Request<api::LeaseTimeToLiveRequest>,
    ) -> Result<Response<api::LeaseTimeToLiveResponse>, Status> {
        let request = request.into_inner();
        let state = self.0.newest().await?;
        let mut answer = api::LeaseTimeToLiveResponse {
            header: Some(self.0.header(&state)),
            id: request.id,
            ttl: -1,
            ..api::LeaseTimeToLiveResponse::default()
        };
        if let Some(lease) = state.store.lease(request.id)
            && let Some(remaining) =
                self.0.handle.lease(request.id, false).await.map_err(ApiError::from)?
        {
            answer.ttl = seconds(remaining);
            answer.granted_ttl = lease.ttl;
            answer.keys = if request.keys { lease.keys } else { Vec::new() };
        }
        Ok(Response::new(answer))
    }

    async fn lease_leases(
        &self,
        _: Request<api::LeaseLeasesRequest>,
    ) -> Result<Response<api::LeaseLeasesResponse>, Status> {
        let state = self.0.newest().await?;
        let leases = state.store.leases().map(|(id, _)| api::LeaseStatus { id }).collect();
        let header = Some(self.0.header(&state));
        Ok(Response::new(api::LeaseLeasesResponse { header, leases }))
    }
}

/// The answer to one request of a stream. A lease that does not exist has the time 0, as in etcd.
async fn keep_alive(context: &Context, id: i64) -> Result<api::LeaseKeepAliveResponse, ApiError> {
    let remaining = context.handle.lease(id, true).await?;
    let header = Some(context.header(&context.handle.published()));
    Ok(api::LeaseKeepAliveResponse { header, id, ttl: remaining.map_or(0, seconds) })
}

/// Whole seconds, the nearest ones: a lease that was renewed a moment ago has all of its time.
fn seconds(time: Duration) -> i64 {
    (time + Duration::from_millis(500)).as_secs() as i64
}

/// A random id, positive and at most 2^53, so that JSON has a number for it.
pub(super) fn drawn_id() -> i64 {
    let drawn = RandomState::new().hash_one(std::time::Instant::now());
    (drawn >> 11).max(1) as i64
}
