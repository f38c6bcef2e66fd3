//! `helios ctl members` and `move-leader`.

use clap::{Args, Subcommand};
use raft_client::api;
use raft_client::api::cluster_client::ClusterClient;
use raft_client::api::maintenance_client::MaintenanceClient;
use tonic::transport::Channel;

use super::target::Reached;
use super::{Refusal, status, table};
use crate::output::to_stdout;

/// The members.
#[derive(Args)]
pub(super) struct MembersArguments {
    #[command(subcommand)]
    command: Option<MembersCommand>,
}

#[derive(Subcommand)]
enum MembersCommand {
    /// Add a server, before it starts with `--join`.
    Add {
        /// Address at which the others reach it.
        peer_url: String,
        /// Add it without a vote, until it is promoted.
        #[arg(long)]
        learner: bool,
    },
    /// Give a learner that has caught up a vote.
    Promote {
        /// Its id.
        id: u64,
    },
    /// Remove a server.
    Remove {
        /// Its id.
        id: u64,
    },
}

/// Prints or changes the members.
pub(super) async fn run(target: Reached<'_>, arguments: &MembersArguments) -> Result<u8, Refusal> {
    let members = match &arguments.command {
        None => status::members(&target).await?,
        Some(command) => change(&target, command).await?,
    };
    let cells = |member: &api::Member| {
        let vote = if member.is_learner { "no" } else { "yes" };
        [
            member.id.to_string(),
            member.name.clone(),
            vote.to_owned(),
            member.peer_urls.join(" "),
            member.client_urls.join(" "),
        ]
    };
    let object = |member: &api::Member| {
        serde_json::json!({
            "id": member.id,
            "name": member.name,
            "votes": !member.is_learner,
            "peer_urls": member.peer_urls,
            "client_urls": member.client_urls,
        })
    };
    let printed = to_stdout(|out| match target.is_json() {
        true => {
            let objects: Vec<_> = members.iter().map(object).collect();
            writeln!(out, "{}", serde_json::json!({ "members": objects }))
        }
        false => {
            let rows: Vec<_> = members.iter().map(cells).collect();
            table::print(out, ["id", "name", "votes", "peers", "clients"], &rows)
        }
    });
    printed.map_err(|error| error.to_string())?;
    Ok(0)
}

async fn change(
    target: &Reached<'_>,
    command: &MembersCommand,
) -> Result<Vec<api::Member>, Refusal> {
    let mut cluster = ClusterClient::new(leader(target).await?);
    let members = match command {
        MembersCommand::Add { peer_url, learner } => {
            let request =
                api::MemberAddRequest { peer_urls: vec![peer_url.clone()], is_learner: *learner };
            cluster.member_add(request).await.map(|answer| answer.into_inner().members)
        }
        MembersCommand::Promote { id } => {
            let promoted = cluster.member_promote(api::MemberPromoteRequest { id: *id }).await;
            promoted.map(|answer| answer.into_inner().members)
        }
        MembersCommand::Remove { id } => {
            let removed = cluster.member_remove(api::MemberRemoveRequest { id: *id }).await;
            removed.map(|answer| answer.into_inner().members)
        }
    };
    members.map_err(|status| status.message().to_owned())
}

/// Moves the leadership.
pub(super) async fn move_leader(target: Reached<'_>, to: u64) -> Result<u8, Refusal> {
    let mut client = MaintenanceClient::new(leader(&target).await?);
    let moved = client.move_leader(api::MoveLeaderRequest { target_id: to }).await;
    moved.map_err(|status| status.message().to_owned())?;
    to_stdout(|out| writeln!(out, "Server {to} leads.")).map_err(|error| error.to_string())?;
    Ok(0)
}

/// A connection to the leader.
async fn leader(target: &Reached<'_>) -> Result<Channel, Refusal> {
    let channel = target.answering().await?.channel();
    let members = status::members_at(channel.clone()).await?;
    let status = MaintenanceClient::new(channel).status(api::StatusRequest::default()).await;
    let leader = status.map_err(|status| status.message().to_owned())?.into_inner().leader;
    let urls = members.into_iter().find(|it| it.id == leader).map(|it| it.client_urls);
    let urls = urls.filter(|urls| !urls.is_empty()).ok_or("no server leads; see `status`")?;
    Ok(target.client_of(urls)?.channel())
}
