//! Watches over a connection. `src/api/watch/watches/tests.rs` has what they tell.

use std::time::Duration;

use etcd_api::etcdserverpb as api;
use etcd_api::etcdserverpb::watch_request::RequestUnion;
use etcd_api::mvccpb::event::EventType;
use raft_core::NodeId;
use raft_node::api::ApiSettings;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

use super::{Cluster, Kv, Watch, channel, get, in_time, one_node, put, served_with, url};

struct Stream {
    requests: mpsc::Sender<api::WatchRequest>,
    /// A server may say nothing until it is asked for something.
    opening: Option<JoinHandle<Result<Streaming<api::WatchResponse>, Status>>>,
    answers: Option<Streaming<api::WatchResponse>>,
}

impl Stream {
    fn open(channel: Channel, asks_for_leader: bool) -> Self {
        let (requests, receiver) = mpsc::channel(16);
        let mut request = Request::new(ReceiverStream::new(receiver));
        if asks_for_leader {
            request.metadata_mut().insert("hasleader", "true".parse().unwrap());
        }
        let opening =
            tokio::spawn(async move { Ok(Watch::new(channel).watch(request).await?.into_inner()) });
        Self { requests, opening: Some(opening), answers: None }
    }

    async fn next(&mut self) -> Result<Option<api::WatchResponse>, Status> {
        if let Some(opening) = self.opening.take() {
            self.answers = Some(in_time(opening).await.unwrap()?);
        }
        in_time(self.answers.as_mut().unwrap().message()).await
    }

    async fn ask(&self, request: RequestUnion) {
        self.requests.send(api::WatchRequest { request_union: Some(request) }).await.unwrap();
    }

    /// Begins a watch, and returns its id and the revision before its first one.
    async fn create(&mut self, request: api::WatchCreateRequest) -> (i64, i64) {
        self.ask(RequestUnion::CreateRequest(request)).await;
        let created = self.answer().await;
        assert!(created.created && !created.canceled, "{created:?}");
        (created.watch_id, created.header.unwrap().revision)
    }

    async fn answer(&mut self) -> api::WatchResponse {
        let answer = self.next().await.unwrap().expect("the stream goes on");
        let header = answer.header.expect("every answer has a header");
        assert!(header.cluster_id > 0 && header.member_id > 0 && header.raft_term > 0);
        answer
    }

    async fn end(&mut self) -> Status {
        loop {
            match self.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("it ended without a reason"),
                Err(status) => return status,
            }
        }
    }
}

fn all(start_revision: i64) -> api::WatchCreateRequest {
    api::WatchCreateRequest {
        key: "\0".into(),
        range_end: "\0".into(),
        start_revision,
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_arrive_once_and_in_order() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel.clone());
    let mut stream = Stream::open(channel, true);
    let (_, begun) = stream.create(all(0)).await;
    let mut writer = kv.clone();
    let writes = tokio::spawn(async move {
        for number in 0..300 {
            writer.put(put(&format!("k{}", number % 7), &number.to_string())).await.unwrap();
        }
    });
    let mut told = Vec::new();
    while told.len() < 300 {
        let answer = stream.answer().await;
        told.extend(answer.events.into_iter().map(|event| event.kv.unwrap()));
        assert_eq!(answer.header.unwrap().revision, told.last().unwrap().mod_revision);
    }
    writes.await.unwrap();
    let numbers: Vec<String> =
        told.iter().map(|kv| String::from_utf8(kv.value.to_vec()).unwrap()).collect();
    assert_eq!(numbers, (0..300).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(told[0].mod_revision, begun + 1);
    let delete = api::DeleteRangeRequest { key: "k0".into(), ..Default::default() };
    kv.delete_range(delete).await.unwrap();
    assert_eq!(stream.answer().await.events[0].r#type, EventType::Delete as i32);
}

/// More than one answer has, and nothing happens meanwhile that would wake the stream.
#[tokio::test(flavor = "multi_thread")]
async fn a_watch_from_the_past_is_told_all_of_it() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel.clone());
    for _ in 0..10 {
        kv.put(put("k", &"v".repeat(300_000))).await.unwrap();
    }
    let mut stream = Stream::open(channel, false);
    stream.create(all(2)).await;
    let (mut told, mut answers) = (0, 0);
    while told < 10 {
        told += stream.answer().await.events.len();
        answers += 1;
    }
    assert!(answers > 1, "an answer has about 1 MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_from_a_compacted_revision_is_told_so() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel.clone());
    for value in ["1", "2", "3", "4"] {
        kv.put(put("k", value)).await.unwrap();
    }
    kv.compact(api::CompactionRequest { revision: 4, physical: true }).await.unwrap();
    let mut stream = Stream::open(channel, false);
    let (id, _) = stream.create(all(3)).await;
    let ended = stream.answer().await;
    assert_eq!((ended.watch_id, ended.canceled, ended.compact_revision), (id, true, 4));
    assert_eq!(ended.cancel_reason, "etcdserver: mvcc: required revision has been compacted");
    assert!(ended.events.is_empty());
    // The other watches of the stream go on, and one may begin at the revision itself.
    stream.create(all(4)).await;
    let revisions: Vec<i64> = stream
        .answer()
        .await
        .events
        .iter()
        .map(|event| event.kv.as_ref().unwrap().mod_revision)
        .collect();
    assert_eq!(revisions, [4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_are_cancelled_and_tell_how_far_they_are() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel.clone());
    let mut stream = Stream::open(channel, false);
    let (first, _) = stream.create(all(0)).await;
    let (second, _) = stream.create(api::WatchCreateRequest { watch_id: 77, ..all(0) }).await;
    assert_eq!((first, second), (0, 77));
    stream.ask(RequestUnion::CancelRequest(api::WatchCancelRequest { watch_id: first })).await;
    let canceled = stream.answer().await;
    assert_eq!((canceled.watch_id, canceled.canceled, canceled.compact_revision), (0, true, 0));
    let written = kv.put(put("k", "v")).await.unwrap().into_inner().header.unwrap().revision;
    let told = stream.answer().await;
    assert_eq!((told.watch_id, told.events.len()), (77, 1), "only the second is left");
    stream.ask(RequestUnion::ProgressRequest(api::WatchProgressRequest {})).await;
    let progress = stream.answer().await;
    assert_eq!((progress.watch_id, progress.header.unwrap().revision), (-1, written));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_watch_is_told_how_far_it_is() {
    let (cluster, _) = one_node().await;
    let settings =
        ApiSettings { progress_interval: Duration::from_millis(50), ..Default::default() };
    let channel = served_with(cluster.handle(NodeId(1)), settings).await;
    let mut stream = Stream::open(channel, false);
    let (_, revision) =
        stream.create(api::WatchCreateRequest { progress_notify: true, ..all(0) }).await;
    let progress = stream.answer().await;
    assert_eq!((progress.watch_id, progress.events.len()), (0, 0));
    assert_eq!(progress.header.unwrap().revision, revision);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_when_its_client_has_asked_for_everything() {
    let (_cluster, channel) = one_node().await;
    let requests = [RequestUnion::CreateRequest(all(0))]
        .map(|request| api::WatchRequest { request_union: Some(request) });
    let answers = Watch::new(channel.clone()).watch(tokio_stream::iter(requests)).await.unwrap();
    let mut answers = answers.into_inner();
    assert!(in_time(answers.message()).await.unwrap().unwrap().created);
    Kv::new(channel).put(put("k", "v")).await.unwrap();
    assert_eq!(in_time(answers.message()).await.unwrap().unwrap().events.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_asks_for_a_leader_ends_without_one() {
    let mut cluster = Cluster::start(3).await;
    cluster.leader().await;
    let settings =
        ApiSettings { leaderless_limit: Duration::from_millis(300), ..Default::default() };
    let served = served_with(cluster.handle(NodeId(1)), settings).await;
    let mut asking = Stream::open(served.clone(), true);
    let mut other = Stream::open(served, false);
    asking.create(all(0)).await;
    other.create(all(0)).await;
    cluster.stop(NodeId(2)).await;
    cluster.stop(NodeId(3)).await;
    let end = asking.end().await;
    assert_eq!((end.code(), end.message()), (Code::Unavailable, "etcdserver: no leader"));
    let read = api::RangeRequest { serializable: true, ..get("k") };
    let mut kv = Kv::new(channel(&url(&cluster, NodeId(1))));
    kv.range(read.clone()).await.unwrap();
    let mut asking = Request::new(read);
    asking.metadata_mut().insert("hasleader", "true".parse().unwrap());
    let refused = kv.range(asking).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::Unavailable, "etcdserver: no leader"));
    other.create(api::WatchCreateRequest { watch_id: 5, ..all(0) }).await;
}

/// A client that takes nothing is not waited for by others, and lacks nothing when it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_told_later_or_that_it_is_too_late() {
    let (_cluster, fast) = one_node().await;
    let slow = channel(&url(&_cluster, NodeId(1)));
    let mut stream = Stream::open(slow, false);
    let (id, begun) = stream.create(all(0)).await;
    let mut kv = Kv::new(fast);
    let large = "v".repeat(1 << 20);
    for _ in 0..40 {
        kv.put(put("k", &large)).await.unwrap();
    }
    let newest = begun + 40;
    kv.compact(api::CompactionRequest { revision: newest, physical: true }).await.unwrap();
    let mut next = begun + 1;
    loop {
        let answer = stream.answer().await;
        if answer.canceled {
            assert_eq!((answer.watch_id, answer.compact_revision), (id, newest));
            break;
        }
        for event in answer.events {
            assert_eq!(event.kv.unwrap().mod_revision, next, "none is left out");
            next += 1;
        }
    }
    assert!(next < newest, "it was told {} changes", next - begun);
}
