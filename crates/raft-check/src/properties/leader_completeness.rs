//! Leader Completeness (§5.4): an entry that was committed in a term is in the log of every later
//! leader.

use raft_core::{Bare, LogIndex, LogPosition, NodeId, Term};
use raft_sim::words;

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::log::PrefixHash;

pub(crate) static PROPERTY: Property = Property {
    name: "Leader Completeness",
    section: "§5.4",
    meaning: "If an entry is committed in a given term, it is in the logs of the leaders of all \
              higher-numbered terms.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct LeaderCompleteness;

impl Checker for LeaderCompleteness {
    fn leader_beside_ledger(&mut self, leader: NodeId, term: Term, cx: &mut Context<'_>) {
        let (index, committed) = cx.shadows.ledger.last_committed_before(term);
        let held = cx.shadows.held_by(leader, index);
        let seen = LeaderCompared { leader, term, index, committed, held };
        cx.note(&PROPERTY, leader_compared(seen));
    }
}

/// A leader, and the last entry that was committed in an earlier term.
#[derive(Clone, Copy, Debug)]
pub struct LeaderCompared {
    /// The leader.
    pub leader: NodeId,
    /// The term.
    pub term: Term,
    /// The index of that entry.
    pub index: LogIndex,
    /// What is committed there.
    pub committed: PrefixHash,
    /// What the leader's log holds there. Entries that its snapshot replaced count as held.
    pub held: Option<PrefixHash>,
}

pub(crate) fn leader_compared(seen: LeaderCompared) -> Verdict {
    let LeaderCompared { leader, term, index, committed, held } = seen;
    let entry = LogPosition::new(index, committed.term);
    match held {
        Some(held) if held == committed => Ok(()),
        Some(held) => Err(words! {
            leader, " leads in ", term, "; ", entry, " is committed, but the leader's log has ",
            Bare(LogPosition::new(index, held.term)), " there, or other entries before it"
        }),
        None => {
            Err(words! { leader, " leads in ", term, " without ", entry, ", which is committed" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N2, objects, prefix};
    use super::*;

    #[test]
    fn a_leader_without_a_committed_entry() {
        let compare = |held| {
            let (leader, term, index, committed) = (N2, Term(5), LogIndex(8), prefix(3, 11));
            leader_compared(LeaderCompared { leader, term, index, committed, held })
        };
        assert_eq!(compare(Some(prefix(3, 11))), Ok(()));
        objects(compare(None), &["node 2", "term 5", "without entry 8@3"]);
        objects(compare(Some(prefix(4, 12))), &["8@3 is committed", "8@4"]);
        objects(compare(Some(prefix(3, 12))), &["other entries before it"]);
    }
}
