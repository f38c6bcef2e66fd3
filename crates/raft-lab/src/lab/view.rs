//! The lab as the page sees it.

use std::rc::Rc;

use raft_check::CheckResult;

use super::{Lab, Past};
use crate::Members;
use crate::frame::{DurableState, Frame};
use crate::headline::headline;
use crate::mirror::Mirror;

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
            world: Rc::new(world.clone()),
            events: recent.events.clone(),
            fading: recent.fading(),
            time: self.time(),
            console: match &self.past {
                Some(_) => self.console.until(world.now()),
                None => self.console.lines().clone(),
            },
            invariants: self.invariants(),
            pacing: self.pacing(),
            goal: session.goal().map(ToString::to_string),
            durable: self.durable(),
            headline: headline(world, &members, session.checks().violation()),
            members,
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
