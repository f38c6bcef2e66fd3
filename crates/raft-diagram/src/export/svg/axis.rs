//! The time axis: the height of each event.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use raft_core::Instant;
use raft_sim::EventNumber;

use super::HEAD;
use crate::export::Picture;
use crate::export::rows::wrapped;
use crate::item::{Item, ItemKind};

/// The room of the start of an arrow, of what has a label, and of a line across lanes.
const START: usize = 5;
const LABEL: usize = 16;
const ACROSS: usize = 26;
/// A line of a sentence across all lanes.
pub(super) const LINE: usize = 16;
/// The most characters of such a line.
pub(super) const LINE_CHARACTERS: usize = 96;
/// Waits are drawn as one unit for so many microseconds, and at most so many units.
const WAIT: u64 = 400;
const LONGEST_WAIT: u64 = 30;

/// The heights of the events that are drawn.
pub(super) struct Axis {
    heights: BTreeMap<EventNumber, (usize, Instant)>,
    bottom: usize,
}

impl Axis {
    pub(super) fn of(picture: &Picture<'_>) -> Self {
        let mut rooms: BTreeMap<EventNumber, (usize, Instant)> = BTreeMap::new();
        let mut needs = |event: EventNumber, at: Instant, room: usize| {
            let (most, _) = rooms.entry(event).or_insert((0, at));
            *most = (*most).max(room);
        };
        for item in &picture.items {
            let (starts, ends) = rooms_of(item);
            if picture.starts_inside(item) {
                needs(item.began.event, item.began.at, starts);
            }
            if let Some(end) = picture.end_inside(item) {
                needs(end.event, end.at, ends);
            }
        }
        let sentences = picture.verdict_line().into_iter();
        let ending = picture.ending.map(|(at, words)| (*at, words));
        for (at, words) in sentences.chain(ending) {
            let lines = wrapped(&words.to_string(), LINE_CHARACTERS).len() + 2;
            let before = rooms.get(&at.event).map_or(0, |(room, _)| *room);
            rooms.insert(at.event, (before + lines * LINE, at.at));
        }
        Self::with_rooms(rooms)
    }

    fn with_rooms(rooms: BTreeMap<EventNumber, (usize, Instant)>) -> Self {
        let (mut heights, mut y) = (BTreeMap::new(), HEAD + LABEL);
        let mut before: Option<Instant> = None;
        for (event, (room, at)) in rooms {
            let waited = before.map_or(0, |before| (at.0 - before.0) / WAIT);
            y += usize::try_from(waited.min(LONGEST_WAIT)).unwrap_or_default();
            heights.insert(event, (y, at));
            y += room;
            before = Some(at);
        }
        Self { heights, bottom: y + LABEL }
    }

    /// The height of an event; of one that is not drawn, that of the last one before.
    pub(super) fn y(&self, event: EventNumber) -> usize {
        self.heights.range(..=event).next_back().map_or(HEAD, |(_, (y, _))| *y)
    }

    pub(super) fn bottom(&self) -> usize {
        self.bottom
    }

    /// The time of each height at which it changed, where there is room.
    pub(super) fn write_times(&self, out: &mut String, width: usize) {
        let (mut before, mut next) = (None, 0);
        for (y, at) in self.heights.values() {
            if before == Some(*at) || *y < next {
                continue;
            }
            let baseline = y + 4;
            let _ = writeln!(
                out,
                "<line class=\"tick\" x1=\"84\" y1=\"{y}\" x2=\"{width}\" y2=\"{y}\"/>\
                 <text class=\"time\" x=\"80\" y=\"{baseline}\">{at}</text>"
            );
            (before, next) = (Some(*at), y + 14);
        }
    }
}

/// The room at the start and at the end of an item.
fn rooms_of(item: &Item) -> (usize, usize) {
    match item.kind {
        ItemKind::Message(_) | ItemKind::Exchange(_) => (START, LABEL),
        ItemKind::Write(_) => (START, START),
        ItemKind::Operation(_) | ItemKind::Point(_) => (LABEL, LABEL),
        ItemKind::Fault(_) => (ACROSS, ACROSS),
    }
}
