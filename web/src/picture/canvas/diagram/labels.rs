//! The words on a diagram: those that have room.

use std::collections::BTreeSet;

use raft_lab::{EventNumber, FateView, ItemShape, LaneId, PointTopic, ShownItem};
use web_sys::CanvasRenderingContext2d;

use super::{Ink, Inks, PALE, arrow_style};
use crate::picture::{Mark, Point, Sheet};

/// The width of a character, on average.
const CHARACTER: f64 = 5.9;
/// The height of a line.
const LINE: f64 = 13.0;
/// Points on a lane that are nearer to each other share a label.
const NEAR: f64 = 11.0;
/// Labels have at least so much room, or there are none.
const LEAST_ROOM: f64 = 48.0;

/// Labels, in the order in which they get room.
pub(super) struct Labels<'a> {
    sheet: &'a Sheet,
    labels: Vec<Label>,
    /// What is taken of each line, from the left to the right.
    taken: Vec<Vec<(f64, f64)>>,
}

struct Label {
    text: String,
    /// Its left end, and its base line.
    place: Point,
    ink: Ink,
    is_lit: bool,
}

/// Points that are near to each other on a lane.
struct Group<'a> {
    lane: LaneId,
    place: Point,
    first: (&'a ShownItem, PointTopic),
    count: usize,
}

impl<'a> Labels<'a> {
    pub(super) fn new(sheet: &'a Sheet) -> Self {
        let lines = (sheet.height / LINE) as usize + 2;
        Self { sheet, labels: Vec::new(), taken: vec![Vec::new(); lines] }
    }

    /// Chooses the labels of items: faults first, then operations, points and arrows.
    pub(super) fn collect(
        &mut self,
        marks: &[(&ShownItem, Mark)],
        contradicting: &BTreeSet<EventNumber>,
    ) {
        for (shown, mark) in marks {
            if let Mark::Line { y, left, .. } = *mark {
                let place = Point::new(left + 4.0, y - 4.0);
                self.add(shown, &shown.item.label, place, (self.sheet.width, Ink::Text2));
            }
        }
        for (shown, mark) in marks {
            if let (Mark::Bar { x, top, .. }, ItemShape::Operation { lane }) =
                (*mark, &shown.item.shape)
            {
                let is_marked = contradicting.contains(&shown.item.event);
                let (ink, sign) =
                    if is_marked { (Ink::Violation, "✕ ") } else { (Ink::Client, "") };
                // A bar that began above the window has its words at the upper edge.
                let place = Point::new(x + 10.0, top.max(0.0) + 10.0);
                let text = format!("{sign}{}", shown.item.label);
                self.add(shown, &text, place, (self.room(*lane) - 12.0, ink));
            }
        }
        self.points(marks);
        for (shown, mark) in marks {
            self.arrow(shown, *mark);
        }
    }

    fn points(&mut self, marks: &[(&ShownItem, Mark)]) {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (shown, mark) in marks {
            let (Mark::Dot(place), ItemShape::Point { lane, topic }) = (*mark, &shown.item.shape)
            else {
                continue;
            };
            let near = |group: &&mut Group<'_>| {
                group.lane == *lane && (place.y - group.place.y).abs() < NEAR
            };
            match groups.iter_mut().rev().take(40).find(near) {
                Some(group) => {
                    group.count += 1;
                    if rank(*topic) < rank(group.first.1) {
                        group.first = (shown, *topic);
                    }
                }
                None => groups.push(Group { lane: *lane, place, first: (shown, *topic), count: 1 }),
            }
        }
        groups.sort_by_key(|group| rank(group.first.1));
        for Group { lane, place, first: (shown, _), count } in groups {
            let more = if count > 1 { format!(" +{}", count - 1) } else { String::new() };
            let room = self.room(lane) - 16.0 - more.chars().count() as f64 * CHARACTER;
            let text = format!("{}{more}", shortened(&shown.item.label, room));
            self.add(
                shown,
                &text,
                Point::new(place.x + 11.0, place.y + 4.0),
                (f64::MAX, Ink::Text),
            );
        }
    }

    fn arrow(&mut self, shown: &ShownItem, mark: Mark) {
        let Mark::Arrow { from, to, .. } = mark else { return };
        let (ink, _) = arrow_style(&shown.item.shape);
        let lost = match &shown.item.shape {
            ItemShape::Message { fate, .. } | ItemShape::Exchange { fate, .. } => match fate {
                FateView::Lost(reason) => Some(reason),
                FateView::UnderWay | FateView::Held | FateView::Arrived => None,
            },
            ItemShape::Write { .. }
            | ItemShape::Operation { .. }
            | ItemShape::Point { .. }
            | ItemShape::Fault { .. } => None,
        };
        if let Some(reason) = lost {
            let text = format!("{}: {reason}", shown.item.label);
            return self.add(shown, &text, Point::new(to.x + 8.0, to.y + 4.0), (150.0, Ink::Text2));
        }
        let width = (to.x - from.x).abs();
        let text_width = shown.item.label.chars().count() as f64 * CHARACTER;
        if text_width + 24.0 > width {
            return;
        }
        // Above the middle of the arrow, a little nearer to its end.
        let (x, y) = (from.x + (to.x - from.x) * 0.56, from.y + (to.y - from.y) * 0.56);
        let place = Point::new(x - text_width / 2.0, y - 5.0);
        self.add(shown, &shown.item.label, place, (f64::MAX, ink));
    }

    /// The room to the right of a lane.
    fn room(&self, lane: LaneId) -> f64 {
        self.sheet.lane(lane).map_or(0.0, |lane| lane.room)
    }

    /// Adds a label if there is room for it.
    fn add(&mut self, shown: &ShownItem, text: &str, place: Point, (room, ink): (f64, Ink)) {
        let text = shortened(text, room);
        if text.is_empty() || place.y < 8.0 || place.y > self.sheet.height + LINE {
            return;
        }
        let right = place.x + text.chars().count() as f64 * CHARACTER;
        let lines = [place.y - 9.0, place.y].map(|y| (y.max(0.0) / LINE) as usize);
        let is_taken = |line: usize| {
            let taken = self.taken.get(line).map_or(&[][..], Vec::as_slice);
            taken.iter().any(|(from, to)| *from < right && place.x < *to)
        };
        if is_taken(lines[0]) || is_taken(lines[1]) {
            return;
        }
        for line in BTreeSet::from(lines) {
            if let Some(taken) = self.taken.get_mut(line) {
                taken.push((place.x - 4.0, right + 4.0));
            }
        }
        self.labels.push(Label { text, place, ink, is_lit: shown.is_lit });
    }

    pub(super) fn write(&self, context: &CanvasRenderingContext2d, inks: &Inks) {
        context.set_text_align("left");
        context.set_line_width(3.0);
        context.set_line_join("round");
        context.set_stroke_style_str(inks.of(Ink::Surface));
        for Label { text, place, ink, is_lit } in &self.labels {
            context.set_global_alpha(if *is_lit { 1.0 } else { PALE });
            context.set_fill_style_str(inks.of(*ink));
            // Finite places are always accepted.
            let _ = context.stroke_text(text, place.x, place.y);
            let _ = context.fill_text(text, place.x, place.y);
        }
    }
}

/// The order in which points get the label of their group.
fn rank(topic: PointTopic) -> u8 {
    match topic {
        PointTopic::Election => 0,
        PointTopic::Process => 1,
        PointTopic::Membership => 2,
        PointTopic::Snapshot => 3,
        PointTopic::Transfer => 4,
        PointTopic::Commit => 5,
        PointTopic::Vote => 6,
        PointTopic::Term => 7,
        PointTopic::Log => 8,
        PointTopic::Disk => 9,
        PointTopic::Read => 10,
        PointTopic::Client => 11,
        PointTopic::Apply => 12,
        PointTopic::Ignored => 13,
        PointTopic::Timer => 14,
    }
}

/// As much of a text as has room; nothing if that says nothing.
fn shortened(text: &str, room: f64) -> String {
    let most = (room / CHARACTER).max(0.0) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    if room < LEAST_ROOM {
        return String::new();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}
