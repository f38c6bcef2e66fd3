//! Which of two branches a part of the page shows, while somebody compares them.

use std::ops::Range;
use std::rc::Rc;

use raft_lab::{ChangesView, Frame};
use yew::prelude::*;

use super::use_frame;

/// A side of a comparison. Without one, everything shows the live branch.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Side {
    #[default]
    Live,
    /// The branch beside the live one.
    Other,
    /// A recorded run, in a dialog over the page. The frame of its context has its view.
    Recorded,
}

/// Takes the indexes of the logs that a list shows, in place of the lab: a recorded run has logs of
/// its own. `None`: the last ones.
#[derive(Clone, PartialEq)]
pub(crate) struct LogWish(pub(crate) Callback<Option<Range<u64>>>);

impl Side {
    /// The frame with the view of this side.
    pub(crate) fn of(self, frame: &Frame) -> Frame {
        match (self, &frame.lab.comparison) {
            (Self::Other, Some(comparison)) => {
                Frame { view: comparison.view.clone(), ..frame.clone() }
            }
            (Self::Live | Self::Recorded, _) | (Self::Other, None) => frame.clone(),
        }
    }
}

/// What changed since an earlier moment: of the live branch only.
#[hook]
pub(crate) fn use_changes() -> Option<Rc<ChangesView>> {
    let (frame, side) = (use_frame(), use_side());
    frame.lab.changes.clone().filter(|_| side == Side::Live)
}

/// The side that this component shows.
#[hook]
pub(crate) fn use_side() -> Side {
    use_context().unwrap_or_default()
}
