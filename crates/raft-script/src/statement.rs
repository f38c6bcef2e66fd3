//! Statements of the language. Their values may be out of bounds for a cluster (node 7 of five):
//! then the session refuses them.

use std::fmt;
use std::time::Duration;

use raft_core::{Instant, NodeId, Term};
use raft_explain::Question;
pub use raft_sim::Selector;
use raft_sim::{
    AdminRequest, DiskAction, LinkChange, Load, NetworkAction, NodeAction, Request, RuleAction,
    SettingChange, Setup,
};

use crate::condition::Condition;
use crate::language::{
    write_admin_request, write_cluster, write_disk_action, write_link, write_load,
    write_network_action, write_node_action, write_node_settings, write_question,
    write_reconfiguration, write_request, write_rule_action, write_within,
};
use crate::lesson::LessonStatement;

/// A parsed script.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Script {
    /// Its statements, in order, blank lines and comments among them. A comment after a statement
    /// is a note before it.
    pub statements: Vec<SourceLine>,
}

impl Script {
    /// The number of its `expect` statements, those after `at` included.
    #[must_use]
    pub fn expectations(&self) -> usize {
        let is_expectation = |line: &&SourceLine| line.statement.is_expectation();
        self.statements.iter().filter(is_expectation).count()
    }

    /// The script without its [notes](Statement::Note).
    #[must_use]
    pub fn without_notes(&self) -> Self {
        let says = |line: &&SourceLine| !line.statement.is_note();
        Self { statements: self.statements.iter().filter(says).cloned().collect() }
    }
}

/// One statement and its place in the text.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceLine {
    /// The number of the line, from 1.
    pub number: usize,
    /// The statement in it.
    pub statement: Statement,
}

/// One thing to say to a session. `Display` prints the canonical form, which parses back to the
/// same statement.
#[derive(Clone, PartialEq, Debug)]
pub enum Statement {
    /// `# a comment`, or nothing for a blank line: kept so that a script that is read and written
    /// again is the same. It takes no time and does nothing.
    Note(String),
    /// `cluster nodes=5 seed=8 …`: sets up the cluster. Only as the first statement.
    ///
    /// The setup's `disks` are empty: those are [`DiskContents`](Self::DiskContents). So are its
    /// `node_settings`: those are [`NodeSettings`](Self::NodeSettings).
    Cluster(Box<Setup>),
    /// `node 3 batch=1`: settings of one node that differ from the cluster's when the world begins.
    /// Only after `cluster`, before anything else.
    NodeSettings {
        /// The node; it may join later.
        node: NodeId,
        /// At least one.
        changes: Vec<SettingChange>,
    },
    /// `disk 2 terms=1,1,4`: what a disk holds when the world begins. Only after `cluster`, before
    /// anything else.
    DiskContents {
        /// The disk's owner.
        node: NodeId,
        /// A log made up for the script, or an image.
        contents: DiskContents,
    },
    /// `run …`: let time pass.
    Run(Run),
    /// `step 3`: let that many things happen.
    Step(u64),
    /// `at 1500ms crash 3`: run up to that moment, then do something.
    At {
        /// The end of the wait.
        moment: When,
        /// The statement to carry out then; never `At`, `Cluster`, `NodeSettings` or
        /// `DiskContents`.
        statement: Box<Self>,
    },
    /// `crash leader`, `set x=1`, …: do something now. No time passes.
    Order(Order),
    /// `mark recovery`: name this moment.
    Mark(String),
    /// `scene "Two candidates"`, `ask "Who will lead?"`, …: what makes a script a lesson.
    Lesson(LessonStatement),
    /// `why 812`, `why no leader`: explain what happened, or what did not. It changes nothing.
    Why(Question),
    /// `expect leader among 3 4 5 within 2s`: fail if that does not hold.
    Expect {
        /// The condition that must hold.
        condition: Condition,
        /// The longest wait for it; `None`: it must hold now.
        within: Option<Duration>,
    },
}

impl Statement {
    /// Whether it is an `expect`, now or later.
    fn is_expectation(&self) -> bool {
        match self {
            Self::Expect { .. } => true,
            Self::At { statement, .. } => statement.is_expectation(),
            Self::Lesson(lesson) => lesson.inner().is_some_and(Self::is_expectation),
            Self::Note(_)
            | Self::Cluster(_)
            | Self::NodeSettings { .. }
            | Self::DiskContents { .. }
            | Self::Run(_)
            | Self::Step(_)
            | Self::Mark(_)
            | Self::Why(_)
            | Self::Order(_) => false,
        }
    }

    /// Whether it does something in the world, at once or later. Others wait, look or note.
    pub fn acts(&self) -> bool {
        match self {
            Self::Order(_) => true,
            Self::At { statement, .. } => statement.acts(),
            Self::Lesson(lesson) => lesson.inner().is_some_and(Self::acts),
            Self::Note(_)
            | Self::Cluster(_)
            | Self::NodeSettings { .. }
            | Self::DiskContents { .. }
            | Self::Run(_)
            | Self::Step(_)
            | Self::Mark(_)
            | Self::Why(_)
            | Self::Expect { .. } => false,
        }
    }

    /// Whether it switches a rule off or on, at once or later.
    pub fn switches_rules(&self) -> bool {
        match self {
            Self::Order(order) => matches!(order, Order::Rule(_)),
            Self::At { statement, .. } => statement.switches_rules(),
            Self::Lesson(lesson) => lesson.inner().is_some_and(Self::switches_rules),
            Self::Note(_)
            | Self::Cluster(_)
            | Self::NodeSettings { .. }
            | Self::DiskContents { .. }
            | Self::Run(_)
            | Self::Step(_)
            | Self::Mark(_)
            | Self::Why(_)
            | Self::Expect { .. } => false,
        }
    }

    /// Whether it only asks: it changes nothing, takes no time, and is not in the journal.
    pub fn only_asks(&self) -> bool {
        matches!(self, Self::Why(_))
    }

    /// Whether it describes the world before anything happens: only at the beginning of a script.
    pub fn is_opening(&self) -> bool {
        matches!(self, Self::Cluster(_) | Self::NodeSettings { .. } | Self::DiskContents { .. })
    }

    /// What it says of a lesson.
    pub(crate) fn lesson(&self) -> Option<&LessonStatement> {
        match self {
            Self::Lesson(lesson) => Some(lesson),
            Self::Note(_)
            | Self::Cluster(_)
            | Self::NodeSettings { .. }
            | Self::DiskContents { .. }
            | Self::Run(_)
            | Self::Step(_)
            | Self::At { .. }
            | Self::Order(_)
            | Self::Mark(_)
            | Self::Why(_)
            | Self::Expect { .. } => None,
        }
    }

    /// Whether it is a comment or a blank line.
    pub fn is_note(&self) -> bool {
        matches!(self, Self::Note(_))
    }
}

/// An [`Action`](raft_sim::Action) whose nodes are named in words.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// `crash leader lose`, `slow 3 by=5ms`: to the processes of nodes.
    Node {
        /// Each of them.
        nodes: Nodes,
        /// The action.
        action: NodeAction,
    },
    /// `restart 3 batch=1`: start nodes with other settings.
    Reconfigure {
        /// Each of them.
        nodes: Nodes,
        /// At least one.
        changes: Vec<SettingChange>,
    },
    /// `disk 3 latency=5ms..50ms`, `disk 3 corrupt entry 4`: to the disks of nodes. No record is
    /// [`RecordKey::InUse`].
    ///
    /// [`RecordKey::InUse`]: raft_storage::RecordKey::InUse
    Disk {
        /// The disks' owners.
        nodes: Nodes,
        /// The action.
        action: DiskAction,
    },
    /// `link 3 -> 4 cut`: change links.
    Link {
        /// The links.
        ends: Ends,
        /// At least one change. `Cut` and `Restore` are alone.
        changes: Vec<LinkChange>,
    },
    /// `partition 1 2 | 3 4 5`, `replay 3 -> 4 back=5`: to the network, or to a message in it.
    Network(NetworkAction<Selector, Nodes>),
    /// `transfer 3 via=1`, `add 6 as learner`: ask a node for what only a leader does.
    Administer {
        /// The request.
        request: AdminRequest<Selector>,
        /// The node to which it goes; `None`: the leader.
        via: Option<Selector>,
    },
    /// `recover 1 2 3`: everything works again for these nodes; all others crash and stay down.
    Recover(Nodes),
    /// `set x=1 via=leader client=2`, `get x via=3 read=lease`: a client asks for something.
    Request(Request),
    /// `load 500/s for=5s clients=4 size=1KiB`: clients write at a steady rate.
    Load(Load),
    /// `break vote-ignores-log`, `mend all`: switch a rule off, or on again, in all nodes.
    Rule(RuleAction),
    /// `reseed 17`: later random numbers are those of another seed.
    Reseed(u64),
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(text) => f.write_str(text),
            Self::Cluster(setup) => write_cluster(f, setup),
            Self::NodeSettings { node, changes } => write_node_settings(f, *node, changes),
            Self::DiskContents { node, contents } => write!(f, "disk {node} {contents}"),
            Self::Run(run) => run.fmt(f),
            Self::Step(1) => f.write_str("step"),
            Self::Step(count) => write!(f, "step {count}"),
            Self::At { moment, statement } => write!(f, "at {moment} {statement}"),
            Self::Order(order) => order.fmt(f),
            Self::Mark(name) => write!(f, "mark {name}"),
            Self::Lesson(lesson) => lesson.fmt(f),
            Self::Why(question) => write_question(f, question),
            Self::Expect { condition, within } => {
                write!(f, "expect {condition}")?;
                write_within(f, *within)
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node { nodes, action } => write_node_action(f, nodes, *action),
            Self::Reconfigure { nodes, changes } => write_reconfiguration(f, nodes, changes),
            Self::Disk { nodes, action } => write_disk_action(f, nodes, action),
            Self::Link { ends, changes } => write_link(f, ends, changes),
            Self::Network(action) => write_network_action(f, action),
            Self::Administer { request, via } => write_admin_request(f, request, *via),
            Self::Recover(nodes) => write!(f, "recover {nodes}"),
            Self::Request(request) => write_request(f, request),
            Self::Load(load) => write_load(f, *load),
            Self::Rule(action) => write_rule_action(f, *action),
            Self::Reseed(seed) => write!(f, "reseed {seed}"),
        }
    }
}

/// What a disk holds at the beginning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DiskContents {
    /// A log made up for the occasion. The entry at index i sets `entry`i to its term.
    Log {
        /// The entries' terms, in order.
        terms: Vec<Term>,
        /// The node's current term; `None`: that of the last entry.
        term: Option<Term>,
        /// Who got the node's vote in that term.
        vote: Option<NodeId>,
        /// The last entry that is in a snapshot, with all before it; 0 without a snapshot.
        snapshot: u64,
    },
    /// The bytes that `raft_storage::export` wrote.
    Image(Vec<u8>),
}

/// How long to let time pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Run {
    /// `run 2s`
    For(Duration),
    /// `run until 1500ms`: an absolute time.
    To {
        /// When.
        time: Instant,
        /// How many steps the world has made by then; see [`When::Absolute`].
        step: Option<u64>,
    },
    /// `run until leader within 5s`
    Until {
        /// What to wait for.
        condition: Condition,
        /// How long at most; `None`: [`DEFAULT_PATIENCE`](crate::limits::DEFAULT_PATIENCE).
        within: Option<Duration>,
    },
}

/// When to do something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// `at 1500ms`, `at 1500ms after 320 steps`
    Absolute {
        /// The virtual time, counted from the beginning.
        time: Instant,
        /// How many steps the world has made by then. Without it, everything due at that time
        /// happens first; an exported session says it where that would not be so.
        step: Option<u64>,
    },
    /// `at +500ms`: that long after the present.
    Relative(Duration),
}

/// Some nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Nodes {
    /// `1 leader`: these; at least one.
    These(Vec<Selector>),
    /// `all`: every node for which the statement makes sense.
    All,
    /// `others`: all that the statement does not name; if it names none, all but the leader.
    Others,
}

/// Which links.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ends {
    /// `all`: every link, both ways.
    All,
    /// `3 -> 4`, or `3 <-> 4` for both directions.
    Between {
        /// The sending ends.
        from: Nodes,
        /// The receiving ends.
        to: Nodes,
        /// Whether the opposite direction is meant as well.
        both_ways: bool,
    },
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|line| writeln!(f, "{}", line.statement))
    }
}

impl fmt::Display for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::These(selectors) => write_list(f, selectors, " "),
            Self::All => f.write_str("all"),
            Self::Others => f.write_str("others"),
        }
    }
}

pub(crate) fn write_list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    separator: &str,
) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}
