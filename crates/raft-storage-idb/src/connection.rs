//! Opens and deletes databases, and awaits transactions that read.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::{
    Event, IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbTransaction, IdbVersionChangeEvent,
};

use crate::error::{IdbError, describe};
use crate::schema::{VERSION, create_stores};
use crate::sys;

/// Whether opening may create a missing database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum IfMissing {
    Create,
    /// The database existed a moment ago: an empty one in its place would be a silent loss.
    Fail,
}

/// Sends one result to the future that waits for it.
struct ResultSender<T>(RefCell<Option<oneshot::Sender<Result<T, IdbError>>>>);

impl<T> ResultSender<T> {
    fn new() -> (Rc<Self>, oneshot::Receiver<Result<T, IdbError>>) {
        let (inner, receiver) = oneshot::channel();
        (Rc::new(Self(RefCell::new(Some(inner)))), receiver)
    }

    /// Gives the value back if a result was sent already, or the future is gone.
    fn send(&self, result: Result<T, IdbError>) -> Result<(), Option<T>> {
        match self.0.borrow_mut().take() {
            Some(sender) => sender.send(result).map_err(Result::ok),
            None => Err(result.ok()),
        }
    }
}

/// Opens a database.
pub(crate) async fn open(name: &str, if_missing: IfMissing) -> Result<IdbDatabase, IdbError> {
    let request = factory()?.open_with_u32(name, VERSION);
    let request = request.map_err(|error| IdbError::from_opening(&error))?;
    let (sender, result) = ResultSender::new();
    request.set_onupgradeneeded(Some(&handler({
        let sender = sender.clone();
        move |event| {
            let request: IdbOpenDbRequest = target(&event);
            if let Err(error) = upgrade(&request, &event, if_missing) {
                // Without this, the database would exist, but without its stores.
                if let Some(transaction) = request.transaction() {
                    let _ = transaction.abort();
                }
                let _ = sender.send(Err(error));
            }
        }
    })));
    request.set_onsuccess(Some(&handler({
        let sender = sender.clone();
        move |event| {
            let database = target::<IdbOpenDbRequest>(&event)
                .result()
                .map(JsCast::unchecked_into::<IdbDatabase>);
            let database = database.map_err(|error| IdbError::from_opening(&error));
            // Too late: the caller has already got an error.
            if let Err(Some(unwanted)) = sender.send(database) {
                unwanted.close();
            }
        }
    })));
    fail_on_error_or_block(&request, &sender);
    result.await.unwrap_or(Err(IdbError::Blocked))
}

/// Deletes a database. Succeeds if there is none.
pub(crate) async fn delete(name: &str) -> Result<(), IdbError> {
    let request = factory()?.delete_database(name);
    let request = request.map_err(|error| IdbError::from_opening(&error))?;
    let (sender, result) = ResultSender::new();
    request.set_onsuccess(Some(&handler({
        let sender = sender.clone();
        move |_| {
            let _ = sender.send(Ok(()));
        }
    })));
    fail_on_error_or_block(&request, &sender);
    result.await.unwrap_or(Err(IdbError::Blocked))
}

/// Awaits the end of a transaction that only reads: then its requests have their results.
pub(crate) async fn finished(transaction: &IdbTransaction) -> Result<(), IdbError> {
    let (sender, result) = ResultSender::new();
    transaction.set_oncomplete(Some(&handler({
        let sender = sender.clone();
        move |_| {
            let _ = sender.send(Ok(()));
        }
    })));
    transaction.set_onabort(Some(&handler(move |event| {
        let cause = abort_cause(&target(&event));
        let _ = sender.send(Err(IdbError::from_js(&cause)));
    })));
    result.await.unwrap_or_else(|_| Err(IdbError::Aborted { cause: "abandoned".to_owned() }))
}

/// Why a transaction was aborted.
pub(crate) fn abort_cause(transaction: &IdbTransaction) -> JsValue {
    transaction.error().map_or(JsValue::NULL, JsValue::from)
}

/// The target of an event. Handlers take it from the event: an object and a handler that refer to
/// each other are never collected.
pub(crate) fn target<T: JsCast>(event: &Event) -> T {
    event.target().expect("an event that is being dispatched has a target").unchecked_into()
}

fn factory() -> Result<IdbFactory, IdbError> {
    let factory = sys::global("indexedDB").map_err(|error| IdbError::from_opening(&error))?;
    factory.ok_or_else(|| IdbError::Unavailable { cause: "it has no IndexedDB".to_owned() })
}

fn upgrade(
    request: &IdbOpenDbRequest,
    event: &Event,
    if_missing: IfMissing,
) -> Result<(), IdbError> {
    let event: &IdbVersionChangeEvent = event.unchecked_ref();
    if event.old_version() != 0.0 {
        // There is no earlier version: this database is not ours.
        let cause = format!("its layout has the unknown version {}", event.old_version());
        return Err(IdbError::Unavailable { cause });
    }
    if if_missing == IfMissing::Fail {
        return Err(IdbError::Erased);
    }
    let database = request.result().map(JsCast::unchecked_into::<IdbDatabase>);
    database
        .and_then(|database| create_stores(&database))
        .map_err(|error| IdbError::Unavailable { cause: describe(&error) })
}

fn fail_on_error_or_block<T: 'static>(request: &IdbOpenDbRequest, sender: &Rc<ResultSender<T>>) {
    request.set_onerror(Some(&handler({
        let sender = sender.clone();
        move |event| {
            let request: IdbOpenDbRequest = target(&event);
            // Otherwise the browser reports it a second time, as an uncaught error of the page.
            event.prevent_default();
            let error = request.error().ok().flatten().map_or(JsValue::NULL, JsValue::from);
            let _ = sender.send(Err(IdbError::from_opening(&error)));
        }
    })));
    let sender = sender.clone();
    request.set_onblocked(Some(&handler(move |_| {
        let _ = sender.send(Err(IdbError::Blocked));
    })));
}

/// A function for JavaScript that lives as long as JavaScript refers to it.
fn handler(callback: impl FnMut(Event) + 'static) -> js_sys::Function {
    Closure::<dyn FnMut(Event)>::new(callback).into_js_value().unchecked_into()
}
