//! The cluster that a command is about, and how it is reached.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use raft_client::api::RangeRequest;
use raft_client::{Client, ClientOptions};
use raft_tls::Tls;

use super::Refusal;
use crate::certs::tls_files;

/// How a cluster is reached.
#[derive(Args)]
pub(super) struct Target {
    /// Servers: URLs, with commas between them. One that answers is enough: it knows the others.
    #[arg(long, global = true, env = "HELIOS_ENDPOINTS", value_delimiter = ',')]
    #[arg(default_value = "http://127.0.0.1:2379")]
    endpoints: Vec<String>,
    /// Certificate of the client, in PEM.
    #[arg(long, global = true, value_name = "FILE", requires_all = ["key", "ca"])]
    cert: Option<PathBuf>,
    /// Key of the certificate.
    #[arg(long, global = true, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Authorities that sign the certificates of servers.
    #[arg(long, global = true, value_name = "FILE", requires = "cert")]
    ca: Option<PathBuf>,
    /// Seconds within which a server answers.
    #[arg(long, global = true, default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Print one object of JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// A cluster that can be reached.
pub(super) struct Reached<'a> {
    target: &'a Target,
    tls: Option<Tls>,
}

impl Target {
    /// Does something with the cluster.
    pub(super) fn run(
        &self,
        what: impl AsyncFnOnce(Reached<'_>) -> Result<u8, Refusal>,
    ) -> io::Result<Result<u8, Refusal>> {
        let tls = tls_files(&self.cert, &self.key, &self.ca).map(Tls::load).transpose();
        let tls = match tls {
            Ok(tls) => tls,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(what(Reached { target: self, tls })))
    }
}

impl Reached<'_> {
    /// A client whose [channel](Client::channel) is that of a server that answers.
    pub(super) async fn answering(&self) -> Result<Client, Refusal> {
        let client = self.client_of(self.target.endpoints.clone())?;
        let asked = RangeRequest { key: "health".into(), serializable: true, ..Default::default() };
        client.range(asked).await.map_err(|error| format!("no server answers: {error}"))?;
        Ok(client)
    }

    /// A client of one server.
    pub(super) fn client_of(&self, endpoints: Vec<String>) -> Result<Client, Refusal> {
        let options = ClientOptions {
            tls: self.tls.clone(),
            timeout: self.timeout(),
            ..ClientOptions::new(endpoints)
        };
        Client::new(options).map_err(|error| error.to_string())
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.target.timeout)
    }

    pub(super) fn is_json(&self) -> bool {
        self.target.json
    }
}
