//! The state trace of etcd's raft, event by event.

use raft_trace::RecordedRun;

use crate::follow::{HeldRun, SpecError};

pub(crate) fn hold(_bytes: &[u8], run: &RecordedRun) -> Result<HeldRun, SpecError> {
    Err(SpecError::TellsTooLittle(run.source))
}
