//! The moments in the life of a log entry.

use std::collections::BTreeSet;

use raft_core::{LogPosition, Node, NodeId};
use raft_script::{Moment, Place, Session, Unreachable};

use super::Lab;
use crate::ConsoleKind;

/// What happens to a log entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryMoment {
    /// It is on a disk for the first time.
    Stored,
    /// A node knows for the first time that it is committed.
    Committed,
    /// A node that runs removes it for the first time, because a leader has another entry there.
    Removed,
}

impl Lab {
    /// Shows the moment at which this happened to a log entry. Without one, the console says so.
    pub fn jump_to_entry(&mut self, entry: LogPosition, what: EntryMoment) {
        self.stop_backward();
        match self.moment_of(entry, what) {
            Ok(Some(moment)) => self.show_moment(moment),
            Ok(None) => {
                let (happened, LogPosition { index, term }) = (what.in_words(), entry);
                let words = format!("Entry {index} of term {term} was never {happened}.");
                self.say(ConsoleKind::Info, words);
            }
            Err(error) => self.say(ConsoleKind::Error, error.to_string()),
        }
        self.changed();
    }

    fn moment_of(
        &self,
        entry: LogPosition,
        what: EntryMoment,
    ) -> Result<Option<Moment>, Unreachable> {
        match what {
            EntryMoment::Stored => {
                self.first(entry, |core, entry| core.status().durable_index >= entry.index)
            }
            EntryMoment::Committed => {
                self.first(entry, |core, entry| core.commit_index() >= entry.index)
            }
            EntryMoment::Removed => {
                let Some(appended) = self.first(entry, |_, _| true)? else { return Ok(None) };
                let mut holders = BTreeSet::new();
                self.branches.first_after(self.live, appended, |session| {
                    removes(session, entry, &mut holders)
                })
            }
        }
    }

    /// The first moment at which the log of a node has the entry, and this holds.
    fn first(
        &self,
        entry: LogPosition,
        holds: fn(&Node, LogPosition) -> bool,
    ) -> Result<Option<Moment>, Unreachable> {
        let here = |core: &Node| has(core, entry) && holds(core, entry);
        // After that, a snapshot may cover the entry, or another one in its place.
        let lasts = |session: &Session| {
            cores(session).any(|(_, core)| here(core) || core.log().base().index >= entry.index)
        };
        let found = self.branches.first_moment(self.live, self.shown_session(), lasts)?;
        let Some(moment) = found else { return Ok(None) };
        let session = self.branches.at(Place { branch: self.live, moment })?;
        Ok(cores(&session).any(|(_, core)| here(core)).then_some(moment))
    }
}

/// Whether a node that had the entry before has another one there, or none. The others that have
/// it now are remembered.
fn removes(session: &Session, entry: LogPosition, holders: &mut BTreeSet<NodeId>) -> bool {
    let before = std::mem::take(holders);
    let mut is_removed = false;
    for (id, core) in cores(session) {
        if has(core, entry) {
            holders.insert(id);
        } else if before.contains(&id) {
            // A snapshot that covers the entry removes nothing.
            is_removed |= core.log().base().index < entry.index;
        }
    }
    is_removed
}

/// The protocol states of the nodes that run.
fn cores(session: &Session) -> impl Iterator<Item = (NodeId, &Node)> {
    session.world().nodes().filter_map(|node| Some((node.id(), node.core()?)))
}

fn has(core: &Node, entry: LogPosition) -> bool {
    core.log().get(entry.index).is_some_and(|found| found.term == entry.term)
}

impl EntryMoment {
    fn in_words(self) -> &'static str {
        match self {
            Self::Stored => "on a disk",
            Self::Committed => "committed",
            Self::Removed => "removed",
        }
    }
}

#[cfg(test)]
mod tests;
