//! A request with a session takes effect once.

use etcd_api::etcdserverpb as api;
use tonic::{Code, Request};

use super::{Kv, Lease, one_node, put};

fn tagged<T>(request: T, tag: &[(&'static str, &str)]) -> Request<T> {
    let mut request = Request::new(request);
    for (name, value) in tag {
        request.metadata_mut().insert(*name, value.parse().unwrap());
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_has_the_first_answer() {
    let (_cluster, channel) = one_node().await;
    let (mut kv, mut lease) = (Kv::new(channel.clone()), Lease::new(channel));
    let open = api::LeaseGrantRequest { id: 0, ttl: 60 };
    let opened = lease.lease_grant(tagged(open, &[("helios-session", "open")])).await.unwrap();
    let session = opened.get_ref().id.to_string();
    assert_eq!(opened.metadata().get("helios-session").unwrap(), session.as_str());
    let tag = [("helios-session", session.as_str()), ("helios-number", "1")];
    let write = api::PutRequest { prev_kv: true, ..put("k", "1") };
    let first = kv.put(tagged(write.clone(), &tag)).await.unwrap().into_inner();
    kv.put(put("k", "2")).await.unwrap();
    let retry = kv.put(tagged(write, &tag)).await.unwrap().into_inner();
    assert_eq!((first.prev_kv, first.header), (retry.prev_kv, retry.header));
    let read = kv.range(super::get("k")).await.unwrap().into_inner();
    assert_eq!(read.kvs[0].value, "2", "the retry wrote nothing");

    let other = api::DeleteRangeRequest { key: "k".into(), ..Default::default() };
    let refused = kv.delete_range(tagged(other, &tag)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_tag_is_refused() {
    let (_cluster, channel) = one_node().await;
    let mut kv = Kv::new(channel);
    let tags: [&[(&str, &str)]; 4] = [
        &[("helios-session", "5")],
        &[("helios-number", "5")],
        &[("helios-session", "five"), ("helios-number", "5")],
        &[("helios-session", "5"), ("helios-number", "-5")],
    ];
    for tag in tags {
        let refused = kv.put(tagged(put("k", "v"), tag)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{tag:?}");
    }
    let unknown = [("helios-session", "5"), ("helios-number", "1")];
    let refused = kv.put(tagged(put("k", "v"), &unknown)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("is not open"), "raft-client looks for that: {refused}");
}
