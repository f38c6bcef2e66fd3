//! Decisions about snapshots (§7).

use core::fmt;

use crate::words::Count;
use crate::{Bare, LogIndex, LogPosition, NodeId, Say, Speaker, Thing, say};

/// A snapshot is made, sent, received and installed (§7).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SnapshotTrace {
    /// It asked the driver for a snapshot of the state machine.
    Requested {
        /// The last entry applied.
        through: LogIndex,
        /// How many entries the log has after the last snapshot.
        entries: u64,
    },
    /// It has a snapshot of its own state machine and dropped the log up to there, or nearly.
    Compacted {
        /// The last entry that the snapshot covers.
        through: LogPosition,
        /// How many entries were dropped.
        entries: u64,
        /// How many entries the log keeps although the snapshot includes them.
        kept: u64,
    },
    /// The driver could not make a snapshot, or the snapshot is too large. The server keeps its log
    /// and asks again later.
    Failed {
        /// The last entry that the snapshot would have covered.
        through: LogIndex,
        /// It asks again when this entry is applied.
        not_before: LogIndex,
    },
    /// A snapshot of its own came too late or too early and was not used.
    Ignored {
        /// The last entry that it covers.
        through: LogIndex,
        /// The guard that refused.
        reason: SnapshotRefusal,
    },
    /// The leader's log has no longer the entries that a follower needs, so it sends its snapshot.
    Sent {
        /// The follower.
        peer: NodeId,
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
        /// The entry that the follower needs next.
        next_index: LogIndex,
        /// The snapshot's size in bytes.
        bytes: u64,
    },
    /// The follower answered no piece for a while: the leader asks how much has arrived.
    Asked {
        /// The follower.
        peer: NodeId,
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
    },
    /// The follower answered a later piece, and not these bytes: the leader sends them again.
    Lost {
        /// The follower.
        peer: NodeId,
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
        /// Bytes of the pieces that are lost.
        bytes: u64,
    },
    /// The follower holds less than it did: it was restarted, and the leader starts over.
    StartedOver {
        /// The follower.
        peer: NodeId,
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
    },
    /// The follower stored a piece of its leader's snapshot.
    ChunkStored {
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
        /// Bytes received so far.
        received: u64,
    },
    /// The follower discarded pieces of a snapshot, because another snapshot, or one of another
    /// leader, is arriving.
    Abandoned {
        /// The last entry that the discarded snapshot covers.
        last_included: LogPosition,
        /// Bytes of it that had been received.
        received: u64,
    },
    /// The follower replaced its state by its leader's snapshot.
    Installed {
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
        /// How many entries after the snapshot agree with it and were kept.
        kept_entries: u64,
    },
}

/// Why a snapshot was not used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SnapshotRefusal {
    /// There is a snapshot already that covers as much, or more.
    NotNewer {
        /// The last entry that the present snapshot covers.
        current: LogIndex,
    },
    /// It claims entries that were not applied yet.
    NotApplied {
        /// The last entry applied.
        last_applied: LogIndex,
    },
    /// A snapshot that was not asked for cannot fail.
    NotRequested,
    /// No follower would accept so many bytes
    /// ([`Settings::max_snapshot_bytes`](crate::Settings::max_snapshot_bytes)).
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The server is about to join and does not know the membership at that entry yet.
    MembershipUnknown,
}

impl SnapshotTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        match self {
            Self::Requested { .. }
            | Self::Compacted { .. }
            | Self::Failed { .. }
            | Self::Ignored { .. }
            | Self::Sent { .. }
            | Self::Asked { .. }
            | Self::Lost { .. }
            | Self::StartedOver { .. }
            | Self::ChunkStored { .. }
            | Self::Abandoned { .. }
            | Self::Installed { .. } => Some("§7"),
        }
    }
}

impl<T: From<Thing>> Say<T> for SnapshotTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Requested { through, entries } => say!(
                out; "asks for a snapshot through ", Bare(through),
                ": {entries} entries since the last one"
            ),
            Self::Compacted { through, entries, kept } => {
                let dropped = Count(*entries, "");
                say!(
                    out; "has a snapshot through ", Bare(through), " and drops ", dropped,
                    " of its log"
                )?;
                match kept {
                    0 => Ok(()),
                    _ => say!(out; ", keeping ", Count(*kept, ""), " before its end"),
                }
            }
            Self::Failed { through, not_before } => say!(
                out; "gets no snapshot through ", Bare(through),
                " that it can use; it asks again when ", not_before, " is applied"
            ),
            Self::Ignored { through, reason } => {
                say!(out; "does not use a snapshot through ", Bare(through), ": ", reason)
            }
            Self::Sent { peer, last_included, next_index, bytes } => say!(
                out; "sends its snapshot through ", Bare(last_included), " ({bytes} bytes) to ",
                peer, ": the leader's log does not reach back to ", next_index
            ),
            Self::Asked { peer, last_included } => say!(
                out; "asks ", peer, " how much of the snapshot through ", Bare(last_included),
                " it holds: no answer came for a while"
            ),
            Self::Lost { peer, last_included, bytes } => say!(
                out; "sends {bytes} bytes of the snapshot through ", Bare(last_included), " to ",
                peer, " again: ", peer, " answered a later piece and not these"
            ),
            Self::StartedOver { peer, last_included } => say!(
                out; "sends the snapshot through ", Bare(last_included), " to ", peer,
                " from its beginning: ", peer, " was restarted and has lost the pieces"
            ),
            Self::ChunkStored { last_included, received } => {
                say!(out; "holds {received} bytes of the snapshot through ", Bare(last_included))
            }
            Self::Abandoned { last_included, received } => say!(
                out; "discards {received} bytes of the snapshot through ", Bare(last_included),
                ", which it cannot install any more"
            ),
            Self::Installed { last_included, kept_entries } => say!(
                out; "installs the leader's snapshot through ", Bare(last_included), ", keeping ",
                Count(*kept_entries, ""), " after it"
            ),
        }
    }
}

impl<T: From<Thing>> Say<T> for SnapshotRefusal {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::NotNewer { current } => {
                say!(out; "there is one through ", Bare(current), " already")
            }
            Self::NotApplied { last_applied } => {
                say!(out; "entries are applied only up to ", Bare(last_applied))
            }
            Self::NotRequested => say!(out; "it was not asked for"),
            Self::TooLarge { limit } => say!(out; "it has more than {limit} bytes"),
            Self::MembershipUnknown => {
                say!(out; "it does not know the membership at that entry yet")
            }
        }
    }
}
