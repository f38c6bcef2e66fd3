//! What clients are told when something is refused: etcd's texts and codes, by which its clients
//! recognise the case.

use raft_core::{ChangeError, Refusal};
use tonic::{Code, Status};

use crate::NodeError;

/// Why a request is refused. `Display` is etcd's text where etcd refuses the same.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("etcdserver: no leader")]
    NoLeader,
    #[error("etcdserver: not leader")]
    NotLeader,
    /// Nothing was done; the same request may succeed a moment later.
    #[error("etcdserver: leader changed")]
    LeaderChanged,
    #[error("etcdserver: server stopped")]
    Stopped,
    #[error("etcdserver: request timed out")]
    TimedOut,
    /// A command that may have taken effect: its leader ended before it answered.
    #[error("etcdserver: request timed out, possibly due to previous leader failure")]
    OutcomeUnknown,
    #[error("etcdserver: request timed out, waiting for the applied index took too long")]
    NotApplied,
    #[error("etcdserver: request timed out, leader transfer took too long")]
    TransferTimedOut,
    #[error("etcdserver: too many requests")]
    TooManyRequests,
    #[error("etcdserver: request is too large")]
    RequestTooLarge,
    #[error("etcdserver: invalid sort option")]
    InvalidSortOption,
    #[error("etcdserver: member not found")]
    MemberNotFound,
    #[error("etcdserver: member ID already exist")]
    MemberExists,
    #[error("etcdserver: Peer URLs already exists")]
    PeerUrlExists,
    #[error("etcdserver: given member URLs are invalid")]
    BadMemberUrls,
    #[error("etcdserver: can only promote a learner member")]
    NotALearner,
    #[error("etcdserver: can only promote a learner member which is in sync with leader")]
    LearnerNotReady,
    #[error("etcdserver: too many learner members in cluster")]
    TooManyLearners,
    #[error("etcdserver: re-configuration failed due to not enough started members")]
    NotEnoughStarted,
    #[error("etcdserver: bad leader transferee")]
    BadTransferee,
    /// Nothing was done: this member cannot write, and so cannot answer. Others may.
    #[error("helios: the disk of this server is full: ask another one")]
    DiskFull,
    /// The store refuses it.
    #[error(transparent)]
    Store(#[from] raft_mvcc::Error),
    /// The request contradicts itself or lacks something, which etcd's clients never send.
    #[error("helios: {0}")]
    Invalid(&'static str),
    /// The protocol refuses it for a reason that etcd does not have. Try again later.
    #[error("helios: {0}")]
    Refused(Refusal),
    /// It is not supported, and never will be.
    #[error("helios: {0}")]
    Unsupported(&'static str),
}

impl ApiError {
    /// The code of gRPC that etcd gives the text.
    fn code(&self) -> Code {
        match self {
            Self::NoLeader
            | Self::LeaderChanged
            | Self::Stopped
            | Self::TimedOut
            | Self::OutcomeUnknown
            | Self::NotApplied
            | Self::TransferTimedOut
            | Self::DiskFull
            | Self::Refused(_) => Code::Unavailable,
            Self::TooManyRequests => Code::ResourceExhausted,
            Self::RequestTooLarge
            | Self::InvalidSortOption
            | Self::BadMemberUrls
            | Self::Invalid(_) => Code::InvalidArgument,
            Self::MemberNotFound => Code::NotFound,
            Self::NotLeader
            | Self::MemberExists
            | Self::PeerUrlExists
            | Self::NotALearner
            | Self::LearnerNotReady
            | Self::TooManyLearners
            | Self::NotEnoughStarted
            | Self::BadTransferee => Code::FailedPrecondition,
            Self::Unsupported(_) => Code::Unimplemented,
            Self::Store(error) => code_of_store(error),
        }
    }
}

fn code_of_store(error: &raft_mvcc::Error) -> Code {
    use raft_mvcc::Error;
    match error {
        Error::EmptyKey
        | Error::ValueProvided
        | Error::LeaseProvided
        | Error::KeyNotFound
        | Error::TooManyOperations
        | Error::DuplicateKey
        | Error::InvalidTag { .. } => Code::InvalidArgument,
        Error::Compacted { .. } | Error::FutureRevision | Error::LeaseTtlTooLarge => {
            Code::OutOfRange
        }
        Error::NoSpace => Code::ResourceExhausted,
        Error::Corrupt => Code::DataLoss,
        Error::LeaseNotFound => Code::NotFound,
        Error::LeaseExists
        | Error::SessionNotOpen { .. }
        | Error::AlreadyAcknowledged { .. }
        | Error::WindowExceeded { .. }
        | Error::AnswerNotKept { .. } => Code::FailedPrecondition,
        Error::Undecodable(_) => Code::Internal,
    }
}

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<NodeError> for ApiError {
    fn from(error: NodeError) -> Self {
        match error {
            // Commands and reads are passed on, so the leader was not reached, or is none any more.
            NodeError::NotLeader(_) => Self::NoLeader,
            NodeError::Refused(refusal) => refused(refusal),
            NodeError::Superseded => Self::LeaderChanged,
            NodeError::Unknown => Self::OutcomeUnknown,
            NodeError::TimedOut(_) => Self::TimedOut,
            NodeError::Busy => Self::TooManyRequests,
            NodeError::Stopped => Self::Stopped,
        }
    }
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::NotLeader => ApiError::NoLeader,
        Refusal::TooMuchUncommitted { .. } | Refusal::TooManyPending { .. } => {
            ApiError::TooManyRequests
        }
        Refusal::CommandTooLong { .. } => ApiError::RequestTooLarge,
        Refusal::TransferInProgress { .. } | Refusal::TermNotCommitted => ApiError::LeaderChanged,
        Refusal::NotApplied { .. } => ApiError::NotApplied,
        Refusal::Change(error) => change_refused(error),
        Refusal::NotCaughtUp { .. }
        | Refusal::CatchUpStalled { .. }
        | Refusal::CatchUpTooSlow { .. } => ApiError::LearnerNotReady,
        Refusal::VotersNotHeard { .. } => ApiError::NotEnoughStarted,
        Refusal::NotAVoter { .. } => ApiError::BadTransferee,
        Refusal::TargetNotHeard { .. } | Refusal::TransferTimedOut { .. } => {
            ApiError::TransferTimedOut
        }
        refusal @ (Refusal::ChangeInProgress
        | Refusal::ChangeCancelled
        | Refusal::NoChange
        | Refusal::TooLateToCancel { .. }
        | Refusal::TransferCancelled { .. }
        | Refusal::TransferReplaced { .. }
        | Refusal::LeaderRemoved { .. }) => ApiError::Refused(refusal),
    }
}

fn change_refused(error: ChangeError) -> ApiError {
    match error {
        ChangeError::NotAMember(_) | ChangeError::NodeIdZero => ApiError::MemberNotFound,
        ChangeError::AlreadyALearner(_) => ApiError::MemberExists,
        ChangeError::NotALearner(_) | ChangeError::AlreadyAVoter(_) => ApiError::NotALearner,
        ChangeError::LearnerCount(_) => ApiError::TooManyLearners,
        ChangeError::ContextTooLong { .. } => ApiError::BadMemberUrls,
        ChangeError::NotAVoter(_) | ChangeError::VoterCount(_) | ChangeError::NothingToDo => {
            ApiError::Refused(Refusal::Change(error))
        }
    }
}

#[cfg(test)]
mod tests;
