//! What one stream watches, and what it tells. Nothing here waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use etcd_api::etcdserverpb as api;
use etcd_api::etcdserverpb::watch_create_request::FilterType;
use etcd_api::mvccpb;
use prost::Message;
use raft_mvcc::{Change, ChangeKind, ChangesQuery, Error, KeyRange, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::MAX_REQUEST_BYTES;
use crate::api::convert;

/// An answer has about so many bytes of events at most, or one revision.
const ANSWER_BYTES: usize = 1 << 20;

/// The id of no watch, and of all watches of a stream.
const NO_WATCH: i64 = -1;

/// The watches of a stream, by their ids.
#[derive(Debug)]
pub(super) struct Watches {
    by_id: BTreeMap<i64, OneWatch>,
    /// Where the search for an id begins.
    next_id: i64,
    limit: usize,
    free: Arc<Semaphore>,
    /// The client waits to be told how far all watches are.
    progress_requested: bool,
}

#[derive(Debug)]
struct OneWatch {
    range: KeyRange,
    /// All before this revision is told.
    next_revision: i64,
    leave_out: Vec<ChangeKind>,
    prev_kv: bool,
    fragment: bool,
    progress_notify: bool,
    /// Events were told since the last time that it was to be told how far it is.
    told: bool,
    _permit: OwnedSemaphorePermit,
}

impl Watches {
    pub(super) fn new(limit: usize, free: Arc<Semaphore>) -> Self {
        let by_id = BTreeMap::new();
        Self { by_id, next_id: 0, limit, free, progress_requested: false }
    }

    pub(super) fn ids(&self) -> Vec<i64> {
        self.by_id.keys().copied().collect()
    }

    /// Begins a watch at a revision of the store, and answers the request.
    pub(super) fn create(
        &mut self,
        request: api::WatchCreateRequest,
        revision: i64,
    ) -> api::WatchResponse {
        let created = api::WatchResponse { created: true, ..answer(NO_WATCH, revision) };
        match self.begin(request, revision) {
            Ok(id) => api::WatchResponse { watch_id: id, ..created },
            Err(reason) => {
                api::WatchResponse { canceled: true, cancel_reason: reason.to_owned(), ..created }
            }
        }
    }

    fn begin(
        &mut self,
        request: api::WatchCreateRequest,
        revision: i64,
    ) -> Result<i64, &'static str> {
        if self.by_id.len() >= self.limit {
            return Err("helios: this stream has too many watches");
        }
        let Ok(permit) = self.free.clone().try_acquire_owned() else {
            return Err("helios: this node has too many watches");
        };
        let id = self.id(request.watch_id)?;
        let leave_out = request.filters().map(|filter| match filter {
            FilterType::Noput => ChangeKind::Put,
            FilterType::Nodelete => ChangeKind::Delete,
        });
        let watch = OneWatch {
            leave_out: leave_out.collect(),
            next_revision: match request.start_revision {
                ..=0 => revision + 1,
                start => start,
            },
            prev_kv: request.prev_kv,
            fragment: request.fragment,
            progress_notify: request.progress_notify,
            told: false,
            range: range(request.key, request.range_end)?,
            _permit: permit,
        };
        self.by_id.insert(id, watch);
        Ok(id)
    }

    /// The wanted id, or the next free one for 0.
    fn id(&mut self, wanted: i64) -> Result<i64, &'static str> {
        if wanted != 0 {
            let is_free = wanted > 0 && !self.by_id.contains_key(&wanted);
            let words = "mvcc: duplicate watch ID provided on the WatchStream";
            return is_free.then_some(wanted).ok_or(words);
        }
        while self.by_id.contains_key(&self.next_id) {
            self.next_id += 1;
        }
        self.next_id += 1;
        Ok(self.next_id - 1)
    }

    /// Ends a watch. There is no answer if it has ended already.
    pub(super) fn cancel(&mut self, id: i64, revision: i64) -> Option<api::WatchResponse> {
        self.by_id.remove(&id)?;
        Some(api::WatchResponse { canceled: true, ..answer(id, revision) })
    }

    /// Whether some watch was not told all up to a revision.
    pub(super) fn are_behind(&self, revision: i64) -> bool {
        self.by_id.values().any(|watch| watch.next_revision <= revision)
    }

    /// The next answers to a watch, if it is behind: some of what it lacks, or its end.
    pub(super) fn read(&mut self, id: i64, store: &Store) -> Vec<api::WatchResponse> {
        let Some(watch) = self.by_id.get_mut(&id) else { return Vec::new() };
        if watch.next_revision > store.revision() {
            return Vec::new();
        }
        let query = ChangesQuery {
            from_revision: watch.next_revision,
            range: watch.range.clone(),
            prev_kv: watch.prev_kv,
            max_bytes: ANSWER_BYTES,
        };
        match store.changes(&query) {
            Ok(changes) => {
                watch.next_revision = changes.next_revision;
                let wanted = |change: &Change| !watch.leave_out.contains(&change.kind);
                let events: Vec<_> =
                    changes.changes.into_iter().filter(wanted).map(event).collect();
                watch.told |= !events.is_empty();
                // What a client takes as told is never more than it was told.
                let told = answer(id, changes.next_revision - 1);
                if watch.fragment { fragments(told, events) } else { whole(told, events) }
            }
            Err(error) => {
                self.by_id.remove(&id);
                vec![ended(id, store.revision(), &error)]
            }
        }
    }

    /// The client asks how far all watches are.
    pub(super) fn request_progress(&mut self) {
        self.progress_requested = true;
    }

    /// The answer to that, when every watch was told all up to this revision.
    pub(super) fn requested_progress(&mut self, revision: i64) -> Option<api::WatchResponse> {
        if self.are_behind(revision) || !std::mem::take(&mut self.progress_requested) {
            return None;
        }
        Some(answer(NO_WATCH, revision))
    }

    /// How far the watches are that want to be told from time to time, and were told nothing since
    /// the last time.
    pub(super) fn progress(&mut self, revision: i64) -> Vec<api::WatchResponse> {
        let wanting = self.by_id.iter_mut().filter(|(_, watch)| watch.progress_notify);
        let silent = wanting.filter_map(|(id, watch)| {
            let was_told = std::mem::take(&mut watch.told);
            (!was_told && watch.next_revision > revision).then_some(*id)
        });
        silent.map(|id| answer(id, revision)).collect()
    }
}

/// An answer as of a revision. The rest of its header is completed when it is sent.
fn answer(id: i64, revision: i64) -> api::WatchResponse {
    let header = api::ResponseHeader { revision, ..api::ResponseHeader::default() };
    api::WatchResponse { header: Some(header), watch_id: id, ..api::WatchResponse::default() }
}

fn ended(id: i64, revision: i64, error: &Error) -> api::WatchResponse {
    let compact_revision =
        if let Error::Compacted { compact_revision } = error { *compact_revision } else { 0 };
    api::WatchResponse {
        canceled: true,
        compact_revision,
        cancel_reason: error.to_string(),
        ..answer(id, revision)
    }
}

/// The keys of a watch. As in etcd, an empty key means the smallest one.
fn range(key: Bytes, range_end: Bytes) -> Result<KeyRange, &'static str> {
    let key = if key.is_empty() { Bytes::from_static(b"\0") } else { key };
    match range_end[..] {
        [] | [0] => {}
        _ if range_end <= key => return Err("mvcc: watcher range is empty"),
        _ => {}
    }
    Ok(KeyRange::new(key, range_end))
}

fn event(change: Change) -> mvccpb::Event {
    let kind = match change.kind {
        ChangeKind::Put => mvccpb::event::EventType::Put,
        ChangeKind::Delete => mvccpb::event::EventType::Delete,
    };
    mvccpb::Event {
        r#type: kind.into(),
        kv: Some(convert::key_value(change.kv)),
        prev_kv: change.prev_kv.map(convert::key_value),
    }
}

fn whole(told: api::WatchResponse, events: Vec<mvccpb::Event>) -> Vec<api::WatchResponse> {
    if events.is_empty() { Vec::new() } else { vec![api::WatchResponse { events, ..told }] }
}

/// Answers with the events, each of at most [`MAX_REQUEST_BYTES`] unless one event is larger. All
/// but the last say that more follows.
fn fragments(told: api::WatchResponse, events: Vec<mvccpb::Event>) -> Vec<api::WatchResponse> {
    let mut answers: Vec<api::WatchResponse> = Vec::new();
    let mut bytes = usize::MAX;
    for event in events {
        let length = event.encoded_len();
        bytes = bytes.saturating_add(length);
        if bytes > MAX_REQUEST_BYTES {
            answers.push(told.clone());
            bytes = length;
        }
        answers.last_mut().expect("the first event began an answer").events.push(event);
    }
    let before_last = answers.len().saturating_sub(1);
    answers[..before_last].iter_mut().for_each(|answer| answer.fragment = true);
    answers
}

#[cfg(test)]
mod tests;
