//! A picture as rows in the order of time, for the formats that are made of lines.

use raft_core::Instant;
use raft_sim::{EventNumber, Words};

use super::Picture;
use crate::item::{
    ClientArrow, ClientOperation, DiskWrite, Fate, FaultLine, Item, ItemKind, LanePoint,
    MessageArrow,
};
use crate::label::message_label;
use crate::lane::{AxisPoint, LaneId};

/// A row.
pub(super) struct Row {
    pub(super) at: Instant,
    /// The event, which gives the order of the rows.
    pub(super) event: EventNumber,
    pub(super) what: RowKind,
}

/// What a row shows. Lanes are their places in the picture.
pub(super) enum RowKind {
    /// A message, a request or a reply.
    Arrow { from: usize, to: usize, end: ArrowEnd, label: String },
    /// A point on a lane.
    Point { lane: usize, label: String },
    /// A write or an operation begins.
    Begins { lane: usize, label: String, is_write: bool },
    /// A write or an operation ends. It may have begun before the picture.
    Ends { lane: usize, label: String, began_inside: bool },
    /// A line across lanes, from the first to the last one.
    Across { first: usize, last: usize, label: String, is_alarming: bool },
}

/// The end of an arrow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ArrowEnd {
    Arrives,
    Lost,
    UnderWay,
}

/// The mark of an operation that contradicts others.
const CONTRADICTS: &str = "✗ ";

/// The rows, in order.
pub(super) fn rows(picture: &Picture<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = picture.items.iter().flat_map(|item| rows_of(picture, item)).collect();
    let last = picture.lanes.len() - 1;
    let mut alarm = |at: AxisPoint, label: String| {
        let what = RowKind::Across { first: 0, last, label, is_alarming: true };
        rows.push(Row { at: at.at, event: at.event, what });
    };
    if let Some((at, sentence)) = picture.verdict_line() {
        alarm(at, format!("not linearizable: {sentence}"));
    }
    if let Some((at, words)) = picture.ending {
        alarm(*at, words.to_string());
    }
    rows.sort_by_key(|row| (row.event, row.what.rank()));
    rows
}

impl RowKind {
    /// The order of rows with one event: an operation ends after its reply arrived.
    fn rank(&self) -> usize {
        match self {
            Self::Arrow { .. } => 0,
            Self::Point { .. } => 1,
            Self::Begins { .. } | Self::Ends { .. } => 2,
            Self::Across { .. } => 3,
        }
    }
}

fn rows_of(picture: &Picture<'_>, item: &Item) -> Vec<Row> {
    match &item.kind {
        ItemKind::Message(MessageArrow { from, to, message, fate, .. }) => {
            let lanes = (LaneId::Node(*from), LaneId::Node(*to));
            arrow(picture, item, lanes, message_label(message), *fate)
        }
        ItemKind::Exchange(exchange) => {
            let ClientArrow { client, node, is_reply, fate, .. } = exchange;
            let lanes = (LaneId::Client(*client), LaneId::Node(*node));
            let lanes = if *is_reply { (lanes.1, lanes.0) } else { lanes };
            arrow(picture, item, lanes, exchange.label(), *fate)
        }
        ItemKind::Write(DiskWrite { node, id, result, .. }) => {
            let begins = format!("write {} begins", id.0);
            let ends = format!("write {} {}", id.0, result.in_words());
            bar(picture, item, LaneId::Node(*node), (begins, ends))
        }
        ItemKind::Operation(operation) => {
            let ClientOperation { client, .. } = operation;
            let mark = if picture.contradicts(item) { CONTRADICTS } else { "" };
            let begins = format!("{mark}{}", Words::of(&operation.operation));
            let ends = format!("{mark}{}", operation.words());
            bar(picture, item, LaneId::Client(*client), (begins, ends))
        }
        ItemKind::Point(LanePoint { lane, what, .. }) => {
            let Some(lane) = picture.place(*lane) else { return Vec::new() };
            let label = Words::without_subject(what).to_string();
            one(item.began, RowKind::Point { lane, label })
        }
        ItemKind::Fault(FaultLine { nodes, what, .. }) => {
            let (first, last) = picture.across(nodes);
            let label = Words::of(what).to_string();
            one(item.began, RowKind::Across { first, last, label, is_alarming: false })
        }
    }
}

fn one(at: AxisPoint, what: RowKind) -> Vec<Row> {
    vec![Row { at: at.at, event: at.event, what }]
}

/// A row where the message arrives or is lost. One that is under way at the end of the picture has
/// its row where it was sent.
fn arrow(
    picture: &Picture<'_>,
    item: &Item,
    (from, to): (LaneId, LaneId),
    label: String,
    fate: Fate,
) -> Vec<Row> {
    let (Some(from), Some(to)) = (picture.place(from), picture.place(to)) else {
        return Vec::new();
    };
    let ended = picture.end_inside(item);
    let sent = item.began.at;
    let (at, end, label) = match (ended, fate) {
        (Some(at), Fate::Lost(reason)) => {
            (at, ArrowEnd::Lost, format!("{label}, sent {sent}, lost: {reason}"))
        }
        (Some(at), Fate::Arrived | Fate::Held | Fate::UnderWay) => {
            (at, ArrowEnd::Arrives, format!("{label}, sent {sent}"))
        }
        (None, Fate::Held) => (item.began, ArrowEnd::UnderWay, format!("{label}, held")),
        (None, Fate::UnderWay | Fate::Arrived | Fate::Lost(_)) => {
            (item.began, ArrowEnd::UnderWay, format!("{label}, under way"))
        }
    };
    // The row of what was sent before the picture and has not arrived is at the top.
    let at = if at.event < picture.range.0.event { picture.range.0 } else { at };
    one(at, RowKind::Arrow { from, to, end, label })
}

fn bar(
    picture: &Picture<'_>,
    item: &Item,
    lane: LaneId,
    (begins, ends): (String, String),
) -> Vec<Row> {
    let Some(lane) = picture.place(lane) else { return Vec::new() };
    let mut rows = Vec::new();
    let began_inside = picture.starts_inside(item);
    let is_write = matches!(item.kind, ItemKind::Write(_));
    if began_inside {
        rows.extend(one(item.began, RowKind::Begins { lane, label: begins, is_write }));
    }
    if let Some(at) = picture.end_inside(item) {
        rows.extend(one(at, RowKind::Ends { lane, label: ends, began_inside }));
    }
    rows
}

/// Splits a text at spaces into lines of about `width` characters.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}
