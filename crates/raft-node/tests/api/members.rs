//! The members change.

use etcd_api::etcdserverpb as api;
use raft_core::NodeId;

use super::common::free_port;
use super::{Cluster, Members, channel, in_time, one_node, url};

fn add(url: &str, is_learner: bool) -> api::MemberAddRequest {
    api::MemberAddRequest { peer_urls: vec![url.to_owned()], is_learner }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_names_and_addresses() {
    let cluster = Cluster::start(3).await;
    cluster.leader().await;
    for node in cluster.ids() {
        let mut members = Members::new(channel(&url(&cluster, node)));
        for linearizable in [false, true] {
            let list = api::MemberListRequest { linearizable };
            let list = in_time(members.member_list(list)).await.unwrap().into_inner().members;
            assert_eq!(list.len(), 3);
            let own = &list[node.0 as usize - 1];
            assert_eq!((own.id, own.name.clone()), (node.0, format!("n{node}")));
            assert_eq!(
                (own.client_urls.clone(), own.is_learner),
                (vec![url(&cluster, node)], false)
            );
        }
    }
}

/// Also at a member that does not lead.
#[tokio::test(flavor = "multi_thread")]
async fn a_learner_is_added_and_removed() {
    let cluster = Cluster::start(3).await;
    let leader = cluster.leader().await;
    let other = cluster.ids().into_iter().find(|node| *node != leader).unwrap();
    let mut members = Members::new(channel(&url(&cluster, other)));
    let added = members.member_add(add("http://127.0.0.1:1", true)).await.unwrap().into_inner();
    let member = added.member.unwrap();
    assert!(member.is_learner && member.id > 0 && member.name.is_empty(), "{member:?}");
    assert_eq!(added.members.len(), 4);
    let promote = api::MemberPromoteRequest { id: member.id };
    let refused = members.member_promote(promote).await.unwrap_err();
    let text = "etcdserver: can only promote a learner member which is in sync with leader";
    assert_eq!((refused.code(), refused.message()), (tonic::Code::FailedPrecondition, text));
    let update = api::MemberUpdateRequest {
        id: member.id,
        peer_urls: vec!["http://127.0.0.1:2".to_owned()],
    };
    let updated = members.member_update(update).await.unwrap().into_inner().members;
    assert!(updated.iter().any(|member| member.peer_urls == ["http://127.0.0.1:2"]));
    let removed = members.member_remove(api::MemberRemoveRequest { id: member.id }).await.unwrap();
    assert_eq!(removed.into_inner().members.len(), 3);
}

/// As with etcd, a voter is added first and started then.
#[tokio::test(flavor = "multi_thread")]
async fn adding_a_voter_answers_before_the_voter_runs() {
    let (cluster, channel) = one_node().await;
    let mut members = Members::new(channel);
    let adding = members.member_add(add("http://127.0.0.1:1", false));
    let member = in_time(adding).await.unwrap().into_inner().member.unwrap();
    assert!(member.is_learner, "it does not count in a majority yet: {member:?}");
    cluster.put(NodeId(1), "k", "v").await;
}

/// Who adds a member knows neither its name nor where clients reach it.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_joins_tells_its_name_and_where_clients_reach_it() {
    let mut cluster = Cluster::start(1).await;
    cluster.leader().await;
    let mut members = Members::new(channel(&url(&cluster, NodeId(1))));
    let mut joins = cluster.config(NodeId(1)).clone();
    let local = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
    joins.listen_peers = local(free_port());
    joins.listen_clients = local(free_port());
    joins.listen_http = None;
    joins.peer_url = format!("http://{}", joins.listen_peers);
    (joins.name, joins.initial) = ("joined".to_owned(), Vec::new());
    joins.client_urls = vec![format!("http://{}", joins.listen_clients)];
    let added = members.member_add(add(&joins.peer_url, true)).await.unwrap().into_inner();
    joins.id = NodeId(added.member.unwrap().id);
    joins.data = cluster.directory().join("joins");
    let urls = joins.client_urls.clone();
    let joined = raft_node::RunningNode::start(joins).await.unwrap();
    in_time(async {
        loop {
            let list = api::MemberListRequest { linearizable: false };
            let list = members.member_list(list).await.unwrap().into_inner().members;
            let member = list.iter().find(|member| member.name == "joined");
            if member.is_some_and(|member| member.client_urls == urls) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    joined.stopper()();
    joined.ended().await.unwrap();
}
