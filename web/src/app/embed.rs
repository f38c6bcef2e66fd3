//! The lab in a page of somebody else: the views that its address asks for, and nothing else.
//!
//! Nothing is stored, no dialog opens, and nothing takes the focus. The page around it speaks with
//! it through `web/embed.js`. All of it is in a part of the program of its own (`embedding` in
//! `app.rs`).

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use raft_lab::{ConsoleKind, Lab, LinkedPage};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::frames::Frames;
use crate::hooks::{ThemeContext, use_system_theme, use_time_keys, use_window_event};
use crate::lab::{Finder, Labs, Part, Runner, links, opening};
use crate::panels::{
    Arrangement, Clock, Cluster, Console, Events, KeyValues, Later, Logs, Panel, Sentence, Tape,
    Time,
};
use crate::state::embed::{self, Embed, EmbedRun, EmbedView};
use crate::state::{Controls, MenuAt, Selected, Selection, Theme, speed, use_controls, use_frame};
use crate::ui::{Click, walk};
use crate::worker::beside_program;

/// The name of the event of the window after which the colours are others (`web/embed.js`).
const THEME_EVENT: &str = "helios-theme";

/// Opens what the address asks for, and draws it; an error in words.
pub(super) fn opened() -> Pin<Box<dyn Future<Output = Html>>> {
    Box::pin(async {
        let page = match embed::asked() {
            Ok(embed) => open(&embed).await.map(|runner| (runner, Rc::new(embed))),
            Err(words) => Err(words),
        };
        // Without it, the lab is there all the same.
        let _ = load_script();
        match page {
            Ok((runner, embed)) => html! { <EmbedPage {runner} {embed} /> },
            // web/embed.js reads the words.
            Err(words) => html! {
                <main class="opening"><p role="alert" id="not-embedded">{ words }</p></main>
            },
        }
    })
}

/// Loads the script that speaks with the page around this one.
fn load_script() -> Option<()> {
    let document = web_sys::window()?.document()?;
    let script = document.create_element("script").ok()?;
    script.set_attribute("type", "module").ok()?;
    script.set_attribute("src", &beside_program("embed.js").ok()?).ok()?;
    document.head()?.append_child(&script).ok()?;
    Some(())
}

/// The lab that an embed asks for. An error is in words.
async fn open(embed: &Embed) -> Result<Runner, String> {
    let lab = match &embed.run {
        EmbedRun::New => Lab::scratch(opening::first_setup()),
        EmbedRun::Moment(fragment) => {
            let linked = links::read(fragment).await;
            Lab::open_link(&linked.map_err(|words| format!("Not opened: {words}."))?.link)
        }
        EmbedRun::Script(encoded) => {
            let script = js_sys::decode_uri_component(encoded);
            Lab::play(&String::from(script.map_err(|_| "The script in the address is damaged.")?))
        }
    };
    let mut lab = lab.map_err(|error| error.to_string())?;
    lab.set_speed(speed::DEFAULT_SPEED);
    match &embed.run {
        EmbedRun::New | EmbedRun::Script(_) => lab.set_running(true),
        // It pauses at its moment.
        EmbedRun::Moment(_) => {}
    }
    Ok(Runner::start(lab))
}

#[derive(Properties, PartialEq)]
struct EmbedPageProps {
    runner: Runner,
    embed: Rc<Embed>,
}

/// Provides the contexts, and lays the views out.
#[component(EmbedPage)]
fn embed_page(props: &EmbedPageProps) -> Html {
    let selected = use_state_eq(|| None::<Selection>);
    let menu = use_state_eq(|| None::<MenuAt>);
    let changes = use_state_eq(|| 0_u32);
    let on_theme = {
        let (next, changes) = (*changes + 1, changes.setter());
        Callback::from(move |_: Event| changes.set(next))
    };
    use_window_event(THEME_EVENT, on_theme);
    let theme =
        ThemeContext { chosen: Theme::System, system_changes: use_system_theme() + *changes };
    let controls = use_memo(props.runner.clone(), |runner| {
        let (selected, menu) = (selected.setter(), menu.setter());
        Controls {
            runner: runner.clone(),
            labs: Labs {
                runner: runner.clone(),
                on_origin: Callback::noop(),
                on_file: Callback::noop(),
                on_failure: Callback::noop(),
                wanted: Rc::default(),
            },
            finder: Finder::new(),
            select: Callback::from(move |next| selected.set(next)),
            show_disk: Callback::noop(),
            present: Callback::noop(),
            open_dialog: Callback::noop(),
            open_menu: Callback::from(move |next| menu.set(next)),
        }
    });
    let controls = (*controls).clone();
    use_time_keys(controls.clone());
    let has = |view| props.embed.views.contains(&view);
    use_effect_with(has(EmbedView::Diagram), {
        let runner = props.runner.clone();
        move |has_diagram| runner.show_diagram(*has_diagram)
    });
    let on_click = use_callback(
        (controls.clone(), has(EmbedView::Console)),
        |event: MouseEvent, (controls, has_console)| match Click::of(&event) {
            Some(Click::Select(selection)) => controls.look_at(Some(selection)),
            // The console is where the answer is to be read.
            Some(Click::Ask(question)) if *has_console => controls.runner.exec(&question),
            Some(Click::Ask(_) | Click::ShowKey(_) | Click::TellRule(_) | Click::Define(_)) => {}
            None => {}
        },
    );
    let on_key = Callback::from(|event: KeyboardEvent| walk(&event));
    let embed = &props.embed;
    html! {
        <ContextProvider<Controls> context={controls}>
        <ContextProvider<ThemeContext> context={theme}>
        <ContextProvider<Selected> context={Selected(*selected)}>
        <Frames part={Part::Main}>
            <div class={classes!("page", "is-embed",
                    has(EmbedView::Console).then_some("has-console"))}
                onclick={on_click} onkeydown={on_key}>
                if embed.has_controls {
                    <div class="embed-time"><Time /><Clock /></div>
                }
                if has(EmbedView::Sentence) { <Sentence /> }
                <main class="embed-views">
                    { for embed.views.iter().map(|view| panel(*view)) }
                </main>
                <Frames part={Part::Foot}>
                    if embed.has_controls { <Tape /> }
                    if has(EmbedView::Console) { <Console /> }
                </Frames>
                <Foot />
            </div>
            if let Some(at) = *menu { <Later panel={Panel::ContextMenu(at)} /> }
        </Frames>
        </ContextProvider<Selected>>
        </ContextProvider<ThemeContext>>
        </ContextProvider<Controls>>
    }
}

/// A view that shares the room with the others; the sentence and the console have their own.
fn panel(view: EmbedView) -> Html {
    match view {
        EmbedView::Sentence | EmbedView::Console => html! {},
        EmbedView::Ring => html! { <Cluster key="ring" /> },
        EmbedView::Logs => html! { <Frames key="logs" part={Part::Logs}><Logs /></Frames> },
        EmbedView::Keys => html! {
            <Frames key="keys" part={Part::Details}>
                <KeyValues on_hidden={Callback::noop()} />
            </Frames>
        },
        EmbedView::Events => html! { <Frames key="events" part={Part::Lists}><Events /></Frames> },
        EmbedView::Diagram => html! { <EmbedDiagram key="diagram" /> },
    }
}

#[component(EmbedDiagram)]
fn embed_diagram() -> Html {
    let arrangement = use_state_eq(|| Rc::new(Arrangement::default()));
    let shows_filters = use_state_eq(|| false);
    let on_arrange = {
        let arrangement = arrangement.setter();
        Callback::from(move |next| arrangement.set(Rc::new(next)))
    };
    let on_filters = {
        let (is_open, shows_filters) = (!*shows_filters, shows_filters.setter());
        Callback::from(move |()| shows_filters.set(is_open))
    };
    html! {
        <div class="embed-diagram">
            <Later panel={Panel::Filters { is_open: *shows_filters }} />
            <Later panel={Panel::Diagram {
                arrangement: (*arrangement).clone(), on_arrange, on_filters,
            }} />
        </div>
    }
}

/// What went wrong, and the way to the whole page.
#[component(Foot)]
fn foot() -> Html {
    let (lab, runner) = (use_frame().lab, use_controls().runner);
    let on_open = use_callback(runner, |event: MouseEvent, runner| {
        event.prevent_default();
        let link = runner.link("From another page", &LinkedPage::default());
        spawn_local(async move {
            // A run that is too long for a link opens no moment.
            let address = links::address_of(&link).await.unwrap_or_else(|_| "?".to_owned());
            if let Some(window) = web_sys::window() {
                let _ =
                    window.open_with_url_and_target_and_features(&address, "_blank", "noopener");
            }
        });
    });
    let error = lab.console.last().filter(|line| line.kind == ConsoleKind::Error);
    html! {
        <footer class="embed-foot">
            <p role="status" data-testid="embed-error">
                { error.map(|line| line.words.to_string()).unwrap_or_default() }
            </p>
            <a href="?" target="_blank" rel="noopener" data-testid="open-in-helios"
                onclick={on_open}>{ "Open in Helios" }</a>
        </footer>
    }
}
