//! Tests of sessions: retries, late copies and eviction; no command is applied twice.

use proptest::prelude::*;

use super::*;
use crate::{Command, Operation, Store};

/// Adds a byte to key "x", so that the value's length counts the applications.
fn append(client: u64, sequence: u64) -> Command {
    Command {
        client: ClientId(client),
        sequence: Sequence(sequence),
        operation: Operation::Append { key: "x".into(), value: ".".into() },
    }
}

fn get(client: u64, sequence: u64) -> Command {
    let operation = Operation::Get { key: "x".into() };
    Command { operation, ..append(client, sequence) }
}

fn appended(length: u64) -> Response {
    Response::Appended { length }
}

fn expired(client: u64, above: Option<u64>) -> Response {
    let (client, above) = (ClientId(client), above.map(ClientId));
    Response::Failed(Error::SessionExpired { client, above })
}

/// A store with a session for each of the clients 1 to [`MAX_SESSIONS`], opened in that order by
/// commands that change no key.
fn full_store() -> Store {
    let mut store = Store::default();
    for client in 1..=MAX_SESSIONS as u64 {
        assert!(!store.execute(&get(client, 1)).is_failed());
    }
    store
}

fn clients(store: &Store) -> Vec<u64> {
    store.sessions().map(|(client, _)| client.0).collect()
}

#[test]
fn a_retry_is_applied_once_and_gets_the_first_answer() {
    let mut store = Store::default();
    assert_eq!(store.execute(&append(1, 1)), appended(1));
    assert_eq!(store.execute(&append(2, 1)), appended(2));
    assert_eq!(store.execute(&append(1, 1)), appended(1));
    assert_eq!(store.get(b"x"), Some(&"..".into()));
}

#[test]
fn a_retried_read_gets_the_first_answer_too() {
    let mut store = Store::default();
    assert_eq!(store.execute(&get(1, 1)), Response::Value(None));
    store.execute(&append(2, 1));
    assert_eq!(store.execute(&get(1, 1)), Response::Value(None));
    assert_eq!(store.execute(&get(1, 2)), Response::Value(Some(".".into())));
}

#[test]
fn a_refused_command_is_remembered_like_any_other() {
    let mut store = Store::default();
    let operation = Operation::Get { key: "".into() };
    let refused = Command { operation, ..append(1, 1) };
    assert_eq!(store.execute(&refused), Response::Failed(Error::EmptyKey));
    assert_eq!(store.execute(&append(1, 1)), Response::Failed(Error::EmptyKey), "same number");
    assert_eq!(store.execute(&append(1, 2)), appended(1));
}

#[test]
fn a_late_copy_is_not_applied() {
    let mut store = Store::default();
    store.execute(&append(1, 1));
    store.execute(&append(1, 5));
    let (sequence, last) = (Sequence(1), Sequence(5));
    assert_eq!(
        store.execute(&append(1, 1)),
        Response::Failed(Error::StaleSequence { sequence, last })
    );
    assert_eq!(store.get(b"x"), Some(&"..".into()));
}

#[test]
fn sequence_numbers_start_at_one() {
    let mut store = Store::default();
    assert_eq!(store.execute(&append(1, 0)), Response::Failed(Error::ZeroSequence));
    store.execute(&append(1, 1));
    assert_eq!(store.execute(&append(1, 0)), Response::Failed(Error::ZeroSequence));
}

#[test]
fn only_the_first_command_opens_a_session() {
    let mut store = Store::default();
    assert_eq!(store.execute(&append(1, 2)), expired(1, None));
    assert_eq!(clients(&store), [0_u64; 0]);
    assert!(store.is_empty());
}

#[test]
fn opening_one_session_too_many_evicts_the_least_recently_used() {
    let mut store = full_store();
    let newcomer = MAX_SESSIONS as u64 + 1;
    // Client 1 sends a new command and client 2 a retry: both count as uses. A late copy does not.
    store.execute(&append(1, 2));
    store.execute(&get(2, 1));
    store.execute(&append(3, 0));
    assert_eq!(store.highest_evicted_client(), None);

    store.execute(&append(newcomer, 1));
    assert_eq!(store.highest_evicted_client(), Some(ClientId(3)));
    store.execute(&append(newcomer + 1, 1));
    assert_eq!(store.highest_evicted_client(), Some(ClientId(4)));

    let kept: Vec<u64> = [1, 2].into_iter().chain(5..=newcomer + 1).collect();
    assert_eq!(clients(&store), kept);
    assert_eq!(kept.len(), MAX_SESSIONS);
}

#[test]
fn an_evicted_client_is_told_and_nothing_is_applied() {
    let mut store = full_store();
    store.execute(&append(MAX_SESSIONS as u64 + 1, 1));
    let before = store.clone();
    // The copy of its first command, its retry, and a new command.
    for sequence in [1, 2, 9] {
        assert_eq!(store.execute(&append(1, sequence)), expired(1, Some(1)));
    }
    assert_eq!(store, before);
}

#[test]
fn the_highest_evicted_client_never_goes_back() {
    let mut store = full_store();
    for client in 1..MAX_SESSIONS as u64 {
        store.execute(&get(client, 2));
    }
    let newcomer = MAX_SESSIONS as u64 + 1;
    store.execute(&get(newcomer, 1));
    let highest = Some(ClientId(MAX_SESSIONS as u64));
    assert_eq!(store.highest_evicted_client(), highest);
    store.execute(&get(newcomer + 1, 1));
    assert!(!clients(&store).contains(&1));
    assert_eq!(store.highest_evicted_client(), highest);
}

#[test]
fn sessions_can_be_looked_at() {
    let mut store = Store::default();
    store.execute(&append(7, 1));
    store.execute(&append(7, 4));
    let (client, session) = store.sessions().next().unwrap();
    assert_eq!((client, session.sequence()), (ClientId(7), Sequence(4)));
    assert_eq!((session.answer(), session.last_used()), (&appended(2), 1));
}

proptest! {
    /// Clients open sessions in increasing order of their ids. Copies of all commands arrive at any
    /// later time, also after an eviction. Each command changes the store at most once.
    #[test]
    fn no_command_is_applied_twice(
        steps in prop::collection::vec((0..3_u8, any::<prop::sample::Index>()), 1..80),
    ) {
        let mut store = Store::default();
        let mut newest = MAX_SESSIONS as u64;
        let mut sent: Vec<Command> = (1..=3).map(|client| append(client, 1)).collect();
        let mut applied: Vec<_> = sent.iter().map(|c| (c.client, c.sequence)).collect();
        for command in sent.iter().cloned().chain((4..=newest).map(|client| get(client, 1))) {
            prop_assert!(!store.execute(&command).is_failed());
        }
        for (kind, index) in steps {
            let command = match kind {
                // Evicts one of the first three clients unless it was used since.
                0 => { newest += 1; append(newest, 1) }
                1 => { let last = index.get(&sent); append(last.client.0, last.sequence.0 + 1) }
                _ => index.get(&sent).clone(),
            };
            let before = store.contents_digest();
            store.execute(&command);
            if store.contents_digest() != before {
                let number = (command.client, command.sequence);
                prop_assert!(!applied.contains(&number), "applied twice: {}", command);
                applied.push(number);
            }
            sent.push(command);
        }
    }

    /// The same against a simple model: a list in the order of use.
    #[test]
    fn sessions_agree_with_a_simple_model(
        steps in prop::collection::vec((0..6_u64, 0..4_u64), 1..120),
    ) {
        let mut store = full_store();
        let mut model: Vec<(u64, u64)> = (1..=MAX_SESSIONS as u64).map(|c| (c, 1)).collect();
        let mut highest_evicted = 0;
        for (offset, sequence) in steps {
            // Clients at both ends: the next to be evicted, and the next to open a session.
            let client = if offset < 3 { offset + 1 } else { MAX_SESSIONS as u64 + offset - 2 };
            let at = model.iter().position(|(known, _)| *known == client);
            let accepted = match at {
                Some(at) => sequence > 0 && sequence >= model[at].1,
                None => sequence == 1 && client > highest_evicted,
            };
            if accepted {
                if let Some(at) = at { model.remove(at); }
                model.push((client, sequence));
                if model.len() > MAX_SESSIONS {
                    highest_evicted = highest_evicted.max(model.remove(0).0);
                }
            }
            prop_assert_eq!(!store.execute(&get(client, sequence)).is_failed(), accepted);
            prop_assert_eq!(
                store.highest_evicted_client().map_or(0, |client| client.0),
                highest_evicted
            );
        }
        let mut by_use: Vec<_> = store.sessions().collect();
        by_use.sort_by_key(|(_, session)| session.last_used());
        let by_use: Vec<_> =
            by_use.iter().map(|(client, session)| (client.0, session.sequence().0)).collect();
        prop_assert_eq!(by_use, model);
    }
}
