//! The lock of the tab that owns a lab (Web Locks).

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::error::{LockError, describe};
use crate::sys::{self, LockManager};

/// The right to use a lab. Dropping it, or closing the tab, releases it.
#[derive(Debug)]
pub struct OwnerLock {
    release: Function,
}

impl OwnerLock {
    /// Takes the lock if no other tab of this origin has it.
    ///
    /// # Errors
    /// When another tab has the lock, or the browser has no Web Locks: without a lock, two tabs
    /// could write to the same disks.
    pub async fn acquire(name: &str) -> Result<Self, LockError> {
        let manager: Option<LockManager> =
            sys::navigator("locks").map_err(|error| refused(&error))?;
        let manager = manager.ok_or(LockError::Unsupported)?;
        let (sender, answer) = oneshot::channel();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let options = sys::object("ifAvailable", &JsValue::TRUE);
        let on_answer = {
            let sender = sender.clone();
            Closure::once_into_js(move |lock: JsValue| grant(&lock, &sender))
        };
        let request = manager.request(&format!("helios/{name}"), &options, &on_answer);
        let request = request.map_err(|error| refused(&error))?;
        // The request's promise is settled when the lock is released, or rejected without a lock.
        spawn_local(async move {
            if let Err(error) = JsFuture::from(request).await
                && let Some(sender) = sender.borrow_mut().take()
            {
                let _ = sender.send(Err(refused(&error)));
            }
        });
        answer.await.unwrap_or(Err(LockError::Unsupported))
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

type Answer = RefCell<Option<oneshot::Sender<Result<OwnerLock, LockError>>>>;

/// Handles the browser's answer. The lock is held until the returned promise is resolved.
fn grant(lock: &JsValue, sender: &Answer) -> JsValue {
    let Some(sender) = sender.borrow_mut().take() else { return JsValue::UNDEFINED };
    if lock.is_null() {
        let _ = sender.send(Err(LockError::HeldElsewhere));
        return JsValue::UNDEFINED;
    }
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let release = release.expect("a promise runs its executor at once");
    // If the future is gone, the lock comes back with the error, and is dropped and released.
    drop(sender.send(Ok(OwnerLock { release })));
    held.into()
}

fn refused(error: &JsValue) -> LockError {
    LockError::Refused { cause: describe(error) }
}
