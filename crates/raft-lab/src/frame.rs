//! One moment of the lab, immutable: the page draws it.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use imbl::Vector;
use raft_core::Instant;
use raft_sim::{Event, EventKind, MessageEvent};
use serde::{Serialize, Serializer};

use crate::disk_history::DiskHistory;
use crate::view::{KeptEvent, LostMessageView, MessageView, View};
use crate::{
    BreakpointView, ChangesView, ComparisonView, ConsoleLine, DiagramView, ExplanationView,
    LessonView, Pacing, RecordingView, Rule, StatementView, TapeView,
};

/// The most events that a frame keeps.
const MAX_EVENTS: usize = 2000;
/// How long a view shows a lost message, in virtual time.
const SHOWN_FOR: Duration = Duration::from_millis(50);
/// The most lost messages that a view shows.
const MAX_LOST: usize = 100;

/// The lab at one moment. Cheap to clone. Two frames of a lab are equal if their numbers are.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// Goes up when anything changes.
    #[serde(skip)]
    pub number: u64,
    /// What can be known of the cluster.
    pub view: Rc<View>,
    /// The rest of the lab.
    pub lab: Rc<LabView>,
}

/// The lab around the moment that a [`View`] shows.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LabView {
    /// Where in the run the moment is.
    pub time: TimeView,
    /// Whether virtual time passes, and how fast.
    pub pacing: Pacing,
    /// Where the disks are stored.
    pub durable: DurableState,
    /// The rules that are switched off at the shown moment.
    pub rules_off: Rc<[Rule]>,
    /// The last statements of the live branch, in order.
    pub statements: Rc<[StatementView]>,
    /// The breakpoints, those at the end of the live branch: they do not look at the past.
    pub breakpoints: Rc<[BreakpointView]>,
    /// What is to be seen, if this is the key moment of the scenario that is played.
    pub key_moment: Option<Rc<str>>,
    /// The branch beside the live one; `None` unless somebody compares two.
    pub comparison: Option<Rc<ComparisonView>>,
    /// What changed since the moment before, or since a pinned one; `None` while time passes and
    /// nothing is pinned, and where the moment before is not known.
    pub changes: Option<Rc<ChangesView>>,
    /// The answer to the last `why`; `None` once it is dismissed.
    pub explanation: Option<Rc<ExplanationView>>,
    /// The lesson, while one is played.
    pub lesson: Option<Rc<LessonView>>,
    /// The lesson that somebody makes of this run, while they do.
    pub recording: Option<Rc<RecordingView>>,
    /// Why this is another run than that of the link that was opened, in words; `None`: it is the
    /// same, or its script is still played, or no link was opened.
    pub other_run: Option<Rc<str>>,
    /// The sequence diagram, if the [window](crate::ViewWindow::diagram) wants it.
    pub diagram: Option<Rc<DiagramView>>,
    /// The most recent lines of the console, oldest first.
    #[serde(serialize_with = "lines")]
    pub console: Vector<ConsoleLine>,
}

fn lines<S: Serializer>(lines: &Vector<ConsoleLine>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(lines)
}

/// Where in a run a frame is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TimeView {
    /// The number of the live branch.
    pub branch: u32,
    /// All branches, the oldest first.
    pub branches: Rc<[BranchView]>,
    /// The runs of a durable lab before the page was opened, the oldest first.
    pub earlier: Rc<[EarlierRunView]>,
    /// The part of an earlier run that is computed again, in percent; `None`: none is.
    pub recalled: Option<u8>,
    /// What the line of the live branch shows.
    pub tape: TapeView,
    /// The number of steps before the moment.
    pub steps: u64,
    /// The number of steps at the end of the live branch.
    pub end_steps: u64,
    /// The time at the end of the live branch.
    pub end: Instant,
    /// Whether the moment is before the end. Time stands still, and a command begins a branch.
    pub is_past: bool,
    /// Whether the run is shown backward.
    pub plays_backward: bool,
    /// Whether another moment will be shown as soon as it is computed.
    pub is_seeking: bool,
}

/// A branch of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BranchView {
    /// Its number, from 1.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// The number of the branch that it left; `None` for the first one.
    pub parent: Option<u32>,
    /// The number of steps after which it left that branch; 0 for the first one.
    pub from_steps: u64,
    /// The time at which it left that branch; 0 for the first one.
    pub from: Instant,
    /// Whether its disks are stored in the browser.
    pub is_durable: bool,
}

/// A run of a durable lab before the page was opened. Its branches are not computed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EarlierRunView {
    /// Its number, from 0.
    pub run: u64,
    /// Its name.
    pub name: String,
    /// The virtual time of its end.
    pub end: Instant,
    /// The number of its statements, in all branches.
    pub statements: usize,
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// Where the cluster's disks are stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "mode", rename_all = "lowercase")]
pub enum DurableState {
    /// In memory, until the page is closed.
    Scratch,
    /// In the browser's database.
    Durable {
        /// The number of changes of the disks that are not stored yet. The page shows nothing that
        /// happened after them.
        unsaved: u64,
        /// Why the database stores no more writes; `None` while it does. The lab then stays paused
        /// until [`Lab::continue_as_scratch`](crate::Lab::continue_as_scratch).
        error: Option<String>,
    },
}

/// The most recent events, lost messages and writes.
#[derive(Clone, Default, Debug)]
pub(crate) struct Recent {
    pub(crate) events: Vector<Rc<KeptEvent>>,
    lost: VecDeque<LostMessageView>,
    pub(crate) disks: DiskHistory,
}

impl Recent {
    pub(crate) fn observe(&mut self, event: &Event) {
        self.disks.observe(event);
        if let EventKind::Message {
            id,
            from,
            to,
            message,
            event: MessageEvent::Dropped { sent_at, arrives_at, reason },
        } = &event.kind
        {
            self.lost.push_back(LostMessageView {
                message: MessageView::of(*id, (*from, *to), message, (*sent_at, *arrives_at)),
                lost_at: event.at,
                reason: reason.to_string().into(),
            });
            if self.lost.len() > MAX_LOST {
                self.lost.pop_front();
            }
        }
        if !event.kind.is_routine() {
            self.events.push_back(Rc::new(KeptEvent::new(event.clone())));
            if self.events.len() > MAX_EVENTS {
                self.events.pop_front();
            }
        }
    }

    /// Removes the messages that were lost too long ago.
    pub(crate) fn forget_before(&mut self, now: Instant) {
        while self.lost.front().is_some_and(|first| now - first.lost_at > SHOWN_FOR) {
            self.lost.pop_front();
        }
    }

    /// The lost messages, oldest first.
    pub(crate) fn lost(&self) -> Vec<LostMessageView> {
        self.lost.iter().cloned().collect()
    }
}
