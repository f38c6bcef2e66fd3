//! Links to moments, in the address of the page: made and read with the browser's compression.

use js_sys::{Array, Function, Reflect, Uint8Array};
use raft_lab::{LinkError, LinkSummary, MAX_LINK_BYTES, MomentLink, fragment_of, packed_of};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStreamDefaultReader, ReadableWritablePair};

/// A browser without it is older than the page can be used with.
const NO_COMPRESSION: &str = "this browser cannot compress a link: use a file with the script";

/// The text after `#` of a window for the audience of a presenter.
const AUDIENCE: &str = "follow";

/// The text after `#` of a page that is to watch the real cluster that serves it.
const ATTACH: &str = "attach";

/// A link that was read, and what it says of itself. Nothing of it has run.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Linked {
    pub(crate) link: MomentLink,
    pub(crate) summary: LinkSummary,
}

/// The address that opens a moment in the whole page. An error is in words.
pub(crate) async fn address_of(link: &MomentLink) -> Result<String, String> {
    let bytes = link.to_bytes().map_err(|error| error.to_string())?;
    let packed = through(&bytes, &deflate("CompressionStream")?).await;
    let fragment = packed.and_then(|packed| fragment_of(&packed));
    let fragment = fragment.map_err(|error| error.to_string())?;
    let address = web_sys::window().and_then(|window| window.location().href().ok());
    let address = address.ok_or("the page has no address")?;
    let (address, _) = address.split_once(['?', '#']).unwrap_or((&address, ""));
    Ok(format!("{address}#{fragment}"))
}

/// Reads the text after `#`. An error is in words.
pub(crate) async fn read(fragment: &str) -> Result<Linked, String> {
    let packed = packed_of(fragment).map_err(|error| error.to_string())?;
    let bytes = through(&packed, &deflate("DecompressionStream")?).await;
    let link = bytes.and_then(|bytes| MomentLink::from_bytes(&bytes));
    let linked = link.and_then(|link| Ok(Linked { summary: link.summary()?, link }));
    linked.map_err(|error| error.to_string())
}

/// The text after `#` in the address; `None`: there is none.
pub(crate) fn fragment() -> Option<String> {
    let hash = web_sys::window()?.location().hash().ok()?;
    hash.strip_prefix('#').filter(|fragment| !fragment.is_empty()).map(str::to_owned)
}

/// Whether the address has a link, which may still be damaged.
pub(crate) fn is_there() -> bool {
    fragment().is_some_and(|fragment| packed_of(&fragment).is_ok())
}

/// Whether the address is that of a window for the audience of a presenter.
pub(crate) fn is_of_audience() -> bool {
    fragment().as_deref() == Some(AUDIENCE)
}

/// Whether the page is to watch the real cluster that serves it.
pub(crate) fn is_to_attach() -> bool {
    fragment().as_deref() == Some(ATTACH)
}

/// Removes it from the address, so that a reload does not read it again.
pub(crate) fn forget_fragment() {
    let Some(window) = web_sys::window() else { return };
    if let (Ok(address), Ok(history)) = (window.location().href(), window.history()) {
        let address = without_fragment(&address);
        // If the browser refuses, a reload asks again.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

fn without_fragment(address: &str) -> &str {
    address.split_once('#').map_or(address, |(before, _)| before)
}

/// A stream of the browser for raw DEFLATE, by the name of its class. `web-sys` has these classes
/// only in builds with unstable calls.
fn deflate(class: &str) -> Result<ReadableWritablePair, String> {
    let class = Reflect::get(&js_sys::global(), &class.into());
    let class = class.ok().and_then(|class| class.dyn_into::<Function>().ok());
    let stream =
        class.and_then(|class| Reflect::construct(&class, &Array::of1(&"deflate-raw".into())).ok());
    stream.map(JsCast::unchecked_into).ok_or_else(|| NO_COMPRESSION.to_owned())
}

/// The bytes that come out of a stream of the browser, if it takes these and gives no more than a
/// link may have.
async fn through(bytes: &[u8], stream: &ReadableWritablePair) -> Result<Vec<u8>, LinkError> {
    let damaged = |_: JsValue| LinkError::Damaged;
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts).map_err(damaged)?;
    let reader: ReadableStreamDefaultReader =
        blob.stream().pipe_through(stream).get_reader().unchecked_into();
    let mut all = Vec::new();
    loop {
        let read = JsFuture::from(reader.read()).await.map_err(damaged)?;
        if Reflect::get(&read, &"done".into()).map_err(damaged)?.is_truthy() {
            return Ok(all);
        }
        let part = Reflect::get(&read, &"value".into()).map_err(damaged)?;
        let part: Uint8Array = part.unchecked_into();
        if all.len() + part.length() as usize > MAX_LINK_BYTES {
            // Whether it was cancelled makes no difference: nobody reads it any more.
            let _ = JsFuture::from(reader.cancel()).await;
            return Err(LinkError::TooLarge);
        }
        all.extend(part.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_what_is_after_the_first_number_sign() {
        assert_eq!(without_fragment("http://x/a?b#c#d"), "http://x/a?b");
        assert_eq!(without_fragment("http://x/"), "http://x/");
    }
}
