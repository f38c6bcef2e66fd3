//! The files of `docs/deploy`, beside servers that run: alerts and board name only metrics and
//! labels that a server tells.

#[allow(dead_code, reason = "each test uses some of it")]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::Cluster;
use raft_core::NodeId;
use raft_mvcc::{Command, Operation, Put};
use raft_node::{ClusterFile, MemberInfo};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;
use tonic::{Code, Request};

/// The metrics that servers tell, each with the names of its labels.
type Told = BTreeMap<String, BTreeSet<String>>;

/// Labels that Prometheus and the alerts add.
const OTHER_LABELS: [&str; 4] = ["job", "instance", "alertname", "severity"];

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_board_name_only_what_a_server_tells() {
    let told = told_by_servers().await;
    let any_label: BTreeSet<&str> =
        told.values().flatten().map(String::as_str).chain(OTHER_LABELS).collect();
    for file in ["alerts.yml", "alerts-test.yml", "grafana.json"] {
        let text = read(file);
        let named = metrics_in(&text);
        assert!(named.len() > 10, "{file} names {named:?}");
        for (name, labels) in named {
            let has = told.get(name).unwrap_or_else(|| panic!("{file}: no server tells {name}"));
            for label in labels {
                let is_known = has.contains(label) || OTHER_LABELS.contains(&label);
                assert!(is_known, "{file}: {name} has no label {label}, but {has:?}");
            }
        }
        for label in labels_in(&text) {
            assert!(any_label.contains(label), "{file}: no metric has the label {label}");
        }
    }
}

/// Each metric is told by somebody: by a leader with peers, and by a server that refused a frame
/// and a request.
async fn told_by_servers() -> Told {
    let mut cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    cluster.put(leader, "a", "1").await;
    send_a_frame_without_a_route(&cluster, leader).await;
    let mut text = cluster.http(leader, "/metrics").await.1;
    for other in cluster.ids().into_iter().filter(|id| *id != leader) {
        cluster.stop(other).await;
    }
    let mut updates = cluster.handle(leader).updates();
    // Who looks at a state keeps the next one from being published.
    let stepped_down = updates.wait_for(|published| published.leader.is_none()).await.map(drop);
    assert!(stepped_down.is_ok(), "it ended");
    let put = Put { key: "a".into(), value: "2".into(), ..Put::default() };
    let answer = cluster.handle(leader).propose(&Command::new(Operation::Put(put))).await;
    assert!(answer.is_err(), "without a majority: {answer:?}");
    text.push_str(&cluster.http(leader, "/metrics").await.1);

    let mut told = Told::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, _) = line.split_once(['{', ' ']).expect("a name, and a value");
        let labels = labels_after(line.strip_prefix(name).unwrap_or_default());
        told.entry(name.to_owned()).or_default().extend(labels.into_iter().map(str::to_owned));
    }
    told
}

async fn send_a_frame_without_a_route(cluster: &Cluster, to: NodeId) {
    let members = cluster.handle(to).published().membership.clone();
    let url = MemberInfo::of(&members, to).peer_urls.remove(0);
    let channel = Endpoint::from_shared(url).expect("it is a URL").connect_lazy();
    let mut peer = tonic::client::Grpc::new(channel);
    peer.ready().await.expect("it listens");
    let path = PathAndQuery::from_static("/helios.peer.v1.Peer/Lease");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let refused = peer.unary(Request::new(()), path, codec).await.expect_err("it has no route");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
}

/// Every metric of ours that a text names, with the labels in braces after it.
fn metrics_in(text: &str) -> Vec<(&str, Vec<&str>)> {
    let starts = text.match_indices("helios_").map(|(at, _)| &text[at..]);
    starts.map(|rest| (word(rest), labels_after(rest.trim_start_matches(is_of_word)))).collect()
}

/// The names of the labels in braces at the beginning of a text.
fn labels_after(text: &str) -> Vec<&str> {
    let within = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let pairs = within.into_iter().flat_map(|(within, _)| within.split(','));
    pairs.map(|pair| word(pair.trim_start())).collect()
}

/// The labels by which a text groups and joins, and those in its sentences.
fn labels_in(text: &str) -> Vec<&str> {
    let lists = ["by (", "on ("].into_iter().flat_map(|mark| after(text, mark));
    let listed = lists.flat_map(|rest| rest.split(')').next().unwrap_or_default().split(','));
    let mentioned = ["$labels.", "{{"].into_iter().flat_map(|mark| after(text, mark));
    let words = listed.map(|label| word(label.trim_start())).chain(mentioned.map(word));
    words.filter(|label| !label.is_empty()).collect()
}

fn after<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(mark).map(move |(at, _)| &text[at + mark.len()..])
}

fn word(text: &str) -> &str {
    text.split(|c: char| !is_of_word(c)).next().unwrap_or_default()
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[test]
fn each_alert_has_a_test_and_a_row_in_the_table() {
    let (alerts, tests, table) = (read("alerts.yml"), read("alerts-test.yml"), read("README.md"));
    let names: Vec<&str> = after(&alerts, "- alert: ").map(word).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        let has_test = tests.contains(&format!("alertname=\"{name}\""))
            || tests.contains(&format!("alertname: {name}"));
        assert!(has_test, "{name} has no test");
        assert!(table.contains(&format!("| `{name}` |")), "{name} is not in the table");
    }
}

#[test]
fn the_board_has_panels_with_a_title_and_a_query() {
    let board: serde_json::Value = serde_json::from_str(&read("grafana.json")).expect("it is JSON");
    let panels = board["panels"].as_array().expect("it has panels");
    let ids: BTreeSet<u64> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each has an id of its own");
    for panel in panels {
        let title = panel["title"].as_str().expect("it has a title");
        assert_eq!(panel["datasource"]["uid"], "${source}", "{title}");
        let targets = panel["targets"].as_array().expect("it has queries");
        let asks = |target: &serde_json::Value| target["expr"].as_str().is_some();
        assert!(!targets.is_empty() && targets.iter().all(asks), "{title}");
    }
}

#[test]
fn the_clusters_of_the_examples_have_three_members() {
    let manifest = read("kubernetes.yml");
    let (_, rest) = manifest.split_once("cluster.toml: |\n").expect("it has the file");
    let (config_map, _) = rest.split_once("\n---\n").expect("other objects follow");
    let compose = read("cluster.toml");
    for (text, host) in [(compose.as_str(), "http://n{}"), (config_map, "https://helios-{}.helios")]
    {
        let file = ClusterFile::parse(text).expect("it describes a cluster");
        assert_eq!(file.members.iter().map(|member| member.id).collect::<Vec<_>>(), [1, 2, 3]);
        for member in file.members {
            let host = host.replace("{}", &member.id.to_string());
            assert_eq!(member.peer_url, format!("{host}:2380"));
            assert_eq!(member.client_url, format!("{host}:2379"));
        }
    }
}
