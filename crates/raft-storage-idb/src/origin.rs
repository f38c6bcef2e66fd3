//! What the browser says about storage for this site, and a marker outside the database.
//!
//! A browser short of disk space may evict a site's databases. An evicted database looks like one
//! that never was, and nodes that start empty under their old names have forgotten their votes. The
//! marker lies in `localStorage` and says that there was one. (Chromium and Firefox evict a site as a
//! whole, marker included; then there is nothing that could tell. [`persist_storage`] asks for not
//! being evicted at all.)

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Storage, StorageEstimate, StorageManager};

use crate::sys;

/// How much the site stores, and how safe it is from eviction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StorageReport {
    /// Bytes in use, about.
    pub usage_bytes: Option<u64>,
    /// Bytes that may be used, about.
    pub quota_bytes: Option<u64>,
    /// Whether the browser has promised not to evict the site.
    pub is_persistent: bool,
}

/// Whether a database of this name has existed, as far as the marker says.
///
/// If so, and [`Database::load`](crate::Database::load) finds nothing, it was evicted.
pub fn was_initialized(name: &str) -> bool {
    let value = local_storage().and_then(|storage| storage.get_item(&marker(name)).ok().flatten());
    value.is_some()
}

/// Leaves the marker. False if the browser does not let us; then eviction goes unnoticed.
pub fn mark_initialized(name: &str) -> bool {
    local_storage().is_some_and(|storage| storage.set_item(&marker(name), "1").is_ok())
}

/// Takes the marker away: the database is deleted on purpose.
pub fn forget_initialized(name: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.remove_item(&marker(name));
    }
}

/// Asks the browser not to evict this site; whether it agrees. It may ask the user.
pub async fn persist_storage() -> bool {
    match manager() {
        Some(manager) => is_true(manager.persist()).await,
        None => false,
    }
}

/// How much is stored. What the browser does not tell is absent.
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

/// Absent in workers; asking for it throws when site data is forbidden.
fn local_storage() -> Option<Storage> {
    sys::global("localStorage").ok().flatten()
}

/// Absent outside secure contexts.
fn manager() -> Option<StorageManager> {
    sys::navigator("storage").ok().flatten()
}
