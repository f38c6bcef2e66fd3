//! What goes wrong is told, and leaves no hole.

use std::cell::RefCell;
use std::rc::Rc;

use raft_storage_idb::{DatabaseStatus, IdbError};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

/// Makes the browser do this to the next transaction instead of committing it.
async fn instead_of_commit(body: &str) {
    js(&format!(
        "const original = IDBTransaction.prototype.commit;
         IDBTransaction.prototype.commit = function () {{
             IDBTransaction.prototype.commit = original;
             {body}
         }};"
    ))
    .await;
}

#[wasm_bindgen_test]
async fn an_aborted_transaction_leaves_nothing_and_nothing_comes_after_it() {
    let database = begun("aborted").await;
    let lost = Rc::new(RefCell::new(Vec::new()));
    database.on_lost({
        let lost = lost.clone();
        move |error| lost.borrow_mut().push(error.clone())
    });
    instead_of_commit("this.abort()").await;
    let change = Persist {
        hard_state: Some(hard_state(2)),
        truncate_from: Some(LogIndex(1)),
        entries: vec![entry(1, 2)].into(),
        ..Persist::default()
    };
    let batch = WriteBatch::from_persist(&change);
    let aborted = database.commit(vec![(NodeId(1), batch)], Vec::new());
    let behind = database.commit(vec![(NodeId(1), append(4))], Vec::new());
    let error = aborted.await.unwrap_err();
    assert!(matches!(error, IdbError::Aborted { .. }), "{error:?}");
    assert_eq!(behind.await, Err(error.clone()));
    // A write that comes after a failed one would leave a hole.
    let later = database.commit(vec![(NodeId(1), append(4))], Vec::new()).await;
    assert_eq!(later, Err(error.clone()));
    assert_eq!(database.status(), DatabaseStatus::Lost(error.clone()));
    assert_eq!(*lost.borrow(), [error]);
    assert_eq!(stored("aborted", NodeId(1)).await.entries, beginning().entries.to_vec());
}

#[wasm_bindgen_test]
async fn a_full_disk_is_told() {
    let database = begun("quota").await;
    js("const original = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function () {
            IDBObjectStore.prototype.put = original;
            throw new DOMException('full', 'QuotaExceededError');
        };")
    .await;
    let result = database.commit(vec![(NodeId(1), append(4))], Vec::new()).await;
    assert_eq!(result, Err(IdbError::QuotaExceeded));
    assert_eq!(stored("quota", NodeId(1)).await.entries, beginning().entries.to_vec());
}

#[wasm_bindgen_test]
async fn a_number_that_javascript_cannot_hold_is_refused_and_nothing_is_stored() {
    let database = begun("number").await;
    let batches = vec![(NodeId(1), append(4)), (NodeId(1), append(1 << 53))];
    let result = database.commit(batches, Vec::new()).await;
    assert_eq!(result, Err(IdbError::NumberTooLarge { node: NodeId(1), number: 1 << 53 }));
    assert_eq!(stored("number", NodeId(1)).await.entries, beginning().entries.to_vec());
}

#[wasm_bindgen_test]
async fn a_lost_connection_is_opened_again_and_nothing_is_missing() {
    let database = begun("reopened").await;
    instead_of_commit("this.db.close(); this.abort()").await;
    let commits: Vec<_> = (4..=6)
        .map(|index| database.commit(vec![(NodeId(1), append(index))], Vec::new()))
        .collect();
    for commit in commits {
        assert_eq!(commit.await, Ok(()));
    }
    assert_eq!(database.status(), DatabaseStatus::Open);
    assert_eq!(stored("reopened", NodeId(1)).await.entries.len(), 6);
}

/// Remembers the connection that the next transaction is made on, as `self.connection`.
async fn remember_connection() {
    js("const original = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...args) {
            IDBDatabase.prototype.transaction = original;
            self.connection = this;
            return original.apply(this, args);
        };")
    .await;
}

#[wasm_bindgen_test]
async fn a_connection_that_closes_by_itself_is_opened_again() {
    let database = begun("closed").await;
    remember_connection().await;
    database.load().await.unwrap();
    js("self.connection.close(); self.connection.dispatchEvent(new Event('close'))").await;
    database.commit(vec![(NodeId(1), append(4))], Vec::new()).await.unwrap();
    assert_eq!(stored("closed", NodeId(1)).await.entries.len(), 4);
}

#[wasm_bindgen_test]
async fn a_connection_that_breaks_again_at_once_is_given_up() {
    let database = begun("broken").await;
    js("const original = IDBTransaction.prototype.commit;
        let left = 2;
        IDBTransaction.prototype.commit = function () {
            if (--left == 0) IDBTransaction.prototype.commit = original;
            this.db.close(); this.abort();
        };")
    .await;
    let result = database.commit(vec![(NodeId(1), append(4))], Vec::new()).await;
    assert!(matches!(result, Err(IdbError::ConnectionLost { .. })), "{result:?}");
    assert_eq!(stored("broken", NodeId(1)).await.entries.len(), 3);
}

/// "Clear site data" closes the connection and deletes the database. To open an empty one in its
/// place and to write on would be a log without a beginning.
#[wasm_bindgen_test]
async fn a_database_that_was_deleted_is_not_replaced_by_an_empty_one() {
    let database = begun("erased").await;
    remember_connection().await;
    database.load().await.unwrap();
    js("self.connection.close();
        const request = indexedDB.deleteDatabase('erased');
        await new Promise(done => request.onsuccess = done);
        self.connection.dispatchEvent(new Event('close'))")
    .await;
    let result = database.commit(vec![(NodeId(1), append(4))], Vec::new()).await;
    assert_eq!(result, Err(IdbError::Erased));
    let names = js("return (await indexedDB.databases()).map(d => d.name).join()").await;
    let names = names.as_string().unwrap();
    assert!(!names.split(',').any(|name| name == "erased"), "{names}");
}

/// What opening says when the global `indexedDB` is like this.
async fn open_with(descriptor: &str) -> Result<Database, IdbError> {
    js(&format!(
        "self.original = Object.getOwnPropertyDescriptor(self, 'indexedDB');
         Object.defineProperty(self, 'indexedDB', {{ configurable: true, {descriptor} }})"
    ))
    .await;
    let result = Database::open("unavailable").await;
    js("Object.defineProperty(self, 'indexedDB', self.original)").await;
    result
}

#[wasm_bindgen_test]
async fn without_indexed_db_the_page_is_told() {
    let missing = open_with("value: undefined").await;
    assert!(matches!(missing, Err(IdbError::Unavailable { .. })), "{missing:?}");
    let throw = "throw new DOMException('forbidden', 'SecurityError')";
    let forbidden = open_with(&format!("get() {{ {throw} }}")).await;
    assert!(matches!(forbidden, Err(IdbError::Unavailable { .. })), "{forbidden:?}");
    let private = open_with(&format!("value: {{ open() {{ {throw} }} }}")).await;
    assert!(matches!(private, Err(IdbError::Unavailable { .. })), "{private:?}");
    Database::open("unavailable").await.unwrap();
}

#[wasm_bindgen_test]
async fn a_database_of_a_newer_program_is_left_alone() {
    js("const request = indexedDB.open('newer', 99);
        await new Promise(done => request.onsuccess = done);
        request.result.close()")
    .await;
    let result = Database::open("newer").await;
    assert_eq!(result.unwrap_err(), IdbError::VersionTooNew);
}
