//! What all services have, and the header of their answers.

use std::sync::Arc;

use etcd_api::etcdserverpb::ResponseHeader;
use raft_mvcc::{Applied, Command, Operation, validate};

use super::ApiSettings;
use super::error::ApiError;
use crate::{NodeHandle, Published};

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
        self.handle.read_barrier().await?;
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
        let response = self.handle.propose(command).await?;
        let header = self.header_at(&self.handle.published(), response.revision);
        Ok((response.result?, header))
    }
}
