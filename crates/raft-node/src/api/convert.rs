//! Requests of etcd's API as those of the store, and answers back. Keys and values are shared, not
//! copied.

use etcd_api::etcdserverpb as api;
use etcd_api::mvccpb;
use raft_mvcc::{
    Compare, CompareRelation, CompareTarget, DeleteRange, DeleteRangeResult, KeyValue, Put,
    PutResult, Range, RangeResult, SortOrder, SortTarget, Txn, TxnAnswer, TxnOperation, TxnResult,
};

use super::error::ApiError;

pub(super) fn range(request: api::RangeRequest) -> Result<Range, ApiError> {
    let sort_order = match api::range_request::SortOrder::try_from(request.sort_order) {
        Ok(api::range_request::SortOrder::None) => SortOrder::None,
        Ok(api::range_request::SortOrder::Ascend) => SortOrder::Ascend,
        Ok(api::range_request::SortOrder::Descend) => SortOrder::Descend,
        Err(_) => return Err(ApiError::InvalidSortOption),
    };
    let sort_target = match api::range_request::SortTarget::try_from(request.sort_target) {
        Ok(api::range_request::SortTarget::Key) => SortTarget::Key,
        Ok(api::range_request::SortTarget::Version) => SortTarget::Version,
        Ok(api::range_request::SortTarget::Create) => SortTarget::CreateRevision,
        Ok(api::range_request::SortTarget::Mod) => SortTarget::ModRevision,
        Ok(api::range_request::SortTarget::Value) => SortTarget::Value,
        Err(_) => return Err(ApiError::InvalidSortOption),
    };
    Ok(Range {
        key: request.key,
        range_end: request.range_end,
        limit: request.limit,
        revision: request.revision,
        sort_order,
        sort_target,
        keys_only: request.keys_only,
        count_only: request.count_only,
        min_mod_revision: request.min_mod_revision,
        max_mod_revision: request.max_mod_revision,
        min_create_revision: request.min_create_revision,
        max_create_revision: request.max_create_revision,
    })
}

pub(super) fn put(request: api::PutRequest) -> Put {
    Put {
        key: request.key,
        value: request.value,
        lease: request.lease,
        prev_kv: request.prev_kv,
        ignore_value: request.ignore_value,
        ignore_lease: request.ignore_lease,
    }
}

pub(super) fn delete_range(request: api::DeleteRangeRequest) -> DeleteRange {
    DeleteRange { key: request.key, range_end: request.range_end, prev_kv: request.prev_kv }
}

/// How deep transactions are nested in each other is bounded: `prost` decodes 50 of them.
pub(super) fn txn(request: api::TxnRequest) -> Result<Txn, ApiError> {
    let operations =
        |list: Vec<api::RequestOp>| list.into_iter().map(operation).collect::<Result<_, _>>();
    Ok(Txn {
        compare: request.compare.into_iter().map(compare).collect::<Result<_, _>>()?,
        success: operations(request.success)?,
        failure: operations(request.failure)?,
    })
}

fn operation(request: api::RequestOp) -> Result<TxnOperation, ApiError> {
    Ok(match request.request {
        Some(api::request_op::Request::RequestRange(one)) => TxnOperation::Range(range(one)?),
        Some(api::request_op::Request::RequestPut(one)) => TxnOperation::Put(put(one)),
        Some(api::request_op::Request::RequestDeleteRange(one)) => {
            TxnOperation::DeleteRange(delete_range(one))
        }
        Some(api::request_op::Request::RequestTxn(one)) => TxnOperation::Txn(txn(one)?),
        None => return Err(ApiError::Invalid("an operation of a transaction is missing")),
    })
}

fn compare(request: api::Compare) -> Result<Compare, ApiError> {
    use api::compare::{CompareResult, CompareTarget as Target, TargetUnion};
    let relation = match CompareResult::try_from(request.result) {
        Ok(CompareResult::Equal) => CompareRelation::Equal,
        Ok(CompareResult::Greater) => CompareRelation::Greater,
        Ok(CompareResult::Less) => CompareRelation::Less,
        Ok(CompareResult::NotEqual) => CompareRelation::NotEqual,
        Err(_) => return Err(ApiError::Invalid("the relation of a comparison is unknown")),
    };
    // As in etcd, a field that is not given is compared with 0, or with the empty value.
    let union = request.target_union;
    let target = match Target::try_from(request.target) {
        Ok(Target::Version) => CompareTarget::Version(match union {
            Some(TargetUnion::Version(version)) => version,
            _ => 0,
        }),
        Ok(Target::Create) => CompareTarget::CreateRevision(match union {
            Some(TargetUnion::CreateRevision(revision)) => revision,
            _ => 0,
        }),
        Ok(Target::Mod) => CompareTarget::ModRevision(match union {
            Some(TargetUnion::ModRevision(revision)) => revision,
            _ => 0,
        }),
        Ok(Target::Value) => CompareTarget::Value(match union {
            Some(TargetUnion::Value(value)) => value,
            _ => bytes::Bytes::new(),
        }),
        Ok(Target::Lease) => CompareTarget::Lease(match union {
            Some(TargetUnion::Lease(lease)) => lease,
            _ => 0,
        }),
        Err(_) => return Err(ApiError::Invalid("the target of a comparison is unknown")),
    };
    Ok(Compare { key: request.key, range_end: request.range_end, relation, target })
}

pub(super) fn key_value(kv: KeyValue) -> mvccpb::KeyValue {
    mvccpb::KeyValue {
        key: kv.key,
        create_revision: kv.create_revision,
        mod_revision: kv.mod_revision,
        version: kv.version,
        value: kv.value,
        lease: kv.lease,
    }
}

type Header = api::ResponseHeader;

pub(super) fn range_response(result: RangeResult, header: Header) -> api::RangeResponse {
    api::RangeResponse {
        header: Some(header),
        kvs: result.kvs.into_iter().map(key_value).collect(),
        more: result.more,
        count: result.count,
    }
}

pub(super) fn put_response(result: PutResult, header: Header) -> api::PutResponse {
    api::PutResponse { header: Some(header), prev_kv: result.prev_kv.map(key_value) }
}

pub(super) fn delete_range_response(
    result: DeleteRangeResult,
    header: Header,
) -> api::DeleteRangeResponse {
    api::DeleteRangeResponse {
        header: Some(header),
        deleted: result.deleted,
        prev_kvs: result.prev_kvs.into_iter().map(key_value).collect(),
    }
}

/// The answers inside have headers with the revision only, as in etcd.
pub(super) fn txn_response(result: TxnResult, header: Header) -> api::TxnResponse {
    let inner = Header { revision: header.revision, ..Header::default() };
    let answer = |answer| api::ResponseOp { response: Some(txn_answer(answer, inner)) };
    api::TxnResponse {
        header: Some(header),
        succeeded: result.succeeded,
        responses: result.responses.into_iter().map(answer).collect(),
    }
}

fn txn_answer(answer: TxnAnswer, header: Header) -> api::response_op::Response {
    use api::response_op::Response;
    match answer {
        TxnAnswer::Range(result) => Response::ResponseRange(range_response(result, header)),
        TxnAnswer::Put(result) => Response::ResponsePut(put_response(result, header)),
        TxnAnswer::DeleteRange(result) => {
            Response::ResponseDeleteRange(delete_range_response(result, header))
        }
        TxnAnswer::Txn(result) => Response::ResponseTxn(txn_response(result, header)),
    }
}
