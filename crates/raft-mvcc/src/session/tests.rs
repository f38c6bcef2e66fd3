use proptest::prelude::*;

use crate::strategies::{apply, put_of};
use crate::{
    Command, Error, MAX_KEPT_ANSWER_BYTES, MAX_KEPT_BYTES, MAX_SESSIONS, Operation, Put, Response,
    SESSION_WINDOW, SessionTag, Store,
};

fn with_session(id: i64) -> Store {
    let mut store = Store::default();
    apply(&mut store, Operation::OpenSession { id, ttl: 60 }).result.unwrap();
    store
}

fn send(store: &mut Store, tag: (i64, u64, u64), operation: Operation) -> Response {
    let (session, number, acknowledged) = tag;
    let session = Some(SessionTag { session, number, acknowledged });
    store.apply(store.applied() + 1, &Command { session, operation }.encode())
}

proptest! {
    /// Copies of ten commands arrive in any order, over restarts: each is applied once, and each
    /// copy gets the first answer.
    #[test]
    fn any_order_of_copies_gives_the_first_answers(
        order in prop::collection::vec((1..=10_u64, any::<bool>()), 1..60),
    ) {
        let mut store = with_session(7);
        let mut first = std::collections::BTreeMap::new();
        for (number, is_restart) in order {
            let put = Put {
                key: "k".into(),
                value: number.to_string().into(),
                prev_kv: true,
                ..Put::default()
            };
            let answer = send(&mut store, (7, number, 0), Operation::Put(put));
            let is_retry = first.contains_key(&number);
            prop_assert_eq!(answer.repeated, is_retry);
            let known: &mut Response = first.entry(number).or_insert_with(|| answer.clone());
            prop_assert_eq!(&answer, &Response { repeated: is_retry, ..known.clone() });
            prop_assert_eq!(store.revision(), 1 + first.len() as i64);
            if is_restart {
                store = Store::restore(&store.snapshot()).unwrap();
            }
        }
    }
}

#[test]
fn an_acknowledged_number_is_never_applied_again() {
    let mut store = with_session(7);
    send(&mut store, (7, 1, 0), put_of("k", "1")).result.unwrap();
    send(&mut store, (7, 3, 2), put_of("k", "3")).result.unwrap();
    for number in [1, 2] {
        let late = send(&mut store, (7, number, 0), put_of("k", "late"));
        let error = Error::AlreadyAcknowledged { number, acknowledged: 2 };
        assert_eq!(late.result, Err(error));
    }
    assert_eq!(store.revision(), 3);
}

#[test]
fn an_error_is_an_answer_that_comes_again() {
    let mut store = with_session(7);
    let operation = || Operation::LeaseRevoke { id: 8 };
    let first = send(&mut store, (7, 1, 0), operation());
    apply(&mut store, Operation::LeaseGrant { id: 8, ttl: 9 }).result.unwrap();
    let again = send(&mut store, (7, 1, 0), operation());
    assert_eq!(again, Response { repeated: true, ..first });
    assert!(store.lease(8).is_some());
}

#[test]
fn numbers_stay_in_the_window() {
    let mut store = with_session(7);
    let number = SESSION_WINDOW + 1;
    let far = send(&mut store, (7, number, 0), put_of("k", "v"));
    assert_eq!(far.result, Err(Error::WindowExceeded { number, acknowledged: 0 }));
    send(&mut store, (7, number - 1, 0), put_of("k", "v")).result.unwrap();
    send(&mut store, (7, number, 1), put_of("k", "v")).result.unwrap();
    assert_eq!(store.revision(), 3);
}

#[test]
fn an_impossible_tag_changes_nothing() {
    let mut store = with_session(7);
    for (number, acknowledged) in [(0, 0), (3, 3), (3, 4)] {
        let refused = send(&mut store, (7, number, acknowledged), put_of("k", "v"));
        assert_eq!(refused.result, Err(Error::InvalidTag { number, acknowledged }));
    }
    send(&mut store, (7, 1, 0), put_of("k", "v")).result.unwrap();
}

#[test]
fn a_session_ends_with_its_lease() {
    for end in [Operation::LeaseRevoke { id: 7 }, Operation::RevokeExpired { ids: vec![7] }] {
        let mut store = with_session(7);
        send(&mut store, (7, 1, 0), put_of("k", "v")).result.unwrap();
        apply(&mut store, end).result.unwrap();
        let late = send(&mut store, (7, 1, 0), put_of("k", "v"));
        assert_eq!(late.result, Err(Error::SessionNotOpen { session: 7 }));
        assert_eq!((store.sessions(), store.revision()), (0, 2));
    }
}

/// A command may end the session that it is of.
#[test]
fn a_session_can_end_itself() {
    let mut store = with_session(7);
    send(&mut store, (7, 1, 0), Operation::LeaseRevoke { id: 7 }).result.unwrap();
    assert_eq!((store.sessions(), store.size().total), (0, 0));
}

#[test]
fn the_session_used_least_recently_is_closed() {
    let mut store = Store::default();
    let ids = 1..=MAX_SESSIONS as i64;
    for id in ids {
        apply(&mut store, Operation::OpenSession { id, ttl: 60 }).result.unwrap();
    }
    // The first session is used, a retry counts too: the second one is the oldest then.
    send(&mut store, (1, 1, 0), put_of("k", "v")).result.unwrap();
    send(&mut store, (2, 1, 0), put_of("k", "v")).result.unwrap();
    send(&mut store, (1, 1, 0), put_of("k", "v")).result.unwrap();
    let mut closed = Vec::new();
    for id in [20_001, 20_002] {
        apply(&mut store, Operation::OpenSession { id, ttl: 60 }).result.unwrap();
        assert_eq!(store.sessions(), MAX_SESSIONS);
        closed.extend((1..=5).filter(|id| store.sessions.by_id.get(id).is_none()));
    }
    assert_eq!(closed, [3, 3, 4]);
    assert!(store.lease(3).is_some(), "the lease stays");
    let restored = Store::restore(&store.snapshot()).unwrap();
    assert_eq!(restored.hash(), store.hash());
}

#[test]
fn remembered_answers_are_bounded_in_bytes() {
    let mut store = Store::default();
    let value = "v".repeat(MAX_KEPT_ANSWER_BYTES - 100);
    apply(&mut store, put_of("k", &value)).result.unwrap();
    let get = || {
        let put = Put { prev_kv: true, ignore_value: true, key: "k".into(), ..Put::default() };
        Operation::Put(put)
    };
    let sessions = MAX_KEPT_BYTES / MAX_KEPT_ANSWER_BYTES / SESSION_WINDOW as usize + 2;
    for id in 1..=sessions as i64 {
        apply(&mut store, Operation::OpenSession { id, ttl: 60 }).result.unwrap();
        for number in 1..=SESSION_WINDOW {
            send(&mut store, (id, number, 0), get()).result.unwrap();
        }
    }
    assert!(store.sessions() < sessions);
    assert!(store.sessions.bytes() <= MAX_KEPT_BYTES as u64);
    assert!(store.sessions.by_id.get(&1).is_none());
    let sum: u64 = store.sessions.by_id.values().map(super::Session::bytes).sum();
    assert_eq!(store.sessions.bytes(), sum);
}

#[test]
fn an_answer_that_is_too_large_is_not_kept_and_not_given_twice() {
    let mut store = with_session(7);
    apply(&mut store, put_of("k", &"v".repeat(MAX_KEPT_ANSWER_BYTES))).result.unwrap();
    let put = || Put { key: "k".into(), prev_kv: true, ..Put::default() };
    send(&mut store, (7, 1, 0), Operation::Put(put())).result.unwrap();
    let again = send(&mut store, (7, 1, 0), Operation::Put(put()));
    assert_eq!(again.result, Err(Error::AnswerNotKept { number: 1 }));
    assert_eq!((again.revision, again.repeated, store.revision()), (3, true, 3));
}
