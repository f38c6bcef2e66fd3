//! `helios ctl snapshot` and `verify`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use raft_client::api::SnapshotRequest;
use raft_client::api::maintenance_client::MaintenanceClient;
use raft_core::NodeId;
use raft_node::offline::{self, OfflineError, SnapshotContents, Verified};

use super::Refusal;
use super::target::{Reached, Target};
use crate::output::to_stdout;

#[derive(Subcommand)]
pub(super) enum SnapshotCommand {
    /// Save all keys of a running cluster, with their past. The file ends with its hash, which is
    /// checked.
    Save {
        /// The file.
        file: PathBuf,
    },
    /// Make the directory of a member of a new cluster from a snapshot. Do so for each member, with
    /// the same file, and then start them.
    ///
    /// Give the new cluster another name, so that servers of the old one are refused.
    Restore {
        /// The file.
        file: PathBuf,
        /// Which of the members the server is.
        #[arg(long)]
        id: u64,
        /// Directory of its disk, which must not be there yet.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// File that describes the new cluster.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// Runs the command.
pub(super) fn run(target: &Target, command: &SnapshotCommand) -> io::Result<Result<u8, Refusal>> {
    match command {
        SnapshotCommand::Save { file } => {
            target.run(async |target| save(target, file).await.map(|()| 0))
        }
        SnapshotCommand::Restore { file, id, data, config } => {
            match restore(file, NodeId(*id), (data, config)) {
                Ok(contents) => tell(data, contents).map(|()| Ok(0)),
                Err(reason) => Ok(Err(reason)),
            }
        }
    }
}

/// The file has its name only when it is whole and was checked.
async fn save(target: Reached<'_>, file: &Path) -> Result<(), Refusal> {
    let failed = |error: io::Error| format!("{}: {error}", file.display());
    let mut client = MaintenanceClient::new(target.answering().await?.channel());
    let stream = client.snapshot(SnapshotRequest {}).await;
    let mut stream = stream.map_err(|status| status.message().to_owned())?.into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = stream.message().await.map_err(|it| it.message().to_owned())? {
        bytes.extend_from_slice(&piece.blob);
    }
    let contents = offline::check_snapshot(&bytes).map_err(|error| error.to_string())?;
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let draft = PathBuf::from(name);
    let mut written = File::create(&draft).map_err(failed)?;
    written.write_all(&bytes).and_then(|()| written.sync_all()).map_err(failed)?;
    fs::rename(&draft, file).map_err(failed)?;
    tell(file, contents).map_err(|error| error.to_string())
}

/// Says what is there now.
fn tell(path: &Path, SnapshotContents { keys, revision }: SnapshotContents) -> io::Result<()> {
    let path = path.display();
    to_stdout(|out| writeln!(out, "{path} has {keys} keys at revision {revision}."))
}

fn restore(
    file: &Path,
    id: NodeId,
    (data, config): (&Path, &Path),
) -> Result<SnapshotContents, Refusal> {
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let cluster = crate::node::cluster_file(config)?;
    offline::restore(data, (id, &cluster), &bytes).map_err(|error| error.to_string())
}

/// Verifies a directory.
pub(super) fn verify(data: &Path, is_json: bool) -> io::Result<Result<u8, Refusal>> {
    let found = match offline::verify(data) {
        Ok(found) => found,
        Err(error @ OfflineError::NoDirectory(_)) => return Ok(Err(error.to_string())),
        Err(error) => return Ok(Err(format!("{}: {error}", data.display()))),
    };
    let Verified { owner, term, voted_for, snapshot, last, commit_index, .. } = &found;
    let vote = voted_for.map_or("nobody".to_owned(), |node| format!("node {node}"));
    let Verified { torn_bytes, keys, revision, hash, .. } = found;
    to_stdout(|out| {
        if is_json {
            let object = serde_json::json!({
                "owner": owner,
                "term": term.0,
                "voted_for": voted_for.map(|node| node.0),
                "snapshot_index": snapshot.index.0,
                "last_index": last.index.0,
                "commit_index": commit_index.0,
                "torn_bytes": torn_bytes,
                "keys": keys,
                "revision": revision,
                "hash": hash,
            });
            return writeln!(out, "{object}");
        }
        writeln!(out, "{owner}: whole")?;
        writeln!(out, "  term {term}, vote for {vote}")?;
        writeln!(
            out,
            "  snapshot through entry {}, log up to entry {}",
            snapshot.index, last.index
        )?;
        writeln!(out, "  known to be committed: up to entry {commit_index}")?;
        if torn_bytes > 0 {
            writeln!(out, "  a torn end of {torn_bytes} bytes, which were never acknowledged")?;
        }
        writeln!(out, "  {keys} keys at revision {revision}, hash {hash}")
    })
    .map(|()| Ok(0))
}
