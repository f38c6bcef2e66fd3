//! In a real browser: durable labs over IndexedDB, the JavaScript face, and the same runs as
//! natively.
#![cfg(target_arch = "wasm32")]

mod common;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use raft_core::{LogIndex, NodeId};
use raft_lab::{DurableState, ExecResult, Lab, MemberRole, OpenError, Opened};
use raft_sim::{NodeState, Setup};
use raft_storage::{RecordBytes, RecordKey, Records, Write, WriteBatch};
use raft_storage_idb::{Database, OwnerLock};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const FRAME: Duration = Duration::from_millis(16);
const BUDGET: Duration = Duration::from_millis(20);

/// Lets the browser do something else.
async fn breathe() {
    let promise = Promise::new(&mut |resolve, _| {
        let window = web_sys::window().expect("a page has a window");
        window.request_animation_frame(&resolve).expect("a page has frames");
    });
    JsFuture::from(promise).await.expect("nothing rejects it");
}

async fn open(name: &str) -> Opened {
    let setup = Setup { seed: 8, ..Setup::default() };
    Lab::open(name, setup).await.expect("the browser has IndexedDB")
}

/// A lab that nobody has used before.
async fn fresh(name: &str) -> Lab {
    Lab::wipe(name).await.expect("it can be wiped");
    let Opened { lab, recovered, .. } = open(name).await;
    assert_eq!(recovered, None, "it is new");
    lab
}

/// Carries out a line to its end; what came of it.
async fn exec(lab: &mut Lab, line: &str) -> ExecResult {
    let heard = Rc::new(RefCell::new(None));
    let listener = heard.clone();
    lab.exec_then(line, move |outcome| *listener.borrow_mut() = Some(outcome));
    lab.set_speed(f64::INFINITY);
    lab.set_running(true);
    for _ in 0..2000 {
        // A page asks for each frame.
        lab.frame();
        if let Some(outcome) = heard.borrow_mut().take() {
            return outcome;
        }
        lab.tick(FRAME, BUDGET);
        breathe().await;
    }
    panic!("no end of `{line}`: {:?}", lab.frame().view.headline);
}

async fn set(lab: &mut Lab, key: &str) {
    let result = exec(lab, &format!("set {key}=1")).await;
    let ExecResult::Answered(answer) = result else { panic!("{result:?}") };
    assert!(answer.is_ok(), "{answer}");
}

#[wasm_bindgen_test]
async fn five_nodes_elect_and_commit_in_a_durable_lab_and_come_back() {
    let mut lab = fresh("come-back").await;
    for key in ["a", "b", "c"] {
        set(&mut lab, key).await;
    }
    let crashed = lab.session().world().leader().expect("somebody answered");
    exec(&mut lab, &format!("crash {crashed}")).await;
    set(&mut lab, "d").await;
    assert!(matches!(lab.durable(), DurableState::Durable { error: None, .. }));
    drop(lab);

    let Opened { mut lab, recovered, .. } = open("come-back").await;
    let report = recovered.expect("there is something to recover");
    assert_eq!(report.runs, 1);
    assert_eq!(report.nodes.len(), 5);
    let found = report.nodes.iter().map(|node| node.found.as_ref().expect("it is sound"));
    assert!(found.filter(|disk| disk.keys == 4).count() >= 3, "{report}");
    let crashed = lab.session().world().node(crashed).expect("it is one of the five");
    assert_eq!(crashed.state(), NodeState::Running, "power is back");
    exec(&mut lab, "set last=1").await;
    exec(&mut lab, "expect converged within 10s").await;
    for node in lab.session().world().nodes() {
        let store = node.store().expect("it runs");
        for key in ["a", "b", "c", "d", "last"] {
            assert!(store.get(key.as_bytes()).is_some(), "{key} on node {}", node.id());
        }
    }
    assert_eq!(lab.session().checks().violation(), None);
    let script = lab.export();
    assert!(script.starts_with("cluster nodes=5 "), "{script}");
    assert!(script.lines().next().is_some_and(|line| line.contains(" run=1")), "{script}");
    let hash = lab.session().world().trace_hash();
    assert_eq!(common_replay(&script), hash, "the export replays, recovered disks included");
}

fn common_replay(script: &str) -> u64 {
    let mut replay = Lab::play(script).expect("an export is a script");
    replay.set_speed(f64::INFINITY);
    while replay.pacing().running {
        replay.tick(FRAME, BUDGET);
    }
    replay.session().world().trace_hash()
}

/// The page never lets go of the event loop here, so no transaction can complete.
#[wasm_bindgen_test]
async fn the_clock_waits_for_indexeddb() {
    let mut lab = fresh("stall").await;
    lab.set_speed(f64::INFINITY);
    lab.exec("run until leader");
    for _ in 0..20 {
        lab.tick(FRAME, BUDGET);
    }
    assert!(lab.is_storing());
    let steps = lab.session().world().steps();
    let woken = Rc::new(Cell::new(false));
    let wake = woken.clone();
    lab.on_progress(Some(Rc::new(move || wake.set(true))));
    while lab.is_storing() {
        assert_eq!(lab.session().world().steps(), steps);
        lab.tick(FRAME, BUDGET);
        breathe().await;
    }
    assert!(woken.get());
    lab.set_running(true);
    lab.tick(FRAME, BUDGET);
    assert!(lab.session().world().steps() > steps);
}

#[wasm_bindgen_test]
async fn the_order_of_events_does_not_depend_on_indexeddb() {
    let mut durable = fresh("order").await;
    let mut scratch = Lab::scratch(durable.session().world().setup().clone()).expect("it is valid");
    scratch.set_speed(f64::INFINITY);
    for lab in [&mut durable, &mut scratch] {
        lab.set_speed(f64::INFINITY);
        for line in ["run until leader", "set x=1", "crash leader", "run 1s", "restart all"] {
            lab.exec(line);
            while lab.pacing().running {
                lab.tick(FRAME, BUDGET);
                breathe().await;
            }
        }
    }
    let hash = |lab: &Lab| lab.session().world().trace_hash();
    assert_eq!(hash(&durable), hash(&scratch));
}

#[wasm_bindgen_test]
async fn a_second_owner_is_told() {
    let _lab = fresh("owned").await;
    let second = Lab::open("owned", Setup::default()).await;
    assert_eq!(second.expect_err("one owner at a time"), OpenError::HeldElsewhere);
    assert_eq!(Lab::wipe("owned").await, Err(OpenError::HeldElsewhere));
}

#[wasm_bindgen_test]
async fn a_damaged_disk_is_told_and_its_node_does_not_start() {
    let mut lab = fresh("damaged").await;
    set(&mut lab, "x").await;
    exec(&mut lab, "expect converged within 10s").await;
    drop(lab);
    {
        let _lock = lock("damaged").await;
        let database = Database::open("damaged").await.expect("it is there");
        let writes = vec![Write::Delete { key: RecordKey::Entry(LogIndex(1)) }];
        let batches = vec![(NodeId(2), WriteBatch { writes })];
        database.commit(batches, Vec::new()).await.expect("it is stored");
    }
    let Opened { mut lab, recovered, .. } = open("damaged").await;
    let report = recovered.expect("there is something to recover");
    assert_eq!(report.damaged().collect::<Vec<_>>(), [NodeId(2)]);
    assert!(report.to_string().contains("node 2: entry 1 is missing"), "{report}");
    let node = lab.session().world().node(NodeId(2)).expect("it is one of the five");
    assert_eq!(node.state(), NodeState::Refused);
    set(&mut lab, "y").await;
    let headline = lab.frame().view.headline.to_string();
    assert!(headline.contains("node 2 refuses to start"), "{headline}");
}

#[wasm_bindgen_test]
async fn a_transaction_that_fails_stops_the_lab_and_nothing_is_acknowledged() {
    let mut lab = fresh("failing").await;
    set(&mut lab, "before").await;
    js_sys::eval(
        "{ const original = IDBTransaction.prototype.commit;
           IDBTransaction.prototype.commit = function () {
               IDBTransaction.prototype.commit = original;
               this.abort();
           } }",
    )
    .expect("it is JavaScript");
    lab.exec("set lost=1");
    while lab.pacing().running {
        lab.tick(FRAME, BUDGET);
        breathe().await;
    }
    let DurableState::Durable { error: Some(error), .. } = lab.durable() else {
        panic!("{:?}", lab.durable())
    };
    assert!(error.contains("refused to store"), "{error}");
    let is_answered = |key: &str, lab: &Lab| {
        let words = format!("set {key}=1 → ok");
        lab.frame().lab.console.iter().any(|line| line.words.to_string().contains(&words))
    };
    assert!(is_answered("before", &lab) && !is_answered("lost", &lab));
    drop(lab);
    let Opened { mut lab, .. } = open("failing").await;
    let result = exec(&mut lab, "get before").await;
    let ExecResult::Answered(answer) = result else { panic!("{result:?}") };
    assert!(answer.to_string().contains("value 1"), "{answer}");
}

/// The past of a run is dear, the disks are dearer.
#[wasm_bindgen_test]
async fn a_past_that_cannot_be_kept_does_not_stop_the_lab() {
    let mut lab = fresh("keeping").await;
    set(&mut lab, "a").await;
    js_sys::eval(
        "{ const original = IDBObjectStore.prototype.put;
           globalThis.mend = () => { IDBObjectStore.prototype.put = original; };
           IDBObjectStore.prototype.put = function (value, key) {
               if (key === 'run' || key === 'earlier runs') {
                   throw new DOMException('no room', 'QuotaExceededError');
               }
               return original.call(this, value, key);
           } }",
    )
    .expect("it is JavaScript");
    assert!(lab.keep_durably().is_some());
    for _ in 0..20 {
        breathe().await;
    }
    set(&mut lab, "b").await;
    assert_eq!(lab.durable(), DurableState::Durable { unsaved: 0, error: None });
    drop(lab);
    let Opened { mut lab, warnings, .. } = open("keeping").await;
    assert!(warnings.iter().any(|words| words.contains("does not keep")), "{warnings:?}");
    set(&mut lab, "c").await;
    js_sys::eval("mend()").expect("it is JavaScript");
}

#[wasm_bindgen_test]
async fn a_server_that_joined_comes_back() {
    let mut lab = fresh("joined").await;
    set(&mut lab, "a").await;
    exec(&mut lab, "add 6 as learner").await;
    exec(&mut lab, "expect value 6 a=1 within 10s").await;
    drop(lab);

    let Opened { mut lab, recovered, .. } = open("joined").await;
    let report = recovered.expect("there is something to recover");
    assert_eq!(report.nodes.len(), 6, "{report}");
    assert_eq!(lab.frame().view.member_role(NodeId(6)), MemberRole::Learner);
    set(&mut lab, "b").await;
    exec(&mut lab, "promote 6").await;
    let outcome = exec(&mut lab, "expect voters 1 2 3 4 5 6 within 10s").await;
    assert!(matches!(outcome, ExecResult::Done(_)), "{outcome:?}");
    let outcome = exec(&mut lab, "expect value 6 b=1 within 10s").await;
    assert!(matches!(outcome, ExecResult::Done(_)), "{outcome:?}");
    assert_eq!(lab.session().checks().violation(), None);
    assert_eq!(common_replay(&lab.export()), lab.session().world().trace_hash());
}

#[wasm_bindgen_test]
async fn a_lab_of_an_earlier_version_is_refused_and_left_alone() {
    let mut lab = fresh("earlier").await;
    set(&mut lab, "x").await;
    drop(lab);
    let stored = {
        let _lock = lock("earlier").await;
        let database = Database::open("earlier").await.expect("it is there");
        let disks = database.load().await.expect("it can be read");
        let batch = |records: &Records| {
            let put = |(key, record): (RecordKey, &RecordBytes)| {
                let mut record = record.to_vec();
                record[0] = 1;
                Write::Put { key, record: record.into() }
            };
            WriteBatch { writes: records.iter().map(put).collect() }
        };
        let batches = disks.iter().map(|(node, records)| (*node, batch(records))).collect();
        database.commit(batches, Vec::new()).await.expect("it is stored");
        database.load().await.expect("it can be read")
    };
    let error = Lab::open("earlier", Setup::default()).await.expect_err("nobody can read it");
    assert!(matches!(error, OpenError::Unreadable(_)), "{error:?}");
    let words = error.to_string();
    assert!(words.contains("earlier version of Helios"), "{words}");
    let _lock = lock("earlier").await;
    let database = Database::open("earlier").await.expect("it is there");
    assert_eq!(database.load().await.expect("it can be read"), stored, "nothing was changed");
}

async fn lock(name: &str) -> OwnerLock {
    loop {
        if let Ok(lock) = OwnerLock::acquire(name).await {
            return lock;
        }
        breathe().await;
    }
}

#[wasm_bindgen_test]
async fn an_evicted_lab_says_so() {
    let lab = fresh("evicted").await;
    drop(lab);
    let lock = lock("evicted").await;
    Database::wipe("evicted").await.expect("nobody has it open");
    raft_storage_idb::mark_initialized("evicted");
    drop(lock);
    let Opened { recovered, warnings, .. } = open("evicted").await;
    assert_eq!(recovered, None);
    assert!(
        warnings.iter().any(|words| words.contains("has deleted the stored lab")),
        "{warnings:?}"
    );
}

#[wasm_bindgen_test]
fn the_trace_hashes_are_the_native_ones() {
    common::check_trace_hashes();
}

/// Calls a method of `window.helios`.
fn helios(name: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    let window = web_sys::window().expect("a page has a window");
    let helios = Reflect::get(&window, &"helios".into()).expect("it can be read");
    let method = Reflect::get(&helios, &name.into()).expect("it can be read");
    method.unchecked_into::<Function>().call1(&helios, argument)
}

fn field(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).expect("it is an object")
}

#[wasm_bindgen_test]
async fn scripts_drive_the_lab_through_window_helios() {
    let lab = Lab::scratch(Setup::default()).expect("the defaults are within bounds");
    let lab = Rc::new(RefCell::new(lab));
    let changes = Rc::new(Cell::new(0));
    let counter = changes.clone();
    raft_lab::install(lab.clone(), Rc::new(move || counter.set(counter.get() + 1)))
        .expect("a page has a window");

    helios("setSpeed", &f64::INFINITY.into()).expect("it is a speed");
    let events = js_sys::Array::new();
    let listener = Function::new_with_args("event", "this.push(event)").bind0(&events);
    let stop = helios("onEvent", &listener).expect("it is a function");
    let answer = {
        let promise = helios("exec", &"set x=1".into()).expect("it is text");
        helios("setRunning", &true.into()).expect("nothing forbids it");
        settle(&lab, promise).await.expect("the cluster answers")
    };
    assert_eq!(field(&answer, "ok"), JsValue::TRUE);
    assert!(field(&answer, "attempts").as_f64().is_some_and(|attempts| attempts >= 1.0));
    assert!(field(&answer, "redirects").is_array());
    let promise = helios("exec", &"get x".into()).expect("it is text");
    let answer = settle(&lab, promise).await.expect("the cluster answers");
    assert_eq!(field(&answer, "value"), JsValue::from_str("1"));

    let promise = helios("exec", &"crash seven".into()).expect("it is text");
    let error = settle(&lab, promise).await.expect_err("it makes no sense");
    assert!(error.is_instance_of::<js_sys::Error>());
    let words = field(&error, "message").as_string().expect("errors have messages");
    assert!(words.contains('^'), "{words}");

    let state = helios("state", &JsValue::UNDEFINED).expect("the lab is free");
    let (view, rest) = (field(&state, "view"), field(&state, "lab"));
    assert!(field(&view, "now").as_f64().is_some_and(|clock| clock > 0.0));
    assert_eq!(field(&field(&rest, "pacing"), "speed").as_f64(), Some(f64::INFINITY));
    let node = field(&field(&view, "nodes"), "0");
    assert_eq!(field(&node, "id").as_f64(), Some(1.0));
    assert_eq!(field(&node, "state").as_string().as_deref(), Some("running"));
    let store = field(&field(&field(&view, "stores"), "nodes"), "0");
    assert!(field(&store, "values").is_object());
    let script = helios("export", &JsValue::UNDEFINED).expect("the lab is free");
    assert!(script.as_string().is_some_and(|script| script.contains("set x=1")));

    assert!(events.length() > 10, "events arrive");
    let first = events.get(0);
    assert!(field(&first, "words").is_array() && field(&first, "kind").is_string());
    stop.unchecked_into::<Function>().call0(&JsValue::UNDEFINED).expect("it ends");
    let heard = events.length();
    let promise = helios("exec", &"crash 1".into()).expect("it is text");
    settle(&lab, promise).await.expect("node 1 runs");
    assert_eq!(events.length(), heard);
    assert!(changes.get() >= 6);
}

/// Lets time pass until a promise is settled.
async fn settle(lab: &Rc<RefCell<Lab>>, promise: JsValue) -> Result<JsValue, JsValue> {
    let result = Rc::new(RefCell::new(None));
    let into = result.clone();
    wasm_bindgen_futures::spawn_local(async move {
        let settled = JsFuture::from(promise.unchecked_into::<Promise>()).await;
        *into.borrow_mut() = Some(settled);
    });
    loop {
        if let Some(settled) = result.borrow_mut().take() {
            return settled;
        }
        lab.borrow_mut().tick(FRAME, BUDGET);
        breathe().await;
    }
}
