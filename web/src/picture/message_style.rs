//! Shape, colour and name of each kind of message, for the canvas, the legend and lists.
//!
//! Requests are filled, replies are hollow. Each family has a colour. A refusal has a cross.

use raft_lab::MessageLook;

/// A cross, to be drawn over a shape.
const CROSS: &str = "M-2.6,-2.6 L2.6,2.6 M2.6,-2.6 L-2.6,2.6";
const TICK: &str = "M-3,0.2 L-0.8,2.6 L3.2,-2.6";

const PENTAGON: &str = "M0,-8 L7.6,-2.5 L4.7,6.5 L-4.7,6.5 L-7.6,-2.5 Z";
const DISC: &str = "M7,0 A7,7 0 1 1 -7,0 A7,7 0 1 1 7,0 Z";
const PARCEL: &str = "M-6.5,-7 H6.5 V7 H-6.5 Z";

/// The kinds that occur in every run, for the page; the help shows all.
pub(crate) const COMMON_LOOKS: [MessageLook; 8] = [
    MessageLook::PreVote,
    MessageLook::RequestVote,
    MessageLook::VoteGranted,
    MessageLook::VoteRefused,
    MessageLook::Heartbeat,
    MessageLook::AppendEntries,
    MessageLook::AppendSucceeded,
    MessageLook::AppendFailed,
];

/// How the page draws a look.
pub(crate) trait MessageStyle: Copy {
    /// Its name in the legend.
    fn name(self) -> &'static str;
    /// Its family's colour: a custom property of `styles/tokens.css`.
    fn colour(self) -> &'static str;
    /// The outline as SVG path data around the origin. The triangle points to the right, for
    /// [`is_turned`](Self::is_turned).
    fn outline(self) -> &'static str;
    /// SVG path data that is drawn over the outline.
    fn sign(self) -> Option<&'static str>;
    /// A letter on the shape.
    fn letter(self) -> Option<&'static str>;
    /// Whether the outline is filled: requests are.
    fn is_filled(self) -> bool;
    /// Whether it is turned into the direction of travel.
    fn is_turned(self) -> bool;
}

impl MessageStyle for MessageLook {
    fn name(self) -> &'static str {
        match self {
            Self::PreVote => "pre-vote request",
            Self::PreVoteGranted => "pre-vote granted",
            Self::PreVoteRefused => "pre-vote refused",
            Self::RequestVote => "vote request",
            Self::VoteGranted => "vote granted",
            Self::VoteRefused => "vote refused",
            Self::Heartbeat => "heartbeat",
            Self::AppendEntries => "entries",
            Self::AppendSucceeded => "entries accepted",
            Self::AppendFailed => "entries refused",
            Self::InstallSnapshot => "snapshot",
            Self::SnapshotReply => "snapshot reply",
            Self::TimeoutNow => "start an election now",
            Self::ReadIndex => "read request",
            Self::ReadAnswered => "read index",
            Self::ReadRefused => "read refused",
            Self::Forward => "forwarded command",
            Self::ForwardTaken => "command accepted",
            Self::ForwardRefused => "command refused",
            Self::Other => "another message",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::PreVote
            | Self::PreVoteGranted
            | Self::PreVoteRefused
            | Self::RequestVote
            | Self::VoteGranted
            | Self::VoteRefused
            | Self::TimeoutNow => "--message-vote",
            Self::Heartbeat => "--message-heartbeat",
            Self::AppendEntries | Self::AppendSucceeded | Self::AppendFailed => "--message-append",
            Self::InstallSnapshot | Self::SnapshotReply => "--message-snapshot",
            Self::ReadIndex
            | Self::ReadAnswered
            | Self::ReadRefused
            | Self::Forward
            | Self::ForwardTaken
            | Self::ForwardRefused => "--message-client",
            Self::Other => "--ink-2",
        }
    }

    fn outline(self) -> &'static str {
        match self {
            Self::PreVote | Self::PreVoteGranted | Self::PreVoteRefused => PENTAGON,
            Self::RequestVote => "M8,0 L-5.5,6.5 L-3,0 L-5.5,-6.5 Z",
            Self::VoteGranted | Self::VoteRefused => "M-6,-6 H6 V6 H-6 Z",
            Self::Heartbeat => "M4,0 A4,4 0 1 1 -4,0 A4,4 0 1 1 4,0 Z",
            Self::AppendEntries => {
                "M-7,-6.5 H7 A2.5,2.5 0 0 1 9.5,-4 V4 A2.5,2.5 0 0 1 7,6.5 H-7 \
                 A2.5,2.5 0 0 1 -9.5,4 V-4 A2.5,2.5 0 0 1 -7,-6.5 Z"
            }
            Self::AppendSucceeded => "M4.5,0 A4.5,4.5 0 1 1 -4.5,0 A4.5,4.5 0 1 1 4.5,0 Z",
            Self::AppendFailed => "M6.5,0 A6.5,6.5 0 1 1 -6.5,0 A6.5,6.5 0 1 1 6.5,0 Z",
            Self::InstallSnapshot => "M0,-9 L7.8,-4.5 V4.5 L0,9 L-7.8,4.5 V-4.5 Z",
            Self::SnapshotReply => "M0,-7 L6,-3.5 V3.5 L0,7 L-6,3.5 V-3.5 Z",
            Self::TimeoutNow => "M0,-9 L9,0 L0,9 L-9,0 Z",
            Self::ReadIndex | Self::ReadAnswered | Self::ReadRefused => DISC,
            Self::Forward | Self::ForwardTaken | Self::ForwardRefused => PARCEL,
            Self::Other => "M5,0 A5,5 0 1 1 -5,0 A5,5 0 1 1 5,0 Z",
        }
    }

    fn sign(self) -> Option<&'static str> {
        match self {
            Self::VoteGranted | Self::PreVoteGranted | Self::ForwardTaken => Some(TICK),
            Self::VoteRefused
            | Self::PreVoteRefused
            | Self::AppendFailed
            | Self::ReadRefused
            | Self::ForwardRefused => Some(CROSS),
            Self::PreVote
            | Self::RequestVote
            | Self::Heartbeat
            | Self::AppendEntries
            | Self::AppendSucceeded
            | Self::InstallSnapshot
            | Self::SnapshotReply
            | Self::TimeoutNow
            | Self::ReadIndex
            | Self::ReadAnswered
            | Self::Forward
            | Self::Other => None,
        }
    }

    fn letter(self) -> Option<&'static str> {
        match self {
            Self::PreVote => Some("?"),
            Self::TimeoutNow => Some("T"),
            Self::ReadIndex | Self::ReadAnswered => Some("R"),
            Self::Forward => Some("W"),
            Self::PreVoteGranted
            | Self::PreVoteRefused
            | Self::RequestVote
            | Self::VoteGranted
            | Self::VoteRefused
            | Self::Heartbeat
            | Self::AppendEntries
            | Self::AppendSucceeded
            | Self::AppendFailed
            | Self::InstallSnapshot
            | Self::SnapshotReply
            | Self::ReadRefused
            | Self::ForwardTaken
            | Self::ForwardRefused
            | Self::Other => None,
        }
    }

    fn is_filled(self) -> bool {
        matches!(
            self,
            Self::PreVote
                | Self::RequestVote
                | Self::Heartbeat
                | Self::AppendEntries
                | Self::InstallSnapshot
                | Self::TimeoutNow
                | Self::ReadIndex
                | Self::Forward
        )
    }

    fn is_turned(self) -> bool {
        self == Self::RequestVote
    }
}

#[cfg(test)]
mod tests;
