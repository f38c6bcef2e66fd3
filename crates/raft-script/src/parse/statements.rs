//! The statements.

use raft_core::Instant;
use raft_sim::{LinkChange, MAX_REPLAY, MessageId, NetworkAction, NodeAction, Unsynced};

use super::cursor::{Cursor, Parsed};
use super::values::{duration_expected, is_number, plain_duration};
use crate::limits::{MAX_DURATION, MAX_NUMBER, MAX_STEPS};
use crate::statement::{Moment, Nodes, Order, Run, Selector, Statement};

const STATEMENTS: &str = "a statement: add, append, at, cas, clock, cluster, crash, delete, \
                          demote, disk, drop, expect, forget, get, heal, link, list, partition, \
                          pause, promote, recover, remove, replace, replay, restart, resume, \
                          run, set, slow, snapshot, step, timeout, transfer or voters";

impl Cursor<'_> {
    pub(super) fn statement(&mut self) -> Parsed<Statement> {
        let word = self.word();
        self.advance();
        match word {
            Some("cluster") => self.cluster(),
            Some("disk") => self.disk(),
            Some("run") => self.run().map(Statement::Run),
            Some("step") if self.is_at_end() => Ok(Statement::Step(1)),
            Some("step") => self.number("a number of steps", 1, MAX_STEPS).map(Statement::Step),
            Some("at") => self.at(),
            Some("set" | "put" | "get" | "delete" | "cas" | "append" | "list") => {
                self.request(word.unwrap_or_default())
            }
            Some("crash") => self.crash(),
            Some("restart") => self.on_nodes(NodeAction::Restart),
            Some("pause") => self.on_nodes(NodeAction::Pause),
            Some("resume") => self.on_nodes(NodeAction::Resume),
            Some("timeout") => self.on_nodes(NodeAction::ForceElection),
            Some("forget") => self.on_nodes(NodeAction::ForgetLeader),
            Some("snapshot") => self.on_nodes(NodeAction::Snapshot),
            Some("transfer" | "add" | "promote" | "demote" | "remove" | "replace" | "voters") => {
                self.asked_of_a_leader(word.unwrap_or_default())
            }
            Some("partition") => self.partition(),
            Some("heal") => Ok(network(NetworkAction::Heal)),
            Some("recover") => Ok(Statement::Order(Order::Recover(self.nodes()?))),
            Some("link") => self.link(),
            Some("cut") => self.short_link(LinkChange::Cut),
            Some("restore") => self.short_link(LinkChange::Restore),
            Some("drop") => {
                self.keyword("message")?;
                let id = self.number("a message", 1, MAX_NUMBER)?;
                Ok(network(NetworkAction::DropMessage { id: MessageId(id) }))
            }
            Some("expect") => {
                let condition = self.condition()?;
                Ok(Statement::Expect { condition, within: self.within()? })
            }
            Some("clock") => self.clock(),
            Some("slow") => self.slow(),
            Some("replay") => self.replay(),
            _ => Err(self.error_before(STATEMENTS)),
        }
    }

    fn on_nodes(&mut self, action: NodeAction) -> Parsed<Statement> {
        Ok(Statement::Order(Order::Node { nodes: self.nodes()?, action }))
    }

    fn replay(&mut self) -> Parsed<Statement> {
        let from = self.selector()?;
        self.sign("->")?;
        let to = self.selector()?;
        let mut back = 1;
        if self.eat_word("back") {
            self.sign("=")?;
            back = self.number("a number", 1, MAX_REPLAY.into())? as u32;
        }
        Ok(network(NetworkAction::Replay { from, to, back }))
    }

    fn run(&mut self) -> Parsed<Run> {
        if !self.eat_word("until") {
            if !self.word().is_some_and(is_number) {
                return Err(self.error("a duration such as `2s`, or `until`"));
            }
            return self.duration().map(Run::For);
        }
        if self.word().is_some_and(is_number) {
            let (time, step) = self.absolute()?;
            return Ok(Run::To { time, step });
        }
        let condition = self.condition()?;
        Ok(Run::Until { condition, within: self.within()? })
    }

    fn at(&mut self) -> Parsed<Statement> {
        let after = self.word().and_then(|word| word.strip_prefix('+')).map(str::to_owned);
        let moment = match after {
            Some(after) => {
                let duration = plain_duration(&after).filter(|d| *d <= MAX_DURATION);
                let duration =
                    duration.ok_or_else(|| self.error(duration_expected("`+` and a duration")))?;
                self.advance();
                Moment::Relative(duration)
            }
            None => {
                let (time, step) = self.absolute()?;
                Moment::Absolute { time, step }
            }
        };
        match self.word() {
            Some("at" | "cluster") => {
                return Err(self.error("another statement: this one cannot follow `at`"));
            }
            None => return Err(self.error("a statement to carry out at that time")),
            Some(_) => {}
        }
        let statement = self.statement()?;
        if matches!(statement, Statement::DiskContents { .. }) {
            return Err(self.error_in_all("what disks hold before time passes"));
        }
        Ok(Statement::At { moment, statement: Box::new(statement) })
    }

    /// `1500ms`, `1500ms after 320 steps`.
    fn absolute(&mut self) -> Parsed<(Instant, Option<u64>)> {
        let time = self.word().and_then(plain_duration).map(|time| time.as_micros());
        let time = time
            .and_then(|micros| u64::try_from(micros).ok())
            .filter(|micros| *micros <= MAX_NUMBER);
        let time = time.ok_or_else(|| {
            self.error("a time such as `1500ms` or `2s`, counted from the beginning")
        })?;
        self.advance();
        let step = if self.eat_word("after") {
            let step = self.number("a number of steps", 0, MAX_NUMBER)?;
            self.keyword("steps")?;
            Some(step)
        } else {
            None
        };
        Ok((Instant(time), step))
    }

    fn crash(&mut self) -> Parsed<Statement> {
        let nodes = self.nodes()?;
        let unsynced = if self.eat_word("tear") {
            Unsynced::Torn
        } else if self.eat_word("lose") {
            Unsynced::Lost
        } else if self.eat_word("keep") {
            Unsynced::Kept
        } else {
            Unsynced::Drawn
        };
        Ok(Statement::Order(Order::Node { nodes, action: NodeAction::Crash { unsynced } }))
    }

    fn partition(&mut self) -> Parsed<Statement> {
        let first = self.nodes()?;
        if self.eat_sign("->") {
            let unheard = self.nodes()?;
            return Ok(network(NetworkAction::PartitionOneWay { heard: first, unheard }));
        }
        let mut groups = vec![first];
        while self.eat_sign("|") {
            groups.push(self.nodes()?);
        }
        if !self.is_at_end() {
            return Err(self.error("another node, `|`, `->` or the end of the line"));
        }
        Ok(network(NetworkAction::Partition { groups }))
    }
}

fn network(action: NetworkAction<Selector, Nodes>) -> Statement {
    Statement::Order(Order::Network(action))
}
