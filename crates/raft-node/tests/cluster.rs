//! Nodes with real disks and sockets, in one process.

#[allow(dead_code, reason = "each test uses some of it")]
mod common;

use std::time::Duration;

use common::Cluster;
use raft_core::{NodeId, Settings};
use raft_mvcc::{Command, Operation, Put};
use raft_node::{NodeError, default_settings};

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_agree_and_go_on_after_a_restart() {
    let mut cluster = Cluster::start(3).await;
    for round in 0..20 {
        let node = NodeId(1 + round % 3);
        cluster.put(node, &format!("k{round}"), "v").await;
    }
    for node in cluster.ids() {
        assert_eq!(cluster.get(node, "k7").await.as_deref(), Some("v"), "node {node}");
    }
    for node in cluster.ids() {
        cluster.stop(node).await;
    }
    for node in cluster.ids() {
        cluster.start_again(node).await;
    }
    assert_eq!(cluster.get(NodeId(2), "k19").await.as_deref(), Some("v"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_nodes_elect_another_leader_and_the_third_catches_up() {
    let mut cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    cluster.put(leader, "a", "1").await;
    cluster.stop(leader).await;
    let other = cluster.ids().into_iter().find(|id| *id != leader).expect("there are three");
    cluster.put(other, "a", "2").await;
    assert_ne!(cluster.leader().await, leader);
    cluster.start_again(leader).await;
    assert_eq!(cluster.get(leader, "a").await.as_deref(), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_alone_does_not_answer_a_linearizable_read() {
    let mut cluster = Cluster::start(3).await;
    cluster.put(NodeId(1), "a", "1").await;
    cluster.stop(NodeId(2)).await;
    cluster.stop(NodeId(3)).await;
    let barrier = cluster.handle(NodeId(1)).read_barrier();
    let answered = tokio::time::timeout(Duration::from_secs(3), barrier).await;
    assert!(!matches!(answered, Ok(Ok(()))), "{answered:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_a_node_has_taken_when_it_stops_may_have_taken_effect() {
    let mut cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    for other in cluster.ids().into_iter().filter(|id| *id != leader) {
        cluster.stop(other).await;
    }
    let node = cluster.handle(leader).clone();
    let put = Put { key: "a".into(), value: "1".into(), ..Put::default() };
    let command = Command::new(Operation::Put(put));
    let asked = tokio::spawn(async move { node.propose(&command).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    cluster.stop(leader).await;
    // One who is told that the node stopped asks again, and it would be carried out twice.
    let told = asked.await.expect("it does not panic");
    assert!(matches!(told, Err(NodeError::Unknown)), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lags_gets_the_state_in_pieces_and_a_restart_finds_it() {
    let settings = Settings {
        snapshot_threshold_bytes: 20_000,
        snapshot_chunk_bytes: 4096,
        trailing_entries: 0,
        ..default_settings()
    };
    let mut cluster = Cluster::start_with(3, settings).await;
    let leader = cluster.leader().await;
    let late = cluster.ids().into_iter().find(|id| *id != leader).expect("there are three");
    cluster.stop(late).await;
    for number in 0..300 {
        cluster.put(leader, &format!("k{number}"), &"v".repeat(200)).await;
    }
    cluster.start_again(late).await;
    assert_eq!(cluster.get(late, "k0").await, Some("v".repeat(200)));
    for node in cluster.ids() {
        cluster.stop(node).await;
    }
    assert!(cluster.files(late, "snapshot") >= 1, "it did not get a snapshot");
    for node in cluster.ids() {
        cluster.start_again(node).await;
    }
    assert_eq!(cluster.get(late, "k299").await, Some("v".repeat(200)));
    assert_eq!(cluster.files(late, "new"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_to_stop_hands_over() {
    let cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    cluster.put(leader, "a", "1").await;
    let term = cluster.handle(leader).published().term;
    cluster.handle(leader).hand_over().await;
    let next = cluster.leader().await;
    assert_ne!(next, leader);
    assert_eq!(cluster.handle(next).published().term.0, term.0 + 1, "one election");
    // One that does not lead has nothing to hand over.
    cluster.handle(leader).hand_over().await;
    assert_eq!(cluster.leader().await, next);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_tells_what_it_measures_and_whether_it_is_ready() {
    let mut cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    cluster.put(leader, "a", "1").await;
    let (head, text) = cluster.http(leader, "/metrics").await;
    assert_eq!(head, "HTTP/1.1 200 OK");
    for line in [
        "helios_server_is_leader 1",
        "helios_server_has_leader 1",
        "helios_mvcc_keys 1",
        "helios_mvcc_current_revision 2",
        "helios_disk_full 0",
        "helios_server_proposals_pending 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    let lag = |line: &&str| line.starts_with("helios_network_peer_lag_entries{");
    assert_eq!(text.lines().filter(lag).count(), 2, "{text}");
    // What ends in `_total` only grows.
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for (name, kind) in kinds.filter_map(|line| line.split_once(' ')) {
        assert!(kind == "counter" || !name.ends_with("_total"), "{name} is a {kind}");
    }
    assert_eq!(cluster.http(leader, "/livez").await.1, "ok\n");
    assert_eq!(cluster.http(leader, "/readyz").await.0, "HTTP/1.1 200 OK");
    for node in cluster.ids() {
        if node != leader {
            cluster.stop(node).await;
        }
    }
    assert_eq!(cluster.http(leader, "/livez").await.0, "HTTP/1.1 200 OK");
    let (head, words) = cluster.http(leader, "/readyz").await;
    assert_eq!(head, "HTTP/1.1 503 Service Unavailable");
    assert!(words.starts_with("not ready: "), "{words}");
}

/// One command revokes a thousand.
#[tokio::test(flavor = "multi_thread")]
async fn many_leases_that_end_at_once_all_end() {
    let cluster = Cluster::start(1).await;
    let node = cluster.leader().await;
    let grant = |id| Command::new(Operation::LeaseGrant { id, ttl: 2 });
    for id in 1..=1001 {
        let granted = cluster.handle(node).propose(&grant(id)).await;
        assert!(granted.is_ok_and(|response| response.result.is_ok()), "{id}");
    }
    let mut updates = cluster.handle(node).updates();
    let has_none = updates.wait_for(|published| published.store.leases().next().is_none());
    let waited = tokio::time::timeout(Duration::from_secs(15), has_none).await;
    assert!(matches!(waited, Ok(Ok(_))), "leases are left");
}
