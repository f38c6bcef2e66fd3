//! The planted bugs, of the core and of the software around it, under one set of names.
//!
//! Those of the core are [`raft_core::Bug`]. Those of the world are mistakes in the state machine's
//! sessions, in the driver of the disk, and in the files of a disk. Each has exactly one call site.

use raft_storage_file::{Mistake, Mistakes};

/// A rule outside of the core that is switched off.
#[cfg_attr(not(feature = "bugs"), expect(unreachable_pub, reason = "public with the feature"))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WorldBug {
    /// A command that a client repeats is applied again: the state machine takes the answer from
    /// the client's session, but performs the operation once more.
    RetryAppliedTwice,
    /// A flush that failed is reported to the core as if what it wrote were durable.
    FsyncFailureIgnored,
    /// A segment of the log in files gets its name before it is flushed.
    SegmentNamedEarly,
    /// The directory of the log in files is never flushed.
    DirectoryNotFlushed,
    /// After a failed flush of the log in files, the driver tries again, and the second one counts.
    FlushTriedAgain,
    /// A batch at the end of the log in files that is not whole is read as far as it goes.
    TornEndTaken,
    /// Whatever comes after the first bad batch of the log in files is taken for a torn end.
    HoleTakenAsEnd,
}

impl WorldBug {
    /// All of them.
    #[cfg_attr(not(feature = "bugs"), expect(unreachable_pub, reason = "public with the feature"))]
    pub const ALL: [Self; 7] = [
        Self::RetryAppliedTwice,
        Self::FsyncFailureIgnored,
        Self::SegmentNamedEarly,
        Self::DirectoryNotFlushed,
        Self::FlushTriedAgain,
        Self::TornEndTaken,
        Self::HoleTakenAsEnd,
    ];

    /// The mistake of a disk in files that it is.
    fn mistake(self) -> Option<Mistake> {
        Some(match self {
            Self::RetryAppliedTwice | Self::FsyncFailureIgnored => return None,
            Self::SegmentNamedEarly => Mistake::RenameBeforeFlush,
            Self::DirectoryNotFlushed => Mistake::NamesNotFlushed,
            Self::FlushTriedAgain => Mistake::RetryAfterFailure,
            Self::TornEndTaken => Mistake::TornIsWhole,
            Self::HoleTakenAsEnd => Mistake::HoleIsTheEnd,
        })
    }
}

impl Switches {
    /// The mistakes of a disk in files.
    pub(crate) fn mistakes(self) -> Mistakes {
        let off = WorldBug::ALL.into_iter().filter(|bug| self.has_in_world(*bug));
        off.filter_map(WorldBug::mistake).fold(Mistakes::default(), Mistakes::with)
    }
}

#[cfg(not(feature = "bugs"))]
pub use absent::{Switch, Switches};
#[cfg(feature = "bugs")]
pub use named::{Switch, Switches};

#[cfg(feature = "bugs")]
mod named {
    use std::fmt;

    use raft_core::{Bug, Bugs, Config};
    use raft_server::Replica;

    use super::WorldBug;
    use crate::machine::Machine;

    impl WorldBug {
        fn name(self) -> &'static str {
            match self {
                Self::RetryAppliedTwice => "retry-applied-twice",
                Self::FsyncFailureIgnored => "fsync-failure-ignored",
                Self::SegmentNamedEarly => "segment-named-early",
                Self::DirectoryNotFlushed => "directory-not-flushed",
                Self::FlushTriedAgain => "flush-tried-again",
                Self::TornEndTaken => "torn-end-taken",
                Self::HoleTakenAsEnd => "hole-taken-as-end",
            }
        }

        fn rule(self) -> &'static str {
            match self {
                Self::RetryAppliedTwice => {
                    "A command takes effect once, however often its client repeats it."
                }
                Self::FsyncFailureIgnored => {
                    "A write counts as durable only if its flush succeeded."
                }
                Self::SegmentNamedEarly => {
                    "A file gets its name only when what is in it is flushed."
                }
                Self::DirectoryNotFlushed => {
                    "A file counts as durable only when its directory is flushed."
                }
                Self::FlushTriedAgain => "After a failed flush, no later one counts.",
                Self::TornEndTaken => "A batch that is not whole was never written.",
                Self::HoleTakenAsEnd => "A batch that is not whole is damage if it was flushed.",
            }
        }

        fn breaks(self) -> &'static str {
            match self {
                Self::RetryAppliedTwice => "Exactly Once",
                Self::FsyncFailureIgnored => "Durable Promises",
                Self::SegmentNamedEarly
                | Self::DirectoryNotFlushed
                | Self::FlushTriedAgain
                | Self::TornEndTaken
                | Self::HoleTakenAsEnd => "Faithful Recovery",
            }
        }

        fn seen_in(self) -> &'static str {
            match self {
                Self::RetryAppliedTwice => "stores without client sessions",
                Self::FsyncFailureIgnored | Self::FlushTriedAgain => "PostgreSQL (\"fsyncgate\")",
                Self::SegmentNamedEarly
                | Self::DirectoryNotFlushed
                | Self::TornEndTaken
                | Self::HoleTakenAsEnd => "a review",
            }
        }
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
                Self::World(bug) => bug.name(),
            }
        }

        /// The rule in words: what holds while it is on.
        pub fn rule(self) -> &'static str {
            match self {
                Self::Core(bug) => bug.rule(),
                Self::World(bug) => bug.rule(),
            }
        }

        /// The section of the Raft paper or of the dissertation that has the rule, such as `§5.2`;
        /// `None`: neither has it.
        pub fn section(self) -> Option<&'static str> {
            match self {
                Self::Core(bug) => bug.section(),
                Self::World(WorldBug::RetryAppliedTwice) => Some("§8"),
                Self::World(_) => Some("Figure 2"),
            }
        }

        /// The property that it breaks.
        pub fn breaks(self) -> &'static str {
            match self {
                Self::Core(bug) => bug.breaks(),
                Self::World(bug) => bug.breaks(),
            }
        }

        /// Where it was seen: implementations, with the number of the issue where there is one.
        pub fn seen_in(self) -> &'static str {
            match self {
                Self::Core(bug) => bug.seen_in(),
                Self::World(bug) => bug.seen_in(),
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

        /// These rules, but this one holds.
        #[must_use]
        pub fn without(self, switch: impl Into<Switch>) -> Self {
            match switch.into() {
                Switch::Core(bug) => Self { core: self.core.without(bug), ..self },
                Switch::World(bug) => Self { world: self.world & !(1 << bug as u8), ..self },
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

        /// Whether this rule outside of the core is switched off.
        pub(crate) fn has_in_world(self, bug: WorldBug) -> bool {
            self.has(bug)
        }

        /// Whether a crash can come between a term and the vote in it. One planted bug of the core
        /// does harm only then.
        pub(crate) fn splits_votes(self) -> bool {
            self.has(Bug::RepeatedVoteSkipsLog)
        }

        /// Switches the rules off in a server that is to start.
        pub(crate) fn configure(self, config: &mut Config) {
            config.bugs = self.core;
        }

        /// Switches the rules off in a server that runs, and all others on.
        pub(crate) fn turn<C>(self, server: &mut Replica<Machine, C>) {
            server.set_bugs(self.core);
            server.machine_mut().turn_rules(self);
        }
    }

    /// The names, with commas between.
    impl fmt::Display for Switches {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let names: Vec<&str> = self.iter().map(Switch::name).collect();
            f.write_str(&names.join(", "))
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
                let others: Switches = Switch::all().filter(|other| *other != switch).collect();
                assert_eq!(others.with(switch).without(switch), others, "{switch}");
            }
            assert_eq!(Switch::named("typo"), None);
        }
    }
}

/// A build without the feature: no rule can be switched off.
#[cfg(not(feature = "bugs"))]
mod absent {
    use std::fmt;
    use std::iter::{self, Empty};

    use raft_core::Config;
    use raft_server::Replica;

    use super::WorldBug;
    use crate::machine::Machine;

    /// One rule that is switched off. There is none in this build.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum Switch {}

    impl Switch {
        /// All of them: none.
        pub fn all() -> Empty<Self> {
            iter::empty()
        }

        /// None has a name.
        pub fn named(_: &str) -> Option<Self> {
            None
        }

        /// Its name, as the command language writes it.
        pub fn name(self) -> &'static str {
            match self {}
        }

        /// The rule in words.
        pub fn rule(self) -> &'static str {
            match self {}
        }

        /// The section that has the rule.
        pub fn section(self) -> Option<&'static str> {
            match self {}
        }

        /// The property that it breaks.
        pub fn breaks(self) -> &'static str {
            match self {}
        }

        /// Where it was seen.
        pub fn seen_in(self) -> &'static str {
            match self {}
        }
    }

    /// The rules that are switched off: none.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Switches;

    impl Switches {
        /// All rules hold.
        pub const NONE: Self = Self;

        /// There is no rule to switch off.
        #[must_use]
        pub fn with(self, switch: Switch) -> Self {
            match switch {}
        }

        /// There is no rule to switch on.
        #[must_use]
        pub fn without(self, switch: Switch) -> Self {
            match switch {}
        }

        /// Whether this rule is switched off.
        pub fn has(self, switch: Switch) -> bool {
            match switch {}
        }

        /// Which rules are switched off: none.
        pub fn iter(self) -> Empty<Switch> {
            iter::empty()
        }

        pub(crate) fn has_in_world(self, _: WorldBug) -> bool {
            false
        }

        pub(crate) fn splits_votes(self) -> bool {
            false
        }

        pub(crate) fn configure(self, _: &mut Config) {}

        pub(crate) fn turn<C>(self, _: &mut Replica<Machine, C>) {}
    }

    impl FromIterator<Switch> for Switches {
        fn from_iter<I: IntoIterator<Item = Switch>>(switches: I) -> Self {
            switches.into_iter().fold(Self::NONE, Self::with)
        }
    }

    impl fmt::Display for Switch {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            match *self {}
        }
    }

    impl fmt::Display for Switches {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Ok(())
        }
    }
}
