//! Numbers, durations, nodes: the words that follow keywords.

use std::time::Duration;

use raft_core::{LogIndex, LogPosition, NodeId, Term};
use raft_kv::{ClientId, Key, Value};
use raft_sim::DelayRange;

use super::cursor::{Cursor, Parsed};
use crate::limits::{MAX_DURATION, MAX_LOG_TERMS, MAX_NODE_NUMBER, MAX_NUMBER};
use crate::print::Time;
use crate::statement::{Nodes, Selector};

impl Cursor<'_> {
    pub(super) fn number(&mut self, what: &str, least: u64, most: u64) -> Parsed<u64> {
        let number = self.word().and_then(plain_number).filter(|n| (least..=most).contains(n));
        let number = number.ok_or_else(|| self.error(format!("{what} from {least} to {most}")))?;
        self.advance();
        Ok(number)
    }

    pub(super) fn node(&mut self) -> Parsed<NodeId> {
        self.number("a node", 1, MAX_NODE_NUMBER).map(NodeId)
    }

    /// One or more nodes by number.
    pub(super) fn node_list(&mut self) -> Parsed<Vec<NodeId>> {
        let mut nodes = vec![self.node()?];
        while self.word().is_some_and(is_number) {
            if nodes.len() as u64 == MAX_NODE_NUMBER {
                return Err(self.error(format!("at most {MAX_NODE_NUMBER} nodes")));
            }
            nodes.push(self.node()?);
        }
        Ok(nodes)
    }

    pub(super) fn term(&mut self) -> Parsed<Term> {
        self.number("a term", 1, MAX_NUMBER).map(Term)
    }

    /// `1`, or `client 1`.
    pub(super) fn client(&mut self) -> Parsed<ClientId> {
        self.number("a client", 1, 999).map(ClientId)
    }

    /// Whether a node is named here.
    pub(super) fn is_selector(&self) -> bool {
        self.word().is_some_and(|word| is_number(word) || word == "leader" || word == "any")
    }

    pub(super) fn selector(&mut self) -> Parsed<Selector> {
        match self.word() {
            Some("leader") => {
                self.advance();
                Ok(Selector::Leader)
            }
            Some("any") => {
                self.advance();
                self.keyword("follower")?;
                Ok(Selector::AnyFollower)
            }
            Some(word) if is_number(word) => self.node().map(Selector::Node),
            _ => Err(self.error(format!(
                "a node: a number from 1 to {MAX_NODE_NUMBER}, `leader` or `any follower`"
            ))),
        }
    }

    pub(super) fn nodes(&mut self) -> Parsed<Nodes> {
        if self.eat_word("all") {
            return Ok(Nodes::All);
        }
        if self.eat_word("others") {
            return Ok(Nodes::Others);
        }
        if !self.is_selector() {
            return Err(self.error(format!(
                "nodes: numbers from 1 to {MAX_NODE_NUMBER}, `leader`, `any follower`, `all` or `others`"
            )));
        }
        let mut selectors = vec![self.selector()?];
        while self.is_selector() {
            selectors.push(self.selector()?);
        }
        Ok(Nodes::These(selectors))
    }

    pub(super) fn duration(&mut self) -> Parsed<Duration> {
        let duration = self.word().and_then(plain_duration).filter(|d| *d <= MAX_DURATION);
        let duration = duration.ok_or_else(|| self.error(duration_expected("a duration")))?;
        self.advance();
        Ok(duration)
    }

    /// The same, but not too long.
    pub(super) fn duration_up_to(&mut self, most: Duration) -> Parsed<Duration> {
        let duration = self.duration()?;
        if duration > most {
            return Err(self.error_before(format!("a duration of at most {}", Time(most))));
        }
        Ok(duration)
    }

    /// `10ms..20ms`, or `10ms` for exactly that.
    pub(super) fn delay(&mut self) -> Parsed<DelayRange> {
        let range = self.word().and_then(|word| {
            let (min, max) = word.split_once("..").unwrap_or((word, word));
            Some(DelayRange { min: plain_duration(min)?, max: plain_duration(max)? })
        });
        let range = range.filter(|range| range.is_valid());
        let range = range.ok_or_else(|| {
            self.error("a delay of at most 60m such as `10ms`, or a range that goes up such as `5ms..15ms`")
        })?;
        self.advance();
        Ok(range)
    }

    /// `10%`, as parts of a million.
    pub(super) fn percent(&mut self) -> Parsed<u32> {
        let percent = self.word().and_then(plain_percent);
        let percent = percent.ok_or_else(|| {
            self.error("a percentage from 0% to 100% with at most four decimals, such as `2.5%`")
        })?;
        self.advance();
        Ok(percent)
    }

    /// `on` or `off`
    pub(super) fn switch(&mut self) -> Parsed<bool> {
        match () {
            () if self.eat_word("on") => Ok(true),
            () if self.eat_word("off") => Ok(false),
            () => Err(self.error("`on` or `off`")),
        }
    }

    /// `64KiB`, in bytes.
    pub(super) fn size(&mut self) -> Parsed<u64> {
        let size = self.word().and_then(plain_size).filter(|size| *size <= MAX_NUMBER);
        let size = size.ok_or_else(|| {
            self.error("a size such as `100B`, `64KiB`, `16MiB` or `1GiB`, of at most 1024GiB")
        })?;
        self.advance();
        Ok(size)
    }

    /// `1,1,2`, or `empty`.
    pub(super) fn terms(&mut self) -> Parsed<Vec<Term>> {
        if self.eat_word("empty") {
            return Ok(Vec::new());
        }
        if !self.word().is_some_and(is_number) {
            return Err(self.error("terms such as `1,1,2`, or `empty`"));
        }
        let mut terms = vec![self.term()?];
        while self.eat_sign(",") {
            if terms.len() == MAX_LOG_TERMS {
                return Err(self.error(format!("at most {MAX_LOG_TERMS} terms")));
            }
            terms.push(self.term()?);
        }
        Ok(terms)
    }

    /// `10@3`: index and term.
    pub(super) fn position(&mut self) -> Parsed<LogPosition> {
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

    pub(super) fn key(&mut self) -> Parsed<Key> {
        self.text("a key").map(Key::from)
    }

    pub(super) fn value(&mut self) -> Parsed<Value> {
        self.text("a value").map(Value::from)
    }

    /// `x=1`
    pub(super) fn key_and_value(&mut self) -> Parsed<(Key, Value)> {
        let key = self.key()?;
        self.sign("=")?;
        Ok((key, self.value()?))
    }

    /// `within 3s`, if it is there.
    pub(super) fn within(&mut self) -> Parsed<Option<Duration>> {
        if self.eat_word("within") { self.duration().map(Some) } else { Ok(None) }
    }
}

pub(super) fn duration_expected(what: &str) -> String {
    format!("{what} such as `20us`, `5ms`, `2s` or `1m`, of at most {}", Time(MAX_DURATION))
}

pub(super) fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

pub(super) fn plain_number(word: &str) -> Option<u64> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) { word.parse().ok() } else { None }
}

/// A number with a unit, a whole number of microseconds.
pub(super) fn plain_duration(word: &str) -> Option<Duration> {
    let unit_at = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = word.split_at(unit_at);
    let unit: u64 = match unit {
        "us" | "µs" => 1,
        "ms" => 1000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let parts = plain_number(fraction)?.checked_mul(unit)?;
    if parts % scale != 0 {
        return None;
    }
    let micros = plain_number(whole)?.checked_mul(unit)?.checked_add(parts / scale)?;
    Some(Duration::from_micros(micros))
}

pub(super) fn plain_size(word: &str) -> Option<u64> {
    let unit_at = word.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = word.split_at(unit_at);
    let unit: u64 = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    plain_number(number)?.checked_mul(unit)
}

pub(super) fn plain_percent(word: &str) -> Option<u32> {
    let number = word.strip_suffix('%')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 4 {
        return None;
    }
    let scale = 10_u64.pow(4 - u32::try_from(fraction.len()).ok()?);
    let parts = plain_number(whole)?.checked_mul(10_000)? + plain_number(fraction)? * scale;
    u32::try_from(parts).ok().filter(|parts| *parts <= 1_000_000)
}
