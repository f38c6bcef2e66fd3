//! A picture for browsers. Time runs downward. Every event that is drawn has a height of its own,
//! so that events of one moment are told apart; a wait between two events makes their distance
//! longer, up to a limit.

mod axis;
mod marks;
mod style;

use std::fmt::Write as _;

use raft_core::{RoleKind, Term};

use self::axis::Axis;
use super::Picture;
use crate::lane::{EdgeStretch, LaneId};

/// The width of the times at the left.
const LEFT: usize = 110;
/// The distance between lanes.
const GAP: usize = 210;
/// The room for the labels of the last lane.
const RIGHT: usize = 120;
/// The height of the names of the lanes.
const HEAD: usize = 44;

/// The colours and the fonts, as an element.
pub(super) fn style() -> String {
    let mut out = String::new();
    style::write(&mut out);
    out
}

pub(super) fn svg(picture: &Picture<'_>) -> String {
    let axis = Axis::of(picture);
    let width = LEFT + picture.lanes.len() * GAP + RIGHT;
    let height = axis.bottom() + 24;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"helios-diagram\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n"
    );
    style::write(&mut out);
    let _ = writeln!(out, "<rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>");
    axis.write_times(&mut out, width);
    for (place, lane) in picture.lanes.iter().enumerate() {
        write_lane(&mut out, picture, &axis, place, *lane);
    }
    marks::write(&mut out, picture, &axis, width);
    out.push_str("</svg>\n");
    out
}

/// The horizontal place of a lane.
fn lane_x(place: usize) -> usize {
    LEFT + GAP / 2 - 40 + place * GAP
}

fn write_lane(out: &mut String, picture: &Picture<'_>, axis: &Axis, place: usize, id: LaneId) {
    let x = lane_x(place);
    let kind = match id {
        LaneId::Node(_) => "node",
        LaneId::Client(_) => "client",
    };
    let (left, bottom) = (x - 44, axis.bottom());
    let _ = writeln!(
        out,
        "<rect class=\"name {kind}\" x=\"{left}\" y=\"10\" width=\"88\" height=\"24\" rx=\"6\"/>\
         <text class=\"name\" x=\"{x}\" y=\"26\">{id}</text>\
         <line class=\"lane\" x1=\"{x}\" y1=\"{HEAD}\" x2=\"{x}\" y2=\"{bottom}\"/>"
    );
    let Some(lane) = picture.diagram.lanes().find(|lane| lane.id == id) else { return };
    let (first, last) = picture.range;
    let drawn = |stretch: &&EdgeStretch| stretch.since.event <= last.event;
    let stretches: Vec<&EdgeStretch> = lane.edge.iter().filter(drawn).collect();
    let mut told = None;
    for (at, stretch) in stretches.iter().enumerate() {
        let next = stretches.get(at + 1).map(|next| next.since.event);
        if next.is_some_and(|next| next <= first.event) {
            continue;
        }
        let top = axis.y(stretch.since.event);
        let end = next.map_or(bottom, |next| axis.y(next));
        write_stretch(out, stretch, x, (top, end));
        if told != Some(stretch.term) {
            let (x, y) = (x - 12, top + 11);
            let term = stretch.term;
            let _ = writeln!(out, "<text class=\"term\" x=\"{x}\" y=\"{y}\">term {term}</text>");
            told = Some(stretch.term);
        }
    }
}

/// The edge: the colour is the term, the width is the role.
fn write_stretch(out: &mut String, stretch: &EdgeStretch, x: usize, (top, end): (usize, usize)) {
    let EdgeStretch { term, role, is_paused, .. } = stretch;
    let (width, words) = match role {
        Some(RoleKind::Leader) => (12, "leader"),
        Some(RoleKind::Candidate) => (8, "candidate"),
        Some(RoleKind::PreCandidate) => (6, "pre-candidate"),
        Some(RoleKind::Follower) => (4, "follower"),
        None => (2, "down"),
    };
    let paused = if *is_paused { " paused" } else { "" };
    let (left, height) = (x - width / 2, end.saturating_sub(top));
    let class = if role.is_some() { colour(*term) } else { "down".to_owned() };
    let _ = writeln!(
        out,
        "<rect class=\"edge {class}{paused}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" \
         height=\"{height}\"><title>term {term}, {words}{paused}</title></rect>"
    );
}

/// The class of a term's colour: eight colours in turn, and one for "no term".
fn colour(term: Term) -> String {
    match term.0 {
        0 => "t0".to_owned(),
        term => format!("t{}", (term - 1) % 8 + 1),
    }
}

/// The text as XML.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Characters that XML does not allow.
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// At most `most` characters of a text.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}
