//! `helios node`: one server of a real cluster.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use raft_core::NodeId;
use raft_node::{ClusterFile, MemberLine, NodeConfig, PageConfig, RunningNode, host_and_port};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::certs::tls_files;

/// Run one server of a real cluster, with its log on disk and etcd's v3 API for clients.
///
/// The file describes the cluster, and is the same on every machine:
///
///     cluster = "try-out"
///
///     [[member]]
///     id = 1
///     name = "n1"
///     peer_url = "http://127.0.0.1:2380"
///     client_url = "http://127.0.0.1:2379"
///
/// SIGTERM and Ctrl-C stop the server; a leader hands over first.
/// It may be killed at any moment: what it acknowledged is on
/// disk.
///
/// Exit code: 0 if it was told to stop, 1 if it cannot go on, 2 if it does not start.
#[derive(Args)]
#[command(arg_required_else_help = true, verbatim_doc_comment)]
pub(crate) struct NodeArguments {
    /// Which of the members this server is.
    #[arg(long, env = "HELIOS_ID")]
    id: u64,
    /// Directory of its disk; made if it is not there.
    #[arg(long, env = "HELIOS_DATA", value_name = "DIR")]
    data: PathBuf,
    /// File that describes the cluster.
    #[arg(long, env = "HELIOS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// Address to listen on for other nodes; that of the member's peer_url by default.
    #[arg(long, env = "HELIOS_LISTEN_PEERS", value_name = "HOST:PORT")]
    listen_peers: Option<String>,
    /// Address to listen on for clients; that of the member's client_url by default.
    #[arg(long, env = "HELIOS_LISTEN_CLIENTS", value_name = "HOST:PORT")]
    listen_clients: Option<String>,
    /// Another address for a peer than the file and the cluster say, such as
    /// `2=http://10.0.0.9:2380`; may come several times.
    #[arg(long, value_name = "ID=URL", value_parser = reach)]
    reach: Vec<(NodeId, String)>,
    /// Address on which to tell metrics (`/metrics`) and health (`/livez`, `/readyz`), in plain
    /// HTTP; none by default.
    #[arg(long, env = "HELIOS_LISTEN_HTTP", value_name = "HOST:PORT")]
    listen_http: Option<String>,
    /// Show the cluster live in a browser: the directory with the page, as `trunk build --release`
    /// makes it in `dist`. Who opens the page sees all keys and values.
    #[arg(long, env = "HELIOS_PAGE", value_name = "DIR")]
    page: Option<PathBuf>,
    /// Address on which to serve the page, in plain HTTP.
    #[arg(long, env = "HELIOS_LISTEN_PAGE", value_name = "HOST:PORT", requires = "page")]
    #[arg(default_value = "127.0.0.1:8080")]
    listen_page: String,
    /// Certificate of this server, in PEM: it says `helios:node:ID`, as `helios certs` makes them.
    /// Peers and clients then speak TLS and show certificates too. The files are reloaded when they
    /// change.
    #[arg(long, env = "HELIOS_CERT", value_name = "FILE", requires_all = ["key", "ca"])]
    cert: Option<PathBuf>,
    /// Key of the certificate.
    #[arg(long, env = "HELIOS_KEY", value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Authorities that sign the certificates of peers and clients.
    #[arg(long, env = "HELIOS_CA", value_name = "FILE", requires = "cert")]
    ca: Option<PathBuf>,
    /// Speak plain text although other machines can reach this server.
    #[arg(long, conflicts_with = "cert")]
    plain_text: bool,
    /// Join a cluster that runs, which has added this server: the members of the file are not those
    /// of the first start.
    #[arg(long)]
    join: bool,
    /// How the log of the program is written.
    #[arg(long, env = "HELIOS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// An object a line.
    Json,
}

/// Runs a node until it is told to stop.
pub(crate) fn node(arguments: &NodeArguments) -> io::Result<u8> {
    begin_log(arguments.log_format);
    let config = match config(arguments) {
        Ok(config) => config,
        Err(reason) => return Ok(refused(&reason)),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let code = runtime.block_on(run(config))?;
    // Tasks of clients that still wait are not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    Ok(code)
}

async fn run(config: NodeConfig) -> io::Result<u8> {
    let (id, clients) = (config.id, config.listen_clients);
    let page = config.page.as_ref().map(|page| page.listen);
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let node = match RunningNode::start(config).await {
        Ok(node) => node,
        Err(error) => return Ok(refused(&error.to_string())),
    };
    tracing::info!(%id, %clients, "this node serves clients");
    if let Some(page) = page {
        tracing::info!("the page shows the cluster live: http://{page}/#attach");
    }
    let (stop, handle) = (node.stopper(), node.handle().clone());
    let ended = node.ended();
    tokio::pin!(ended);
    let ended = tokio::select! {
        ended = &mut ended => ended,
        () = told_to_stop(&mut terminated, &mut interrupted) => {
            handle.hand_over().await;
            stop();
            ended.await
        }
    };
    match ended {
        Ok(()) => {
            tracing::info!("stopped");
            Ok(0)
        }
        Err(reason) => {
            tracing::error!("{reason}");
            Ok(1)
        }
    }
}

async fn told_to_stop(terminated: &mut Signal, interrupted: &mut Signal) {
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
}

fn config(arguments: &NodeArguments) -> Result<NodeConfig, String> {
    let path = &arguments.config;
    let file = cluster_file(path)?;
    let id = NodeId(arguments.id);
    let own = file.member(id).ok_or_else(|| no_member(id, &file, path))?;
    let listen = |given: &Option<String>, url: &str| address(given.as_deref(), url);
    Ok(NodeConfig {
        id,
        data: arguments.data.clone(),
        cluster: file.cluster.clone(),
        initial: if arguments.join { Vec::new() } else { file.initial() },
        listen_peers: listen(&arguments.listen_peers, &own.peer_url)?,
        listen_clients: listen(&arguments.listen_clients, &own.client_url)?,
        peer_url: own.peer_url.clone(),
        name: own.name.clone(),
        client_urls: vec![own.client_url.clone()],
        reach: arguments.reach.iter().cloned().collect(),
        listen_http: arguments
            .listen_http
            .as_deref()
            .map(|given| address(Some(given), given))
            .transpose()?,
        page: arguments.page.as_deref().map(|page| page_config(page, arguments)).transpose()?,
        tls: tls_files(&arguments.cert, &arguments.key, &arguments.ca),
        plain_text: arguments.plain_text,
        request_timeout: Duration::from_secs(5),
        settings: file.settings(),
    })
}

fn page_config(directory: &Path, arguments: &NodeArguments) -> Result<PageConfig, String> {
    check_page(directory)?;
    let listen = address(Some(&arguments.listen_page), "")?;
    Ok(PageConfig { listen, directory: directory.to_owned() })
}

/// A file that describes a cluster.
pub(crate) fn cluster_file(path: &Path) -> Result<ClusterFile, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    ClusterFile::parse(&text)
        .map_err(|error| format!("{} is no description of a cluster: {error}", path.display()))
}

/// Whether a directory has a page.
pub(crate) fn check_page(directory: &Path) -> Result<(), String> {
    let index = directory.join("index.html");
    let missing = || format!("{} is not there: build the page first", index.display());
    index.is_file().then_some(()).ok_or_else(missing)
}

fn no_member(id: NodeId, file: &ClusterFile, path: &Path) -> String {
    let known: Vec<String> =
        file.members.iter().map(|MemberLine { id, .. }| id.to_string()).collect();
    format!("{} has no member with the id {id}; it has {}", path.display(), known.join(", "))
}

/// The address to listen on: the one that is given, or that of a URL.
fn address(given: Option<&str>, url: &str) -> Result<std::net::SocketAddr, String> {
    use std::net::ToSocketAddrs;

    let place = match given {
        Some(given) => given,
        None => host_and_port(url)
            .ok_or_else(|| format!("{url} is no URL such as http://10.0.0.1:2380"))?,
    };
    let mut found = place.to_socket_addrs().map_err(|error| format!("{place}: {error}"))?;
    found.next().ok_or_else(|| format!("{place} has no address"))
}

/// A peer and its address.
fn reach(text: &str) -> Result<(NodeId, String), String> {
    let expected = || "a peer and its address, such as 2=http://10.0.0.9:2380, are expected";
    let (id, url) = text.split_once('=').ok_or_else(expected)?;
    let id = id.parse().map_err(|_| expected())?;
    host_and_port(url).ok_or_else(expected)?;
    Ok((NodeId(id), url.to_owned()))
}

fn begin_log(format: LogFormat) {
    use tracing_subscriber::EnvFilter;
    use tracing_subscriber::filter::LevelFilter;

    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .with_env_var("HELIOS_LOG")
        .from_env_lossy();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let log = log.with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

pub(crate) fn refused(reason: &str) -> u8 {
    eprintln!("helios: {reason}");
    2
}
