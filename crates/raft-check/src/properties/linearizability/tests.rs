//! PeerReplies that the committed order explains, and contradictions planted by hand.

use raft_core::{Bytes, Entry, Payload, Term};
use raft_kv::{Command, Error, Store};

use super::*;
use crate::properties::testing::objects;
use crate::property::Verdict;
use crate::shadows::log::PrefixHash;

const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

/// The ledger and the checker beside it, as the checks drive them.
struct Order {
    ledger: Ledger,
    checker: Linearizability,
}

impl Order {
    fn new() -> Self {
        let ledger = Ledger::new(LogIndex(0), PrefixHash::EMPTY, Store::default());
        Self { ledger, checker: Linearizability::default() }
    }

    /// A client asks for its first command. In the log it has another name.
    fn ask(&mut self, client: u64) {
        let name = (ClientId(1000 + client), Sequence(1));
        let (client, sequence) = (ClientId(client), Sequence(1));
        self.checker.command_invoked(CommandInvoked { client, sequence, name });
    }

    /// The client's command is committed: it appends its number to `x`.
    fn commit(&mut self, client: u64) -> u64 {
        let index = self.ledger.commit_index().next();
        let value = client.to_string().as_str().into();
        let operation = Operation::Append { key: "x".into(), value };
        let command = Command { client: ClientId(1000 + client), sequence: Sequence(1), operation };
        let payload = Payload::Command(Bytes::from(command.encode()));
        let entry = Entry { index, term: Term(1), payload };
        let executed = self.ledger.extend(&entry, PrefixHash::EMPTY, Term(1)).unwrap();
        self.executed(client, index.0, &executed.response);
        index.0
    }

    fn executed(&mut self, client: u64, first: u64, response: &Response) {
        let name = (ClientId(1000 + client), Sequence(1));
        self.checker.executed(Executed { name, first: LogIndex(first), response });
    }

    /// A client wants to know `x`.
    fn read(&mut self, client: u64) {
        let (client, sequence) = (ClientId(client), Sequence(1));
        let (operation, committed) =
            (Operation::Get { key: "x".into() }, self.ledger.commit_index());
        self.checker.read_invoked(ReadInvoked {
            client,
            sequence,
            operation,
            committed,
            at: Instant(0),
        });
        self.ledger.keep_stores(self.checker.reads_from());
    }

    fn serve(&mut self, node: NodeId, client: u64, index: u64) {
        let (client, sequence, index) = (ClientId(client), Sequence(1), LogIndex(index));
        let read = ReadPolicy::Quorum;
        self.checker.served(ReadServed { node, client, sequence, read, index });
    }

    fn answer(&mut self, node: NodeId, client: u64, response: &Response) -> Verdict {
        let (client, sequence) = (ClientId(client), Sequence(1));
        let answered = Answered { node, client, sequence, response, at: Instant(0) };
        let verdict = self.checker.answered(answered, &self.ledger).map_err(|found| found.words);
        self.ledger.keep_stores(self.checker.reads_from());
        verdict
    }
}

fn appended(length: u64) -> Response {
    Response::Appended { length }
}

fn value(value: &str) -> Response {
    Response::Value(Some(value.into()))
}

#[test]
fn a_command_is_answered_as_its_entry_says() {
    let mut order = Order::new();
    for client in 1..=3 {
        order.ask(client);
    }
    objects(
        order.answer(N1, 3, &appended(1)),
        &["node 1", "operation 1 of client 3", "no entry with it was committed"],
    );
    order.commit(1);
    order.commit(2);
    assert_eq!(order.answer(N1, 1, &appended(1)), Ok(()));
    objects(
        order.answer(N1, 2, &appended(1)),
        &["node 1", "client 2", "entry 2", "1 byte", "2 bytes"],
    );
    // Each is judged once: the client waits no more.
    assert_eq!(order.answer(N1, 2, &appended(1)), Ok(()));
}

/// The store remembers what it answered to the first copy; a session that was evicted in between is
/// another matter, as the client is told.
#[test]
fn a_command_that_is_committed_again_may_be_refused_the_second_time() {
    let expired = |above| {
        let (client, above) = (ClientId(1001), Some(ClientId(above)));
        Response::Failed(Error::SessionExpired { client, above })
    };
    for (answer, is_right) in [
        (appended(1), true),
        (expired(7), true),
        (expired(8), true),
        (expired(9), false),
        (appended(2), false),
    ] {
        let mut order = Order::new();
        order.ask(1);
        order.commit(1);
        order.commit(1);
        order.executed(1, 1, &expired(7));
        order.executed(1, 1, &expired(8));
        assert_eq!(order.answer(N1, 1, &answer).is_ok(), is_right, "{answer}");
    }
}

#[test]
fn a_command_takes_effect_after_everything_answered_before() {
    let mut order = Order::new();
    order.ask(1);
    order.ask(2);
    let first = order.commit(1);
    order.commit(2);
    // The later one is answered first.
    assert_eq!(order.answer(N1, 2, &appended(2)), Ok(()));
    assert_eq!(order.answer(N1, 1, &appended(1)), Ok(()), "both were asked for before");
    order.ask(3);
    order.executed(3, first, &appended(1));
    objects(
        order.answer(N1, 3, &appended(1)),
        &["operation 1 of client 3 is entry 1", "took effect at entry 2"],
    );
    // Two clients cannot have the same entry.
    order.ask(4);
    order.executed(4, 2, &appended(2));
    objects(order.answer(N1, 4, &appended(2)), &["client 4 is entry 2", "took effect at entry 2"]);
}

#[test]
fn a_command_takes_effect_after_a_read_of_the_state_before_it() {
    let mut order = Order::new();
    order.ask(1);
    order.commit(1);
    order.read(2);
    order.serve(N1, 2, 1);
    assert_eq!(order.answer(N1, 2, &value("1")), Ok(()));
    order.ask(3);
    order.executed(3, 1, &appended(1));
    let words = ["client 3 is entry 1", "took effect after entry 1"];
    objects(order.answer(N1, 3, &appended(1)), &words);
}

#[test]
fn a_read_takes_effect_after_everything_answered_before() {
    let mut order = Order::new();
    order.ask(1);
    order.ask(2);
    order.commit(1);
    order.read(3);
    order.commit(2);
    assert_eq!(order.answer(N1, 2, &appended(2)), Ok(()));
    order.read(4);
    for (client, index) in [(3, 1), (4, 2)] {
        order.serve(N1, client, index);
    }
    assert_eq!(order.answer(N1, 3, &value("1")), Ok(()), "it was asked for before");
    assert_eq!(order.answer(N1, 4, &value("12")), Ok(()));
    for (client, index) in [(5, 1), (6, 2)] {
        order.read(client);
        order.serve(N1, client, index);
    }
    assert_eq!(order.answer(N1, 6, &value("12")), Ok(()), "reads may share a place");
    objects(
        order.answer(N1, 5, &value("1")),
        &["node 1 answered read 1 of client 5", "store at entry 1", "took effect after entry 2"],
    );
}

/// The node may be one that lags, and much may be committed before the client hears.
#[test]
fn a_read_is_answered_as_the_store_was_then() {
    let mut order = Order::new();
    order.ask(1);
    order.commit(1);
    for client in 10..=14 {
        order.read(client);
    }
    order.commit(2);
    for client in [10, 11] {
        order.serve(N1, client, 1);
    }
    order.serve(N1, 12, 2);
    order.commit(3);
    assert_eq!(order.answer(N1, 10, &value("1")), Ok(()));
    objects(order.answer(N1, 11, &value("12")), &["store at entry 1", "value 12", "value 1\""]);
    objects(order.answer(N1, 12, &value("123")), &["store at entry 2", "value 123", "value 12\""]);
    order.serve(N1, 13, 4);
    objects(order.answer(N1, 13, &value("123")), &["store at entry 4", "not committed"]);
    objects(order.answer(N2, 14, &value("123")), &["node 2", "client 14", "not from its store"]);
    assert_eq!(order.checker.reads_from(), None);
    assert!(order.ledger.store_at(LogIndex(2)).is_none(), "nobody needs it any more");
}

/// What was committed before the client asked it does not show: Read Linearizability says so.
#[test]
fn a_store_from_before_the_question_is_for_another_property() {
    let mut order = Order::new();
    order.ask(1);
    order.commit(1);
    order.read(2);
    order.serve(N1, 2, 0);
    assert_eq!(order.answer(N1, 2, &Response::Value(None)), Ok(()));
}

/// A client asks again when it hears nothing, and then hears the first answer.
#[test]
fn one_of_the_stores_that_a_node_answered_from_explains_the_answer() {
    for (answer, by, is_right) in
        [("1", N1, true), ("12", N1, true), ("12", N2, true), ("1", N2, false), ("123", N1, false)]
    {
        let mut order = Order::new();
        order.ask(1);
        order.commit(1);
        order.read(5);
        order.serve(N1, 5, 1);
        order.commit(2);
        order.serve(N2, 5, 2);
        order.serve(N1, 5, 2);
        order.commit(3);
        assert_eq!(order.answer(by, 5, &value(answer)).is_ok(), is_right, "{answer} by {by}");
    }
}

/// Nothing in between would tell which of the two it was: so the first is taken, and nothing that
/// happened after it has to be after the second.
#[test]
fn of_two_stores_that_explain_an_answer_the_earlier_one_counts() {
    let mut order = Order::new();
    order.ask(1);
    order.commit(1);
    order.read(5);
    for (node, index) in [(N1, 1), (N1, 2)] {
        order.serve(node, 5, index);
    }
    let other = Entry { index: LogIndex(2), term: Term(1), payload: Payload::Noop };
    order.ledger.extend(&other, PrefixHash::EMPTY, Term(1));
    assert_eq!(order.answer(N1, 5, &value("1")), Ok(()));
    order.ask(6);
    order.executed(6, 2, &appended(1));
    assert_eq!(order.answer(N1, 6, &appended(1)), Ok(()));
}

#[test]
fn nothing_is_asked_of_what_is_forgotten() {
    let mut order = Order::new();
    order.ask(1);
    order.read(2);
    for client in [1, 2] {
        order.checker.forget(ClientId(client), Sequence(2));
    }
    assert!(order.checker.reads_from().is_some(), "another operation");
    for client in [1, 2] {
        order.checker.forget(ClientId(client), Sequence(1));
        assert_eq!(order.answer(N1, client, &appended(7)), Ok(()));
    }
    assert_eq!(order.checker.reads_from(), None);
}

/// It may be committed much later, when its client waits for something else.
#[test]
fn a_command_that_was_given_up_is_not_taken_for_the_next_one() {
    let mut order = Order::new();
    order.ask(1);
    order.checker.forget(ClientId(1), Sequence(1));
    let (client, sequence, name) = (ClientId(1), Sequence(2), (ClientId(1001), Sequence(2)));
    order.checker.command_invoked(CommandInvoked { client, sequence, name });
    order.commit(1);
    let response = &appended(1);
    let answered = Answered { node: N1, client, sequence, response, at: Instant(0) };
    let verdict = order.checker.answered(answered, &order.ledger);
    let verdict = verdict.map_err(|found| found.words);
    objects(verdict, &["operation 2 of client 1", "no entry with it was committed"]);
}

#[test]
fn stores_are_kept_for_the_read_that_waits_longest() {
    let mut order = Order::new();
    for client in [1, 2, 3] {
        order.read(10 + client);
        order.commit(client);
    }
    assert_eq!(order.checker.reads_from(), Some(LogIndex(0)));
    order.checker.forget(ClientId(11), Sequence(1));
    assert_eq!(order.checker.reads_from(), Some(LogIndex(1)));
    order.checker.forget(ClientId(13), Sequence(1));
    assert_eq!(order.checker.reads_from(), Some(LogIndex(1)));
}
