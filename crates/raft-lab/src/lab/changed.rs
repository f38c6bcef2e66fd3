//! What changed since the moment before, or since a moment that somebody pinned.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use raft_script::{Moment, Place, Session};

use super::Lab;
use crate::ChangesView;
use crate::view::{View, ViewMaker};

/// At the end of a run, the moment before is not computed if it is more steps away from a
/// checkpoint than this.
const MAX_COMPUTED: u64 = 3_000;

/// The real time between two comparisons with a pinned moment, while time passes.
const PAUSE: Duration = Duration::from_millis(100);

/// An earlier moment with which the present one is compared.
#[derive(Default)]
pub(super) struct Earlier {
    /// The moment that somebody pinned.
    pinned: Option<Session>,
    /// The moment before the end of the live branch, and its session, unless that is too far from
    /// a checkpoint; `None`: nobody has looked yet.
    last: RefCell<Option<(Moment, Option<Session>)>>,
    maker: RefCell<ViewMaker>,
    /// What was told last while time passed, and when, in real time.
    told: RefCell<Option<(Duration, Rc<ChangesView>)>>,
}

impl Lab {
    /// Pins the moment that the page shows: changes are told since then.
    pub fn pin(&mut self) {
        self.earlier_moment.pinned = Some(self.shown_session().clone());
        self.earlier_moment.told.replace(None);
        self.changed();
    }

    /// Changes are told since the moment before again.
    pub fn unpin(&mut self) {
        self.earlier_moment.pinned = None;
        self.changed();
    }

    /// Before a step: the end of the live branch is the moment before soon.
    pub(super) fn remember_moment(&mut self) {
        let session = self.session().clone();
        self.earlier_moment.last.replace(Some((session.moment(), Some(session))));
    }

    /// Another branch is live: the moment before its end is another one.
    pub(super) fn forget_moment(&mut self) {
        self.earlier_moment.last.replace(None);
    }

    /// What changed. While time passes, only since a pinned moment, and ten times a second.
    pub(super) fn changes(&self, now: &View) -> Option<Rc<ChangesView>> {
        let earlier = &self.earlier_moment;
        let since = |session: &Session, is_pinned| {
            let before =
                earlier.maker.borrow_mut().make(session, &Default::default(), &self.window);
            Some(Rc::new(ChangesView::between(&before, now, is_pinned)))
        };
        if let Some(session) = &earlier.pinned {
            if !self.pacer.is_running() {
                return since(session, true);
            }
            let at = (self.clock)();
            let mut told = earlier.told.borrow_mut();
            let recent = told.take().filter(|(then, _)| at < *then + PAUSE);
            let (then, changes) = match recent {
                Some(recent) => recent,
                None => (at, since(session, true)?),
            };
            *told = Some((then, changes.clone()));
            return Some(changes);
        }
        if let Some(past) = &self.past {
            return since(past.before.as_ref()?, false);
        }
        if self.pacer.is_running() {
            return None;
        }
        self.know_moment_before();
        let last = earlier.last.borrow();
        since(last.as_ref()?.1.as_ref()?, false)
    }

    /// Computes the moment before the end of the live branch, unless it is known already.
    fn know_moment_before(&self) {
        let (branch, journal) = (self.live, self.session().journal());
        let mut last = self.earlier_moment.last.borrow_mut();
        let Some(moment) = journal.before(self.session().moment()) else {
            *last = None;
            return;
        };
        if last.as_ref().is_some_and(|(known, _)| *known == moment) {
            return;
        }
        let way = self.branches.seek(Place { branch, moment }).ok();
        let near = way.filter(|way| way.steps_left() <= MAX_COMPUTED);
        *last = Some((moment, near.and_then(|way| way.finish().ok())));
    }
}
