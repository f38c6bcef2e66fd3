//! What a node tells over HTTP, and to the health service of gRPC: its metrics, and whether it is
//! alive and ready.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::NodeHandle;

/// A node that is ready answers a linearizable read within this time.
const READY: Duration = Duration::from_secs(1);

/// `/metrics`, `/livez`, `/readyz`, and `/health` as etcd has it.
pub(crate) fn router(handle: NodeHandle) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/health", get(health))
        .with_state(handle)
}

async fn metrics(State(handle): State<NodeHandle>) -> impl IntoResponse {
    let status = handle.status().await.ok();
    if let Some(tls) = &handle.shared.peers.tls {
        handle.metrics().certificate_expires(tls.expires());
    }
    let text = handle.metrics().text(&handle.published(), status.as_ref());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text)
}

async fn ready(State(handle): State<NodeHandle>) -> impl IntoResponse {
    match is_ready(&handle).await {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
    }
}

async fn health(State(handle): State<NodeHandle>) -> impl IntoResponse {
    match is_ready(&handle).await {
        Ok(()) => (StatusCode::OK, r#"{"health":"true","reason":""}"#.to_owned()),
        Err(reason) => {
            let words = reason.replace('"', "'");
            let body = format!(r#"{{"health":"false","reason":"{words}"}}"#);
            (StatusCode::SERVICE_UNAVAILABLE, body)
        }
    }
}

/// The health service of gRPC says so often whether the node is ready.
const HEALTH_EVERY: Duration = Duration::from_secs(1);

/// Keeps what the health service of gRPC says true.
pub(crate) async fn report_health(handle: NodeHandle, reporter: HealthReporter) {
    loop {
        let status = match is_ready(&handle).await {
            Ok(()) => ServingStatus::Serving,
            Err(_) => ServingStatus::NotServing,
        };
        // The empty name is the whole server.
        reporter.set_service_status("", status).await;
        tokio::time::sleep(HEALTH_EVERY).await;
    }
}

/// Whether a quorum lets this node answer reads.
async fn is_ready(handle: &NodeHandle) -> Result<(), String> {
    match tokio::time::timeout(READY, handle.read_barrier()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no quorum confirmed a read within {READY:?}")),
    }
}
