//! The streams that this node opens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use raft_core::{Bytes, Membership, NodeId};
use raft_tls::Tls;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint, Error};
use tonic::{Status, Streaming};

use super::proto::peer_client::PeerClient;
use super::proto::{Frame, Introduction, LeaseRequest, Moments, Route, WatchRequest};
use super::{
    CONNECTION_WINDOW, FRAME_BYTES, Letter, MAX_FRAME_BYTES, PROTOCOL, STREAM_WINDOW,
    is_of_snapshot,
};
use crate::{MemberInfo, Metrics};

/// What the streams to all peers have in common.
#[derive(Debug)]
pub(crate) struct Peers {
    pub(crate) cluster: u64,
    pub(crate) node: NodeId,
    /// Where this node is reached.
    pub(crate) url: String,
    /// Other addresses for some peers than they have themselves.
    pub(crate) reach: BTreeMap<NodeId, String>,
    /// How it speaks TLS.
    pub(crate) tls: Option<Tls>,
    pub(crate) metrics: Metrics,
    /// A connection that is silent for so long is given up.
    pub(crate) silence: Duration,
    /// The addresses of those that opened a stream to this node: a server that joins knows no
    /// membership yet.
    pub(crate) heard: Mutex<BTreeMap<NodeId, String>>,
    /// Connections for single requests, by the node and its address.
    pub(crate) channels: Mutex<BTreeMap<(NodeId, String), Channel>>,
}

/// Sends the messages of the driver.
#[derive(Debug)]
pub(crate) struct Outbox {
    shared: Arc<Peers>,
    runtime: Handle,
    peers: BTreeMap<NodeId, Peer>,
}

/// The queues of a peer. Their tasks end when they are dropped.
#[derive(Debug)]
struct Peer {
    messages: mpsc::Sender<Vec<Letter>>,
    snapshots: mpsc::Sender<Vec<Letter>>,
    url: watch::Sender<String>,
    /// The context that the address is from.
    context: Option<Bytes>,
}

/// So many batches of messages wait for a stream; more are dropped.
const QUEUE: usize = 256;

/// So many connections for single requests are kept.
const MOST_CHANNELS: usize = 64;

/// The shortest and the longest pause before a stream is opened again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

impl Peers {
    /// The route to a peer.
    pub(crate) fn route(&self, to: NodeId) -> Route {
        Route { version: PROTOCOL, cluster: self.cluster, from: self.node.0, to: to.0 }
    }

    /// Notes where a peer says that it is reached.
    pub(crate) fn hear(&self, from: NodeId, url: String) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(from, url);
    }

    /// Where a peer said that it is reached.
    fn heard_from(&self, node: NodeId) -> Option<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).get(&node).cloned()
    }

    /// A connection to a node for single requests, which all of them share. It is opened when it is
    /// used, and again when it broke.
    pub(crate) fn connect(&self, to: NodeId, url: &str) -> Result<Channel, Error> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (to, url.to_owned());
        if let Some(channel) = channels.get(&key) {
            return Ok(channel.clone());
        }
        // Those of servers that left, or moved.
        if channels.len() >= MOST_CHANNELS {
            channels.clear();
        }
        let channel = raft_tls::connect(&self.endpoint(to, url)?, self.tls.clone(), Some(to.0));
        channels.insert(key, channel.clone());
        Ok(channel)
    }

    /// A connection to a node that is open.
    async fn connect_now(&self, to: NodeId, url: &str) -> Result<Channel, Error> {
        raft_tls::connect_now(&self.endpoint(to, url)?, self.tls.clone(), Some(to.0)).await
    }

    fn endpoint(&self, to: NodeId, url: &str) -> Result<Endpoint, Error> {
        let url = self.reach.get(&to).map_or(url, String::as_str);
        let endpoint = Endpoint::from_shared(url.to_owned())?
            .connect_timeout(self.silence)
            .http2_keep_alive_interval(self.silence / 2)
            .keep_alive_timeout(self.silence / 2)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .tcp_nodelay(true);
        Ok(endpoint)
    }

    /// What asks a node single requests.
    fn client(&self, to: NodeId, url: &str) -> Result<PeerClient<Channel>, Status> {
        let channel = self.connect(to, url);
        channel.map(PeerClient::new).map_err(|error| Status::unavailable(error.to_string()))
    }

    /// Tells the leader a name, and where clients reach this node.
    pub(crate) async fn introduce(
        &self,
        (to, url): (NodeId, &str),
        name: String,
        client_urls: Vec<String>,
    ) -> Result<(), Status> {
        let introduction = Introduction { route: Some(self.route(to)), name, client_urls };
        self.client(to, url)?.introduce(introduction).await.map(drop)
    }

    /// Asks a node to tell what it does.
    pub(crate) async fn watch(&self, to: NodeId, url: &str) -> Result<Streaming<Moments>, Status> {
        let request = WatchRequest { route: Some(self.route(to)) };
        let client = self.client(to, url)?;
        let mut client = client.max_decoding_message_size(MAX_FRAME_BYTES);
        Ok(client.watch(request).await?.into_inner())
    }

    /// Asks the leader how long a lease lives, in milliseconds; -1 if there is none.
    pub(crate) async fn ask_for_lease(
        &self,
        (to, url): (NodeId, &str),
        (id, renew): (i64, bool),
    ) -> Result<i64, Status> {
        let request = LeaseRequest { route: Some(self.route(to)), id, renew };
        let reply = self.client(to, url)?.lease(request).await?;
        Ok(reply.into_inner().remaining_ms)
    }
}

impl Outbox {
    pub(crate) fn new(shared: Arc<Peers>, runtime: Handle) -> Self {
        Self { shared, runtime, peers: BTreeMap::new() }
    }

    /// Sends messages to a peer, or drops them if too many wait.
    pub(crate) fn send(&mut self, to: NodeId, membership: &Membership, messages: Vec<Letter>) {
        let context = membership.context(to);
        let peer =
            self.peers.entry(to).or_insert_with(|| Peer::begin(&self.shared, to, &self.runtime));
        // The last known address stays that of a server that was removed.
        if context.is_some() && peer.context.as_ref() != context {
            peer.context = context.cloned();
            let info = MemberInfo::of(membership, to);
            if let Some(url) = info.peer_urls.into_iter().next() {
                peer.url.send_replace(url);
            }
        } else if peer.context.is_none()
            && let Some(url) = self.shared.heard_from(to)
        {
            peer.url.send_if_modified(|known| {
                let is_new = *known != url;
                *known = url;
                is_new
            });
        }
        let (snapshots, messages): (Vec<_>, Vec<_>) = match messages.iter().any(is_of_snapshot) {
            true => messages.into_iter().partition(is_of_snapshot),
            false => (Vec::new(), messages),
        };
        if !messages.is_empty() {
            try_send(&peer.messages, messages, (to, &self.shared.metrics));
        }
        if !snapshots.is_empty() {
            try_send(&peer.snapshots, snapshots, (to, &self.shared.metrics));
        }
    }
}

fn try_send(
    queue: &mpsc::Sender<Vec<Letter>>,
    messages: Vec<Letter>,
    (to, metrics): (NodeId, &Metrics),
) {
    if let Err(mpsc::error::TrySendError::Full(messages)) = queue.try_send(messages) {
        metrics.dropped(to.0, messages.len() as u64);
    }
}

impl Peer {
    fn begin(shared: &Arc<Peers>, to: NodeId, runtime: &Handle) -> Self {
        let (url, urls) = watch::channel(String::new());
        let begin = |queue: mpsc::Receiver<_>, is_main: bool| {
            let (shared, urls) = (shared.clone(), urls.clone());
            runtime.spawn(Stream { shared, to, urls, queue, is_main }.run());
        };
        let (messages, queue) = mpsc::channel(QUEUE);
        begin(queue, true);
        let (snapshots, queue) = mpsc::channel(QUEUE);
        begin(queue, false);
        Self { messages, snapshots, url, context: None }
    }
}

/// One stream to a peer.
struct Stream {
    shared: Arc<Peers>,
    to: NodeId,
    urls: watch::Receiver<String>,
    queue: mpsc::Receiver<Vec<Letter>>,
    /// Whether the peer counts as connected while this stream is open. That for snapshots is open
    /// only now and then.
    is_main: bool,
}

impl Stream {
    /// Keeps the stream open until the driver is gone.
    async fn run(mut self) {
        let mut pause = PAUSES.0;
        loop {
            // What waited for the last stream is too old.
            while self.queue.try_recv().is_ok() {}
            let Some(first) = self.queue.recv().await else { return };
            let url = self.urls.borrow_and_update().clone();
            let begun = Instant::now();
            if !url.is_empty() {
                let ended = self.deliver(first, &url).await;
                if self.is_main {
                    self.shared.metrics.connected(self.to.0, false);
                }
                match ended {
                    Some(status) => tracing::debug!(to = self.to.0, url, %status, "no stream"),
                    None if self.queue.is_closed() => return,
                    None => {}
                }
            }
            pause = if begun.elapsed() > PAUSES.1 { PAUSES.0 } else { (pause * 2).min(PAUSES.1) };
            sleep(pause).await;
        }
    }

    /// Sends until the stream ends. Returns why, unless the driver is gone or the peer has another
    /// address.
    async fn deliver(&mut self, first: Vec<Letter>, url: &str) -> Option<Status> {
        let channel = match self.shared.connect_now(self.to, url).await {
            Ok(channel) => channel,
            Err(error) => return Some(Status::unavailable(error.to_string())),
        };
        let (frames, stream) = mpsc::channel(4);
        let route = self.shared.route(self.to);
        let hello = Frame { route: Some(route), url: self.shared.url.clone(), ..Frame::default() };
        let _ = frames.try_send(hello);
        if self.is_main {
            self.shared.metrics.connected(self.to.0, true);
        }
        let mut client = PeerClient::new(channel).max_encoding_message_size(MAX_FRAME_BYTES);
        let mut urls = self.urls.clone();
        tokio::select! {
            ended = client.deliver(ReceiverStream::new(stream)) => {
                Some(ended.err().unwrap_or_else(|| Status::cancelled("the peer ended it")))
            }
            () = pump(&mut self.queue, first, (route, &self.shared.metrics), &frames) => None,
            _ = urls.changed() => None,
        }
    }
}

/// Makes frames of what waits.
async fn pump(
    queue: &mut mpsc::Receiver<Vec<Letter>>,
    first: Vec<Letter>,
    (route, metrics): (Route, &Metrics),
    frames: &mpsc::Sender<Frame>,
) {
    let mut next = Some(first);
    while let Some(mut batch) = next {
        let mut bytes: usize = batch.iter().map(size).sum();
        while bytes < FRAME_BYTES
            && let Ok(more) = queue.try_recv()
        {
            bytes += more.iter().map(size).sum::<usize>();
            batch.extend(more);
        }
        for messages in split(batch) {
            let messages = postcard::to_allocvec(&messages).expect("every message can be encoded");
            metrics.sent(route.to, messages.len() as u64);
            let frame = Frame { route: Some(route), messages: messages.into(), url: String::new() };
            if frames.send(frame).await.is_err() {
                // The stream ends, and its end says why.
                return std::future::pending().await;
            }
        }
        next = queue.recv().await;
    }
}

/// Parts of which each is a frame: it ends when it has about [`FRAME_BYTES`].
fn split(batch: Vec<Letter>) -> Vec<Vec<Letter>> {
    let (mut parts, mut bytes) = (vec![Vec::new()], 0);
    for message in batch {
        if bytes >= FRAME_BYTES {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size(&message);
        if let Some(part) = parts.last_mut() {
            part.push(message);
        }
    }
    parts
}

/// About the bytes of a message.
fn size(letter: &Letter) -> usize {
    match &letter.message.body {
        raft_core::Body::AppendEntries(append) => {
            append.entries.iter().map(|entry| 32 + entry.payload.len()).sum::<usize>() + 64
        }
        raft_core::Body::InstallSnapshot(piece) => piece.data.len() + 128,
        raft_core::Body::Forward(forward) => forward.command.len() + 32,
        raft_core::Body::PreVote(_)
        | raft_core::Body::PreVoteReply(_)
        | raft_core::Body::RequestVote(_)
        | raft_core::Body::RequestVoteReply(_)
        | raft_core::Body::AppendEntriesReply(_)
        | raft_core::Body::InstallSnapshotReply(_)
        | raft_core::Body::TimeoutNow
        | raft_core::Body::ReadIndex(_)
        | raft_core::Body::ReadIndexReply(_)
        | raft_core::Body::ForwardReply(_) => 64,
    }
}

#[cfg(test)]
mod tests {
    use raft_core::{Forward, ForwardId, Message, Term};

    use super::*;

    /// A stream that is to send one batch to an address where nobody listens.
    async fn fail_to_send(is_main: bool, peers: &Arc<Peers>) {
        let (sender, queue) = mpsc::channel(1);
        let (_address, urls) = watch::channel("http://127.0.0.1:1".to_owned());
        let stream = Stream { shared: peers.clone(), to: NodeId(2), urls, queue, is_main };
        let message = Message { term: Term(1), body: raft_core::Body::TimeoutNow };
        // It ends when nobody sends any more.
        let send = async move { sender.send(vec![Letter { number: 1, message }]).await };
        let ((), sent) = tokio::join!(stream.run(), send);
        sent.expect("it takes one");
    }

    #[tokio::test]
    async fn the_stream_for_messages_tells_whether_a_peer_is_connected() {
        let peers = Arc::new(Peers {
            cluster: 1,
            node: NodeId(1),
            url: String::new(),
            reach: BTreeMap::new(),
            tls: None,
            metrics: Metrics::default(),
            silence: Duration::from_secs(1),
            heard: Mutex::default(),
            channels: Mutex::default(),
        });
        peers.metrics.connected(2, true);
        fail_to_send(false, &peers).await;
        assert!(peers.metrics.is_connected(2), "messages still arrive");
        fail_to_send(true, &peers).await;
        assert!(!peers.metrics.is_connected(2));
    }

    #[test]
    fn many_large_commands_are_several_frames() {
        let command = Bytes::from(vec![1; 300_000]);
        let message = |id| {
            let body = raft_core::Body::Forward(Forward { id, command: command.clone() });
            Letter { number: id.0, message: Message { term: Term(1), body } }
        };
        let batch: Vec<Letter> = (0..10).map(|id| message(ForwardId(id))).collect();
        let parts = split(batch.clone());
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        assert_eq!(parts.concat(), batch);
        assert_eq!(split(Vec::new()), [Vec::new()]);
    }
}
