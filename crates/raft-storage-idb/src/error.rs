//! What can go wrong between a page and its database.

use core::fmt;

use raft_core::NodeId;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

/// Why the database did not do what was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum IdbError {
    /// There is no IndexedDB here, or the browser does not let the page use it.
    Unavailable {
        /// What the browser says.
        cause: String,
    },
    /// The origin has used up its storage.
    QuotaExceeded,
    /// Another tab keeps the database open and does not let go of it.
    Blocked,
    /// A newer version of this program has changed the layout of the database.
    VersionTooNew,
    /// The transaction was aborted: nothing of it is stored.
    Aborted {
        /// What the browser says.
        cause: String,
    },
    /// The connection broke and could not be restored.
    ConnectionLost {
        /// What the browser says.
        cause: String,
    },
    /// The database was deleted while it was in use, by the user or by the browser.
    Erased,
    /// Another tab deletes or upgrades the database, and we made way.
    TakenOver,
    /// The database holds something that this program does not write.
    Foreign {
        /// The object store.
        store: &'static str,
        /// Its key, as JavaScript prints it.
        key: String,
    },
    /// A number is too large for a key.
    NumberTooLarge {
        /// Whose write it was.
        node: NodeId,
        /// The number.
        number: u64,
    },
}

/// Why this tab does not own the lab.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LockError {
    /// Another tab owns it.
    HeldElsewhere,
    /// The browser has no Web Locks, or not for this page.
    Unsupported,
    /// The browser refuses.
    Refused {
        /// What the browser says.
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
        match Self::from_js(error) {
            // Private windows of some browsers, and forbidden site data.
            Self::Aborted { cause } => Self::Unavailable { cause },
            known => known,
        }
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

impl fmt::Display for IdbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { cause } => write!(
                f,
                "this browser does not let the page store anything ({cause}): allow site data, or \
                 leave the private window; until then, use a scratch lab"
            ),
            Self::QuotaExceeded => f.write_str(
                "the browser's storage for this site is full: wipe a lab that is no longer \
                 needed, or free disk space, then reload",
            ),
            Self::Blocked => f.write_str(
                "another tab keeps this lab's database open: close that tab, then reload",
            ),
            Self::VersionTooNew => f.write_str(
                "this lab was stored by a newer version of the program: reload without the \
                 browser's cache to get that version",
            ),
            Self::Aborted { cause } => write!(
                f,
                "the browser refused to store a write ({cause}); nothing after it was stored: \
                 reload to go on from what is"
            ),
            Self::ConnectionLost { cause } => write!(
                f,
                "the connection to the browser's database broke ({cause}): reload to go on from \
                 what is stored; if that does not help, restart the browser"
            ),
            Self::Erased => f.write_str(
                "the browser's database was deleted while the lab was running (site data \
                 cleared?): export what you need, then start a new lab",
            ),
            Self::TakenOver => f.write_str(
                "another tab wiped or upgraded this lab: reload to see what is there now",
            ),
            Self::Foreign { store, key } => write!(
                f,
                "the database holds what this program does not write (store {store}, key {key}): \
                 wipe the lab"
            ),
            Self::NumberTooLarge { node, number } => write!(
                f,
                "node {node} wants to write under the number {number}, and numbers end at 2^53 - 1 \
                 in a browser's database: wipe the node and add it as a new one"
            ),
        }
    }
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeldElsewhere => f.write_str(
                "this lab is open in another tab: go on there, or close that tab and reload; a \
                 scratch lab works here meanwhile",
            ),
            Self::Unsupported => f.write_str(
                "the browser has no Web Locks for this page, so two tabs could damage a lab: open \
                 the page over https or from localhost; a scratch lab works here meanwhile",
            ),
            Self::Refused { cause } => write!(
                f,
                "the browser does not let this page own a lab ({cause}): allow site data; a \
                 scratch lab works here meanwhile"
            ),
        }
    }
}

impl core::error::Error for IdbError {}
impl core::error::Error for LockError {}
