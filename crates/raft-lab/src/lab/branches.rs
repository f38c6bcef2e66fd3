//! The past of a lab, and its branches.

use std::rc::Rc;
use std::time::Duration;

use raft_core::{Instant, NodeId};
use raft_script::{
    Branch, BranchId, BranchName, Branches, Journaled, MarkKind, Moment, Place, Seek, Session,
    Statement, Unreachable,
};
use raft_sim::{Event, EventKind, Words, words};

use super::{Lab, TapeKey};
use crate::frame::{BranchView, Recent, TimeView};
use crate::operations::OperationTracker;
use crate::tape::{JumpTo, TapeView};
use crate::{ConsoleKind, DiagramWindow};

/// The events of so many steps before a moment are shown with it, at least.
pub(super) const SHOWN_STEPS: u64 = 500;

/// The longest name of a branch, in characters.
const MAX_NAME: usize = 40;

/// An earlier moment of the live branch.
pub(super) struct Past {
    session: Session,
    /// The moment before it; the start of the run has none.
    pub(super) before: Option<Session>,
    /// The events before it, of [`SHOWN_STEPS`] steps at least.
    recent: Recent,
    /// Whether time passed when somebody began to look at the past.
    pub(super) was_running: bool,
    /// For how long the moment has been shown, if the run is shown backward.
    pub(super) backward: Option<Duration>,
}

impl Past {
    pub(super) fn moment(&self) -> Moment {
        self.session.moment()
    }

    pub(super) fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Time shall not pass when somebody returns to the end.
    pub(super) fn pause(&mut self) {
        self.was_running = false;
        self.backward = None;
    }
}

impl Lab {
    /// Shows the live branch as it was after so many steps of the world. Time stands still
    /// meanwhile. A number at the end or after it shows the end.
    pub fn show(&mut self, steps: u64) {
        let head = self.session();
        let moment = match steps >= head.moment().steps {
            true => head.moment(),
            false => head.journal().last_moment(steps),
        };
        self.show_moment(moment);
    }

    /// Shows a moment of the live branch.
    pub(super) fn show_moment(&mut self, moment: Moment) {
        if moment >= self.session().moment() {
            return self.return_to_live();
        }
        self.go_along(self.branches.seek(Place { branch: self.live, moment }), None);
    }

    /// Shows the moment before: without the last statement, or without the last step.
    pub fn step_back(&mut self) {
        self.finish_seeking();
        let shown = self.shown_session().moment();
        if let Some(before) = self.session().journal().before(shown) {
            self.show_moment(before);
        }
    }

    /// Shows the next thing that the tape marks, or the one before.
    pub fn jump(&mut self, forward: bool) {
        let shown = self.shown_session().moment().steps;
        let tape = self.tape();
        let mut steps = tape.marks.iter().map(|mark| mark.steps);
        let found = match forward {
            true => steps.find(|steps| *steps > shown),
            false => steps.rev().find(|steps| *steps < shown),
        };
        self.show(found.unwrap_or(if forward { u64::MAX } else { 0 }));
    }

    /// Shows the next thing of a kind, or the one before. Without one, the console says so.
    pub fn jump_to(&mut self, what: JumpTo, forward: bool) {
        self.stop_backward();
        let shown = self.shown_session().moment();
        let branch = self.branches.get(self.live).expect("the live branch is not removed");
        let marks = |fits: fn(&MarkKind) -> bool| {
            let marks = branch.marks().filter(move |mark| fits(&mark.kind));
            marks.map(|mark| mark.moment).collect::<Vec<Moment>>()
        };
        let moments = match what {
            JumpTo::Election => {
                marks(|kind| matches!(kind, MarkKind::AsksForVotes { .. } | MarkKind::Leads { .. }))
            }
            JumpTo::Crash => marks(|kind| matches!(kind, MarkKind::Down(_))),
            JumpTo::Violation => marks(|kind| matches!(kind, MarkKind::Broken)),
            JumpTo::Commit => branch.commits().map(|(moment, _)| moment).collect(),
            JumpTo::Answer => {
                let ends = branch.operations().filter_map(|operation| operation.ends);
                let mut ends: Vec<Moment> = ends.map(|(moment, ..)| moment).collect();
                ends.sort_unstable();
                ends
            }
        };
        let found = match forward {
            true => moments.iter().find(|moment| **moment > shown),
            false => moments.iter().rev().find(|moment| **moment < shown),
        };
        match found {
            Some(moment) => self.show_moment(*moment),
            None => {
                let (side, thing) = (if forward { "after" } else { "before" }, what.in_words());
                self.say(ConsoleKind::Info, format!("There is no {thing} {side} this moment."));
                self.changed();
            }
        }
    }

    /// Shows the next moment at which a message of this node leaves or comes to its end, or the one
    /// before. With `peer`: a message between the two. Without one, the console says so.
    pub fn jump_to_message(&mut self, node: NodeId, peer: Option<NodeId>, forward: bool) {
        self.stop_backward();
        let is_between = |from: NodeId, to: NodeId| match peer {
            Some(peer) => (from, to) == (node, peer) || (from, to) == (peer, node),
            None => from == node || to == node,
        };
        let fits = |event: &Event| {
            let EventKind::Message { from, to, .. } = event.kind else { return false };
            is_between(from, to)
        };
        let shown = self.shown_session().moment();
        match self.branches.find(self.live, shown, forward, fits) {
            Ok(Some(moment)) => self.show_moment(moment),
            Ok(None) => {
                let side = if forward { "after" } else { "before" };
                let most = Branches::MAX_FOUND_STEPS;
                let words = format!("No such message within {most} steps {side} this moment.");
                self.say(ConsoleKind::Info, words);
            }
            Err(error) => self.say(ConsoleKind::Error, error.to_string()),
        }
        self.changed();
    }

    /// Shows the end of the live branch. Time passes again if it did before.
    pub fn return_to_live(&mut self) {
        let is_past = self.past.is_some() || self.wish.is_some();
        let was_running = is_past && self.was_running();
        self.forget_past();
        self.bring_diagram();
        if was_running {
            self.set_running(true);
        }
        self.changed();
    }

    /// Shows the end, and leaves time as it is.
    pub(super) fn forget_past(&mut self) {
        self.past = None;
        self.wish = None;
    }

    /// Whether time passes, or did before somebody began to look at the past.
    pub(super) fn was_running(&self) -> bool {
        let wished = self.wish.as_ref().map(|wish| wish.was_running);
        let past = self.past.as_ref().map(|past| past.was_running);
        wished.or(past).unwrap_or(self.pacer.is_running())
    }

    /// The session that the page shows.
    pub fn shown_session(&self) -> &Session {
        self.past.as_ref().map_or(self.session(), |past| &past.session)
    }

    /// The number of checkpoints from which the past is computed, and their bytes, estimated.
    pub fn checkpoint_bytes(&self) -> (usize, u64) {
        self.branches.checkpoint_bytes()
    }

    /// The live branch as it was at a moment.
    pub(super) fn recomputed(&self, moment: Moment) -> Result<Past, Unreachable> {
        let place = Place { branch: self.live, moment };
        self.recomputed_by(self.branches.seek_through(place, SHOWN_STEPS)?)
    }

    /// The live branch as it was at the end of a way.
    pub(super) fn recomputed_by(&self, seek: Seek) -> Result<Past, Unreachable> {
        let (mut recent, mut before) = (Recent::default(), None);
        let moment_before = self.session().journal().before(seek.goal());
        let session = seek.finish_watched(|session| {
            session.events().iter().for_each(|event| recent.observe(event));
            if Some(session.moment()) == moment_before {
                before = Some(session.clone());
            }
        })?;
        recent.forget_before(session.world().now());
        Ok(Past { session, before, recent, was_running: false, backward: None })
    }

    /// Before a statement: in the past it begins a branch, unless it only asks or is refused.
    pub(super) fn branch_off(&mut self, statement: &Statement) -> Result<(), String> {
        let Some(past) = self.past.as_ref().filter(|_| !statement.only_asks()) else {
            return Ok(());
        };
        past.session.clone().start(statement).map_err(|error| error.to_string())?;
        self.begin_branch(past.moment(), None).map_err(|error| error.to_string())
    }

    /// Takes back the last order of the live branch: a branch begins before it, and is live. Time
    /// stands still.
    ///
    /// # Errors
    /// If nobody has given an order.
    pub fn undo(&mut self) -> Result<(), String> {
        self.give_way_to_lesson()?;
        let journal = self.session().journal();
        let is_order = |line: &&Journaled| matches!(line.statement, Statement::Order(_));
        let lines = journal.iter().rev().skip_while(|line| !is_order(line)).count();
        let line = lines.checked_sub(1).and_then(|line| journal.get(line));
        let line = line.ok_or("There is nothing to take back.")?;
        let moment = Moment { steps: line.steps, lines: lines - 1 };
        let words = format!("“{}” is taken back.", line.statement);
        self.set_running(false);
        self.begin_branch(moment, None).map_err(|error| error.to_string())?;
        self.say(ConsoleKind::Info, words);
        Ok(())
    }

    /// Begins a branch at the moment that the page shows, and makes it the live one. Time stands
    /// still, and statements that wait are cancelled. Without a name, it gets one with its number.
    ///
    /// # Errors
    /// If the name is blank, longer than 40 characters, or that of another branch.
    pub fn fork(&mut self, name: Option<&str>) -> Result<(), String> {
        self.give_way_to_lesson()?;
        let name = name.map(good_name).transpose()?;
        if let Some(name) = name.filter(|name| self.branches.iter().any(|(_, b)| b.name() == *name))
        {
            return Err(format!("there is a branch {name} already"));
        }
        self.finish_seeking();
        let moment = self.shown_session().moment();
        self.set_running(false);
        self.begin_branch(moment, name).map_err(|error| error.to_string())
    }

    /// Begins a branch at a moment of the live one, and makes it the live one.
    pub(super) fn begin_branch(
        &mut self,
        moment: Moment,
        name: Option<&str>,
    ) -> Result<(), Unreachable> {
        let place = Place { branch: self.live, moment };
        let known = self.past.as_ref().filter(|past| past.moment() == moment);
        let branch = match known {
            Some(past) => {
                let branch = self.branches.fork_at(place, past.session.clone(), "")?;
                self.recents.insert(branch, past.recent.clone());
                branch
            }
            None => self.branches.fork(place, "")?,
        };
        let before = self.branch_name(self.live);
        let name = self.enter(branch, name)?;
        let stored = if self.mirror.is_some() { " It is in memory only." } else { "" };
        let words = format!("Here begins {name}. What came after is in {before}.{stored}");
        self.say(ConsoleKind::Info, words);
        Ok(())
    }

    /// Names a branch that has just begun, and makes it the live one. Statements that wait are
    /// cancelled. The name.
    pub(super) fn enter(
        &mut self,
        branch: BranchId,
        name: Option<&str>,
    ) -> Result<String, Unreachable> {
        let name = name.map_or_else(|| format!("branch {branch}"), str::to_owned);
        self.branches.rename(branch, &name)?;
        self.cancel();
        self.forget_past();
        self.go_to(branch);
        Ok(name)
    }

    /// Makes another branch the live one. Time stands still, and statements that wait are
    /// cancelled.
    ///
    /// # Errors
    /// If there is no branch with this number.
    pub fn switch_to(&mut self, number: u32) -> Result<(), String> {
        self.give_way_to_lesson()?;
        let branch = self.find(number)?;
        if branch == self.live {
            self.return_to_live();
            return Ok(());
        }
        self.cancel();
        self.pacer.set_running(false, false);
        self.forget_past();
        self.go_to(branch);
        let words = format!("This is {} now.", self.branch_name(branch));
        self.say(ConsoleKind::Info, words);
        Ok(())
    }

    /// The events before the end of the live branch.
    pub(super) fn recalled_events(&self) -> Recent {
        self.recomputed(self.session().moment()).map(|past| past.recent).unwrap_or_default()
    }

    /// Gives a branch another name.
    ///
    /// # Errors
    /// If there is no branch with this number, or the name is blank or longer than 40 characters.
    pub fn rename_branch(&mut self, number: u32, name: &str) -> Result<(), String> {
        let branch = self.find(number)?;
        self.branches.rename(branch, good_name(name)?).map_err(|error| error.to_string())?;
        self.changed();
        Ok(())
    }

    /// Removes a branch. If it is the live one, the branch that it left is live then. The first one
    /// stays, and so does the one whose disks are stored.
    ///
    /// # Errors
    /// If there is no branch with this number, or it stays.
    pub fn remove_branch(&mut self, number: u32) -> Result<(), String> {
        let branch = self.find(number)?;
        if branch == self.branches.first() {
            return Err("the first branch stays".into());
        }
        if self.mirror.is_some() && branch == self.stored {
            return Err(format!("{} stays: its disks are stored", self.branch_name(branch)));
        }
        if branch == self.live {
            self.switch_to(self.left_by(branch).number())?;
        }
        self.branches.remove(branch).map_err(|error| error.to_string())?;
        self.recents.remove(&branch);
        self.changed();
        Ok(())
    }

    /// The live branch is another one.
    pub(super) fn go_to(&mut self, branch: BranchId) {
        self.dismiss_listeners("another branch is live now");
        let left = std::mem::take(&mut self.recent);
        self.recents.insert(self.live, left);
        self.live = branch;
        self.compared.replace(None);
        self.window.diagram = self.window.diagram.take().map(DiagramWindow::anew);
        self.forget_moment();
        self.recent = self.recents.remove(&branch).unwrap_or_else(|| self.recalled_events());
        self.operations = OperationTracker::of(self.session().world());
        let results = self.session().checks().results();
        self.broken = results.filter(|result| result.violation.is_some()).count();
        self.key_moment = None;
        self.rearm_breakpoints();
    }

    /// The branch that a branch left; the first one if that was removed.
    pub(super) fn left_by(&self, branch: BranchId) -> BranchId {
        let parent = self.branches.get(branch).ok().and_then(Branch::parent);
        let parent = parent.map(|place| place.branch);
        let is_there = |parent: &BranchId| self.branches.get(*parent).is_ok();
        parent.filter(is_there).unwrap_or(self.branches.first())
    }

    fn find(&self, number: u32) -> Result<BranchId, String> {
        let mut ids = self.branches.iter().map(|(id, _)| id);
        ids.find(|id| id.number() == number).ok_or_else(|| format!("there is no branch {number}"))
    }

    /// The branch that a person means.
    pub(super) fn branch_named(&self, name: &BranchName) -> Result<BranchId, String> {
        match name {
            BranchName::Number(number) => self.find(*number),
            BranchName::Name(name) => {
                let mut branches = self.branches.iter();
                let found = branches.find(|(_, branch)| branch.name() == name);
                found.map(|(id, _)| id).ok_or_else(|| format!("there is no branch {name}"))
            }
        }
    }

    /// The branches in words, one a line; the live one is marked.
    pub(super) fn branch_lines(&self) -> Vec<Words> {
        let line = |(id, branch): (BranchId, &Branch)| {
            let mark = if id == self.live { "▸" } else { " " };
            let begins = match branch.parent() {
                None => "the start".to_owned(),
                Some(Place { branch: parent, moment }) => {
                    let (name, at) = (self.branch_name(parent), branch.began_at());
                    format!("{name} at {at}, after step {}", moment.steps)
                }
            };
            let end = branch.head().world();
            let (name, at, steps) = (branch.name(), end.now(), end.steps());
            words! { "{mark} {id} {name}: from {begins}; it ends at {at}, after step {steps}" }
        };
        self.branches.iter().map(line).collect()
    }

    pub(super) fn branch_name(&self, id: BranchId) -> String {
        self.branches.get(id).map_or_else(|error| error.to_string(), |b| b.name().to_owned())
    }

    /// The same as before, in the same memory, until so much has happened that it can be seen.
    fn tape(&self) -> TapeView {
        let branch = self.branches.get(self.live).expect("the live branch is not removed");
        let end = branch.head().world().now().0;
        // While time passes under load, there is a new operation in each frame.
        let coarse = |count: u64| match self.pacer.is_running() {
            true => crate::tape::rounded_up(count),
            false => count,
        };
        let end = coarse(end);
        let window = self.window.tape.clone().unwrap_or(0..end);
        let key = TapeKey {
            branch: self.live,
            window: self.window.tape.clone(),
            end,
            marks: branch.marks().next_back().map(|mark| mark.moment),
            operations: coarse(branch.operations().len() as u64),
            is_running: self.pacer.is_running(),
        };
        let mut kept = self.tape.borrow_mut();
        if kept.as_ref().is_none_or(|(of, _)| *of != key) {
            let tape = TapeView { end: Instant(end), ..TapeView::of(branch, window) };
            *kept = Some((key, tape));
        }
        kept.as_ref().map_or_else(TapeView::default, |(_, tape)| tape.clone())
    }

    /// Where in the run the frame is.
    pub(super) fn time(&self) -> TimeView {
        let head = self.session();
        let view = |(id, branch): (BranchId, &Branch)| BranchView {
            id: id.number(),
            name: branch.name().to_owned(),
            parent: branch.parent().map(|place| place.branch.number()),
            from_steps: branch.parent().map_or(0, |place| place.moment.steps),
            from: branch.began_at(),
            is_durable: self.mirror.is_some() && id == self.stored,
        };
        let branches: Vec<BranchView> = self.branches.iter().map(view).collect();
        TimeView {
            branch: self.live.number(),
            branches: Rc::from(branches),
            earlier: self.earlier_runs(),
            recalled: self.recalling.as_ref().map(|run| (run.progress() * 100.0) as u8),
            tape: self.tape(),
            steps: self.shown_session().moment().steps,
            end_steps: head.moment().steps,
            end: head.world().now(),
            is_past: self.past.is_some(),
            plays_backward: self.plays_backward(),
            is_seeking: self.wish.is_some(),
        }
    }
}

/// The name of a branch, if it can be read.
fn good_name(name: &str) -> Result<&str, String> {
    let name = name.trim();
    let is_name =
        !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
    match is_name {
        true => Ok(name),
        false => Err(format!("A branch has a name of 1 to {MAX_NAME} characters.")),
    }
}
