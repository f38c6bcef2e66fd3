//! Leases live and end.

use std::time::Duration;

use etcd_api::etcdserverpb as api;

use super::{Cluster, Kv, Lease, channel, get, in_time, one_node, put, url};

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_has_an_id_its_time_and_its_keys() {
    let (_cluster, channel) = one_node().await;
    let (mut kv, mut lease) = (Kv::new(channel.clone()), Lease::new(channel));
    let granted = lease.lease_grant(api::LeaseGrantRequest { id: 0, ttl: 100 }).await.unwrap();
    let (id, ttl) = (granted.get_ref().id, granted.get_ref().ttl);
    assert!(id > 0 && ttl == 100, "{granted:?}");
    kv.put(api::PutRequest { lease: id, ..put("k", "v") }).await.unwrap();
    let asked = api::LeaseTimeToLiveRequest { id, keys: true };
    let time = lease.lease_time_to_live(asked).await.unwrap().into_inner();
    assert_eq!((time.id, time.granted_ttl, &time.keys[..]), (id, 100, &["k".into()][..]));
    assert!((98..=100).contains(&time.ttl), "{time:?}");
    let asked = api::LeaseTimeToLiveRequest { id, keys: false };
    assert!(lease.lease_time_to_live(asked).await.unwrap().into_inner().keys.is_empty());
    let leases = lease.lease_leases(api::LeaseLeasesRequest {}).await.unwrap().into_inner().leases;
    assert_eq!(leases, [api::LeaseStatus { id }]);

    lease.lease_revoke(api::LeaseRevokeRequest { id }).await.unwrap();
    assert_eq!(kv.range(get("k")).await.unwrap().into_inner().count, 0);
    let time = lease.lease_time_to_live(asked).await.unwrap().into_inner();
    assert_eq!((time.ttl, time.granted_ttl), (-1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_lease_is_raised_and_ends_by_itself() {
    let (_cluster, channel) = one_node().await;
    let (mut kv, mut lease) = (Kv::new(channel.clone()), Lease::new(channel));
    let granted = lease.lease_grant(api::LeaseGrantRequest { id: 9, ttl: 1 }).await.unwrap();
    assert_eq!(granted.into_inner().ttl, 2);
    kv.put(api::PutRequest { lease: 9, ..put("k", "v") }).await.unwrap();
    in_time(async {
        while kv.range(get("k")).await.unwrap().into_inner().count > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

/// Only the leader knows when leases end, and any member is asked.
#[tokio::test(flavor = "multi_thread")]
async fn every_member_keeps_a_lease_alive() {
    let cluster = Cluster::start(3).await;
    cluster.leader().await;
    let at = |node| Lease::new(channel(&url(&cluster, node)));
    let first = cluster.ids()[0];
    let grant = api::LeaseGrantRequest { id: 9, ttl: 60 };
    in_time(at(first).lease_grant(grant)).await.unwrap();
    for node in cluster.ids() {
        let requests = [9, 8].map(|id| api::LeaseKeepAliveRequest { id });
        let answers = at(node).lease_keep_alive(tokio_stream::iter(requests)).await.unwrap();
        let mut answers = answers.into_inner();
        let alive = in_time(answers.message()).await.unwrap().unwrap();
        assert_eq!((alive.id, alive.ttl, alive.header.is_some()), (9, 60, true), "node {node}");
        let unknown = in_time(answers.message()).await.unwrap().unwrap();
        assert_eq!((unknown.id, unknown.ttl), (8, 0), "etcd says 0 of a lease that is not there");
        assert_eq!(in_time(answers.message()).await.unwrap(), None);
        let asked = api::LeaseTimeToLiveRequest { id: 9, keys: false };
        let time = in_time(at(node).lease_time_to_live(asked)).await.unwrap().into_inner();
        assert!((58..=60).contains(&time.ttl), "node {node}: {time:?}");
    }
}
