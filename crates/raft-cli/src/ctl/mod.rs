//! `helios ctl`: what an operator asks of a real cluster.

mod members;
mod snapshot;
mod status;
mod table;
mod target;

use std::io;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Subcommand};

use self::target::Target;
use crate::output::to_stdout;

/// Look at a real cluster, change its members, and keep snapshots of its keys.
///
/// Exit code: 0 if it is done and nothing is wrong, 1 if something is wrong or was not done, 2 if
/// the command is.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct CtlArguments {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: CtlCommand,
}

#[derive(Subcommand)]
enum CtlCommand {
    /// Print a table of all servers: role, term, entries, keys, and a reason if something is wrong
    /// with one.
    Status,
    /// Print the members, or change them.
    Members(members::MembersArguments),
    /// Move the leadership to another server.
    MoveLeader {
        /// Id of the server.
        to: u64,
    },
    /// Keep a snapshot of all keys, or make a new cluster from one.
    #[command(subcommand)]
    Snapshot(snapshot::SnapshotCommand),
    /// Check the directory of a server that does not run, and print what is in it. Nothing is
    /// changed.
    Verify {
        /// The directory.
        data: PathBuf,
    },
    /// Print the settings of a server that its cluster file leaves out.
    Defaults,
    /// Print a script that completes this program's commands in a shell.
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Why something was not done, in words.
type Refusal = String;

/// Runs the command.
pub(crate) fn ctl(arguments: &CtlArguments) -> io::Result<u8> {
    let CtlArguments { target, command } = arguments;
    let done = match command {
        CtlCommand::Status => target.run(async |target| status::print(target).await)?,
        CtlCommand::Members(arguments) => {
            target.run(async |target| members::run(target, arguments).await)?
        }
        CtlCommand::MoveLeader { to } => {
            target.run(async |target| members::move_leader(target, *to).await)?
        }
        CtlCommand::Snapshot(command) => snapshot::run(target, command)?,
        CtlCommand::Verify { data } => snapshot::verify(data, target.json)?,
        CtlCommand::Defaults => defaults(target.json).map(|()| Ok(0))?,
        CtlCommand::Completion { shell } => {
            let mut helios = crate::Arguments::command();
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut helios, "helios", &mut script);
            to_stdout(|out| out.write_all(&script)).map(|()| Ok(0))?
        }
    };
    Ok(done.unwrap_or_else(|reason: Refusal| {
        eprintln!("helios: {reason}");
        1
    }))
}

fn defaults(is_json: bool) -> io::Result<()> {
    let settings = raft_node::ClusterFile::default().settings();
    let (min, max) = (settings.election_timeout_min, settings.election_timeout_max);
    let heartbeat = settings.heartbeat_interval.as_millis();
    let snapshot = settings.snapshot_threshold_bytes >> 20;
    to_stdout(|out| match is_json {
        true => writeln!(
            out,
            "{}",
            serde_json::json!({
                "heartbeat_ms": heartbeat,
                "election_timeout_ms": [min.as_millis(), max.as_millis()],
                "snapshot_log_mib": snapshot,
            })
        ),
        false => {
            writeln!(out, "heartbeat_ms = {heartbeat}")?;
            writeln!(out, "election_timeout_ms = [{}, {}]", min.as_millis(), max.as_millis())?;
            writeln!(out, "snapshot_log_mib = {snapshot}")
        }
    })
}
