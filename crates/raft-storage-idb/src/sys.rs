//! Bindings that `web-sys` has only in its unstable configuration, and access to globals that may
//! be missing or may throw.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbTransaction};

use crate::schema::STORES;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = IdbDatabase)]
    type DatabaseWithOptions;

    /// The overload with options: <https://www.w3.org/TR/IndexedDB/#dom-idbdatabase-transaction>.
    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction_with_options(
        this: &DatabaseWithOptions,
        stores: &JsValue,
        mode: &str,
        options: &Object,
    ) -> Result<IdbTransaction, JsValue>;

    #[wasm_bindgen(extends = IdbTransaction)]
    type CommittableTransaction;

    /// <https://www.w3.org/TR/IndexedDB/#dom-idbtransaction-commit>
    #[wasm_bindgen(method, catch)]
    fn commit(this: &CommittableTransaction) -> Result<(), JsValue>;

    /// Web Locks: <https://www.w3.org/TR/web-locks/#api-lock-manager>.
    pub(crate) type LockManager;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        callback: &JsValue,
    ) -> Result<Promise, JsValue>;
}

/// A read-write transaction over all stores that is flushed to the medium before it is complete.
///
/// With the default, relaxed durability, `complete` means only that the operating system has the
/// data: a power failure could still lose it.
pub(crate) fn strict_transaction(database: &IdbDatabase) -> Result<IdbTransaction, JsValue> {
    let database: &DatabaseWithOptions = database.unchecked_ref();
    let options = object("durability", &JsValue::from_str("strict"));
    database.transaction_with_options(&store_names(), "readwrite", &options)
}

/// Commits a transaction without waiting for the results of its requests.
pub(crate) fn commit(transaction: &IdbTransaction) -> Result<(), JsValue> {
    transaction.unchecked_ref::<CommittableTransaction>().commit()
}

/// The names of all stores, as a transaction wants them.
pub(crate) fn store_names() -> JsValue {
    STORES.iter().map(|name| JsValue::from_str(name)).collect::<js_sys::Array>().into()
}

/// An object with one property.
pub(crate) fn object(name: &str, value: &JsValue) -> Object {
    let object = Object::new();
    Reflect::set(&object, &name.into(), value).expect("a new object takes any property");
    object
}

/// A property of the global object of a page or a worker; `None` if it is missing. Reading some of
/// them throws when the user has forbidden storage.
pub(crate) fn global<T: JsCast>(name: &str) -> Result<Option<T>, JsValue> {
    property(&js_sys::global(), name)
}

/// A property of `navigator`.
pub(crate) fn navigator<T: JsCast>(name: &str) -> Result<Option<T>, JsValue> {
    match global::<JsValue>("navigator")? {
        Some(navigator) => property(&navigator, name),
        None => Ok(None),
    }
}

fn property<T: JsCast>(object: &JsValue, name: &str) -> Result<Option<T>, JsValue> {
    let value = Reflect::get(object, &name.into())?;
    let is_there = !value.is_undefined() && !value.is_null();
    Ok(is_there.then(|| value.unchecked_into()))
}
