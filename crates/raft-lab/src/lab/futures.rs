//! Other futures of a moment: runs that go on from it with other random numbers, or with other
//! statements. Somebody else looks for one; the lab makes it a branch.

use raft_core::Instant;
use raft_script::{BranchId, Moment, Order, Place, Run, Session, Statement};

use super::Lab;
use crate::ConsoleKind;

/// A moment whose futures somebody looks for. It stays the same when time goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crossroads {
    branch: BranchId,
    moment: Moment,
    /// Tells whether the page shows another run since.
    hash: u64,
    /// The run up to the moment, as a script.
    pub script: String,
    /// The virtual time.
    pub at: Instant,
    /// The names of the rules that are off.
    pub rules_off: Vec<String>,
}

impl Lab {
    /// The moment that the page shows, for a search of its futures. A statement that is waited for
    /// is no part of it.
    pub fn crossroads(&self) -> Crossroads {
        let shown = self.shown_session();
        let world = shown.world();
        Crossroads {
            branch: self.live,
            moment: shown.moment(),
            hash: world.trace_hash(),
            script: shown.export(),
            at: world.now(),
            rules_off: world.rules_off().iter().map(|rule| rule.name().to_owned()).collect(),
        }
    }

    /// Shows the branch of such a moment at an earlier time.
    ///
    /// # Errors
    /// If the page shows another run, while a lesson plays, or if the branch is gone.
    pub fn show_before_crossroads(&mut self, from: &Crossroads, at: Instant) -> Result<(), String> {
        self.session_at(from)?;
        if self.live != from.branch {
            self.switch_to(from.branch.number())?;
        }
        self.show_at(at);
        Ok(())
    }

    /// The session at such a moment, if the page still shows that run.
    fn session_at(&self, from: &Crossroads) -> Result<(Place, Session), String> {
        let place = Place { branch: from.branch, moment: from.moment };
        let session = self.branches.at(place).ok();
        let session = session.filter(|session| session.world().trace_hash() == from.hash);
        let session = session.ok_or("That moment is gone: the page shows another run.")?;
        Ok((place, session))
    }

    /// Begins a branch in which all random numbers after a moment are drawn from a seed, and plays
    /// it up to a time, after so many steps of the world since the beginning of the run. Then time
    /// stands still.
    ///
    /// # Errors
    /// If the page shows another run, while a lesson plays, or if the branch is gone.
    pub fn open_future(
        &mut self,
        from: &Crossroads,
        seed: u64,
        at: Instant,
        steps: u64,
    ) -> Result<(), String> {
        self.give_way_to_lesson()?;
        let (place, session) = self.session_at(from)?;
        self.set_running(false);
        let name = self.enter_future(place, session, &format!("future {seed}"))?;
        let words = format!("Here begins {name}: other random numbers from here on.");
        self.say(ConsoleKind::Info, words);
        let end = Run::To { time: at, step: Some(steps) };
        self.pacer.hurry();
        self.play_statements(&[Statement::Order(Order::Reseed(seed)), Statement::Run(end)]);
        Ok(())
    }

    /// Begins a branch at a moment, and carries out in it the statements of a script's end. Then
    /// time stands still.
    ///
    /// # Errors
    /// If the page shows another run, while a lesson plays, if the branch is gone, or if the
    /// statements cannot be read.
    pub fn open_continuation(&mut self, from: &Crossroads, after: &str) -> Result<(), String> {
        self.give_way_to_lesson()?;
        let lines: Result<Vec<_>, _> = after.lines().map(raft_script::parse_line).collect();
        let statements: Vec<Statement> =
            lines.map_err(|error| error.to_string())?.into_iter().flatten().collect();
        let (place, session) = self.session_at(from)?;
        self.set_running(false);
        let name = self.enter_future(place, session, "explored")?;
        let words = format!("Here begins {name}: what was found by exploring.");
        self.say(ConsoleKind::Info, words);
        self.pacer.hurry();
        self.play_statements(&statements);
        Ok(())
    }

    /// Enters a new branch at a moment, with this name if no other has it. Its name.
    fn enter_future(
        &mut self,
        place: Place,
        session: Session,
        name: &str,
    ) -> Result<String, String> {
        let branch = self.branches.fork_at(place, session, "").map_err(|e| e.to_string())?;
        let is_free = self.branches.iter().all(|(_, branch)| branch.name() != name);
        self.enter(branch, is_free.then_some(name)).map_err(|e| e.to_string())
    }
}
