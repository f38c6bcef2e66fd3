//! The settings of one node, where they differ from the cluster's: at the beginning, and from a
//! restart on.

use std::fmt;

use raft_core::NodeId;
use raft_sim::{NodeState, SettingChange};

use super::Word;
use super::cluster::{all, write_change};
use super::cursor::{Cursor, Parsed};
use super::nodes::STARTS;
use crate::error::ParseError;
use crate::statement::{Nodes, Order, Statement};

pub(super) const WORDS: &[Word<Statement>] = &[Word {
    name: "node",
    brief: "settings of one node",
    forms: &[(
        "node 3 batch=1 election=300ms..600ms",
        "settings of one node, from pre-vote to snapshot-bytes; after cluster, before all else",
    )],
    parse: |cursor| {
        let node = cursor.node()?;
        let changes = cursor.setting_changes()?;
        if changes.is_empty() {
            return Err(cursor.no_setting());
        }
        Ok(Statement::NodeSettings { node, changes })
    },
}];

/// The settings that each node can have for itself: name, meaning, how the value is read.
#[allow(clippy::type_complexity)]
fn own()
-> impl Iterator<Item = (&'static str, &'static str, fn(&mut Cursor<'_>) -> Parsed<SettingChange>)>
{
    all().filter_map(|setting| Some((setting.name, setting.help, setting.for_node()?)))
}

impl Cursor<'_> {
    /// `restart 3`, `restart 3 alone`, `restart 3 batch=1`.
    pub(super) fn restart(&mut self) -> Parsed<Statement> {
        let down = |state| matches!(state, NodeState::Crashed | NodeState::Refused);
        let nodes = self.nodes_of(down)?;
        if let Some(action) = self.maybe_choice(STARTS) {
            return Ok(Statement::Order(Order::Node { nodes, action }));
        }
        let changes = self.setting_changes()?;
        Ok(Statement::Order(match changes.is_empty() {
            true => Order::Node { nodes, action: raft_sim::NodeAction::Restart },
            false => Order::Reconfigure { nodes, changes },
        }))
    }

    fn no_setting(&self) -> ParseError {
        let names: Vec<&str> = own().map(|(name, ..)| name).collect();
        self.error(format!("a setting of one node: {}", names.join(", ")))
    }

    /// All settings of one node that are here, each once.
    fn setting_changes(&mut self) -> Parsed<Vec<SettingChange>> {
        let mut changes: Vec<SettingChange> = Vec::new();
        loop {
            let is_named =
                |name: &str| changes.iter().any(|change: &SettingChange| change.word() == name);
            for (name, help, parse) in own().filter(|(name, ..)| !is_named(name)) {
                self.offer_setting(name, help, |cursor| {
                    // There is no value yet: what it may be is noted, the error is not needed.
                    let _ = parse(cursor);
                });
            }
            let Some((name, _, parse)) = own().find(|(name, ..)| self.word() == Some(name)) else {
                return if self.is_sign_at(1, "=") { Err(self.no_setting()) } else { Ok(changes) };
            };
            if is_named(name) {
                return Err(self.error(format!("`{name}` only once")));
            }
            self.advance();
            self.sign("=")?;
            changes.push(parse(self)?);
        }
    }
}

/// The settings of a node at the beginning, as text.
pub(crate) fn write_node_settings(
    f: &mut fmt::Formatter<'_>,
    node: NodeId,
    changes: &[SettingChange],
) -> fmt::Result {
    write!(f, "node {node}")?;
    changes.iter().try_for_each(|change| write_change(f, *change))
}

/// A restart with other settings, as text.
pub(crate) fn write_reconfiguration(
    f: &mut fmt::Formatter<'_>,
    nodes: &Nodes,
    changes: &[SettingChange],
) -> fmt::Result {
    write!(f, "restart {nodes}")?;
    changes.iter().try_for_each(|change| write_change(f, *change))
}
