//! `helios certs`: certificates for a try-out.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use raft_tls::{Authority, ClientRole, Holder, SignedCertificate, TlsFiles};
use time::Duration;

/// Make certificates for a try-out: an authority, one for each node, and one for each kind of
/// client.
///
/// `ca.pem` is the authority, which every node and client trusts. `node-1.pem` and `node-1.key` are
/// of node 1. A client with `client-read.pem` may read keys, one with `client-write.pem` may change
/// them too, and one with `client-admin.pem` may change the cluster. No file is overwritten.
///
/// Exit code: 0, or 2 if the certificates cannot be made.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct CertsArguments {
    /// Directory for the files; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of nodes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=18))]
    nodes: u64,
    /// Name or address under which the nodes are reached; may come several times.
    #[arg(long = "host", value_name = "HOST", default_values = ["localhost", "127.0.0.1", "::1"])]
    hosts: Vec<String>,
    /// Days for which they are valid.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
}

/// The files that arguments name: all of them, or none.
pub(crate) fn tls_files(
    certificate: &Option<PathBuf>,
    key: &Option<PathBuf>,
    authorities: &Option<PathBuf>,
) -> Option<TlsFiles> {
    let (certificate, key) = (certificate.clone()?, key.clone()?);
    Some(TlsFiles { certificate, key, authorities: authorities.clone()? })
}

/// Runs the command.
pub(crate) fn certs(arguments: &CertsArguments) -> io::Result<u8> {
    match make(arguments) {
        Ok(made) => {
            println!("{made} files in {}.", arguments.out.display());
            Ok(0)
        }
        Err(error) => {
            eprintln!("helios: {error}");
            Ok(2)
        }
    }
}

fn make(arguments: &CertsArguments) -> Result<usize, Box<dyn std::error::Error>> {
    let CertsArguments { out, nodes, hosts, days } = arguments;
    let valid = Duration::days(i64::from(*days));
    std::fs::create_dir_all(out)?;
    let authority = Authority::new("Helios try-out", valid)?;
    let mut made = 2;
    write_new(&out.join("ca.pem"), authority.certificate(), false)?;
    write_new(&out.join("ca.key"), &authority.key(), true)?;
    let nodes =
        (1..=*nodes).map(|id| (format!("node-{id}"), Holder::Node { id, hosts: hosts.clone() }));
    let clients = ClientRole::ALL.into_iter().map(|role| {
        let name = format!("client-{}", role.name());
        (name.clone(), Holder::Client { name, role })
    });
    for (name, holder) in nodes.chain(clients) {
        let SignedCertificate { certificate, key } = authority.sign(&holder, valid)?;
        write_new(&out.join(format!("{name}.pem")), &certificate, false)?;
        write_new(&out.join(format!("{name}.key")), &key, true)?;
        made += 2;
    }
    Ok(made)
}

/// Writes a file that is not there yet. Nobody else may read a secret.
fn write_new(path: &Path, text: &str, is_secret: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_secret { 0o600 } else { 0o644 });
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
