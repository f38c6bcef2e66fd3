//! What happened in a trial, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Something that happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Happening {
    /// The leader was killed.
    LeaderKilled,
    /// A server that did not lead was killed.
    FollowerKilled,
    /// A majority was killed at once.
    MajorityKilled,
    /// All servers were killed at once.
    AllKilled,
    /// A server stood still (`SIGSTOP`) and went on.
    Paused,
    /// A server was told to stop (`SIGTERM`) and was started again.
    Stopped,
    /// The links to and from a server were cut.
    Isolated,
    /// The links of a server in one direction were cut.
    OneWay,
    /// The servers were split into two groups.
    Split,
    /// Some links were cut.
    LinksCut,
    /// Links kept what was sent, and passed it on later.
    Held,
    /// All certificates were replaced.
    CertificatesReplaced,
    /// The authority was replaced, and all certificates.
    AuthorityReplaced,
    /// The leader was killed while writes waited for their answers.
    LeaderKilledUnderWrites,
    /// All servers were killed while writes waited for their answers.
    AllKilledUnderWrites,
    /// A leader that had stood still or was cut off came back, and another one led.
    OldLeaderReturned,
}

impl Happening {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::LeaderKilled,
        Self::FollowerKilled,
        Self::MajorityKilled,
        Self::AllKilled,
        Self::Paused,
        Self::Stopped,
        Self::Isolated,
        Self::OneWay,
        Self::Split,
        Self::LinksCut,
        Self::Held,
        Self::CertificatesReplaced,
        Self::AuthorityReplaced,
        Self::LeaderKilledUnderWrites,
        Self::AllKilledUnderWrites,
        Self::OldLeaderReturned,
    ];

    /// It in words, after a number.
    pub fn words(self) -> &'static str {
        match self {
            Self::LeaderKilled => "kills of the leader",
            Self::FollowerKilled => "kills of a follower",
            Self::MajorityKilled => "kills of a majority",
            Self::AllKilled => "kills of all servers at once",
            Self::Paused => "servers that stood still and went on",
            Self::Stopped => "servers that were told to stop",
            Self::Isolated => "servers cut off",
            Self::OneWay => "servers cut off in one direction",
            Self::Split => "splits into two groups",
            Self::LinksCut => "cuts of some links",
            Self::Held => "links that held messages back",
            Self::CertificatesReplaced => "replacements of all certificates",
            Self::AuthorityReplaced => "replacements of the authority",
            Self::LeaderKilledUnderWrites => "kills of the leader while writes waited",
            Self::AllKilledUnderWrites => "kills of all servers while writes waited",
            Self::OldLeaderReturned => "old leaders that came back while another one led",
        }
    }

    /// Whether it is a moment in which a wrong cluster breaks a promise. A trial without such
    /// moments proves little.
    pub fn is_danger(self) -> bool {
        matches!(
            self,
            Self::LeaderKilledUnderWrites | Self::AllKilledUnderWrites | Self::OldLeaderReturned
        )
    }
}

/// How often each thing happened.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    counts: [AtomicU64; Happening::ALL.len()],
}

impl Counts {
    pub(crate) fn add(&self, happening: Happening) {
        self.counts[happening as usize].fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn of(&self, happening: Happening) -> u64 {
        self.counts[happening as usize].load(Ordering::SeqCst)
    }
}
