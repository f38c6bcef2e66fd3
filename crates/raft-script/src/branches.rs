//! Any moment of a run, on any branch.
//!
//! A run is a pure function of its set-up and its journal, so the past is not stored: it is
//! computed again, from the nearest checkpoint. Doing something in the past begins a branch.

mod checkpoints;
mod difference;
mod find;
mod kept;
mod marks;
mod seek;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use raft_core::Instant;

use self::checkpoints::Checkpoints;
pub use self::difference::{Difference, Differing, Happened};
pub use self::kept::{KeptBranch, KeptLine, Restoring};
use self::marks::Marks;
pub use self::marks::{Mark, MarkKind, MarkedOperation};
pub use self::seek::Seek;
use crate::journal::{Journaled, Moment};
use crate::outcome::{ExecError, Reply, StatementError};
use crate::session::{Session, Started, Stepped};
use crate::statement::Statement;

/// The branches of a run. Any moment of each can be computed again; only its
/// end can be changed.
///
/// ```
/// use raft_script::{Branches, Place, Session, Started, Stepped, parse_line};
/// use raft_sim::Setup;
///
/// let mut branches = Branches::new(Session::new(Setup::default())?);
/// let main = branches.first();
/// let wait = parse_line("run until leader")?.expect("a statement");
/// assert_eq!(branches.start(main, &wait)?, Started::Waiting);
/// while branches.step(main) == Stepped::Event {}
/// let leader = branches.head(main).world().leader();
///
/// // Twenty steps earlier nobody led. Without its leader-to-be, the run has another end.
/// let mut moment = branches.head(main).moment();
/// moment.steps -= 20;
/// let earlier = Place { branch: main, moment };
/// assert_eq!(branches.at(earlier)?.world().leader(), None);
/// let branch = branches.fork(earlier, "without it")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Branches {
    by_id: BTreeMap<BranchId, Branch>,
    last_id: u32,
    /// The most bytes of all checkpoints.
    budget: u64,
}

/// Names a branch. The first one is 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BranchId(u32);

/// A moment of a branch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// The branch.
    pub branch: BranchId,
    /// The moment.
    pub moment: Moment,
}

/// One branch.
#[derive(Clone, Debug)]
pub struct Branch {
    name: String,
    /// Where it begins; `None` for the first one.
    parent: Option<Place>,
    /// The time at which it begins.
    began_at: Instant,
    head: Session,
    /// Statements of the branch that it left, which are carried out in their turn.
    planned: VecDeque<Arc<Journaled>>,
    checkpoints: Checkpoints,
    marks: Marks,
}

/// Why a place cannot be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreachable {
    /// The branch was removed.
    NoBranch(BranchId),
    /// The branch has not come so far, or has no such moment.
    NoMoment(Moment),
    /// The branch has no such line.
    NoLine(usize),
    /// It is the only branch.
    OnlyBranch,
}

impl Branches {
    /// The most checkpoints of a branch.
    pub const MAX_CHECKPOINTS: usize = checkpoints::MOST;
    /// The most bytes of the checkpoints of all branches, as
    /// [`checkpoint_bytes`](Self::checkpoint_bytes) counts them: 64 MiB. Branches keep their first
    /// checkpoint even so.
    pub const MAX_CHECKPOINT_BYTES: u64 = 64 << 20;

    /// The branches of a session, from its present moment on.
    pub fn new(session: Session) -> Self {
        let first = Branch::new(session, "main");
        let by_id = BTreeMap::from([(BranchId(1), first)]);
        Self { by_id, last_id: 1, budget: Self::MAX_CHECKPOINT_BYTES }
    }

    /// The oldest branch that was not removed.
    pub fn first(&self) -> BranchId {
        *self.by_id.keys().next().expect("the last branch is not removed")
    }

    /// All branches, the oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (BranchId, &Branch)> {
        self.by_id.iter().map(|(id, branch)| (*id, branch))
    }

    /// A branch.
    ///
    /// # Errors
    /// If it was removed.
    pub fn get(&self, id: BranchId) -> Result<&Branch, Unreachable> {
        self.by_id.get(&id).ok_or(Unreachable::NoBranch(id))
    }

    /// The end of a branch: its present.
    ///
    /// # Panics
    /// If the branch was removed.
    pub fn head(&self, id: BranchId) -> &Session {
        &self.by_id[&id].head
    }

    /// The number of checkpoints of all branches, and the bytes of memory that they hold,
    /// estimated. Branches share those before they part.
    pub fn checkpoint_bytes(&self) -> (usize, u64) {
        let sizes = self.by_id.values().flat_map(|branch| branch.checkpoints.sizes());
        let mut all: BTreeMap<*const Session, u64> = BTreeMap::new();
        all.extend(sizes.map(|(session, bytes)| (Arc::as_ptr(session), bytes)));
        (all.len(), all.values().sum())
    }

    fn branch_mut(&mut self, id: BranchId) -> &mut Branch {
        self.by_id.get_mut(&id).unwrap_or_else(|| panic!("branch {id} was removed"))
    }

    /// Starts a statement at the end of a branch, as [`Session::start`]. Statements that were still
    /// to be repeated are not repeated any more, unless this one only waits or looks. A question is
    /// answered as [`explain`](Self::explain) does.
    ///
    /// # Errors
    /// When it cannot be carried out, or its expectation does not hold.
    ///
    /// # Panics
    /// If the branch was removed.
    pub fn start(&mut self, id: BranchId, statement: &Statement) -> Result<Started, ExecError> {
        if let Statement::Why(question) = statement {
            let explanation = self.explain(id, &self.head(id).clone(), question);
            let explanation = explanation.map_err(StatementError::Unanswerable)?;
            return Ok(Started::Done(Reply::from(&explanation)));
        }
        let branch = self.branch_mut(id);
        let started = branch.head.start(statement)?;
        if statement.acts() {
            branch.planned.clear();
        }
        branch.marks.observe(&branch.head);
        Ok(started)
    }

    /// Makes one step at the end of a branch, as [`Session::step`], or carries out a statement that
    /// is to be repeated.
    ///
    /// # Panics
    /// If the branch was removed.
    pub fn step(&mut self, id: BranchId) -> Stepped {
        let branch = self.branch_mut(id);
        let before = branch.checkpoints.len();
        let stepped = branch.step();
        if branch.checkpoints.len() > before {
            self.keep_within_budget();
        }
        stepped
    }

    /// Keeps some of the sessions that a way of this branch passed: then ways to moments near it
    /// are short. At most 16 of a branch are kept, and those that were used last. They count among
    /// the [checkpoints](Self::checkpoint_bytes).
    pub fn remember(&mut self, id: BranchId, seek: &mut Seek) {
        let (start, passed) = seek.take_passed();
        let are_new = !passed.is_empty();
        if let Some(branch) = self.by_id.get_mut(&id) {
            branch.checkpoints.keep_near(start, passed);
        }
        if are_new {
            self.keep_within_budget();
        }
    }

    /// Drops checkpoints until all have no more than the most bytes: first those that were
    /// [remembered](Self::remember). Then the largest branch loses some, and its old ones before
    /// its new ones.
    fn keep_within_budget(&mut self) {
        while self.checkpoint_bytes().1 > self.budget {
            let mut branches = self.by_id.values_mut().map(|branch| &mut branch.checkpoints);
            if branches.any(Checkpoints::forget_near) {
                continue;
            }
            let branches = self.by_id.values_mut().map(|branch| &mut branch.checkpoints);
            let Some(largest) = branches.max_by_key(|checkpoints| checkpoints.bytes()) else {
                return;
            };
            if !largest.thin_old() {
                return;
            }
        }
    }

    /// The time of the next step at the end of a branch, as [`Session::next_step_at`], or of the
    /// statement that is to be repeated before it.
    ///
    /// # Panics
    /// If the branch was removed.
    pub fn next_step_at(&self, id: BranchId) -> Option<Instant> {
        let branch = &self.by_id[&id];
        match branch.planned.front().filter(|_| branch.is_planned_due()) {
            Some(line) => Some(line.at),
            None => branch.head.next_step_at(),
        }
    }

    /// Moves the clock at the end of a branch, up to the next step at most.
    ///
    /// # Panics
    /// If the branch was removed.
    pub fn advance_clock(&mut self, id: BranchId, to: Instant) {
        let branch = self.branch_mut(id);
        let planned = branch.planned.front().map(|line| line.at);
        branch.head.advance_clock(planned.map_or(to, |at| to.min(at)));
    }

    /// Ends the wait of a statement before its goal.
    ///
    /// # Panics
    /// If the branch was removed.
    pub fn cancel(&mut self, id: BranchId) {
        self.branch_mut(id).head.cancel();
    }

    /// The last checkpoint of a branch after so many events or fewer; if there is none, the first.
    pub(crate) fn checkpoint_before(&self, id: BranchId, events: u64) -> &Session {
        let mut sessions = self.by_id[&id].checkpoints.iter();
        let first = sessions.next().expect("the first checkpoint stays");
        let before = sessions.take_while(|session| session.world().event_count() <= events);
        before.last().unwrap_or(first)
    }

    /// The session as it was at that place. No statement waits in it.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn at(&self, place: Place) -> Result<Session, Unreachable> {
        self.seek(place)?.finish()
    }

    /// The session as it was at that time: after all that was done then, and before what was due
    /// later. At a time after the branch's end, the end.
    ///
    /// # Errors
    /// If the branch was removed.
    pub fn at_time(&self, id: BranchId, time: Instant) -> Result<Session, Unreachable> {
        self.seek_time(id, time)?.finish()
    }

    /// The way to the moment of [`at_time`](Self::at_time), for callers that go it bit by bit.
    ///
    /// # Errors
    /// If the branch was removed.
    pub fn seek_time(&self, id: BranchId, time: Instant) -> Result<Seek, Unreachable> {
        let branch = self.get(id)?;
        let start = branch.checkpoints.before_time(time);
        let start = start.ok_or(Unreachable::NoMoment(Moment::default()))?;
        let (journal, end) = (branch.head.journal().clone(), branch.head.moment());
        Ok(Seek::new(start.clone(), journal, end).until(time))
    }

    /// The moment of the checkpoint from which [`seek_time`](Self::seek_time) begins; `None` if the
    /// branch was removed.
    pub fn checkpoint_at(&self, id: BranchId, time: Instant) -> Option<Moment> {
        let checkpoints = &self.by_id.get(&id)?.checkpoints;
        checkpoints.before_time(time).map(Session::moment)
    }

    /// The way to a place from an earlier moment of its branch.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn seek_from(&self, earlier: Session, place: Place) -> Result<Seek, Unreachable> {
        let branch = self.get(place.branch)?;
        if !branch.has(place.moment) || earlier.moment() > place.moment {
            return Err(Unreachable::NoMoment(place.moment));
        }
        Ok(Seek::new(earlier, branch.head.journal().clone(), place.moment))
    }

    /// The way to a place, for callers that go it bit by bit.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn seek(&self, place: Place) -> Result<Seek, Unreachable> {
        self.seek_through(place, 0)
    }

    /// The way to a place, through the last so many steps before it at least, for callers that
    /// watch what happened on the way.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn seek_through(&self, place: Place, steps: u64) -> Result<Seek, Unreachable> {
        self.get(place.branch)?.seek_through(place.moment, steps)
    }

    /// Begins a branch at a place.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn fork(&mut self, place: Place, name: &str) -> Result<BranchId, Unreachable> {
        let session = self.at(place)?;
        self.fork_at(place, session, name)
    }

    /// As [`fork`](Self::fork), for callers that have the session at the place, as
    /// [`at`](Self::at) returns it.
    ///
    /// # Errors
    /// When there is no such place, or the session is of another moment.
    pub fn fork_at(
        &mut self,
        place: Place,
        session: Session,
        name: &str,
    ) -> Result<BranchId, Unreachable> {
        let left = self.get(place.branch)?;
        if !left.has(place.moment) || session.moment() != place.moment {
            return Err(Unreachable::NoMoment(place.moment));
        }
        let branch = left.fork(session, name);
        self.last_id += 1;
        let id = BranchId(self.last_id);
        self.by_id.insert(id, Branch { parent: Some(place), ..branch });
        Ok(id)
    }

    /// The number of lines that a branch has in common with another one up to a place.
    pub fn shared_lines(&self, id: BranchId, place: Place) -> usize {
        let (mut branch, mut lines) = (id, place.moment.lines);
        while branch != place.branch
            && let Some(parent) = self.get(branch).ok().and_then(Branch::parent)
        {
            (branch, lines) = (parent.branch, lines.min(parent.moment.lines));
        }
        lines
    }

    /// Begins a branch before a line of the journal of another one, and leaves that line out. The
    /// lines after it are carried out at their times, unless one is refused. Roles such as `leader`
    /// are looked up again.
    ///
    /// # Errors
    /// When there is no such line.
    pub fn fork_without(
        &mut self,
        id: BranchId,
        line: usize,
        name: &str,
    ) -> Result<BranchId, Unreachable> {
        let journal = self.get(id)?.head.journal().clone();
        let left_out = journal.get(line).ok_or(Unreachable::NoLine(line))?;
        let moment = Moment { steps: left_out.steps, lines: line };
        let fork = self.fork(Place { branch: id, moment }, name)?;
        self.branch_mut(fork).planned = journal.lines_from(line + 1);
        Ok(fork)
    }

    /// Gives a branch another name.
    ///
    /// # Errors
    /// If it was removed.
    pub fn rename(&mut self, id: BranchId, name: &str) -> Result<(), Unreachable> {
        let branch = self.by_id.get_mut(&id).ok_or(Unreachable::NoBranch(id))?;
        name.clone_into(&mut branch.name);
        Ok(())
    }

    /// Removes a branch. Branches that left it stay as they are.
    ///
    /// # Errors
    /// If it was removed, or is the only one.
    pub fn remove(&mut self, id: BranchId) -> Result<(), Unreachable> {
        self.get(id)?;
        if self.by_id.len() == 1 {
            return Err(Unreachable::OnlyBranch);
        }
        self.by_id.remove(&id);
        Ok(())
    }
}

impl BranchId {
    /// The number, from 1.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl Branch {
    /// Its name, which a person can change.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The place at which it left another branch; `None` for the first one.
    pub fn parent(&self) -> Option<Place> {
        self.parent
    }

    /// The time at which it begins: at which it left the other branch.
    pub fn began_at(&self) -> Instant {
        self.began_at
    }

    /// Its end: its present.
    pub fn head(&self) -> &Session {
        &self.head
    }

    /// The statements of the branch that it left that are still to be carried out.
    pub fn planned(&self) -> impl ExactSizeIterator<Item = &Journaled> {
        self.planned.iter().map(Arc::as_ref)
    }

    /// What is worth seeing on its line, in order.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = &Mark> {
        self.marks.iter()
    }

    /// When a leader committed entries: the moments after it, in order.
    pub fn commits(&self) -> impl DoubleEndedIterator<Item = (Moment, Instant)> {
        self.marks.commits()
    }

    /// The operations of clients, in the order of their starts.
    pub fn operations(&self) -> impl ExactSizeIterator<Item = &MarkedOperation> {
        self.marks.operations()
    }

    /// The number of its checkpoints.
    pub fn checkpoints(&self) -> usize {
        self.checkpoints.len()
    }

    /// The branch of a session, from its present moment on.
    fn new(session: Session, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            parent: None,
            began_at: session.world().now(),
            checkpoints: Checkpoints::new(&session),
            marks: Marks::default(),
            head: session,
            planned: VecDeque::new(),
        }
    }

    /// A branch that begins at a moment of this one.
    fn fork(&self, head: Session, name: &str) -> Self {
        let checkpoints = self.checkpoints.through(head.moment());
        let marks = self.marks.through(head.moment(), &head);
        Self { checkpoints, marks, ..Self::new(head, name) }
    }

    /// Whether this is a moment of the branch.
    fn has(&self, moment: Moment) -> bool {
        let journal = self.head.journal();
        moment <= self.head.moment()
            && moment.lines >= journal.before_step(moment.steps)
            && moment.lines <= journal.last_moment(moment.steps).lines
    }

    fn seek_through(&self, moment: Moment, steps: u64) -> Result<Seek, Unreachable> {
        let earlier = match steps {
            0 => moment,
            _ => Moment { steps: moment.steps.saturating_sub(steps), lines: 0 },
        };
        let checkpoints = &self.checkpoints;
        let start = checkpoints.before(earlier).or_else(|| checkpoints.before(moment));
        let start = start.filter(|_| self.has(moment));
        let start = start.ok_or(Unreachable::NoMoment(moment))?;
        Ok(Seek::new(start.clone(), self.head.journal().clone(), moment))
    }

    fn step(&mut self) -> Stepped {
        if self.is_planned_due()
            && let Some(line) = self.planned.pop_front()
        {
            self.head.carry_out_planned(&line);
            self.marks.observe(&self.head);
            return Stepped::Event;
        }
        let stepped = self.head.step();
        self.marks.observe(&self.head);
        self.checkpoints.take(&mut self.head);
        stepped
    }

    /// Whether the next planned statement comes before the next step: when the same steps were
    /// made before it, or all that is due at its time is done. A wait that ends earlier ends first.
    fn is_planned_due(&self) -> bool {
        let Some(line) = self.planned.front() else { return false };
        if self.head.wait_ends_at().is_some_and(|end| end < line.at) {
            return false;
        }
        let world = self.head.world();
        world
            .next_step_at()
            .is_none_or(|next| next > line.at || (next == line.at && world.steps() == line.steps))
    }
}

impl fmt::Display for BranchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBranch(id) => write!(f, "branch {id} was removed"),
            Self::NoMoment(Moment { steps, lines }) => {
                write!(f, "the branch has no moment after {steps} steps and {lines} statements")
            }
            Self::NoLine(line) => write!(f, "the journal has no line {}", line + 1),
            Self::OnlyBranch => f.write_str("the only branch cannot be removed"),
        }
    }
}

impl std::error::Error for Unreachable {}

#[cfg(test)]
mod tests;
