//! etcd's v3 API: the services that clients call.
//!
//! A service maps a request to a command of the log ([`NodeHandle::propose`]) or to a read of the
//! state that was published last. A linearizable read first asks for a barrier; a serializable one
//! reads at once. Where etcd answers something, this answers the same, in the same words.
//!
//! | file | service |
//! |---|---|
//! | `kv.rs` | `KV`; `convert.rs` has the requests and answers |
//! | `watch.rs` | `Watch`; `watch/` has what a stream watches |
//! | `lease.rs` | `Lease` |
//! | `cluster.rs` | `Cluster` |
//! | `maintenance.rs` | `Maintenance`; `snapshot.rs` has the file of a snapshot |
//! | `auth.rs` | `Auth`, which is refused |
//!
//! `roles.rs` has what the certificate of a client allows.
//!
//! `error.rs` has all texts and codes, `header.rs` what services share, `session.rs` the metadata
//! of retries, and `authority.rs` mends requests that HTTP/2 forbids.

mod auth;
mod authority;
mod cluster;
mod convert;
mod error;
mod header;
mod kv;
mod lease;
mod maintenance;
mod roles;
mod session;
mod snapshot;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use etcd_api::etcdserverpb as etcd;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Status};
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

use crate::NodeHandle;
use error::ApiError;
use header::Context;

pub(crate) use authority::Mended;
pub use snapshot::{SnapshotFileError, store_in_snapshot};

/// The longest request that writes, as in etcd. A longer one is refused in etcd's words.
const MAX_REQUEST_BYTES: usize = 3 << 19;

/// The longest message that is decoded, so that a request above [`MAX_REQUEST_BYTES`] is refused in
/// words.
const MAX_DECODED_BYTES: usize = 4 << 20;

/// The version of etcd whose API this is, which clients ask for to know what they can use.
const API_VERSION: &str = concat!("3.5.0+helios-", env!("CARGO_PKG_VERSION"));

/// What can be set of the services.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApiSettings {
    /// A watch without events is told so often up to which revision it has been told all, if it
    /// wants that. Default: 10 minutes, as in etcd.
    pub progress_interval: Duration,
    /// The most watches of one stream. More are refused. Default: 10,000.
    pub max_watches_of_stream: usize,
    /// The most watches of the node. More are refused. Default: 200,000.
    pub max_watches: usize,
    /// A stream that asks for a leader ends when there was none for so long. Default: 3 s.
    pub leaderless_limit: Duration,
    /// A request waits so long for a leader, unless its metadata say `hasleader: true`. Default:
    /// 2 s, within which a leader is elected.
    pub leader_wait: Duration,
    /// A transfer of leadership is complete within this time, or has failed. Default: 5 s.
    pub transfer_timeout: Duration,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            progress_interval: Duration::from_secs(600),
            max_watches_of_stream: 10_000,
            max_watches: 200_000,
            leaderless_limit: Duration::from_secs(3),
            leader_wait: Duration::from_secs(2),
            transfer_timeout: Duration::from_secs(5),
        }
    }
}

/// The services of a node for clients.
pub fn services(handle: NodeHandle, settings: ApiSettings) -> Routes {
    let leader = has_leader(handle.clone());
    let context = Context { handle, settings: Arc::new(settings) };
    let kv = etcd::kv_server::KvServer::new(kv::KvService(context.clone()))
        .max_decoding_message_size(MAX_DECODED_BYTES);
    let watch = etcd::watch_server::WatchServer::new(watch::WatchService::new(context.clone()));
    let lease = etcd::lease_server::LeaseServer::new(lease::LeaseService(context.clone()));
    let cluster =
        etcd::cluster_server::ClusterServer::new(cluster::ClusterService(context.clone()));
    let maintenance = maintenance::MaintenanceService::new(context);
    let maintenance = etcd::maintenance_server::MaintenanceServer::new(maintenance);
    Routes::new(InterceptedService::new(kv, leader.clone()))
        .add_service(InterceptedService::new(watch, leader.clone()))
        .add_service(InterceptedService::new(lease, leader.clone()))
        .add_service(InterceptedService::new(cluster, leader))
        .add_service(maintenance)
        .add_service(auth::NoUsers)
        .add_service(reflection())
}

/// Tells programs such as grpcurl which services and methods there are.
fn reflection() -> ServerReflectionServer<impl ServerReflection> {
    let definitions = [etcd_api::DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET];
    let mut builder = tonic_reflection::server::Builder::configure();
    for definitions in definitions {
        builder = builder.register_encoded_file_descriptor_set(definitions);
    }
    builder.build_v1().expect("our own definitions decode")
}

/// The same services, for clients whose certificates say what they may do.
pub(crate) fn with_roles(services: Routes) -> Routes {
    Routes::from(services.into_axum_router().layer(axum::middleware::from_fn(roles::check)))
}

/// Refuses a call that asks for a leader while the node knows none.
fn has_leader(
    handle: NodeHandle,
) -> impl FnMut(Request<()>) -> Result<Request<()>, Status> + Clone + Send + Sync + 'static {
    move |request| match asks_for_leader(&request) && handle.published().leader.is_none() {
        true => Err(ApiError::NoLeader.into()),
        false => Ok(request),
    }
}

/// Whether a call is to end when there is no leader: etcd's clients say so in the metadata.
fn asks_for_leader<T>(request: &Request<T>) -> bool {
    request.metadata().get("hasleader").is_some_and(|value| value == "true")
}
