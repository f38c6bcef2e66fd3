//! The lab as the page sees it.

use std::rc::Rc;

use raft_check::{CheckResult, Standing};

use super::Lab;
use crate::Members;
use crate::frame::{DurableState, Frame, InvariantLine, InvariantState};
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
        let world = self.session.world();
        let members = Members::of(world);
        Frame {
            number: self.number,
            world: Rc::new(world.clone()),
            events: self.recent.events.clone(),
            fading: self.recent.fading(),
            console: self.console.lines().clone(),
            invariants: self.invariants(),
            pacing: self.pacing(),
            goal: self.session.goal().map(ToString::to_string),
            durable: self.durable(),
            headline: headline(world, &members, self.session.checks().violation()),
            members,
        }
    }

    /// Where the disks are kept.
    pub fn durable(&self) -> DurableState {
        match &self.mirror {
            Some(mirror) => DurableState::Durable {
                unsaved: mirror.unsaved(),
                error: Mirror::failure(mirror).map(|words| words.to_string()),
            },
            None => DurableState::Scratch,
        }
    }

    /// The same lines as before, in the same memory, if none has changed.
    fn invariants(&self) -> Rc<[InvariantLine]> {
        let lines: Vec<InvariantLine> = self.session.checks().results().map(line).collect();
        let mut kept = self.invariants.borrow_mut();
        if **kept != lines[..] {
            *kept = lines.into();
        }
        kept.clone()
    }
}

fn line(result: &CheckResult) -> InvariantLine {
    let state = match result.standing() {
        Standing::Holds => InvariantState::Holding,
        Standing::Suspended(suspension) => {
            InvariantState::Suspended { words: suspension.to_string() }
        }
        Standing::Broken(violation) => InvariantState::Broken {
            event_number: violation.event,
            at: violation.at,
            description: violation.description.clone(),
        },
    };
    let property = result.property;
    InvariantLine {
        name: property.name,
        section: property.section,
        meaning: property.meaning,
        state,
    }
}
