//! The planted bugs, of the core and of the software around it, under one set of names.
//!
//! Those of the core are [`raft_core::Bug`]. Those of the world are mistakes in the state machine's
//! sessions and in the driver of the disk. Each has exactly one call site.

/// A rule outside of the core that is switched off.
#[cfg_attr(not(feature = "bugs"), expect(unreachable_pub, reason = "public with the feature"))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WorldBug {
    /// A command that a client repeats is applied again: the state machine takes the answer from
    /// the client's session, but performs the operation once more.
    RetryAppliedTwice,
    /// A flush that failed is reported to the core as if what it wrote were durable.
    FsyncFailureIgnored,
}

#[cfg(feature = "bugs")]
pub use named::{Switch, Switches};

#[cfg(feature = "bugs")]
mod named {
    use std::fmt;

    use raft_core::{Bug, Bugs};

    use super::WorldBug;

    impl WorldBug {
        /// All of them.
        pub const ALL: [Self; 2] = [Self::RetryAppliedTwice, Self::FsyncFailureIgnored];
    }

    /// One rule that is switched off, wherever it belongs.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum Switch {
        /// One of the protocol.
        Core(Bug),
        /// One of the software around it.
        World(WorldBug),
    }

    impl Switch {
        /// All of them: those of the protocol first.
        pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
            let core = Bug::ALL.len();
            (0..core + WorldBug::ALL.len()).map(move |place| match place.checked_sub(core) {
                None => Self::Core(Bug::ALL[place]),
                Some(place) => Self::World(WorldBug::ALL[place]),
            })
        }

        /// The one with this name.
        pub fn named(name: &str) -> Option<Self> {
            Self::all().find(|switch| switch.name() == name)
        }

        /// Its name, as the command language writes it.
        pub fn name(self) -> &'static str {
            match self {
                Self::Core(bug) => bug.name(),
                Self::World(WorldBug::RetryAppliedTwice) => "retry-applied-twice",
                Self::World(WorldBug::FsyncFailureIgnored) => "fsync-failure-ignored",
            }
        }

        /// The property that it breaks.
        pub fn breaks(self) -> &'static str {
            match self {
                Self::Core(bug) => bug.breaks(),
                Self::World(WorldBug::RetryAppliedTwice) => "Exactly Once",
                Self::World(WorldBug::FsyncFailureIgnored) => "Durable Promises",
            }
        }

        /// Where it was seen: implementations, with the number of the issue where there is one.
        pub fn seen_in(self) -> &'static str {
            match self {
                Self::Core(bug) => bug.seen_in(),
                Self::World(WorldBug::RetryAppliedTwice) => "stores without client sessions",
                Self::World(WorldBug::FsyncFailureIgnored) => "PostgreSQL (\"fsyncgate\")",
            }
        }
    }

    /// The rules that are switched off.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Switches {
        core: Bugs,
        /// A bit for each [`WorldBug`].
        world: u8,
    }

    impl Switches {
        /// All rules hold.
        pub const NONE: Self = Self { core: Bugs::NONE, world: 0 };

        /// These rules, and this one, are switched off.
        #[must_use]
        pub fn with(self, switch: impl Into<Switch>) -> Self {
            match switch.into() {
                Switch::Core(bug) => Self { core: self.core.with(bug), ..self },
                Switch::World(bug) => Self { world: self.world | 1 << bug as u8, ..self },
            }
        }

        /// Whether this rule is switched off.
        pub fn has(self, switch: impl Into<Switch>) -> bool {
            match switch.into() {
                Switch::Core(bug) => self.core.has(bug),
                Switch::World(bug) => self.world & (1 << bug as u8) != 0,
            }
        }

        /// Which rules are switched off, in the order of [`Switch::all`].
        pub fn iter(self) -> impl Iterator<Item = Switch> {
            Switch::all().filter(move |switch| self.has(*switch))
        }

        /// Those of the protocol.
        pub(crate) fn core(self) -> Bugs {
            self.core
        }
    }

    impl From<Bug> for Switch {
        fn from(bug: Bug) -> Self {
            Self::Core(bug)
        }
    }

    impl From<WorldBug> for Switch {
        fn from(bug: WorldBug) -> Self {
            Self::World(bug)
        }
    }

    impl FromIterator<Switch> for Switches {
        fn from_iter<I: IntoIterator<Item = Switch>>(switches: I) -> Self {
            switches.into_iter().fold(Self::NONE, Self::with)
        }
    }

    impl fmt::Debug for Switches {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_set().entries(self.iter()).finish()
        }
    }

    impl fmt::Display for Switch {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.name())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn names_lead_back() {
            assert!(Switch::all().is_sorted());
            for switch in Switch::all() {
                assert_eq!(Switch::named(switch.name()), Some(switch));
                let only = Switches::NONE.with(switch);
                assert_eq!(only.iter().collect::<Vec<_>>(), [switch], "{switch}");
            }
            assert_eq!(Switch::named("typo"), None);
        }
    }
}
