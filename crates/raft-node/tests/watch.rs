//! What the page is told of a cluster, over a WebSocket.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

#[path = "common/mod.rs"]
#[allow(dead_code, reason = "each test uses some of it")]
mod common;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::Cluster;
use raft_core::NodeId;
use raft_node::{PageConfig, default_settings};
use raft_trace::{RecordedRun, TraceSource, TraceState, judge, read_trace};
use tokio_stream::StreamExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Nothing in these tests takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A cluster of which node 1 shows the page.
async fn cluster() -> (Cluster, SocketAddr) {
    let mut cluster = Cluster::prepare(3, default_settings());
    let listen = SocketAddr::from(([127, 0, 0, 1], common::free_port()));
    let directory = cluster.directory().join("page");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("index.html"), "<title>the page</title>").unwrap();
    cluster.config(NodeId(1)).page = Some(PageConfig { listen, directory });
    for node in cluster.ids() {
        cluster.start_again(node).await;
    }
    (cluster, listen)
}

async fn attach(page: SocketAddr) -> Viewer {
    let (socket, _) =
        tokio_tungstenite::connect_async(format!("ws://{page}/attach")).await.unwrap();
    Viewer { socket, text: String::new() }
}

/// One who watches, and all that it was told.
struct Viewer {
    socket: Socket,
    text: String,
}

impl Viewer {
    /// Reads until what it was told is enough. It is a whole trace at any time.
    async fn read_until(&mut self, is_enough: impl Fn(&RecordedRun) -> bool) -> RecordedRun {
        let begun = Instant::now();
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            if let Message::Text(text) = next.expect("it is told").unwrap().unwrap() {
                self.text.push_str(&text);
            }
            if self.text.lines().count() < 2 {
                continue;
            }
            let run = read_trace(self.text.as_bytes(), Some(TraceSource::Helios)).unwrap();
            if is_enough(&run) {
                return run;
            }
            assert!(begun.elapsed() < PATIENCE, "{}", self.text);
        }
    }
}

fn state(run: &RecordedRun) -> TraceState {
    let mut state = TraceState::beginning(run);
    run.steps.iter().for_each(|step| state.take(step));
    state
}

fn has(run: &RecordedRun, kind: &str, words: &str) -> bool {
    run.steps.iter().any(|step| step.kind == kind && step.text.contains(words))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_attaches_is_told_the_state_and_all_that_follows() {
    let (cluster, page) = cluster().await;
    let leader = cluster.leader().await;
    cluster.put(leader, "before", "1").await;
    let mut viewer = attach(page).await;
    viewer
        .read_until(|run| run.steps.iter().filter(|step| step.kind == "observed").count() >= 3)
        .await;
    cluster.put(leader, "greeting", "hello").await;
    let is_everywhere = |run: &RecordedRun| {
        let applied = |step: &&raft_trace::TraceStep| step.kind == "applied";
        run.steps.iter().filter(applied).count() >= 3
    };
    let run = viewer.read_until(is_everywhere).await;
    let state = state(&run);
    let status = cluster.handle(leader).status().await.unwrap();
    for node in cluster.ids() {
        let told = state.node(node).unwrap();
        assert_eq!((told.is_up, told.term), (true, status.current_term), "node {node}");
        assert_eq!(told.commit_index, status.commit_index, "node {node}");
        let entry = told.log.get(status.commit_index).unwrap();
        let raft_core::Payload::Command(words) = &entry.payload else { panic!("{entry:?}") };
        assert_eq!(&words[..], b"put greeting = hello");
    }
    for kind in ["sent", "delivered", "write_issued", "write_durable", "committed", "applied"] {
        assert!(has(&run, kind, ""), "no {kind}");
    }
    // Who is told that a message arrived was told before that it was sent, unless that was before
    // all it was told.
    let arrived = run.steps.iter().filter(|step| step.kind == "delivered");
    let (known, unknown): (Vec<_>, Vec<_>) = arrived.partition(|step| step.cause.is_some());
    assert!(known.len() > unknown.len(), "{} and {}", known.len(), unknown.len());
    assert_eq!(judge(&run).broken.map(|broken| broken.sentence.to_string()), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_leader_is_seen_and_so_is_why_it_was_elected() {
    let (mut cluster, page) = cluster().await;
    let mut leader = cluster.leader().await;
    if leader == NodeId(1) {
        // The page goes with its node.
        cluster.handle(leader).transfer_leadership(NodeId(2)).await.unwrap();
        while leader == NodeId(1) {
            leader = cluster.leader().await;
        }
    }
    let mut viewer = attach(page).await;
    viewer.read_until(|run| has(run, "observed", "leader")).await;
    cluster.stop(leader).await;
    let gone = format!("node {leader} cannot be seen");
    let seen = |run: &RecordedRun| has(run, "became_leader", "") && has(run, "out_of_sight", &gone);
    let run = viewer.read_until(seen).await;
    // Nobody knows whether it is down.
    assert_eq!(state(&run).node(leader).unwrap().role, None);
    assert!(has(&run, "election_started", "") && has(&run, "vote_counted", ""));
    cluster.start_again(leader).await;
    let name = format!("node {leader} ");
    let is_back = |run: &RecordedRun| {
        let gone = run.steps.iter().rposition(|step| step.text.starts_with(&gone));
        let back =
            run.steps.iter().rposition(|step| step.kind == "observed" && step.text.contains(&name));
        back > gone
    };
    let run = viewer.read_until(is_back).await;
    assert!(state(&run).node(leader).unwrap().role.is_some());
    assert_eq!(judge(&run).broken.map(|broken| broken.sentence.to_string()), None);
}

/// The second one has a trace of its own, from its first line on, and disturbs the first one not.
#[tokio::test(flavor = "multi_thread")]
async fn several_may_watch() {
    let (cluster, page) = cluster().await;
    let leader = cluster.leader().await;
    let mut first = attach(page).await;
    first.read_until(|run| run.steps.len() > 20).await;
    let mut second = attach(page).await;
    second.read_until(|run| run.steps.len() > 20).await;
    cluster.put(leader, "k", "shared").await;
    for viewer in [&mut first, &mut second] {
        let run = viewer.read_until(|run| has(run, "applied", "")).await;
        let states = run.steps.iter().filter(|step| step.kind == "observed");
        assert_eq!(states.count(), 3, "once for each server");
        let entry = state(&run).node(leader).unwrap().log.last();
        assert_eq!(entry.index, cluster.handle(leader).published().applied);
        assert_eq!(judge(&run).broken.map(|broken| broken.sentence.to_string()), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_are_refused_and_the_page_is_served() {
    let (_cluster, page) = cluster().await;
    let mut request = format!("ws://{page}/attach").into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://example.org".parse().unwrap());
    let refused = tokio_tungstenite::connect_async(request).await.unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
    let (head, body) = common::http(page, "/").await;
    assert!(head.contains("200") && body.contains("the page"), "{head} {body}");
    let (head, _) = common::http(page, "/../n1/identity").await;
    assert!(head.contains("404") || head.contains("400"), "{head}");
}

/// Who opens the page sees all keys.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_for_this_machine_unless_that_is_meant() {
    let mut cluster = Cluster::prepare(1, default_settings());
    let directory = cluster.directory().join("page");
    let listen = SocketAddr::from(([0, 0, 0, 0], common::free_port()));
    let config = cluster.config(NodeId(1));
    config.page = Some(PageConfig { listen, directory });
    let refused = raft_node::RunningNode::start(config.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("the page shows all keys"), "{refused}");
}
