//! The arguments of `helios bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Put a load on a cluster, Helios or etcd, and print how fast it answers.
///
/// Each client sends its next request when the last one was answered. With `--rate`, requests are
/// sent at that rate whether or not others were answered, and a latency counts from the moment at
/// which its request was due: so a pause of the servers is not hidden.
///
/// Exit code: 0, 1 if no request was answered, 2 if the load does not start.
#[derive(Args)]
pub(crate) struct BenchArguments {
    /// Servers: URLs, with commas between them.
    #[arg(long, value_delimiter = ',', default_value = "http://127.0.0.1:2379")]
    pub(super) endpoints: Vec<String>,
    /// What each request does.
    #[arg(long, value_enum, default_value_t = Operation::Put)]
    pub(super) operation: Operation,
    /// Number of clients.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) clients: u32,
    /// Number of connections that the clients share.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) connections: u32,
    /// Bytes of a value.
    #[arg(long, default_value_t = 128)]
    pub(super) value_bytes: usize,
    /// Number of keys.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) keys: u64,
    /// Seconds of the load.
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub(super) seconds: f64,
    /// Number of requests after which the load ends, whatever the time.
    #[arg(long)]
    pub(super) requests: Option<u64>,
    /// Requests a second, sent whether or not others were answered.
    #[arg(long)]
    pub(super) rate: Option<u64>,
    /// Put every key once, one after the other, in place of keys drawn at random.
    #[arg(long)]
    pub(super) sequential: bool,
    /// Give each connection a session, so that its writes are repeated and carried out once.
    #[arg(long)]
    pub(super) session: bool,
    /// Certificate of the client, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["key", "ca"])]
    pub(super) cert: Option<PathBuf>,
    /// Key of the certificate.
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(super) key: Option<PathBuf>,
    /// Authorities that sign the certificates of servers.
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(super) ca: Option<PathBuf>,
    /// Print one object of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// What a request does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Operation {
    /// Put a value.
    Put,
    /// Read a key as of now.
    Get,
    /// Read a key as the server has it, which may be old.
    SerializableGet,
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::SerializableGet => "serializable-get",
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if Duration::try_from_secs_f64(seconds).is_ok() => Ok(seconds),
        Ok(_) | Err(_) => Err("it is no number of seconds".to_owned()),
    }
}
