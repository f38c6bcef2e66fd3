//! Servers as processes: `helios node`, killed and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use raft_client::ClientOptions;
use raft_client::api::StatusRequest;
use raft_client::api::maintenance_client::MaintenanceClient;
use raft_client::blocking::Client;

/// Three servers, with their disks in a directory that goes with them.
struct Servers {
    directory: PathBuf,
    base: u16,
    running: Vec<Option<Child>>,
}

impl Servers {
    fn start(name: &str, base: u16) -> Self {
        let directory =
            std::env::temp_dir().join(format!("helios-cli-node-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("there is room");
        let servers = Self { directory, base, running: vec![None, None, None] };
        let members: String = (0..3)
            .map(|place| {
                format!(
                    "[[member]]\nid = {id}\nname = \"n{id}\"\npeer_url = \"{}\"\n\
                     client_url = \"{}\"\n",
                    servers.url(place, 1),
                    servers.url(place, 0),
                    id = place + 1,
                )
            })
            .collect();
        let text = format!("cluster = \"{name}\"\n{members}");
        std::fs::write(servers.config(), text).expect("there is room");
        let mut servers = servers;
        (0..3).for_each(|place| servers.start_one(place));
        servers
    }

    fn start_one(&mut self, place: u16) {
        let server = Command::new(env!("CARGO_BIN_EXE_helios"))
            .args(["node", "--id", &(place + 1).to_string()])
            .arg("--data")
            .arg(self.directory.join(format!("n{place}")))
            .arg("--config")
            .arg(self.config())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.running[usize::from(place)] = Some(server.expect("it is built"));
    }

    /// kill -9
    fn kill(&mut self, place: u16) {
        let mut server = self.running[usize::from(place)].take().expect("it runs");
        server.kill().expect("it runs");
        server.wait().expect("it was killed");
    }

    fn client(&self) -> Client {
        let options = ClientOptions {
            timeout: Duration::from_secs(30),
            ..ClientOptions::new((0..3).map(|place| self.url(place, 0)))
        };
        Client::new(options).expect("they are URLs")
    }

    fn leader(&self) -> u16 {
        let begun = Instant::now();
        loop {
            for place in 0..3 {
                let client = Client::new(ClientOptions::new([self.url(place, 0)]));
                let status = client.expect("it is a URL").wait(async |client| {
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

    fn url(&self, place: u16, offset: u16) -> String {
        format!("http://127.0.0.1:{}", self.base + place * 2 + offset)
    }

    fn config(&self) -> PathBuf {
        self.directory.join("cluster.toml")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in self.running.iter_mut().flatten() {
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = std::fs::remove_dir_all(Path::new(&self.directory));
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_one_server_after_the_other_is_killed() {
    let mut servers = Servers::start("kills", 21_500);
    let client = servers.client().with_session().expect("they have sessions");
    let mut written = 0;
    for _ in 0..3 {
        let leader = servers.leader();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(300) {
            client.put(format!("k{written}"), "v").expect("it is repeated until it is answered");
            written += 1;
        }
        servers.kill(leader);
        client.put(format!("k{written}"), "v").expect("another server leads");
        written += 1;
        servers.start_one(leader);
    }
    // All at once.
    (0..3).for_each(|place| servers.kill(place));
    (0..3).for_each(|place| servers.start_one(place));
    for number in 0..written {
        let found = client.get(format!("k{number}")).expect("they answer");
        assert_eq!(found.expect("it was acknowledged").version, 1, "k{number} of {written}");
    }
}

#[test]
fn a_server_that_is_told_to_stop_ends_with_0_and_one_without_a_member_does_not_start() {
    let mut servers = Servers::start("stop", 21_520);
    servers.client().put("a", "1").expect("they answer");
    let mut server = servers.running[0].take().expect("it runs");
    let told = Command::new("kill").arg(server.id().to_string()).status();
    assert!(told.expect("there is kill").success());
    assert_eq!(server.wait().expect("it ends").code(), Some(0));

    let refused = Command::new(env!("CARGO_BIN_EXE_helios"))
        .args(["node", "--id", "7", "--data", "nowhere", "--config"])
        .arg(servers.config())
        .output()
        .expect("it is built");
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("no member with the id 7; it has 1, 2, 3"), "{words}");
}
