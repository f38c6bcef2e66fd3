//! What all tasks of a trial share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use raft_client::api;
use raft_client::api::maintenance_client::MaintenanceClient;
use raft_client::{Client, ClientError, ClientOptions};
use raft_tls::Tls;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::happenings::Counts;
use crate::plan::Plan;
use crate::recorder::Recorder;

/// What all tasks of a trial share.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) plan: Arc<Plan>,
    pub(crate) tls: Option<Tls>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) board: Arc<Board>,
    /// Becomes true when no more faults come.
    pub(crate) ending: watch::Receiver<bool>,
}

/// What servers say of the cluster.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// The server that leads in the highest known term; 0 if none is known.
    leader: AtomicU64,
    term: AtomicU64,
    /// The highest revision that a server told.
    revision: AtomicU64,
    /// How often another server led.
    changes: AtomicU64,
}

/// Servers are asked so often.
const PERIOD: Duration = Duration::from_millis(100);

/// One that does not answer within this time says nothing.
const PATIENCE: Duration = Duration::from_millis(300);

impl Scene {
    /// Waits for a time, or until the trial is ending.
    pub(crate) async fn wait(&self, time: Duration) {
        let mut ending = self.ending.clone();
        tokio::select! {
            () = sleep(time) => {}
            _ = ending.wait_for(|ending| *ending) => {}
        }
    }

    pub(crate) fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }

    /// A client that asks one server first.
    pub(crate) fn client(&self, first: u64, limit: Duration) -> Result<Client, ClientError> {
        let options = ClientOptions::new(self.plan.client_urls(first));
        Client::new(ClientOptions { tls: self.tls.clone(), timeout: limit, ..options })
    }

    /// For each server a client that asks nobody else.
    pub(crate) fn clients(&self) -> Result<BTreeMap<u64, Client>, ClientError> {
        let client = |id| {
            let options = ClientOptions::new([self.plan.client_url(id)]);
            Ok((id, Client::new(ClientOptions { tls: self.tls.clone(), ..options })?))
        };
        self.plan.ids().map(client).collect()
    }

    /// Asks the servers who leads, for as long as the trial runs.
    pub(crate) async fn look(self) -> Result<(), ClientError> {
        let clients = self.clients()?;
        loop {
            for client in clients.values() {
                let mut asked = MaintenanceClient::new(client.channel());
                let status = asked.status(api::StatusRequest {});
                if let Ok(Ok(status)) = timeout(PATIENCE, status).await {
                    self.board.note(status.get_ref());
                }
            }
            sleep(PERIOD).await;
        }
    }
}

impl Board {
    /// The leader, if one is known.
    pub(crate) fn leader(&self) -> Option<u64> {
        Some(self.leader.load(Ordering::SeqCst)).filter(|leader| *leader > 0)
    }

    pub(crate) fn term(&self) -> u64 {
        self.term.load(Ordering::SeqCst)
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    fn note(&self, status: &api::StatusResponse) {
        let revision = status.header.as_ref().map_or(0, |header| header.revision as u64);
        self.revision.fetch_max(revision, Ordering::SeqCst);
        if status.leader > 0 && status.raft_term >= self.term() {
            self.term.store(status.raft_term, Ordering::SeqCst);
            let before = self.leader.swap(status.leader, Ordering::SeqCst);
            self.changes.fetch_add(u64::from(before != status.leader), Ordering::SeqCst);
        }
    }
}
