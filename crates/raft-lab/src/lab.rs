//! One laboratory: a session, the time that passes in it, its console, and its durable mirror.

mod adopting;
mod backward;
mod branches;
mod breakpoints;
mod changed;
mod commands;
mod comparing;
mod diagram;
mod drawing;
mod entries;
mod exec;
mod explaining;
mod futures;
mod kept;
mod key_moment;
mod lesson;
mod linked;
mod log_table;
mod news;
mod recording;
mod seeking;
mod storing;
mod time;
mod view;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use raft_core::Instant;
use raft_kv::{ClientId, Sequence};
use raft_script::{BranchId, Branches, Capacity, Moment, Session, SourceLine};
use raft_sim::{Event, Setup, Words};
use raft_trace::RunForm;

use crate::console::Console;
use crate::frame::Recent;
use crate::mirror::{Mirror, Wake};
use crate::operations::OperationTracker;
use crate::pacing::Pacer;
use crate::recording::Recording;
use crate::rules_off::RulesOff;
use crate::view::ViewMaker;
use crate::{
    ConsoleKind, ConsoleLine, DiagramWindow, ExplanationView, Frame, TapeView, ViewWindow,
};

use self::branches::Past;
use self::breakpoints::Breakpoints;
use self::changed::Earlier;
use self::comparing::Compared;
use self::diagram::Drawn;
use self::exec::Listener;
use self::kept::EarlierRun;
use self::key_moment::KeyMoment;
use self::lesson::LessonRun;
use self::linked::Arrival;
use self::seeking::Wish;
use self::storing::{Held, NotStored};

pub use self::breakpoints::BreakpointView;
pub use self::comparing::StatementView;
pub use self::entries::EntryMoment;
pub use self::exec::{ExecResult, ExecStatus};
pub use self::futures::Crossroads;
pub use self::kept::Restoration;

/// Real time since an origin of the clock's choice. It only measures budgets.
pub type RealClock = Rc<dyn Fn() -> Duration>;

/// One laboratory. Nothing in it touches a document; the page draws its [frames](Self::frame).
pub struct Lab {
    /// Every branch of the run.
    branches: Branches,
    /// The branch in which time passes.
    live: BranchId,
    /// The past that the page shows; `None`: it shows the end of the live branch.
    past: Option<Past>,
    /// The moment that the page will show.
    wish: Option<Wish>,
    /// Writes the disks of one branch. The others are in memory only.
    mirror: Option<Mirror>,
    /// That branch.
    stored: BranchId,
    /// The runs before the page was opened, the oldest first.
    earlier: Vec<EarlierRun>,
    /// The one that is being computed again.
    recalling: Option<Restoration>,
    pacer: Pacer,
    breakpoints: Breakpoints,
    /// Statements that wait for their turn, the next one first.
    queue: VecDeque<Queued>,
    /// Of the scenario that is played, once it is reached.
    key_moment: Option<KeyMoment>,
    lesson: Option<LessonRun>,
    /// The lesson that somebody makes of this run.
    recording: Option<Recording>,
    /// The moment of the link that is opened, until its script has been played.
    arrival: Option<Arrival>,
    /// Why this is another run than that of the link, in words.
    other_run: Option<Rc<str>>,
    /// Whether the moment before a broken property is shown as soon as one is broken.
    looks_back: bool,
    /// The statement that needs time to pass; `None` when none does.
    waiting: Option<Waiting>,
    operations: OperationTracker,
    /// The listeners of operations under way, by client and sequence number.
    operation_listeners: BTreeMap<(ClientId, Sequence), Listener>,
    console: Console,
    recent: Recent,
    /// Those of other branches, where they are known.
    recents: BTreeMap<BranchId, Recent>,
    /// The tape of the last frame, and what it was made of.
    tape: RefCell<Option<(TapeKey, TapeView)>>,
    /// The statements of the last frame, and of which branch and how many.
    statements: RefCell<Option<StatementsOf>>,
    /// The branch that the page shows beside the live one.
    compared: RefCell<Option<Compared>>,
    /// The sequence diagram, while somebody looks at it.
    drawn: Option<Drawn>,
    /// The moment since which changes are told.
    earlier_moment: Earlier,
    /// The answer to the last `why`.
    explanation: Option<Rc<ExplanationView>>,
    /// What the page wants to see of long lists.
    window: ViewWindow,
    views: RefCell<ViewMaker>,
    /// The rules that were off in the last frame.
    rules_off: RefCell<RulesOff>,
    /// The most that the world may hold: time stops where it holds more.
    capacity: Capacity,
    /// How many violations the console has told.
    broken: usize,
    /// What is told when the database holds what led there.
    held: VecDeque<Held>,
    /// Since when the database is behind; `None`: it is not.
    storing_since: Option<Duration>,
    /// Whether it has been behind for long.
    stalled: bool,
    /// What is not shown after the database has failed.
    not_stored: Option<NotStored>,
    /// The database holds all that happened up to this time.
    stored_until: Instant,
    /// Whether a listener was told something since the last tick began.
    has_told: bool,
    /// Whether the console has told the failure of the mirror.
    failure_told: bool,
    subscribers: BTreeMap<Subscription, Subscriber>,
    last_subscription: u64,
    clock: RealClock,
    wake: Option<Wake>,
    /// Of the present frame.
    number: u64,
    /// The last frame that was asked for.
    frame: RefCell<Option<Frame>>,
    /// The state that the present frame shows.
    shown: FrameState,
}

/// What a tape is made of.
#[derive(Clone, PartialEq, Eq)]
struct TapeKey {
    branch: BranchId,
    window: Option<Range<u64>>,
    /// The time of the end.
    end: u64,
    /// The moment of the last mark.
    marks: Option<Moment>,
    /// The number of operations.
    operations: u64,
    is_running: bool,
}

/// The statements of a branch when it had so many.
type StatementsOf = ((BranchId, usize), Rc<[StatementView]>);

/// The handle of one subscription to the events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subscription(u64);

/// Called with every event, in order. It must not call the lab.
pub type Subscriber = Box<dyn FnMut(&Event)>;

/// A statement that waits for the ones before it.
struct Queued {
    line: SourceLine,
    /// Whether it belongs to a script, which stops at the first statement that fails.
    is_scripted: bool,
    /// After it the lab pauses: what is to be seen.
    key_moment: Option<Rc<str>>,
    listener: Option<Listener>,
}

/// The statement that is being waited for.
struct Waiting {
    /// In its script, from 1.
    line_number: usize,
    is_scripted: bool,
    /// Whether the moment at its end is told.
    tells_place: bool,
    listener: Option<Listener>,
}

/// Equal at two moments of a lab: their frames are equal.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct FrameState {
    now: Instant,
    steps: u64,
    lines: u64,
    running: bool,
    stalled: bool,
    unsaved: u64,
    branch: Option<BranchId>,
    past: Option<Moment>,
}

/// Why there is no lab, in words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LabError {
    /// A setting is out of bounds.
    #[error("{0}")]
    Setup(String),
    /// The scenario cannot be read, or its cluster cannot be made; with line and column.
    #[error("{0}")]
    Script(String),
}

impl Lab {
    /// A lab in memory only.
    ///
    /// # Errors
    /// When a setting is out of bounds.
    pub fn scratch(setup: Setup) -> Result<Self, LabError> {
        let session = Session::new(setup).map_err(|error| LabError::Setup(error.to_string()))?;
        Ok(Self::new(session, None))
    }

    /// A lab whose disks are mirrored. The back end must hold what the setup's disks hold.
    ///
    /// # Errors
    /// When a setting is out of bounds.
    pub fn mirrored(setup: Setup, mirror: Mirror) -> Result<Self, LabError> {
        let session = Session::new(setup).map_err(|error| LabError::Setup(error.to_string()))?;
        Ok(Self::new(session, Some(mirror)))
    }

    /// A lab in memory that plays a scenario, one statement after the other, in paced time. It
    /// pauses at the key moment: at a `mark` with a comment before it.
    ///
    /// # Errors
    /// With the line and the place, when the text is no script, or its cluster cannot be made.
    pub fn play(text: &str) -> Result<Self, LabError> {
        let script =
            raft_script::parse(text).map_err(|error| LabError::Script(error.to_string()))?;
        let (session, rest) =
            Session::open(&script).map_err(|error| LabError::Script(error.to_string()))?;
        let queue = key_moment::queue(rest);
        let mut lab = Self::new(session, None);
        lab.queue = queue;
        lab.pacer.run_for_statement();
        Ok(lab)
    }

    /// As [`play`](Self::play), but as fast as the machine allows, until the script ends, fails, or
    /// breaks a property. Then the lab pauses.
    ///
    /// # Errors
    /// With the line and the place, when the text is no script, or its cluster cannot be made.
    pub fn run_script(text: &str) -> Result<Self, LabError> {
        let mut lab = Self::play(text)?;
        lab.queue.iter_mut().for_each(|queued| queued.key_moment = None);
        lab.pacer.hurry();
        Ok(lab)
    }

    /// As [`run_script`](Self::run_script). If a property is broken, the moment a second before it
    /// is shown, or the beginning.
    ///
    /// # Errors
    /// With the line and the place, when the text is no script, or its cluster cannot be made.
    pub fn before_violation(text: &str) -> Result<Self, LabError> {
        let mut lab = Self::run_script(text)?;
        lab.looks_back = true;
        Ok(lab)
    }

    fn new(session: Session, mirror: Option<Mirror>) -> Self {
        let branches = Branches::new(session);
        let first = branches.first();
        let mut lab = Self::with_branches(branches, first, mirror);
        lab.take_events();
        lab.flush();
        lab.changed();
        lab
    }

    fn with_branches(branches: Branches, live: BranchId, mirror: Option<Mirror>) -> Self {
        let mut lab = Self {
            live,
            stored: branches.first(),
            branches,
            past: None,
            wish: None,
            mirror,
            earlier: Vec::new(),
            recalling: None,
            pacer: Pacer::default(),
            breakpoints: Breakpoints::default(),
            queue: VecDeque::new(),
            key_moment: None,
            lesson: None,
            recording: None,
            arrival: None,
            other_run: None,
            looks_back: false,
            waiting: None,
            operations: OperationTracker::default(),
            operation_listeners: BTreeMap::new(),
            console: Console::default(),
            recent: Recent::default(),
            recents: BTreeMap::new(),
            tape: RefCell::new(None),
            statements: RefCell::new(None),
            compared: RefCell::new(None),
            drawn: None,
            earlier_moment: Earlier::default(),
            explanation: None,
            window: ViewWindow::default(),
            views: RefCell::default(),
            rules_off: RefCell::default(),
            capacity: Capacity::PAGE,
            broken: 0,
            held: VecDeque::new(),
            storing_since: None,
            stalled: false,
            not_stored: None,
            stored_until: Instant(0),
            has_told: false,
            failure_told: false,
            subscribers: BTreeMap::new(),
            last_subscription: 0,
            clock: default_clock(),
            wake: None,
            number: 0,
            frame: RefCell::new(None),
            shown: FrameState::default(),
        };
        lab.go_to(live);
        lab
    }

    /// Begins anew with the scenario's world, in memory: what a durable lab has stored stays as it
    /// is. Subscribers, speed, breakpoints and console stay.
    ///
    /// # Errors
    /// With the line and the place; then nothing has changed.
    pub fn load_script(&mut self, text: &str) -> Result<(), String> {
        let lab = Self::play(text).map_err(|error| error.to_string())?;
        self.replace(lab);
        Ok(())
    }

    /// Puts another lab, new and without subscribers, into the place of this one. Subscribers,
    /// speed, breakpoints, console, clock and waker go over to it, and frame numbers go on.
    /// Listeners of the old lab's statements hear that the lab is gone.
    pub fn replace(&mut self, mut other: Self) {
        let why = "another lab has replaced this one";
        self.dismiss_listeners(why);
        self.give_up_results(why);
        other.subscribers.append(&mut self.subscribers);
        other.last_subscription += self.last_subscription;
        other.clock = self.clock.clone();
        other.pacer.set_speed(self.pacer.speed());
        other.console.continue_from(std::mem::take(&mut self.console));
        other.number += self.number;
        other.window = std::mem::take(&mut self.window);
        other.window.diagram = other.window.diagram.take().map(DiagramWindow::anew);
        other.breakpoints = std::mem::take(&mut self.breakpoints);
        let wake = self.wake.take();
        *self = other;
        self.rearm_breakpoints();
        self.on_progress(wake);
        self.changed();
    }

    fn flush(&self) {
        if let Some(mirror) = &self.mirror {
            mirror.flush();
        }
    }

    /// The script of the live branch, up to its end.
    pub fn export(&self) -> String {
        self.session().export()
    }

    /// The script that leads to the moment that the page shows.
    pub fn export_shown(&self) -> String {
        self.shown_session().export()
    }

    /// The run that leads to the moment that the page shows, in another form. It is played again
    /// at once, so it may have at most 200,000 steps, unless the form is the script.
    ///
    /// # Errors
    /// In words, if the run is too long.
    pub fn export_as(&self, form: RunForm) -> Result<String, String> {
        const MOST_STEPS: u64 = 200_000;
        let session = self.shown_session();
        let steps = session.world().steps();
        if form != RunForm::Script && steps > MOST_STEPS {
            return Err(format!(
                "the run has {steps} steps, and the page writes at most {MOST_STEPS}: save the \
                 script, and use `helios export`"
            ));
        }
        let mut text = Vec::new();
        form.write(session, &mut text).map_err(|error| error.to_string())?;
        String::from_utf8(text).map_err(|error| error.to_string())
    }

    /// The session at the end of the live branch: its world, checks and journal.
    pub fn session(&self) -> &Session {
        self.branches.head(self.live)
    }

    /// The mirror, if it follows the live branch.
    fn live_mirror(&self) -> Option<&Mirror> {
        self.mirror.as_ref().filter(|_| self.live == self.stored)
    }

    /// Has `wake` called when the browser's disk has made progress, so that the page need not wait
    /// for its next frame to [`tick`](Self::tick). It must not call the lab before it returns.
    pub fn on_progress(&mut self, wake: Option<Wake>) {
        if let Some(mirror) = &mut self.mirror {
            mirror.on_progress(wake.clone());
        }
        self.wake = wake;
    }

    /// Replaces the clock that measures budgets.
    pub fn set_clock(&mut self, clock: RealClock) {
        self.clock = clock;
    }

    /// Sets what frames shall show of long lists.
    pub fn set_window(&mut self, window: ViewWindow) {
        if self.window != window {
            self.window = window;
            self.changed();
        }
    }

    /// The lines of the console after the one with this number, also those of later moments than
    /// the one that is shown. The last 500 lines are kept.
    pub fn console_after(&self, number: u64) -> impl Iterator<Item = &ConsoleLine> {
        self.console.lines().iter().filter(move |line| line.number > number)
    }

    /// Sets the most that the world may hold; at first, it is that of a page.
    pub fn set_capacity(&mut self, capacity: Capacity) {
        self.capacity = capacity;
    }

    /// What frames show of long lists.
    pub fn window(&self) -> &ViewWindow {
        &self.window
    }

    /// Says something in the console.
    pub fn say(&mut self, kind: ConsoleKind, words: impl Into<Words>) {
        // In the past it is said at the time that is shown, so that it is seen there.
        let now = self.shown_session().world().now();
        self.console.say(now, kind, words);
        self.changed();
    }

    fn changed(&mut self) {
        self.number += 1;
        self.recent.forget_before(self.session().world().now());
        self.shown = self.frame_state();
    }

    fn frame_state(&self) -> FrameState {
        FrameState {
            now: self.session().world().now(),
            steps: self.session().world().steps(),
            lines: self.console.count(),
            running: self.pacer.is_running(),
            stalled: self.stalled,
            unsaved: self.live_mirror().map_or(0, Mirror::unsaved),
            branch: Some(self.live),
            past: self.past.as_ref().map(Past::moment),
        }
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("now", &self.session().world().now())
            .field("pacer", &self.pacer)
            .field("mirror", &self.mirror)
            .finish_non_exhaustive()
    }
}

#[cfg(target_arch = "wasm32")]
fn default_clock() -> RealClock {
    crate::js::page_clock()
}

#[cfg(not(target_arch = "wasm32"))]
fn default_clock() -> RealClock {
    let origin = std::time::Instant::now();
    Rc::new(move || origin.elapsed())
}

#[cfg(test)]
mod backward_tests;
#[cfg(test)]
mod branch_tests;
#[cfg(test)]
mod breakpoint_tests;
#[cfg(test)]
mod command_tests;
#[cfg(test)]
mod diagram_tests;
#[cfg(test)]
mod durable_tests;
#[cfg(test)]
mod futures_tests;
#[cfg(test)]
mod kept_tests;
#[cfg(test)]
mod key_moment_tests;
#[cfg(test)]
mod lesson_tests;
#[cfg(test)]
mod linked_tests;
#[cfg(test)]
mod power_loss_tests;
#[cfg(test)]
mod recording_tests;
#[cfg(test)]
mod seeking_tests;
#[cfg(test)]
mod tests;
