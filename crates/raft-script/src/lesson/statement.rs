//! The statements of lessons.

use std::fmt;

use raft_core::{LogIndex, NodeId};
use raft_kv::ClientId;
use raft_sim::MessageKind;
use serde::Serialize;

use crate::condition::Condition;
use crate::statement::Statement;
use crate::units::Quoted;

/// What a lesson says about its steps, apart from its texts, which are comments. A session carries
/// out only what changes something: `scene` sets a mark of this name, `ask` and `goal` set the mark
/// `ask`, and `solve` does what a learner would.
#[derive(Clone, PartialEq, Debug)]
pub enum LessonStatement {
    /// `lesson "Split votes"`: the title. It comes before every other statement of a lesson.
    Title(String),
    /// `scene "Two candidates" [after "Nobody leads"]`: a step of the lesson begins. Comments after
    /// it are its text.
    Scene {
        /// Its title.
        title: String,
        /// The earlier scene at whose end it begins; `None`: at the end of the one before it.
        after: Option<String>,
    },
    /// `point node 3`: what the learner is to look at.
    Point(Pointed),
    /// `allow crash, restart`: the learner is offered these statements only.
    Allow(Vec<&'static str>),
    /// `ask "Who will lead?"`: the run after the choices answers it.
    Ask(String),
    /// `choice "Node 1" if leader 1`: it is right if the condition holds at the end of the scene.
    Choice {
        /// The words.
        text: String,
        /// When it is right.
        condition: Condition,
    },
    /// `instead timeout 1`: part of the run from the question on in which the choice before it
    /// would be right.
    Instead(Box<Statement>),
    /// `never "Nobody can win two elections in one term."`: why there is no such run.
    Never(String),
    /// `goal "Two nodes lead." if happened two-leaders since scene`: for the learner to reach.
    Goal {
        /// The words.
        text: String,
        /// When it is reached.
        condition: Condition,
    },
    /// `solve timeout 1`: part of one way to the goals.
    Solve(Box<Statement>),
}

/// A thing of the cluster, or a part of the page, that a lesson points to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pointed {
    /// `node 3`
    Node(NodeId),
    /// `link 1 -> 3`
    Link(NodeId, NodeId),
    /// `message AppendEntries 1 -> 3`: the oldest one under way.
    Message(MessageKind, NodeId, NodeId),
    /// `entry 4`: in every log.
    Entry(LogIndex),
    /// `client 1`
    Client(ClientId),
    /// `panel logs`
    Panel(PanelName),
}

/// A part of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PanelName {
    /// The nodes and links.
    Cluster,
    /// The logs.
    Logs,
    /// The keys and values.
    Values,
    /// The events.
    Events,
    /// The line of the run.
    Tape,
    /// The sentence about the moment.
    Sentence,
    /// The console.
    Console,
    /// The disk of a node: the one that is pointed to, too.
    Disk,
}

impl LessonStatement {
    /// The statement in it.
    pub(crate) fn inner(&self) -> Option<&Statement> {
        match self {
            Self::Instead(statement) | Self::Solve(statement) => Some(statement),
            Self::Title(_)
            | Self::Scene { .. }
            | Self::Point(_)
            | Self::Allow(_)
            | Self::Ask(_)
            | Self::Choice { .. }
            | Self::Never(_)
            | Self::Goal { .. } => None,
        }
    }

    /// The title of the scene that begins here.
    pub(crate) fn scene_title(&self) -> Option<&str> {
        match self {
            Self::Scene { title, .. } => Some(title),
            Self::Title(_)
            | Self::Point(_)
            | Self::Allow(_)
            | Self::Ask(_)
            | Self::Choice { .. }
            | Self::Instead(_)
            | Self::Never(_)
            | Self::Goal { .. }
            | Self::Solve(_) => None,
        }
    }

    /// Checks that the statement may stand after `last`, the last statement of a lesson before it;
    /// `is_next`: nothing but notes is between them.
    pub(crate) fn check_place(&self, last: Option<&Self>, is_next: bool) -> Result<(), String> {
        let is_task =
            |last: &Self| !matches!(last, Self::Scene { .. } | Self::Point(_) | Self::Allow(_));
        let (fits, expected) = match (self, last) {
            (Self::Title(_), last) => (last.is_none(), "`lesson` once"),
            (_, None) => (false, "`lesson` and its title first"),
            (Self::Scene { .. }, Some(_)) => (true, ""),
            (_, Some(Self::Title(_))) => (false, "`scene` first"),
            (Self::Point(_) | Self::Allow(_) | Self::Ask(_), Some(last)) => {
                (!is_task(last), "this before the question or the goals of a scene")
            }
            (Self::Goal { .. }, Some(last)) => {
                let is_another = matches!(last, Self::Goal { .. }) && is_next;
                (is_another || !is_task(last), "goals together, and no question in their scene")
            }
            (Self::Choice { .. }, Some(last)) => {
                let follows = matches!(
                    last,
                    Self::Ask(_) | Self::Choice { .. } | Self::Instead(_) | Self::Never(_)
                );
                (follows && is_next, "`choice` right after `ask`, or after another choice")
            }
            (Self::Instead(_), Some(last)) => {
                let follows = matches!(last, Self::Choice { .. } | Self::Instead(_));
                (follows && is_next, "`instead` right after a choice")
            }
            (Self::Never(_), Some(last)) => {
                let follows = matches!(last, Self::Choice { .. });
                (follows && is_next, "`never` right after a choice")
            }
            (Self::Solve(_), Some(last)) => {
                let follows = matches!(last, Self::Goal { .. } | Self::Solve(_));
                (follows && is_next, "`solve` right after the goals")
            }
        };
        if fits { Ok(()) } else { Err(expected.to_owned()) }
    }
}

impl fmt::Display for LessonStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Title(text) => write!(f, "lesson {}", Quoted(text)),
            Self::Scene { title, after } => {
                write!(f, "scene {}", Quoted(title))?;
                after.as_ref().map_or(Ok(()), |after| write!(f, " after {}", Quoted(after)))
            }
            Self::Point(pointed) => write!(f, "point {pointed}"),
            Self::Allow(words) => write!(f, "allow {}", words.join(", ")),
            Self::Ask(text) => write!(f, "ask {}", Quoted(text)),
            Self::Choice { text, condition } => {
                write!(f, "choice {} if {condition}", Quoted(text))
            }
            Self::Instead(statement) => write!(f, "instead {statement}"),
            Self::Never(text) => write!(f, "never {}", Quoted(text)),
            Self::Goal { text, condition } => write!(f, "goal {} if {condition}", Quoted(text)),
            Self::Solve(statement) => write!(f, "solve {statement}"),
        }
    }
}

impl fmt::Display for Pointed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node}"),
            Self::Link(from, to) => write!(f, "link {from} -> {to}"),
            Self::Message(kind, from, to) => {
                write!(f, "message {} {from} -> {to}", kind.name())
            }
            Self::Entry(index) => write!(f, "entry {index}"),
            Self::Client(client) => write!(f, "client {client}"),
            Self::Panel(name) => write!(f, "panel {}", name.word()),
        }
    }
}

impl PanelName {
    /// The word of the language.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Logs => "logs",
            Self::Values => "values",
            Self::Events => "events",
            Self::Tape => "tape",
            Self::Sentence => "sentence",
            Self::Console => "console",
            Self::Disk => "disk",
        }
    }
}
