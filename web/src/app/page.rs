//! The page: contexts, layout, and the dialogs over it.

use std::rc::Rc;

use raft_lab::NodeId;
use yew::prelude::*;

use super::frames::Frames;
use super::layout::{LOGS, Layout};
use super::linked;
use crate::hooks::{ThemeContext, focus_soon, use_shortcuts, use_system_theme, use_window_event};
use crate::lab::{Finder, Labs, Linked, OpenedFile, Origin, Part, Runner, kept_run, links};
use crate::panels::{Later, Panel, load_soon};
use crate::state::{Controls, Dialog, MenuAt, Presentation, Selected, Selection, theme};

#[derive(Properties, PartialEq)]
pub(crate) struct PageProps {
    pub(crate) runner: Runner,
    /// The origin of the first lab.
    pub(crate) origin: Origin,
}

/// Provides the contexts, and renders the dialogs over the page.
#[component(Page)]
pub(crate) fn page(props: &PageProps) -> Html {
    let origin = use_state_eq(|| props.origin.clone());
    let selected = use_state_eq(|| None::<Selection>);
    let disk = use_state_eq(|| None::<NodeId>);
    let tab = use_state_eq(|| LOGS);
    let failure = use_state_eq(|| None::<String>);
    let dialog = use_state_eq(|| None::<Dialog>);
    let file = use_state_eq(|| None::<Rc<OpenedFile>>);
    let menu = use_state_eq(|| None::<MenuAt>);
    let presentation = use_state_eq(|| links::is_of_audience().then_some(Presentation::Followed));
    let chosen = use_state_eq(theme::stored);
    let theme = ThemeContext { chosen: *chosen, system_changes: use_system_theme() };
    let on_theme = {
        let chosen = chosen.setter();
        Callback::from(move |next| {
            theme::apply(next);
            chosen.set(next);
        })
    };
    let controls = use_memo(props.runner.clone(), |runner| {
        let (origin, selected, failed) = (origin.setter(), selected.setter(), failure.setter());
        let (dialog, menu, cleared) = (dialog.setter(), menu.setter(), selected.clone());
        let (disk, presented) = (disk.setter(), presentation.setter());
        let (opened, left) = (file.setter(), file.setter());
        Controls {
            runner: runner.clone(),
            labs: Labs {
                runner: runner.clone(),
                on_origin: Callback::from(move |next| {
                    // The selection belongs to the lab before, and so does what was over it.
                    cleared.set(None);
                    left.set(None);
                    kept_run::begin(&next);
                    // Space runs it or pauses it, and does not press again what began it. A lesson
                    // is read first.
                    let place = match next {
                        Origin::Lesson(_) => "lesson",
                        Origin::Durable { .. }
                        | Origin::Scratch { .. }
                        | Origin::Scenario(_)
                        | Origin::Script(_) => "run-toggle",
                    };
                    origin.set(next);
                    focus_soon(place);
                }),
                on_file: Callback::from(move |file| opened.set(Some(file))),
                on_failure: Callback::from(move |words| failed.set(words)),
                wanted: Rc::default(),
            },
            finder: Finder::new(),
            select: Callback::from(move |next| selected.set(next)),
            show_disk: Callback::from(move |next| disk.set(next)),
            open_dialog: Callback::from(move |next| dialog.set(next)),
            open_menu: Callback::from(move |next| menu.set(next)),
            present: Callback::from(move |next| presented.set(next)),
        }
    });
    let controls = (*controls).clone();
    use_shortcuts(controls.clone());
    use_effect_with((), |()| load_soon());
    let on_hide = use_callback(props.runner.clone(), |_: Event, runner| runner.keep());
    use_window_event("pagehide", on_hide);
    let on_close = controls.open_dialog.reform(|()| None);
    let on_tab = {
        let tab = tab.setter();
        Callback::from(move |next| tab.set(next))
    };
    let on_file_closed = use_callback(file.setter(), |(), file| file.set(None));
    let (is_attached, on_left) = linked::use_attached();
    let (linked, on_link_closed) = linked::use_linked(controls.labs.clone());
    let on_page = use_callback((controls.clone(), on_tab.clone()), |page, (controls, on_tab)| {
        linked::show(page, controls.clone(), on_tab.clone());
    });
    let on_link_opened = on_open(&controls, &linked, (&on_tab, &on_link_closed));
    html! {
        <ContextProvider<Controls> context={controls.clone()}>
        <ContextProvider<ThemeContext> context={theme}>
        <ContextProvider<Selected> context={Selected(*selected)}>
        <Frames part={Part::Main}>
            <Layout origin={(*origin).clone()} failure={(*failure).clone()} {on_theme}
                selected={*selected} disk={*disk} tab={*tab} {on_tab}
                is_presented={presentation.is_some()} />
            <div class="over">
                // The question of a link comes before other dialogs.
                if let (Some(name), None) = (*dialog, &linked) {
                    <Later panel={Panel::Dialog {
                        name,
                        origin: (*origin).clone(),
                        page: linked::shown(&controls.runner, *tab, *disk, *selected),
                        on_close,
                    }} />
                }
                if let Some(file) = (*file).clone() {
                    <Later panel={Panel::File { file, on_close: on_file_closed }} />
                }
                if is_attached {
                    <Later panel={Panel::Attached { on_close: on_left }} />
                }
                if let Some(linked) = linked {
                    <Later panel={Panel::OpenLink {
                        linked, on_open: on_link_opened, on_close: on_link_closed,
                    }} />
                }
                <Later waits={presentation.is_none()} panel={Panel::Presenter {
                    presentation: *presentation,
                    origin: (*origin).clone(),
                    page: linked::shown(&controls.runner, *tab, *disk, *selected),
                    on_page,
                }} />
                // Who follows a presenter does nothing to the presenter's run.
                if let (Some(at), true) = (*menu, *presentation != Some(Presentation::Followed)) {
                    <Later panel={Panel::ContextMenu(at)} />
                }
            </div>
        </Frames>
        </ContextProvider<Selected>>
        </ContextProvider<ThemeContext>>
        </ContextProvider<Controls>>
    }
}

/// Opens the link that was read.
fn on_open(
    controls: &Controls,
    linked: &Option<Rc<Linked>>,
    (on_tab, on_closed): (&Callback<&'static str>, &Callback<()>),
) -> Callback<()> {
    let (controls, linked) = (controls.clone(), linked.clone());
    let (on_tab, on_closed) = (on_tab.clone(), on_closed.clone());
    Callback::from(move |()| {
        on_closed.emit(());
        controls.open_dialog.emit(None);
        controls.open_menu.emit(None);
        if let Some(linked) = &linked {
            controls.labs.open_link(&linked.link);
            linked::show(linked.link.page.clone(), controls.clone(), on_tab.clone());
        }
    })
}
