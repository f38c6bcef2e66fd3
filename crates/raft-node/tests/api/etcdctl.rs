//! The command `etcdctl` of Debian (package `etcd-client`) does its work against three nodes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use super::{Cluster, PATIENCE, url};

/// `etcdctl` with the addresses of a cluster, or `None` with a printed reason.
struct Etcdctl {
    endpoints: String,
    directory: std::path::PathBuf,
}

impl Etcdctl {
    fn of(cluster: &Cluster) -> Option<Self> {
        if let Err(error) = Command::new("etcdctl").arg("version").output() {
            eprintln!("skipped: etcdctl cannot be run ({error}); Debian's package is etcd-client");
            return None;
        }
        let urls: Vec<String> = cluster.ids().into_iter().map(|node| url(cluster, node)).collect();
        let directory = std::env::temp_dir().join(format!("helios-etcdctl-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Some(Self { endpoints: urls.join(","), directory })
    }

    fn command(&self, line: &str) -> Command {
        self.command_at(&self.endpoints, line)
    }

    /// Arguments have no spaces.
    fn command_at(&self, endpoints: &str, line: &str) -> Command {
        let mut command = Command::new("etcdctl");
        command.args(["--endpoints", endpoints]).args(line.split(' '));
        command.env("ETCDCTL_API", "3").current_dir(&self.directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(&self, line: &str) -> Child {
        self.command(line).spawn().unwrap()
    }

    /// What a command prints that must succeed.
    fn run(&self, line: &str) -> String {
        Self::succeed(line, self.start(line))
    }

    fn run_at(&self, endpoint: &str, line: &str) -> String {
        Self::succeed(line, self.command_at(endpoint, line).spawn().unwrap())
    }

    fn run_with(&self, line: &str, input: &str) -> String {
        let mut child = self.start(line);
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Self::succeed(line, child)
    }

    fn succeed(line: &str, child: Child) -> String {
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "etcdctl {line}: {stdout}{stderr}");
        stdout.into_owned()
    }

    /// What a command says that must fail.
    fn fail(&self, line: &str) -> String {
        let output = self.command(line).output().unwrap();
        assert!(!output.status.success(), "etcdctl {line}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

impl Drop for Etcdctl {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn etcdctl_does_its_work() {
    let cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    let other = cluster.ids().into_iter().find(|node| *node != leader).unwrap();
    tokio::task::spawn_blocking(move || {
        let Some(etcdctl) = Etcdctl::of(&cluster) else { return };
        keys(&etcdctl);
        watches(&etcdctl);
        leases(&etcdctl);
        members(&etcdctl);
        maintenance(&etcdctl);
        snapshots(&etcdctl);
        let moved = etcdctl.run(&format!("move-leader {:x}", other.0));
        assert!(moved.contains("Leadership transferred"), "{moved}");
    })
    .await
    .unwrap();
}

fn keys(etcdctl: &Etcdctl) {
    assert_eq!(etcdctl.run("put a/1 one"), "OK\n");
    assert_eq!(etcdctl.run("put a/2 two"), "OK\n");
    assert_eq!(etcdctl.run("get a/1"), "a/1\none\n");
    assert_eq!(etcdctl.run("get a/ --prefix --keys-only"), "a/1\n\na/2\n\n");
    assert_eq!(etcdctl.run("get a/ --prefix --order=DESCEND --limit=1"), "a/2\ntwo\n");
    assert_eq!(etcdctl.run("put a/1 uno --prev-kv"), "OK\na/1\none\n");
    let fields = etcdctl.run("get a/1 -w fields");
    assert!(fields.contains("\"ClusterID\" :") && fields.contains("\"Version\" : 2"), "{fields}");
    let json = etcdctl.run("get a/ --prefix --keys-only -w json");
    assert!(json.contains("\"count\":2") && json.contains("\"raft_term\":"), "{json}");
    let txn = "value(\"a/1\") = \"uno\"\n\nput a/3 three\nget a/3\n\nget a/1\n\n";
    assert_eq!(etcdctl.run_with("txn", txn), "SUCCESS\n\nOK\n\na/3\nthree\n");
    assert_eq!(etcdctl.run("del a/ --prefix"), "3\n");
    assert!(etcdctl.fail("get a/1 --rev=99999").contains("future revision"));
    assert!(etcdctl.run("compaction 2").contains("compacted revision 2"));
    assert!(etcdctl.fail("compaction 2").contains("has been compacted"));
    assert!(etcdctl.fail("user list").contains("users and passwords are not supported"));
}

fn watches(etcdctl: &Etcdctl) {
    let compacted = etcdctl.start("watch w/ --prefix --rev=1");
    assert!(first_lines(compacted, 1).is_empty(), "revision 1 is compacted");
    let changes = etcdctl.start("watch w/ --prefix --prev-kv --rev=3");
    etcdctl.run("put w/1 v");
    etcdctl.run("del w/1");
    let lines = first_lines(changes, 7);
    assert_eq!(lines, ["PUT", "w/1", "v", "DELETE", "w/1", "v", "w/1"]);
}

/// What a watch prints, until it ends or has printed so many lines.
fn first_lines(mut watch: Child, count: usize) -> Vec<String> {
    let (sender, lines) = std::sync::mpsc::channel();
    let output = BufReader::new(watch.stdout.take().unwrap());
    std::thread::spawn(move || {
        output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let until = Instant::now() + PATIENCE;
    let next = || lines.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
    let printed: Vec<String> = std::iter::from_fn(next).take(count).collect();
    let is_late = Instant::now() >= until;
    watch.kill().unwrap();
    watch.wait().unwrap();
    assert!(!is_late, "it printed {printed:?} and nothing more");
    printed
}

fn leases(etcdctl: &Etcdctl) {
    let granted = etcdctl.run("lease grant 100");
    let id = granted.split(' ').nth(1).unwrap();
    etcdctl.run(&format!("put l v --lease={id}"));
    let kept = etcdctl.run(&format!("lease keep-alive {id} --once"));
    assert!(kept.contains("keepalived with TTL(100)"), "{kept}");
    let time = etcdctl.run(&format!("lease timetolive {id} --keys"));
    assert!(time.contains("granted with TTL(100s)") && time.contains("([l])"), "{time}");
    assert!(etcdctl.run("lease list").contains(id));
    assert!(etcdctl.run(&format!("lease revoke {id}")).contains("revoked"));
    assert_eq!(etcdctl.run("get l"), "");
    assert_eq!(etcdctl.run("lock mutex echo held"), "held\n");
}

fn members(etcdctl: &Etcdctl) {
    let list = etcdctl.run("member list");
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(list.starts_with("1, started, n1, http://"), "{list}");
    assert!(etcdctl.fail("member remove 99").contains("member not found"));
}

fn maintenance(etcdctl: &Etcdctl) {
    // The endpoints are URLs here, and `--cluster` asks for those of the members.
    let status = etcdctl.run("endpoint status --cluster -w fields");
    assert_eq!(status.matches("\"MemberID\" :").count(), 3, "{status}");
    let status = etcdctl.run("endpoint status -w simple");
    assert_eq!(status.matches("3.5.0+helios").count(), 3, "{status}");
    assert_eq!(status.matches(", true, false,").count(), 1, "one leads: {status}");
    etcdctl.run("endpoint health --cluster");
    let hashes = etcdctl.run("endpoint hashkv");
    let hashes: Vec<&str> = hashes.lines().filter_map(|line| line.split(", ").nth(1)).collect();
    assert!(hashes.len() == 3 && hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    assert_eq!(etcdctl.run("alarm list"), "");
    assert_eq!(etcdctl.run("alarm disarm"), "");
    assert_eq!(etcdctl.run("defrag").matches("Finished defragmenting").count(), 3);
}

fn snapshots(etcdctl: &Etcdctl) {
    let saved = etcdctl.run_at(etcdctl.endpoints.split(',').next().unwrap(), "snapshot save saved");
    assert!(saved.contains("Snapshot saved at saved"), "{saved}");
    let file = std::fs::read(etcdctl.directory.join("saved")).unwrap();
    raft_node::api::store_in_snapshot(&file).unwrap();
}
