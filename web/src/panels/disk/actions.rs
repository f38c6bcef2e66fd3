//! The faults of a disk, as lines of the command language.

use raft_lab::{DiskDetails, NodeState, NodeView};

/// One thing that a person can do to a disk.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct DiskAction {
    /// Its name in `data-testid`: `stall`.
    pub(super) name: &'static str,
    /// The button's label.
    pub(super) label: &'static str,
    /// The statement.
    pub(super) line: String,
    /// Why the statement cannot succeed now; `None` if it can.
    pub(super) refusal: Option<String>,
}

/// A record that is to be stored under the key of another one.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Misdirection {
    pub(super) record: String,
    /// The other records.
    pub(super) targets: Vec<String>,
    /// The one that is meant; `None` if there is no other record.
    pub(super) to: Option<String>,
}

impl Misdirection {
    /// The target that somebody chose, or else the next record.
    pub(super) fn of(record: &str, names: &[&str], chosen: Option<&str>) -> Self {
        let others = names.iter().filter(|name| **name != record);
        let targets: Vec<String> = others.map(|name| (*name).to_owned()).collect();
        let place = names.iter().position(|name| *name == record).unwrap_or(0);
        let next = targets.get(place).or(targets.first()).cloned();
        let chosen = targets.iter().find(|name| Some(name.as_str()) == chosen).cloned();
        Self { record: record.to_owned(), targets, to: chosen.or(next) }
    }
}

/// The faults of the disk as a whole: always the same ones, in the same order.
pub(super) fn on_disk(node: &NodeView, details: &DiskDetails) -> Vec<DiskAction> {
    let id = node.id;
    let is_down = matches!(node.state, NodeState::Crashed | NodeState::Refused);
    let (full, fails) = (node.disk.is_full, node.disk.fault.is_some());
    let action = |name, label, line: String, refusal: Option<&str>| {
        let refusal = refusal.map(str::to_owned);
        DiskAction { name, label, line, refusal }
    };
    let down = is_down.then_some("The node is down already");
    let up = (!is_down).then_some("The node must be down: crash it first");
    let is_writing = node.disk.unfinished_writes > 0;
    let no_write = (!is_writing).then_some("No write is under way: there is nothing to tear");
    let room = full.then_some("The disk is full: make room first");
    let empty = (named(details) == 0).then_some("The disk is empty");
    let no_backup = details.backup.is_none().then_some("There is no backup of this disk");
    vec![
        action("stall", "Stall 1 s", format!("disk {id} stall=1s"), None),
        match full {
            false => action("fill", "Fill", format!("disk {id} full=on"), None),
            true => action("fill", "Make room", format!("disk {id} full=off"), None),
        },
        match fails {
            false => action("fail", "Fail a flush", format!("disk {id} fsync=fail"), None),
            true => action("fail", "Mend flushes", format!("disk {id} fsync=ok"), None),
        },
        action("lose", "Crash, lose writes", format!("crash {id} lose"), down),
        action("tear", "Crash, tear a write", format!("crash {id} tear"), down.or(no_write)),
        action("restart", "Restart", format!("restart {id}"), up.or(room)),
        action("backup", "Back up", format!("disk {id} backup"), None),
        action("restore", "Restore backup", format!("disk {id} restore"), no_backup.or(up)),
        action("wipe", "Wipe", format!("disk {id} wipe"), up.or(empty)),
    ]
}

/// The number of records that a statement can name. The note of a wiped disk is none of them.
fn named(details: &DiskDetails) -> usize {
    details.rows.iter().filter(|row| row.name.is_some()).count()
}

/// The damage to a record; without one, the seed chooses the records.
pub(super) fn on_record(
    details: &DiskDetails,
    misdirection: Option<&Misdirection>,
) -> Vec<DiskAction> {
    let id = details.node;
    let named = named(details);
    let empty = (named == 0).then(|| "The disk is empty".to_owned());
    let alone = (named < 2).then(|| "There is no other record".to_owned());
    let record = misdirection.map_or(String::new(), |it| format!(" {}", it.record));
    let to = misdirection.and_then(|it| it.to.as_ref()).map(|to| format!("{record} to {to}"));
    vec![
        DiskAction {
            name: "corrupt",
            label: "Corrupt",
            line: format!("disk {id} corrupt{record}"),
            refusal: empty.clone(),
        },
        DiskAction {
            name: "zero",
            label: "Zero",
            line: format!("disk {id} zero{record}"),
            refusal: empty.clone(),
        },
        DiskAction {
            name: "misdirect",
            label: "Misdirect",
            line: format!("disk {id} misdirect{}", to.unwrap_or_default()),
            refusal: empty.or(alone),
        },
    ]
}

#[cfg(test)]
mod tests;
