//! What the layout costs. Prints, and judges nothing: a machine under load is slow at everything.

use raft_storage::{RecordBytes, RecordKey, Write};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::*;

const ROUNDS: u64 = 40;
const ENTRIES: u64 = 100;

/// Milliseconds a commit, for batches made by `batch`.
async fn time(database: &Database, batch: impl Fn(u64) -> WriteBatch) -> f64 {
    let start = js_sys::Date::now();
    for round in 0..ROUNDS {
        database.commit(vec![(NodeId(1), batch(round))], Vec::new()).await.unwrap();
    }
    (js_sys::Date::now() - start) / ROUNDS as f64
}

#[wasm_bindgen_test]
async fn one_record_an_entry_is_measured_against_packed_entries() {
    let database = begun("speed").await;
    let record = RecordBytes::from(vec![7; 200]);
    let packed = RecordBytes::from(vec![7; 200 * ENTRIES as usize]);
    let put = |index, record: &RecordBytes| Write::Put {
        key: RecordKey::Entry(LogIndex(index)),
        record: record.clone(),
    };
    let single =
        time(&database, |round| WriteBatch { writes: vec![put(1000 + round, &record)] }).await;
    let many = time(&database, |round| {
        let indices = 10_000 + round * ENTRIES..10_000 + (round + 1) * ENTRIES;
        WriteBatch { writes: indices.map(|index| put(index, &record)).collect() }
    })
    .await;
    let one = time(&database, |round| WriteBatch { writes: vec![put(100_000 + round, &packed)] });
    let one = one.await;
    console_log!(
        "a strict commit of 200 bytes: {single:.2} ms; of {ENTRIES} such entries as records of \
         their own: {many:.2} ms; packed into one record: {one:.2} ms"
    );
}
