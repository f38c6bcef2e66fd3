//! The ends of the logs as a table of text.

use std::fmt;
use std::rc::Rc;

use raft_core::{LogIndex, LogPosition, NodeId, Speaker};
use raft_sim::{Mention, NodeState, Words, words};

use crate::view::{LogView, View};

/// The most columns: the last indexes.
const COLUMNS: u64 = 8;
/// The longest text of an entry, in characters.
const LONGEST: usize = 16;

/// What the marks mean.
const LEGEND: &str =
    "term and content of each entry; ✓ its node knows it is committed, ~ not on its disk yet";

/// A cell: a text, and the entry that it names.
struct Cell {
    text: String,
    entry: Option<LogPosition>,
}

/// The last entries of the logs of these nodes, or of all if none is named: a line for each node.
pub(super) fn lines(view: &View, only: &[NodeId]) -> Result<Vec<Words>, String> {
    if let Some(missing) = only.iter().find(|node| view.node(**node).is_none()) {
        return Err(format!("there is no node {missing}"));
    }
    let is_wanted = |log: &&Rc<LogView>| only.is_empty() || only.contains(&log.node);
    let logs: Vec<&Rc<LogView>> = view.logs.nodes.iter().filter(is_wanted).collect();
    let last = logs.iter().map(|log| log.last.index).max().unwrap_or_default();
    let first = last.0.saturating_sub(COLUMNS - 1).max(view.logs.first.0).max(1);
    let heads = logs.iter().map(|log| head(view, log.node));
    let heads: Vec<String> = std::iter::once("index".to_owned()).chain(heads).collect();
    let mut columns = Vec::new();
    for index in (first..=last.0).map(LogIndex) {
        let number = Cell { text: index.to_string(), entry: None };
        let cells = logs.iter().map(|log| cell(log, index));
        columns.push(std::iter::once(number).chain(cells).collect::<Vec<Cell>>());
    }
    let width = heads.iter().map(|head| head.chars().count()).max().unwrap_or(0);
    let mut lines: Vec<Words> = heads
        .iter()
        .enumerate()
        .map(|(row, head)| {
            let node = row.checked_sub(1).and_then(|row| logs.get(row)).map(|log| log.node);
            Words::told(|out| say_row(out, (node, head, width), &columns, row))
        })
        .collect();
    for log in &logs {
        if let Some(damage) = &log.damage {
            lines.push(words! { log.node, ": its disk cannot be read: {damage}" });
        }
    }
    lines.push(LEGEND.into());
    Ok(lines)
}

/// `node 3 leader`, `node 4 down`
fn head(view: &View, id: NodeId) -> String {
    let node = view.node(id).map(|node| (node.state, &node.core));
    match node {
        Some((NodeState::Running, Some(core))) => format!("node {id} {}", core.role),
        Some((state, _)) => format!("node {id} {state}"),
        None => format!("node {id}"),
    }
}

fn cell(log: &LogView, index: LogIndex) -> Cell {
    let Some(entry) = log.entry(index) else {
        let text = if index <= log.snapshot.index { "snapshot" } else { "" };
        return Cell { text: text.to_owned(), entry: None };
    };
    let mut words: String = entry.words.chars().take(LONGEST).collect();
    if words.len() < entry.words.len() {
        words.push('…');
    }
    let committed = if index <= log.commit_index { " ✓" } else { "" };
    let unstored = if index > log.durable_index { " ~" } else { "" };
    Cell {
        text: format!("{} {words}{committed}{unstored}", entry.term),
        entry: Some(LogPosition::new(index, entry.term)),
    }
}

fn say_row(
    out: &mut dyn Speaker<Mention>,
    (node, head, width): (Option<NodeId>, &str, usize),
    columns: &[Vec<Cell>],
    row: usize,
) -> fmt::Result {
    match node {
        Some(node) => out.name(Mention::Node(node), format_args!("{head}"))?,
        None => out.plain(format_args!("{head}"))?,
    }
    let mut gap = width - head.chars().count();
    for column in columns {
        let widths = column.iter().map(|cell| cell.text.chars().count());
        let width = widths.max().unwrap_or(0);
        let Cell { text, entry } = &column[row];
        gap += 2;
        if text.is_empty() {
            gap += width;
            continue;
        }
        out.plain(format_args!("{:gap$}", ""))?;
        match entry {
            Some(position) => out.name(Mention::Entry(*position), format_args!("{text}"))?,
            None => out.plain(format_args!("{text}"))?,
        }
        gap = width - text.chars().count();
    }
    Ok(())
}
