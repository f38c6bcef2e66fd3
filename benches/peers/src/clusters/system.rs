//! A cluster of processes on this machine: how it is started, killed and looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use raft_client::ClientOptions;
use raft_client::api::StatusRequest;
use raft_client::api::maintenance_client::MaintenanceClient;
use raft_client::blocking::Client;

/// Which program a cluster is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Program {
    Helios,
    Etcd,
}

/// Three servers.
pub struct System {
    pub program: Program,
    directory: PathBuf,
    helios: PathBuf,
    servers: Vec<Option<Child>>,
}

const SERVERS: usize = 3;

impl System {
    /// Starts a cluster on an empty directory.
    pub fn start(program: Program, directory: &Path, helios: &Path) -> Self {
        let directory = directory.join(program.name());
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("there is room");
        let helios = helios.to_owned();
        let servers = (0..SERVERS).map(|_| None).collect();
        let mut system = Self { program, directory, helios, servers };
        if program == Program::Helios {
            fs::write(system.config(), system.describe()).expect("there is room");
        }
        (0..SERVERS).for_each(|place| system.start_server(place));
        system.wait_until_it_answers();
        system
    }

    pub fn endpoints(&self) -> Vec<String> {
        (0..SERVERS).map(|place| self.url(place, 0)).collect()
    }

    pub fn start_server(&mut self, place: usize) {
        let mut command = match self.program {
            Program::Helios => self.helios_command(place),
            Program::Etcd => self.etcd_command(place),
        };
        let log = self.directory.join(format!("{place}.log"));
        let log =
            fs::OpenOptions::new().create(true).append(true).open(log).expect("there is room");
        let copy = log.try_clone().expect("there are handles");
        let child = command.stdin(Stdio::null()).stdout(copy).stderr(log).spawn();
        self.servers[place] = Some(child.expect("the program is installed"));
    }

    /// kill -9
    pub fn kill(&mut self, place: usize) {
        if let Some(mut server) = self.servers[place].take() {
            server.kill().expect("it runs");
            server.wait().expect("it was killed");
        }
    }

    /// The place of the leader.
    pub fn leader(&self) -> usize {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            for place in 0..SERVERS {
                let client = Client::new(ClientOptions::new([self.url(place, 0)]));
                let client = client.expect("it is a URL");
                let status = client.wait(async |client| {
                    let mut maintenance = MaintenanceClient::new(client.channel());
                    let asked = maintenance.status(StatusRequest {});
                    tokio::time::timeout(Duration::from_secs(1), asked).await
                });
                if let Ok(Ok(status)) = status {
                    let status = status.into_inner();
                    let own = status.header.map_or(0, |header| header.member_id);
                    if own != 0 && status.leader == own {
                        return place;
                    }
                }
            }
            sleep(Duration::from_millis(50));
        }
        panic!("{} has no leader", self.program.name());
    }

    /// Waits until a linearizable read is answered. Returns how long that took.
    pub fn wait_until_it_answers(&self) -> Duration {
        let begun = Instant::now();
        let options = ClientOptions {
            timeout: Duration::from_secs(120),
            patience: Duration::from_millis(300),
            ..ClientOptions::new(self.endpoints())
        };
        let client = Client::new(options).expect("they are URLs");
        client.get("ready").expect("it answers in two minutes");
        begun.elapsed()
    }

    /// The time of processors that all servers have used.
    pub fn cpu(&self) -> Duration {
        let ticks: u64 = self.pids().map(cpu_ticks).sum();
        Duration::from_millis(ticks * 10)
    }

    /// The largest memory of a server, in MiB.
    pub fn memory(&self) -> f64 {
        self.pids().map(resident_kib).max().unwrap_or(0) as f64 / 1024.0
    }

    /// The largest size of a server's directory, in MiB.
    pub fn size_on_disk(&self) -> f64 {
        let sizes = (0..SERVERS).map(|place| directory_size(&self.data(place)));
        sizes.max().unwrap_or(0) as f64 / f64::from(1 << 20)
    }

    fn pids(&self) -> impl Iterator<Item = u32> {
        self.servers.iter().flatten().map(Child::id)
    }

    fn data(&self, place: usize) -> PathBuf {
        self.directory.join(format!("n{}", place + 1))
    }

    fn config(&self) -> PathBuf {
        self.directory.join("cluster.toml")
    }

    fn url(&self, place: usize, offset: usize) -> String {
        let base = match self.program {
            Program::Helios => 13_000,
            Program::Etcd => 14_000,
        };
        format!("http://127.0.0.1:{}", base + place * 10 + offset)
    }

    fn describe(&self) -> String {
        let member = |place| {
            let (peer, client) = (self.url(place, 1), self.url(place, 0));
            let id = place + 1;
            format!(
                "[[member]]\nid = {id}\nname = \"n{id}\"\npeer_url = \"{peer}\"\n\
                 client_url = \"{client}\"\n"
            )
        };
        let members: String = (0..SERVERS).map(member).collect();
        format!("cluster = \"bench\"\n{members}")
    }

    fn helios_command(&self, place: usize) -> Command {
        let mut command = Command::new(&self.helios);
        command.arg("node").args(["--id", &(place + 1).to_string()]);
        command.arg("--data").arg(self.data(place)).arg("--config").arg(self.config());
        command
    }

    fn etcd_command(&self, place: usize) -> Command {
        let members: Vec<String> =
            (0..SERVERS).map(|place| format!("n{}={}", place + 1, self.url(place, 1))).collect();
        let (client, peer) = (self.url(place, 0), self.url(place, 1));
        let mut command = Command::new("etcd");
        command
            .args(["--name", &format!("n{}", place + 1)])
            .arg("--data-dir")
            .arg(self.data(place));
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &members.join(",")]);
        command.args(["--quota-backend-bytes", &(4_u64 << 30).to_string()]);
        command.args(["--log-level", "error"]);
        command
    }
}

impl Drop for System {
    fn drop(&mut self) {
        (0..SERVERS).for_each(|place| self.kill(place));
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Program {
    pub fn name(self) -> &'static str {
        match self {
            Self::Helios => "Helios",
            Self::Etcd => "etcd",
        }
    }
}

fn cpu_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in brackets, may have spaces.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<u64> =
        rest.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    fields.get(11).unwrap_or(&0) + fields.get(12).unwrap_or(&0)
}

fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn directory_size(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => directory_size(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}
