//! What is tried again, where, and when.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tonic::{Code, Status};

/// What an answer that is an error means for the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Nothing was done, and another try may help.
    NotDone,
    /// It may have been done, and another try may help.
    MaybeDone,
    /// Another try would be answered alike.
    Final,
}

/// Servers say these words when they did nothing.
const NOT_DONE: [&str; 5] = [
    "etcdserver: no leader",
    "etcdserver: not leader",
    "etcdserver: too many requests",
    "etcdserver: not capable",
    "helios: the disk of this server is full: ask another one",
];

pub(crate) fn judge(status: &Status) -> Verdict {
    match status.code() {
        Code::Unavailable | Code::ResourceExhausted if is_not_done(status) => Verdict::NotDone,
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Unknown
        | Code::Internal
        | Code::Aborted => Verdict::MaybeDone,
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => Verdict::Final,
    }
}

/// Whether a refusal is one of the server that was asked: it looked at no log.
pub(crate) fn is_of_server(status: &Status) -> bool {
    matches!(status.code(), Code::PermissionDenied | Code::Unauthenticated | Code::Unimplemented)
}

fn is_not_done(status: &Status) -> bool {
    NOT_DONE.contains(&status.message()) || was_never_sent(status)
}

/// Whether no connection was made.
fn was_never_sent(status: &Status) -> bool {
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return matches!(
                error.kind(),
                std::io::ErrorKind::ConnectionRefused
                    | std::io::ErrorKind::NotFound
                    | std::io::ErrorKind::HostUnreachable
                    | std::io::ErrorKind::NetworkUnreachable
                    | std::io::ErrorKind::AddrNotAvailable
            );
        }
        cause = error.source();
    }
    false
}

/// The pauses between tries: each is drawn from half to all of a time that doubles.
#[derive(Clone, Debug)]
pub(crate) struct Pauses {
    next: Duration,
}

const FIRST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(500);

impl Pauses {
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    pub(crate) fn next(&mut self) -> Duration {
        let half = self.next / 2;
        let more = (half.as_micros() as u64).max(1);
        let pause = half + Duration::from_micros(RandomState::new().hash_one(0) % more);
        self.next = (self.next * 2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_before_they_do_anything_is_not_done() {
        for words in NOT_DONE {
            assert_eq!(judge(&Status::unavailable(words)), Verdict::NotDone, "{words}");
        }
        assert_eq!(
            judge(&Status::unavailable("etcdserver: request timed out")),
            Verdict::MaybeDone
        );
        assert_eq!(judge(&Status::unavailable("etcdserver: leader changed")), Verdict::MaybeDone);
        assert_eq!(judge(&Status::unavailable("broken pipe")), Verdict::MaybeDone);
        // etcd says so of requests that it had proposed, too.
        let stopped = Status::unavailable("etcdserver: server stopped");
        assert_eq!(judge(&stopped), Verdict::MaybeDone);
        assert_eq!(judge(&Status::invalid_argument("etcdserver: no leader")), Verdict::Final);
        let full = Status::resource_exhausted("etcdserver: mvcc: database space exceeded");
        assert_eq!(judge(&full), Verdict::Final);
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        let mut pauses = Pauses::new();
        let mut limit = FIRST;
        for _ in 0..20 {
            let pause = pauses.next();
            assert!(pause >= limit / 2 && pause <= limit, "{pause:?} of {limit:?}");
            limit = (limit * 2).min(LONGEST);
        }
    }
}
