//! What the certificate of a client allows.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use raft_tls::{ClientRole, Identity};
use tonic::Status;

/// The methods that read.
const READS: [&str; 12] = [
    "/etcdserverpb.KV/Range",
    "/etcdserverpb.Watch/Watch",
    "/etcdserverpb.Lease/LeaseTimeToLive",
    "/etcdserverpb.Lease/LeaseLeases",
    "/etcdserverpb.Cluster/MemberList",
    "/etcdserverpb.Maintenance/Status",
    "/etcdserverpb.Maintenance/Hash",
    "/etcdserverpb.Maintenance/HashKV",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The methods that change keys or keep leases. A transaction may do so.
const WRITES: [&str; 7] = [
    "/etcdserverpb.KV/Put",
    "/etcdserverpb.KV/DeleteRange",
    "/etcdserverpb.KV/Txn",
    "/etcdserverpb.KV/Compact",
    "/etcdserverpb.Lease/LeaseGrant",
    "/etcdserverpb.Lease/LeaseRevoke",
    "/etcdserverpb.Lease/LeaseKeepAlive",
];

/// Lets a request on if the certificate of its connection allows its method.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let held = request.extensions().get::<Identity>().and_then(|identity| identity.role);
    let needed = needed(request.uri().path());
    if held >= Some(needed) {
        return next.run(request).await;
    }
    let held = held.map_or("none", ClientRole::name);
    let words = format!(
        "etcdserver: permission denied: this needs the role {}, and the certificate has {held}",
        needed.name()
    );
    Status::permission_denied(words).into_http()
}

/// The role that a method needs. What is not known needs the highest.
fn needed(path: &str) -> ClientRole {
    if READS.contains(&path) {
        ClientRole::Read
    } else if WRITES.contains(&path) {
        ClientRole::Write
    } else {
        ClientRole::Admin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_needs_a_role() {
        let service = |name: &str| format!("/etcdserverpb.{name}");
        for (method, role) in [
            ("KV/Range", ClientRole::Read),
            ("KV/Put", ClientRole::Write),
            ("Lease/LeaseKeepAlive", ClientRole::Write),
            ("Cluster/MemberAdd", ClientRole::Admin),
            ("Maintenance/Snapshot", ClientRole::Admin),
            ("Maintenance/MoveLeader", ClientRole::Admin),
            ("Maintenance/Alarm", ClientRole::Admin),
            ("KV/Unknown", ClientRole::Admin),
        ] {
            assert_eq!(needed(&service(method)), role, "{method}");
        }
    }
}
