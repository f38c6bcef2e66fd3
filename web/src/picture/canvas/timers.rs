//! Timers: an arc around each node that shrinks until its timeout elapses, and a second arc for a
//! leader's lease.

use std::f64::consts::{FRAC_PI_2, TAU};

use raft_lab::{NodeState, RoleKind, View};
use web_sys::CanvasRenderingContext2d;

use super::{Palette, Scene};
use crate::picture::{TIMER_GAP, lease_left, part_passed};

/// A leader's lease is drawn this far outside its timer.
const LEASE_GAP: f64 = 3.5;

pub(super) fn paint(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    scene: &Scene,
    view: &View,
) {
    for node in view.nodes.iter() {
        let Some(core) = &node.core else { continue };
        let centre = scene.ring.node(node.id.0);
        let radius = scene.ring.node_radius + TIMER_GAP;
        let left = 1.0 - part_passed(core.timer_started.0, view.now.0, core.deadline.0);
        context.set_line_width(1.0);
        context.set_stroke_style_str(&palette.track);
        arc(context, centre.x, centre.y, radius, 1.0);
        context.set_line_width(if core.role == RoleKind::Leader { 2.0 } else { 3.0 });
        context.set_stroke_style_str(colour(palette, core.role));
        // A paused process has no running timer: the arc is pale.
        context.set_global_alpha(if node.state == NodeState::Paused { 0.35 } else { 1.0 });
        arc(context, centre.x, centre.y, radius, left);
        context.set_global_alpha(1.0);
        if let Some(left) = core.lease.and_then(|lease| lease_left(lease, view.now)) {
            context.set_line_width(1.5);
            context.set_stroke_style_str(&palette.lease);
            arc(context, centre.x, centre.y, radius + LEASE_GAP, left);
        }
    }
}

fn colour(palette: &Palette, role: RoleKind) -> &str {
    match role {
        RoleKind::Leader => &palette.leader,
        RoleKind::Candidate | RoleKind::PreCandidate => &palette.candidate,
        RoleKind::Follower => &palette.follower,
    }
}

/// A part of a circle, clockwise, that ends at the top: what is left of it shrinks towards twelve.
fn arc(context: &CanvasRenderingContext2d, x: f64, y: f64, radius: f64, part: f64) {
    if part <= 0.0 {
        return;
    }
    context.begin_path();
    let end = TAU - FRAC_PI_2;
    // The radius is never negative.
    let _ = context.arc(x, y, radius, end - part * TAU, end);
    context.stroke();
}
