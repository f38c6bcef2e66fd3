use raft_mvcc::{Command, DeleteRange, Operation, Put, Txn, TxnOperation};

use super::*;

/// A store, and how many entries it has applied.
#[derive(Default)]
struct Log(Store);

impl Log {
    fn apply(&mut self, operation: Operation) {
        let response = self.0.execute(self.0.applied() + 1, &Command::new(operation));
        response.result.unwrap();
    }

    fn put(&mut self, key: &str, value: &str) {
        self.apply(Operation::Put(put(key, value)));
    }

    fn delete(&mut self, key: &str) {
        let delete = DeleteRange { key: key.to_owned().into(), ..DeleteRange::default() };
        self.apply(Operation::DeleteRange(delete));
    }

    fn revision(&self) -> i64 {
        self.0.revision()
    }
}

fn put(key: &str, value: &str) -> Put {
    Put { key: key.to_owned().into(), value: value.to_owned().into(), ..Put::default() }
}

fn watches() -> Watches {
    Watches::new(100, Arc::new(Semaphore::new(1000)))
}

fn request(key: &str, range_end: &str) -> api::WatchCreateRequest {
    let (key, range_end) = (key.to_owned().into(), range_end.to_owned().into());
    api::WatchCreateRequest { key, range_end, ..api::WatchCreateRequest::default() }
}

/// The id of a new watch.
fn begin(watches: &mut Watches, request: api::WatchCreateRequest, revision: i64) -> i64 {
    let created = watches.create(request, revision);
    assert!(created.created && !created.canceled, "{created:?}");
    created.watch_id
}

fn refusal(watches: &mut Watches, request: api::WatchCreateRequest) -> String {
    let refused = watches.create(request, 1);
    assert!(refused.created && refused.canceled && refused.watch_id == NO_WATCH, "{refused:?}");
    refused.cancel_reason
}

/// All that a watch is told until it is told all, as `+key` and `-key`.
fn told(watches: &mut Watches, id: i64, store: &Store) -> String {
    let mut words = Vec::new();
    while watches.are_behind(store.revision()) {
        for answer in watches.read(id, store) {
            words.extend(answer.events.into_iter().map(|event| {
                let sign = if event.r#type() == mvccpb::event::EventType::Put { '+' } else { '-' };
                format!("{sign}{}", String::from_utf8_lossy(&event.kv.unwrap().key))
            }));
        }
    }
    words.join(" ")
}

#[test]
fn a_watch_is_told_the_changes_of_its_keys() {
    let mut log = Log::default();
    log.put("a", "1");
    let ranges = [("a", ""), ("a", "c"), ("b", "\0"), ("", "\0"), ("c", "")];
    let mut told_of = Vec::new();
    let mut each: Vec<Watches> = ranges.iter().map(|_| watches()).collect();
    for (watches, (key, end)) in each.iter_mut().zip(ranges) {
        begin(watches, request(key, end), log.revision());
    }
    for key in ["a", "b", "d"] {
        log.put(key, "2");
    }
    log.delete("b");
    for watches in &mut each {
        told_of.push(told(watches, 0, &log.0));
    }
    assert_eq!(told_of, ["+a", "+a +b -b", "+b +d -b", "+a +b +d -b", ""]);
}

#[test]
fn a_watch_begins_where_it_is_told_to() {
    let mut log = Log::default();
    for key in ["a", "b", "c", "d"] {
        log.put(key, "");
    }
    let from = |start_revision| {
        let mut watches = watches();
        let request = api::WatchCreateRequest { start_revision, ..request("", "\0") };
        begin(&mut watches, request, log.revision());
        watches
    };
    assert_eq!(told(&mut from(1), 0, &log.0), "+a +b +c +d");
    assert_eq!(told(&mut from(4), 0, &log.0), "+c +d");
    assert_eq!(told(&mut from(0), 0, &log.0), "");
    let mut later = from(7);
    log.put("e", "");
    assert_eq!(told(&mut later, 0, &log.0), "", "it begins one later");
    log.put("f", "");
    assert_eq!(told(&mut later, 0, &log.0), "+f");
}

#[test]
fn filters_and_previous_values() {
    let mut log = Log::default();
    log.put("a", "1");
    let mut watches = watches();
    let no_put = api::WatchCreateRequest {
        filters: vec![FilterType::Noput.into()],
        prev_kv: true,
        ..request("a", "")
    };
    let no_delete =
        api::WatchCreateRequest { filters: vec![FilterType::Nodelete.into()], ..request("a", "") };
    begin(&mut watches, no_put, log.revision());
    begin(&mut watches, no_delete, log.revision());
    log.put("a", "2");
    log.delete("a");
    let of_first = watches.read(0, &log.0);
    let [event] = &of_first[0].events[..] else { panic!("{of_first:?}") };
    assert_eq!(event.prev_kv.as_ref().unwrap().value, "2");
    let of_second = watches.read(1, &log.0);
    let [event] = &of_second[0].events[..] else { panic!("{of_second:?}") };
    assert_eq!((event.kv.as_ref().unwrap().value.clone(), &event.prev_kv), ("2".into(), &None));
}

#[test]
fn ids_are_chosen_and_kept() {
    let mut watches = watches();
    let with_id = |watch_id| api::WatchCreateRequest { watch_id, ..request("a", "") };
    let ids = [0, 2, 0, 0].map(|id| begin(&mut watches, with_id(id), 1));
    assert_eq!(ids, [0, 2, 1, 3]);
    let twice = "mvcc: duplicate watch ID provided on the WatchStream";
    assert_eq!(refusal(&mut watches, with_id(2)), twice);
    assert_eq!(refusal(&mut watches, with_id(-1)), twice, "-1 is the id of none");
    assert!(watches.cancel(2, 1).unwrap().canceled);
    assert_eq!(watches.cancel(2, 1), None);
    assert_eq!(begin(&mut watches, with_id(2), 1), 2);
    assert_eq!(refusal(&mut watches, request("b", "a")), "mvcc: watcher range is empty");
}

#[test]
fn watches_have_a_limit_in_a_stream_and_in_a_node() {
    let free = Arc::new(Semaphore::new(3));
    let mut first = Watches::new(2, free.clone());
    let mut second = Watches::new(2, free);
    begin(&mut first, request("a", ""), 1);
    begin(&mut first, request("a", ""), 1);
    assert_eq!(refusal(&mut first, request("a", "")), "helios: this stream has too many watches");
    begin(&mut second, request("a", ""), 1);
    assert_eq!(refusal(&mut second, request("a", "")), "helios: this node has too many watches");
    first.cancel(0, 1);
    begin(&mut second, request("a", ""), 1);
    drop(second);
    begin(&mut first, request("a", ""), 1);
}

#[test]
fn a_watch_from_before_a_compaction_ends() {
    let mut log = Log::default();
    for value in ["1", "2", "3"] {
        log.put("a", value);
    }
    log.delete("a");
    log.apply(Operation::Compact { revision: 5 });
    let mut watches = watches();
    let from = |start_revision| api::WatchCreateRequest { start_revision, ..request("a", "") };
    let early = begin(&mut watches, from(4), log.revision());
    let at = begin(&mut watches, from(5), log.revision());
    let [ended] = &watches.read(early, &log.0)[..] else { panic!() };
    assert_eq!((ended.watch_id, ended.canceled, ended.compact_revision), (early, true, 5));
    assert!(watches.read(early, &log.0).is_empty(), "it has ended");
    assert_eq!(told(&mut watches, at, &log.0), "-a", "the deletion is not lost");
}

#[test]
fn a_header_never_says_more_than_was_told() {
    let mut log = Log::default();
    let mut watches = watches();
    begin(&mut watches, request("", "\0"), log.revision());
    let large = "v".repeat(ANSWER_BYTES / 3);
    for _ in 0..10 {
        log.put("a", &large);
    }
    let (mut last, mut answers) = (1, 0);
    while watches.are_behind(log.revision()) {
        assert_eq!(watches.requested_progress(log.revision()), None);
        watches.request_progress();
        for answer in watches.read(0, &log.0) {
            for event in &answer.events {
                last += 1;
                assert_eq!(event.kv.as_ref().unwrap().mod_revision, last, "none is left out");
            }
            assert_eq!(answer.header.unwrap().revision, last);
            answers += 1;
        }
    }
    assert!(answers > 2, "{answers}");
    let progress = watches.requested_progress(log.revision()).unwrap();
    assert_eq!((progress.watch_id, progress.header.unwrap().revision), (NO_WATCH, last));
    assert_eq!(watches.requested_progress(log.revision()), None, "it is said once");
}

#[test]
fn progress_is_told_to_silent_watches_that_want_it() {
    let mut log = Log::default();
    let mut watches = watches();
    let wanting = api::WatchCreateRequest { progress_notify: true, ..request("a", "") };
    begin(&mut watches, wanting, log.revision());
    begin(&mut watches, request("a", ""), log.revision());
    let ids = |answers: Vec<api::WatchResponse>| -> Vec<i64> {
        answers.iter().map(|answer| answer.watch_id).collect()
    };
    assert_eq!(ids(watches.progress(log.revision())), [0]);
    log.put("a", "1");
    assert!(watches.progress(log.revision()).is_empty(), "it is behind");
    watches.read(0, &log.0);
    assert!(watches.progress(log.revision()).is_empty(), "it was told something just now");
    assert_eq!(ids(watches.progress(log.revision())), [0]);
}

#[test]
fn fragments_have_a_size_and_all_but_the_last_say_so() {
    let mut log = Log::default();
    let mut watches = watches();
    let fragmented = api::WatchCreateRequest { fragment: true, ..request("", "\0") };
    begin(&mut watches, fragmented, log.revision());
    begin(&mut watches, request("", "\0"), log.revision());
    let value = "v".repeat(MAX_REQUEST_BYTES / 4);
    let puts = (0..10).map(|key| TxnOperation::Put(put(&format!("k{key}"), &value)));
    log.apply(Operation::Txn(Txn { success: puts.collect(), ..Txn::default() }));
    let fragments = watches.read(0, &log.0);
    let sizes: Vec<usize> = fragments.iter().map(|answer| answer.events.len()).collect();
    assert_eq!(sizes, [3, 3, 3, 1]);
    let marks: Vec<bool> = fragments.iter().map(|answer| answer.fragment).collect();
    assert_eq!(marks, [true, true, true, false]);
    assert!(fragments.iter().all(|answer| answer.header.unwrap().revision == 2));
    let [whole] = &watches.read(1, &log.0)[..] else { panic!() };
    assert_eq!((whole.events.len(), whole.fragment), (10, false));
}
