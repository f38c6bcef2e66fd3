//! etcd's `KV`: keys and values.

use std::sync::Arc;

use etcd_api::etcdserverpb as api;
use etcd_api::etcdserverpb::kv_server::Kv;
use prost::Message;
use raft_mvcc::{Applied, Command, Operation};
use tonic::{Request, Response, Status};

use super::error::ApiError;
use super::header::Context;
use super::{MAX_REQUEST_BYTES, convert, session};
use crate::Published;

#[derive(Clone, Debug)]
pub(super) struct KvService(pub(super) Context);

#[tonic::async_trait]
impl Kv for KvService {
    async fn range(
        &self,
        request: Request<api::RangeRequest>,
    ) -> Result<Response<api::RangeResponse>, Status> {
        let request = request.into_inner();
        let serializable = request.serializable;
        let range = convert::range(request)?;
        let state = self.state(serializable).await?;
        let result = state.store.range(&range).map_err(ApiError::from)?;
        Ok(Response::new(convert::range_response(result, self.0.header(&state))))
    }

    async fn put(
        &self,
        request: Request<api::PutRequest>,
    ) -> Result<Response<api::PutResponse>, Status> {
        let command = |put| Ok(Operation::Put(convert::put(put)));
        let (applied, header) = self.write(request, command).await?;
        let Applied::Put(result) = applied else { return Err(session::other_request()) };
        Ok(Response::new(convert::put_response(result, header)))
    }

    async fn delete_range(
        &self,
        request: Request<api::DeleteRangeRequest>,
    ) -> Result<Response<api::DeleteRangeResponse>, Status> {
        let command = |delete| Ok(Operation::DeleteRange(convert::delete_range(delete)));
        let (applied, header) = self.write(request, command).await?;
        let Applied::DeleteRange(result) = applied else { return Err(session::other_request()) };
        Ok(Response::new(convert::delete_range_response(result, header)))
    }

    async fn txn(
        &self,
        request: Request<api::TxnRequest>,
    ) -> Result<Response<api::TxnResponse>, Status> {
        let (applied, header) = if is_read(request.get_ref()) {
            self.read_txn(request.into_inner()).await?
        } else {
            self.write(request, |txn| Ok(Operation::Txn(convert::txn(txn)?))).await?
        };
        let Applied::Txn(result) = applied else { return Err(session::other_request()) };
        Ok(Response::new(convert::txn_response(result, header)))
    }

    async fn compact(
        &self,
        request: Request<api::CompactionRequest>,
    ) -> Result<Response<api::CompactionResponse>, Status> {
        // `physical` changes nothing: once a compaction is applied, no read sees what it removes.
        let command =
            |request: api::CompactionRequest| Ok(Operation::Compact { revision: request.revision });
        let (_, header) = self.write(request, command).await?;
        Ok(Response::new(api::CompactionResponse { header: Some(header) }))
    }
}

impl KvService {
    async fn state(&self, serializable: bool) -> Result<Arc<Published>, ApiError> {
        if serializable { Ok(self.0.handle.published()) } else { self.0.newest().await }
    }

    /// Has the operation of a request committed and applied, in its session if it names one.
    async fn write<T: Message>(
        &self,
        request: Request<T>,
        operation: impl FnOnce(T) -> Result<Operation, ApiError>,
    ) -> Result<(Applied, api::ResponseHeader), ApiError> {
        if request.get_ref().encoded_len() > MAX_REQUEST_BYTES {
            return Err(ApiError::RequestTooLarge);
        }
        let session = session::tag(request.metadata())?;
        let command = Command { session, operation: operation(request.into_inner())? };
        self.0.execute(&command).await
    }

    /// Carries out a transaction without writes, on a state of the store and without the log.
    async fn read_txn(
        &self,
        request: api::TxnRequest,
    ) -> Result<(Applied, api::ResponseHeader), ApiError> {
        let serializable = operations(&request).all(|operation| match &operation.request {
            Some(api::request_op::Request::RequestRange(range)) => range.serializable,
            Some(
                api::request_op::Request::RequestPut(_)
                | api::request_op::Request::RequestDeleteRange(_)
                | api::request_op::Request::RequestTxn(_),
            )
            | None => false,
        });
        let operation = Operation::Txn(convert::txn(request)?);
        raft_mvcc::validate(&operation)?;
        let state = self.state(serializable).await?;
        // A copy takes the reads as it would take a command of the log, and is dropped.
        let mut copy = state.store.clone();
        let response = copy.execute(copy.applied(), &Command::new(operation));
        Ok((response.result?, self.0.header(&state)))
    }
}

/// The operations of a transaction, whichever list is carried out.
fn operations(txn: &api::TxnRequest) -> impl Iterator<Item = &api::RequestOp> {
    txn.success.iter().chain(&txn.failure)
}

/// Whether a transaction writes nothing, whatever its comparisons say.
fn is_read(txn: &api::TxnRequest) -> bool {
    operations(txn).all(|operation| match &operation.request {
        Some(api::request_op::Request::RequestRange(_)) => true,
        Some(api::request_op::Request::RequestTxn(txn)) => is_read(txn),
        Some(
            api::request_op::Request::RequestPut(_)
            | api::request_op::Request::RequestDeleteRange(_),
        )
        | None => false,
    })
}
