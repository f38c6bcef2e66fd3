//! The crate `etcd-client` does what it does with etcd.

use etcd_client::{
    Client, Compare, CompareOp, DeleteOptions, EventType, GetOptions, PutOptions, SortOrder,
    SortTarget, Txn, TxnOp, WatchOptions,
};

use super::{Cluster, in_time, url};

async fn client(cluster: &Cluster) -> Client {
    let urls: Vec<String> = cluster.ids().into_iter().map(|node| url(cluster, node)).collect();
    cluster.leader().await;
    Client::connect(urls, None).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_transactions() {
    let cluster = Cluster::start(1).await;
    let mut client = client(&cluster).await;
    for key in ["a/1", "a/2", "a/3", "b"] {
        client.put(key, "v", None).await.unwrap();
    }
    let options = GetOptions::new()
        .with_prefix()
        .with_limit(2)
        .with_sort(SortTarget::Key, SortOrder::Descend);
    let read = client.get("a/", Some(options)).await.unwrap();
    let keys: Vec<&[u8]> = read.kvs().iter().map(|kv| kv.key()).collect();
    assert_eq!((keys, read.count(), read.more()), (vec![&b"a/3"[..], b"a/2"], 3, true));
    let before = client.put("a/1", "w", Some(PutOptions::new().with_prev_key())).await.unwrap();
    assert_eq!(before.prev_key().unwrap().value(), b"v");
    let deleted = client.delete("a/", Some(DeleteOptions::new().with_prefix())).await.unwrap();
    assert_eq!(deleted.deleted(), 3);
    let txn = Txn::new()
        .when([Compare::value("b", CompareOp::Equal, "v")])
        .and_then([TxnOp::put("b", "w", None), TxnOp::get("b", None)])
        .or_else([TxnOp::get("b", None)]);
    assert!(client.txn(txn.clone()).await.unwrap().succeeded());
    assert!(!client.txn(txn).await.unwrap().succeeded());
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_and_leases() {
    let cluster = Cluster::start(1).await;
    let mut client = client(&cluster).await;
    let options = WatchOptions::new().with_prefix().with_prev_key();
    let mut watch = client.watch("a/", Some(options)).await.unwrap();
    let lease = client.lease_grant(60, None).await.unwrap().id();
    client.put("a/1", "v", Some(PutOptions::new().with_lease(lease))).await.unwrap();
    let (mut keeper, mut alive) = client.lease_keep_alive(lease).await.unwrap();
    keeper.keep_alive().await.unwrap();
    assert_eq!(alive.message().await.unwrap().unwrap().ttl(), 60);
    client.lease_revoke(lease).await.unwrap();
    let mut kinds = Vec::new();
    while kinds.len() < 2 {
        let answer = in_time(watch.message()).await.unwrap().unwrap();
        for event in answer.events() {
            let before = event.prev_kv().map(|kv| kv.value().to_vec());
            kinds.push((event.event_type(), before));
        }
    }
    assert_eq!(kinds, [(EventType::Put, None), (EventType::Delete, Some(b"v".to_vec()))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_status() {
    let cluster = Cluster::start(3).await;
    let mut client = client(&cluster).await;
    let members = client.member_list().await.unwrap();
    let names: Vec<&str> = members.members().iter().map(|member| member.name()).collect();
    assert_eq!(names, ["n1", "n2", "n3"]);
    let status = in_time(client.status()).await.unwrap();
    assert_eq!(status.leader(), cluster.leader().await.0);
    assert!(status.raft_index() >= status.raft_applied_index() && status.raft_term() > 0);
    let hash = in_time(client.hash_kv(0)).await.unwrap();
    assert_eq!((hash.compact_version(), hash.header().unwrap().revision()), (-1, 1));
}
