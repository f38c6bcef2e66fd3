//! The streams that other nodes open.

use std::sync::Arc;

use raft_core::NodeId;
use raft_tls::Identity;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::proto::peer_server::Peer;
use super::proto::{
    Delivered, Frame, Introduced, Introduction, LeaseReply, LeaseRequest, Moments, Route,
    WatchRequest,
};
use super::{Letter, Peers, RouteError};
use crate::{NodeHandle, watch};

/// Takes what other nodes send.
#[derive(Debug)]
pub(crate) struct PeerService {
    pub(crate) peers: Arc<Peers>,
    pub(crate) messages: mpsc::Sender<(NodeId, Vec<Letter>)>,
    pub(crate) handle: NodeHandle,
}

impl PeerService {
    /// Who sent something, if it is meant for this node, and the certificate of the connection is
    /// the sender's.
    fn check(&self, route: Option<&Route>, identity: &Identity) -> Result<NodeId, Status> {
        let checked = Route::check(route, self.peers.cluster, self.peers.node);
        let checked = checked.and_then(|from| match self.peers.tls.is_none() {
            true => Ok(from),
            false if identity.node == Some(from.0) => Ok(from),
            false => Err(RouteError::Certificate(from)),
        });
        checked.map_err(|error| {
            self.peers.metrics.refused(error.name());
            tracing::warn!(%error, "a frame is refused");
            Status::failed_precondition(error.to_string())
        })
    }
}

#[tonic::async_trait]
impl Peer for PeerService {
    type WatchStream = ReceiverStream<Result<Moments, Status>>;

    async fn deliver(
        &self,
        request: Request<Streaming<Frame>>,
    ) -> Result<Response<Delivered>, Status> {
        let identity = identity(&request);
        let mut frames = request.into_inner();
        while let Some(frame) = frames.next().await {
            let frame = frame?;
            let from = self.check(frame.route.as_ref(), &identity)?;
            if !frame.url.is_empty() {
                self.peers.hear(from, frame.url);
            }
            if frame.messages.is_empty() {
                continue;
            }
            let messages = postcard::from_bytes(&frame.messages).map_err(|error| {
                self.peers.metrics.refused("undecodable");
                tracing::warn!(%error, from = from.0, "a frame does not decode");
                Status::invalid_argument(format!("the frame does not decode: {error}"))
            })?;
            let stopped = |_| Status::unavailable("this node stops");
            self.messages.send((from, messages)).await.map_err(stopped)?;
        }
        Ok(Response::new(Delivered {}))
    }

    async fn lease(&self, request: Request<LeaseRequest>) -> Result<Response<LeaseReply>, Status> {
        let identity = identity(&request);
        let request = request.into_inner();
        self.check(request.route.as_ref(), &identity)?;
        let remaining = self.handle.lease_as_leader(request.id, request.renew).await;
        let remaining = remaining.map_err(|error| Status::unavailable(error.to_string()))?;
        let remaining_ms =
            remaining.map_or(-1, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        Ok(Response::new(LeaseReply { remaining_ms }))
    }

    async fn introduce(
        &self,
        request: Request<Introduction>,
    ) -> Result<Response<Introduced>, Status> {
        let identity = identity(&request);
        let Introduction { route, name, client_urls } = request.into_inner();
        let from = self.check(route.as_ref(), &identity)?;
        let introduced = self.handle.introduce(from, name, client_urls).await;
        introduced.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(Response::new(Introduced {}))
    }

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let identity = identity(&request);
        self.check(request.into_inner().route.as_ref(), &identity)?;
        let handle = self.handle.clone();
        let (told, stream) = mpsc::channel(1);
        tokio::spawn(async move {
            watch::tell(&handle, &told, |moments| Ok(Moments { moments })).await;
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

fn identity<T>(request: &Request<T>) -> Identity {
    request.extensions().get::<Identity>().cloned().unwrap_or_default()
}
