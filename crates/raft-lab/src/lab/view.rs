//! The lab as the page sees it.

use std::rc::Rc;

use super::{Lab, Past};
use crate::frame::{DurableState, Frame, LabView};
use crate::mirror::Mirror;
use crate::rules_off::Rule;
use crate::view::View;
#[cfg(test)]
use crate::view::ViewMaker;

impl Lab {
    /// This moment. The same frame is returned until something changes; while a durable lab
    /// [is storing](Self::is_storing), it has the same moment.
    pub fn frame(&self) -> Frame {
        let last = self.frame.borrow().clone();
        if let Some(last) = last.as_ref().filter(|last| last.number == self.number) {
            return last.clone();
        }
        let held = last.and_then(|last| self.held_frame(&last));
        let frame = held.unwrap_or_else(|| self.make_frame());
        self.frame.replace(Some(frame.clone()));
        frame
    }

    fn make_frame(&self) -> Frame {
        let recent = self.past.as_ref().map_or(&self.recent, Past::recent);
        let mut views = self.views.borrow_mut();
        let view = views.make(self.shown_session(), recent, &self.window);
        let lab = Rc::new(self.lab_view(&view));
        Frame { number: self.number, view, lab }
    }

    /// The view of this moment, made by a maker that remembers nothing.
    #[cfg(test)]
    pub(crate) fn view_anew(&self) -> Rc<View> {
        let recent = self.past.as_ref().map_or(&self.recent, Past::recent);
        ViewMaker::default().make(self.shown_session(), recent, &self.window)
    }

    fn lab_view(&self, view: &View) -> LabView {
        LabView {
            time: self.time(),
            pacing: self.pacing(),
            durable: self.durable(),
            rules_off: self.rules_off(),
            statements: self.statements(),
            breakpoints: self.breakpoint_views(),
            key_moment: self.key_moment_shown(),
            comparison: self.comparison(view),
            changes: self.changes(view),
            explanation: self.explanation.clone(),
            lesson: self.lesson_view(),
            recording: self.recording_view(),
            other_run: self.other_run.clone(),
            diagram: self.diagram_view(),
            console: match &self.past {
                Some(_) => self.console.until(self.shown_session().world().now()),
                None => self.console.lines().clone(),
            },
        }
    }

    /// The rules that are off at the shown moment.
    fn rules_off(&self) -> Rc<[Rule]> {
        let switches = self.shown_session().world().rules_off();
        self.rules_off.borrow_mut().of(switches)
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
}
