//! The size of an element, in CSS pixels.

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use crate::app::panic;

/// The inner width and height of the element of `node`, followed when they change; 0 before the
/// first measurement.
#[hook]
pub(crate) fn use_size(node: &NodeRef) -> (f64, f64) {
    let size = use_state_eq(|| (0.0, 0.0));
    let setter = size.setter();
    use_effect_with(node.clone(), move |node| {
        let element = node.cast::<Element>();
        let observed = element.clone();
        let measure = move || {
            if let (Some(element), false) = (&observed, panic::has_panicked()) {
                let (width, height) = (element.client_width(), element.client_height());
                setter.set((f64::from(width), f64::from(height)));
            }
        };
        measure();
        let on_resize: Closure<dyn Fn(Array)> = Closure::new(move |_| measure());
        let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(on_resize);
        }
    });
    *size
}
