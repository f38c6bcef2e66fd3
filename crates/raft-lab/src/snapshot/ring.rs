//! The ring: nodes with role and term, links that are cut, messages under way.

use std::f64::consts::TAU;
use std::fmt::Write as _;

use raft_core::{NodeId, RoleKind};
use raft_sim::NodeState;

use super::{colour, open, text};
use crate::{MessageLook, MessageView, NodeView, View};

const SIZE: (f64, f64) = (720.0, 640.0);
const CENTRE: (f64, f64) = (360.0, 310.0);
/// The radius of a node, and the room between its edge and the end of a link.
const NODE: f64 = 34.0;
const ROOM: f64 = 8.0;
/// The words below a node, which a link may cross.
const LABEL: &str = "text-anchor:middle;font-weight:600;paint-order:stroke;stroke:var(--bg);\
                     stroke-width:4px";
/// Half the distance between the two directions of a link.
const LANE: f64 = 6.0;

pub(super) fn svg(view: &View) -> String {
    let mut out = open(SIZE, &view.headline.to_string());
    let ids: Vec<NodeId> = view.node_ids().collect();
    let place = |id: NodeId| {
        let number = ids.iter().position(|other| *other == id).unwrap_or_default();
        place_of(number, ids.len())
    };
    for (number, one) in ids.iter().enumerate() {
        for other in &ids[number + 1..] {
            link(&mut out, view, (*one, *other), (place(*one), place(*other)));
        }
    }
    for message in view.messages.iter() {
        let (from, to) = (place(message.from), place(message.to));
        flying(&mut out, view, message, (from, to));
    }
    let radius = NODE.min(150.0 / (ids.len().max(3) as f64).sqrt());
    for node in view.nodes.iter() {
        glyph(&mut out, node, place(node.id), radius);
    }
    text(&mut out, (24.0, 28.0), "font-size:15px;font-weight:600", &view.headline.to_string());
    let time = format!("{}.{} ms", view.now.0 / 1_000, view.now.0 / 100 % 10);
    text(&mut out, (24.0, 624.0), "fill:var(--ink-3)", &time);
    out.push_str("</svg>\n");
    out
}

/// Clockwise from the top.
fn place_of(number: usize, of: usize) -> (f64, f64) {
    let radius = if of == 1 { 0.0 } else { 215.0 };
    let angle = number as f64 / of.max(1) as f64 * TAU;
    (CENTRE.0 + angle.sin() * radius, CENTRE.1 - angle.cos() * radius)
}

type Place = (f64, f64);

/// A part of the way from one place to another, `aside` from the middle.
fn between(from: Place, to: Place, part: f64, aside: f64) -> Place {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let edge = (NODE + ROOM) / length;
    let part = edge + (1.0 - 2.0 * edge) * part.clamp(0.0, 1.0);
    (from.0 + dx * part - dy / length * aside, from.1 + dy * part + dx / length * aside)
}

fn link(out: &mut String, view: &View, (one, other): (NodeId, NodeId), (from, to): (Place, Place)) {
    let is_open = |from, to| view.link(from, to).is_none_or(|link| link.reachable);
    let style = match is_open(one, other) && is_open(other, one) {
        true => "stroke:var(--line);stroke-width:1",
        false => "stroke:var(--notice-edge);stroke-width:2;stroke-dasharray:4 5",
    };
    let ((x1, y1), (x2, y2)) = (between(from, to, 0.0, 0.0), between(from, to, 1.0, 0.0));
    let _ = writeln!(
        out,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" style=\"{style}\"/>"
    );
}

/// A message: a disc of its family's colour, hollow for a reply.
fn flying(out: &mut String, view: &View, message: &MessageView, (from, to): (Place, Place)) {
    let began = message.sent_at.0 + message.waited_micros;
    let now = message.held_since.unwrap_or(view.now).0;
    let whole = message.arrives_at.0.saturating_sub(began).max(1);
    let part = now.saturating_sub(began) as f64 / whole as f64;
    let (x, y) = between(from, to, part, LANE);
    let (family, is_reply) = family(message.look);
    let fill = if is_reply { "var(--bg)" } else { &format!("var(--{family})") };
    let kind = message.kind.map_or("message", |kind| kind.name());
    let _ = writeln!(
        out,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5.5\" \
         style=\"fill:{fill};stroke:var(--{family});stroke-width:2\"><title>{kind}, {} → {}\
         </title></circle>",
        message.from, message.to
    );
}

/// The colour of a message, and whether it is a reply.
fn family(look: MessageLook) -> (&'static str, bool) {
    match look {
        MessageLook::PreVote | MessageLook::RequestVote | MessageLook::TimeoutNow => {
            ("vote", false)
        }
        MessageLook::PreVoteGranted
        | MessageLook::PreVoteRefused
        | MessageLook::VoteGranted
        | MessageLook::VoteRefused => ("vote", true),
        MessageLook::Heartbeat => ("heartbeat", false),
        MessageLook::AppendEntries => ("append", false),
        MessageLook::AppendSucceeded | MessageLook::AppendFailed => ("append", true),
        MessageLook::InstallSnapshot => ("snapshot", false),
        MessageLook::SnapshotReply => ("snapshot", true),
        MessageLook::ReadIndex | MessageLook::Forward => ("client", false),
        MessageLook::ReadAnswered
        | MessageLook::ReadRefused
        | MessageLook::ForwardTaken
        | MessageLook::ForwardRefused => ("client", true),
        MessageLook::Other => ("ink-2", false),
    }
}

/// A leader is an octagon, a candidate a hexagon, a follower a circle; the fill is the term.
fn glyph(out: &mut String, node: &NodeView, (x, y): Place, radius: f64) {
    let core = node.core.as_ref();
    let class = colour(core.map(|core| core.current_term).unwrap_or_default());
    let corners = match core.map(|core| core.role) {
        Some(RoleKind::Leader) => Some(8),
        Some(RoleKind::Candidate | RoleKind::PreCandidate) => Some(6),
        Some(RoleKind::Follower) | None => None,
    };
    let dashes = if node.is_down() { ";stroke-dasharray:4 4" } else { "" };
    let style = format!("stroke-width:2.5{dashes}");
    let _ = match corners {
        None => writeln!(
            out,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" \
             style=\"fill:var(--{class});stroke:var(--{class}-edge);{style}\"/>"
        ),
        Some(corners) => {
            let points = polygon((x, y), radius * 1.06, corners);
            writeln!(out, "<polygon class=\"{class}\" points=\"{points}\" style=\"{style}\"/>")
        }
    };
    let centred = "text-anchor:middle;font-weight:700;font-size:20px";
    text(out, (x, y + 7.0), centred, &node.id.to_string());
    let words = match (core, node.state) {
        (Some(core), NodeState::Running) => format!("{} · term {}", core.role, core.current_term),
        (None, NodeState::Running) => "not known".to_owned(),
        (_, state) => state.to_string(),
    };
    text(out, (x, y + radius + 20.0), LABEL, &words);
}

/// A regular polygon with a side at the top.
fn polygon((x, y): Place, radius: f64, corners: u32) -> String {
    let corner = |number: u32| {
        let angle = (f64::from(number) + 0.5) / f64::from(corners) * TAU;
        format!("{:.1},{:.1}", x + angle.sin() * radius, y - angle.cos() * radius)
    };
    (0..corners).map(corner).collect::<Vec<_>>().join(" ")
}
