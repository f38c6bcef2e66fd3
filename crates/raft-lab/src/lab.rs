//! One laboratory: a session, the time that passes in it, its console, and its durable mirror.

mod exec;
mod view;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use raft_core::Instant;
use raft_kv::{ClientId, Sequence};
use raft_script::{Line, Session, Stepped};
use raft_sim::{Event, Setup};

use crate::console::Console;
use crate::frame::{InvariantLine, Recent};
use crate::mirror::{Mirror, Wake};
use crate::operations::OperationTracker;
use crate::pacing::{Pacer, Target};
use crate::{ConsoleKind, Frame};

use self::exec::Listener;

pub use self::exec::{ExecResult, Executed};

/// Real time since an origin of the clock's choice. It only measures budgets.
pub type Clock = Rc<dyn Fn() -> Duration>;

/// One laboratory. Nothing in it touches a document; the page draws its [frames](Self::frame).
pub struct Lab {
    session: Session,
    mirror: Option<Mirror>,
    pacer: Pacer,
    /// Statements that wait for their turn.
    queue: VecDeque<Queued>,
    /// Who hears of the end of the statement that is being waited for.
    waiting: Option<Waiting>,
    operations: OperationTracker,
    /// Who hears of the answers to operations.
    askers: BTreeMap<(ClientId, Sequence), Listener>,
    console: Console,
    recent: Recent,
    /// Every property, as it was when the frame before was made.
    invariants: RefCell<Rc<[InvariantLine]>>,
    /// How many properties were broken when somebody was last told.
    broken: usize,
    stalled: bool,
    /// Whether the failure of the mirror was told.
    failure_told: bool,
    subscribers: BTreeMap<Subscription, Subscriber>,
    last_subscription: u64,
    clock: Clock,
    wake: Option<Wake>,
    number: u64,
    frame: RefCell<Option<Frame>>,
    /// What the present frame number stands for.
    shown: Fingerprint,
}

/// Names one subscription to the events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subscription(u64);

/// Is shown every event, in order. It must not call the lab.
pub type Subscriber = Box<dyn FnMut(&Event)>;

/// A statement that waits for the ones before it.
struct Queued {
    line: Line,
    /// Whether it belongs to a script, which stops at the first statement that fails.
    is_scripted: bool,
    listener: Option<Listener>,
}

struct Waiting {
    line_number: usize,
    is_scripted: bool,
    listener: Option<Listener>,
}

/// See [`Lab::fingerprint`].
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Fingerprint {
    now: Instant,
    steps: u64,
    lines: u64,
    running: bool,
    stalled: bool,
    unsaved: u64,
}

/// Why there is no lab.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LabError {
    /// The setup is out of bounds; in words.
    Setup(String),
    /// The scenario cannot be read or begun; in words, with the place.
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

    /// A lab in memory that plays a scenario, one statement after the other, in paced time.
    ///
    /// # Errors
    /// With the line and the place, when the text is no script, or its cluster cannot be made.
    pub fn play(text: &str) -> Result<Self, LabError> {
        let script =
            raft_script::parse(text).map_err(|error| LabError::Script(error.to_string()))?;
        let (session, rest) =
            Session::open(&script).map_err(|error| LabError::Script(error.to_string()))?;
        let queue = rest.iter().map(|line| Queued {
            line: line.clone(),
            is_scripted: true,
            listener: None,
        });
        let queue = queue.collect();
        let mut lab = Self::new(session, None);
        lab.queue = queue;
        lab.pacer.run_for_statement();
        Ok(lab)
    }

    fn new(session: Session, mirror: Option<Mirror>) -> Self {
        let mut lab = Self {
            session,
            mirror,
            pacer: Pacer::default(),
            queue: VecDeque::new(),
            waiting: None,
            operations: OperationTracker::default(),
            askers: BTreeMap::new(),
            console: Console::default(),
            recent: Recent::default(),
            invariants: RefCell::new(Rc::new([])),
            broken: 0,
            stalled: false,
            failure_told: false,
            subscribers: BTreeMap::new(),
            last_subscription: 0,
            clock: default_clock(),
            wake: None,
            number: 0,
            frame: RefCell::new(None),
            shown: Fingerprint::default(),
        };
        lab.take_events();
        lab.flush();
        lab.changed();
        lab
    }

    /// Begins anew with the scenario's world, in memory: what a durable lab has stored stays as it
    /// is. Subscribers, speed and console stay.
    ///
    /// # Errors
    /// With the line and the place; then nothing has changed.
    pub fn load_script(&mut self, text: &str) -> Result<(), String> {
        let lab = Self::play(text).map_err(|error| error.to_string())?;
        self.replace(lab);
        Ok(())
    }

    /// Puts another lab, new and without subscribers, into the place of this one. Subscribers, the speed, the console, clock and
    /// waker go over to it, and frame numbers go on. Whoever waits for a statement of the old lab is
    /// told that it is gone.
    pub fn replace(&mut self, mut other: Self) {
        self.dismiss_listeners();
        other.subscribers.append(&mut self.subscribers);
        other.last_subscription += self.last_subscription;
        other.clock = self.clock.clone();
        other.pacer.set_speed(self.pacer.speed());
        other.console.continue_from(std::mem::take(&mut self.console));
        other.number += self.number;
        *self = other;
        self.on_progress(self.wake.clone());
        self.changed();
    }

    /// Whether virtual time passes. A lab that [stopped](crate::DurableState::Durable) stays so.
    pub fn set_running(&mut self, running: bool) {
        let running = running && self.failure().is_none();
        self.pacer.set_running(running, self.is_waiting());
        self.stalled &= running;
        self.changed();
    }

    /// Virtual seconds per real second: [`MIN_SPEED`](crate::MIN_SPEED) at least, and
    /// `f64::INFINITY` for as fast as it goes.
    pub fn set_speed(&mut self, speed: f64) {
        self.pacer.set_speed(speed);
        self.changed();
    }

    /// Lets one thing happen, also when paused. If that one thing must wait for the browser's disk,
    /// [`Pacing::stalled_on_disk`](crate::Pacing) is set, and a later [`tick`](Self::tick) does it.
    pub fn step(&mut self) {
        self.begin_queued();
        self.single_step();
        self.changed();
    }

    /// A frame of real time has passed: lets happen what is due, at least one thing if anything is, and
    /// no more than fits into the budget. True if anything changed.
    pub fn tick(&mut self, elapsed: Duration, budget: Duration) -> bool {
        self.tell_failure();
        if self.pacer.is_running() {
            self.let_time_pass(elapsed, budget);
        } else if self.stalled {
            self.single_step();
        }
        let is_news = self.fingerprint() != self.shown;
        if is_news {
            self.changed();
        }
        is_news
    }

    fn single_step(&mut self) {
        self.stalled = false;
        self.step_once();
        self.settle();
    }

    fn let_time_pass(&mut self, elapsed: Duration, budget: Duration) {
        self.stalled = false;
        let target = self.pacer.target(self.session.world().now(), elapsed);
        let out_of_time = (self.clock)() + budget;
        self.begin_queued();
        while self.may_go_on() {
            if let Target::Until(until) = target
                && self.session.next_event().is_none_or(|next| next.at > until)
            {
                self.session.advance_clock(until);
                break;
            }
            if !self.step_once() {
                break;
            }
            self.begin_queued();
            if (self.clock)() >= out_of_time {
                break;
            }
        }
        self.settle();
    }

    /// One thing happens, unless there is none or it must wait for the browser's disk.
    fn step_once(&mut self) -> bool {
        let Some(next) = self.session.next_event() else { return false };
        if let Some(mirror) = &self.mirror
            && !mirror.allows(&next)
        {
            self.session.advance_clock(next.at);
            mirror.flush();
            // A back end may be done at once.
            if !mirror.allows(&next) {
                self.stalled = mirror.failure().is_none();
                return false;
            }
        }
        let stepped = self.session.step();
        self.take_events();
        match stepped {
            Stepped::Event => true,
            Stepped::Finished(result) => {
                let waiting = self.waiting.take();
                self.finish_statement(waiting, result.map_err(|error| error.to_string()));
                true
            }
            Stepped::Nothing => false,
        }
    }

    /// After anything that may have changed the world.
    fn settle(&mut self) {
        self.tell_violation();
        self.flush();
        self.tell_failure();
        self.may_go_on();
    }

    /// Whether the next thing may happen: the lab runs, the statements for which it ran are not over,
    /// and no property was broken just now.
    fn may_go_on(&mut self) -> bool {
        if !self.is_waiting() {
            self.pacer.all_done();
        }
        let is_news = self.broken == 0 && self.session.checks().violation().is_some();
        self.pacer.is_running() && !is_news
    }

    /// Whether a statement waits, or stands behind one that does.
    fn is_waiting(&self) -> bool {
        self.session.goal().is_some() || !self.queue.is_empty()
    }

    fn flush(&self) {
        if let Some(mirror) = &self.mirror {
            mirror.flush();
        }
    }

    /// Shows the session's last events to everybody.
    fn take_events(&mut self) {
        let mut ended = Vec::new();
        for event in self.session.events() {
            if let Some(mirror) = &mut self.mirror {
                mirror.observe(&event.kind);
            }
            ended.extend(self.operations.observe(event));
            self.recent.observe(event);
            for subscriber in self.subscribers.values_mut() {
                subscriber(event);
            }
        }
        for answer in ended {
            self.console.say(answer.ended_at, ConsoleKind::Answer, answer.to_string());
            if let Some(listener) = self.askers.remove(&(answer.client, answer.sequence)) {
                listener(ExecResult::Answered(Box::new(answer)));
            }
        }
    }

    /// A broken property stops time: the moment is worth looking at.
    fn tell_violation(&mut self) {
        let results = self.session.checks().results();
        let broken: Vec<String> = results
            .filter_map(|result| result.violation.as_ref())
            .map(ToString::to_string)
            .collect();
        if broken.len() > self.broken {
            let now = self.session.world().now();
            for words in broken.iter().skip(self.broken) {
                self.console.say(now, ConsoleKind::Error, words);
            }
            self.pacer.set_running(false, self.is_waiting());
        }
        self.broken = broken.len();
    }

    fn failure(&self) -> Option<Rc<str>> {
        self.mirror.as_ref().and_then(Mirror::failure)
    }

    fn tell_failure(&mut self) {
        if let (Some(failure), false) = (self.failure(), self.failure_told) {
            self.failure_told = true;
            self.pacer.set_running(false, self.is_waiting());
            let now = self.session.world().now();
            let words = format!("{STOPPED}: {failure}");
            self.console.say(now, ConsoleKind::Error, words);
        }
    }

    /// Goes on in memory only. What is stored stays as it is, for the next time the lab is opened.
    pub fn continue_as_scratch(&mut self) {
        if self.mirror.take().is_some() {
            let now = self.session.world().now();
            self.failure_told = false;
            self.stalled = false;
            self.console.say(now, ConsoleKind::Info, "From here on nothing is stored.");
            self.changed();
        }
    }

    /// The script that led here.
    pub fn export(&self) -> String {
        self.session.export()
    }

    /// The session, for whoever wants to look closer.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Has `subscriber` see every event from now on.
    pub fn subscribe(&mut self, subscriber: Subscriber) -> Subscription {
        self.last_subscription += 1;
        let subscription = Subscription(self.last_subscription);
        self.subscribers.insert(subscription, subscriber);
        subscription
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, subscription: Subscription) {
        self.subscribers.remove(&subscription);
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
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// Says something in the console.
    pub fn say(&mut self, kind: ConsoleKind, text: impl Into<String>) {
        let now = self.session.world().now();
        self.console.say(now, kind, text);
        self.changed();
    }

    fn changed(&mut self) {
        self.number += 1;
        self.frame.replace(None);
        self.recent.forget_before(self.session.world().now());
        self.shown = self.fingerprint();
    }

    /// What changes when time passes, or the browser stores something.
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint {
            now: self.session.world().now(),
            steps: self.session.world().steps(),
            lines: self.console.count(),
            running: self.pacer.is_running(),
            stalled: self.stalled,
            unsaved: self.mirror.as_ref().map_or(0, Mirror::unsaved),
        }
    }
}

/// How the news begin that a durable lab cannot go on.
const STOPPED: &str = "The lab stopped, because the browser does not store its disks any more";

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("now", &self.session.world().now())
            .field("pacer", &self.pacer)
            .field("mirror", &self.mirror)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(words) | Self::Script(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for LabError {}

#[cfg(target_arch = "wasm32")]
fn default_clock() -> Clock {
    crate::js::page_clock()
}

#[cfg(not(target_arch = "wasm32"))]
fn default_clock() -> Clock {
    let origin = std::time::Instant::now();
    Rc::new(move || origin.elapsed())
}

#[cfg(test)]
mod durable_tests;
#[cfg(test)]
mod tests;
