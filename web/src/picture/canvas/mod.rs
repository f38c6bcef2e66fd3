//! The two canvases of the topology: timers behind the nodes, and messages over them.
//!
//! They are drawn in every animation frame, from the view alone, without Yew.

mod diagram;
mod inks;
mod messages;
mod palette;
mod timers;

use std::cell::RefCell;
use std::rc::Rc;

use raft_lab::View;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::lab::now_ms;
use crate::picture::Ring;
use crate::state::Selection;

pub(crate) use diagram::DiagramPainter;
pub(crate) use messages::FadingMessages;
pub(crate) use messages::place_of;
use messages::{Shapes, Sprites};
use palette::Palette;

/// The canvases' input besides the view.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Scene {
    pub(crate) ring: Ring,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) selected: Option<Selection>,
    /// Whether the person asked for less motion: messages then neither move nor fade.
    pub(crate) is_still: bool,
}

/// Draws both canvases.
pub(crate) struct Painter {
    /// Of the canvas over the nodes.
    context: CanvasRenderingContext2d,
    /// Of the canvas behind them.
    behind: CanvasRenderingContext2d,
    scene: Scene,
    scale: f64,
    palette: Palette,
    shapes: Shapes,
    sprites: Sprites,
    /// Outlives the painter, or every change of the scene would show the same losses again.
    fading: Rc<RefCell<FadingMessages>>,
}

impl Painter {
    /// Sets the canvases up for a scene; `None` when the browser gives no context.
    pub(crate) fn new(
        over: &HtmlCanvasElement,
        behind: &HtmlCanvasElement,
        scene: Scene,
        fading: Rc<RefCell<FadingMessages>>,
    ) -> Option<Self> {
        let scale = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).max(1.0);
        Some(Self {
            context: prepare(over, (scene.width, scene.height), scale)?,
            behind: prepare(behind, (scene.width, scene.height), scale)?,
            scene,
            scale,
            palette: Palette::read(over),
            shapes: Shapes::new()?,
            sprites: Sprites::default(),
            fading,
        })
    }

    /// Draws a view. True while lost messages fade.
    pub(crate) fn paint(&mut self, view: &View) -> bool {
        let Scene { width, height, .. } = self.scene;
        self.reset();
        self.context.clear_rect(0.0, 0.0, width, height);
        self.behind.clear_rect(0.0, 0.0, width, height);
        timers::paint(&self.behind, &self.palette, &self.scene, view);
        messages::paint_flying(self, &view.messages, view.now);
        let now = now_ms();
        self.fading.borrow_mut().update(&view.lost, now, self.scene.is_still);
        messages::paint_fading(self, now);
        self.reset();
        self.fading.borrow().is_moving(now)
    }

    /// To the screen's own pixels from the upper left corner.
    fn to_pixels(&self) {
        // Finite numbers are always accepted.
        let _ = self.context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
    }

    /// Back to CSS pixels from the upper left corner.
    fn reset(&self) {
        // Finite numbers are always accepted.
        let _ = self.context.set_transform(self.scale, 0.0, 0.0, self.scale, 0.0, 0.0);
        self.context.set_global_alpha(1.0);
    }
}

/// Gives a canvas a size in CSS pixels, in the screen's own pixels.
fn prepare(
    canvas: &HtmlCanvasElement,
    (width, height): (f64, f64),
    scale: f64,
) -> Option<CanvasRenderingContext2d> {
    canvas.set_width((width * scale) as u32);
    canvas.set_height((height * scale) as u32);
    context_of(canvas, scale)
}

/// A square canvas outside of the document, with so many pixels for a CSS pixel.
fn new_canvas(side: f64, scale: f64) -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let document = web_sys::window()?.document()?;
    let canvas: HtmlCanvasElement = document.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width((side * scale).ceil() as u32);
    canvas.set_height((side * scale).ceil() as u32);
    let context = context_of(&canvas, scale)?;
    Some((canvas, context))
}

fn context_of(canvas: &HtmlCanvasElement, scale: f64) -> Option<CanvasRenderingContext2d> {
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0).ok()?;
    Some(context)
}
