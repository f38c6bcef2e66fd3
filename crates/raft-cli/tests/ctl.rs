//! `helios ctl`, as an operator uses it.

mod servers;

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use servers::Servers;

fn ctl(servers: &Servers, words: &[&str]) -> Output {
    let endpoints: Vec<String> = (0..3).map(|place| servers.url(place, 0)).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_helios"));
    command.arg("ctl").args(words).args(["--endpoints", &endpoints.join(",")]);
    command.output().expect("it is built")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The status as JSON, and the exit code.
fn status(servers: &Servers) -> (Vec<Value>, i32) {
    let output = ctl(servers, &["status", "--json"]);
    let words = text(&output.stdout);
    let status: Value = serde_json::from_str(&words)
        .unwrap_or_else(|error| panic!("{error}: {words}{}", text(&output.stderr)));
    let rows = status["servers"].as_array().expect("a list").clone();
    (rows, output.status.code().expect("it ends by itself"))
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "not {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_status_says_who_leads_and_why_something_is_wrong() {
    let mut servers = Servers::start("ctl-status", 21_540, |_| None);
    servers.client().put("a", "1").expect("they answer");
    wait_until("well", || status(&servers).1 == 0);
    let (rows, _) = status(&servers);
    let roles: Vec<&str> = rows.iter().filter_map(|row| row["role"].as_str()).collect();
    assert_eq!(roles.iter().filter(|role| **role == "leader").count(), 1, "{roles:?}");
    assert_eq!(roles.iter().filter(|role| **role == "follower").count(), 2, "{roles:?}");
    let table = text(&ctl(&servers, &["status"]).stdout);
    assert!(table.starts_with("id  name  address"), "{table}");

    let leader = servers.leader();
    let follower = (leader + 1) % 3;
    servers.kill(follower);
    let reason_of = |place: u16| {
        let (rows, code) = status(&servers);
        assert_eq!(code, 1, "something is wrong");
        rows[usize::from(place)]["reasons"].to_string()
    };
    let lacks = format!("node {} lacks", follower + 1);
    wait_until("told by the leader", || reason_of(leader).contains(&lacks));
    assert!(reason_of(leader).contains("it is not reached"), "{}", reason_of(leader));
    assert!(reason_of(follower).contains("it does not answer"), "{}", reason_of(follower));

    servers.kill(leader);
    let last = 3 - leader - follower;
    let alone = || {
        let output = ctl(&servers, &["status", "--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        status["servers"][usize::from(last)]["reasons"].to_string()
    };
    wait_until("without a leader", || alone().contains("no leader: it asks whether others"));
    wait_until("told whom it does not reach", || {
        let (words, one, other) = (alone(), leader + 1, follower + 1);
        words.contains(&format!("not reached: {}, {}", one.min(other), one.max(other)))
    });
}

#[test]
fn members_are_listed_added_and_removed_and_the_leadership_moves() {
    let servers = Servers::start("ctl-members", 21_550, |_| None);
    let leader = servers.leader();
    let table = text(&ctl(&servers, &["members"]).stdout);
    assert_eq!(table.lines().count(), 4, "{table}");
    let added = ctl(&servers, &["members", "add", "http://127.0.0.1:21559", "--learner"]);
    let table = text(&added.stdout);
    assert!(added.status.success() && table.lines().count() == 5, "{}", text(&added.stderr));
    let learner = table.lines().find(|line| line.contains("21559")).expect("it is added");
    let id = learner.split_whitespace().next().expect("it has an id").to_owned();
    let promoted = ctl(&servers, &["members", "promote", &id]);
    assert_eq!(promoted.status.code(), Some(1), "it does not run");
    let removed = ctl(&servers, &["members", "remove", &id]);
    assert_eq!(text(&removed.stdout).lines().count(), 4, "{}", text(&removed.stderr));

    let to = (leader + 1) % 3;
    let moved = ctl(&servers, &["move-leader", &(to + 1).to_string()]);
    assert!(moved.status.success(), "{}", text(&moved.stderr));
    assert_eq!(servers.leader(), to);
    let refused = ctl(&servers, &["move-leader", "99"]);
    assert_eq!(refused.status.code(), Some(1));
}

/// Whichever it is.
fn one_server_that_answers_is_enough(servers: &Servers, path: &str) {
    let endpoints = format!("http://127.0.0.1:1,{}", servers.url(0, 0));
    let ask = |words: &[&str]| {
        let mut helios = Command::new(env!("CARGO_BIN_EXE_helios"));
        helios.arg("ctl").args(words).args(["--endpoints", &endpoints]).output()
    };
    for words in [&["snapshot", "save", path][..], &["members"]] {
        let output = ask(words).expect("it is built");
        assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    }
    // The leader was asked.
    let refused = text(&ask(&["members", "remove", "99"]).expect("it is built").stderr);
    assert!(refused.contains("member not found"), "{refused}");
}

#[test]
fn a_snapshot_is_saved_checked_and_restored_into_a_new_cluster() {
    let mut servers = Servers::start("ctl-snapshot", 21_560, |_| None);
    let client = servers.client();
    for number in 0..50 {
        client.put(format!("k{number}"), "v").expect("they answer");
    }
    let file = servers.directory.join("keys.snapshot");
    let path = file.to_str().expect("text").to_owned();
    let saved = ctl(&servers, &["snapshot", "save", &path]);
    assert!(text(&saved.stdout).contains("50 keys at revision 51"), "{}", text(&saved.stderr));

    one_server_that_answers_is_enough(&servers, &path);

    // A directory in use is not looked at; one that is not says the same as the server did.
    let data = |place: u16| servers.directory.join(format!("n{place}"));
    let verify = |data: &Path| ctl(&servers, &["verify", data.to_str().expect("text"), "--json"]);
    let refused = verify(&data(0));
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("is in use"), "{}", text(&refused.stderr));
    let damaged = servers.directory.join("damaged.snapshot");
    let mut bytes = std::fs::read(&file).expect("it is saved");
    bytes[200] ^= 1;
    std::fs::write(&damaged, bytes).expect("there is room");

    (0..3).for_each(|place| servers.kill(place));
    let verify = |data: &Path| ctl(&servers, &["verify", data.to_str().expect("text"), "--json"]);
    let data = |place: u16| servers.directory.join(format!("n{place}"));
    let before = std::fs::read_dir(data(0)).expect("it is there").count();
    let found = verify(&data(0));
    let found: Value = serde_json::from_slice(&found.stdout).expect("JSON");
    assert!(found["owner"].as_str().expect("text").starts_with("node 1 of cluster"), "{found}");
    assert!(found["keys"].as_u64() >= Some(49), "{found}");
    assert_eq!(std::fs::read_dir(data(0)).expect("it is there").count(), before);
    assert_eq!(verify(&servers.directory).status.code(), Some(1), "no directory of a server");

    let config = servers.config();
    let restore = |file: &Path, place: u16| {
        let (file, config) = (file.to_str().expect("text"), config.to_str().expect("text"));
        let (id, data) = ((place + 1).to_string(), data(place));
        let data = data.to_str().expect("text");
        ctl(
            &servers,
            &["snapshot", "restore", file, "--id", &id, "--data", data, "--config", config],
        )
    };
    let refused = restore(&file, 0);
    assert!(text(&refused.stderr).contains("is there already"), "{}", text(&refused.stderr));
    for place in 0..3 {
        std::fs::remove_dir_all(data(place)).expect("it is there");
    }
    let refused = restore(&damaged, 0);
    assert_eq!(refused.status.code(), Some(1));
    assert!(!data(0).exists(), "nothing is left of it");
    let described = std::fs::read_to_string(&config).expect("it is there");
    let renamed = described.replace("ctl-snapshot", "restored");
    std::fs::write(&config, renamed).expect("there is room");
    for place in 0..3 {
        let restored = restore(&file, place);
        assert!(restored.status.success(), "{}", text(&restored.stderr));
    }
    let found: Value = serde_json::from_slice(&verify(&data(2)).stdout).expect("JSON");
    assert_eq!((&found["keys"], &found["revision"]), (&50.into(), &51.into()), "{found}");
    (0..3).for_each(|place| servers.start_one(place));
    let client = servers.client();
    let key = client.get("k7").expect("they answer").expect("it was saved");
    assert_eq!((key.value.as_ref(), key.version), (&b"v"[..], 1));
    client.put("new", "v").expect("they go on");
}

#[test]
fn defaults_and_completions_need_no_cluster() {
    let helios = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_helios")).args(words).output();
        text(&output.expect("it is built").stdout)
    };
    let defaults = helios(&["ctl", "defaults"]);
    let lines: Vec<&str> = defaults.lines().collect();
    assert_eq!(
        lines,
        ["heartbeat_ms = 50", "election_timeout_ms = [400, 800]", "snapshot_log_mib = 64"]
    );
    assert!(helios(&["ctl", "completion", "bash"]).contains("helios__subcmd__ctl"));
}
