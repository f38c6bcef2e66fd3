//! Long work in workers of the page: the same program in another thread.
//!
//! A worker has one job. It starts this program with the compiled module of the page, so nothing
//! is downloaded twice, carries the job out, and sends its reports. Who drops a [`Worker`] ends
//! it, whatever it does.

use js_sys::{Object, Reflect, Uint8Array};
use raft_jobs::{Job, Report};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::{
    DedicatedWorkerGlobalScope, ErrorEvent, HtmlLinkElement, MessageEvent, WorkerOptions,
    WorkerType,
};

/// The file that starts the program in a worker, beside the program.
const FILE: &str = "worker.js";

const NO_PROGRAM: &str = "this page does not say where its program is";

/// A worker that carries out a job. It ends when this is dropped.
pub(crate) struct Worker {
    worker: web_sys::Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Worker {
    /// Starts a worker, and calls `hear` with each of its reports.
    ///
    /// # Errors
    /// In words, if the browser starts none.
    pub(crate) fn start(
        job: &Job,
        hear: impl Fn(Report) + Clone + 'static,
    ) -> Result<Self, String> {
        let program = program().ok_or(NO_PROGRAM)?;
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let file = beside_program(FILE)?;
        let worker = web_sys::Worker::new_with_options(&file, &options).map_err(words)?;
        let on_message = {
            let hear = hear.clone();
            Closure::new(move |event: MessageEvent| hear(report(&event.data())))
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let on_error = Closure::new(move |event: ErrorEvent| {
            let why = match event.message() {
                why if why.is_empty() => format!("{FILE} cannot be loaded"),
                why => why,
            };
            hear(Report::Failed(why));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let order = Object::new();
        let job = Uint8Array::from(&job.to_bytes()[..]);
        let members = [
            ("program", JsValue::from(program)),
            ("module", wasm_bindgen::module()),
            ("job", job.into()),
        ];
        for (name, value) in members {
            Reflect::set(&order, &name.into(), &value).map_err(words)?;
        }
        worker.post_message(&order).map_err(words)?;
        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// The number of workers that share long work: one for each core but the page's, at most four.
pub(crate) fn count() -> usize {
    let cores = web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency());
    (cores as usize).saturating_sub(1).clamp(1, 4)
}

/// The address of the program's JavaScript part, which Trunk has the page preload.
fn program() -> Option<String> {
    let document = web_sys::window()?.document()?;
    let link = document.query_selector("link[rel=modulepreload]").ok()??;
    Some(link.dyn_into::<HtmlLinkElement>().ok()?.href())
}

/// The address of a file beside the program. An error is in words.
pub(crate) fn beside_program(path: &str) -> Result<String, String> {
    let program = program().ok_or(NO_PROGRAM)?;
    let (folder, _) = program.rsplit_once('/').ok_or(NO_PROGRAM)?;
    Ok(format!("{folder}/{path}"))
}

/// A report of a worker: bytes, or why it failed.
fn report(data: &JsValue) -> Report {
    match data.dyn_ref::<Uint8Array>() {
        Some(bytes) => raft_jobs::read(&bytes.to_vec()).unwrap_or_else(Report::Failed),
        None => Report::Failed(words(data.clone())),
    }
}

fn words(error: JsValue) -> String {
    error.as_string().unwrap_or_else(|| format!("{error:?}"))
}

/// The job of this program, if it runs in a worker.
pub(crate) fn job() -> Option<Vec<u8>> {
    let worker = worker_scope()?;
    let job = Reflect::get(&worker, &"job".into()).ok()?;
    Some(job.dyn_ref::<Uint8Array>()?.to_vec())
}

/// Carries out the job of this program, once the part that can has loaded.
pub(crate) fn carry_out(job: Vec<u8>) {
    std::panic::set_hook(Box::new(|info| post(&info.to_string().into())));
    spawn_local(async move {
        match jobs().await {
            // The page hears at least that the program has stopped.
            Err(error) => post(&error.to_string().into()),
            Ok(carry_out) => {
                carry_out(&job, &mut |bytes| post(&Uint8Array::from(&bytes[..]).into()))
            }
        }
    });
}

/// Carries out a job, and calls the second argument with each report.
type CarryOut = fn(&[u8], &mut dyn FnMut(Vec<u8>));

/// The part of the program that carries out jobs: only workers load it.
#[wasm_split(jobs, fallible)]
fn jobs() -> Result<CarryOut, SplitLoaderError> {
    Ok(raft_jobs::carry_out)
}

fn post(data: &JsValue) {
    if let Some(worker) = worker_scope() {
        // It fails only when the worker is being ended.
        let _ = worker.post_message(data);
    }
}

fn worker_scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}
