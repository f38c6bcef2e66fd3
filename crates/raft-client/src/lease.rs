//! Leases.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_stream::StreamExt;

use crate::client::{Client, Kind, request};
use crate::{ClientError, api};

/// Keeps a lease alive until it is dropped.
#[derive(Debug)]
pub struct LeaseKeeper {
    task: JoinHandle<()>,
}

impl LeaseKeeper {
    /// Renews the lease three times in its time to live.
    pub(crate) fn begin(client: Client, id: i64, ttl: i64) -> Self {
        let period = Duration::from_secs(ttl.max(1) as u64) / 3;
        let task = tokio::spawn(async move {
            loop {
                sleep(period).await;
                // One that failed is tried again: the lease may live on.
                if let Ok(false) = client.lease_renew(id).await {
                    return;
                }
            }
        });
        Self { task }
    }
}

impl Drop for LeaseKeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// Grants a lease that ends after `ttl` seconds, unless it is renewed. Returns its id.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn lease_grant(&self, ttl: i64) -> Result<i64, ClientError> {
        self.ask(Kind::Write, |channel, ticket| {
            let request = request(api::LeaseGrantRequest { ttl, id: 0 }, ticket);
            async move {
                let mut client = api::lease_client::LeaseClient::new(channel);
                Ok(client.lease_grant(request).await?.into_inner().id)
            }
        })
        .await
    }

    /// Ends a lease, and deletes its keys.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn lease_revoke(&self, id: i64) -> Result<(), ClientError> {
        self.ask(Kind::Write, |channel, ticket| {
            let request = request(api::LeaseRevokeRequest { id }, ticket);
            async move {
                api::lease_client::LeaseClient::new(channel).lease_revoke(request).await?;
                Ok(())
            }
        })
        .await
    }

    /// Has a lease begin anew. Returns whether there is such a lease.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn lease_renew(&self, id: i64) -> Result<bool, ClientError> {
        self.ask(Kind::Read, |channel, _| async move {
            let asked = tokio_stream::once(api::LeaseKeepAliveRequest { id });
            let mut client = api::lease_client::LeaseClient::new(channel);
            let mut answers = client.lease_keep_alive(asked).await?.into_inner();
            let answer = answers.next().await;
            Ok(answer.transpose()?.is_some_and(|answer| answer.ttl > 0))
        })
        .await
    }

    /// Keeps a lease of `ttl` seconds alive until the keeper is dropped.
    pub fn keep_alive(&self, id: i64, ttl: i64) -> LeaseKeeper {
        LeaseKeeper::begin(self.clone(), id, ttl)
    }
}
