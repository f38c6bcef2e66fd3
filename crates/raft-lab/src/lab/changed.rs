//! What changed since the moment before, or since a moment that somebody pinned.

use std::cell::RefCell;
use std::rc::Rc;

use raft_script::{Place, Session};

use super::Lab;
use crate::ChangesView;
use crate::view::{View, ViewMaker};

/// At the end of a run, the moment before is not computed if it is more steps away from a
/// checkpoint than this.
const MAX_COMPUTED: u64 = 3_000;

/// An earlier moment with which the present one is compared.
#[derive(Default)]
pub(super) struct Earlier {
    /// The moment that somebody pinned.
    pinned: Option<Session>,
    /// The moment before the end of the live branch, if it is known.
    last: RefCell<Option<Session>>,
    maker: RefCell<ViewMaker>,
}

impl Lab {
    /// Pins the moment that the page shows: changes are told since then.
    pub fn pin(&mut self) {
        self.earlier_moment.pinned = Some(self.shown_session().clone());
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
        self.earlier_moment.last.replace(Some(session));
    }

    /// Another branch is live: the moment before its end is another one.
    pub(super) fn forget_moment(&mut self) {
        self.earlier_moment.last.replace(None);
    }

    /// What changed. While time passes, only since a pinned moment.
    pub(super) fn changes(&self, now: &View) -> Option<Rc<ChangesView>> {
        let earlier = &self.earlier_moment;
        let since = |session: &Session, is_pinned| {
            let before =
                earlier.maker.borrow_mut().make(session, &Default::default(), &self.window);
            Some(Rc::new(ChangesView::between(&before, now, is_pinned)))
        };
        if let Some(session) = &earlier.pinned {
            return since(session, true);
        }
        if let Some(past) = &self.past {
            return since(past.before.as_ref()?, false);
        }
        if self.pacer.is_running() {
            return None;
        }
        self.know_moment_before();
        let last = earlier.last.borrow();
        since(last.as_ref()?, false)
    }

    /// Computes the moment before the end of the live branch, unless it is known already.
    fn know_moment_before(&self) {
        let (branch, journal) = (self.live, self.session().journal());
        let mut last = self.earlier_moment.last.borrow_mut();
        let wanted = journal.before(self.session().moment());
        if last.as_ref().is_some_and(|session| Some(session.moment()) == wanted) {
            return;
        }
        let place = wanted.map(|moment| Place { branch, moment });
        let way = place.and_then(|place| self.branches.seek(place).ok());
        let near = way.filter(|way| way.steps_left() <= MAX_COMPUTED);
        *last = near.and_then(|way| way.finish().ok());
    }
}
