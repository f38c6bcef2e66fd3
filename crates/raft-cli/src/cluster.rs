//! `helios cluster`: clusters of processes on this machine.

mod trial;

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use clap::{Args, Subcommand};
use raft_node::{ClusterFile, MemberLine};

use crate::node;

/// Run a real cluster on this machine, for the first five minutes.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct ClusterArguments {
    #[command(subcommand)]
    command: ClusterCommand,
}

#[derive(Subcommand)]
enum ClusterCommand {
    Up(UpArguments),
    Test(trial::TestArguments),
}

/// Start the servers of a cluster as processes of this machine, and stop them with Ctrl-C.
///
/// Each server has a directory of its own, with its log, and `cluster.toml` beside them describes
/// the cluster: `helios node` starts one of the servers by hand, and a second `up` goes on with
/// what is on disk.
///
/// Exit code: 0 after Ctrl-C, 2 if the servers do not start.
#[derive(Args)]
struct UpArguments {
    /// Number of servers.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=9))]
    nodes: u16,
    /// Directory of the cluster; made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "helios-cluster")]
    data: PathBuf,
    /// Port of the first server for clients; the next one is for its peers, and each server is a
    /// hundred further.
    #[arg(long, default_value_t = 2379)]
    #[arg(value_parser = clap::value_parser!(u16).range(1024..=60000))]
    port: u16,
    /// Show the cluster live in a browser: the directory with the page, as `trunk build --release`
    /// makes it in `dist`. The first server serves it.
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
    /// Address on which to serve the page.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", requires = "page")]
    listen_page: String,
}

/// Runs the command.
pub(crate) fn cluster(arguments: &ClusterArguments) -> io::Result<u8> {
    match &arguments.command {
        ClusterCommand::Up(arguments) => up(arguments),
        ClusterCommand::Test(arguments) => trial::test(arguments),
    }
}

fn up(arguments: &UpArguments) -> io::Result<u8> {
    let UpArguments { nodes, data, port, page, listen_page } = arguments;
    if let Some(Err(reason)) = page.as_deref().map(node::check_page) {
        return Ok(node::refused(&reason));
    }
    std::fs::create_dir_all(data)?;
    let config = data.join("cluster.toml");
    if !config.exists() {
        std::fs::write(&config, describe(*nodes, *port))?;
    }
    let stop = crate::interrupt::interrupted();
    let mut servers = Vec::new();
    for id in 1..=*nodes {
        let page = page.as_deref().filter(|_| id == 1).map(|page| (page, &**listen_page));
        servers.push(start(id, data, &config, page)?);
    }
    let endpoints: Vec<String> = (1..=*nodes).map(|id| url(*port, id, 0)).collect();
    println!("{nodes} servers start. Try:\n");
    println!("  etcdctl --endpoints {} put greeting hello", endpoints.join(","));
    if page.is_some() {
        println!("\nThe page shows the cluster live: http://{listen_page}/#attach");
    }
    println!("\nCtrl-C stops them. Their disks stay in {}.", data.display());
    while !stop.load(std::sync::atomic::Ordering::SeqCst) {
        if servers.iter_mut().all(|server| !matches!(server.try_wait(), Ok(None))) {
            eprintln!("helios: no server runs any more");
            return Ok(2);
        }
        thread::sleep(Duration::from_millis(100));
    }
    for server in &mut servers {
        // Ctrl-C reached them too, if they share the terminal; a second signal does no harm.
        let _ = Command::new("kill").arg(server.id().to_string()).status();
    }
    for server in &mut servers {
        server.wait()?;
    }
    Ok(0)
}

/// Starts a server; its output comes with its name in front.
fn start(id: u16, data: &Path, config: &Path, page: Option<(&Path, &str)>) -> io::Result<Child> {
    let mut server = Command::new(std::env::current_exe()?);
    if let Some((page, listen)) = page {
        server.env("HELIOS_PAGE", page).env("HELIOS_LISTEN_PAGE", listen);
    }
    let mut server = server
        .arg("node")
        .args(["--id", &id.to_string()])
        .arg("--data")
        .arg(data.join(format!("n{id}")))
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(output) = server.stderr.take() {
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                eprintln!("n{id} │ {line}");
            }
        });
    }
    Ok(server)
}

/// The file of a cluster on this machine.
fn describe(nodes: u16, port: u16) -> String {
    let member = |id| MemberLine {
        id: u64::from(id),
        name: format!("n{id}"),
        peer_url: url(port, id, 1),
        client_url: url(port, id, 0),
    };
    let members = (1..=nodes).map(member).collect();
    let cluster = "try-out".to_owned();
    let file = ClusterFile { cluster, members, ..ClusterFile::default() };
    format!("# A cluster on one machine.\n{}", file.text())
}

fn url(port: u16, id: u16, offset: u16) -> String {
    format!("http://127.0.0.1:{}", port + (id - 1) * 100 + offset)
}
