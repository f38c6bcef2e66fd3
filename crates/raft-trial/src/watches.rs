//! Watches: what they tell, and whether it is all that happened, in order and once.

use std::collections::BTreeMap;
use std::time::Duration;

use raft_client::api;
use raft_client::{Client, ClientError, Event, Watch};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::random::Random;
use crate::scene::Scene;

/// A change of a key, as a watch told it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    pub(crate) revision: i64,
    pub(crate) key: String,
    /// The new value, [`short`]; `None` if the key was deleted.
    pub(crate) value: Option<String>,
    pub(crate) version: i64,
    pub(crate) create_revision: i64,
}

/// What one watch told, from a revision on.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) who: String,
    pub(crate) from: i64,
    pub(crate) changes: Vec<Change>,
    /// Why it ended, if it ended by itself.
    pub(crate) error: Option<String>,
}

/// The names for [`Random`].
const NAME: u64 = 2000;

/// A watch that tells nothing for so long at the end of a trial misses something.
const STALLS: Duration = Duration::from_secs(20);

impl Told {
    pub(crate) fn new(who: String, from: i64) -> Self {
        Self { who, from, changes: Vec::new(), error: None }
    }

    /// The last revision that it told.
    fn last(&self) -> i64 {
        self.changes.last().map_or(self.from - 1, |change| change.revision)
    }

    /// Takes what comes next. Returns whether the watch goes on.
    fn take(&mut self, next: Option<Result<raft_client::WatchEvents, ClientError>>) -> bool {
        match next {
            Some(Ok(events)) => {
                self.changes.extend(events.events.iter().map(Change::of));
                true
            }
            Some(Err(error)) => {
                self.error = Some(error.to_string());
                false
            }
            None => false,
        }
    }
}

impl Change {
    fn of(event: &Event) -> Self {
        let kv = event.kv.clone().unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let is_put = event.r#type == 0;
        Self {
            revision: kv.mod_revision,
            key: text(&kv.key),
            value: is_put.then(|| short(&kv.value)),
            version: kv.version,
            create_revision: kv.create_revision,
        }
    }
}

/// A value as text. A long one is its length and its hash.
pub(crate) fn short(value: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};

    if value.len() <= 64 {
        return String::from_utf8_lossy(value).into_owned();
    }
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{} bytes, {:016x}", value.len(), hasher.finish())
}

/// Watches all keys from a revision on.
fn watch_all(client: &Client, from: i64) -> Watch {
    client.watch(api::WatchCreateRequest {
        key: vec![0].into(),
        range_end: vec![0].into(),
        start_revision: from,
        ..api::WatchCreateRequest::default()
    })
}

/// Watches from the first revision on, until `end` says the last one and that was told.
pub(crate) async fn follow(
    client: Client,
    who: String,
    mut end: watch::Receiver<Option<i64>>,
) -> (Told, u64) {
    let mut watch = watch_all(&client, 1);
    let mut told = Told::new(who, 1);
    loop {
        let last = *end.borrow_and_update();
        if last.is_some_and(|last| told.last() >= last) {
            break;
        }
        let goes_on = tokio::select! {
            next = timeout(STALLS, watch.next()) => match next {
                Ok(next) => told.take(next),
                Err(_) if last.is_none() => true,
                Err(_) => {
                    told.error = Some(format!("nothing was told for {STALLS:?}"));
                    false
                }
            },
            _ = end.changed() => true,
        };
        if !goes_on {
            break;
        }
    }
    (told, client.repeated())
}

/// Watches short stretches of the past, one after the other, until the trial is ending.
pub(crate) async fn look_back(scene: Scene, client: Client) -> Vec<Told> {
    let mut random = Random::new(scene.plan.options.seed, NAME);
    let mut stretches = Vec::new();
    while !scene.is_ending() {
        let from = 1 + random.below(scene.board.revision().max(1)) as i64;
        let mut told = Told::new(format!("a watch from revision {from} on"), from);
        let mut watch = watch_all(&client, from);
        let until = Instant::now() + random.millis(100, 1500);
        while let Ok(next) = tokio::time::timeout_at(until, watch.next()).await {
            if !told.take(next) {
                break;
            }
        }
        stretches.push(told);
    }
    stretches
}

/// Whether the whole story of the keys is one: each revision changes a key, and versions count the
/// changes since the key was created. Returns the keys at its end, or the first thing that is
/// wrong.
pub(crate) fn replay(told: &Told) -> Result<BTreeMap<String, String>, String> {
    let mut keys: BTreeMap<&str, (i64, i64, &str)> = BTreeMap::new();
    for (expected, change) in (2..).zip(&told.changes) {
        let Change { revision, key, value, version, create_revision } = change;
        if *revision != expected {
            return Err(format!("{}: revision {revision} comes where {expected} should", told.who));
        }
        let wrong = |what: &str| Err(format!("{}: revision {revision}, {key}: {what}", told.who));
        match (value, keys.get(key.as_str()).copied()) {
            (None, None) => return wrong("it was deleted, and was not there"),
            (None, Some(_)) => drop(keys.remove(key.as_str())),
            (Some(value), None) => {
                if (*version, *create_revision) != (1, *revision) {
                    return wrong("it is new, and its version or its creation says otherwise");
                }
                keys.insert(key, (1, *revision, value));
            }
            (Some(value), Some((before, created, _))) => {
                if (*version, *create_revision) != (before + 1, created) {
                    return wrong("its version is not the next one");
                }
                keys.insert(key, (*version, created, value));
            }
        }
    }
    let of = |(key, (_, _, value)): (&str, (_, _, &str))| (key.to_owned(), value.to_owned());
    Ok(keys.into_iter().map(of).collect())
}

/// Whether a watch told what the whole story has from its first revision on: up to its end, if it
/// must be `complete`. Returns what is wrong.
pub(crate) fn compare(told: &Told, story: &Told, complete: bool) -> Option<String> {
    let who = &told.who;
    if let Some(error) = &told.error {
        return Some(format!("{who}: it ended by itself: {error}"));
    }
    let begin = story.changes.partition_point(|change| change.revision < told.from);
    let expected = &story.changes[begin..];
    let pairs = told.changes.iter().zip(expected);
    if let Some((got, expected)) = pairs.into_iter().find(|(got, expected)| got != expected) {
        return Some(format!("{who}: it told {got:?} where {expected:?} should be"));
    }
    let (got, all) = (told.changes.len(), expected.len());
    if got > all {
        return Some(format!("{who}: it told more than happened: {:?}", told.changes[all]));
    }
    (complete && got < all).then(|| format!("{who}: it told {got} of {all} changes"))
}

#[cfg(test)]
mod tests;
