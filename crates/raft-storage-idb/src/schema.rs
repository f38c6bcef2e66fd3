//! The object stores and their keys.

use js_sys::{Array, Uint8Array};
use raft_core::{LogIndex, NodeId};
use raft_storage::{RecordBytes, RecordKey, Write};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbKeyRange, IdbObjectStore, IdbTransaction};

use crate::IdbError;

/// The layout's version: raised when the stores or their keys change.
pub(crate) const VERSION: u32 = 1;

pub(crate) const LOG: &str = "log";
pub(crate) const META: &str = "meta";
pub(crate) const SNAPSHOT: &str = "snapshot";
pub(crate) const INFO: &str = "info";
/// All object stores.
pub(crate) const STORES: [&str; 4] = [LOG, META, SNAPSHOT, INFO];

/// The names of the records in the store `meta`.
const META_NAMES: [(RecordKey, &str); 7] = [
    (RecordKey::HardState, "hard_state"),
    (RecordKey::HardStateCopy, "hard_state_copy"),
    (RecordKey::SnapshotMark, "snapshot_mark"),
    (RecordKey::LogEnd, "log_end"),
    (RecordKey::InUse, "in_use"),
    (RecordKey::Bootstrap, "bootstrap"),
    (RecordKey::BootstrapCopy, "bootstrap_copy"),
];

/// The largest integer that JavaScript represents exactly, with all below it.
const LARGEST_NUMBER: u64 = (1 << 53) - 1;

/// Creates the stores of a new database.
pub(crate) fn create_stores(database: &IdbDatabase) -> Result<(), JsValue> {
    for name in STORES {
        database.create_object_store(name)?;
    }
    Ok(())
}

/// Requests an info, in a transaction that has at least their store.
pub(crate) fn put_info(
    transaction: &IdbTransaction,
    key: &str,
    value: &[u8],
) -> Result<(), IdbError> {
    let store = transaction.object_store(INFO).map_err(|error| IdbError::from_js(&error))?;
    put(&store, key, value)
}

fn put(store: &IdbObjectStore, key: &str, value: &[u8]) -> Result<(), IdbError> {
    let request = store.put_with_key(&bytes(value), &key.into());
    request.map(drop).map_err(|error| IdbError::from_js(&error))
}

/// The stores of one transaction.
pub(crate) struct Stores {
    log: IdbObjectStore,
    meta: IdbObjectStore,
    snapshot: IdbObjectStore,
    info: IdbObjectStore,
}

impl Stores {
    pub(crate) fn of(transaction: &IdbTransaction) -> Result<Self, JsValue> {
        Ok(Self {
            log: transaction.object_store(LOG)?,
            meta: transaction.object_store(META)?,
            snapshot: transaction.object_store(SNAPSHOT)?,
            info: transaction.object_store(INFO)?,
        })
    }

    /// Requests a write. The transaction's end shows whether it succeeded.
    pub(crate) fn apply(&self, node: NodeId, write: &Write) -> Result<(), IdbError> {
        let request = match write {
            Write::Put { key, record } => {
                let (store, place) = self.place(node, *key)?;
                store.put_with_key(&bytes(record), &place)
            }
            Write::Delete { key } => {
                let (store, place) = self.place(node, *key)?;
                store.delete(&place)
            }
            Write::DeleteFiles => self.snapshot.delete(&pairs(node, 0, LARGEST_NUMBER)?),
            Write::DeleteEntries { from, through } => match entries(node, *from, *through)? {
                Some(range) => self.log.delete(&range),
                None => return Ok(()),
            },
        };
        request.map(drop).map_err(|error| IdbError::from_js(&error))
    }

    pub(crate) fn put_info(&self, key: &str, value: &[u8]) -> Result<(), IdbError> {
        put(&self.info, key, value)
    }

    fn place(&self, node: NodeId, key: RecordKey) -> Result<(&IdbObjectStore, JsValue), IdbError> {
        let node_number = number(node, node.0)?;
        let pair = |second: JsValue| JsValue::from(Array::of2(&node_number, &second));
        Ok(match key {
            RecordKey::Entry(index) => (&self.log, pair(number(node, index.0)?)),
            RecordKey::Snapshot => (&self.snapshot, node_number),
            RecordKey::SnapshotFile(handle) => (&self.snapshot, pair(number(node, handle)?)),
            RecordKey::HardState
            | RecordKey::HardStateCopy
            | RecordKey::SnapshotMark
            | RecordKey::LogEnd
            | RecordKey::InUse
            | RecordKey::Bootstrap
            | RecordKey::BootstrapCopy => {
                let named = META_NAMES.iter().find(|(other, _)| *other == key);
                let (_, name) = named.expect("every record of `meta` has a name");
                (&self.meta, pair((*name).into()))
            }
        })
    }
}

/// A range of a node's log; `None` if it is empty.
fn entries(node: NodeId, from: LogIndex, through: LogIndex) -> Result<Option<JsValue>, IdbError> {
    let through = through.0.min(LARGEST_NUMBER);
    if from.0 > through {
        return Ok(None);
    }
    pairs(node, from.0, through).map(Some)
}

/// The keys of a node with these numbers.
fn pairs(node: NodeId, from: u64, through: u64) -> Result<JsValue, IdbError> {
    let key = |second| Ok(Array::of2(&number(node, node.0)?, &number(node, second)?).into());
    let (lower, upper): (JsValue, JsValue) = (key(from)?, key(through)?);
    let range = IdbKeyRange::bound(&lower, &upper);
    range.map(Into::into).map_err(|error| IdbError::from_js(&error))
}

fn number(node: NodeId, number: u64) -> Result<JsValue, IdbError> {
    if number > LARGEST_NUMBER {
        return Err(IdbError::NumberTooLarge { node, number });
    }
    Ok(JsValue::from_f64(number as f64))
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

/// The record that a key of a store belongs to: the inverse of `Stores::place`.
pub(crate) fn read_place(
    store: &'static str,
    key: &JsValue,
) -> Result<(NodeId, RecordKey), IdbError> {
    let place = match store {
        SNAPSHOT => match read_number(key) {
            Some(node) => Some((NodeId(node), RecordKey::Snapshot)),
            None => read_pair(key).and_then(|(node, handle)| {
                Some((NodeId(node), RecordKey::SnapshotFile(read_number(&handle)?)))
            }),
        },
        META => read_pair(key).and_then(|(node, name)| {
            let name = name.as_string()?;
            let (key, _) = META_NAMES.iter().find(|(_, other)| **other == name)?;
            Some((NodeId(node), *key))
        }),
        _ => read_pair(key).and_then(|(node, index)| {
            Some((NodeId(node), RecordKey::Entry(LogIndex(read_number(&index)?))))
        }),
    };
    place.ok_or_else(|| IdbError::Foreign { store, key: format!("{key:?}") })
}

/// The bytes of a value. A value of another type gives an empty record, which recovery reports.
pub(crate) fn read_record(value: &JsValue) -> RecordBytes {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default().into()
}

fn read_pair(key: &JsValue) -> Option<(u64, JsValue)> {
    let pair = key.dyn_ref::<Array>().filter(|pair| pair.length() == 2)?;
    Some((read_number(&pair.get(0))?, pair.get(1)))
}

fn read_number(value: &JsValue) -> Option<u64> {
    let number = value.as_f64()?;
    let is_whole = number.fract() == 0.0 && (0.0..=LARGEST_NUMBER as f64).contains(&number);
    is_whole.then_some(number as u64)
}
