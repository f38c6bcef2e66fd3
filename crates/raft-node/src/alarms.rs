//! The alarm of a full disk: raised when writes wait for room, cleared when there is some.

use std::time::Duration;

use raft_mvcc::{AlarmKind, AlarmMember, Command, Operation};

use crate::NodeHandle;

/// The disk is looked at so often.
const EVERY: Duration = Duration::from_secs(1);

/// Raises the alarm `NOSPACE` for this node while its disk is full, so that the cluster takes no
/// more keys, and clears it when there is room. An alarm of an earlier process stays, for an
/// operator to clear.
pub(crate) async fn watch_disk(handle: NodeHandle) {
    let own = AlarmMember { member: handle.node().0, alarm: AlarmKind::NoSpace };
    let mut was_full = false;
    loop {
        tokio::time::sleep(EVERY).await;
        let is_full = handle.metrics().is_disk_full();
        was_full |= is_full;
        // A node without room does not learn that its alarm was raised: it looks when it has some.
        let is_raised = || handle.published().store.alarms().any(|alarm| alarm == own);
        if !was_full || is_full == is_raised() {
            continue;
        }
        let AlarmMember { member, alarm } = own;
        let command = Command::new(Operation::Alarm { activate: is_full, member, alarm });
        if let Err(error) = handle.propose(&command).await {
            tracing::warn!(%error, is_full, "the alarm of the disk may not be changed yet");
        }
    }
}
