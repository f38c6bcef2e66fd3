//! The canvas over the cluster: messages under way, messages that die, and election timers.
//!
//! It is drawn in every animation frame, from the frame alone, without Yew.

mod messages;
mod palette;
mod timers;

use raft_lab::Frame;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::geometry::Ring;
use crate::runner::now_ms;
use crate::selection::Selection;

pub(crate) use messages::place_of;
use messages::{Deaths, Shapes};
use palette::Palette;

/// What the canvas needs to know besides the frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Scene {
    pub(crate) ring: Ring,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) selected: Option<Selection>,
    /// A person asked for less motion: nothing travels, nothing fades.
    pub(crate) is_still: bool,
}

/// Draws one canvas.
pub(crate) struct Painter {
    context: CanvasRenderingContext2d,
    scene: Scene,
    scale: f64,
    palette: Palette,
    shapes: Shapes,
    deaths: Deaths,
}

impl Painter {
    /// Sets the canvas up for a scene; `None` when the browser gives no context.
    pub(crate) fn new(canvas: &HtmlCanvasElement, scene: Scene) -> Option<Self> {
        use wasm_bindgen::JsCast;

        let scale = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).max(1.0);
        canvas.set_width((scene.width * scale) as u32);
        canvas.set_height((scene.height * scale) as u32);
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let palette = Palette::read(canvas);
        let shapes = Shapes::new()?;
        Some(Self { context, scene, scale, palette, shapes, deaths: Deaths::default() })
    }

    pub(crate) fn paint(&mut self, frame: &Frame) {
        let Scene { width, height, .. } = self.scene;
        self.reset();
        self.context.clear_rect(0.0, 0.0, width, height);
        timers::paint(&self.context, &self.palette, &self.scene, frame);
        for message in frame.world.in_flight() {
            messages::paint_flying(self, message, frame.world.now());
        }
        let now = now_ms();
        self.deaths.update(&frame.dying, now, self.scene.is_still);
        messages::paint_dying(self, frame, now);
        self.reset();
    }

    /// Back to CSS pixels from the upper left corner.
    fn reset(&self) {
        // Finite numbers are always accepted.
        let _ = self.context.set_transform(self.scale, 0.0, 0.0, self.scale, 0.0, 0.0);
        self.context.set_global_alpha(1.0);
    }
}
