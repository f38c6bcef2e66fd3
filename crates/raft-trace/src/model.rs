//! A recorded run, whatever program wrote it: steps, and what each says of the nodes.

use std::borrow::Cow;
use std::ops::Range;

use raft_core::{Entry, LogIndex, LogPosition, Membership, NodeId, RoleKind, Term};
use serde::{Deserialize, Serialize};

/// The form of a file with a recorded run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TraceSource {
    /// The trace of this program: `docs/trace.md`.
    Helios,
    /// A log for ShiViz: host, vector clock, text.
    ShiViz,
    /// The state trace of etcd's raft, one JSON object a line.
    EtcdRaft,
    /// One line an event, as `docs/trace.md` describes it.
    Lines,
}

/// A run that was recorded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RecordedRun {
    /// The form of the file.
    pub source: TraceSource,
    /// The nodes, in ascending order.
    pub nodes: Vec<NodeId>,
    /// The names of nodes that have other names in the file, in the order of `nodes`.
    pub names: Vec<String>,
    /// The first membership, if the file says it.
    pub membership: Option<Membership>,
    /// What is on disks at the beginning.
    pub first: Vec<(NodeId, Vec<Fact>)>,
    /// The events, in the order of the file.
    pub steps: Vec<TraceStep>,
    /// The lines that are no event.
    pub passed_over: PassedOver,
}

/// Lines that were passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PassedOver {
    /// How many.
    pub count: usize,
    /// The first of them, from 1.
    pub first: Option<usize>,
}

/// An event of a recorded run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TraceStep {
    /// The line of the file, from 1.
    pub line: usize,
    /// The number of the event in the file; else its place, from 1.
    pub number: u64,
    /// The time, in microseconds since the first event, if the file has times.
    pub at_us: Option<u64>,
    /// The node at which it happened.
    pub node: Option<NodeId>,
    /// Its kind, or the first word of the line.
    pub kind: String,
    /// The number of the event that caused it.
    pub cause: Option<u64>,
    /// The event in words.
    pub text: String,
    /// What it says of its node, in order.
    pub facts: Vec<Fact>,
}

/// What an event says of its node.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Fact {
    /// The facts that follow are its whole state. What was before is not known.
    Observed,
    /// It tells nothing any more: it is down, or cannot be reached. Its role is not known.
    OutOfSight,
    /// It starts, from its disk if there is one in the file.
    Started,
    /// It is down.
    Stopped,
    /// A new server has this number.
    Renewed,
    /// A fault took away what Raft rests on: no verdict is possible from now on.
    Unsafe(Cow<'static, str>),
    /// Its term.
    Term(Term),
    /// Its vote in its term.
    Vote(Option<NodeId>),
    /// Its vote in a term leaves it: it can never vote for another in that term.
    Voted {
        /// The term.
        term: Term,
        /// The candidate.
        candidate: NodeId,
    },
    /// Its role.
    Role(RoleKind),
    /// Its log.
    Log(LogFact),
    /// The same of its disk alone: its memory stays.
    Disk(LogFact),
    /// The term and the vote on its disk.
    DiskState(Term, Option<NodeId>),
    /// The length of its log, where the entries are not known.
    LogLength(LogIndex),
    /// It has this commit index.
    Commit(LogIndex),
    /// It applied an entry.
    Applied(Entry),
    /// It applied the entries up to here, which are not known.
    AppliedThrough(LogIndex),
    /// It tells a leader that its log holds the entries up to here.
    Acknowledged {
        /// The leader.
        leader: NodeId,
        /// The term of that leader.
        term: Term,
        /// The last entry.
        match_index: LogIndex,
    },
    /// It sends a message.
    Sent(TraceMessage),
    /// A message arrives at it.
    Arrived(u64),
    /// A message is lost.
    Lost(u64),
}

/// A change of a log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum LogFact {
    /// An entry is there, in place of another one with its index.
    Entry(Entry),
    /// The entries of this range are gone.
    Removed {
        /// The first index.
        from: LogIndex,
        /// The last index.
        through: LogIndex,
    },
    /// The entries up to this position are not told, whatever the log has there.
    Unseen(LogPosition),
    /// The log begins after this position, because of a snapshot.
    Base {
        /// The position before the first entry.
        log_start: LogPosition,
        /// The last entry of the snapshot.
        snapshot: LogPosition,
    },
}

/// A message of a recorded run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TraceMessage {
    /// Names the message.
    pub id: u64,
    /// The receiver.
    pub to: NodeId,
    /// The paper's name, or that of the file.
    pub name: String,
    /// The sender's term, if the file says it.
    pub term: Option<Term>,
    /// The number of its log entries, if the file says it.
    pub entries: Option<usize>,
    /// Whether a reply grants or accepts, if the file says it.
    pub agrees: Option<bool>,
}

impl RecordedRun {
    /// A run of which nothing is known.
    pub(crate) fn new(source: TraceSource) -> Self {
        Self {
            source,
            nodes: Vec::new(),
            names: Vec::new(),
            membership: None,
            first: Vec::new(),
            steps: Vec::new(),
            passed_over: PassedOver::default(),
        }
    }

    /// The places of the steps of a moment, which begins with this one. A core decides, and what it
    /// decided is written after that, at the same time: what lies between is no state of its own.
    /// Other files have no such order.
    pub fn moment(&self, from: usize) -> Range<usize> {
        from..from + self.source.moment(&self.steps[from..])
    }
}

impl TraceSource {
    /// The number of steps of the first [moment](RecordedRun::moment) of some; 0 of none.
    pub fn moment(self, steps: &[TraceStep]) -> usize {
        let Some((first, rest)) = steps.split_first() else { return 0 };
        let is_same = |step: &&TraceStep| {
            self == Self::Helios
                && step.at_us == first.at_us
                && (step.node == first.node || step.node.is_none())
        };
        1 + rest.iter().take_while(is_same).count()
    }

    /// Its name, in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Helios => "helios-trace",
            Self::ShiViz => "shiviz",
            Self::EtcdRaft => "etcd-raft",
            Self::Lines => "lines",
        }
    }
}
