//! Saving a text, or a picture, as a file.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement,
    HtmlImageElement, Url,
};

/// Has the browser save a text as a file of this name.
///
/// # Errors
/// In words, if it cannot.
pub(crate) fn save_file(name: &str, kind: &str, text: &str) -> Result<(), String> {
    let refused = |_: JsValue| format!("The browser does not save {name}.");
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).map_err(refused)?;
    save_blob(name, &blob)
}

/// Has the browser draw an SVG and save it as a PNG, twice as large.
///
/// # Errors
/// In words, if it cannot.
pub(crate) async fn save_png(name: &str, svg: &str) -> Result<(), String> {
    let refused = |_: JsValue| format!("The browser does not draw {name}.");
    let image = HtmlImageElement::new().map_err(refused)?;
    // An address of its own would make the canvas one that nobody may read.
    let address = format!("data:image/svg+xml,{}", String::from(js_sys::encode_uri_component(svg)));
    image.set_src(&address);
    JsFuture::from(image.decode()).await.map_err(refused)?;
    let document = web_sys::window().and_then(|window| window.document());
    let canvas = document.and_then(|page| page.create_element("canvas").ok());
    let canvas = canvas.and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok());
    let canvas = canvas.ok_or_else(|| refused(JsValue::NULL))?;
    let (width, height) = (2 * image.width(), 2 * image.height());
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas.get_context("2d").map_err(refused)?;
    let context = context.and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    let context = context.ok_or_else(|| refused(JsValue::NULL))?;
    let (width, height) = (f64::from(width), f64::from(height));
    context
        .draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)
        .map_err(refused)?;
    let made = Promise::new(&mut |done, _| {
        let on_blob = Closure::once_into_js(move |blob: JsValue| {
            // It only resolves the promise.
            let _ = done.call1(&JsValue::NULL, &blob);
        });
        let _ = canvas.to_blob(on_blob.unchecked_ref());
    });
    let blob = JsFuture::from(made).await.map_err(refused)?;
    save_blob(name, &blob.dyn_into::<Blob>().map_err(refused)?)
}

fn save_blob(name: &str, blob: &Blob) -> Result<(), String> {
    let refused = |_: JsValue| format!("The browser does not save {name}.");
    let address = Url::create_object_url_with_blob(blob).map_err(refused)?;
    let document = web_sys::window().and_then(|window| window.document());
    let link = document.and_then(|page| page.create_element("a").ok());
    let link = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = &link {
        link.set_href(&address);
        link.set_download(name);
        link.click();
    }
    // The click has begun the download.
    Url::revoke_object_url(&address).map_err(refused)?;
    link.map(|_| ()).ok_or_else(|| refused(JsValue::NULL))
}
