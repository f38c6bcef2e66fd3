//! Decisions about the membership (§6, dissertation chapter 4).

use core::fmt;

use crate::{LogIndex, Membership, MembershipChange, Refusal, Say, Speaker, Thing, say};

/// The membership changes, or does not (§6).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum MembershipTrace {
    /// The leader began to change the membership (§6).
    ChangeStarted {
        /// The requested change.
        change: MembershipChange,
        /// The membership after the last step.
        target: Membership,
        /// Whether the voters change although too few of the new ones were heard.
        force: bool,
    },
    /// The leader did not begin to change the membership.
    ChangeRefused {
        /// The requested change.
        change: MembershipChange,
        /// The guard that refused.
        reason: Refusal,
    },
    /// The leader gave a change up before the votes moved (dissertation §4.2.1).
    ChangeGivenUp {
        /// The guard that ended it.
        reason: Refusal,
    },
    /// A membership is in force: it is in the server's log or snapshot now (§6).
    Adopted {
        /// The entry that holds it.
        index: LogIndex,
        /// The membership in force.
        membership: Membership,
    },
    /// The entry with a membership was removed, and the one before is in force again (§6).
    RolledBack {
        /// The entry that holds the membership in force; 0 for the first one.
        index: LogIndex,
        /// The membership in force.
        membership: Membership,
    },
}

impl MembershipTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::ChangeRefused { reason: Refusal::VotersNotHeard { .. }, .. }
            | Self::ChangeGivenUp { reason: Refusal::VotersNotHeard { .. } } => "dissertation §4.2",
            Self::ChangeGivenUp { .. } => "dissertation §4.2.1",
            Self::ChangeRefused { reason: Refusal::TermNotCommitted, .. } => "dissertation §4.1",
            Self::ChangeStarted { .. }
            | Self::ChangeRefused { .. }
            | Self::Adopted { .. }
            | Self::RolledBack { .. } => "§6",
        })
    }
}

impl<T: From<Thing>> Say<T> for MembershipTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::ChangeStarted { change, target, force } => {
                let forced = if *force { " force" } else { "" };
                say!(out; "changes the membership (", change, "{forced}), to ", target)
            }
            Self::ChangeRefused { change, reason } => {
                say!(out; "does not change the membership (", change, "): ", reason)
            }
            Self::ChangeGivenUp { reason } => say!(out; "gives the change up: ", reason),
            Self::Adopted { index, membership } => {
                say!(out; "uses the membership of ", index, ": ", membership)
            }
            Self::RolledBack { index: LogIndex(0), membership } => {
                say!(out; "uses the first membership again: ", membership)
            }
            Self::RolledBack { index, membership } => {
                say!(out; "uses the membership of ", index, " again: ", membership)
            }
        }
    }
}
