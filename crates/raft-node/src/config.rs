//! The settings of a node.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use raft_core::{ConfigError, Membership, NodeId, Settings};
use raft_tls::TlsFiles;
use sha2::{Digest, Sha256};

use crate::MemberInfo;

/// The settings of a node.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Its id, at least 1. An id is for one directory: a node whose disk was lost comes back under
    /// a new id.
    pub id: NodeId,
    /// The directory of its disk. It is made if it is not there.
    pub data: PathBuf,
    /// Nodes of other clusters are refused: the name of this one.
    pub cluster: String,
    /// The members at the first start of the cluster, the same on each of them; empty for a node
    /// that joins.
    pub initial: Vec<InitialMember>,
    /// Where it listens for other nodes.
    pub listen_peers: SocketAddr,
    /// Where it listens for clients.
    pub listen_clients: SocketAddr,
    /// Where it tells its metrics and its health, in plain HTTP; nowhere, if there is none.
    pub listen_http: Option<SocketAddr>,
    /// Where it shows the cluster in a browser, in plain HTTP; nowhere, if there is none.
    pub page: Option<PageConfig>,
    /// Where other nodes reach it.
    pub peer_url: String,
    /// Its name, for people. The cluster is told when the node is a member.
    pub name: String,
    /// Where clients reach it. The cluster is told when the node is a member.
    pub client_urls: Vec<String>,
    /// Other addresses for some peers: where this node reaches them, whatever the membership says.
    /// For example, there is a proxy between.
    pub reach: BTreeMap<NodeId, String>,
    /// Its certificate, with which it speaks to other nodes and to clients. Without one, all is
    /// plain text.
    pub tls: Option<TlsFiles>,
    /// Plain text is meant, also where others can listen. Without it, plain text is for addresses
    /// of this machine only.
    pub plain_text: bool,
    /// A request is answered within this time, or not at all. Default 5 s.
    pub request_timeout: Duration,
    /// The settings of the protocol. Followers forward commands, whatever they say.
    pub settings: Settings,
}

/// The page that shows the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageConfig {
    /// Where it listens. Everybody who can open the page sees all keys and values.
    pub listen: SocketAddr,
    /// The directory with the page, as it was built.
    pub directory: PathBuf,
}

/// A member at the first start of a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InitialMember {
    /// Its id.
    pub id: NodeId,
    /// Its name and addresses.
    pub info: MemberInfo,
}

/// What is wrong with settings.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NodeConfigError {
    /// A setting of the protocol.
    #[error(transparent)]
    Protocol(#[from] ConfigError),
    /// The node is no member of the list that it has.
    #[error("node {0} is not among the initial members")]
    NotAMember(u64),
    /// Plain text, where others can listen.
    #[error(
        "{0} can be reached from other machines, and there is no certificate: give one, or say \
         that plain text is meant"
    )]
    PlainText(SocketAddr),
    /// The page, where others can open it.
    #[error(
        "{0} can be reached from other machines, and the page shows all keys and values in plain \
         HTTP: listen on an address of this machine, or say that plain text is meant"
    )]
    Page(SocketAddr),
    /// The address and the certificate do not go together.
    #[error("the address {url} has {has}, and this node has {own}")]
    Scheme {
        /// The address.
        url: String,
        /// What it begins with.
        has: &'static str,
        /// What would go with it.
        own: &'static str,
    },
    /// Two members have one id.
    #[error("two initial members have the id {0}")]
    SameId(u64),
}

/// Settings that suit processes on machines of their own: heartbeats every 50 ms, and elections
/// after 400 to 800 ms of silence, since a flush of a busy disk takes some of that.
pub fn default_settings() -> Settings {
    Settings {
        election_timeout_min: Duration::from_millis(400),
        election_timeout_max: Duration::from_millis(800),
        forward_proposals: true,
        lease_reads: false,
        max_batch_entries: 4096,
        // A request of etcd's API has at most 1.5 MiB.
        max_command_bytes: 2 << 20,
        max_pending_requests: 100_000,
        snapshot_threshold: u64::MAX,
        snapshot_chunk_bytes: 1 << 20,
        max_snapshot_bytes: 16 << 30,
        ..Settings::default()
    }
}

impl NodeConfig {
    /// The id of the cluster: a part of the SHA-256 of its name.
    pub fn cluster_id(&self) -> u64 {
        cluster_id(&self.cluster)
    }

    /// Checks that certificates, addresses and schemes go together.
    ///
    /// # Errors
    /// [`NodeConfigError::PlainText`], [`NodeConfigError::Page`] or [`NodeConfigError::Scheme`].
    pub fn check_security(&self) -> Result<(), NodeConfigError> {
        if self.tls.is_none() && !self.plain_text {
            for address in [self.listen_peers, self.listen_clients] {
                if !address.ip().is_loopback() {
                    return Err(NodeConfigError::PlainText(address));
                }
            }
        }
        if let Some(PageConfig { listen, .. }) = self.page
            && !listen.ip().is_loopback()
            && !self.plain_text
        {
            return Err(NodeConfigError::Page(listen));
        }
        let (has, own) = match self.tls {
            Some(_) => ("no https", "a certificate"),
            None => ("https", "no certificate"),
        };
        for url in [&self.peer_url].into_iter().chain(self.reach.values()) {
            if url.starts_with("https://") != self.tls.is_some() {
                return Err(NodeConfigError::Scheme { url: url.clone(), has, own });
            }
        }
        Ok(())
    }

    /// The membership of the first start.
    ///
    /// # Errors
    /// Two members have one id, or this node is not among them.
    pub fn membership(&self) -> Result<Membership, NodeConfigError> {
        membership(&self.initial, self.id)
    }
}

/// The id of the cluster with this name.
pub(crate) fn cluster_id(name: &str) -> u64 {
    let digest = Sha256::digest(name.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

/// The membership with which a node of a new cluster starts.
pub(crate) fn membership(
    initial: &[InitialMember],
    id: NodeId,
) -> Result<Membership, NodeConfigError> {
    let mut membership = Membership::new(initial.iter().map(|member| member.id));
    if initial.is_empty() {
        return Ok(Membership::empty());
    }
    for member in initial {
        if membership.context(member.id).is_some() {
            return Err(NodeConfigError::SameId(member.id.0));
        }
        membership = membership.with_context(member.id, member.info.encode());
    }
    if !membership.contains(id) {
        return Err(NodeConfigError::NotAMember(id.0));
    }
    membership.validate()?;
    Ok(membership)
}
