//! Alarms: states of a member that restrict the whole cluster.

use serde::{Deserialize, Serialize};

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
