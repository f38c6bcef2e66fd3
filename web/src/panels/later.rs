//! Panels that the first screen does not need. They are in a part of the program of its own, which
//! loads a moment after the first screen is there, or before that if one of them is opened.
//!
//! What only they reach is in that part: the tool that divides the program follows the calls from
//! [`part`]. So nothing outside of this file names these panels.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use raft_lab::{LinkedPage, NodeId};
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::prelude::*;

use super::breakpoints::BreakpointList;
use super::comparison::Comparison;
use super::context_menu::ContextMenu;
use super::diagram::{Arrangement, Diagram, Filters};
use super::dialogs::{
    AddServer, Experiments, Explore, Find, Glossary, Help, Lessons, NewLab, OpenLink, Rule, Rules,
    Scenarios, Searching, Share, WipeLab, Word,
};
use super::disk::Disk;
use super::inspector::Inspector;
use super::lesson::LessonPanel;
use super::opened::{AttachedPanel, OpenedFilePanel};
use super::palette::Palette;
use super::presenter::Presenter;
use super::properties::PropertyList;
use super::record::Record;
use super::split::Split;
use super::statements::Statements;
use super::timing::Timing;
use super::why::Why;
use crate::lab::{Linked, OpenedFile, Origin};
use crate::picture::canvas::Scene;
use crate::state::{Dialog, MenuAt, Presentation};

/// A panel of the part, with its properties.
#[derive(Clone, PartialEq)]
pub(crate) enum Panel {
    /// A real cluster.
    Attached {
        on_close: Callback<()>,
    },
    Breakpoints,
    Comparison,
    ContextMenu(MenuAt),
    Diagram {
        arrangement: Rc<Arrangement>,
        on_arrange: Callback<Arrangement>,
        on_filters: Callback<()>,
    },
    Dialog {
        name: Dialog,
        origin: Origin,
        /// What is open in the page.
        page: LinkedPage,
        on_close: Callback<()>,
    },
    Disk {
        node: NodeId,
        on_node: Callback<Option<NodeId>>,
    },
    /// A file that is no script.
    File {
        file: Rc<OpenedFile>,
        on_close: Callback<()>,
    },
    Filters {
        is_open: bool,
    },
    Inspector,
    Lesson(Origin),
    OpenLink {
        linked: Rc<Linked>,
        on_open: Callback<()>,
        on_close: Callback<()>,
    },
    Presenter {
        presentation: Option<Presentation>,
        origin: Origin,
        page: LinkedPage,
        on_page: Callback<LinkedPage>,
    },
    Properties,
    Record,
    Rule,
    Searching,
    Split(Scene),
    Statements,
    Timing,
    Why {
        is_open: bool,
        on_answer: Callback<()>,
    },
    Word,
}

/// Draws a panel.
type Draw = fn(&Panel) -> Html;

/// The part that has loaded, or the last reason why it has not, in words.
type Loaded = Result<Draw, AttrValue>;

/// Has a panel drawn again.
type Redraw = UseStateSetter<Option<Loaded>>;

/// The first screen has been there for so long when the part is loaded unasked.
const PAUSE: Duration = Duration::from_secs(1);

thread_local! {
    static PART: Cell<Option<Draw>> = const { Cell::new(None) };
    /// Those who wait for the part.
    static WAITING: RefCell<Vec<Redraw>> = const { RefCell::new(Vec::new()) };
}

#[wasm_split(panels, fallible)]
fn part() -> Result<Draw, SplitLoaderError> {
    Ok(draw)
}

/// Loads the part when the first screen has been there for a moment.
pub(crate) fn load_soon() {
    spawn_local(async {
        sleep(PAUSE).await;
        load().await;
    });
}

/// Loads the part, and tells those who wait. A load that failed is tried again by the next call.
async fn load() {
    let loaded = part().await.map_err(|_| "This part of the page cannot be loaded. ".into());
    PART.set(loaded.as_ref().ok().copied());
    WAITING
        .with_borrow(|waiting| waiting.iter().for_each(|setter| setter.set(Some(loaded.clone()))));
    if loaded.is_ok() {
        WAITING.take();
    }
}

fn draw(panel: &Panel) -> Html {
    match panel.clone() {
        Panel::Attached { on_close } => html! { <AttachedPanel {on_close} /> },
        Panel::Breakpoints => html! { <BreakpointList /> },
        Panel::Comparison => html! { <Comparison /> },
        Panel::ContextMenu(at) => html! { <ContextMenu {at} /> },
        Panel::Diagram { arrangement, on_arrange, on_filters } => {
            html! { <Diagram {arrangement} {on_arrange} {on_filters} /> }
        }
        Panel::Dialog { name, origin, page, on_close } => dialog(name, origin, page, on_close),
        Panel::Disk { node, on_node } => html! { <Disk {node} {on_node} /> },
        Panel::File { file, on_close } => html! { <OpenedFilePanel {file} {on_close} /> },
        Panel::Filters { is_open } => html! { <Filters {is_open} /> },
        Panel::Inspector => html! { <Inspector /> },
        Panel::Lesson(origin) => html! { <LessonPanel {origin} /> },
        Panel::OpenLink { linked, on_open, on_close } => {
            html! { <OpenLink {linked} {on_open} {on_close} /> }
        }
        Panel::Presenter { presentation, origin, page, on_page } => {
            html! { <Presenter {presentation} {origin} {page} {on_page} /> }
        }
        Panel::Properties => html! { <PropertyList /> },
        Panel::Record => html! { <Record /> },
        Panel::Rule => html! { <Rule /> },
        Panel::Searching => html! { <Searching /> },
        Panel::Split(scene) => html! { <Split {scene} /> },
        Panel::Statements => html! { <Statements /> },
        Panel::Timing => html! { <Timing /> },
        Panel::Why { is_open, on_answer } => html! { <Why {is_open} {on_answer} /> },
        Panel::Word => html! { <Word /> },
    }
}

fn dialog(name: Dialog, origin: Origin, page: LinkedPage, on_close: Callback<()>) -> Html {
    match name {
        Dialog::Help => html! { <Help {on_close} /> },
        Dialog::Find => html! { <Find {on_close} /> },
        Dialog::Experiments => html! { <Experiments {on_close} /> },
        Dialog::Explore => html! { <Explore {on_close} /> },
        Dialog::Glossary => html! { <Glossary {on_close} /> },
        Dialog::Lessons => html! { <Lessons {on_close} /> },
        Dialog::Palette => html! { <Palette {on_close} /> },
        Dialog::Rules => html! { <Rules {on_close} /> },
        Dialog::Share => html! { <Share {origin} {page} {on_close} /> },
        Dialog::Scenarios => html! { <Scenarios {on_close} /> },
        Dialog::NewLab => html! { <NewLab {on_close} /> },
        Dialog::AddServer => html! { <AddServer {on_close} /> },
        Dialog::WipeLab => html! { <WipeLab {on_close} /> },
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct LaterProps {
    pub(crate) panel: Panel,
    /// Whether it can wait until the part is loaded unasked.
    #[prop_or_default]
    pub(crate) waits: bool,
}

/// A panel of the part.
#[component(Later)]
pub(crate) fn later(props: &LaterProps) -> Html {
    let loaded = use_state(|| PART.get().map(Ok::<_, AttrValue>));
    use_effect_with(props.waits, {
        let (is_loaded, setter) = (matches!(*loaded, Some(Ok(_))), loaded.setter());
        move |waits| {
            if !is_loaded {
                WAITING.with_borrow_mut(|waiting| waiting.push(setter));
            }
            if !is_loaded && !waits {
                spawn_local(load());
            }
        }
    });
    match &*loaded {
        Some(Ok(draw)) => draw(&props.panel),
        Some(Err(words)) if !props.waits => html! {
            <p class="later" role="alert">
                { words }
                <button type="button" class="button" onclick={|_: MouseEvent| spawn_local(load())}>
                    { "Try again" }
                </button>
            </p>
        },
        None if !props.waits => html! { <p class="later" role="status">{ "Loading…" }</p> },
        Some(Err(_)) | None => html! {},
    }
}
