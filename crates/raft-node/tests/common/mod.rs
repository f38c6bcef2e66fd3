//! A cluster of nodes in this process.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use raft_core::{NodeId, Settings};
use raft_mvcc::{Command, Operation, Put, Range};
use raft_node::{InitialMember, MemberInfo, NodeConfig, NodeHandle, RunningNode, default_settings};

/// What a server answers over HTTP: the first line, and the body.
pub(crate) async fn http(address: SocketAddr, path: &str) -> (String, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("it is HTTP");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

/// Nodes with their disks in a directory that goes with them.
pub(crate) struct Cluster {
    configs: BTreeMap<NodeId, NodeConfig>,
    running: BTreeMap<NodeId, RunningNode>,
    directory: PathBuf,
}

/// Nothing in these tests takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

impl Cluster {
    /// Starts nodes with the ids from 1.
    pub(crate) async fn start(nodes: u64) -> Self {
        Self::start_with(nodes, default_settings()).await
    }

    /// Starts nodes with these settings of the protocol.
    pub(crate) async fn start_with(nodes: u64, settings: Settings) -> Self {
        let mut cluster = Self::prepare(nodes, settings);
        for node in cluster.ids() {
            cluster.start_again(node).await;
        }
        cluster
    }

    /// Nodes that do not run yet.
    pub(crate) fn prepare(nodes: u64, settings: Settings) -> Self {
        let directory = directory();
        let members: Vec<InitialMember> = (1..=nodes).map(member).collect();
        let configs = members.iter().map(|member| {
            let config = NodeConfig {
                id: member.id,
                data: directory.join(format!("n{}", member.id)),
                cluster: "test".to_owned(),
                initial: members.clone(),
                listen_peers: address(&member.info.peer_urls[0]),
                listen_clients: address(&member.info.client_urls[0]),
                peer_url: member.info.peer_urls[0].clone(),
                name: member.info.name.clone(),
                client_urls: member.info.client_urls.clone(),
                reach: BTreeMap::new(),
                listen_http: Some(SocketAddr::from(([127, 0, 0, 1], free_port()))),
                page: None,
                tls: None,
                plain_text: false,
                request_timeout: Duration::from_secs(5),
                settings: settings.clone(),
            };
            (member.id, config)
        });
        Self { configs: configs.collect(), running: BTreeMap::new(), directory }
    }

    /// The settings of a node that does not run.
    pub(crate) fn config(&mut self, node: NodeId) -> &mut NodeConfig {
        self.configs.get_mut(&node).expect("it is prepared")
    }

    pub(crate) fn ids(&self) -> Vec<NodeId> {
        self.configs.keys().copied().collect()
    }

    pub(crate) fn handle(&self, node: NodeId) -> &NodeHandle {
        self.running[&node].handle()
    }

    pub(crate) async fn start_again(&mut self, node: NodeId) {
        let started = RunningNode::start(self.configs[&node].clone()).await;
        self.running.insert(node, started.expect("it starts"));
    }

    pub(crate) async fn stop(&mut self, node: NodeId) {
        let running = self.running.remove(&node).expect("it runs");
        running.stopper()();
        running.ended().await.expect("it was told to");
    }

    /// What a node answers over HTTP: the first line, and the body.
    pub(crate) async fn http(&self, node: NodeId, path: &str) -> (String, String) {
        http(self.configs[&node].listen_http.expect("it listens"), path).await
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The number of files of a node whose names end so.
    pub(crate) fn files(&self, node: NodeId, end: &str) -> usize {
        let entries = std::fs::read_dir(&self.configs[&node].data).expect("it has a directory");
        let names = entries.map(|entry| entry.expect("it is read").file_name());
        names.filter(|name| name.to_string_lossy().ends_with(end)).count()
    }

    /// The leader that a quorum follows.
    pub(crate) async fn leader(&self) -> NodeId {
        let begun = Instant::now();
        loop {
            for (id, node) in &self.running {
                let is_leader = node.handle().published().leader == Some(*id);
                if is_leader && node.handle().read_barrier().await.is_ok() {
                    return *id;
                }
            }
            assert!(begun.elapsed() < PATIENCE, "no leader");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Tries until it is done.
    pub(crate) async fn put(&self, node: NodeId, key: &str, value: &str) {
        let put =
            Put { key: key.to_owned().into(), value: value.to_owned().into(), ..Put::default() };
        let command = Command::new(Operation::Put(put));
        let begun = Instant::now();
        while let Err(error) = self.handle(node).propose(&command).await {
            assert!(begun.elapsed() < PATIENCE, "{error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Reads what all commands before it left, tries until it may.
    pub(crate) async fn get(&self, node: NodeId, key: &str) -> Option<String> {
        let begun = Instant::now();
        while let Err(error) = self.handle(node).read_barrier().await {
            assert!(begun.elapsed() < PATIENCE, "{error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let published = self.handle(node).published();
        let range = Range { key: key.to_owned().into(), ..Range::default() };
        let found = published.store.range(&range).expect("it is now").kvs.into_iter().next()?;
        Some(String::from_utf8_lossy(&found.value).into_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.running.values().for_each(|node| node.stopper()());
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn member(id: u64) -> InitialMember {
    let url = |port: u16| vec![format!("http://127.0.0.1:{port}")];
    let info = MemberInfo {
        name: format!("n{id}"),
        peer_urls: url(free_port()),
        client_urls: url(free_port()),
    };
    InitialMember { id: NodeId(id), info }
}

fn address(url: &str) -> SocketAddr {
    let place = raft_node::host_and_port(url).expect("it is a URL");
    place.parse().expect("it is an address")
}

/// A port that nobody listens on, and that no connection gets by itself: it must be free again when
/// its node starts again.
pub(crate) fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Below those that Linux gives to connections.
    const PORTS: std::ops::Range<u32> = 23_000..32_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Tests of other processes begin elsewhere.
    let first = std::process::id().wrapping_mul(37);
    loop {
        let next = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + next % (PORTS.end - PORTS.start);
        let port = u16::try_from(port).expect("it is a port");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn directory() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("helios-node-{}-{number}", std::process::id()))
}
