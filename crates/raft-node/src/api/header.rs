//! What all services have, and the header of their answers.

use std::sync::Arc;
use std::time::Duration;

use etcd_api::etcdserverpb::ResponseHeader;
use raft_core::Refusal;
use raft_mvcc::{Applied, Command, Operation, validate};
use tokio::time::Instant;

use super::ApiSettings;
use super::error::ApiError;
use crate::{NodeError, NodeHandle, Published};

/// Between two tries of a request.
const PAUSE: Duration = Duration::from_millis(20);

/// What all services have. Cloning is cheap.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) handle: NodeHandle,
    pub(super) settings: Arc<ApiSettings>,
}

impl Context {
    /// The header of an answer that is made from a state.
    pub(super) fn header(&self, state: &Published) -> ResponseHeader {
        self.header_at(state, state.store.revision())
    }

    /// The header of an answer as of a revision.
    pub(super) fn header_at(&self, state: &Published, revision: i64) -> ResponseHeader {
        ResponseHeader {
            cluster_id: self.handle.cluster(),
            member_id: self.handle.node().0,
            revision,
            raft_term: state.term.0,
        }
    }

    /// The state that has the effects of all that was committed before.
    ///
    /// # Errors
    /// No majority confirmed in time what is committed.
    pub(super) async fn newest(&self) -> Result<Arc<Published>, ApiError> {
        self.with_a_leader(|| self.handle.read_barrier()).await?;
        Ok(self.handle.published())
    }

    /// Has an operation committed and applied, without a session.
    ///
    /// # Errors
    /// It was refused, or no answer came.
    pub(super) async fn apply(
        &self,
        operation: Operation,
    ) -> Result<(Applied, ResponseHeader), ApiError> {
        self.execute(&Command::new(operation)).await
    }

    /// Has a command committed and applied.
    ///
    /// # Errors
    /// It was refused, or no answer came.
    pub(super) async fn execute(
        &self,
        command: &Command,
    ) -> Result<(Applied, ResponseHeader), ApiError> {
        validate(&command.operation)?;
        if command.operation.may_grow() && self.handle.metrics().is_disk_full() {
            return Err(ApiError::DiskFull);
        }
        let response = self.with_a_leader(|| self.handle.propose(command)).await?;
        let header = self.header_at(&self.handle.published(), response.revision);
        Ok((response.result?, header))
    }
    /// Tries again while nothing was done for want of a leader, until there was none for too long:
    /// a client that simply waits is answered after an election.
    async fn with_a_leader<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, NodeError>>,
    {
        let end = Instant::now() + self.settings.leader_wait;
        loop {
            let result = attempt().await;
            let is_leaderless = result.as_ref().is_err_and(is_for_want_of_a_leader);
            if !is_leaderless || !self.leader_until(end).await {
                return Ok(result?);
            }
        }
    }

    /// Whether there is a leader before that moment. It may have begun only now, so there is a
    /// pause in any case.
    async fn leader_until(&self, end: Instant) -> bool {
        tokio::time::sleep(PAUSE).await;
        let mut updates = self.handle.updates();
        let leads = updates.wait_for(|state| state.leader.is_some());
        matches!(tokio::time::timeout_at(end, leads).await, Ok(Ok(_))) && Instant::now() < end
    }
}

/// Whether nothing was done, and the same will be done as soon as a leader can.
fn is_for_want_of_a_leader(error: &NodeError) -> bool {
    match error {
        NodeError::NotLeader(_) | NodeError::Superseded => true,
        NodeError::Refused(refusal) => matches!(
            refusal,
            Refusal::NotLeader | Refusal::TransferInProgress { .. } | Refusal::TermNotCommitted
        ),
        NodeError::Unknown | NodeError::TimedOut(_) | NodeError::Busy | NodeError::Stopped => false,
    }
}
