//! The statements.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use raft_core::Instant;
use raft_kv::{Key, Operation};
use raft_sim::{LinkChange, MessageId, Setup, Unsynced};

use super::cursor::{Cursor, Parsed};
use super::values::{duration_expected, is_number, plain_duration};
use crate::limits::{MAX_BATCH, MAX_DURATION, MAX_NODES, MAX_NUMBER, MAX_STEPS};
use crate::print::DEFAULT_CLIENT;
use crate::statement::{DiskContents, Ends, Moment, Nodes, Run, Selector, Statement};

const STATEMENTS: &str = "a statement: append, at, cas, cluster, crash, delete, disk, drop, expect, \
                          get, heal, link, list, partition, pause, restart, resume, run, set, snapshot, \
                          step or timeout";

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
            Some("restart") => self.nodes().map(Statement::Restart),
            Some("pause") => self.nodes().map(Statement::Pause),
            Some("resume") => self.nodes().map(Statement::Resume),
            Some("timeout") => self.nodes().map(Statement::Timeout),
            Some("snapshot") => self.nodes().map(Statement::Snapshot),
            Some("partition") => self.partition(),
            Some("heal") => Ok(Statement::Heal),
            Some("link") => self.link(),
            Some("cut") => self.short_link(LinkChange::Cut),
            Some("restore") => self.short_link(LinkChange::Restore),
            Some("drop") => {
                self.keyword("message")?;
                let id = self.number("a message", 1, MAX_NUMBER)?;
                Ok(Statement::DropMessage(MessageId(id)))
            }
            Some("expect") => {
                let condition = self.condition()?;
                Ok(Statement::Expect { condition, within: self.within()? })
            }
            _ => Err(self.error_before(STATEMENTS)),
        }
    }

    fn cluster(&mut self) -> Parsed<Statement> {
        let mut setup = Setup::default();
        let mut named: Vec<&str> = Vec::new();
        while let Some(option) = self.word() {
            if named.contains(&option) {
                return Err(self.error(format!("`{option}` only once")));
            }
            named.push(option);
            self.advance();
            self.cluster_option(option, &mut setup)?;
        }
        self.end()?;
        setup.validate().map_err(|error| {
            self.error_in_all(format!("settings within their bounds ({error})"))
        })?;
        Ok(Statement::Cluster(Box::new(setup)))
    }

    fn cluster_option(&mut self, option: &str, setup: &mut Setup) -> Parsed<()> {
        const OPTIONS: [&str; 12] = [
            "nodes",
            "seed",
            "heartbeat",
            "election",
            "batch",
            "snapshot",
            "latency",
            "disk",
            "timeout",
            "patience",
            "run",
            "down",
        ];
        if !OPTIONS.contains(&option) {
            return Err(self.error_before(format!("a setting: {}", OPTIONS.join(", "))));
        }
        self.sign("=")?;
        match option {
            "nodes" => setup.nodes = self.number("a number", 1, MAX_NODES)?,
            "seed" => setup.seed = self.number("a number", 0, u64::MAX)?,
            "heartbeat" => setup.heartbeat_interval = self.duration()?,
            "election" => {
                let range = self.delay()?;
                (setup.election_timeout_min, setup.election_timeout_max) = (range.min, range.max);
            }
            "batch" => {
                setup.max_batch_entries = self.number("a number", 0, MAX_BATCH)? as usize;
            }
            "snapshot" => setup.snapshot_threshold = self.number("a number", 0, u64::MAX)?,
            "latency" => setup.link_latency = self.delay()?,
            "disk" => setup.disk_latency = self.delay()?,
            "timeout" => setup.client_timeout = self.duration()?,
            "patience" => setup.client_patience = self.duration()?,
            "run" => setup.run = self.number("a number", 0, MAX_NUMBER)?,
            _ => {
                setup.down = vec![self.node()?];
                while self.eat_sign(",") {
                    setup.down.push(self.node()?);
                }
            }
        }
        Ok(())
    }

    fn disk(&mut self) -> Parsed<Statement> {
        let nodes = self.nodes()?;
        if self.eat_word("latency") {
            self.sign("=")?;
            return Ok(Statement::DiskLatency { nodes, latency: self.delay()? });
        }
        let node = match &nodes {
            Nodes::These(selectors) => match selectors.as_slice() {
                [Selector::Node(node)] => Some(*node),
                _ => None,
            },
            Nodes::All | Nodes::Others => None,
        };
        let Some(node) = node else {
            return Err(self
                .error("`latency=…`; only the contents of one disk, by its number, can be given"));
        };
        let contents = self.disk_contents()?;
        Ok(Statement::DiskContents { node, contents })
    }

    fn disk_contents(&mut self) -> Parsed<DiskContents> {
        if self.eat_word("image") {
            self.sign("=")?;
            let text = self.text("the bytes in base64")?;
            let bytes = STANDARD.decode(text);
            return bytes
                .map(DiskContents::Image)
                .map_err(|_| self.error_before("the bytes in base64"));
        }
        if !self.eat_word("terms") {
            return Err(self.error("`latency=`, `terms=` or `image=`"));
        }
        self.sign("=")?;
        let terms = self.terms()?;
        if !terms.is_sorted() {
            return Err(self.error_before("terms that never go down"));
        }
        let (mut term, mut vote) = (None, None);
        if self.eat_word("term") {
            self.sign("=")?;
            let least = terms.last().copied().unwrap_or_default();
            let current = self.term()?;
            if current < least {
                return Err(
                    self.error_before(format!("a term not before that of the last entry, {least}"))
                );
            }
            term = Some(current);
        }
        if self.eat_word("vote") {
            self.sign("=")?;
            vote = Some(self.node()?);
        }
        Ok(DiskContents::Log { terms, term, vote })
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

    fn request(&mut self, word: &str) -> Parsed<Statement> {
        let operation = match word {
            "set" | "put" => {
                let (key, value) = self.key_and_value()?;
                Operation::Set { key, value }
            }
            "get" => Operation::Get { key: self.key()? },
            "delete" => Operation::Delete { key: self.key()? },
            "cas" => {
                let key = self.key()?;
                let expect = if self.eat_word("none") { None } else { Some(self.value()?) };
                Operation::Cas { key, expect, value: self.value()? }
            }
            "append" => Operation::Append { key: self.key()?, value: self.value()? },
            _ if self.is_at_end() || self.is_sign_at(1, "=") => {
                Operation::List { prefix: Key::from("") }
            }
            _ => Operation::List { prefix: self.key()? },
        };
        let (mut via, mut client) = (None, None);
        while !self.is_at_end() {
            if via.is_none() && self.eat_word("via") {
                self.sign("=")?;
                let is_any = self.word() == Some("any") && self.word_at(1) != Some("follower");
                via = Some(if is_any {
                    self.advance();
                    None
                } else {
                    Some(self.selector()?)
                });
            } else if client.is_none() && self.eat_word("client") {
                self.sign("=")?;
                client = Some(self.client()?);
            } else {
                return Err(self.error("`via=`, `client=` or the end of the line"));
            }
        }
        let client = client.unwrap_or(DEFAULT_CLIENT);
        Ok(Statement::Request { operation, via: via.flatten(), client })
    }

    fn crash(&mut self) -> Parsed<Statement> {
        let nodes = self.nodes()?;
        let unsynced = if self.eat_word("lose") {
            Unsynced::Lost
        } else if self.eat_word("keep") {
            Unsynced::Kept
        } else {
            Unsynced::Drawn
        };
        Ok(Statement::Crash { nodes, unsynced })
    }

    fn partition(&mut self) -> Parsed<Statement> {
        let mut groups = vec![self.nodes()?];
        while self.eat_sign("|") {
            groups.push(self.nodes()?);
        }
        if !self.is_at_end() {
            return Err(self.error("another node, `|` or the end of the line"));
        }
        Ok(Statement::Partition(groups))
    }

    fn link(&mut self) -> Parsed<Statement> {
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
        Ok(Statement::Link { ends, changes })
    }

    fn link_setting(&mut self, before: &[LinkChange]) -> Parsed<LinkChange> {
        let expected = if before.is_empty() {
            "`cut`, `restore`, `latency=`, `loss=`, `duplicate=` or `reorder=`"
        } else {
            "`latency=`, `loss=`, `duplicate=` or `reorder=`, each once"
        };
        let word = self.word().ok_or_else(|| self.error(expected))?.to_owned();
        let is_new = |kind: fn(&LinkChange) -> bool| !before.iter().any(kind);
        let fits = match word.as_str() {
            "latency" => is_new(|change| matches!(change, LinkChange::Latency(_))),
            "loss" => is_new(|change| matches!(change, LinkChange::Loss { .. })),
            "duplicate" => is_new(|change| matches!(change, LinkChange::Duplication { .. })),
            "reorder" => is_new(|change| matches!(change, LinkChange::Reordering(_))),
            _ => false,
        };
        if !fits {
            return Err(self.error(expected));
        }
        self.advance();
        self.sign("=")?;
        Ok(match word.as_str() {
            "latency" => LinkChange::Latency(self.delay()?),
            "loss" => LinkChange::Loss { per_million: self.percent()? },
            "duplicate" => LinkChange::Duplication { per_million: self.percent()? },
            _ if self.eat_word("on") => LinkChange::Reordering(true),
            _ if self.eat_word("off") => LinkChange::Reordering(false),
            _ => return Err(self.error("`on` or `off`")),
        })
    }

    /// `cut 1 -> 3` for `link 1 -> 3 cut`.
    fn short_link(&mut self, change: LinkChange) -> Parsed<Statement> {
        Ok(Statement::Link { ends: self.ends()?, changes: vec![change] })
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
