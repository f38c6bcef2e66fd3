//! Refusals have etcd's texts and codes.

use etcd_api::etcdserverpb as api;
use tonic::{Code, Status};

use super::{Kv, Lease, Maintenance, Members, get, one_node, put};

fn check(refused: &Status, code: Code, text: &str) {
    assert_eq!((refused.code(), refused.message()), (code, text));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel);
    let refused = kv.put(put("", "v")).await.unwrap_err();
    check(&refused, Code::InvalidArgument, "etcdserver: key is not provided");
    let refused = kv.range(get("")).await.unwrap_err();
    check(&refused, Code::InvalidArgument, "etcdserver: key is not provided");
    let refused = kv.put(api::PutRequest { ignore_value: true, ..put("k", "") }).await.unwrap_err();
    check(&refused, Code::InvalidArgument, "etcdserver: key not found");
    let refused = kv.put(api::PutRequest { lease: 7, ..put("k", "v") }).await.unwrap_err();
    check(&refused, Code::NotFound, "etcdserver: requested lease not found");
    let refused = kv.range(api::RangeRequest { sort_order: 9, ..get("k") }).await.unwrap_err();
    check(&refused, Code::InvalidArgument, "etcdserver: invalid sort option");
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel);
    for value in ["1", "2", "3"] {
        kv.put(put("k", value)).await.unwrap();
    }
    let refused = kv.range(api::RangeRequest { revision: 99, ..get("k") }).await.unwrap_err();
    let text = "etcdserver: mvcc: required revision is a future revision";
    check(&refused, Code::OutOfRange, text);
    kv.compact(api::CompactionRequest { revision: 3, physical: true }).await.unwrap();
    let refused = kv.range(api::RangeRequest { revision: 2, ..get("k") }).await.unwrap_err();
    let text = "etcdserver: mvcc: required revision has been compacted";
    check(&refused, Code::OutOfRange, text);
    let again = api::CompactionRequest { revision: 3, physical: false };
    check(&kv.compact(again).await.unwrap_err(), Code::OutOfRange, text);
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel);
    kv.put(put("k", &"v".repeat((3 << 19) - 100))).await.unwrap();
    let refused = kv.put(put("k", &"v".repeat(3 << 19))).await.unwrap_err();
    check(&refused, Code::InvalidArgument, "etcdserver: request is too large");
    let operation = |key: usize| api::RequestOp {
        request: Some(api::request_op::Request::RequestPut(put(&format!("k{key}"), ""))),
    };
    let txn = |operations: usize| api::TxnRequest {
        success: (0..operations).map(operation).collect(),
        ..api::TxnRequest::default()
    };
    kv.txn(txn(128)).await.unwrap();
    let refused = kv.txn(txn(129)).await.unwrap_err();
    check(&refused, Code::InvalidArgument, "etcdserver: too many operations in txn request");
    let twice = api::TxnRequest { success: vec![operation(1); 2], ..api::TxnRequest::default() };
    let refused = kv.txn(twice).await.unwrap_err();
    check(&refused, Code::InvalidArgument, "etcdserver: duplicate key given in txn request");
    let empty =
        api::TxnRequest { success: vec![api::RequestOp::default()], ..api::TxnRequest::default() };
    assert_eq!(kv.txn(empty).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_in_transactions_in_transactions() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel);
    let nested = |depth| {
        (0..depth).fold(api::TxnRequest::default(), |txn, _| {
            let request = Some(api::request_op::Request::RequestTxn(txn));
            let success = vec![api::RequestOp { request }];
            api::TxnRequest { success, ..Default::default() }
        })
    };
    assert!(kv.txn(nested(40)).await.unwrap().into_inner().succeeded);
    kv.txn(nested(1000)).await.unwrap_err();
    kv.put(put("k", "the node goes on")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn leases() {
    let (_cluster, channel) = one_node().await;
    let mut lease = Lease::new(channel);
    let grant = api::LeaseGrantRequest { id: 7, ttl: 60 };
    lease.lease_grant(grant).await.unwrap();
    let refused = lease.lease_grant(grant).await.unwrap_err();
    check(&refused, Code::FailedPrecondition, "etcdserver: lease already exists");
    let long = api::LeaseGrantRequest { id: 8, ttl: 9_000_000_001 };
    let refused = lease.lease_grant(long).await.unwrap_err();
    check(&refused, Code::OutOfRange, "etcdserver: too large lease TTL");
    let refused = lease.lease_revoke(api::LeaseRevokeRequest { id: 8 }).await.unwrap_err();
    check(&refused, Code::NotFound, "etcdserver: requested lease not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn members() {
    let (_cluster, channel) = one_node().await;
    let mut members = Members::new(channel.clone());
    let refused = members.member_remove(api::MemberRemoveRequest { id: 9 }).await.unwrap_err();
    check(&refused, Code::NotFound, "etcdserver: member not found");
    let refused = members.member_promote(api::MemberPromoteRequest { id: 1 }).await.unwrap_err();
    check(&refused, Code::FailedPrecondition, "etcdserver: can only promote a learner member");
    for bad in ["", "here", "http://here", "http://here:1/there", "ftp://here:1"] {
        let peer_urls = vec![bad.to_owned()];
        let add = api::MemberAddRequest { peer_urls, is_learner: true };
        let refused = members.member_add(add).await.unwrap_err();
        check(&refused, Code::InvalidArgument, "etcdserver: given member URLs are invalid");
    }
    let list = members.member_list(api::MemberListRequest::default()).await.unwrap().into_inner();
    let add =
        api::MemberAddRequest { peer_urls: list.members[0].peer_urls.clone(), is_learner: true };
    let refused = members.member_add(add).await.unwrap_err();
    check(&refused, Code::FailedPrecondition, "etcdserver: Peer URLs already exists");
    let to = api::MoveLeaderRequest { target_id: 9 };
    let refused = Maintenance::new(channel).move_leader(to).await.unwrap_err();
    check(&refused, Code::FailedPrecondition, "etcdserver: bad leader transferee");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_supported_says_so() {
    let (_cluster, channel) = one_node().await;
    let mut auth = api::auth_client::AuthClient::new(channel.clone());
    let refused = auth.auth_enable(api::AuthEnableRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    assert!(refused.message().contains("certificates"), "{refused}");
    let downgrade = Maintenance::new(channel).downgrade(api::DowngradeRequest::default()).await;
    let refused = downgrade.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    assert!(refused.message().contains("downgrades"), "{refused}");
}
