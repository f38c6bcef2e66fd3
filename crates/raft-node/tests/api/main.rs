//! etcd's API, as its clients see it: our own messages, the crate `etcd-client`, and `etcdctl`.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "each test uses some of it")]
mod common;

mod errors;
mod etcd_client;
mod etcdctl;
mod health;
mod leases;
mod members;
mod reads_and_writes;
mod sessions;
mod watches;

use std::time::Duration;

use common::Cluster;
use etcd_api::etcdserverpb as api;
use raft_core::NodeId;
use raft_node::api::ApiSettings;
use raft_node::{MemberInfo, NodeHandle};
use tonic::transport::{Channel, Endpoint, Server};

type Kv = api::kv_client::KvClient<Channel>;
type Watch = api::watch_client::WatchClient<Channel>;
type Lease = api::lease_client::LeaseClient<Channel>;
type Members = api::cluster_client::ClusterClient<Channel>;
type Maintenance = api::maintenance_client::MaintenanceClient<Channel>;

/// Nothing in these tests takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A cluster of one node that leads, and a connection to it.
async fn one_node() -> (Cluster, Channel) {
    let cluster = Cluster::start(1).await;
    cluster.leader().await;
    let channel = channel(&url(&cluster, NodeId(1)));
    (cluster, channel)
}

/// Where clients reach a node.
fn url(cluster: &Cluster, node: NodeId) -> String {
    let state = cluster.handle(node).published();
    MemberInfo::of(&state.membership, node).client_urls.remove(0)
}

fn channel(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned()).unwrap().connect_lazy()
}

/// The services of a node once more, with other settings.
async fn served_with(handle: &NodeHandle, settings: ApiSettings) -> Channel {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let services = raft_node::api::services(handle.clone(), settings);
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    tokio::spawn(Server::builder().add_routes(services).serve_with_incoming(incoming));
    channel(&url)
}

fn put(key: &str, value: &str) -> api::PutRequest {
    api::PutRequest {
        key: key.to_owned().into(),
        value: value.to_owned().into(),
        ..api::PutRequest::default()
    }
}

fn get(key: &str) -> api::RangeRequest {
    api::RangeRequest { key: key.to_owned().into(), ..api::RangeRequest::default() }
}

/// What an answer that did not come in time says.
async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it comes in time")
}
