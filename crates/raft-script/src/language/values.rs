//! Numbers, durations, nodes: the words that follow keywords.

use std::time::Duration;

use raft_core::{LogIndex, LogPosition, NodeId, Term};
use raft_kv::{ClientId, Key, Value};
use raft_sim::{DelayRange, LatencyShape, NodeState, StatePlace};

use super::Choice;
use super::cursor::{Cursor, Parsed};
use crate::limits::{MAX_DURATION, MAX_LOG_TERMS, MAX_NODE_NUMBER, MAX_NUMBER};
use crate::statement::{Nodes, Selector};
use crate::units::{Percent, Size, Span, Text};

impl Cursor<'_> {
    pub(crate) fn number(&mut self, what: &str, least: u64, most: u64) -> Parsed<u64> {
        let number = self.word().and_then(plain_number).filter(|n| (least..=most).contains(n));
        let number = number.ok_or_else(|| self.error(format!("{what} from {least} to {most}")))?;
        self.advance();
        Ok(number)
    }

    pub(crate) fn node(&mut self) -> Parsed<NodeId> {
        self.number("a node", 1, MAX_NODE_NUMBER).map(NodeId)
    }

    /// The number of a server that may be new.
    pub(crate) fn new_node(&mut self) -> Parsed<NodeId> {
        self.offer_from(|session| {
            let last = session.and_then(|session| session.world().node_ids().max());
            vec![((last.map_or(5, |node| node.0) + 1).to_string(), "a new server")]
        });
        self.node()
    }

    /// One or more nodes by number.
    pub(crate) fn node_list(&mut self) -> Parsed<Vec<NodeId>> {
        self.offer_numbers(|_| true);
        let mut nodes = vec![self.node()?];
        self.offer_numbers(|_| true);
        while self.word().is_some_and(is_number) {
            if nodes.len() as u64 == MAX_NODE_NUMBER {
                return Err(self.error(format!("at most {MAX_NODE_NUMBER} nodes")));
            }
            nodes.push(self.node()?);
        }
        Ok(nodes)
    }

    pub(crate) fn term(&mut self) -> Parsed<Term> {
        self.number("a term", 1, MAX_NUMBER).map(Term)
    }

    /// `1`, or `client 1`.
    pub(crate) fn client(&mut self) -> Parsed<ClientId> {
        self.number("a client", 1, 999).map(ClientId)
    }

    /// Whether a node is named here.
    pub(crate) fn is_selector(&self) -> bool {
        self.word().is_some_and(|word| is_number(word) || word == "leader" || word == "any")
    }

    /// One node in a state that makes sense.
    pub(crate) fn selector_of(&mut self, fits: fn(NodeState) -> bool) -> Parsed<Selector> {
        self.offer_numbers(fits);
        if fits(NodeState::Running) {
            self.offer("leader", "the node that leads");
            self.offer("any", "any follower");
        }
        match self.word() {
            Some("leader") => {
                self.advance();
                Ok(Selector::Leader)
            }
            Some("any") => {
                self.advance();
                self.keyword(("follower", "the follower with the lowest number"))?;
                Ok(Selector::AnyFollower)
            }
            Some(word) if is_number(word) => self.node().map(Selector::Node),
            _ => Err(self.error(format!(
                "a node: a number from 1 to {MAX_NODE_NUMBER}, `leader` or `any follower`"
            ))),
        }
    }

    pub(crate) fn selector(&mut self) -> Parsed<Selector> {
        self.selector_of(|_| true)
    }

    /// Nodes in a state that makes sense.
    pub(crate) fn nodes_of(&mut self, fits: fn(NodeState) -> bool) -> Parsed<Nodes> {
        if self.is_at_end() {
            // For what it offers: a node may come next.
            let _ = self.selector_of(fits);
            self.offer("all", "every node");
            self.offer("others", OTHERS);
            return Err(self.error(nodes_expected()));
        }
        if self.is_selector() {
            let mut selectors = vec![self.selector_of(fits)?];
            while self.is_selector() {
                selectors.push(self.selector()?);
            }
            return Ok(Nodes::These(selectors));
        }
        match self.word() {
            Some("all") => {
                self.advance();
                Ok(Nodes::All)
            }
            Some("others") => {
                self.advance();
                Ok(Nodes::Others)
            }
            _ => Err(self.error(nodes_expected())),
        }
    }

    pub(crate) fn nodes(&mut self) -> Parsed<Nodes> {
        self.nodes_of(|_| true)
    }

    pub(crate) fn duration(&mut self) -> Parsed<Duration> {
        let duration = self.word().and_then(Span::parse).filter(|d| *d <= MAX_DURATION);
        let duration = duration.ok_or_else(|| self.error(duration_expected("a duration")))?;
        self.advance();
        Ok(duration)
    }

    /// The same, but not too long.
    pub(crate) fn duration_up_to(&mut self, most: Duration) -> Parsed<Duration> {
        let duration = self.duration()?;
        if duration > most {
            return Err(self.error_before(format!("a duration of at most {}", Span(most))));
        }
        Ok(duration)
    }

    /// `10ms..20ms`, or `10ms` for exactly that.
    pub(crate) fn delay(&mut self) -> Parsed<DelayRange> {
        let range = self.word().and_then(|word| {
            let (min, max) = word.split_once("..").unwrap_or((word, word));
            Some(DelayRange { min: Span::parse(min)?, max: Span::parse(max)? })
        });
        let range = range.filter(|range| range.is_valid());
        let range = range.ok_or_else(|| {
            self.error(
                "a delay of at most 60m such as `10ms`, or a range upwards such as `5ms..15ms`",
            )
        })?;
        self.advance();
        Ok(range)
    }

    /// `10%`, as parts of a million.
    pub(crate) fn percent(&mut self) -> Parsed<u32> {
        let percent = self.word().and_then(Percent::parse);
        let percent = percent.ok_or_else(|| {
            self.error("a percentage from 0% to 100% with at most four decimals, such as `2.5%`")
        })?;
        self.advance();
        Ok(percent)
    }

    pub(crate) fn switch(&mut self) -> Parsed<bool> {
        self.choice(&SWITCH)
    }

    /// `uniform`, `exponential` or `long-tail`
    pub(crate) fn shape(&mut self) -> Parsed<LatencyShape> {
        self.choice(&SHAPES)
    }

    /// `memory` or `disk`
    pub(crate) fn state_place(&mut self) -> Parsed<StatePlace> {
        self.choice(&STATE_PLACES)
    }

    /// `own` or `alike`
    pub(crate) fn encoding(&mut self) -> Parsed<bool> {
        self.choice(&ENCODINGS)
    }

    /// `64KiB`, in bytes.
    pub(crate) fn size(&mut self) -> Parsed<u64> {
        let size = self.word().and_then(Size::parse).filter(|size| *size <= MAX_NUMBER);
        let size = size.ok_or_else(|| {
            self.error("a size such as `100B`, `64KiB`, `16MiB` or `1GiB`, of at most 1024GiB")
        })?;
        self.advance();
        Ok(size)
    }

    /// The same, but not too large.
    pub(crate) fn size_up_to(&mut self, most: u64) -> Parsed<u64> {
        let size = self.size()?;
        if size > most {
            return Err(self.error_before(format!("a size of at most {}", Size(most))));
        }
        Ok(size)
    }

    /// `1,1,2`, or `empty`.
    pub(crate) fn terms(&mut self) -> Parsed<Vec<Term>> {
        if self.eat(("empty", "a log without entries")) {
            return Ok(Vec::new());
        }
        if !self.word().is_some_and(is_number) {
            return Err(self.error("terms such as `1,1,2`, or `empty`"));
        }
        let mut terms = vec![self.term()?];
        while self.is_sign_at(0, ",") {
            self.advance();
            if terms.len() == MAX_LOG_TERMS {
                return Err(self.error(format!("at most {MAX_LOG_TERMS} terms")));
            }
            terms.push(self.term()?);
        }
        Ok(terms)
    }

    /// `10@3`: index and term.
    pub(crate) fn position(&mut self) -> Parsed<LogPosition> {
        let position = self.word().and_then(|word| {
            let (index, term) = word.split_once('@')?;
            let bounded = |text| plain_number(text).filter(|n| (1..=MAX_NUMBER).contains(n));
            Some(LogPosition::new(LogIndex(bounded(index)?), Term(bounded(term)?)))
        });
        let position =
            position.ok_or_else(|| self.error("the index and term of an entry, such as `10@3`"))?;
        self.advance();
        Ok(position)
    }

    /// The name of a mark: a plain word that does not begin with a digit.
    pub(crate) fn mark(&mut self) -> Parsed<String> {
        const LONGEST: usize = 40;
        let is_plain = |word: &&str| {
            let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            word.len() <= LONGEST
                && word.starts_with(|c: char| c.is_ascii_alphabetic())
                && word.chars().all(letters)
        };
        let name = self.word().filter(is_plain).map(str::to_owned);
        let name = name.ok_or_else(|| {
            self.error("the name of a mark: a letter, then letters, digits, `-` and `_`")
        })?;
        self.advance();
        Ok(name)
    }

    pub(crate) fn key(&mut self) -> Parsed<Key> {
        self.offer_keys("");
        self.text("a key").map(Key::from)
    }

    /// Keys that exist, as far as they are committed.
    fn offer_keys(&mut self, sign: &str) {
        const MOST: usize = 20;
        self.offer_from(|session| {
            let Some(session) = session else { return Vec::new() };
            let store = session.checks().ledger().committed_store();
            let keys = store.iter().take(MOST);
            keys.map(|(key, _)| (format!("{}{sign}", Text::of(key)), "a key")).collect()
        });
    }

    pub(crate) fn value(&mut self) -> Parsed<Value> {
        self.text("a value").map(Value::from)
    }

    /// `x=1`
    pub(crate) fn key_and_value(&mut self) -> Parsed<(Key, Value)> {
        self.offer_keys("=");
        let key = self.text("a key").map(Key::from)?;
        self.sign("=")?;
        Ok((key, self.value()?))
    }

    /// `within 3s`, if it is there.
    pub(crate) fn within(&mut self) -> Parsed<Option<Duration>> {
        if !self.eat(("within", "wait for it")) {
            return Ok(None);
        }
        self.offer("1s", "");
        self.offer("5s", "");
        self.duration().map(Some)
    }
}

pub(crate) fn duration_expected(what: &str) -> String {
    format!("{what} such as `20us`, `5ms`, `2s` or `1m`, of at most {}", Span(MAX_DURATION))
}

/// The meaning of `others`.
pub(crate) const OTHERS: &str =
    "all nodes that the statement does not name; if it names none, all but the leader";

pub(crate) fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

pub(crate) fn plain_number(word: &str) -> Option<u64> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) { word.parse().ok() } else { None }
}

fn nodes_expected() -> String {
    format!(
        "nodes: numbers from 1 to {MAX_NODE_NUMBER}, `leader`, `any follower`, `all` or `others`"
    )
}

const SWITCH: [Choice<bool>; 2] = [
    Choice { name: "on", help: "switched on", value: true },
    Choice { name: "off", help: "switched off", value: false },
];

const STATE_PLACES: [Choice<StatePlace>; 2] = [
    Choice {
        name: "memory",
        help: "a start restores the last snapshot and applies the entries after it",
        value: StatePlace::Memory,
    },
    Choice {
        name: "disk",
        help: "it survives a crash, but for what it applied after its last flush",
        value: StatePlace::Disk,
    },
];

const ENCODINGS: [Choice<bool>; 2] = [
    Choice { name: "alike", help: "equal states are equal bytes", value: false },
    Choice { name: "own", help: "each node has other bytes for an equal state", value: true },
];

const SHAPES: [Choice<LatencyShape>; 3] = [
    Choice {
        name: LatencyShape::Uniform.name(),
        help: "all latencies are equally likely",
        value: LatencyShape::Uniform,
    },
    Choice {
        name: LatencyShape::Exponential.name(),
        help: "short latencies are likely",
        value: LatencyShape::Exponential,
    },
    Choice {
        name: LatencyShape::LongTail.name(),
        help: "nearly all latencies are short, and a few are very long",
        value: LatencyShape::LongTail,
    },
];
