//! Sessions: retries that take effect once. etcd has none; a request names its session in the
//! metadata, so clients of etcd need not know of them.
//!
//! - `helios-session`: the id of the session.
//! - `helios-number`: the number of the request in it, from 1. A retry has the number of the first
//!   attempt.
//! - `helios-acknowledged`: the client has the answers to all numbers up to this one. Absent: 0.
//!
//! `LeaseGrant` with `helios-session: open` opens a session. Its id is that of the lease, with
//! which it ends. The answer has it in its metadata too, unlike that of a server without sessions.
//! The documentation of `raft-mvcc` has the rules.

use raft_mvcc::SessionTag;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::error::ApiError;

const SESSION: &str = "helios-session";
const NUMBER: &str = "helios-number";
const ACKNOWLEDGED: &str = "helios-acknowledged";

/// The session of a request and its number there, if the request is of a session.
///
/// # Errors
/// The metadata name a session and no number, or something that is no number.
pub(super) fn tag(metadata: &MetadataMap) -> Result<Option<SessionTag>, ApiError> {
    let Some(session) = number_of(metadata, SESSION)? else {
        return match metadata.get(NUMBER).or(metadata.get(ACKNOWLEDGED)) {
            Some(_) => Err(ApiError::Invalid("`helios-session` is missing")),
            None => Ok(None),
        };
    };
    let Some(number) = number_of(metadata, NUMBER)? else {
        return Err(ApiError::Invalid("`helios-number` is missing"));
    };
    let acknowledged = number_of(metadata, ACKNOWLEDGED)?.unwrap_or(0);
    Ok(Some(SessionTag { session, number, acknowledged }))
}

/// Whether a grant of a lease is to open a session.
pub(super) fn is_to_open(metadata: &MetadataMap) -> bool {
    metadata.get(SESSION).is_some_and(|value| value == "open")
}

/// Names the session that was opened in the metadata of the answer. etcd, which passes over the
/// wish, does not.
pub(super) fn name(session: i64, metadata: &mut MetadataMap) {
    metadata.insert(SESSION, session.into());
}

/// The number of a request was that of another kind of request before, which has been answered.
pub(super) fn other_request() -> Status {
    ApiError::Invalid("the number of this request in its session belongs to another request").into()
}

fn number_of<T: std::str::FromStr>(
    metadata: &MetadataMap,
    name: &'static str,
) -> Result<Option<T>, ApiError> {
    let Some(value) = metadata.get(name) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or(ApiError::Invalid("the metadata of the session have no number"))
}
