//! The contexts of the page. [`Controls`] never changes, so no component renders again because of
//! it.

use raft_lab::{Frame, NodeId};
use yew::prelude::*;

use crate::lab::{Finder, Labs, Runner};
use crate::state::Selection;

/// The page's controls, handed down as a context.
#[derive(Clone, PartialEq)]
pub(crate) struct Controls {
    pub(crate) runner: Runner,
    pub(crate) labs: Labs,
    pub(crate) finder: Finder,
    /// Selects a thing, or nothing.
    pub(crate) select: Callback<Option<Selection>>,
    /// Shows the disk of a node, or none.
    pub(crate) show_disk: Callback<Option<NodeId>>,
    /// Opens a dialog, or closes the open one.
    pub(crate) open_dialog: Callback<Option<Dialog>>,
    /// Opens the menu of a thing at a place of the window, or closes the open menu.
    pub(crate) open_menu: Callback<Option<MenuAt>>,
    /// Presents the run, or follows a presenter; or neither.
    pub(crate) present: Callback<Option<Presentation>>,
}

impl Controls {
    /// Selects a thing. A message under way also pauses the lab, or it would arrive before it is
    /// read.
    pub(crate) fn look_at(&self, selection: Option<Selection>) {
        if let Some(Selection::Message(id)) = selection {
            let view = self.runner.frame().view;
            if view.messages.iter().any(|message| message.id == id) {
                self.runner.set_running(false);
            }
        }
        self.open_menu.emit(None);
        self.select.emit(selection);
    }
}

/// The dialogs of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialog {
    Help,
    Find,
    Experiments,
    Explore,
    Glossary,
    Lessons,
    Palette,
    Rules,
    Scenarios,
    Share,
    NewLab,
    AddServer,
    WipeLab,
}

/// What a tab does in a presentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Presentation {
    /// It presents.
    Given,
    /// It follows a presenter in another tab.
    Followed,
}

/// A context menu: its thing, or the cluster, and its place in the window in CSS pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct MenuAt {
    pub(crate) selection: Option<Selection>,
    pub(crate) x: i32,
    pub(crate) y: i32,
}

/// The selection, as a context of its own: the frame does not depend on it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Selected(pub(crate) Option<Selection>);

/// The controls of the page around this component.
#[hook]
pub(crate) fn use_controls() -> Controls {
    use_context().expect("the application provides its controls")
}

/// The frame to show. A component that uses it renders again with every new frame.
#[hook]
pub(crate) fn use_frame() -> Frame {
    use_context().expect("the application provides the frame")
}

/// The selection.
#[hook]
pub(crate) fn use_selected() -> Option<Selection> {
    use_context::<Selected>().expect("the application provides the selection").0
}
