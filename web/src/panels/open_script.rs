//! Opens a file that a person chooses, or one that is dropped on the page: a script, a lesson, a
//! recorded run or a history.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, File, HtmlInputElement};
use yew::prelude::*;

use super::header::listed;
use crate::hooks::use_window_event;
use crate::lab::Labs;
use crate::state::use_controls;
use crate::ui::IconName;

/// The largest file that is read. `helios run` and `helios check` take larger ones.
const MAX_FILE_BYTES: f64 = 16.0 * 1024.0 * 1024.0;

/// The button, its file chooser, and the whole page as the place to drop a file on.
#[component(OpenScript)]
pub(crate) fn open_script() -> Html {
    let labs = use_controls().labs;
    let chooser = use_node_ref();
    let on_click = use_callback(chooser.clone(), |_: MouseEvent, chooser| {
        if let Some(chooser) = chooser.cast::<HtmlInputElement>() {
            // Or the same file, chosen again, would be no change.
            chooser.set_value("");
            chooser.click();
        }
    });
    let on_choose = use_callback(labs.clone(), |event: Event, labs| {
        let chooser = event.target_dyn_into::<HtmlInputElement>();
        if let Some(file) = chooser.and_then(|chooser| chooser.files()?.get(0)) {
            open(labs.clone(), file);
        }
    });
    let on_drag = use_callback((), |event: Event, ()| event.prevent_default());
    use_window_event("dragover", on_drag);
    let on_drop = use_callback(labs, |event: Event, labs| {
        event.prevent_default();
        let event = event.dyn_into::<DragEvent>().ok();
        let data = event.and_then(|event| event.data_transfer());
        if let Some(file) = data.and_then(|data| data.files()?.get(0)) {
            open(labs.clone(), file);
        }
    });
    use_window_event("drop", on_drop);
    html! {
        <>
            { listed("open-script", IconName::Open, "Open a file", on_click) }
            <input ref={chooser} type="file" hidden=true data-testid="script-file"
                accept=".helios,.txt,.jsonl,.ndjson,.json,.log,.edn,text/plain"
                onchange={on_choose} />
        </>
    }
}

fn open(labs: Labs, file: File) {
    let name = file.name();
    if file.size() > MAX_FILE_BYTES {
        let limit = MAX_FILE_BYTES / (1024.0 * 1024.0);
        let words = format!("{name} is not opened: it is larger than {limit} MiB.");
        return labs.runner.refuse(&words);
    }
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        match text {
            Some(text) => labs.open(&name, &text),
            None => labs.runner.refuse(&format!("{name} cannot be read.")),
        }
    });
}
