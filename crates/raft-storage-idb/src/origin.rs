//! The browser's storage for this site, and a marker outside the database.
//!
//! A browser short of disk space may evict a site's databases. An evicted database looks like one
//! that never existed, and nodes that start empty under their old ids have forgotten their votes.
//! The marker in `localStorage` tells that the database existed. (Chromium and Firefox evict a
//! whole site, marker included, which cannot be detected. [`persist_storage`] asks the browser not
//! to evict the site.)

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Storage, StorageEstimate, StorageManager};

use crate::sys;

/// The site's use of storage, and whether the browser may evict it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StorageReport {
    /// Bytes in use, approximately; `None` if the browser does not tell.
    pub usage_bytes: Option<u64>,
    /// Bytes that may be used, approximately; `None` if the browser does not tell.
    pub quota_bytes: Option<u64>,
    /// Whether the browser has promised not to evict the site.
    pub is_persistent: bool,
}

/// Whether the marker tells that a database of this name existed.
///
/// If so, and [`Database::load`](crate::Database::load) finds nothing, it was evicted.
pub fn was_initialized(name: &str) -> bool {
    let value = local_storage().and_then(|storage| storage.get_item(&marker(name)).ok().flatten());
    value.is_some()
}

/// Sets the marker. False if the browser refuses; then eviction cannot be detected.
pub fn mark_initialized(name: &str) -> bool {
    local_storage().is_some_and(|storage| storage.set_item(&marker(name), "1").is_ok())
}

/// Removes the marker: the database is deleted on purpose.
pub fn forget_initialized(name: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.remove_item(&marker(name));
    }
}

/// Asks the browser not to evict this site, and returns its answer. The browser may ask the user.
pub async fn persist_storage() -> bool {
    match manager() {
        Some(manager) => is_true(manager.persist()).await,
        None => false,
    }
}

/// The site's use of storage.
pub async fn storage_report() -> StorageReport {
    let Some(manager) = manager() else { return StorageReport::default() };
    let is_persistent = is_true(manager.persisted()).await;
    let estimate = settle(manager.estimate()).await.map(StorageEstimate::from);
    let bytes = |number: f64| number as u64;
    StorageReport {
        usage_bytes: estimate.as_ref().and_then(StorageEstimate::get_usage).map(bytes),
        quota_bytes: estimate.as_ref().and_then(StorageEstimate::get_quota).map(bytes),
        is_persistent,
    }
}

async fn is_true(promise: Result<Promise, JsValue>) -> bool {
    settle(promise).await.is_some_and(|value| value.is_truthy())
}

async fn settle(promise: Result<Promise, JsValue>) -> Option<JsValue> {
    JsFuture::from(promise.ok()?).await.ok()
}

fn marker(name: &str) -> String {
    format!("helios/{name}/initialized")
}

/// `None` in workers, and when the user has forbidden site data: reading it then throws.
fn local_storage() -> Option<Storage> {
    sys::global("localStorage").ok().flatten()
}

/// `None` outside secure contexts.
fn manager() -> Option<StorageManager> {
    sys::navigator("storage").ok().flatten()
}
