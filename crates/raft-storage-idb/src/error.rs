//! Errors between a page and its database. Each says what to do next.

use raft_core::NodeId;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

/// Why an operation of the database failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IdbError {
    /// There is no IndexedDB here, or the browser does not let the page use it.
    #[error(
        "this browser does not let the page store anything ({cause}): allow site data, or \
         leave the private window; until then, use a lab in memory"
    )]
    Unavailable {
        /// The browser's words.
        cause: String,
    },
    /// The origin has used up its storage.
    #[error(
        "the browser's storage for this site is full: wipe a lab that is no longer needed, or \
         free disk space, then reload"
    )]
    QuotaExceeded,
    /// Another tab keeps the database open.
    #[error("another tab keeps this lab's database open: close that tab, then reload")]
    Blocked,
    /// A newer version of this program has changed the layout of the database.
    #[error(
        "a newer version of the program stored this lab: reload without the browser's cache \
         to get that version"
    )]
    VersionTooNew,
    /// The transaction was aborted: nothing of it is stored.
    #[error(
        "the browser refused to store a write ({cause}), and nothing after it was stored: \
         reload to continue from the stored state"
    )]
    Aborted {
        /// The browser's words.
        cause: String,
    },
    /// The connection broke and could not be restored.
    #[error(
        "the connection to the browser's database broke ({cause}): reload to continue from \
         the stored state; if that does not help, restart the browser"
    )]
    ConnectionLost {
        /// The browser's words.
        cause: String,
    },
    /// The database was deleted while it was in use, by the user or by the browser.
    #[error(
        "the browser's database was deleted while the lab was running (site data cleared?): \
         copy the script if you need it, then start a new lab"
    )]
    Erased,
    /// Another tab deletes or upgrades the database, so this one closed it.
    #[error("another tab wiped or upgraded this lab: reload to see its present state")]
    TakenOver,
    /// The database holds something that this program does not write.
    #[error(
        "the database holds a record that this program does not write (store {store}, key \
         {key}): wipe the lab"
    )]
    Foreign {
        /// The object store.
        store: &'static str,
        /// Its key, as JavaScript prints it.
        key: String,
    },
    /// A number is too large for a key.
    #[error(
        "node {node} cannot write under the number {number}: numbers in a browser's database \
         end at 2^53 - 1; wipe the node and add it as a new one"
    )]
    NumberTooLarge {
        /// The node that wrote.
        node: NodeId,
        /// A node, index or offset above 2^53 - 1.
        number: u64,
    },
}

/// Why this tab does not own the lab.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LockError {
    /// Another tab owns it.
    #[error(
        "this lab is open in another tab: use that tab, or close it and reload; a lab in \
         memory works here meanwhile"
    )]
    HeldElsewhere,
    /// The browser has no Web Locks, or not for this page.
    #[error(
        "the browser has no Web Locks for this page, so two tabs could damage a lab: open the \
         page over https or from localhost; a lab in memory works here meanwhile"
    )]
    Unsupported,
    /// The browser refuses.
    #[error(
        "the browser does not let this page own a lab ({cause}): allow site data; a lab in \
         memory works here meanwhile"
    )]
    Refused {
        /// The browser's words.
        cause: String,
    },
}

impl IdbError {
    /// From what a call throws, or a request or transaction reports, while the database is in use.
    pub(crate) fn from_js(error: &JsValue) -> Self {
        match name(error).as_deref() {
            Some("QuotaExceededError") => Self::QuotaExceeded,
            Some("VersionError") => Self::VersionTooNew,
            _ => Self::Aborted { cause: describe(error) },
        }
    }

    /// From what happens when the database is opened or deleted.
    pub(crate) fn from_opening(error: &JsValue) -> Self {
        let error = Self::from_js(error);
        // Private windows of some browsers, and forbidden site data.
        if let Self::Aborted { cause } = error { Self::Unavailable { cause } } else { error }
    }
}

/// Whether the error says that the connection is closed.
pub(crate) fn is_closed_connection(error: &JsValue) -> bool {
    name(error).as_deref() == Some("InvalidStateError")
}

/// An error in the browser's words.
pub(crate) fn describe(error: &JsValue) -> String {
    if let Some(exception) = error.dyn_ref::<DomException>() {
        return format!("{}: {}", exception.name(), exception.message());
    }
    if let Some(error) = error.dyn_ref::<js_sys::Error>() {
        return String::from(error.to_string());
    }
    if error.is_null() || error.is_undefined() {
        return "no cause given".to_owned();
    }
    format!("{error:?}")
}

fn name(error: &JsValue) -> Option<String> {
    error.dyn_ref::<DomException>().map(DomException::name)
}
