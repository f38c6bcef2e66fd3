//! The file that describes a cluster.

use std::time::Duration;

use raft_core::{NodeId, Settings};
use serde::{Deserialize, Serialize};

use crate::{InitialMember, MemberInfo, default_settings};

/// A cluster, as a file describes it: the same file on every machine.
///
/// ```toml
/// cluster = "try-out"
/// heartbeat_ms = 50
/// election_timeout_ms = [400, 800]
/// snapshot_log_mib = 64
///
/// [[member]]
/// id = 1
/// name = "n1"
/// peer_url = "http://127.0.0.1:2380"
/// client_url = "http://127.0.0.1:2379"
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterFile {
    /// The name of the cluster. Nodes of other clusters are refused.
    pub cluster: String,
    /// The time between heartbeats in milliseconds.
    pub heartbeat_ms: Option<u64>,
    /// The shortest and the longest election timeout in milliseconds.
    pub election_timeout_ms: Option<[u64; 2]>,
    /// A snapshot is taken when the log has grown by so many MiB.
    pub snapshot_log_mib: Option<u16>,
    /// The members at the first start.
    #[serde(rename = "member", default)]
    pub members: Vec<MemberLine>,
}

/// A member in the file of a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MemberLine {
    /// Its id, at least 1.
    pub id: u64,
    /// Its name, for people.
    pub name: String,
    /// Where other nodes reach it.
    pub peer_url: String,
    /// Where clients reach it.
    pub client_url: String,
}

/// The file cannot be understood.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ClusterFileError(String);

impl ClusterFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// The place, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ClusterFileError> {
        toml::from_str(text).map_err(|error| ClusterFileError(error.to_string()))
    }

    /// The text of a file.
    pub fn text(&self) -> String {
        toml::to_string(self).expect("it is a table of texts and numbers")
    }

    /// The members at the first start.
    pub fn initial(&self) -> Vec<InitialMember> {
        self.members.iter().map(MemberLine::member).collect()
    }

    /// The member with an id.
    pub fn member(&self, id: NodeId) -> Option<&MemberLine> {
        self.members.iter().find(|member| member.id == id.0)
    }

    /// The settings of the protocol.
    pub fn settings(&self) -> Settings {
        let mut settings = default_settings();
        if let Some(heartbeat) = self.heartbeat_ms {
            settings.heartbeat_interval = Duration::from_millis(heartbeat);
        }
        if let Some([min, max]) = self.election_timeout_ms {
            settings.election_timeout_min = Duration::from_millis(min);
            settings.election_timeout_max = Duration::from_millis(max);
        }
        if let Some(mib) = self.snapshot_log_mib {
            settings.snapshot_threshold_bytes = u64::from(mib) << 20;
        }
        settings
    }
}

impl MemberLine {
    fn member(&self) -> InitialMember {
        let info = MemberInfo {
            name: self.name.clone(),
            peer_urls: vec![self.peer_url.clone()],
            client_urls: vec![self.client_url.clone()],
        };
        InitialMember { id: NodeId(self.id), info }
    }
}

/// The host and port of a URL: `127.0.0.1:2380` of `http://127.0.0.1:2380`.
pub fn host_and_port(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = rest.rsplit_once(':')?;
    (!host.is_empty() && port.parse::<u16>().is_ok()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        cluster = "c"
        heartbeat_ms = 20
        election_timeout_ms = [100, 200]
        snapshot_log_mib = 16

        [[member]]
        id = 1
        name = "n1"
        peer_url = "http://127.0.0.1:2380"
        client_url = "http://127.0.0.1:2379"
    "#;

    #[test]
    fn a_file_is_read() {
        let file = ClusterFile::parse(FILE).expect("it is a cluster");
        assert_eq!(file.initial()[0].info.name, "n1");
        assert_eq!(file.settings().election_timeout_max, Duration::from_millis(200));
        assert_eq!(file.settings().heartbeat_interval, Duration::from_millis(20));
        assert_eq!(file.settings().snapshot_threshold_bytes, 16 << 20);
        assert_eq!(file.member(NodeId(2)), None);
        assert_eq!(ClusterFile::parse(&file.text()), Ok(file));
    }

    #[test]
    fn a_name_that_means_nothing_is_refused_with_its_line() {
        let error = ClusterFile::parse("cluster = \"c\"\nheartbeats_ms = 3").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(error.to_string().contains("heartbeats_ms"), "{error}");
    }

    #[test]
    fn a_url_has_a_host_and_a_port() {
        assert_eq!(host_and_port("http://[::1]:80/"), Some("[::1]:80"));
        assert_eq!(host_and_port("https://a:1"), Some("a:1"));
        for wrong in ["a:1", "http://a", "http://:1", "http://a:x", "http://a:99999"] {
            assert_eq!(host_and_port(wrong), None, "{wrong}");
        }
    }
}
