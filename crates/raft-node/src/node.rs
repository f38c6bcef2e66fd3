//! A node: its start, its services and its end.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::resource::Resource::RLIMIT_NOFILE;
use nix::sys::resource::{getrlimit, setrlimit};
use raft_core::{Config, Membership, RestartError};
use raft_server::Replica;
use raft_storage::{StorageError, recover};
use raft_storage_file::{Directory, FileDisk, FileDiskError, Options, SnapshotFiles};
use raft_tls::{Tls, TlsError};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::StreamExt;
use tonic::transport::Server;

use crate::driver::{Driver, Inboxes, Outboxes, Report};
use crate::handle::Shared;
use crate::leases::{self, Leases};
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::peers::proto::peer_server::PeerServer;
use crate::peers::{CONNECTION_WINDOW, MAX_FRAME_BYTES, Outbox, PeerService, Peers, STREAM_WINDOW};
use crate::{
    NodeConfig, NodeConfigError, NodeHandle, Published, alarms, api, clock, http, identity,
    introduction, watch,
};

/// A node that runs. Dropping it leaves it running; [`stopper`](Self::stopper) ends
/// it.
#[derive(Debug)]
pub struct RunningNode {
    handle: NodeHandle,
    reports: mpsc::UnboundedSender<Report>,
    driver: JoinHandle<Result<(), String>>,
    /// They end with the node.
    tasks: JoinSet<Result<(), tonic::transport::Error>>,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeStartError {
    /// Its settings.
    #[error("{0}")]
    Config(#[from] NodeConfigError),
    /// Its directory cannot be opened.
    #[error("the directory {path} cannot be opened: {error}")]
    Directory {
        /// The directory.
        path: String,
        /// The error.
        error: io::Error,
    },
    /// The directory is that of another node.
    #[error("the directory {path} belongs to {of}, and this is {own}")]
    OtherIdentity {
        /// The directory.
        path: String,
        /// Whose it is.
        of: String,
        /// Who this is.
        own: String,
    },
    /// Its files.
    #[error("{0}")]
    Files(#[from] FileDiskError),
    /// The records in its files.
    #[error("{0}")]
    Records(#[from] StorageError),
    /// What the records say and the settings say.
    #[error("{0}")]
    Restart(#[from] RestartError),
    /// Its certificate.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// Its certificate is not for this node.
    #[error("the certificate is for {of}, and this is node {id}")]
    OtherCertificate {
        /// Whom it is for.
        of: String,
        /// This node.
        id: u64,
    },
    /// An address cannot be listened on.
    #[error("{address} cannot be listened on: {error}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The error.
        error: io::Error,
    },
}

/// Requests and batches of messages that wait for the driver; more are refused, or wait outside.
const QUEUE: usize = 16 << 10;
const MESSAGES: usize = 1024;

/// The most connections of peers, and of clients.
const PEERS: usize = 256;
const CLIENTS: usize = 20_000;

/// A connection that is silent is asked so often, and given up after as long without an answer.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// The files of certificates are looked at so often.
const RELOAD: Duration = Duration::from_secs(1);

impl RunningNode {
    /// Starts a node on the present runtime of tokio.
    ///
    /// # Errors
    /// See [`NodeStartError`]. Nothing runs then.
    pub async fn start(config: NodeConfig) -> Result<Self, NodeStartError> {
        let membership = config.membership()?;
        config.check_security()?;
        let tls = config.tls.clone().map(Tls::load).transpose()?;
        check_certificate(tls.as_ref(), config.id)?;
        let listeners = Listeners::bind(&config).await?;
        let (disk, recovered, cut) = open(&config)?;
        let life = RandomState::new().hash_one(config.id);
        let replica = replica(&config, membership, recovered, life)?;
        let metrics = Metrics::default();
        metrics.cut_off(cut);
        let peers = Arc::new(Peers {
            cluster: config.cluster_id(),
            node: config.id,
            url: config.peer_url.clone(),
            reach: config.reach.clone(),
            tls: tls.clone(),
            metrics: metrics.clone(),
            silence: config.settings.election_timeout_max,
            heard: std::sync::Mutex::default(),
            channels: std::sync::Mutex::default(),
        });
        let (reports, report_inbox) = mpsc::unbounded_channel();
        let (messages, message_inbox) = mpsc::channel(MESSAGES);
        let (requests, request_inbox) = mpsc::channel(QUEUE);
        let first = Published::of(&replica, Arc::new(replica.core().membership().clone()));
        let (publisher, published) = tokio::sync::watch::channel(Arc::new(first));
        let files = SnapshotFiles::new(&config.data);
        let (work, disk) = start_disk(disk, reports.clone(), metrics.clone());
        let outboxes = Outboxes {
            reports: reports.clone(),
            disk: work,
            metrics: metrics.clone(),
            files: start_files(files.clone(), reports.clone()),
            peers: Outbox::new(peers.clone(), tokio::runtime::Handle::current()),
            published: publisher,
        };
        let inboxes =
            Inboxes { reports: report_inbox, messages: message_inbox, requests: request_inbox };
        let driver = thread("replica", move || {
            let ended = drive(Driver::new(replica, outboxes, files), inboxes);
            // The directory is free for the next start when the thread of the disk has ended.
            disk.join().map_err(|_| "the thread of the disk panicked".to_owned())?;
            ended
        });
        let leases = Leases::new(published.clone());
        let shared = Shared {
            node: config.id,
            cluster: config.cluster_id(),
            life,
            requests,
            published,
            leases,
            peers: peers.clone(),
            request_timeout: config.request_timeout,
            reports: reports.clone(),
            metrics: metrics.clone(),
        };
        let handle = NodeHandle { shared: Arc::new(shared) };
        let service = PeerService { peers, messages, handle: handle.clone() };
        let mut tasks = serve(&handle, service, listeners, tls.as_ref());
        tasks.spawn(endless(leases::end_leases(handle.clone())));
        tasks.spawn(endless(alarms::watch_disk(handle.clone())));
        let (name, urls) = (config.name.clone(), config.client_urls.clone());
        tasks.spawn(endless(introduction::introduce(handle.clone(), name, urls)));
        if let Some(tls) = tls {
            tasks.spawn(endless(tls.keep_reloading(RELOAD)));
        }
        Ok(Self { handle, reports, driver, tasks })
    }

    /// The node, for services and tests.
    pub fn handle(&self) -> &NodeHandle {
        &self.handle
    }

    /// Waits until the node has ended, by itself or because it was told to. Its directory and its
    /// addresses are free then.
    ///
    /// # Errors
    /// Why it ended by itself: its disk failed, or holds what cannot be.
    pub async fn ended(mut self) -> Result<(), String> {
        let driver = tokio::task::spawn_blocking(|| self.driver.join());
        let ended = tokio::select! {
            ended = driver => match ended {
                Ok(Ok(result)) => result,
                Ok(Err(_)) | Err(_) => Err("the thread of the replica panicked".to_owned()),
            },
            Some(task) = self.tasks.join_next() => match task {
                Ok(Ok(())) => Err("it serves nobody any more".to_owned()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            },
        };
        self.tasks.shutdown().await;
        ended
    }

    /// Ends the node when it is called: nothing that was acknowledged is lost.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + use<> {
        let reports = self.reports.clone();
        move || drop(reports.send(Report::Stop))
    }
}

fn server() -> Server {
    Server::builder()
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(1 << 20)
        // Who is gone without a word does not keep a connection.
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
}

/// Where a node listens.
struct Listeners {
    peers: TcpListener,
    clients: TcpListener,
    http: Option<TcpListener>,
    page: Option<(TcpListener, PathBuf)>,
}

impl Listeners {
    async fn bind(config: &NodeConfig) -> Result<Self, NodeStartError> {
        let http = match config.listen_http {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let page = match &config.page {
            Some(page) => Some((listen(page.listen).await?, page.directory.clone())),
            None => None,
        };
        let (peers, clients) =
            (listen(config.listen_peers).await?, listen(config.listen_clients).await?);
        Ok(Self { peers, clients, http, page })
    }
}

fn replica(
    config: &NodeConfig,
    membership: Membership,
    recovered: raft_core::Recovered,
    life: u64,
) -> Result<Replica<Machine, crate::driver::Caller>, RestartError> {
    let mut core = Config::new(config.id, membership);
    core.snapshot_files = true;
    core.settings = config.settings.clone();
    core.seed = life;
    Replica::new(core, recovered, Machine::new(life), clock::now())
}

/// Serves peers, clients and those who look at metrics.
fn serve(
    handle: &NodeHandle,
    peers: PeerService,
    listeners: Listeners,
    tls: Option<&Tls>,
) -> JoinSet<Result<(), tonic::transport::Error>> {
    let mut tasks = JoinSet::new();
    let peers = PeerServer::new(peers).max_decoding_message_size(MAX_FRAME_BYTES);
    let of_peers = raft_tls::listen(listeners.peers, tls.cloned(), PEERS);
    // Nobody sends the signal, but connections watch for it, and also end when the server does.
    let never = std::future::pending;
    let of_peers = server().add_service(peers).serve_with_incoming_shutdown(of_peers, never());
    tasks.spawn(of_peers);
    let (reporter, health) = tonic_health::server::health_reporter();
    tasks.spawn(endless(http::report_health(handle.clone(), reporter)));
    let clients = api::services(handle.clone(), api::ApiSettings::default()).add_service(health);
    // In plain text nobody says who they are.
    let clients = if tls.is_some() { api::with_roles(clients) } else { clients };
    let of_clients = raft_tls::listen(listeners.clients, tls.cloned(), client_limit());
    let of_clients = of_clients.map(|accepted| accepted.map(api::Mended::new));
    let of_clients = server().add_routes(clients).serve_with_incoming_shutdown(of_clients, never());
    tasks.spawn(of_clients);
    if let Some(listener) = listeners.http {
        let served = axum::serve(listener, http::router(handle.clone()));
        tasks.spawn(endless(async { drop(served.await) }));
    }
    if let Some((listener, page)) = listeners.page {
        let served = axum::serve(listener, watch::router(handle.clone(), &page));
        tasks.spawn(endless(async { drop(served.await) }));
    }
    tasks
}

/// The most connections of clients: so many that there are file handles left for the disk and for
/// peers.
fn client_limit() -> usize {
    let handles = RLIMIT_NOFILE;
    let limit = match getrlimit(handles) {
        // What the process may have it takes.
        Ok((soft, hard)) => setrlimit(handles, hard, hard).map_or(soft, |()| hard),
        Err(_) => return CLIENTS,
    };
    let free = limit.saturating_sub(2 * PEERS as u64).max(limit / 2);
    usize::try_from(free).unwrap_or(usize::MAX).min(CLIENTS)
}

async fn endless(task: impl Future<Output = ()>) -> Result<(), tonic::transport::Error> {
    task.await;
    Ok(())
}

fn start_disk(
    disk: FileDisk<Directory>,
    reports: mpsc::UnboundedSender<Report>,
    metrics: Metrics,
) -> (std::sync::mpsc::Sender<raft_core::Persist>, JoinHandle<()>) {
    let (work, inbox) = std::sync::mpsc::channel();
    (work, thread("disk", move || crate::disk::run(disk, &inbox, &reports, &metrics)))
}

fn start_files(
    files: SnapshotFiles,
    reports: mpsc::UnboundedSender<Report>,
) -> std::sync::mpsc::Sender<raft_core::FileTask> {
    let (tasks, inbox) = std::sync::mpsc::channel();
    thread("snapshots", move || crate::files::run(&files, &inbox, &reports));
    tasks
}

fn check_certificate(tls: Option<&Tls>, id: raft_core::NodeId) -> Result<(), NodeStartError> {
    let Some(identity) = tls.map(Tls::identity) else { return Ok(()) };
    if identity.node == Some(id.0) {
        return Ok(());
    }
    let of = identity.node.map_or(identity.name, |node| format!("node {node}"));
    Err(NodeStartError::OtherCertificate { of, id: id.0 })
}

async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, NodeStartError> {
    TcpListener::bind(address).await.map_err(|error| NodeStartError::Listen { address, error })
}

/// The disk, what it holds, and the bytes that were cut off from it.
fn open(
    config: &NodeConfig,
) -> Result<(FileDisk<Directory>, raft_core::Recovered, u64), NodeStartError> {
    let directory = Directory::open(&config.data).map_err(|error| {
        let path = config.data.display().to_string();
        NodeStartError::Directory { path, error }
    })?;
    identity::claim(&config.data, config.id, config.cluster_id())?;
    let (mut disk, records, report) = FileDisk::open(directory, Options::default())?;
    if report.cut > 0 {
        tracing::warn!(bytes = report.cut, "a torn end of the log was cut off");
    }
    let recovered = recover(config.id, &records)?;
    let orphans = records.without_orphans(&recovered);
    if !orphans.is_empty() {
        disk.append(&orphans)?;
        disk.flush()?;
    }
    Ok((disk, recovered, report.cut))
}

fn thread<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(run).expect("the machine has room for a thread")
}

/// Runs the driver on a runtime of its own, so that no task of clients is in its way.
fn drive(driver: Driver, inboxes: Inboxes) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(|error| error.to_string())?.block_on(driver.run(inboxes))
}
