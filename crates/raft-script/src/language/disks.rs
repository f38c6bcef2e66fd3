//! `disk`: what a disk holds at the beginning, how it works, and how it is damaged.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use raft_core::LogIndex;
use raft_sim::{DiskAction, DiskChange, DiskDamage, Fsync, MAX_STALL};
use raft_storage::RecordKey;

use super::cursor::{Cursor, Parsed, one_of, one_of_settings};
use super::{Choice, Setting, Word, name_of};
use crate::limits::MAX_NUMBER;
use crate::statement::{DiskContents, Nodes, Order, Selector, Statement};
use crate::units::{Delay, Span, Terms};

pub(super) const WORDS: &[Word<Statement>] = &[Word {
    name: "disk",
    brief: "change or damage a disk",
    forms: &[
        (
            "disk 2 terms=1,1,4 [term=5] [vote=3] [snapshot=2]",
            "disk 2 begins with a log of these terms (terms=empty: no entries), and a snapshot \
             through entry 2; the other nodes know the last term",
        ),
        (
            "disk 2 image=\"AAEC\"",
            "disk 2 begins with these bytes, in base64; Copy script writes it",
        ),
        ("disk 3 latency=5ms..50ms", "the latency of writes from now on"),
        ("disk 3 shape=long-tail", "the distribution of the latency"),
        ("disk 3 stall=2s", "no write becomes durable for two seconds"),
        ("disk 3 fsync=fail", "the next flush fails; a node whose flush fails stops"),
        ("disk 3 fsync=broken", "every flush fails; fsync=ok undoes it"),
        (
            "disk 3 full=on",
            "no room for another write: the node stops at its next write; with disk-files=on, \
             writes wait when their file is full; full=off undoes it",
        ),
        (
            "disk 3 corrupt [entry 4|term|term-copy|snapshot|snapshot-mark|log-end|members|\
             members-copy|file 2]",
            "a bit of that record flips; the seed chooses the bit, and the record if none is named",
        ),
        (
            "disk 3 zero [entry 4]",
            "that record comes back as zeros; with disk-files=on, all sectors with a part of it",
        ),
        ("disk 3 misdirect [entry 4 to entry 2]", "a record is stored under another record's key"),
        (
            "disk 3 wipe",
            "the disk of a node that is down is emptied; the node can start again once it was \
             removed and added",
        ),
        ("disk 3 backup", "a copy of the durable records is kept"),
        ("disk 3 restore", "a node that is down has that copy on its disk again"),
    ],
    parse: |cursor| cursor.disk(),
}];

const CHANGES: &[Setting<DiskChange>] = &[
    Setting {
        name: "latency",
        help: "the latency of writes",
        parse: |cursor| cursor.delay().map(DiskChange::Latency),
    },
    Setting {
        name: "shape",
        help: "the distribution of the latency",
        parse: |cursor| cursor.shape().map(DiskChange::Shape),
    },
    Setting {
        name: "stall",
        help: "how long nothing becomes durable",
        parse: |cursor| cursor.duration_up_to(MAX_STALL).map(DiskChange::Stall),
    },
    Setting {
        name: "fsync",
        help: "whether flushes succeed",
        parse: |cursor| cursor.choice(FSYNC).map(DiskChange::Fsync),
    },
    Setting {
        name: "full",
        help: "whether there is no room for another write",
        parse: |cursor| cursor.switch().map(DiskChange::Full),
    },
];

const FSYNC: &[Choice<Fsync>] = &[
    Choice { name: "fail", help: "the next flush fails", value: Fsync::FailsOnce },
    Choice { name: "broken", help: "every flush fails", value: Fsync::Fails },
    Choice { name: "ok", help: "flushes succeed", value: Fsync::Works },
];

/// A kind of damage, before it says to which record.
#[derive(Clone, Copy)]
enum Damage {
    Corrupt,
    Zero,
    Misdirect,
    Wipe,
    Restore,
}

const DAMAGE: &[Choice<Damage>] = &[
    Choice { name: "corrupt", help: "a bit of a record flips", value: Damage::Corrupt },
    Choice { name: "zero", help: "a record comes back as zeros", value: Damage::Zero },
    Choice {
        name: "misdirect",
        help: "a record is stored under another record's key",
        value: Damage::Misdirect,
    },
    Choice { name: "wipe", help: "the disk is emptied", value: Damage::Wipe },
    Choice { name: "restore", help: "an older copy is on the disk again", value: Damage::Restore },
];

/// The records that a disk has once. An entry is named by its index, a file by its number.
const RECORDS: &[Choice<RecordKey>] = &[
    Choice { name: "term", help: "the current term and the vote", value: RecordKey::HardState },
    Choice {
        name: "term-copy",
        help: "the second copy of term and vote",
        value: RecordKey::HardStateCopy,
    },
    Choice { name: "snapshot", help: "the snapshot", value: RecordKey::Snapshot },
    Choice {
        name: "snapshot-mark",
        help: "the last entry that the snapshot covers",
        value: RecordKey::SnapshotMark,
    },
    Choice { name: "log-end", help: "where the log ends", value: RecordKey::LogEnd },
    Choice {
        name: "members",
        help: "the members that the node first started with",
        value: RecordKey::Bootstrap,
    },
    Choice {
        name: "members-copy",
        help: "the second copy of the first members",
        value: RecordKey::BootstrapCopy,
    },
];

impl Cursor<'_> {
    fn disk(&mut self) -> Parsed<Statement> {
        let nodes = self.nodes()?;
        if let Some((_, change)) = self.maybe_setting(CHANGES, &[])? {
            let action = DiskAction::Change(change);
            return Ok(Statement::Order(Order::Disk { nodes, action }));
        }
        if self.eat(("backup", "a copy of the durable records is kept")) {
            let action = DiskAction::Change(DiskChange::Backup);
            return Ok(Statement::Order(Order::Disk { nodes, action }));
        }
        if let Some(kind) = self.maybe_choice(DAMAGE) {
            let action = DiskAction::Damage(self.damage(kind)?);
            return Ok(Statement::Order(Order::Disk { nodes, action }));
        }
        let faults = || {
            let damage = one_of(DAMAGE.iter().map(|choice| choice.name));
            format!("{}, `backup`, {damage}", one_of_settings(CHANGES))
        };
        let node = match &nodes {
            Nodes::These(selectors) => {
                if let [Selector::Node(node)] = selectors.as_slice() {
                    Some(*node)
                } else {
                    None
                }
            }
            Nodes::All | Nodes::Others => None,
        };
        let Some(node) = node else {
            return Err(self.error(format!(
                "{}; only the contents of one disk, by its number, can be given",
                faults()
            )));
        };
        match self.disk_contents()? {
            Some(contents) => Ok(Statement::DiskContents { node, contents }),
            None => Err(self.error(format!("{}; or `terms=` or `image=`", faults()))),
        }
    }

    fn damage(&mut self, kind: Damage) -> Parsed<DiskDamage> {
        Ok(match kind {
            Damage::Corrupt => DiskDamage::Corrupt { record: self.maybe_record()? },
            Damage::Zero => DiskDamage::Zero { record: self.maybe_record()? },
            Damage::Misdirect => {
                let keys = match self.maybe_record()? {
                    Some(key) => {
                        self.keyword(("to", "the key under which it is stored"))?;
                        Some((key, self.record()?))
                    }
                    None => None,
                };
                DiskDamage::Misdirect { keys }
            }
            Damage::Wipe => DiskDamage::Wipe,
            Damage::Restore => DiskDamage::Restore,
        })
    }

    fn maybe_record(&mut self) -> Parsed<Option<RecordKey>> {
        if self.is_at_end() && !self.is_completing() {
            return Ok(None);
        }
        self.record().map(Some)
    }

    /// A record by its name.
    fn record(&mut self) -> Parsed<RecordKey> {
        if self.eat(("entry", "an entry of the log")) {
            return self.number("an entry", 1, MAX_NUMBER).map(LogIndex).map(RecordKey::Entry);
        }
        if self.eat(("file", "a file with the data of a snapshot")) {
            return self.number("a file", 1, MAX_NUMBER).map(RecordKey::SnapshotFile);
        }
        self.maybe_choice(RECORDS).ok_or_else(|| {
            let names: Vec<_> = RECORDS.iter().map(|choice| format!("`{}`", choice.name)).collect();
            self.error(format!("a record: {}, `file 2` or `entry 4`", names.join(", ")))
        })
    }

    fn disk_contents(&mut self) -> Parsed<Option<DiskContents>> {
        if self.word() == Some("image") {
            self.advance();
            self.sign("=")?;
            let text = self.text("the bytes in base64")?;
            let bytes = STANDARD.decode(text);
            return bytes
                .map(|bytes| Some(DiskContents::Image(bytes)))
                .map_err(|_| self.error_before("the bytes in base64"));
        }
        if self.word() != Some("terms") {
            return Ok(None);
        }
        self.advance();
        self.sign("=")?;
        let terms = self.terms()?;
        if !terms.is_sorted() {
            return Err(self.error_before("terms that never go down"));
        }
        let (mut term, mut vote) = (None, None);
        if self.word() == Some("term") {
            self.advance();
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
        if self.word() == Some("vote") {
            self.advance();
            self.sign("=")?;
            vote = Some(self.node()?);
        }
        let mut snapshot = 0;
        if self.word() == Some("snapshot") && !terms.is_empty() {
            self.advance();
            self.sign("=")?;
            snapshot = self.number("an entry of the log", 1, terms.len() as u64)?;
        }
        Ok(Some(DiskContents::Log { terms, term, vote, snapshot }))
    }
}

/// An action on disks as text.
pub(crate) fn write_disk_action(
    f: &mut fmt::Formatter<'_>,
    nodes: &Nodes,
    action: &DiskAction,
) -> fmt::Result {
    match action {
        DiskAction::Change(change) => write!(f, "disk {nodes} {}", Changed(change)),
        DiskAction::Damage(damage) => write!(f, "disk {nodes} {}", Damaged(damage)),
    }
}

impl fmt::Display for DiskContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { terms, term, vote, snapshot } => {
                write!(f, "terms={}", Terms(terms))?;
                if let Some(term) = term {
                    write!(f, " term={term}")?;
                }
                if let Some(vote) = vote {
                    write!(f, " vote={vote}")?;
                }
                if *snapshot == 0 { Ok(()) } else { write!(f, " snapshot={snapshot}") }
            }
            Self::Image(bytes) => write!(f, "image=\"{}\"", STANDARD.encode(bytes)),
        }
    }
}

struct Changed<'a>(&'a DiskChange);

impl fmt::Display for Changed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DiskChange::Latency(range) => write!(f, "latency={}", Delay(*range)),
            DiskChange::Shape(shape) => write!(f, "shape={shape}"),
            DiskChange::Stall(duration) => write!(f, "stall={}", Span(*duration)),
            DiskChange::Fsync(fsync) => write!(f, "fsync={}", name_of(FSYNC, fsync)),
            DiskChange::Full(true) => f.write_str("full=on"),
            DiskChange::Full(false) => f.write_str("full=off"),
            DiskChange::Backup => f.write_str("backup"),
        }
    }
}

struct Damaged<'a>(&'a DiskDamage);

impl fmt::Display for Damaged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DiskDamage::Corrupt { record: None } => f.write_str("corrupt"),
            DiskDamage::Corrupt { record: Some(key) } => write!(f, "corrupt {}", Record(*key)),
            DiskDamage::Zero { record: None } => f.write_str("zero"),
            DiskDamage::Zero { record: Some(key) } => write!(f, "zero {}", Record(*key)),
            DiskDamage::Misdirect { keys: None } => f.write_str("misdirect"),
            DiskDamage::Misdirect { keys: Some((key, found)) } => {
                write!(f, "misdirect {} to {}", Record(*key), Record(*found))
            }
            DiskDamage::Wipe => f.write_str("wipe"),
            DiskDamage::Restore => f.write_str("restore"),
        }
    }
}

/// The name of a record in the language: `entry 4`, `term`. `None` for the note that a wiped disk
/// was in use, which is not on the disk proper.
pub fn record_name(key: RecordKey) -> Option<String> {
    (key != RecordKey::InUse).then(|| Record(key).to_string())
}

/// A record by its name.
struct Record(RecordKey);

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            RecordKey::Entry(index) => write!(f, "entry {index}"),
            RecordKey::SnapshotFile(handle) => write!(f, "file {handle}"),
            // No statement names `InUse`: it is not on the disk proper.
            key @ (RecordKey::HardState
            | RecordKey::HardStateCopy
            | RecordKey::Snapshot
            | RecordKey::SnapshotMark
            | RecordKey::LogEnd
            | RecordKey::InUse
            | RecordKey::Bootstrap
            | RecordKey::BootstrapCopy) => f.write_str(name_of(RECORDS, key)),
        }
    }
}
