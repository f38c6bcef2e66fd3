//! Words that several topics share.

use core::fmt;

use crate::{LogIndex, NodeId};

/// `entry 4`, or `entries 4 to 7`.
pub(super) struct Range(pub(super) LogIndex, pub(super) LogIndex);

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(first, last) if first == last => write!(f, "entry {first}"),
            Self(first, last) => write!(f, "entries {first} to {last}"),
        }
    }
}

/// `no entries`, `1 entry`, or `7 entries`, with an adjective.
pub(super) struct Count(pub(super) u64, pub(super) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(0, adjective) => write!(f, "no {adjective}entries"),
            Self(1, adjective) => write!(f, "1 {adjective}entry"),
            Self(count, adjective) => write!(f, "{count} {adjective}entries"),
        }
    }
}

/// Node ids, separated by commas.
pub(super) struct List<'a>(pub(super) &'a [NodeId]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, node) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}{node}")?;
        }
        Ok(())
    }
}
