//! `disk`: what a disk holds at the beginning, how it works, and how it is damaged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use raft_core::LogIndex;
use raft_sim::{DiskAction, DiskChange, DiskDamage, Fsync, MAX_STALL};
use raft_storage::RecordKey;

use super::cursor::{Cursor, Parsed};
use crate::limits::MAX_NUMBER;
use crate::statement::{DiskContents, Nodes, Order, Selector, Statement};

const FAULTS: &str = "`latency=`, `shape=`, `stall=`, `fsync=`, `full=`, `corrupt`, `misdirect`, `wipe`, \
                      `terms=` or `image=`";
const RECORD: &str = "a record: `term`, `term-copy`, `snapshot`, `snapshot-mark`, `log-end` or \
                      `entry 4`";

impl Cursor<'_> {
    pub(super) fn disk(&mut self) -> Parsed<Statement> {
        let nodes = self.nodes()?;
        if let Some(change) = self.disk_change()? {
            let action = DiskAction::Change(change);
            return Ok(Statement::Order(Order::Disk { nodes, action }));
        }
        if let Some(damage) = self.disk_damage()? {
            let action = DiskAction::Damage(damage);
            return Ok(Statement::Order(Order::Disk { nodes, action }));
        }
        let node = match &nodes {
            Nodes::These(selectors) => match selectors.as_slice() {
                [Selector::Node(node)] => Some(*node),
                _ => None,
            },
            Nodes::All | Nodes::Others => None,
        };
        let Some(node) = node else {
            return Err(self.error(
                "`latency=`, `shape=`, `stall=`, `fsync=`, `full=`, `corrupt`, `misdirect` or `wipe`; only the \
                 contents of one disk, by its number, can be given",
            ));
        };
        let contents = self.disk_contents()?;
        Ok(Statement::DiskContents { node, contents })
    }

    fn disk_change(&mut self) -> Parsed<Option<DiskChange>> {
        let Some(word @ ("latency" | "shape" | "stall" | "fsync" | "full")) = self.word() else {
            return Ok(None);
        };
        self.advance();
        self.sign("=")?;
        Ok(Some(match word {
            "latency" => DiskChange::Latency(self.delay()?),
            "shape" => DiskChange::Shape(self.shape()?),
            "stall" => DiskChange::Stall(self.duration_up_to(MAX_STALL)?),
            "fsync" => DiskChange::Fsync(self.fsync()?),
            _ => DiskChange::Full(self.switch()?),
        }))
    }

    fn fsync(&mut self) -> Parsed<Fsync> {
        let fsync = match self.word() {
            Some("fail") => Fsync::FailsOnce,
            Some("broken") => Fsync::Fails,
            Some("ok") => Fsync::Works,
            _ => return Err(self.error("`fail` (the next flush), `broken` (every flush) or `ok`")),
        };
        self.advance();
        Ok(fsync)
    }

    fn disk_damage(&mut self) -> Parsed<Option<DiskDamage>> {
        Ok(Some(if self.eat_word("corrupt") {
            let record = if self.is_at_end() { None } else { Some(self.record()?) };
            DiskDamage::Corrupt { record }
        } else if self.eat_word("misdirect") {
            let keys = if self.is_at_end() {
                None
            } else {
                let key = self.record()?;
                self.keyword("to")?;
                Some((key, self.record()?))
            };
            DiskDamage::Misdirect { keys }
        } else if self.eat_word("wipe") {
            DiskDamage::Wipe
        } else {
            return Ok(None);
        }))
    }

    /// A record by its name.
    fn record(&mut self) -> Parsed<RecordKey> {
        let key = match self.word() {
            Some("term") => RecordKey::HardState,
            Some("term-copy") => RecordKey::HardStateCopy,
            Some("snapshot") => RecordKey::Snapshot,
            Some("snapshot-mark") => RecordKey::SnapshotMark,
            Some("log-end") => RecordKey::LogEnd,
            Some("entry") => {
                self.advance();
                return self.number("an entry", 1, MAX_NUMBER).map(LogIndex).map(RecordKey::Entry);
            }
            _ => return Err(self.error(RECORD)),
        };
        self.advance();
        Ok(key)
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
            return Err(self.error(FAULTS));
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
}
