//! Three servers as processes.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use raft_client::ClientOptions;
use raft_client::api::StatusRequest;
use raft_client::api::maintenance_client::MaintenanceClient;
use raft_client::blocking::Client;
use raft_node::{ClusterFile, MemberLine};
use raft_tls::Tls;

/// Three servers, with their disks in a directory that goes with them.
pub(crate) struct Servers {
    pub(crate) directory: PathBuf,
    base: u16,
    pub(crate) running: Vec<Option<Child>>,
    /// The certificate of the clients. The servers then have `node-1.pem`, `node-1.key` and
    /// `ca.pem` in the directory.
    pub(crate) tls: Option<Tls>,
}

impl Servers {
    /// Starts them. `prepare` fills the directory before, and returns the certificate of the
    /// clients.
    pub(crate) fn start(name: &str, base: u16, prepare: impl FnOnce(&Path) -> Option<Tls>) -> Self {
        let directory =
            std::env::temp_dir().join(format!("helios-cli-node-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("there is room");
        let tls = prepare(&directory);
        let servers = Self { directory, base, running: vec![None, None, None], tls };
        let member = |place| MemberLine {
            id: u64::from(place) + 1,
            name: format!("n{}", place + 1),
            peer_url: servers.url(place, 1),
            client_url: servers.url(place, 0),
        };
        let members = (0..3).map(member).collect();
        let file = ClusterFile { cluster: name.to_owned(), members, ..ClusterFile::default() };
        std::fs::write(servers.config(), file.text()).expect("there is room");
        let mut servers = servers;
        (0..3).for_each(|place| servers.start_one(place));
        servers
    }

    pub(crate) fn start_one(&mut self, place: u16) {
        let mut server = Command::new(env!("CARGO_BIN_EXE_helios"));
        server
            .args(["node", "--id", &(place + 1).to_string()])
            .arg("--data")
            .arg(self.directory.join(format!("n{place}")))
            .arg("--config")
            .arg(self.config())
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        if self.tls.is_some() {
            let own = |end| self.directory.join(format!("node-{}.{end}", place + 1));
            server.arg("--cert").arg(own("pem")).arg("--key").arg(own("key"));
            server.arg("--ca").arg(self.directory.join("ca.pem"));
        }
        let server = server.spawn();
        self.running[usize::from(place)] = Some(server.expect("it is built"));
    }

    /// kill -9
    pub(crate) fn kill(&mut self, place: u16) {
        let mut server = self.running[usize::from(place)].take().expect("it runs");
        server.kill().expect("it runs");
        server.wait().expect("it was killed");
    }

    pub(crate) fn client(&self) -> Client {
        self.client_of((0..3).map(|place| self.url(place, 0)))
    }

    fn client_of(&self, endpoints: impl IntoIterator<Item = String>) -> Client {
        let options = ClientOptions {
            timeout: Duration::from_secs(30),
            tls: self.tls.clone(),
            ..ClientOptions::new(endpoints)
        };
        Client::new(options).expect("they are URLs")
    }

    pub(crate) fn leader(&self) -> u16 {
        let begun = Instant::now();
        loop {
            for place in 0..3 {
                let client = self.client_of([self.url(place, 0)]);
                let status = client.wait(async |client| {
                    MaintenanceClient::new(client.channel()).status(StatusRequest {}).await
                });
                if status.is_ok_and(|status| status.get_ref().leader == u64::from(place) + 1) {
                    return place;
                }
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "no leader");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn url(&self, place: u16, offset: u16) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.base + place * 2 + offset)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory.join("cluster.toml")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in self.running.iter_mut().flatten() {
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
