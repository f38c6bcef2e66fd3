//! The executor: a world with its checkers, its journal, and the goal of a waiting statement.

mod actions;
mod conditions;
mod export;
mod goal;
mod opening;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

use raft_check::{Checks, RareWatcher};
use raft_core::Instant;
use raft_kv::ClientId;
use raft_sim::{ClientEvent, CoreStep, Event, EventKind, Setup, SetupError, World};

use crate::condition::Condition;
use crate::journal::{Journal, Journaled, Moment};
use crate::lesson::{LessonStatement, SCENE, TURN};
use crate::limits::DEFAULT_PATIENCE;
use crate::orders::{GivenOrder, Orders, UnfulfilledOrder};
use crate::outcome::{ExecError, Reply, StatementError};
use crate::statement::{Run, Statement, When};
use crate::units::Span;

pub use self::conditions::CoreCondition;
pub use self::goal::Goal;
pub use self::opening::opening_statements;
pub(crate) use self::opening::without_unknown_down;
pub use self::tally::Since;

use self::goal::{End, Target};
use self::tally::Tally;

/// A world with its checkers and its journal. The command line, the page and tests
/// [start](Self::start) a statement and, if it needs time to pass, [step](Self::step) until it is
/// finished.
///
/// ```
/// use raft_script::{Session, Started, Stepped, parse_line};
/// use raft_sim::Setup;
///
/// let mut session = Session::new(Setup::default())?;
/// let statement = parse_line("run until leader")?.expect("not a comment");
/// if let Started::Waiting = session.start(&statement)? {
///     while !matches!(session.step(), Stepped::Finished(_)) {}
/// }
/// assert!(session.world().leader().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    world: World,
    checks: Checks,
    /// The `cluster`, `node` and `disk` statements that make this world. They may have whole disks,
    /// so clones share them.
    opening: Arc<[Statement]>,
    /// The statements that were carried out, which [`export`](Self::export) prints: expectations
    /// and notes too, and roles such as `leader` as they were written.
    journal: Journal,
    /// The events of the last statement; `None`: the last events are those of the world's step.
    gathered: Option<Vec<Event>>,
    /// Each client's last answer in words.
    answers: BTreeMap<ClientId, String>,
    /// Requests about leadership and membership.
    orders: Orders,
    rare: RareWatcher,
    tally: Tally,
    goal: Option<Goal>,
}

/// The bytes of a session that its disks do not have and that it shares with no other one that is
/// some thousand steps away: measured with five nodes.
const OWN_BYTES: u64 = if size_of::<usize>() == 8 { 130 << 10 } else { 104 << 10 };

/// The state of a statement after its start.
#[derive(Clone, PartialEq, Debug)]
pub enum Started {
    /// The statement is finished.
    Done(Reply),
    /// It needs time to pass: [`Session::step`] until it is finished.
    Waiting,
}

/// The result of one step.
#[derive(Clone, PartialEq, Debug)]
pub enum Stepped {
    /// The world made one step, or only its clock moved.
    Event,
    /// The waiting statement is finished. The world made no step.
    Finished(Result<Reply, ExecError>),
    /// Nothing is scheduled in the world, and no statement waits.
    Nothing,
}

/// The next thing to do.
enum Upcoming {
    World(Instant),
    Goal(Instant),
    Nothing,
}

impl Session {
    /// A session with a new world.
    ///
    /// # Errors
    /// When a setting is out of bounds.
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        let opening = opening_statements(&setup);
        Self::with_opening(setup, opening)
    }

    fn with_opening(setup: Setup, opening: Vec<Statement>) -> Result<Self, SetupError> {
        Ok(Self::over(World::new(setup)?, opening.into()))
    }

    /// A session with this world, which is at its beginning.
    fn over(world: World, opening: Arc<[Statement]>) -> Self {
        let checks = Checks::new(&world);
        let mut tally = Tally::default();
        world.events().iter().for_each(|event| tally.count(event));
        Self {
            world,
            checks,
            opening,
            journal: Journal::default(),
            gathered: None,
            answers: BTreeMap::new(),
            orders: Orders::default(),
            rare: RareWatcher::default(),
            tally,
            goal: None,
        }
    }

    /// The world.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The checkers, which have seen every event.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// The goal of the waiting statement; `None`: no statement waits.
    pub fn goal(&self) -> Option<&Goal> {
        self.goal.as_ref()
    }

    /// Ends the wait of a statement before its goal.
    pub fn cancel(&mut self) {
        self.goal = None;
    }

    /// Lets equal parts of the nodes share their memory, before a clone is kept for long. Nothing
    /// else changes.
    pub fn share_memory(&mut self) {
        self.world.share_memory();
        self.checks.share_memory();
    }

    /// The bytes of memory that this session holds for itself if an earlier moment of the same run
    /// is kept too, estimated.
    pub(crate) fn bytes_beyond(&self, earlier: &Self) -> u64 {
        OWN_BYTES + self.world.bytes_beyond(&earlier.world)
    }

    /// The events of the last statement or step, or those of the start, in order.
    pub fn events(&self) -> &[Event] {
        self.gathered.as_deref().unwrap_or_else(|| self.world.events())
    }

    /// The requests about leadership and membership, in the order in which they were made.
    pub fn orders(&self) -> impl ExactSizeIterator<Item = &GivenOrder> {
        self.orders.iter()
    }

    /// See [`RunReport::unfulfilled`](crate::RunReport::unfulfilled).
    pub(crate) fn unfulfilled_orders(&self, lines: &[usize]) -> Vec<UnfulfilledOrder> {
        self.orders.unfulfilled(&self.world, lines)
    }

    /// The statements that were carried out, in order, without those that only let time pass.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The statements that make this world.
    pub(crate) fn opening(&self) -> &[Statement] {
        &self.opening
    }

    /// The session at the beginning of this run.
    pub(crate) fn beginning(&self) -> Self {
        let setup = self.world.setup().clone();
        Self::with_opening(setup, self.opening.to_vec()).expect("this world was made of it")
    }

    /// The same, in a world that [keeps](World::recorded) what drivers do with cores.
    pub(crate) fn recorded_beginning(&self) -> Self {
        let world = World::recorded(self.world.setup().clone());
        Self::over(world.expect("this world was made of it"), self.opening.clone())
    }

    pub(crate) fn take_core_steps(&mut self) -> Vec<CoreStep> {
        self.world.take_core_steps()
    }

    /// The present moment.
    pub fn moment(&self) -> Moment {
        Moment { steps: self.world.steps(), lines: self.journal.len() }
    }

    /// Does what comes next according to the journal of a longer run that began as this one: a
    /// statement, or a step of the world. No goal ends it. Returns false if that cannot be done.
    pub(crate) fn repeat(&mut self, journal: &Journal) -> bool {
        let next = journal.get(self.journal.len());
        if let Some(line) = next.filter(|line| line.steps == self.world.steps()) {
            self.world.advance_clock(line.at);
            return self.world.now() == line.at
                && matches!(self.start(&line.statement), Ok(Started::Done(_)));
        }
        self.gathered = None;
        let has_stepped = self.world.step();
        self.observe();
        has_stepped
    }

    /// When that is due which [`repeat`](Self::repeat) does next; `None`: nothing is.
    pub(crate) fn next_repeated_at(&self, journal: &Journal) -> Option<Instant> {
        let line = journal.get(self.journal.len());
        match line.filter(|line| line.steps == self.world.steps()) {
            Some(line) => Some(line.at),
            None => self.world.next_step_at(),
        }
    }

    /// Starts a statement at the present time.
    ///
    /// # Errors
    /// When it cannot be carried out, or its expectation does not hold. Then the world is
    /// unchanged.
    pub fn start(&mut self, statement: &Statement) -> Result<Started, ExecError> {
        self.gathered = Some(Vec::new());
        match statement {
            Statement::Note(text) => {
                self.note(statement.clone());
                Ok(Started::Done(Reply::new(text.clone())))
            }
            Statement::Cluster(_)
            | Statement::NodeSettings { .. }
            | Statement::DiskContents { .. } => Err(StatementError::TooLate.into()),
            Statement::Run(run) => self.start_run(run),
            Statement::Step(count) => self.wait(Target::Steps { left: *count }),
            Statement::At { moment, statement } => {
                let (at, step) = self.absolute(*moment)?;
                self.wait(Target::Time { at, step, then: Some(statement.clone()) })
            }
            Statement::Expect { condition, within } => {
                self.check_nodes(condition)?;
                self.note_judged(condition);
                if self.holds(condition) {
                    return Ok(Started::Done(self.expectation_held(condition)));
                }
                let Some(within) = *within else {
                    let found = self.found(condition);
                    return Err(ExecError::Expectation { expected: condition.to_string(), found });
                };
                self.wait(Target::Condition {
                    condition: condition.clone(),
                    within,
                    is_expected: true,
                })
            }
            Statement::Mark(name) => {
                self.tally.mark(name);
                self.note(statement.clone());
                Ok(Started::Done(Reply::new(format!("{name} is {}", self.time_in_words()))))
            }
            Statement::Lesson(lesson) => self.start_lesson(lesson),
            Statement::Order(order) => self.act(order).map(Started::Done),
            Statement::Why(question) => {
                let explanation = self.explain(question).map_err(StatementError::Unanswerable)?;
                Ok(Started::Done(Reply::from(&explanation)))
            }
        }
    }

    /// A scene and a question mark the moment, a solution is carried out; the rest only speaks.
    fn start_lesson(&mut self, lesson: &LessonStatement) -> Result<Started, ExecError> {
        match lesson {
            LessonStatement::Scene { .. } => self.start(&Statement::Mark(SCENE.to_owned())),
            LessonStatement::Ask(_) | LessonStatement::Goal { .. } => {
                self.start(&Statement::Mark(TURN.to_owned()))
            }
            LessonStatement::Solve(statement) => self.start(statement),
            LessonStatement::Title(_)
            | LessonStatement::Point(_)
            | LessonStatement::Allow(_)
            | LessonStatement::Choice { .. }
            | LessonStatement::Instead(_)
            | LessonStatement::Never(_) => Ok(Started::Done(Reply::new(lesson.to_string()))),
        }
    }

    fn start_run(&mut self, run: &Run) -> Result<Started, ExecError> {
        match run {
            Run::For(duration) => {
                let at = self.world.now() + *duration;
                self.wait(Target::Time { at, step: None, then: None })
            }
            Run::To { time, step } => {
                let (at, step) = self.absolute(When::Absolute { time: *time, step: *step })?;
                self.wait(Target::Time { at, step, then: None })
            }
            Run::Until { condition, within } => {
                self.check_nodes(condition)?;
                self.note_judged(condition);
                if self.holds(condition) {
                    return Ok(Started::Done(self.condition_reply(condition)));
                }
                let within = within.unwrap_or(DEFAULT_PATIENCE);
                let condition = condition.clone();
                self.wait(Target::Condition { condition, within, is_expected: false })
            }
        }
    }

    fn wait(&mut self, target: Target) -> Result<Started, ExecError> {
        if let Some(goal) = &self.goal {
            return Err(StatementError::Busy { goal: goal.to_string() }.into());
        }
        self.goal = Some(Goal::new(target, self.world.now()));
        Ok(Started::Waiting)
    }

    /// The time of a moment, and the number of steps before it, if the moment names it.
    fn absolute(&self, moment: When) -> Result<(Instant, Option<u64>), ExecError> {
        let now = self.world.now();
        match moment {
            When::Relative(duration) => Ok((now + duration, None)),
            When::Absolute { time, .. } if time < now => {
                Err(StatementError::Past { time, now }.into())
            }
            When::Absolute { time, step } => Ok((time, step)),
        }
    }

    /// Carries out a statement of another run, at its time. If it is refused, nothing is done.
    pub(crate) fn carry_out_planned(&mut self, line: &Journaled) {
        self.world.advance_clock(line.at);
        let _ = self.start(&line.statement);
    }

    /// The time of the next step of the world, or of the end of the wait if that is earlier.
    pub fn next_step_at(&self) -> Option<Instant> {
        match self.upcoming() {
            Upcoming::World(at) | Upcoming::Goal(at) => Some(at),
            Upcoming::Nothing => None,
        }
    }

    /// When the wait of a statement ends at the latest; `None` if no time ends it.
    pub(crate) fn wait_ends_at(&self) -> Option<Instant> {
        self.end_of_wait().map(|end| end.at)
    }

    fn end_of_wait(&self) -> Option<End> {
        self.goal.as_ref().and_then(|goal| goal.ends_at(&self.world))
    }

    fn upcoming(&self) -> Upcoming {
        let (next, ends_at) = (self.world.next_step_at(), self.end_of_wait());
        match (next, ends_at) {
            (None, None) => Upcoming::Nothing,
            (Some(next), None) => Upcoming::World(next),
            (next, Some(end)) => match next {
                Some(next) if next <= end.at && !end.before_events => Upcoming::World(next),
                _ => Upcoming::Goal(end.at),
            },
        }
    }

    /// Makes one step of the world, or ends the wait.
    pub fn step(&mut self) -> Stepped {
        match self.upcoming() {
            Upcoming::Nothing => Stepped::Nothing,
            Upcoming::World(_) => {
                self.gathered = None;
                self.world.step();
                self.observe();
                if let Some(goal) = &mut self.goal {
                    goal.count_step();
                }
                self.check_goal();
                Stepped::Event
            }
            Upcoming::Goal(at) => {
                self.gathered = Some(Vec::new());
                self.world.advance_clock(at);
                match self.finish() {
                    Some(result) => Stepped::Finished(result),
                    None => Stepped::Event,
                }
            }
        }
    }

    /// Moves the clock, up to the [next step](Self::next_step_at) at most.
    pub fn advance_clock(&mut self, to: Instant) {
        let limit = self.next_step_at().map_or(to, |next| to.min(next));
        self.world.advance_clock(limit);
    }

    /// Ends the wait. `None`: the statement after `at` waits in turn.
    fn finish(&mut self) -> Option<Result<Reply, ExecError>> {
        let goal = self.goal.take()?;
        if let Some(error) = goal.mismatch(&self.world) {
            return Some(Err(error.into()));
        }
        match goal.into_target() {
            Target::Time { then: Some(statement), .. } => match self.start(&statement) {
                Ok(Started::Done(reply)) => Some(Ok(reply)),
                Ok(Started::Waiting) => None,
                Err(error) => Some(Err(error)),
            },
            Target::Time { then: None, .. } | Target::Steps { .. } => {
                Some(Ok(Reply::new(format!("it is {}", self.time_in_words()))))
            }
            Target::Condition { condition, is_expected, within } => {
                if self.holds(&condition) {
                    return Some(Ok(if is_expected {
                        self.expectation_held(&condition)
                    } else {
                        self.condition_reply(&condition)
                    }));
                }
                let (awaited, found) = (condition.to_string(), self.found(&condition));
                let within = Span(within).to_string();
                Some(Err(ExecError::TimedOut { awaited, within, found }))
            }
        }
    }

    fn expectation_held(&mut self, condition: &Condition) -> Reply {
        // Without `within`: the condition holds at this moment.
        self.note(Statement::Expect { condition: condition.clone(), within: None });
        self.condition_reply(condition)
    }

    fn condition_reply(&self, condition: &Condition) -> Reply {
        Reply::new(format!("{} at {}", self.found(condition), self.time_in_words()))
    }

    fn time_in_words(&self) -> String {
        self.world.now().to_string()
    }

    /// Appends a statement to the journal.
    fn note(&mut self, statement: Statement) {
        let at = self.world.now();
        let is_exact = self.world.next_step_at().is_some_and(|next| next <= at);
        let next_event = self.world.event_count() + 1;
        let (steps, events) = (self.world.steps(), next_event..next_event);
        self.journal.push(Journaled { at, steps, is_exact, events, statement });
    }

    /// Shows the world's last events to the checkers.
    fn observe(&mut self) {
        self.checks.observe(&self.world, self.world.events());
        self.rare.observe(&self.world, &self.checks);
        for event in self.world.events() {
            self.orders.observe(event);
            self.tally.count(event);
            let EventKind::Client { client, event, .. } = &event.kind else { continue };
            if let ClientEvent::Answered { response, .. } = event {
                self.answers.insert(*client, response.to_string());
            } else if let ClientEvent::GaveUp = event {
                self.answers.insert(*client, "gave up".to_owned());
            }
        }
        for event in self.rare.latest() {
            self.tally.count_rare(*event, self.world.now());
        }
    }

    /// Checks whether the condition of the waiting statement holds now.
    fn check_goal(&mut self) {
        let is_met = match &self.goal {
            Some(goal) => goal.condition().is_some_and(|condition| self.holds(condition)),
            None => return,
        };
        if let Some(goal) = &mut self.goal {
            goal.set_met(is_met);
        }
    }
}

#[cfg(test)]
mod tests;
