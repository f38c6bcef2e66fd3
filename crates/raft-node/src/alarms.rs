//! The alarm of a full disk: raised when writes wait for room, cleared when there is some.

use std::time::Duration;

use raft_mvcc::{AlarmKind, Command, Operation};

use crate::NodeHandle;

/// The disk is looked at so often.
const EVERY: Duration = Duration::from_secs(1);

/// Raises the alarm `NOSPACE` for this node while its disk is full, so that the cluster takes no
/// more keys, and clears it when there is room. An alarm of an earlier process stays, for an
/// operator to clear.
pub(crate) async fn watch_disk(handle: NodeHandle) {
    let mut is_raised = false;
    loop {
        tokio::time::sleep(EVERY).await;
        let is_full = handle.metrics().is_disk_full();
        if is_full == is_raised {
            continue;
        }
        let (member, alarm) = (handle.node().0, AlarmKind::NoSpace);
        let command = Command::new(Operation::Alarm { activate: is_full, member, alarm });
        match handle.propose(&command).await {
            Ok(_) => is_raised = is_full,
            Err(error) => tracing::warn!(%error, is_full, "the alarm of the disk is not changed"),
        }
    }
}
