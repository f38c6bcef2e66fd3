//! Servers that a leader did not hear, for the words of a refusal.

use core::fmt;

use crate::{Bare, NodeId, Say, Speaker, Thing, print_as_said, say};

/// Servers that did not answer their leader within an election timeout: how many, and the first few
/// by ascending id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Unheard {
    /// Of these, `count` are servers, or all.
    named: [NodeId; Self::NAMED],
    count: u8,
}

impl Unheard {
    /// At most so many are named: a refusal is as small as a message.
    const NAMED: usize = 5;

    /// The first few that are named, by ascending id.
    pub fn named(&self) -> &[NodeId] {
        &self.named[..self.count().min(Self::NAMED)]
    }

    /// How many there are, those that are not named included.
    pub fn count(&self) -> usize {
        usize::from(self.count)
    }
}

impl FromIterator<NodeId> for Unheard {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut unheard = Self { named: [NodeId(0); Self::NAMED], count: 0 };
        for node in nodes {
            let count = unheard.count();
            if let Some(place) = unheard.named.get_mut(count) {
                *place = node;
            }
            unheard.count = unheard.count.saturating_add(1);
        }
        unheard
    }
}

/// `node 4`, `nodes 4, 5`, or `nodes 4, 5, 6, 7, 8 and 2 more`.
impl<T: From<Thing>> Say<T> for Unheard {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        say!(out; if self.count == 1 { "node" } else { "nodes" })?;
        for (place, node) in self.named().iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            say!(out; comma, " ", Bare(node))?;
        }
        match self.count().saturating_sub(Self::NAMED) {
            0 => Ok(()),
            more => say!(out; " and ", more, " more"),
        }
    }
}

print_as_said!(Thing: Unheard);
