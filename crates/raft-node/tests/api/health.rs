//! What programs ask of any server of gRPC: its health, and what it serves.

use std::time::Duration;

use raft_core::NodeId;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ListServiceResponse, ServerReflectionRequest};

use super::{Cluster, channel, in_time, one_node, url};

async fn wait_for(channel: Channel, wanted: ServingStatus) {
    let mut health = HealthClient::new(channel);
    in_time(async {
        let ask = || HealthCheckRequest { service: String::new() };
        while health.check(ask()).await.unwrap().into_inner().status() != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_serves_while_a_quorum_confirms_its_reads() {
    let mut cluster = Cluster::start(3).await;
    cluster.leader().await;
    let channel = channel(&url(&cluster, NodeId(1)));
    wait_for(channel.clone(), ServingStatus::Serving).await;
    cluster.stop(NodeId(2)).await;
    cluster.stop(NodeId(3)).await;
    wait_for(channel.clone(), ServingStatus::NotServing).await;
    cluster.start_again(NodeId(2)).await;
    wait_for(channel, ServingStatus::Serving).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_are_listed() {
    let (_cluster, channel) = one_node().await;
    let message_request = Some(MessageRequest::ListServices(String::new()));
    let ask = ServerReflectionRequest { host: String::new(), message_request };
    let answers = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::once(ask))
        .await
        .unwrap();
    let answer = in_time(answers.into_inner().message()).await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(ListServiceResponse { service })) =
        answer.message_response
    else {
        panic!("{answer:?}")
    };
    let names: Vec<String> = service.into_iter().map(|service| service.name).collect();
    for name in ["KV", "Watch", "Lease", "Cluster", "Maintenance"] {
        assert!(names.contains(&format!("etcdserverpb.{name}")), "{names:?}");
    }
    assert!(names.contains(&"grpc.health.v1.Health".to_owned()), "{names:?}");
}
