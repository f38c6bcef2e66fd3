//! Keys and values, headers, and what an operator asks.

use std::time::Duration;

use etcd_api::etcdserverpb as api;
use raft_core::NodeId;
use raft_mvcc::Store;

use super::{Cluster, Kv, Lease, Maintenance, Members, channel, get, in_time, one_node, put, url};

/// `etcdctl endpoint status` and `-w fields` crash without one.
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_its_header() {
    let (cluster, channel) = one_node().await;
    let (mut kv, mut lease) = (Kv::new(channel.clone()), Lease::new(channel.clone()));
    let mut members = Members::new(channel.clone());
    let mut maintenance = Maintenance::new(channel);
    macro_rules! header {
        ($call:expr) => {
            (stringify!($call), $call.await.unwrap().into_inner().header)
        };
    }
    let delete = api::DeleteRangeRequest { key: "k".into(), ..Default::default() };
    let grant = api::LeaseGrantRequest { id: 7, ttl: 60 };
    let time = api::LeaseTimeToLiveRequest { id: 7, keys: true };
    let compact = api::CompactionRequest { revision: 2, physical: false };
    let peer_urls = vec!["http://127.0.0.1:1".to_owned()];
    let update = api::MemberUpdateRequest { id: 1, peer_urls };
    let headers = [
        header!(kv.put(put("k", "v"))),
        header!(kv.range(get("k"))),
        header!(kv.txn(api::TxnRequest::default())),
        header!(kv.delete_range(delete)),
        header!(kv.compact(compact)),
        header!(lease.lease_grant(grant)),
        header!(lease.lease_time_to_live(time)),
        header!(lease.lease_leases(api::LeaseLeasesRequest {})),
        header!(lease.lease_revoke(api::LeaseRevokeRequest { id: 7 })),
        header!(members.member_list(api::MemberListRequest::default())),
        header!(members.member_update(update)),
        header!(maintenance.status(api::StatusRequest {})),
        header!(maintenance.alarm(api::AlarmRequest::default())),
        header!(maintenance.defragment(api::DefragmentRequest {})),
        header!(maintenance.hash(api::HashRequest {})),
        header!(maintenance.hash_kv(api::HashKvRequest::default())),
        header!(maintenance.move_leader(api::MoveLeaderRequest { target_id: 1 })),
    ];
    let expected = cluster.handle(NodeId(1)).cluster();
    for (call, header) in headers {
        let header = header.expect(call);
        assert_eq!((header.cluster_id, header.member_id), (expected, 1), "{call}");
        assert!(header.revision >= 2 && header.raft_term >= 1, "{call}: {header:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_at_one_node_is_read_at_another() {
    let cluster = Cluster::start(3).await;
    cluster.leader().await;
    let mut at: Vec<Kv> =
        cluster.ids().into_iter().map(|node| Kv::new(channel(&url(&cluster, node)))).collect();
    for round in 0..30 {
        let value = format!("v{round}");
        let written = in_time(at[round % 3].put(put("k", &value))).await.unwrap().into_inner();
        let read = in_time(at[(round + 1) % 3].range(get("k"))).await.unwrap().into_inner();
        assert_eq!(read.kvs[0].value, value);
        let revision = written.header.unwrap().revision;
        assert_eq!((read.header.unwrap().revision, read.kvs[0].mod_revision), (revision, revision));
    }
}

/// Such a read asks nobody, so it is answered when the others are gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_serializable_read_needs_no_majority() {
    let mut cluster = Cluster::start(3).await;
    cluster.put(NodeId(1), "k", "v").await;
    cluster.stop(NodeId(2)).await;
    cluster.stop(NodeId(3)).await;
    let mut kv = Kv::new(channel(&url(&cluster, NodeId(1))));
    let read = api::RangeRequest { serializable: true, ..get("k") };
    assert_eq!(kv.range(read.clone()).await.unwrap().into_inner().kvs[0].value, "v");
    let operation =
        |read| api::RequestOp { request: Some(api::request_op::Request::RequestRange(read)) };
    let txn = |read| api::TxnRequest { success: vec![operation(read)], ..Default::default() };
    assert!(kv.txn(txn(read)).await.unwrap().into_inner().succeeded);
    let mut other = kv.clone();
    let refused = tokio::join!(kv.range(get("k")), other.txn(txn(get("k"))));
    assert!(refused.0.is_err() && refused.1.is_err(), "{refused:?}");
}

/// As with etcd: a client that simply waits is answered by the next leader.
#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_for_a_leader() {
    let mut cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    let mut followers = cluster.ids().into_iter().filter(|node| *node != leader);
    let (alone, other) = (followers.next().unwrap(), followers.next().unwrap());
    let at = channel(&url(&cluster, alone));
    let (mut writer, mut reader) = (Kv::new(at.clone()), Kv::new(at));
    writer.put(put("k", "1")).await.unwrap();
    cluster.stop(other).await;
    cluster.stop(leader).await;
    // One node of three may win an election that the leader called before it went, but a leader
    // that hears of no majority gives up.
    in_time(async {
        while cluster.handle(alone).published().leader.is_some() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
    let both = async { tokio::join!(writer.put(put("k", "2")), reader.range(get("k"))) };
    let ((written, read), ()) =
        in_time(async { tokio::join!(both, cluster.start_again(other)) }).await;
    // On a busy machine the next leader may be followed by another, and that is told.
    for error in [written.err(), read.err()].into_iter().flatten() {
        assert_ne!(error.message(), "etcdserver: no leader");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_compares_and_answers_each_operation() {
    use api::compare::{CompareResult, CompareTarget, TargetUnion};
    use api::request_op::Request;
    use api::response_op::Response;

    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel);
    kv.put(put("k", "1")).await.unwrap();
    kv.put(put("j", "1")).await.unwrap();
    let compare = |version| api::Compare {
        target: CompareTarget::Version.into(),
        result: CompareResult::Equal.into(),
        key: "k".into(),
        target_union: Some(TargetUnion::Version(version)),
        ..Default::default()
    };
    let operation = |request| api::RequestOp { request: Some(request) };
    let delete = api::DeleteRangeRequest { key: "j".into(), prev_kv: true, ..Default::default() };
    // As in etcd, the comparisons inside are made before the first operation.
    let inner = api::TxnRequest {
        compare: vec![compare(1)],
        success: vec![operation(Request::RequestDeleteRange(delete))],
        failure: vec![],
    };
    let txn = |version| api::TxnRequest {
        compare: vec![compare(version)],
        success: vec![
            operation(Request::RequestPut(api::PutRequest { prev_kv: true, ..put("k", "2") })),
            operation(Request::RequestRange(get("k"))),
            operation(Request::RequestTxn(inner.clone())),
        ],
        failure: vec![operation(Request::RequestRange(get("k")))],
    };
    let done = kv.txn(txn(7)).await.unwrap().into_inner();
    let Some(Response::ResponseRange(read)) = &done.responses[0].response else { panic!() };
    assert_eq!((done.succeeded, &read.kvs[0].value[..]), (false, &b"1"[..]));

    let done = kv.txn(txn(1)).await.unwrap().into_inner();
    assert!(done.succeeded);
    let [first, second, third] = &done.responses[..] else { panic!("{done:?}") };
    let Some(Response::ResponsePut(put)) = &first.response else { panic!() };
    assert_eq!(put.prev_kv.as_ref().unwrap().value, "1");
    assert_eq!(put.header.unwrap().revision, done.header.unwrap().revision);
    let Some(Response::ResponseRange(read)) = &second.response else { panic!() };
    assert_eq!((&read.kvs[0].value[..], read.kvs[0].version), (&b"2"[..], 2));
    let Some(Response::ResponseTxn(nested)) = &third.response else { panic!() };
    assert!(nested.succeeded);
    let Some(Response::ResponseDeleteRange(deleted)) = &nested.responses[0].response else {
        panic!()
    };
    assert_eq!((deleted.deleted, &deleted.prev_kvs[0].value[..]), (1, &b"1"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_hashes_of_all_members_agree() {
    let cluster = Cluster::start(3).await;
    cluster.put(NodeId(1), "k", "v").await;
    let leader = cluster.leader().await;
    let mut hashes = Vec::new();
    for node in cluster.ids() {
        cluster.get(node, "k").await;
        let mut maintenance = Maintenance::new(channel(&url(&cluster, node)));
        let status = maintenance.status(api::StatusRequest {}).await.unwrap().into_inner();
        let says_it_leads = status.leader == status.header.unwrap().member_id;
        assert_eq!((status.leader, says_it_leads), (leader.0, node == leader));
        assert!(status.version.starts_with("3.5.0+helios"), "{status:?}");
        assert!(status.db_size > 0 && status.db_size_in_use > 0, "{status:?}");
        assert_eq!((status.is_learner, status.errors), (false, Vec::<String>::new()));
        let hash = maintenance.hash_kv(api::HashKvRequest::default()).await.unwrap().into_inner();
        hashes.push((hash.hash, hash.hash_revision, hash.compact_revision));
    }
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_stops_writes_until_it_is_cleared() {
    use api::alarm_request::AlarmAction;

    let (_cluster, channel) = one_node().await;
    let (mut kv, mut maintenance) = (Kv::new(channel.clone()), Maintenance::new(channel));
    let alarm = |action: AlarmAction, alarm: api::AlarmType| api::AlarmRequest {
        action: action.into(),
        alarm: alarm.into(),
        member_id: 1,
    };
    let raise = alarm(AlarmAction::Activate, api::AlarmType::Nospace);
    let raised = maintenance.alarm(raise).await.unwrap().into_inner().alarms;
    let expected = api::AlarmMember { member_id: 1, alarm: api::AlarmType::Nospace.into() };
    assert_eq!(raised, [expected]);
    let refused = kv.put(put("k", "v")).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    assert_eq!(refused.message(), "etcdserver: mvcc: database space exceeded");
    let status = maintenance.status(api::StatusRequest {}).await.unwrap().into_inner();
    assert_eq!(status.errors, ["memberID:1 alarm:NOSPACE "]);
    let all = alarm(AlarmAction::Get, api::AlarmType::None);
    assert_eq!(maintenance.alarm(all).await.unwrap().into_inner().alarms, [expected]);
    let others = alarm(AlarmAction::Get, api::AlarmType::Corrupt);
    assert_eq!(maintenance.alarm(others).await.unwrap().into_inner().alarms, []);
    let clear = alarm(AlarmAction::Deactivate, api::AlarmType::Nospace);
    assert_eq!(maintenance.alarm(clear).await.unwrap().into_inner().alarms, [expected]);
    kv.put(put("k", "v")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_has_the_store_and_says_how_much_is_left() {
    let (cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel.clone());
    for key in 0..5 {
        kv.put(put(&format!("k{key}"), &"v".repeat(200_000))).await.unwrap();
    }
    let mut maintenance = Maintenance::new(channel);
    let mut pieces = maintenance.snapshot(api::SnapshotRequest {}).await.unwrap().into_inner();
    let (mut file, mut total) = (Vec::new(), None);
    while let Some(piece) = pieces.message().await.unwrap() {
        file.extend_from_slice(&piece.blob);
        let sum = file.len() as u64 + piece.remaining_bytes;
        assert_eq!(*total.get_or_insert(sum), sum);
        assert!(piece.header.is_some());
    }
    assert_eq!(total, Some(file.len() as u64));
    assert_eq!(file.len() % 512, 32, "etcdctl looks at that");
    let bytes = raft_node::api::store_in_snapshot(&file).unwrap();
    let store = Store::restore(bytes).unwrap();
    assert_eq!(store.hash(), cluster.handle(NodeId(1)).published().store.hash());
}

#[tokio::test(flavor = "multi_thread")]
async fn leadership_moves() {
    let cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    let other = cluster.ids().into_iter().find(|node| *node != leader).unwrap();
    let to = |node: NodeId| api::MoveLeaderRequest { target_id: node.0 };
    let mut at_other = Maintenance::new(channel(&url(&cluster, other)));
    let refused = at_other.move_leader(to(other)).await.unwrap_err();
    assert_eq!(refused.message(), "etcdserver: not leader");
    let mut at_leader = Maintenance::new(channel(&url(&cluster, leader)));
    in_time(at_leader.move_leader(to(other))).await.unwrap();
    assert_eq!(cluster.leader().await, other);
}
