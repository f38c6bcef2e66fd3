//! Which of two branches a part of the page shows, while somebody compares them.

use raft_lab::Frame;
use yew::prelude::*;

/// A side of a comparison. Without one, everything shows the live branch.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Side {
    #[default]
    Live,
    /// The branch beside the live one.
    Other,
}

impl Side {
    /// The frame with the view of this side.
    pub(crate) fn of(self, frame: &Frame) -> Frame {
        match (self, &frame.lab.comparison) {
            (Self::Other, Some(comparison)) => {
                Frame { view: comparison.view.clone(), ..frame.clone() }
            }
            (Self::Live, _) | (Self::Other, None) => frame.clone(),
        }
    }
}

/// The side that this component shows.
#[hook]
pub(crate) fn use_side() -> Side {
    use_context().unwrap_or_default()
}
