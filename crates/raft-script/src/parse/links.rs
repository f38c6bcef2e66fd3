//! `link`, `cut` and `restore`.

use std::time::Duration;

use raft_sim::{LatencyShape, LinkChange, MAX_BANDWIDTH, MAX_CLOG, MAX_QUEUE};

use super::cursor::{Cursor, Parsed};
use super::values::plain_size;
use crate::print::Time;
use crate::statement::{Ends, Nodes, Order, Statement};

/// The settings, in the order in which an error lists them.
const SETTINGS: [&str; 8] =
    ["latency", "shape", "loss", "duplicate", "reorder", "bandwidth", "queue", "clog"];

/// What a setting that was read is called.
fn name_of(change: &LinkChange) -> &'static str {
    match change {
        LinkChange::Cut | LinkChange::Restore => "",
        LinkChange::Latency(_) => "latency",
        LinkChange::Shape(_) => "shape",
        LinkChange::Loss { .. } => "loss",
        LinkChange::Duplication { .. } => "duplicate",
        LinkChange::Reordering(_) => "reorder",
        LinkChange::Bandwidth(_) => "bandwidth",
        LinkChange::QueueLimit(_) => "queue",
        LinkChange::Clog(_) => "clog",
    }
}

impl Cursor<'_> {
    pub(super) fn link(&mut self) -> Parsed<Statement> {
        let ends = self.ends()?;
        let mut changes = Vec::new();
        if self.eat_word("cut") || self.eat_word("drop") {
            changes.push(LinkChange::Cut);
        } else if self.eat_word("restore") {
            changes.push(LinkChange::Restore);
        } else {
            while changes.is_empty() || !self.is_at_end() {
                changes.push(self.link_setting(&changes)?);
            }
        }
        Ok(Statement::Order(Order::Link { ends, changes }))
    }

    fn link_setting(&mut self, before: &[LinkChange]) -> Parsed<LinkChange> {
        let setting = self.word().and_then(|word| SETTINGS.iter().find(|name| **name == word));
        let change = match setting {
            Some(name) if !before.iter().any(|change| name_of(change) == *name) => *name,
            _ => {
                let names: Vec<String> = SETTINGS.iter().map(|name| format!("`{name}=`")).collect();
                let names = names.join(", ");
                return Err(self.error(match before.is_empty() {
                    true => format!("`cut`, `restore`, {names}"),
                    false => format!("{names}, each once"),
                }));
            }
        };
        self.advance();
        self.sign("=")?;
        Ok(match change {
            "latency" => LinkChange::Latency(self.delay()?),
            "shape" => LinkChange::Shape(self.shape()?),
            "loss" => LinkChange::Loss { per_million: self.percent()? },
            "duplicate" => LinkChange::Duplication { per_million: self.percent()? },
            "reorder" => LinkChange::Reordering(self.switch()?),
            "bandwidth" => LinkChange::Bandwidth(self.bandwidth()?),
            "queue" => LinkChange::QueueLimit(self.number("messages", 0, MAX_QUEUE.into())? as u32),
            _ => LinkChange::Clog(self.clog()?),
        })
    }

    /// `uniform`, `exponential` or `long-tail`.
    pub(super) fn shape(&mut self) -> Parsed<LatencyShape> {
        let named = |word| LatencyShape::ALL.into_iter().find(|shape| shape.name() == word);
        let shape = self.word().and_then(named);
        let shape = shape.ok_or_else(|| self.error("`uniform`, `exponential` or `long-tail`"))?;
        self.advance();
        Ok(shape)
    }

    /// `64KiB/s`, or `off`.
    fn bandwidth(&mut self) -> Parsed<Option<u64>> {
        if self.eat_word("off") {
            return Ok(None);
        }
        let size = self.word().and_then(|word| plain_size(word.strip_suffix("/s")?));
        let size = size.filter(|size| (1..=MAX_BANDWIDTH).contains(size));
        let size = size.ok_or_else(|| {
            self.error("bytes a second such as `100B/s` or `64KiB/s`, at most 1024GiB/s, or `off`")
        })?;
        self.advance();
        Ok(Some(size))
    }

    fn clog(&mut self) -> Parsed<Duration> {
        let time = self.duration()?;
        if time > MAX_CLOG {
            return Err(self.error_before(format!("at most {}", Time(MAX_CLOG))));
        }
        Ok(time)
    }

    /// `cut 1 -> 3` for `link 1 -> 3 cut`.
    pub(super) fn short_link(&mut self, change: LinkChange) -> Parsed<Statement> {
        Ok(Statement::Order(Order::Link { ends: self.ends()?, changes: vec![change] }))
    }

    fn ends(&mut self) -> Parsed<Ends> {
        let from = self.nodes()?;
        let both_ways = self.eat_sign("<->");
        if !both_ways && !self.eat_sign("->") {
            if from == Nodes::All {
                return Ok(Ends::All);
            }
            return Err(self.error("`->` or `<->`"));
        }
        Ok(Ends::Between { from, to: self.nodes()?, both_ways })
    }
}
