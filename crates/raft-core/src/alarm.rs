//! Alarms: an operator must know.

use core::fmt;

use crate::{Bare, IgnoredMessage, LogIndex, NodeId, Say, Speaker, Thing, print_as_said, say};

/// Something that an operator must know ([`Output::Alarm`](crate::Output::Alarm)), and that no
/// server can mend by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// Another server did what no correct one does, for a reason that
    /// [`IgnoreReason::is_alarming`](crate::IgnoreReason::is_alarming): its disk lost what it
    /// promised, or two servers have one id, or it runs another protocol. Nothing is wrong here,
    /// and the message is ignored. The first of each reason in a term.
    BrokenServer(IgnoredMessage),
    /// The snapshot of this server's state machine is larger than this server accepts, so the log
    /// is no longer compacted: it grows with every entry. Raise
    /// [`Settings::max_snapshot_bytes`](crate::Settings::max_snapshot_bytes) on all servers, or
    /// make the state smaller. The first such snapshot since the start, or since the last snapshot
    /// that was used.
    StateTooLarge {
        /// The last entry that the snapshot covers.
        through: LogIndex,
        /// The size of the snapshot in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The leader sends a snapshot that is larger than this server accepts, so this server lacks
    /// entries for as long as that is so. Raise
    /// [`Settings::max_snapshot_bytes`](crate::Settings::max_snapshot_bytes) on this server; at 4
    /// GiB, turn [`Config::snapshot_files`](crate::Config::snapshot_files) on. The first in a term.
    LeaderStateTooLarge {
        /// The leader.
        leader: NodeId,
        /// This server's limit in bytes.
        limit: u64,
    },
}

impl<T: From<Thing>> Say<T> for Alarm {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::BrokenServer(ignored) => ignored.say(out),
            Self::StateTooLarge { through, bytes, limit } => say!(
                out; "the log is no longer compacted: the snapshot through ", Bare(through),
                " has {bytes} bytes, and at most {limit} are accepted; raise max_snapshot_bytes \
                 on all servers, or turn snapshot_files on"
            ),
            Self::LeaderStateTooLarge { leader, limit } => say!(
                out; "the snapshot of the leader, ", leader, ", has more than {limit} bytes and \
                 is not accepted; raise max_snapshot_bytes here, or turn snapshot_files on"
            ),
        }
    }
}

print_as_said!(Thing: Alarm);
