//! Where everything of a trial is: addresses, files and settings.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use raft_node::{ClusterFile, MemberLine};
use raft_tls::TlsFiles;

/// What a trial is to do.
#[derive(Clone, Debug)]
pub struct TrialOptions {
    /// The program whose command `node` runs a server.
    pub program: PathBuf,
    /// Number of servers, from 3 to 9.
    pub nodes: u64,
    /// How long faults come.
    pub duration: Duration,
    /// Decides which faults come, and what clients ask for. Not what happens: the servers are real.
    pub seed: u64,
    /// Number of clients. Each second one has a session.
    pub clients: u64,
    /// Whether servers and clients have certificates, which are replaced during the trial.
    pub tls: bool,
    /// Directory for disks, logs and certificates; it is made.
    pub directory: PathBuf,
    /// The file for the history.
    pub history: PathBuf,
    /// The first of `nodes * (nodes + 1)` ports of this machine that are used.
    pub port: u16,
}

/// The options, and what follows from them.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) options: TrialOptions,
}

impl Plan {
    /// The ids of the servers.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u64> + use<> {
        1..=self.options.nodes
    }

    /// All pairs of different servers.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (u64, u64)> {
        self.ids().flat_map(|from| self.ids().map(move |to| (from, to))).filter(|(a, b)| a != b)
    }

    /// Where a server listens for clients.
    pub(crate) fn client_url(&self, id: u64) -> String {
        self.url(self.address(2 * (id - 1)))
    }

    /// Where a server listens for its peers.
    pub(crate) fn peer_address(&self, id: u64) -> SocketAddr {
        self.address(2 * (id - 1) + 1)
    }

    /// Where the proxy for messages from one server to another listens.
    pub(crate) fn link(&self, from: u64, to: u64) -> SocketAddr {
        let others = self.options.nodes - 1;
        let place = if to < from { to - 1 } else { to - 2 };
        self.address(2 * self.options.nodes + (from - 1) * others + place)
    }

    /// All URLs for clients, from that of one server on.
    pub(crate) fn client_urls(&self, first: u64) -> Vec<String> {
        let nodes = self.options.nodes;
        (0..nodes).map(|place| self.client_url((first + place) % nodes + 1)).collect()
    }

    /// The arguments of the program for a server.
    pub(crate) fn arguments(&self, id: u64) -> Vec<String> {
        let text = |path: PathBuf| path.display().to_string();
        let mut arguments = vec!["node".to_owned(), "--id".to_owned(), id.to_string()];
        arguments.extend(["--data".to_owned(), text(self.file(&format!("n{id}")))]);
        arguments.extend(["--config".to_owned(), text(self.file("cluster.toml"))]);
        for to in self.ids().filter(|to| *to != id) {
            arguments.extend(["--reach".to_owned(), format!("{to}={}", self.reach(id, to))]);
        }
        if let Some(files) = self.tls_files(&format!("node-{id}")) {
            arguments.extend(["--cert".to_owned(), text(files.certificate)]);
            arguments.extend(["--key".to_owned(), text(files.key)]);
            arguments.extend(["--ca".to_owned(), text(files.authorities)]);
        }
        arguments
    }

    /// The certificates of a server, or of the clients. A key is in the file of its certificate, so
    /// that both are replaced at once.
    pub(crate) fn tls_files(&self, name: &str) -> Option<TlsFiles> {
        self.options.tls.then(|| {
            let own = self.file(&format!("{name}.pem"));
            TlsFiles { certificate: own.clone(), key: own, authorities: self.file("ca.pem") }
        })
    }

    /// A file of the trial.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.options.directory.join(name)
    }

    /// The file that describes the cluster. Snapshots come early, so that servers get some.
    pub(crate) fn description(&self) -> String {
        let member = |id| MemberLine {
            id,
            name: format!("n{id}"),
            peer_url: self.url(self.peer_address(id)),
            client_url: self.client_url(id),
        };
        let file = ClusterFile {
            cluster: "trial".to_owned(),
            snapshot_log_mib: Some(1),
            members: self.ids().map(member).collect(),
            ..ClusterFile::default()
        };
        file.text()
    }

    fn reach(&self, from: u64, to: u64) -> String {
        self.url(self.link(from, to))
    }

    fn url(&self, address: SocketAddr) -> String {
        let scheme = if self.options.tls { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    fn address(&self, place: u64) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.options.port + place as u16).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_things_have_one_port() {
        for nodes in 3..=9 {
            let options = TrialOptions {
                program: PathBuf::new(),
                nodes,
                duration: Duration::ZERO,
                seed: 0,
                clients: 0,
                tls: false,
                directory: PathBuf::new(),
                history: PathBuf::new(),
                port: 2000,
            };
            let plan = Plan { options };
            let links = plan.pairs().map(|(from, to)| plan.link(from, to).port());
            let peers = plan.ids().map(|id| plan.peer_address(id).port());
            let clients = plan.ids().map(|id| plan.address(2 * (id - 1)).port());
            let ports: Vec<_> = links.chain(peers).chain(clients).collect();
            let different: BTreeSet<_> = ports.iter().copied().collect();
            assert_eq!(different.len(), ports.len());
            assert_eq!(different, (2000..2000 + (nodes * (nodes + 1)) as u16).collect());
        }
    }
}
