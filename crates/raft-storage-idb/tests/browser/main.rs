//! The adapter against a real browser's IndexedDB, Web Locks and localStorage.
#![cfg(target_arch = "wasm32")]
// Clippy does not know these tests by their attribute.
#![allow(clippy::unwrap_used)]

mod failures;
mod ownership;
mod speed;
mod storing;

use js_sys::Promise;
use raft_core::{
    Bytes, Entry, HardState, LogIndex, Membership, NodeId, Payload, Persist, Recovered, Term,
};
use raft_storage::{Records, WriteBatch, recover};
use raft_storage_idb::Database;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn entry(index: u64, term: u64) -> Entry {
    let payload = Payload::Command(Bytes::from(format!("{index}@{term}").into_bytes()));
    Entry { index: LogIndex(index), term: Term(term), payload }
}

fn hard_state(term: u64) -> HardState {
    HardState { current_term: Term(term), voted_for: Some(NodeId(1)) }
}

fn members() -> Membership {
    Membership::new([1, 2, 3].map(NodeId))
}

/// The members of the first start, term 1 and three entries.
fn beginning() -> Persist {
    Persist {
        bootstrap: Some(members().into()),
        hard_state: Some(hard_state(1)),
        entries: (1..=3).map(|index| entry(index, 1)).collect(),
        ..Persist::default()
    }
}

fn append(index: u64) -> WriteBatch {
    WriteBatch::from_persist(&Persist {
        entries: vec![entry(index, 1)].into(),
        ..Persist::default()
    })
}

/// What one node's disk holds, read through a connection of its own.
async fn stored(name: &str, node: NodeId) -> Recovered {
    let disks = Database::open(name).await.unwrap().load().await.unwrap();
    let disk = disks.into_iter().find(|(other, _)| *other == node);
    recover(node, &disk.map_or(Records::default(), |(_, records)| records)).unwrap()
}

/// A new database with [`beginning`] on node 1.
async fn begun(name: &str) -> Database {
    Database::wipe(name).await.unwrap();
    let database = Database::open(name).await.unwrap();
    let batch = WriteBatch::from_persist(&beginning());
    database.commit(vec![(NodeId(1), batch)], Vec::new()).await.unwrap();
    database
}

/// Runs a few lines of JavaScript; `await` works in them.
async fn js(body: &str) -> JsValue {
    let promise = js_sys::eval(&format!("(async () => {{ {body} }})()")).unwrap();
    JsFuture::from(promise.unchecked_into::<Promise>()).await.unwrap()
}
