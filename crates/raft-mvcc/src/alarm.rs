//! Alarms: states of a member that restrict the whole cluster.

use imbl::OrdSet;
use serde::{Deserialize, Serialize};

use crate::command::Operation;
use crate::error::Error;
use crate::store::Store;
use crate::txn::{Txn, TxnOperation};

/// A kind of alarm. The order is etcd's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AlarmKind {
    /// A member has no space left: what could grow the store is refused.
    NoSpace,
    /// A member's data differs from the others': every command but those about alarms is refused.
    Corrupt,
}

/// An active alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlarmMember {
    /// The member.
    pub member: u64,
    /// Its alarm.
    pub alarm: AlarmKind,
}

/// The active alarms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alarms(pub(crate) OrdSet<AlarmMember>);

impl Alarms {
    /// Raises or clears an alarm. Gives the alarm, if it is active or was cleared.
    pub(crate) fn change(&mut self, activate: bool, alarm: AlarmMember) -> Vec<AlarmMember> {
        if activate {
            self.0.insert(alarm);
            return vec![alarm];
        }
        self.0.remove(&alarm).into_iter().collect()
    }

    /// Whether some member has this alarm.
    pub(crate) fn has(&self, kind: AlarmKind) -> bool {
        self.0.iter().any(|active| active.alarm == kind)
    }

    /// Whether the active alarms allow an operation.
    pub(crate) fn check(&self, operation: &Operation) -> Result<(), Error> {
        if self.0.is_empty() || matches!(operation, Operation::Alarm { .. }) {
            return Ok(());
        }
        if self.has(AlarmKind::Corrupt) {
            return Err(Error::Corrupt);
        }
        if self.has(AlarmKind::NoSpace) && operation.may_grow() {
            return Err(Error::NoSpace);
        }
        Ok(())
    }
}

impl Operation {
    /// Whether it may need space: the alarm [`AlarmKind::NoSpace`] refuses it.
    pub fn may_grow(&self) -> bool {
        match self {
            Self::Put(_) | Self::LeaseGrant { .. } | Self::OpenSession { .. } => true,
            Self::Txn(txn) => has_put(txn),
            Self::DeleteRange(_)
            | Self::Compact { .. }
            | Self::LeaseRevoke { .. }
            | Self::RevokeExpired { .. }
            | Self::Alarm { .. } => false,
        }
    }
}

fn has_put(txn: &Txn) -> bool {
    txn.success.iter().chain(&txn.failure).any(|operation| match operation {
        TxnOperation::Put(_) => true,
        TxnOperation::Txn(txn) => has_put(txn),
        TxnOperation::Range(_) | TxnOperation::DeleteRange(_) => false,
    })
}

impl Store {
    /// The active alarms, in the order of members.
    pub fn alarms(&self) -> impl ExactSizeIterator<Item = AlarmMember> {
        self.alarms.0.iter().copied()
    }

    /// Whether some member has this alarm. With [`AlarmKind::Corrupt`] a node refuses reads too.
    pub fn is_alarmed(&self, alarm: AlarmKind) -> bool {
        self.alarms.has(alarm)
    }
}
