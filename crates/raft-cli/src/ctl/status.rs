//! `helios ctl status`: one row for each server, with what is wrong with it.

use raft_client::api;
use raft_client::api::cluster_client::ClusterClient;
use raft_client::api::maintenance_client::MaintenanceClient;
use serde::Serialize;
use tonic::transport::Channel;

use super::target::Reached;
use super::{Refusal, table};
use crate::output::to_stdout;

/// A server.
#[derive(Serialize)]
struct Row {
    id: u64,
    name: String,
    address: String,
    /// `leader`, `follower` or `learner`; nothing of a server that does not answer.
    role: Option<&'static str>,
    term: Option<u64>,
    commit_index: Option<u64>,
    applied_index: Option<u64>,
    revision: Option<i64>,
    bytes: Option<i64>,
    version: Option<String>,
    /// What is wrong, in words; empty if nothing is.
    reasons: Vec<String>,
}

/// Asks every member for its status. 1 if something is wrong with one.
pub(super) async fn print(target: Reached<'_>) -> Result<u8, Refusal> {
    let rows = rows(&target).await?;
    let is_well = rows.iter().all(|row| row.reasons.is_empty());
    let printed = to_stdout(|out| {
        if target.is_json() {
            let object = serde_json::json!({ "servers": rows });
            return writeln!(out, "{object}");
        }
        let heading =
            ["id", "name", "address", "role", "term", "commit", "applied", "revision", "reason"];
        let rows: Vec<_> = rows.iter().map(Row::cells).collect();
        table::print(out, heading, &rows)
    });
    printed.map_err(|error| error.to_string())?;
    Ok(u8::from(!is_well))
}

async fn rows(target: &Reached<'_>) -> Result<Vec<Row>, Refusal> {
    let mut rows = Vec::new();
    for member in members(target).await? {
        rows.push(row(target, member).await);
    }
    Ok(rows)
}

/// The members, as any server that answers knows them.
pub(super) async fn members(target: &Reached<'_>) -> Result<Vec<api::Member>, Refusal> {
    members_at(target.answering().await?.channel()).await
}

/// The members, as one server knows them.
pub(super) async fn members_at(server: Channel) -> Result<Vec<api::Member>, Refusal> {
    let request = api::MemberListRequest { linearizable: false };
    let list = ClusterClient::new(server).member_list(request).await;
    Ok(list.map_err(|status| status.message().to_owned())?.into_inner().members)
}

async fn row(target: &Reached<'_>, member: api::Member) -> Row {
    let address = member.client_urls.first().cloned().unwrap_or_default();
    let mut row = Row {
        id: member.id,
        name: member.name,
        address: address.clone(),
        role: None,
        term: None,
        commit_index: None,
        applied_index: None,
        revision: None,
        bytes: None,
        version: None,
        reasons: Vec::new(),
    };
    match status(target, address).await {
        Ok(status) => row.take(status),
        Err(reason) => row.reasons.push(reason),
    }
    row
}

async fn status(target: &Reached<'_>, address: String) -> Result<api::StatusResponse, Refusal> {
    if address.is_empty() {
        return Err("it has not started yet: its address is not known".to_owned());
    }
    let channel = target.client_of(vec![address])?.channel();
    let mut client = MaintenanceClient::new(channel);
    let asked = client.status(api::StatusRequest::default());
    match tokio::time::timeout(target.timeout(), asked).await {
        Ok(Ok(status)) => Ok(status.into_inner()),
        Ok(Err(status)) => Err(format!("it does not answer: {}", status.message())),
        Err(_) => Err(format!("it does not answer within {:?}", target.timeout())),
    }
}

impl Row {
    fn take(&mut self, status: api::StatusResponse) {
        self.role = Some(match (status.leader == self.id, status.is_learner) {
            (true, _) => "leader",
            (false, true) => "learner",
            (false, false) => "follower",
        });
        self.term = Some(status.raft_term);
        self.commit_index = Some(status.raft_index);
        self.applied_index = Some(status.raft_applied_index);
        self.revision = status.header.map(|header| header.revision);
        self.bytes = Some(status.db_size);
        self.version = Some(status.version);
        self.reasons = status.errors;
    }

    fn cells(&self) -> [String; 9] {
        let number = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
        [
            self.id.to_string(),
            self.name.clone(),
            self.address.clone(),
            self.role.unwrap_or("unknown").to_owned(),
            number(self.term),
            number(self.commit_index),
            number(self.applied_index),
            self.revision.map(|it| it.to_string()).unwrap_or_default(),
            self.reasons.join("; "),
        ]
    }
}
