//! Keys.

use bytes::Bytes;

use crate::client::{Client, Kind, request};
use crate::{ClientError, KeyValue, api};

impl Client {
    /// Gives a key a value.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn put(
        &self,
        key: impl Into<Bytes>,
        value: impl Into<Bytes>,
    ) -> Result<api::PutResponse, ClientError> {
        let (key, value) = (key.into(), value.into());
        self.put_request(api::PutRequest { key, value, ..api::PutRequest::default() }).await
    }

    /// Gives a key a value, with all that etcd's API knows.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn put_request(&self, put: api::PutRequest) -> Result<api::PutResponse, ClientError> {
        self.ask(Kind::Write, |channel, ticket| {
            let request = request(put.clone(), ticket);
            async move {
                let answer = api::kv_client::KvClient::new(channel).put(request).await?;
                Ok(answer.into_inner())
            }
        })
        .await
    }

    /// The value of a key as of now; `None` if there is none.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn get(&self, key: impl Into<Bytes>) -> Result<Option<KeyValue>, ClientError> {
        let range = api::RangeRequest { key: key.into(), ..api::RangeRequest::default() };
        Ok(self.range(range).await?.kvs.into_iter().next())
    }

    /// Reads keys.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn range(&self, range: api::RangeRequest) -> Result<api::RangeResponse, ClientError> {
        self.ask(Kind::Read, |channel, _| {
            let range = range.clone();
            async move {
                let mut client =
                    api::kv_client::KvClient::new(channel).max_decoding_message_size(usize::MAX);
                Ok(client.range(range).await?.into_inner())
            }
        })
        .await
    }

    /// Deletes keys. Returns how many there were.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn delete(&self, key: impl Into<Bytes>) -> Result<i64, ClientError> {
        let delete =
            api::DeleteRangeRequest { key: key.into(), ..api::DeleteRangeRequest::default() };
        Ok(self.delete_range(delete).await?.deleted)
    }

    /// Deletes the keys of a range.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn delete_range(
        &self,
        delete: api::DeleteRangeRequest,
    ) -> Result<api::DeleteRangeResponse, ClientError> {
        self.ask(Kind::Write, |channel, ticket| {
            let request = request(delete.clone(), ticket);
            async move {
                let answer = api::kv_client::KvClient::new(channel).delete_range(request).await?;
                Ok(answer.into_inner())
            }
        })
        .await
    }

    /// Compares, and then carries out one of two lists of operations, all at one revision.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn txn(&self, txn: api::TxnRequest) -> Result<api::TxnResponse, ClientError> {
        self.ask(Kind::Write, |channel, ticket| {
            let request = request(txn.clone(), ticket);
            async move {
                let answer = api::kv_client::KvClient::new(channel).txn(request).await?;
                Ok(answer.into_inner())
            }
        })
        .await
    }

    /// Forgets the past before a revision.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn compact(&self, revision: i64) -> Result<(), ClientError> {
        self.ask(Kind::Write, |channel, ticket| {
            let compaction = api::CompactionRequest { revision, physical: false };
            let request = request(compaction, ticket);
            async move {
                api::kv_client::KvClient::new(channel).compact(request).await?;
                Ok(())
            }
        })
        .await
    }
}
