//! etcd's v3 API.

use tonic::service::Routes;

use crate::NodeHandle;

/// The services of a node for clients.
pub fn services(handle: NodeHandle) -> Routes {
    drop(handle);
    Routes::default()
}
