//! The profiles of a campaign: which faults there are, and how often they are injected.

use std::fmt;
use std::str::FromStr;

/// Which faults there are, and how often they are injected. The name is the text form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Profile {
    /// No faults.
    Calm,
    /// A fast network. Nodes crash rarely.
    Lan,
    /// Slow and lossy links. Nodes crash, and the network is partitioned from time to time.
    Wan,
    /// Every kind of fault, often.
    Hostile,
    /// The seed decides which kinds of faults there are, how often they are injected, and how the
    /// cluster is set up.
    #[default]
    Swarm,
}

impl Profile {
    /// All profiles, the mildest first.
    pub const ALL: [Self; 5] = [Self::Calm, Self::Lan, Self::Wan, Self::Hostile, Self::Swarm];

    /// Which faults there are, in a few words.
    pub fn faults(self) -> &'static str {
        match self {
            Self::Calm => "none",
            Self::Lan => "a fast network, rare crashes",
            Self::Wan => "slow and lossy links, crashes, partitions",
            Self::Hostile => "every kind, often",
            Self::Swarm => "each run draws its own mix",
        }
    }

    /// The text form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Lan => "lan",
            Self::Wan => "wan",
            Self::Hostile => "hostile",
            Self::Swarm => "swarm",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No profile has that name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "there is no profile {0:?}; choose one of {names}",
    names = Profile::ALL.map(Profile::name).join(", ")
)]
pub struct UnknownProfile(String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|profile| profile.name() == name);
        found.ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}
