//! A lesson as the page shows it.

use std::rc::Rc;

use raft_core::{LogPosition, NodeId};
use raft_kv::ClientId;
use raft_script::{PanelName, Pointed};
use raft_sim::{MessageId, MessageKind, World};
use serde::Serialize;

/// A lesson at the step that the page shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LessonView {
    /// Its title.
    pub title: Rc<str>,
    /// What one will know after it, by paragraphs.
    pub about: Rc<[String]>,
    /// The titles of its scenes, in order.
    pub scenes: Rc<[String]>,
    /// The number of the present scene, from 0.
    pub scene: usize,
    /// What the scene says first, by paragraphs.
    pub text: Rc<[String]>,
    /// What the learner is to look at.
    pub points: Rc<[PointView]>,
    /// The words of the statements that the learner is offered; empty: all.
    pub allowed: Rc<[&'static str]>,
    /// Whose turn it is.
    pub turn: LessonTurn,
    /// What the learner is to do; `None`: to read and to look.
    pub task: Option<TaskView>,
    /// What the scene says in the end, by paragraphs; empty before it is over.
    pub conclusion: Rc<[String]>,
    /// The run in which another choice would be right, while the page shows it.
    pub instead: Option<InsteadView>,
}

/// What the learner is to look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PointView {
    /// A node.
    Node(NodeId),
    /// A link, in one direction.
    Link(NodeId, NodeId),
    /// A message under way.
    Message(MessageId),
    /// An entry, in every log.
    Entry(LogPosition),
    /// A client.
    Client(ClientId),
    /// A part of the page, by the word that a lesson has for it.
    Panel(&'static str),
}

impl PointView {
    /// What a lesson points to, as it is in the world: of several messages the oldest one, of
    /// different entries the one with the latest term. Where there is none, the link or the logs.
    pub(crate) fn of(pointed: &Pointed, world: &World) -> Self {
        match *pointed {
            Pointed::Node(node) => Self::Node(node),
            Pointed::Link(from, to) => Self::Link(from, to),
            Pointed::Message(kind, from, to) => {
                let mut messages = world.in_flight();
                let found = messages.find(|message| {
                    let ends = (message.from, message.to);
                    ends == (from, to) && MessageKind::of(&message.message) == kind
                });
                found.map_or(Self::Link(from, to), |message| Self::Message(message.id))
            }
            Pointed::Client(client) => Self::Client(client),
            Pointed::Entry(index) => {
                let logs = world.nodes().filter_map(|node| Some(node.core()?.log()));
                let term = logs.filter_map(|log| log.term_at(index)).max();
                let entry = term.map(|term| Self::Entry(LogPosition::new(index, term)));
                entry.unwrap_or(Self::Panel(PanelName::Logs.word()))
            }
            Pointed::Panel(name) => Self::Panel(name.word()),
        }
    }
}

/// Whose turn it is in a scene.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LessonTurn {
    /// The scene's statements set the stage.
    Stage,
    /// The learner has something to do.
    Learner,
    /// The run answers.
    Reveal,
    /// The scene is over.
    Over,
}

/// What a learner is to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum TaskView {
    /// To predict.
    Question {
        /// The question.
        text: String,
        /// The possible answers, in order.
        choices: Vec<ChoiceView>,
    },
    /// To bring something about.
    Goals {
        /// Each of them.
        goals: Vec<GoalView>,
        /// The statements of one way to them.
        solution: Vec<String>,
        /// Whether that way is taken.
        is_shown: bool,
        /// With how many statements they were reached; `None`: they are not yet.
        given: Option<usize>,
    },
}

/// A possible answer to a question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChoiceView {
    /// The words.
    pub text: String,
    /// Whether the learner chose it.
    pub is_chosen: bool,
    /// Whether it is right; `None` before the run has answered.
    pub is_right: Option<bool>,
    /// Whether there is a run in which it would be right.
    pub has_run: bool,
    /// Why it cannot be right; `None` before the run has answered.
    pub never: Option<String>,
}

/// Something to bring about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GoalView {
    /// The words.
    pub text: String,
    /// Whether it was reached.
    pub is_reached: bool,
}

/// The run in which a choice would be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct InsteadView {
    /// The number of the choice, from 0.
    pub choice: usize,
    /// Whether the run has come to its end.
    pub is_over: bool,
}
