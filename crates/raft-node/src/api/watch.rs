//! etcd's `Watch`: changes of keys, as they happen.
//!
//! A stream has one task and no queue of events. Each of its watches knows the next revision to
//! tell, and reads the changes from there in the newest published state. A slow client is told
//! later, and is cancelled with etcd's words when what it lacks was compacted.

mod watches;

use std::sync::Arc;
use std::time::Duration;

use etcd_api::etcdserverpb as api;
use etcd_api::etcdserverpb::watch_request::RequestUnion;
use etcd_api::etcdserverpb::watch_server::Watch;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use self::watches::Watches;
use super::asks_for_leader;
use super::error::ApiError;
use super::header::Context;
use crate::Published;

/// The answers of a stream that may wait for its client. Each has about 1 MiB at most, or one
/// revision.
const WAITING: usize = 4;

#[derive(Clone, Debug)]
pub(super) struct WatchService {
    context: Context,
    /// One permit for each watch that the node may still take.
    free: Arc<Semaphore>,
}

impl WatchService {
    pub(super) fn new(context: Context) -> Self {
        let free = Arc::new(Semaphore::new(context.settings.max_watches));
        Self { context, free }
    }
}

#[tonic::async_trait]
impl Watch for WatchService {
    type WatchStream = ReceiverStream<Result<api::WatchResponse, Status>>;

    async fn watch(
        &self,
        request: Request<Streaming<api::WatchRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let (answers, receiver) = mpsc::channel(WAITING);
        let asks_for_leader = asks_for_leader(&request);
        let limit = self.context.settings.max_watches_of_stream;
        let stream = Stream {
            updates: self.context.handle.updates(),
            watches: Watches::new(limit, self.free.clone()),
            answers: answers.clone(),
            leaderless_limit: asks_for_leader.then_some(self.context.settings.leaderless_limit),
            leaderless_since: None,
            context: self.context.clone(),
        };
        tokio::spawn(async move {
            if let Err(End::Refused(error)) = stream.serve(request.into_inner()).await {
                // The client may have ended the stream meanwhile.
                let _ = answers.send(Err(error.into())).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// One stream of a client.
struct Stream {
    context: Context,
    updates: watch::Receiver<Arc<Published>>,
    watches: Watches,
    answers: mpsc::Sender<Result<api::WatchResponse, Status>>,
    /// How long there may be no leader; `None`: for ever.
    leaderless_limit: Option<Duration>,
    leaderless_since: Option<Instant>,
}

/// Why a stream ends.
enum End {
    /// The client ended it.
    Client,
    /// The node does.
    Refused(ApiError),
}

/// What a stream waits for.
enum Next {
    /// The client asks for something; `None`: it will ask for nothing more.
    Request(Option<RequestUnion>),
    /// There are changes to tell.
    Changes,
    /// Watches without events are to be told how far they are.
    Progress,
    Ended(End),
}

impl Stream {
    async fn serve(mut self, requests: Streaming<api::WatchRequest>) -> Result<(), End> {
        let period = self.context.settings.progress_interval;
        let mut progress = interval_at(Instant::now() + period, period);
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut requests = Some(requests);
        loop {
            let state = self.updates.borrow_and_update().clone();
            let revision = state.store.revision();
            self.note_leader(&state);
            drop(state);
            self.tell_changes().await?;
            if let Some(answer) = self.watches.requested_progress(revision) {
                self.send(answer).await?;
            }
            match self.next(&mut requests, &mut progress, self.watches.are_behind(revision)).await {
                Next::Request(Some(request)) => self.answer(request).await?,
                // Watches go on when the client has closed its half of the stream.
                Next::Request(None) => requests = None,
                Next::Changes => {}
                Next::Progress => {
                    for answer in self.watches.progress(revision) {
                        self.send(answer).await?;
                    }
                }
                Next::Ended(end) => return Err(end),
            }
        }
    }

    async fn next(
        &mut self,
        requests: &mut Option<Streaming<api::WatchRequest>>,
        progress: &mut Interval,
        is_behind: bool,
    ) -> Next {
        let leaderless_end =
            self.leaderless_since.zip(self.leaderless_limit).map(|(since, limit)| since + limit);
        tokio::select! {
            biased;
            () = self.answers.closed() => Next::Ended(End::Client),
            request = next_request(requests) => request,
            () = at(leaderless_end) => Next::Ended(End::Refused(ApiError::NoLeader)),
            _ = progress.tick() => Next::Progress,
            () = std::future::ready(()), if is_behind => Next::Changes,
            changed = self.updates.changed() => match changed {
                Ok(()) => Next::Changes,
                Err(_) => Next::Ended(End::Refused(ApiError::Stopped)),
            },
        }
    }

    fn note_leader(&mut self, state: &Published) {
        self.leaderless_since = match state.leader {
            Some(_) => None,
            None => self.leaderless_since.or_else(|| Some(Instant::now())),
        };
    }

    /// Tells each watch that is behind some of what it lacks.
    ///
    /// No state is kept while the client does not take an answer.
    async fn tell_changes(&mut self) -> Result<(), End> {
        for id in self.watches.ids() {
            let state = self.updates.borrow().clone();
            let answers = self.watches.read(id, &state.store);
            drop(state);
            for answer in answers {
                self.send(answer).await?;
            }
        }
        Ok(())
    }

    async fn answer(&mut self, request: RequestUnion) -> Result<(), End> {
        let state = self.updates.borrow().clone();
        let revision = state.store.revision();
        drop(state);
        let answer = match request {
            RequestUnion::CreateRequest(request) => Some(self.watches.create(request, revision)),
            RequestUnion::CancelRequest(request) => self.watches.cancel(request.watch_id, revision),
            RequestUnion::ProgressRequest(_) => {
                self.watches.request_progress();
                None
            }
        };
        match answer {
            Some(answer) => self.send(answer).await,
            None => Ok(()),
        }
    }

    /// Completes the header of an answer, which has its revision, and sends it.
    async fn send(&self, mut answer: api::WatchResponse) -> Result<(), End> {
        let state = self.context.handle.published();
        let revision = answer.header.map_or(0, |header| header.revision);
        answer.header = Some(self.context.header_at(&state, revision));
        drop(state);
        self.answers.send(Ok(answer)).await.map_err(|_| End::Client)
    }
}

/// The next request of a client, if it can still send one.
async fn next_request(requests: &mut Option<Streaming<api::WatchRequest>>) -> Next {
    let Some(requests) = requests else { return std::future::pending().await };
    match requests.message().await {
        Ok(Some(api::WatchRequest { request_union: Some(request) })) => {
            Next::Request(Some(request))
        }
        Ok(Some(api::WatchRequest { request_union: None })) => {
            Next::Ended(End::Refused(ApiError::Invalid("a request of a watch is empty")))
        }
        Ok(None) => Next::Request(None),
        Err(_) => Next::Ended(End::Client),
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
