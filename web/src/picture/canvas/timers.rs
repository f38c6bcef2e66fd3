//! Timers: an arc around each node that shrinks until its timeout elapses, and a second arc for a
//! leader's lease.

use std::f64::consts::{FRAC_PI_2, TAU};

use raft_core::{RoleKind, Status};
use raft_lab::Frame;
use raft_sim::NodeState;
use web_sys::CanvasRenderingContext2d;

use super::{Palette, Scene};
use crate::picture::{TIMER_GAP, lease_left, part_passed};

/// A leader's lease is drawn this far outside its timer.
const LEASE_GAP: f64 = 3.5;

pub(super) fn paint(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    scene: &Scene,
    frame: &Frame,
) {
    for node in frame.world.nodes() {
        let (Some(core), state) = (node.core(), node.state()) else { continue };
        let status = core.status();
        // The core uses its node's clock.
        let now = node.clock().shows(frame.world.now());
        let centre = scene.ring.node(status.id.0);
        let radius = scene.ring.node_radius + TIMER_GAP;
        let left = 1.0 - part_passed(status.timer_started.0, now.0, status.deadline.0);
        context.set_line_width(1.0);
        context.set_stroke_style_str(&palette.track);
        arc(context, centre.x, centre.y, radius, 1.0);
        context.set_line_width(if status.role == RoleKind::Leader { 2.0 } else { 3.0 });
        context.set_stroke_style_str(colour(palette, &status));
        // A paused process has no running timer: the arc is pale and does not move.
        context.set_global_alpha(if state == NodeState::Paused { 0.35 } else { 1.0 });
        arc(context, centre.x, centre.y, radius, left);
        context.set_global_alpha(1.0);
        if let Some(left) = lease_left(&status, now) {
            context.set_line_width(1.5);
            context.set_stroke_style_str(&palette.lease);
            arc(context, centre.x, centre.y, radius + LEASE_GAP, left);
        }
    }
}

fn colour<'a>(palette: &'a Palette, status: &Status) -> &'a str {
    match status.role {
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
