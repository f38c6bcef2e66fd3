//! What the members of a cluster know of each other beside their ids.

use raft_core::{Bytes, Membership, NodeId};
use serde::{Deserialize, Serialize};

/// A member's name and addresses: the context that the membership holds of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MemberInfo {
    /// Its name, for people. Empty until the member was started for the first time.
    pub name: String,
    /// Where other members reach it: `http://` or `https://`, host and port.
    pub peer_urls: Vec<String>,
    /// Where clients reach it.
    pub client_urls: Vec<String>,
}

impl MemberInfo {
    /// What the membership knows of a member; nothing but its id, if that is all.
    pub fn of(membership: &Membership, node: NodeId) -> Self {
        let context = membership.context(node);
        context.and_then(|bytes| postcard::from_bytes(bytes).ok()).unwrap_or_default()
    }

    /// As a context of a membership.
    pub fn encode(&self) -> Bytes {
        postcard::to_allocvec(self).expect("it has no field that cannot be encoded").into()
    }
}
