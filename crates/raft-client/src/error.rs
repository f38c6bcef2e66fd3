//! Why a request was not answered.

use std::time::Duration;

use tonic::Status;

/// Why a request was not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// An address is no URL, or there is none.
    #[error("{0}")]
    Address(String),
    /// The cluster refused it, for this reason. Nothing was done.
    #[error("{}", .0.message())]
    Refused(Status),
    /// The write may have taken effect or not, or may yet. A write of a session never ends so.
    #[error("it is not known whether the write took effect: {}", .0.message())]
    Unknown(Status),
    /// No server answered in time. `last` is what the last one said. A write of a session may have
    /// taken effect.
    #[error("no answer within {timeout:?}; the last reason: {last}")]
    TimedOut {
        /// The limit.
        timeout: Duration,
        /// What was tried last.
        last: String,
    },
    /// The session is over: it was not used for longer than its time to live, or was evicted. What
    /// was asked in it last may have taken effect or not.
    #[error("the session is over")]
    SessionOver,
    /// The past that a watch asks for was compacted.
    #[error("the revisions before {0} were compacted")]
    Compacted(i64),
}
