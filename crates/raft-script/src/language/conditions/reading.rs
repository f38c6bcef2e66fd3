//! Reads the conditions that are more than one word and one value.

use raft_check::{Property, RareEvent};
use raft_core::{Instant, LogPosition};
use raft_kv::ClientId;
use raft_sim::EventKind;

use super::{CONDITIONS, ORDER_STATES, PEER_STATES};
use crate::condition::{
    ClientCondition, ClusterCondition, Comparison, Condition, CountCondition, LeaderCondition,
    NodeCondition, Occurrence, PeerFact, PeerQuantity, Quantity, Relation, Since,
};
use crate::error::ParseError;
use crate::language::answers::{self, can_be_an_answer};
use crate::language::cursor::{Cursor, Parsed};
use crate::language::values::is_number;
use crate::limits::{MAX_CONDITIONS, MAX_NUMBER};

/// The words that may follow a condition. In an answer they are quoted.
pub(crate) const ENDS_CONDITION: [&str; 2] = [AND.0, "within"];

const AND: (&str, &str) = ("and", "another condition");

pub(super) const CLIENT: (&str, &str) = ("client", "by its number");

const COMPARISONS: [(Comparison, &str); 3] = [
    (Comparison::Equal, "exactly"),
    (Comparison::AtLeast, "at least"),
    (Comparison::AtMost, "at most"),
];

const PEER_QUANTITIES: [(PeerQuantity, &str, &str); 3] = [
    (PeerQuantity::Next, "next", "the next entry to send to it"),
    (PeerQuantity::Match, "match", "the last entry known to be on its disk"),
    (PeerQuantity::InFlight, "in-flight", "the messages that it has not answered"),
];

impl Cursor<'_> {
    /// A condition, or several with `and` between them.
    pub(crate) fn condition(&mut self) -> Parsed<Condition> {
        let first = self.one_condition()?;
        let mut all = vec![first];
        while self.eat(AND) {
            if all.len() == MAX_CONDITIONS {
                return Err(self.error_before(format!("at most {MAX_CONDITIONS} conditions")));
            }
            all.push(self.one_condition()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn one_condition(&mut self) -> Parsed<Condition> {
        for word in CONDITIONS {
            self.offer(word.name, word.brief);
        }
        self.one_of("a condition", CONDITIONS.iter())
    }

    fn is_past_condition(&self) -> bool {
        self.is_at_end() || self.word().is_some_and(|word| ENDS_CONDITION.contains(&word))
    }

    /// The condition after `not`.
    pub(super) fn negated(&mut self) -> Parsed<Condition> {
        let words = || CONDITIONS.iter().filter(|word| word.name != "not");
        for word in words() {
            self.offer(word.name, word.brief);
        }
        let condition = self.one_of("a condition", words())?;
        Ok(Condition::Not(Box::new(condition)))
    }

    pub(super) fn leader(&mut self) -> Parsed<LeaderCondition> {
        if self.eat(("among", "one of several nodes")) {
            return self.node_list().map(LeaderCondition::Leader);
        }
        self.offer_numbers(|_| true);
        if self.word().is_some_and(is_number) {
            return Ok(LeaderCondition::Leader(vec![self.node()?]));
        }
        Ok(LeaderCondition::Leader(Vec::new()))
    }

    /// `term 3 = 2`, `term >= 2`; `term 2` is short for the latter.
    pub(super) fn quantity(&mut self, quantity: Quantity) -> Parsed<Condition> {
        let is_compared = |further| {
            COMPARISONS.iter().any(|(comparison, _)| self.is_sign_at(further, comparison.sign()))
        };
        let is_alone = self.word().is_some_and(is_number) && !is_compared(1);
        if is_alone {
            let comparison = Comparison::AtLeast;
            let number = self.number("a number", 0, MAX_NUMBER)?;
            // For what it offers: with a sign after it, the number is that of a node.
            if self.is_completing() {
                let _ = self.comparison();
            }
            return Ok(Condition::Node(NodeCondition::Number {
                quantity,
                node: None,
                comparison,
                number,
            }));
        }
        let node = if is_compared(0) { None } else { Some(self.selector()?) };
        let (comparison, number) = self.comparison()?;
        Ok(Condition::Node(NodeCondition::Number { quantity, node, comparison, number }))
    }

    /// `= 2`, `>= 2`
    fn comparison(&mut self) -> Parsed<(Comparison, u64)> {
        let mut found = None;
        for (comparison, help) in COMPARISONS {
            if found.is_none() && self.eat_sign((comparison.sign(), help)) {
                found = Some(comparison);
            }
        }
        let comparison = found.ok_or_else(|| self.error("`=`, `>=` or `<=`"))?;
        Ok((comparison, self.number("a number", 0, MAX_NUMBER)?))
    }

    /// `3 = 1`, `3 = none`
    pub(super) fn relation(&mut self, relation: Relation) -> Parsed<Condition> {
        let node = self.selector()?;
        self.sign("=")?;
        let is_none = self.eat(("none", "no node"));
        let other = if is_none { None } else { Some(self.selector()?) };
        Ok(Condition::Node(NodeCondition::Other { relation, node, other }))
    }

    /// `3 of 1 state=replicate next=7`
    pub(super) fn peer(&mut self) -> Parsed<Condition> {
        let peer = self.selector()?;
        let is_of = self.eat(("of", "the node that leads; by default the leader"));
        let of = if is_of { Some(self.selector()?) } else { None };
        let mut facts = vec![self.peer_fact()?];
        while !self.is_past_condition() {
            facts.push(self.peer_fact()?);
        }
        // For what it offers: a fact may come next, or what follows a condition.
        if self.is_completing() {
            let _ = self.peer_fact();
        }
        Ok(Condition::Node(NodeCondition::Peer { peer, of, facts }))
    }

    fn peer_fact(&mut self) -> Parsed<PeerFact> {
        self.offer_setting("state", "how entries are sent to it", |cursor| {
            let _ = cursor.choice(PEER_STATES);
        });
        for (quantity, name, help) in PEER_QUANTITIES {
            self.offer_setting(name, help, |_| {});
            if self.word() == Some(name) {
                self.advance();
                let (comparison, number) = self.comparison()?;
                return Ok(PeerFact::Number { quantity, comparison, number });
            }
        }
        if self.word() == Some("state") {
            self.advance();
            self.sign("=")?;
            return self.choice(PEER_STATES).map(PeerFact::State);
        }
        Err(self.error("`state=`, `next=`, `match=` or `in-flight=`"))
    }

    pub(super) fn log(&mut self) -> Parsed<Condition> {
        let node = self.selector()?;
        self.sign("=")?;
        let terms = self.terms()?;
        let is_after = self.eat(("after", "the last entry of the snapshot"));
        let after = if is_after { self.position()? } else { LogPosition::ORIGIN };
        Ok(Condition::Node(NodeCondition::Log { node, terms, after }))
    }

    /// `became_leader at 3 >= 2 since recovery`
    pub(super) fn traced(&mut self) -> Parsed<Condition> {
        for name in EventKind::full_names() {
            self.offer(name, "a kind of event");
        }
        let name = self.word().and_then(|word| EventKind::full_names().find(|it| *it == word));
        let name =
            name.ok_or_else(|| self.error_in_names("a kind of event", EventKind::full_names()))?;
        self.advance();
        let is_at = self.eat(("at", "a node"));
        let node = if is_at { Some(self.selector()?) } else { None };
        self.count(Occurrence::Traced { name, node })
    }

    /// `two-leaders >= 2 since recovery`
    pub(super) fn happened(&mut self) -> Parsed<Condition> {
        for event in RareEvent::ALL {
            self.offer(event.name(), event.meaning());
        }
        let event = RareEvent::ALL.iter().find(|event| self.word() == Some(event.name()));
        let names = RareEvent::ALL.iter().map(|event| event.name());
        let event = event.ok_or_else(|| self.error_in_names("a rare event", names))?;
        self.advance();
        self.count(Occurrence::Happened(*event))
    }

    /// How often, and since when.
    fn count(&mut self, occurrence: Occurrence) -> Parsed<Condition> {
        let is_compared = COMPARISONS.iter().any(|(sign, _)| self.is_sign_at(0, sign.sign()));
        for (comparison, help) in COMPARISONS {
            self.offer(comparison.sign(), help);
        }
        let (comparison, number) =
            if is_compared { self.comparison()? } else { (Comparison::AtLeast, 1) };
        let since =
            if self.eat(("since", "a time, or a mark")) { Some(self.since()?) } else { None };
        Ok(Condition::Count(CountCondition { occurrence, comparison, number, since }))
    }

    /// The name of a property, or nothing.
    pub(super) fn broken(&mut self) -> Parsed<Condition> {
        let words: Vec<String> = Property::all().iter().map(|it| it.word()).collect();
        for (property, word) in Property::all().iter().zip(&words) {
            self.offer(word, property.meaning);
        }
        if self.is_past_condition() {
            return Ok(Condition::Cluster(ClusterCondition::Broken(None)));
        }
        let place = words.iter().position(|word| self.word() == Some(word));
        let names = words.iter().map(String::as_str);
        let place = place.ok_or_else(|| self.error_in_names("a property", names))?;
        self.advance();
        Ok(Condition::Cluster(ClusterCondition::Broken(Some(Property::all()[place]))))
    }

    fn since(&mut self) -> Parsed<Since> {
        if self.word().is_some_and(is_number) {
            return self.duration().map(|time| Since::Time(Instant(0) + time));
        }
        self.mark().map(Since::Mark)
    }

    /// `= refused`, `2 = done`
    pub(super) fn order(&mut self) -> Parsed<Condition> {
        let number = match self.word().is_some_and(is_number) {
            true => Some(self.number("an order", 1, MAX_NUMBER)?),
            false => None,
        };
        if !self.eat_sign(("=", "its state")) {
            return Err(self.error("`=`, or the number of an order and `=`"));
        }
        Ok(Condition::Order { number, state: self.choice(ORDER_STATES)? })
    }

    /// The words up to the end of the condition, or one quoted text.
    pub(super) fn answer(&mut self) -> Parsed<Condition> {
        self.eat(CLIENT);
        self.offer("1", "the default client");
        let client = self.client()?;
        self.sign("=")?;
        for (word, form) in answers::first_words() {
            self.offer(word, form);
        }
        let at = self.place();
        if let Some(bytes) = self.quoted() {
            let words = str::from_utf8(bytes).map(str::to_owned);
            let words = words.map_err(|_| self.error("an answer in UTF-8"))?;
            self.advance();
            return self.answered(client, words, at);
        }
        let mut words = Vec::new();
        while let Some(word) = self.word().filter(|_| !self.is_past_condition()) {
            words.push(word);
            self.advance();
        }
        if words.is_empty() {
            return Err(self.error("the answer in words, such as `done` or `value 7`"));
        }
        let words = words.join(" ");
        self.answered(client, words, at)
    }

    /// Refuses words that no client is ever answered: a mistake in typing would be an expectation
    /// that never holds, or with `not` one that always does.
    fn answered(&mut self, client: ClientId, words: String, at: usize) -> Parsed<Condition> {
        if !can_be_an_answer(&words) && !self.is_completing() {
            let forms = answers::forms();
            return Err(self.error_from(at, format!("an answer that a client can get: {forms}")));
        }
        Ok(Condition::Client(ClientCondition::Answer { client, words }))
    }

    /// The word here is none of many names. Those that have a part of it are named; all, if none
    /// has.
    fn error_in_names<'a>(&self, what: &str, names: impl Iterator<Item = &'a str>) -> ParseError {
        const BETWEEN: [char; 2] = ['_', '-'];
        let typed = self.word().unwrap_or_default();
        let is_typed = |part: &str| typed.split(BETWEEN).any(|other| other == part);
        let all: Vec<&str> = names.collect();
        let is_alike = |name: &&str| name.split(BETWEEN).any(is_typed);
        let alike: Vec<&str> = all.iter().copied().filter(is_alike).collect();
        self.error(match alike.is_empty() {
            true => format!("{what}: {}", all.join(", ")),
            false => format!("{what}, perhaps {}", alike.join(", ")),
        })
    }
}
