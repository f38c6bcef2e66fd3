//! What every panel may do. It never changes, so nothing renders again because of it.

use raft_lab::Frame;
use yew::prelude::*;

use crate::lab::{Labs, Runner};
use crate::state::Selection;

/// The page's controls, handed down as a context.
#[derive(Clone, PartialEq)]
pub(crate) struct Controls {
    pub(crate) runner: Runner,
    pub(crate) labs: Labs,
    /// Looks at something, or at nothing.
    pub(crate) select: Callback<Option<Selection>>,
    /// Opens a dialog, or closes the one that is open.
    pub(crate) open_dialog: Callback<Option<Dialog>>,
    /// Opens the menu of something at a place of the window.
    pub(crate) open_menu: Callback<Option<MenuAt>>,
}

/// The dialogs of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialog {
    Help,
    Scenarios,
    NewLab,
    AddServer,
    WipeLab,
}

/// A context menu: whose, and where.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct MenuAt {
    pub(crate) selection: Selection,
    pub(crate) x: i32,
    pub(crate) y: i32,
}

/// What is selected, as a context of its own: the frame does not depend on it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Selected(pub(crate) Option<Selection>);

/// The controls of the page that this component stands in.
#[hook]
pub(crate) fn use_controls() -> Controls {
    use_context().expect("the application provides its controls")
}

/// The frame to show. A component that uses it renders again whenever something happened.
#[hook]
pub(crate) fn use_frame() -> Frame {
    use_context().expect("the application provides the frame")
}

/// What is selected.
#[hook]
pub(crate) fn use_selected() -> Option<Selection> {
    use_context::<Selected>().expect("the application provides the selection").0
}
