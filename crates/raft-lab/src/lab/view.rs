//! The lab as the page sees it.

use std::rc::Rc;

use raft_check::CheckResult;

use super::{Lab, Past};
use crate::Members;
use crate::frame::{DurableState, Frame, LabView};
use crate::mirror::Mirror;
#[cfg(test)]
use crate::view::{View, ViewMaker};

impl Lab {
    /// This moment. The same frame is returned until something changes.
    pub fn frame(&self) -> Frame {
        let kept = self.frame.borrow().clone();
        kept.unwrap_or_else(|| {
            let frame = self.make_frame();
            self.frame.replace(Some(frame.clone()));
            frame
        })
    }

    fn make_frame(&self) -> Frame {
        let session = self.shown_session();
        let recent = self.past.as_ref().map_or(&self.recent, Past::recent);
        let world = session.world();
        let members = Members::of(world);
        Frame {
            number: self.number,
            view: self.views.borrow_mut().make(session, recent, &self.window),
            lab: Rc::new(self.lab_view()),
            world: Rc::new(world.clone()),
            events: recent.events.iter().map(|kept| Rc::new(kept.event.clone())).collect(),
            fading: recent.fading(),
            invariants: self.invariants(),
            members,
        }
    }

    /// The view of this moment, made by a maker that remembers nothing.
    #[cfg(test)]
    pub(crate) fn view_anew(&self) -> Rc<View> {
        let recent = self.past.as_ref().map_or(&self.recent, Past::recent);
        ViewMaker::default().make(self.shown_session(), recent, &self.window)
    }

    fn lab_view(&self) -> LabView {
        LabView {
            time: self.time(),
            pacing: self.pacing(),
            durable: self.durable(),
            rules_off: self.rules_off.clone(),
            console: match &self.past {
                Some(_) => self.console.until(self.shown_session().world().now()),
                None => self.console.lines().clone(),
            },
        }
    }

    /// Where the disks are kept.
    pub fn durable(&self) -> DurableState {
        match self.live_mirror() {
            Some(mirror) => DurableState::Durable {
                unsaved: mirror.unsaved(),
                error: Mirror::failure(mirror).map(|words| words.to_string()),
            },
            None => DurableState::Scratch,
        }
    }

    /// The same lines as before, in the same memory, if none has changed.
    fn invariants(&self) -> Rc<[CheckResult]> {
        let results = self.shown_session().checks().results();
        let results: Vec<CheckResult> = results.cloned().collect();
        let mut kept = self.invariants.borrow_mut();
        if **kept != results[..] {
            *kept = results.into();
        }
        kept.clone()
    }
}
