//! A member tells the cluster its name and where clients reach it: who added it knew neither.

use std::time::Duration;

use raft_core::{NodeId, RoleKind};

use crate::{MemberInfo, NodeError, NodeHandle};

/// A member that the cluster does not know well yet tries again after this time.
const AGAIN: Duration = Duration::from_millis(500);

/// The longest name in bytes, and the most addresses with the longest one.
const NAME: usize = 256;
const URLS: usize = 8;
const URL: usize = 512;

/// Introduces this node, when it is a member and until the cluster knows it.
pub(crate) async fn introduce(handle: NodeHandle, name: String, client_urls: Vec<String>) {
    loop {
        let published = handle.published();
        let known = MemberInfo::of(&published.membership, handle.node());
        let is_member = published.membership.contains(handle.node());
        if is_member && known.name == name && known.client_urls == client_urls {
            // Nothing changes it but this node.
            return std::future::pending().await;
        }
        if is_member && let Some(leader) = published.leader {
            let (name, urls) = (name.clone(), client_urls.clone());
            let introduced = if leader == handle.node() {
                let introduced = handle.introduce(leader, name, urls).await;
                introduced.map_err(|error| error.to_string())
            } else {
                let of_leader = MemberInfo::of(&published.membership, leader).peer_urls;
                let url = of_leader.first().map(String::as_str).unwrap_or_default();
                let asked = handle.shared.peers.introduce((leader, url), name, urls);
                match tokio::time::timeout(handle.request_timeout(), asked).await {
                    Ok(answer) => answer.map_err(|status| status.message().to_owned()),
                    Err(_) => Err("the leader does not answer".to_owned()),
                }
            };
            if let Err(error) = introduced {
                tracing::debug!(error, "the cluster does not know the name of this node yet");
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

impl NodeHandle {
    /// As leader: gives a member another name and other addresses for clients.
    ///
    /// # Errors
    /// This node does not lead, or another change is under way.
    pub(crate) async fn introduce(
        &self,
        node: NodeId,
        name: String,
        client_urls: Vec<String>,
    ) -> Result<(), NodeError> {
        let published = self.published();
        if published.role != RoleKind::Leader {
            return Err(NodeError::NotLeader(published.leader));
        }
        let before = MemberInfo::of(&published.membership, node);
        let is_short = name.len() <= NAME
            && client_urls.len() <= URLS
            && client_urls.iter().all(|url| url.len() <= URL);
        let info = MemberInfo { name, client_urls, ..before.clone() };
        if !is_short || !published.membership.contains(node) || info == before {
            return Ok(());
        }
        self.update_member(&published.membership, node, &info).await
    }
}
