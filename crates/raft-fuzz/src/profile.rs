//! What kind of trouble a campaign makes.

use std::fmt;
use std::str::FromStr;

/// A kind of trouble. Its name is its text form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Profile {
    /// Clients work, and nothing goes wrong.
    Calm,
    /// A good network in one room; now and then a node crashes.
    Lan,
    /// Slow links that lose messages; nodes crash, and the network falls apart now and then.
    Wan,
    /// Every fault there is, all the time.
    Hostile,
    /// The seed decides which faults there are and how strong they are, and how the cluster is set
    /// up.
    #[default]
    Swarm,
}

impl Profile {
    /// All profiles, from the mildest.
    pub const ALL: [Self; 5] = [Self::Calm, Self::Lan, Self::Wan, Self::Hostile, Self::Swarm];

    /// Its name.
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
