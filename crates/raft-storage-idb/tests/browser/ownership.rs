//! Several tabs, wiping, and the marker that there was a database.

use raft_storage_idb::{
    DatabaseStatus, IdbError, LockError, OwnerLock, mark_initialized, persist_storage,
    storage_report, was_initialized,
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

#[wasm_bindgen_test]
async fn a_second_owner_is_refused_until_the_first_lets_go() {
    let first = OwnerLock::acquire("owned").await.unwrap();
    // Long enough for the browser to take back a lock that nobody holds.
    js("await new Promise(done => setTimeout(done, 100))").await;
    assert_eq!(OwnerLock::acquire("owned").await.unwrap_err(), LockError::HeldElsewhere);
    let other = OwnerLock::acquire("another lab").await.unwrap();
    drop(first);
    acquire_soon("owned").await;
    drop(other);
}

/// A lock that was given up is free when the browser's other processes have heard of it.
async fn acquire_soon(name: &str) -> OwnerLock {
    for _ in 0..100 {
        if let Ok(lock) = OwnerLock::acquire(name).await {
            return lock;
        }
        js("await new Promise(done => setTimeout(done, 20))").await;
    }
    panic!("the lock {name} was never given up");
}

/// The lock of another tab, not of another call: a frame is as good as a tab.
#[wasm_bindgen_test]
async fn a_closed_tab_gives_up_its_lock() {
    js("self.frame = document.createElement('iframe');
        frame.srcdoc = '';
        await new Promise(done => { frame.onload = done; document.body.append(frame); });
        await new Promise(granted => frame.contentWindow.navigator.locks.request(
            'helios/framed', () => { granted(); return new Promise(() => {}); }));")
    .await;
    assert_eq!(OwnerLock::acquire("framed").await.unwrap_err(), LockError::HeldElsewhere);
    js("frame.remove()").await;
    acquire_soon("framed").await;
}

#[wasm_bindgen_test]
async fn without_locks_nobody_owns_a_lab() {
    js("Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true })").await;
    let result = OwnerLock::acquire("lockless").await;
    js("delete navigator.locks").await;
    assert_eq!(result.unwrap_err(), LockError::Unsupported);
}

#[wasm_bindgen_test]
async fn a_wipe_makes_open_databases_give_way() {
    let database = begun("wiped").await;
    assert!(mark_initialized("wiped"));
    let under_way = database.commit(vec![(NodeId(1), append(4))], Vec::new());
    Database::wipe("wiped").await.unwrap();
    // It began before the wipe, so it may end.
    assert_eq!(under_way.await, Ok(()));
    assert_eq!(database.status(), DatabaseStatus::Lost(IdbError::TakenOver));
    let later = database.commit(vec![(NodeId(1), append(5))], Vec::new()).await;
    assert_eq!(later, Err(IdbError::TakenOver));
    assert!(!was_initialized("wiped"));
    assert_eq!(Database::open("wiped").await.unwrap().load().await, Ok(Vec::new()));
}

#[wasm_bindgen_test]
async fn a_tab_that_does_not_give_way_is_reported() {
    js("const request = indexedDB.open('blocked', 1);
        request.onupgradeneeded = () => request.result.createObjectStore('log');
        await new Promise(done => request.onsuccess = done);
        self.stubborn = request.result;")
    .await;
    assert_eq!(Database::wipe("blocked").await, Err(IdbError::Blocked));
    js("self.stubborn.close()").await;
    // The wipe goes ahead, and what is opened after it is new.
    assert_eq!(Database::open("blocked").await.unwrap().load().await, Ok(Vec::new()));
}

#[wasm_bindgen_test]
async fn an_evicted_database_is_told_from_a_new_one() {
    assert!(!was_initialized("evicted"));
    let database = begun("evicted").await;
    assert!(mark_initialized("evicted"));
    drop(database);
    js("const request = indexedDB.deleteDatabase('evicted');
        await new Promise(done => request.onsuccess = done)")
    .await;
    assert_eq!(Database::open("evicted").await.unwrap().load().await, Ok(Vec::new()));
    assert!(was_initialized("evicted"));
    Database::wipe("evicted").await.unwrap();
    assert!(!was_initialized("evicted"));
}

#[wasm_bindgen_test]
async fn the_browser_says_how_much_is_stored() {
    begun("report").await;
    // A browser without a user to ask may say either.
    let _ = persist_storage().await;
    let report = storage_report().await;
    assert!(report.quota_bytes > Some(1 << 20), "{report:?}");
    assert!(report.usage_bytes.is_some(), "{report:?}");
}
