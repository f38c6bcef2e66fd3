//! Messages in flight, and lost messages.

use std::cell::RefCell;
use std::collections::BTreeMap;

use raft_lab::{Instant, LostMessageView, MessageId, MessageLook, MessageView, NodeId};
use web_sys::{HtmlCanvasElement, Path2d};

use super::{Painter, Palette, new_canvas};
use crate::picture::{MessageStyle, Point, Ring, part_passed};
use crate::state::Selection;

/// The time in which a lost message fades, in real milliseconds: visible at any speed.
const FADE_MS: f64 = 700.0;
/// The most lost messages that are drawn: at full speed, thousands may be lost in a moment.
const MAX_DRAWN: usize = 60;

/// The outlines, made once: the browser parses the path data.
pub(super) struct Shapes(Vec<(MessageLook, Path2d, Option<Path2d>)>);

impl Shapes {
    pub(super) fn new() -> Option<Self> {
        let path = |data: &str| Path2d::new_with_path_string(data).ok();
        let shapes = MessageLook::ALL.iter().map(|look| {
            let sign = look.sign().and_then(path);
            Some((*look, path(look.outline())?, sign))
        });
        shapes.collect::<Option<Vec<_>>>().map(Self)
    }

    fn of(&self, look: MessageLook) -> (&Path2d, Option<&Path2d>) {
        let found = self.0.iter().find(|(other, ..)| *other == look);
        let (_, outline, sign) = found.expect("every look has a shape");
        (outline, sign.as_ref())
    }
}

/// When each fading message was first seen, in real time.
#[derive(Default)]
pub(crate) struct FadingMessages(BTreeMap<MessageId, (LostMessageView, f64)>);

impl FadingMessages {
    pub(super) fn update(&mut self, lost: &[LostMessageView], now: f64, is_still: bool) {
        for lost in lost.iter().rev().take(MAX_DRAWN) {
            self.0.entry(lost.message.id).or_insert_with(|| (lost.clone(), now));
        }
        // While a message is in the view, it must not start to fade again.
        let told = |id: &MessageId| lost.iter().any(|other| other.message.id == *id);
        let lasts = if is_still { FADE_MS * 2.0 } else { FADE_MS };
        self.0.retain(|id, (_, since)| now - *since < lasts || told(id));
    }

    /// Whether one of them fades, or will go.
    pub(super) fn is_moving(&self, now: f64) -> bool {
        self.0.values().any(|(_, since)| now - since < FADE_MS * 2.0)
    }
}

/// Where a message is now, or where it is held.
pub(crate) fn place_of(ring: Ring, message: &MessageView, now: Instant, is_still: bool) -> Point {
    let until = message.held_since.unwrap_or(now);
    // As if it had been sent later by the time for which it was held.
    let began = message.sent_at.0 + message.waited_micros;
    let part = part_passed(began, until.0, message.arrives_at.0);
    ring.lane(message.from.0, message.to.0).at(if is_still { 0.5 } else { part })
}

/// Hundreds may be under way, and each frame paints all of them: a sprite at whole pixels is
/// copied, any other one is computed anew.
pub(super) fn paint_flying(painter: &Painter, flying: &[MessageView], now: Instant) {
    let scene = &painter.scene;
    let place = |message| place_of(scene.ring, message, now, scene.is_still);
    let is_selected =
        |message: &&MessageView| scene.selected == Some(Selection::Message(message.id));
    if let Some(selected) = flying.iter().find(is_selected) {
        paint_halo(painter, place(selected));
    }
    painter.to_pixels();
    for message in flying {
        painter.sprites.paint(painter, message, place(message), 1.0);
    }
    for held in flying.iter().filter(|message| message.held_since.is_some()) {
        paint_brackets(painter, place(held));
    }
}

/// Brackets on both sides of a message that is held.
fn paint_brackets(painter: &Painter, place: Point) {
    let context = &painter.context;
    painter.reset();
    context.set_stroke_style_str(&painter.palette.ink);
    context.set_line_width(2.5);
    context.begin_path();
    for side in [-1.0, 1.0] {
        let (edge, tip) = (place.x + side * 14.0, place.x + side * 9.5);
        context.move_to(tip, place.y - 11.0);
        context.line_to(edge, place.y - 11.0);
        context.line_to(edge, place.y + 11.0);
        context.line_to(tip, place.y + 11.0);
    }
    context.stroke();
}

/// A ring around the selected message.
fn paint_halo(painter: &Painter, place: Point) {
    let context = &painter.context;
    painter.reset();
    context.begin_path();
    let _ = context.arc(place.x, place.y, 13.0, 0.0, std::f64::consts::TAU);
    context.set_line_width(2.0);
    context.set_stroke_style_str(&painter.palette.focus);
    context.stroke();
}

pub(super) fn paint_fading(painter: &Painter, now: f64) {
    let ring = painter.scene.ring;
    for (lost, since) in painter.fading.borrow().0.values() {
        let fading = &lost.message;
        let age = (now - since) / FADE_MS;
        let is_here = ring.contains(fading.from.0) && ring.contains(fading.to.0);
        if !is_here || (age >= 1.0 && !painter.scene.is_still) {
            continue;
        }
        let part = part_passed(fading.sent_at.0, lost.lost_at.0, fading.arrives_at.0);
        let place = ring.lane(fading.from.0, fading.to.0).at(part);
        let age = if painter.scene.is_still { 0.3 } else { age };
        // The message stops, falls a little and fades; a cross marks the place.
        let fallen = Point::new(place.x, place.y + age * age * 16.0);
        painter.to_pixels();
        painter.context.set_global_alpha((0.9 * (1.0 - age)).max(0.0));
        painter.sprites.paint(painter, fading, fallen, 1.0 - 0.35 * age);
        paint_cross(painter, place, 1.0 - age);
    }
}

/// The place where a message was lost.
fn paint_cross(painter: &Painter, place: Point, alpha: f64) {
    let context = &painter.context;
    painter.reset();
    context.set_global_alpha(alpha.clamp(0.0, 1.0));
    context.set_stroke_style_str(&painter.palette.ink);
    context.set_line_width(2.0);
    context.begin_path();
    for (x, y) in [(-5.5, -5.5), (-5.5, 5.5)] {
        context.move_to(place.x + x, place.y + y);
        context.line_to(place.x - x, place.y - y);
    }
    context.stroke();
}

/// The side of a sprite in CSS pixels: no outline is larger.
const SPRITE: f64 = 28.0;
/// The most sprites. A message may have any number of entries.
const MAX_SPRITES: usize = 500;

/// What a sprite shows: a look, a number of entries, and the way of a message that is turned.
type SpriteKey = (u8, usize, Option<(NodeId, NodeId)>);

/// Pictures of messages in the screen's own pixels, each drawn once: to draw hundreds of outlines,
/// or to turn hundreds of pictures, in every frame takes longer than a frame.
#[derive(Default)]
pub(super) struct Sprites(RefCell<BTreeMap<SpriteKey, HtmlCanvasElement>>);

impl Sprites {
    /// Paints a message with its centre at the pixel that is nearest to this place; nothing, if the
    /// browser makes no canvas.
    fn paint(&self, painter: &Painter, message: &MessageView, place: Point, size: f64) {
        let MessageView { look, entries, from, to, .. } = *message;
        let key = (look as u8, entries, look.is_turned().then_some((from, to)));
        let mut sprites = self.0.borrow_mut();
        if !sprites.contains_key(&key) {
            if sprites.len() == MAX_SPRITES {
                sprites.clear();
            }
            sprites.extend(sprite(painter, message).map(|sprite| (key, sprite)));
        }
        let Some(sprite) = sprites.get(&key) else { return };
        let side = f64::from(sprite.width()) * size;
        let corner = |centre: f64| (centre * painter.scale - side / 2.0).round();
        let (x, y) = (corner(place.x), corner(place.y));
        // It fails only for a canvas without pixels.
        let _ = match size < 1.0 {
            true => painter
                .context
                .draw_image_with_html_canvas_element_and_dw_and_dh(sprite, x, y, side, side),
            false => painter.context.draw_image_with_html_canvas_element(sprite, x, y),
        };
    }
}

fn sprite(painter: &Painter, message: &MessageView) -> Option<HtmlCanvasElement> {
    let MessageView { from, to, look, entries, .. } = *message;
    let (canvas, context) = new_canvas(SPRITE, painter.scale)?;
    let _ = context.translate(SPRITE / 2.0, SPRITE / 2.0);
    if look.is_turned() {
        let _ = context.rotate(painter.scene.ring.lane(from.0, to.0).angle());
    }
    let palette: &Palette = &painter.palette;
    let (outline, sign) = painter.shapes.of(look);
    let colour = palette.of(look.colour());
    let filled = look.is_filled();
    context.set_fill_style_str(if filled { colour } else { &palette.surface });
    context.set_stroke_style_str(if filled { &palette.surface } else { colour });
    context.set_line_width(if filled { 1.5 } else { 2.0 });
    context.fill_with_path_2d(outline);
    context.stroke_with_path(outline);
    if let Some(sign) = sign {
        context.set_line_width(1.8);
        context.stroke_with_path(sign);
    }
    let text = match (entries, look.letter()) {
        (0, letter) => letter.unwrap_or_default().to_owned(),
        (entries, _) => entries.to_string(),
    };
    context.set_fill_style_str(if filled { &palette.surface } else { colour });
    context.set_font("700 10px system-ui, sans-serif");
    context.set_text_align("center");
    context.set_text_baseline("middle");
    let _ = context.fill_text(&text, 0.0, 0.5);
    Some(canvas)
}
