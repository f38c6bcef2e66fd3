//! The same client for threads that wait.

use bytes::Bytes;
use tokio::runtime::Runtime;

use crate::{ClientError, ClientOptions, KeyValue, api};

/// A client whose calls return when they are answered. It has a runtime of its own: do not use it
/// on a thread of another one.
#[derive(Debug)]
pub struct Client {
    client: crate::Client,
    runtime: Runtime,
}

impl Client {
    /// A client that connects when it is first used.
    ///
    /// # Errors
    /// An address is no URL, or the machine has no room for a thread.
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| ClientError::Address(error.to_string()))?;
        let client = runtime.block_on(async { crate::Client::new(options) })?;
        Ok(Self { client, runtime })
    }

    /// [`Client::with_session`](crate::Client::with_session)
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn with_session(mut self) -> Result<Self, ClientError> {
        self.client = self.runtime.block_on(self.client.with_session())?;
        Ok(self)
    }

    /// [`Client::put`](crate::Client::put)
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn put(
        &self,
        key: impl Into<Bytes>,
        value: impl Into<Bytes>,
    ) -> Result<api::PutResponse, ClientError> {
        self.runtime.block_on(self.client.put(key, value))
    }

    /// [`Client::get`](crate::Client::get)
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn get(&self, key: impl Into<Bytes>) -> Result<Option<KeyValue>, ClientError> {
        self.runtime.block_on(self.client.get(key))
    }

    /// [`Client::delete`](crate::Client::delete)
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn delete(&self, key: impl Into<Bytes>) -> Result<i64, ClientError> {
        self.runtime.block_on(self.client.delete(key))
    }

    /// Waits for another call of the [client](crate::Client) underneath.
    pub fn wait<T>(&self, call: impl AsyncFnOnce(&crate::Client) -> T) -> T {
        self.runtime.block_on(call(&self.client))
    }
}
