//! Saving a text as a file.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

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
    let address = Url::create_object_url_with_blob(&blob).map_err(refused)?;
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
