//! The statements that make a world: `cluster`, the settings of nodes, and the contents of disks.

mod contradiction;
mod majorities;

use raft_core::{
    Bytes, Entry, HardState, LogIndex, LogPosition, Membership, Payload, Persist, Snapshot,
    SnapshotWrite, Term,
};
use raft_kv::{ClientId, Command, Operation, Sequence, Store};
use raft_sim::{SettingChange, Setup};
use raft_storage::{Records, WriteBatch};

use super::Session;
use crate::outcome::{FailedStatement, StatementError};
use crate::statement::{DiskContents, Script, SourceLine, Statement};

/// The client whose commands fill a log made up by `disk … terms=`. Clients of a world are numbered
/// from 1, so no other has this session.
const AUTHOR: ClientId = ClientId(0);

impl Session {
    /// A session with the world that a script's `cluster`, `node` and `disk` statements describe,
    /// and the statements that remain to be carried out.
    ///
    /// # Errors
    /// When a setting is out of bounds or a disk image cannot be read.
    pub fn open(script: &Script) -> Result<(Self, &[SourceLine]), FailedStatement> {
        let mut setup = Setup::default();
        let mut opening = Vec::new();
        let mut last_term = Term::default();
        for line in &script.statements {
            let fail = |error: StatementError| FailedStatement::at(line, error.into());
            if let Statement::Cluster(cluster) = &line.statement {
                setup = Setup::clone(cluster);
            } else if let Statement::NodeSettings { node, changes } = &line.statement {
                let mut settings = setup.settings_of(*node).clone();
                changes.iter().for_each(|change| change.apply_to(&mut settings));
                setup.node_settings.insert(*node, settings);
            } else if let Statement::DiskContents { node, contents } = &line.statement {
                let records = records(contents, &setup)
                    .and_then(|records| {
                        contradiction::check(*node, &records, &setup.disks).map(|()| records)
                    })
                    .map_err(|reason| fail(StatementError::DiskImage { node: *node, reason }))?;
                setup.disks.insert(*node, records);
                if let DiskContents::Log { terms, .. } = contents {
                    last_term = last_term.max(terms.last().copied().unwrap_or_default());
                }
            } else if !line.statement.is_note() {
                break;
            }
            without_unknown_down(&setup)
                .validate()
                .map_err(|error| fail(StatementError::Setup(error)))?;
            opening.push(line.statement.clone());
        }
        if let Some(first) = script.statements.iter().find(|line| !line.statement.is_note()) {
            setup.validate().map_err(|error| FailedStatement::at(first, error.into()))?;
        }
        majorities::check(script, &setup)?;
        let rest = &script.statements[opening.len()..];
        fill_empty_disks(&mut setup, last_term);
        if !opening.iter().any(|statement| matches!(statement, Statement::Cluster(_))) {
            opening.insert(0, cluster(&setup));
        }
        let session = Self::with_opening(setup, opening).expect("every setting was validated");
        Ok((session, rest))
    }
}

/// A server that joined in an earlier run may be down from the beginning, and is not known before
/// its disk is described.
pub(crate) fn without_unknown_down(setup: &Setup) -> Setup {
    let (mut setup, last) = (setup.clone(), setup.last_member());
    setup.down.retain(|node| node.0 <= last);
    setup
}

/// The statements that make the world of a set-up, as a script begins with them.
pub fn opening_statements(setup: &Setup) -> Vec<Statement> {
    let disks = setup.disks.iter().map(|(node, records)| {
        let contents = DiskContents::Image(raft_storage::export(records));
        Statement::DiskContents { node: *node, contents }
    });
    std::iter::once(cluster(setup)).chain(node_settings(setup)).chain(disks).collect()
}

/// Settings of nodes that differ from the cluster's.
fn node_settings(setup: &Setup) -> impl Iterator<Item = Statement> {
    setup.node_settings.iter().filter_map(|(node, settings)| {
        let changes = SettingChange::between(&setup.settings, settings);
        let differs = !changes.is_empty();
        differs.then_some(Statement::NodeSettings { node: *node, changes })
    })
}

fn cluster(setup: &Setup) -> Statement {
    let mut setup = setup.clone();
    (setup.disks, setup.node_settings) = Default::default();
    Statement::Cluster(Box::new(setup))
}

fn records(contents: &DiskContents, setup: &Setup) -> Result<Records, String> {
    match contents {
        DiskContents::Image(bytes) => {
            raft_storage::import(bytes).map_err(|error| error.to_string())
        }
        DiskContents::Log { terms, term, vote, snapshot } => {
            let last = terms.last().copied().unwrap_or_default();
            let current_term = term.unwrap_or(last);
            let hard_state = HardState { current_term, voted_for: *vote };
            let mut records = made_up(terms, hard_state);
            if let Some(last) = snapshot.checked_sub(1) {
                let members = setup.bootstrap();
                records.apply(&compaction(&terms[..=last as usize], members));
            }
            Ok(records)
        }
    }
}

/// Lets the disks that no statement describes know the latest term of the logs that are made up.
/// That term had a leader, so a majority has voted in it: servers that never heard of it could
/// elect another leader for a term that is over (Raft §5.2), and the checkers would report what no
/// run leads to.
fn fill_empty_disks(setup: &mut Setup, last_term: Term) {
    if last_term == Term::default() {
        return;
    }
    let hard_state = HardState { current_term: last_term, voted_for: None };
    for node in setup.node_ids() {
        setup.disks.entry(node).or_insert_with(|| made_up(&[], hard_state));
    }
}

/// The write that puts a snapshot in the place of the first entries of a log, which have these
/// terms.
fn compaction(terms: &[Term], members: Membership) -> WriteBatch {
    let mut store = Store::default();
    for entry in made_up_entries(terms) {
        if let Payload::Command(command) = &entry.payload {
            store.apply(entry.index.0, command);
        }
    }
    let last = terms.last().copied().unwrap_or_default();
    let end = LogPosition::new(LogIndex(terms.len() as u64), last);
    let snapshot = Snapshot {
        last_included_index: end.index,
        last_included_term: end.term,
        membership: members,
        data: Bytes::from(store.snapshot()).into(),
    };
    let snapshot = Some(Box::new(SnapshotWrite { snapshot, log_start: end }));
    WriteBatch::from_persist(&Persist { snapshot, ..Persist::default() })
}

/// Entries of these terms, from index 1 on.
fn made_up_entries(terms: &[Term]) -> impl Iterator<Item = Entry> {
    (1..).zip(terms).map(|(index, term)| {
        let operation =
            Operation::Set { key: format!("entry{index}").into(), value: term.to_string().into() };
        // Numbered like the entries, so that any log that ends here can be continued by any other.
        let command = Command { client: AUTHOR, sequence: Sequence(index), operation };
        let payload = Payload::Command(command.encode().into());
        Entry { index: LogIndex(index), term: *term, payload }
    })
}

/// A disk with a log of entries of these terms.
fn made_up(terms: &[Term], hard_state: HardState) -> Records {
    let entries = made_up_entries(terms).collect();
    let persist = Persist { hard_state: Some(hard_state), entries, ..Persist::default() };
    let mut records = Records::default();
    records.apply(&WriteBatch::from_persist(&persist));
    records
}
