use std::time::Duration;

use raft_core::{LogIndex, NodeId};
use raft_mvcc::Error;

use super::*;

/// Texts and codes as etcd's clients know them.
#[test]
fn texts_and_codes_are_etcds() {
    let refused = |refusal| ApiError::from(NodeError::Refused(refusal));
    let changed = |error| refused(Refusal::Change(error));
    let (node, limit) = (NodeId(4), Duration::from_secs(5));
    let compacted = Error::Compacted { compact_revision: 7 };
    let behind = Refusal::NotCaughtUp { node, match_index: LogIndex(1), last: LogIndex(9) };
    let cases = [
        (NodeError::NotLeader(None).into(), Code::Unavailable, "no leader"),
        (NodeError::NotLeader(Some(node)).into(), Code::Unavailable, "no leader"),
        (NodeError::Superseded.into(), Code::Unavailable, "leader changed"),
        (NodeError::TimedOut(limit).into(), Code::Unavailable, "request timed out"),
        (
            NodeError::Unknown.into(),
            Code::Unavailable,
            "request timed out, possibly due to previous leader failure",
        ),
        (NodeError::Busy.into(), Code::ResourceExhausted, "too many requests"),
        (NodeError::Stopped.into(), Code::Unavailable, "server stopped"),
        (
            refused(Refusal::CommandTooLong { bytes: 2, limit: 1 }),
            Code::InvalidArgument,
            "request is too large",
        ),
        (
            refused(Refusal::TooManyPending { limit: 1 }),
            Code::ResourceExhausted,
            "too many requests",
        ),
        (refused(Refusal::TermNotCommitted), Code::Unavailable, "leader changed"),
        (
            refused(behind),
            Code::FailedPrecondition,
            "can only promote a learner member which is in sync with leader",
        ),
        (changed(ChangeError::NotAMember(node)), Code::NotFound, "member not found"),
        (
            changed(ChangeError::LearnerCount(10)),
            Code::FailedPrecondition,
            "too many learner members in cluster",
        ),
        (ApiError::NotLeader, Code::FailedPrecondition, "not leader"),
        (compacted.into(), Code::OutOfRange, "mvcc: required revision has been compacted"),
        (
            Error::FutureRevision.into(),
            Code::OutOfRange,
            "mvcc: required revision is a future revision",
        ),
        (Error::NoSpace.into(), Code::ResourceExhausted, "mvcc: database space exceeded"),
        (Error::KeyNotFound.into(), Code::InvalidArgument, "key not found"),
        (Error::LeaseNotFound.into(), Code::NotFound, "requested lease not found"),
        (Error::LeaseExists.into(), Code::FailedPrecondition, "lease already exists"),
        (Error::LeaseTtlTooLarge.into(), Code::OutOfRange, "too large lease TTL"),
        (Error::Corrupt.into(), Code::DataLoss, "corrupt cluster"),
    ];
    for (error, code, text) in cases {
        let status = Status::from(error);
        assert_eq!(status.message(), format!("etcdserver: {text}"));
        assert_eq!(status.code(), code, "{text}");
    }
}

/// Clients of etcd do not take words of ours for words of etcd.
#[test]
fn what_etcd_does_not_have_has_words_of_its_own() {
    for error in [ApiError::Refused(Refusal::ChangeInProgress), ApiError::DiskFull] {
        let status = Status::from(error);
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().starts_with("helios: "), "{status}");
    }
}
