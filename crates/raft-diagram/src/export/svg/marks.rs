//! The items: bars, arrows, points and lines, each with its event.

use std::fmt::Write as _;

use raft_core::Body;
use raft_sim::Words;

use super::axis::{Axis, LINE, LINE_CHARACTERS};
use super::{HEAD, LEFT, escaped, lane_x, shortened};
use crate::export::Picture;
use crate::export::rows::wrapped;
use crate::item::{Fate, Item, ItemKind, LanePoint, PointTopic, WriteResult};
use crate::label::message_label;
use crate::lane::LaneId;

/// The most characters of the label of a point, and of an arrow over one gap.
const POINT_CHARACTERS: usize = 36;
const ARROW_CHARACTERS: usize = 42;

/// Draws the items: bars first, so that arrows and labels are over them.
pub(super) fn write(out: &mut String, picture: &Picture<'_>, axis: &Axis, width: usize) {
    let pen = &mut Pen { out, picture, axis, width };
    let is_bar = |item: &&&Item| matches!(item.kind, ItemKind::Write(_) | ItemKind::Operation(_));
    picture.items.iter().filter(is_bar).for_each(|item| pen.item(item));
    picture.items.iter().filter(|item| !is_bar(item)).for_each(|item| pen.item(item));
    if let Some((at, sentence)) = picture.verdict_line() {
        pen.sentence(axis.y(at.event), &format!("not linearizable: {sentence}"));
    }
    if let Some((at, words)) = picture.ending {
        let after_verdict = picture.verdict_line().is_some_and(|(verdict, _)| verdict == *at);
        let below = if after_verdict { 3 * LINE } else { 0 };
        pen.sentence(axis.y(at.event) + LINE + below, &words.to_string());
    }
}

struct Pen<'a, 'b> {
    out: &'a mut String,
    picture: &'a Picture<'b>,
    axis: &'a Axis,
    width: usize,
}

impl Pen<'_, '_> {
    fn item(&mut self, item: &Item) {
        let _ = write!(
            self.out,
            "<g data-event=\"{}\"><title>{}</title>",
            item.began.event,
            escaped(&item.words().to_string())
        );
        match &item.kind {
            ItemKind::Message(arrow) => {
                let ends = (LaneId::Node(arrow.from), LaneId::Node(arrow.to));
                let class = message_class(&arrow.message.body);
                self.arrow(item, ends, (class, &message_label(&arrow.message)), arrow.fate);
            }
            ItemKind::Exchange(exchange) => {
                let asks = (LaneId::Client(exchange.client), LaneId::Node(exchange.node));
                let ends = if exchange.is_reply { (asks.1, asks.0) } else { asks };
                self.arrow(item, ends, ("client", &exchange.label()), exchange.fate);
            }
            ItemKind::Write(write) => {
                let class = match write.result {
                    WriteResult::UnderWay | WriteResult::Durable => "write",
                    WriteResult::Failed | WriteResult::Torn | WriteResult::Lost => "write lost",
                };
                self.bar(item, LaneId::Node(write.node), class, (7, 5));
            }
            ItemKind::Operation(operation) => {
                let marked = self.picture.contradicts(item);
                let class = if marked { "operation contradicts" } else { "operation" };
                let lane = LaneId::Client(operation.client);
                self.bar(item, lane, class, (-7, 14));
                let label = escaped(&shortened(&operation.words().to_string(), ARROW_CHARACTERS));
                self.text_beside(item, lane, if marked { "contradicts" } else { "" }, &label);
            }
            ItemKind::Point(point) => self.point(item, point),
            ItemKind::Fault(fault) => {
                let (first, last) = self.picture.across(&fault.nodes);
                let y = self.axis.y(item.began.event) + 16;
                let (x1, x2) = (lane_x(first) - 24, lane_x(last) + 24);
                let (class, above) = (if fault.is_end { "repair" } else { "fault" }, y - 4);
                let words = escaped(&Words::of(&fault.what).to_string());
                let _ = write!(
                    self.out,
                    "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y}\" x2=\"{x2}\" y2=\"{y}\"/>\
                     <text class=\"{class}\" x=\"{x1}\" y=\"{above}\">{words}</text>"
                );
            }
        }
        self.out.push_str("</g>\n");
    }

    fn y_of(&self, item: &Item) -> (usize, usize) {
        let inside = self.picture.starts_inside(item);
        let top = if inside { self.axis.y(item.began.event) } else { HEAD };
        let end = self.picture.end_inside(item).map(|end| self.axis.y(end.event));
        (top, end.unwrap_or(self.axis.bottom()))
    }

    fn bar(&mut self, item: &Item, lane: LaneId, class: &str, (left, width): (isize, usize)) {
        let Some(place) = self.picture.place(lane) else { return };
        let (top, end) = self.y_of(item);
        let x = lane_x(place).saturating_add_signed(left);
        let height = (end - top).max(2);
        let open = if self.picture.end_inside(item).is_none() { " open" } else { "" };
        let _ = write!(
            self.out,
            "<rect class=\"{class}{open}\" x=\"{x}\" y=\"{top}\" width=\"{width}\" \
             height=\"{height}\" rx=\"2\"/>"
        );
    }

    fn text_beside(&mut self, item: &Item, lane: LaneId, class: &str, label: &str) {
        let Some(place) = self.picture.place(lane) else { return };
        let (x, y) = (lane_x(place) + 12, self.y_of(item).0 + 11);
        let _ =
            write!(self.out, "<text class=\"label {class}\" x=\"{x}\" y=\"{y}\">{label}</text>");
    }

    fn point(&mut self, item: &Item, point: &LanePoint) {
        let Some(place) = self.picture.place(point.lane) else { return };
        let (x, y) = (lane_x(place), self.axis.y(item.began.event) + 7);
        let class = match point.topic {
            PointTopic::Election | PointTopic::Vote | PointTopic::Term => "election",
            PointTopic::Commit | PointTopic::Apply => "commit",
            PointTopic::Snapshot => "snapshot",
            PointTopic::Process | PointTopic::Disk => "process",
            PointTopic::Timer
            | PointTopic::Log
            | PointTopic::Read
            | PointTopic::Transfer
            | PointTopic::Membership
            | PointTopic::Client
            | PointTopic::Ignored => "other",
        };
        let words = Words::without_subject(&point.what).to_string();
        let label = escaped(&shortened(&words, POINT_CHARACTERS));
        let (text_x, baseline) = (x + 14, y + 4);
        let _ = write!(
            self.out,
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>\
             <text class=\"label\" x=\"{text_x}\" y=\"{baseline}\">{label}</text>"
        );
    }

    fn arrow(
        &mut self,
        item: &Item,
        (from, to): (LaneId, LaneId),
        (class, label): (&str, &str),
        fate: Fate,
    ) {
        let places = (self.picture.place(from), self.picture.place(to));
        let (Some(from), Some(to)) = places else { return };
        let (top, end) = self.y_of(item);
        let (x1, x2) = (lane_x(from), lane_x(to));
        let is_over = self.picture.end_inside(item).is_some();
        let lost = match fate {
            Fate::Lost(reason) if is_over => Some(reason),
            Fate::Lost(_) | Fate::Arrived | Fate::Held | Fate::UnderWay => None,
        };
        // A lost one ends in the air; one that has not arrived has no head.
        let (tip, style) = match (is_over, lost) {
            (_, Some(_)) => (x1.midpoint(x2), " gone"),
            (true, None) => (if x1 < x2 { x2 - 7 } else { x2 + 7 }, ""),
            (false, None) => (x2, " open"),
        };
        let head = match (is_over, lost) {
            (true, None) => format!(" marker-end=\"url(#helios-{class})\""),
            (false, _) | (_, Some(_)) => String::new(),
        };
        let _ = write!(
            self.out,
            "<line class=\"arrow {class}{style}\" x1=\"{x1}\" y1=\"{top}\" x2=\"{tip}\" \
             y2=\"{end}\"{head}/>"
        );
        let label = shortened(label, ARROW_CHARACTERS);
        let label = match lost {
            Some(reason) => format!("✗ {label}: {reason}"),
            None => label,
        };
        let (x, is_before) = match (is_over, lost, x1 < x2) {
            (true, Some(_), _) => (tip + 4, false),
            (true, None, true) => (tip - 8, true),
            (true, None, false) => (tip + 8, false),
            (false, _, true) => (x1 + 14, false),
            (false, _, false) => (x1 - 14, true),
        };
        // The label is where the arrow ends: no two arrows end at one height.
        let y = if is_over { end } else { top } + 10;
        let anchor = if is_before { " before" } else { "" };
        let label = escaped(&label);
        let _ = write!(
            self.out,
            "<text class=\"on {class}{anchor}\" x=\"{x}\" y=\"{y}\">{label}</text>"
        );
    }

    /// A sentence across all lanes.
    fn sentence(&mut self, y: usize, sentence: &str) {
        let lines = wrapped(&format!("✗ {sentence}"), LINE_CHARACTERS);
        let (x, top) = (LEFT, y + LINE);
        let (width, height) = (self.width - LEFT - 12, lines.len() * LINE + 8);
        let _ = write!(
            self.out,
            "<rect class=\"verdict\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" \
             rx=\"4\"/><text class=\"verdict\">"
        );
        for (line, words) in lines.iter().enumerate() {
            let (x, y) = (x + 8, top + LINE * (line + 1));
            let _ = write!(self.out, "<tspan x=\"{x}\" y=\"{y}\">{}</tspan>", escaped(words));
        }
        self.out.push_str("</text>\n");
    }
}

/// The class of a message's colour.
fn message_class(body: &Body) -> &'static str {
    match body {
        Body::PreVote(_)
        | Body::PreVoteReply(_)
        | Body::RequestVote(_)
        | Body::RequestVoteReply(_)
        | Body::TimeoutNow => "vote",
        Body::AppendEntries(request) if request.is_heartbeat() => "heartbeat",
        Body::AppendEntries(_) => "append",
        Body::AppendEntriesReply(_) => "heartbeat",
        Body::InstallSnapshot(_) | Body::InstallSnapshotReply(_) => "snapshot",
        Body::ReadIndex(_) | Body::ReadIndexReply(_) | Body::Forward(_) | Body::ForwardReply(_) => {
            "client"
        }
    }
}
