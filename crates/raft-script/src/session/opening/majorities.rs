//! Made-up logs that need a majority which the other disks do not show.
//!
//! With an image among the disks nothing is refused: its members may be others, and a fault of an
//! earlier run may have taken what the majority held.

use raft_core::{NodeId, Term};
use raft_sim::Setup;

use crate::outcome::{FailedStatement, StatementError};
use crate::statement::{DiskContents, Script, SourceLine, Statement};

/// A log made up by a `disk` statement.
struct MadeUp<'a> {
    line: &'a SourceLine,
    node: NodeId,
    terms: &'a [Term],
    /// The node's current term.
    term: Term,
    /// The last entry in a snapshot; 0 without one.
    snapshot: u64,
}

/// Refuses a snapshot whose entries no majority holds, and an entry of a term in which no majority
/// can have elected a leader.
///
/// # Errors
/// The statement, and the disks that are missing.
pub(super) fn check(script: &Script, setup: &Setup) -> Result<(), FailedStatement> {
    let mut logs: Vec<MadeUp<'_>> = Vec::new();
    for line in &script.statements {
        let Statement::DiskContents { node, contents } = &line.statement else { continue };
        let DiskContents::Log { terms, term, vote: _, snapshot } = contents else {
            return Ok(());
        };
        let term = term.or(terms.last().copied()).unwrap_or_default();
        logs.push(MadeUp { line, node: *node, terms, term, snapshot: *snapshot });
    }
    check_snapshots(&logs, setup)?;
    check_terms(&logs, setup)
}

/// Entries in a snapshot are committed (Raft §7).
fn check_snapshots(logs: &[MadeUp<'_>], setup: &Setup) -> Result<(), FailedStatement> {
    let needed = setup.nodes as usize / 2 + 1;
    for log in logs {
        let Some(place) = log.snapshot.checked_sub(1).map(|place| place as usize) else { continue };
        let holds = |other: &&MadeUp<'_>| {
            other.node.0 <= setup.nodes && other.terms.get(place) == log.terms.get(place)
        };
        let holders = logs.iter().filter(holds).count();
        if holders < needed {
            return Err(log.mistake(format!(
                "entry {} is in its snapshot, so it is committed, but only {holders} of {} disks \
                 hold it",
                log.snapshot, setup.nodes
            )));
        }
    }
    Ok(())
}

/// The leader that appended an entry was elected by a majority, which stored the term of the entry
/// first (Raft §5.2). A disk that no statement describes gets the latest of these terms.
fn check_terms(logs: &[MadeUp<'_>], setup: &Setup) -> Result<(), FailedStatement> {
    let last_term = |log: &MadeUp<'_>| log.terms.last().copied();
    // Who has stored the latest term has stored, or skipped, all others.
    let Some(latest) = logs.iter().filter_map(last_term).max() else { return Ok(()) };
    let Some(log) = logs.iter().find(|log| last_term(log) == Some(latest)) else { return Ok(()) };
    let is_earlier = |node: &NodeId| {
        logs.iter().rfind(|log| log.node == *node).is_some_and(|log| log.term < latest)
    };
    let (without, with): (Vec<NodeId>, Vec<NodeId>) = setup.voter_ids().partition(is_earlier);
    let needed = setup.nodes as usize / 2 + 1;
    if with.len() >= needed {
        return Ok(());
    }
    let without: Vec<String> = without.iter().map(NodeId::to_string).collect();
    Err(log.mistake(format!(
        "its entry {} is of term {latest}, so {needed} of the {} voters elected a leader in term \
         {latest} and stored it (Raft §5.2), but only {} did; add `term={latest}` to {} of the \
         disks {}",
        log.terms.len(),
        setup.nodes,
        with.len(),
        needed - with.len(),
        without.join(", "),
    )))
}

impl MadeUp<'_> {
    fn mistake(&self, reason: String) -> FailedStatement {
        let error = StatementError::DiskImage { node: self.node, reason };
        FailedStatement::at(self.line, error.into())
    }
}
