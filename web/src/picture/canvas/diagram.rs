//! The sequence diagram on a canvas, drawn from its view alone.
//!
//! A browser fills a path of many lines as one area, which takes several times as long as the lines
//! one by one; and it divides into dashes what is outside of the canvas, too.

mod labels;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use raft_lab::{
    DiagramView, EventNumber, Instant, ItemShape, LaneView, PointTopic, RoleKind, ShownItem,
    VerdictView, WriteResult,
};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use self::labels::Labels;
use super::inks::{Ink, Inks};
use super::prepare;
use crate::picture::{ArrowEnd, LaneChoice, LanePlace, Mark, MessageStyle, Point, Sheet, ticks};

/// The opacity of what is not lit.
const PALE: f64 = 0.28;
/// The length of an arrow's head.
const HEAD: f64 = 7.0;
/// The room above and below the canvas in which something may be drawn.
const MARGIN: f64 = 12.0;
/// Of more items, the arrows are thin: a browser draws these four times as fast.
const CROWD: usize = 80;
/// The distance between two times on the axis, at least.
const TICK_GAP: f64 = 56.0;

/// Draws one canvas.
pub(crate) struct DiagramPainter {
    context: CanvasRenderingContext2d,
    size: (f64, f64),
    lanes: Vec<LaneChoice>,
    inks: Inks,
}

/// The items of a view that look alike.
type Strokes = BTreeMap<(bool, Ink, bool), Vec<(Point, Point)>>;

impl DiagramPainter {
    /// For a window of this size; `None` when the browser gives no context.
    pub(crate) fn new(
        canvas: &HtmlCanvasElement,
        size: (f64, f64),
        lanes: &[LaneChoice],
    ) -> Option<Self> {
        let scale = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).max(1.0);
        // The width does not depend on the times.
        let sheet = Sheet::new(size, Instant(0)..Instant(1), lanes);
        Some(Self {
            context: prepare(canvas, (sheet.width, sheet.height), scale)?,
            size,
            lanes: lanes.to_vec(),
            inks: Inks::read(canvas),
        })
    }

    pub(crate) fn paint(&self, view: &DiagramView) {
        let sheet = Sheet::new(self.size, view.from..view.until, &self.lanes);
        self.context.clear_rect(0.0, 0.0, sheet.width, sheet.height);
        self.context.set_font(&self.inks.font);
        let contradicting = contradicting(view);
        let mut labels = Labels::new(&sheet);
        self.axis(&sheet);
        for place in sheet.lanes() {
            if let Some(lane) = view.lanes.iter().find(|lane| lane.id == place.id) {
                self.lane(&sheet, place, lane, view);
            }
        }
        let marks: Vec<(&ShownItem, Mark)> = view
            .items
            .iter()
            .filter_map(|shown| Some((shown, sheet.mark(&shown.item, view.end)?)))
            .collect();
        self.bars(&marks, &contradicting);
        self.arrows(&marks);
        self.dots(&marks);
        self.lines(&marks);
        labels.collect(&marks, &contradicting);
        labels.write(&self.context, &self.inks);
        self.about(&marks, view);
        self.cursor(&sheet, view);
        self.context.set_global_alpha(1.0);
    }

    fn ink(&self, ink: Ink, is_lit: bool) {
        self.context.set_stroke_style_str(self.inks.of(ink));
        self.context.set_fill_style_str(self.inks.of(ink));
        self.context.set_global_alpha(if is_lit { 1.0 } else { PALE });
    }

    fn dash(&self, pattern: &[f64]) {
        let pattern: js_sys::Array =
            pattern.iter().copied().map(wasm_bindgen::JsValue::from).collect();
        // A list of numbers is always accepted.
        let _ = self.context.set_line_dash(&pattern);
    }

    fn segments(&self, segments: impl Iterator<Item = (Point, Point)>) {
        for (from, to) in segments.filter_map(|(from, to)| self.clipped(from, to)) {
            self.context.begin_path();
            self.context.move_to(from.x, from.y);
            self.context.line_to(to.x, to.y);
            self.context.stroke();
        }
    }

    /// The part of a line that is on the canvas, or a little above or below it.
    fn clipped(&self, from: Point, to: Point) -> Option<(Point, Point)> {
        clipped(from, to, -MARGIN..self.size.1 + MARGIN)
    }

    fn axis(&self, sheet: &Sheet) {
        let most = ((sheet.height / TICK_GAP) as u64).max(1);
        let ticks = ticks(sheet.times(), most);
        self.ink(Ink::Line, true);
        self.context.set_line_width(1.0);
        let left = sheet.lanes().first().map_or(0.0, |lane| lane.x);
        self.segments(ticks.iter().map(|(at, _)| {
            let y = sheet.y(*at).round() + 0.5;
            (Point::new(left - 8.0, y), Point::new(sheet.width, y))
        }));
        self.ink(Ink::Text3, true);
        self.context.set_text_align("left");
        for (at, name) in ticks {
            // Finite places are always accepted.
            let _ = self.context.fill_text(&name, 4.0, sheet.y(at) + 4.0);
        }
    }

    /// The line of a lane, and its edge: the colour is the term, the width is the role.
    fn lane(&self, sheet: &Sheet, place: &LanePlace, lane: &LaneView, view: &DiagramView) {
        let top = sheet.y(lane.since).max(0.0);
        let bottom = sheet.y(view.end).min(sheet.height);
        if bottom <= top {
            return;
        }
        self.ink(Ink::LineStrong, true);
        self.context.set_line_width(1.0);
        self.segments(std::iter::once((Point::new(place.x, top), Point::new(place.x, bottom))));
        for (number, stretch) in lane.stretches.iter().enumerate() {
            let next = lane.stretches.get(number + 1).map(|next| sheet.y(next.since));
            let top = sheet.y(stretch.since).max(0.0);
            let bottom = next.unwrap_or(bottom).min(bottom);
            let height = bottom - top;
            let Some(role) = stretch.role else {
                self.down(place.x, (top, bottom));
                continue;
            };
            let width = match role {
                RoleKind::Leader => 11.0,
                RoleKind::Candidate | RoleKind::PreCandidate => 8.0,
                RoleKind::Follower => 5.0,
            };
            let (fill, edge) = self.inks.of_term(stretch.term);
            self.context.set_global_alpha(if stretch.is_paused { 0.4 } else { 1.0 });
            self.context.set_fill_style_str(fill);
            self.context.set_stroke_style_str(match role {
                RoleKind::Leader => self.inks.of(Ink::Leader),
                RoleKind::Candidate | RoleKind::PreCandidate => self.inks.of(Ink::Vote),
                RoleKind::Follower => edge,
            });
            let left = place.x - width / 2.0;
            self.context.fill_rect(left, top, width, height);
            self.context.stroke_rect(left, top - 1.0, width, height + 1.0);
        }
    }

    /// A node that is down has a lane of dashes.
    fn down(&self, x: f64, (top, bottom): (f64, f64)) {
        self.ink(Ink::Surface, true);
        self.context.fill_rect(x - 3.0, top, 6.0, bottom - top);
        self.ink(Ink::Text3, true);
        self.dash(&[2.0, 4.0]);
        self.segments(std::iter::once((Point::new(x, top), Point::new(x, bottom))));
        self.dash(&[]);
    }

    fn bars(&self, marks: &[(&ShownItem, Mark)], contradicting: &BTreeSet<EventNumber>) {
        for (shown, mark) in marks {
            let Mark::Bar { x, top, bottom, is_open } = *mark else { continue };
            let height = bottom - top;
            match &shown.item.shape {
                ItemShape::Write { result, .. } => {
                    self.ink(Ink::Surface, shown.is_lit);
                    self.context.fill_rect(x - 4.0, top, 8.0, height);
                    let ink = match result {
                        WriteResult::Durable | WriteResult::UnderWay => Ink::Good,
                        WriteResult::Failed | WriteResult::Torn | WriteResult::Lost => Ink::Notice,
                    };
                    self.ink(ink, shown.is_lit);
                    self.context.set_line_width(1.5);
                    self.dash(if is_open { &[3.0, 2.0] } else { &[] });
                    self.context.stroke_rect(x - 4.0, top, 8.0, height);
                    self.dash(&[]);
                }
                ItemShape::Operation { .. } => {
                    let is_marked = contradicting.contains(&shown.item.event);
                    self.ink(if is_marked { Ink::Violation } else { Ink::Client }, shown.is_lit);
                    self.context.set_line_width(1.5);
                    if is_open {
                        self.dash(&[4.0, 3.0]);
                        self.context.stroke_rect(x - 5.0, top, 10.0, height);
                        self.dash(&[]);
                    } else {
                        self.context.fill_rect(x - 6.0, top, 12.0, height);
                    }
                }
                ItemShape::Message { .. }
                | ItemShape::Exchange { .. }
                | ItemShape::Point { .. }
                | ItemShape::Fault { .. } => {}
            }
        }
    }

    fn arrows(&self, marks: &[(&ShownItem, Mark)]) {
        let (mut shafts, mut crosses) = (Strokes::new(), Strokes::new());
        let mut heads: BTreeMap<(bool, Ink), Vec<(Point, Point)>> = BTreeMap::new();
        for (shown, mark) in marks {
            let Mark::Arrow { from, to, end } = *mark else { continue };
            let (ink, is_reply) = arrow_style(&shown.item.shape);
            shafts.entry((shown.is_lit, ink, is_reply)).or_default().push((from, to));
            let cross = |dx: f64, dy: f64| {
                (Point::new(to.x - dx, to.y - dy), Point::new(to.x + dx, to.y + dy))
            };
            let signs = crosses.entry((shown.is_lit, Ink::Text, false));
            match end {
                ArrowEnd::Arrived => heads.entry((shown.is_lit, ink)).or_default().push((from, to)),
                ArrowEnd::Lost => signs.or_default().extend([cross(4.0, 4.0), cross(4.0, -4.0)]),
                ArrowEnd::Held => {
                    let bar = |x: f64| (Point::new(x, to.y - 4.0), Point::new(x, to.y + 4.0));
                    signs.or_default().extend([bar(to.x - 2.0), bar(to.x + 2.0)]);
                }
                ArrowEnd::UnderWay => {}
            }
        }
        self.context.set_line_width(if marks.len() > CROWD { 1.0 } else { 1.4 });
        for ((is_lit, ink, is_reply), segments) in shafts {
            self.ink(ink, is_lit);
            self.dash(if is_reply { &[5.0, 3.0] } else { &[] });
            self.segments(segments.into_iter());
        }
        self.dash(&[]);
        for ((is_lit, ink, _), segments) in crosses {
            self.ink(ink, is_lit);
            self.segments(segments.into_iter());
        }
        for ((is_lit, ink), arrows) in heads {
            self.ink(ink, is_lit);
            self.context.begin_path();
            let is_seen = |to: &Point| (-MARGIN..self.size.1 + MARGIN).contains(&to.y);
            for (from, to) in arrows.into_iter().filter(|(_, to)| is_seen(to)) {
                self.head(from, to);
            }
            self.context.fill();
        }
    }

    fn head(&self, from: Point, to: Point) {
        let length = from.distance(to).max(1.0);
        let (dx, dy) = ((to.x - from.x) / length, (to.y - from.y) / length);
        let (x, y) = (to.x - dx * HEAD, to.y - dy * HEAD);
        self.context.move_to(to.x, to.y);
        self.context.line_to(x - dy * HEAD / 2.4, y + dx * HEAD / 2.4);
        self.context.line_to(x + dy * HEAD / 2.4, y - dx * HEAD / 2.4);
        self.context.close_path();
    }

    fn dots(&self, marks: &[(&ShownItem, Mark)]) {
        let mut dots: BTreeMap<(bool, Ink), Vec<Point>> = BTreeMap::new();
        let mut commits: BTreeMap<bool, Vec<(Point, Point)>> = BTreeMap::new();
        for (shown, mark) in marks {
            let (Mark::Dot(place), ItemShape::Point { topic, .. }) = (*mark, &shown.item.shape)
            else {
                continue;
            };
            if *topic == PointTopic::Commit {
                let side = |dx: f64| Point::new(place.x + dx, place.y);
                commits.entry(shown.is_lit).or_default().push((side(-9.0), side(9.0)));
            } else {
                let key = (shown.is_lit, Ink::of_topic(*topic));
                dots.entry(key).or_default().push(place);
            }
        }
        for ((is_lit, ink), places) in dots {
            self.ink(ink, is_lit);
            self.context.begin_path();
            for Point { x, y } in places {
                self.context.move_to(x + 4.0, y);
                // A radius that is not negative is always accepted.
                let _ = self.context.arc(x, y, 4.0, 0.0, std::f64::consts::TAU);
            }
            self.context.fill();
        }
        self.context.set_line_width(3.0);
        for (is_lit, ticks) in commits {
            self.ink(Ink::Text, is_lit);
            self.segments(ticks.into_iter());
        }
    }

    fn lines(&self, marks: &[(&ShownItem, Mark)]) {
        for (shown, mark) in marks {
            let (Mark::Line { y, left, right }, ItemShape::Fault { is_end, .. }) =
                (*mark, &shown.item.shape)
            else {
                continue;
            };
            self.ink(if *is_end { Ink::Good } else { Ink::Text2 }, shown.is_lit);
            self.context.set_line_width(2.0);
            self.dash(if *is_end { &[8.0, 4.0] } else { &[2.0, 4.0] });
            self.segments(std::iter::once((Point::new(left, y), Point::new(right, y))));
            self.dash(&[]);
        }
    }

    /// A ring, or a thicker line, around the item that is told in full.
    fn about(&self, marks: &[(&ShownItem, Mark)], view: &DiagramView) {
        let Some(about) = &view.about else { return };
        let Some((_, mark)) = marks.iter().find(|(shown, _)| shown.item.event == about.event)
        else {
            return;
        };
        self.ink(Ink::Accent, true);
        self.context.set_line_width(2.0);
        match *mark {
            Mark::Dot(Point { x, y }) => {
                self.context.begin_path();
                // A radius that is not negative is always accepted.
                let _ = self.context.arc(x, y, 8.0, 0.0, std::f64::consts::TAU);
                self.context.stroke();
            }
            Mark::Arrow { from, to, .. } => {
                self.context.set_global_alpha(0.35);
                self.context.set_line_width(8.0);
                self.segments(std::iter::once((from, to)));
            }
            Mark::Bar { x, top, bottom, .. } => {
                self.context.stroke_rect(x - 9.0, top - 3.0, 18.0, bottom - top + 6.0);
            }
            Mark::Line { y, left, right } => {
                self.context.stroke_rect(left - 4.0, y - 5.0, right - left + 8.0, 10.0);
            }
        }
    }

    /// The moment that is shown, and a veil over what came later.
    fn cursor(&self, sheet: &Sheet, view: &DiagramView) {
        let y = sheet.y(view.cursor);
        if view.cursor < view.end {
            self.context.set_fill_style_str(self.inks.of(Ink::Surface));
            self.context.set_global_alpha(0.55);
            self.context.fill_rect(0.0, y, sheet.width, (sheet.height - y).max(0.0));
        }
        let is_live = view.cursor == view.end;
        self.ink(if is_live { Ink::Good } else { Ink::Accent }, true);
        self.context.set_line_width(if is_live { 1.0 } else { 2.0 });
        self.segments(std::iter::once((Point::new(0.0, y), Point::new(sheet.width, y))));
    }
}

/// The part of a line between two heights.
fn clipped(from: Point, to: Point, heights: Range<f64>) -> Option<(Point, Point)> {
    if from.y.max(to.y) < heights.start || from.y.min(to.y) > heights.end {
        return None;
    }
    let height = to.y - from.y;
    let at = |point: Point| match point.y.clamp(heights.start, heights.end) {
        y if y == point.y => point,
        y => Point::new(from.x + (to.x - from.x) * (y - from.y) / height, y),
    };
    Some((at(from), at(to)))
}

/// The operations that contradict each other, by the events that invoked them.
fn contradicting(view: &DiagramView) -> BTreeSet<EventNumber> {
    match view.verdict.as_deref() {
        Some(VerdictView::Contradiction { operations, .. }) => operations.iter().copied().collect(),
        Some(VerdictView::Linearizable | VerdictView::Unknown(_)) | None => BTreeSet::new(),
    }
}

/// The colour of an arrow, and whether it is an answer.
fn arrow_style(shape: &ItemShape) -> (Ink, bool) {
    match shape {
        ItemShape::Message { look, .. } => (Ink::of_look(*look), !look.is_filled()),
        ItemShape::Exchange { .. }
        | ItemShape::Write { .. }
        | ItemShape::Operation { .. }
        | ItemShape::Point { .. }
        | ItemShape::Fault { .. } => (Ink::Client, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_drawn_where_they_are_seen() {
        let line = |from: (f64, f64), to: (f64, f64)| {
            let found = clipped(Point::new(from.0, from.1), Point::new(to.0, to.1), 0.0..100.0);
            found.map(|(from, to)| ((from.x, from.y), (to.x, to.y)))
        };
        assert_eq!(line((0.0, 10.0), (40.0, 90.0)), Some(((0.0, 10.0), (40.0, 90.0))));
        assert_eq!(line((0.0, -100.0), (40.0, 100.0)), Some(((20.0, 0.0), (40.0, 100.0))));
        assert_eq!(line((40.0, 300.0), (0.0, -100.0)), Some(((20.0, 100.0), (10.0, 0.0))));
        assert_eq!(line((0.0, -50.0), (40.0, -10.0)), None);
        assert_eq!(line((0.0, 150.0), (40.0, 150.0)), None);
        assert_eq!(line((0.0, 50.0), (40.0, 50.0)), Some(((0.0, 50.0), (40.0, 50.0))));
    }
}
