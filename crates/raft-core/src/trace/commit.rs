//! Decisions about the commit index (§5.3, §5.4.2).

use alloc::vec::Vec;
use core::fmt;

use crate::words::{List, Range};
use crate::{Bare, LogIndex, LogPosition, NodeId, Say, Speaker, Term, Thing, say};

/// The commit index advances, or does not (§5.3, §5.4.2).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CommitTrace {
    /// The leader found entries on a majority of disks and committed them (§5.3, §5.4.2).
    Committed {
        /// `commit_index` before.
        from: LogIndex,
        /// `commit_index` now.
        to: LogIndex,
        /// The servers whose disks hold the entry at `to`.
        quorum: Vec<NodeId>,
    },
    /// The leader found an entry of an older term on a majority of disks, which proves nothing:
    /// counting commits only entries of the leader's own term (§5.4.2, Figure 8).
    OldTermNotCounted {
        /// The entry.
        position: LogPosition,
        /// The leader's term.
        term: Term,
    },
    /// The follower learned `commit_index` from its leader (§5.3).
    Learned {
        /// `commit_index` before.
        from: LogIndex,
        /// `commit_index` now.
        to: LogIndex,
    },
}

impl CommitTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::Committed { .. } | Self::Learned { .. } => "§5.3",
            Self::OldTermNotCounted { .. } => "§5.4.2",
        })
    }
}

impl<T: From<Thing>> Say<T> for CommitTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Committed { from, to, quorum } => say!(
                out; "commits ", Range(from.next(), *to), ", which the disks of nodes ",
                List(quorum, ", "), " hold"
            ),
            Self::OldTermNotCounted { position, term } => say!(
                out; "does not commit ", Bare(position), ", though a majority holds it: it is not \
                 of the leader's ", term
            ),
            Self::Learned { from, to } => say!(
                out; "learns that ", Range(from.next(), *to), " ",
                if from.next() == *to { "is" } else { "are" }, " committed"
            ),
        }
    }
}
