//! The head of the page: where the lab is stored, the clock, and the tools. Those that are needed
//! less often are in a list that opens.

use yew::prelude::*;

use super::Clock;
use super::open_script::OpenScript;
use crate::hooks::{Action, ThemeContext, copy_text, focus_now, press};
use crate::state::{Dialog, Presentation, Theme, use_controls, use_frame};
use crate::ui::{Icon, IconName};
use raft_lab::DurableState;

#[derive(Properties, PartialEq)]
pub(crate) struct HeaderProps {
    pub(crate) on_theme: Callback<Theme>,
}

#[component(Header)]
pub(crate) fn header(props: &HeaderProps) -> Html {
    let controls = use_controls();
    let theme = use_context::<ThemeContext>().expect("the application provides the theme").chosen;
    let open = |dialog| controls.open_dialog.reform(move |_: MouseEvent| Some(dialog));
    let on_theme = props.on_theme.reform(move |_: MouseEvent| theme.next());
    let on_present = controls.present.reform(|_: MouseEvent| Some(Presentation::Given));
    let on_console = Callback::from(|_: MouseEvent| {
        press("console-toggle");
    });
    let (key, search) = (Action::Search.key_in_words(), open(Dialog::Palette));
    html! {
        <header class="top">
            <h1 class="brand"><span class="sun" aria-hidden="true"></span>{ "Helios" }</h1>
            <Place />
            <Clock />
            <div class="top-actions">
                <button type="button" class="button search" id="search" data-testid="search"
                    onclick={search}>
                    <Icon name={IconName::Search} />
                    <span class="tool-label">{ "Search or command" }</span>
                    <kbd class="tool-label" aria-hidden="true">{ key }</kbd>
                </button>
                { tool("lessons", IconName::Lessons, "Lessons", open(Dialog::Lessons)) }
                { tool("share", IconName::Share, "Share", open(Dialog::Share)) }
                <button type="button" class="icon-button more" id="more" data-testid="more"
                    popovertarget="tools" aria-label="More" title="More">
                    <Icon name={IconName::More} />
                </button>
                <div class="tools" id="tools" popover="auto" aria-label="More">
                    { listed("find", IconName::Find, "Find a run", open(Dialog::Find)) }
                    { listed("explore", IconName::Explore, "Explore from here",
                        open(Dialog::Explore)) }
                    { listed("scenarios", IconName::Scenarios, "Scenarios",
                        open(Dialog::Scenarios)) }
                    { listed("experiments", IconName::Chart, "Experiments",
                        open(Dialog::Experiments)) }
                    { listed("break-rule", IconName::Rules, "Break a rule", open(Dialog::Rules)) }
                    <hr />
                    <OpenScript />
                    <CopyScript />
                    { listed("present", IconName::Present, "Present", on_present) }
                    <hr />
                    { listed("new-lab", IconName::New, "New lab", open(Dialog::NewLab)) }
                    { listed("add-a-server", IconName::New, "Add a server",
                        open(Dialog::AddServer)) }
                    { listed("wipe-lab", IconName::Wipe, "Wipe", open(Dialog::WipeLab)) }
                    <hr />
                    { listed("open-console", IconName::Console, "Console", on_console) }
                    <button type="button" class="button listed-tool" id="theme" data-testid="theme"
                        onclick={on_theme}>
                        <Icon name={IconName::Theme} />
                        { format!("Theme: {}", theme.name()) }
                    </button>
                    { listed("help", IconName::Help, "Keys and help", open(Dialog::Help)) }
                </div>
            </div>
        </header>
    }
}

fn tool(
    testid: &'static str,
    icon: IconName,
    label: &'static str,
    onclick: Callback<MouseEvent>,
) -> Html {
    html! {
        <button type="button" class="button tool" id={testid} data-testid={testid}
            aria-label={label} title={label} {onclick}>
            <Icon name={icon} /><span class="tool-label">{ label }</span>
        </button>
    }
}

/// A button of the list that opens. It closes the list.
pub(super) fn listed(
    testid: &'static str,
    icon: IconName,
    label: &'static str,
    onclick: Callback<MouseEvent>,
) -> Html {
    // A dialog that it opens gives the focus back to what stays.
    let onclick = onclick.reform(|event: MouseEvent| {
        focus_now("more");
        event
    });
    html! {
        <button type="button" class="button listed-tool" id={testid} data-testid={testid}
            popovertarget="tools" popovertargetaction="hide" {onclick}>
            <Icon name={icon} />{ label }
        </button>
    }
}

/// Where the lab is stored, in a few words.
#[component(Place)]
fn place() -> Html {
    let frame = use_frame();
    let words = match &frame.lab.durable {
        DurableState::Scratch => "in memory only",
        DurableState::Durable { error: Some(_), .. } => "no longer stored",
        // The number of unsaved writes changes too fast to be read.
        DurableState::Durable { error: None, .. } => "stored in this browser",
    };
    html! { <p class="place" data-testid="place">{ words }</p> }
}

/// Copies the script that leads to this moment.
#[component(CopyScript)]
fn copy_script() -> Html {
    let runner = use_controls().runner;
    let on_copy = use_callback(runner, |_: MouseEvent, runner| {
        let (script, runner) = (runner.export(), runner.clone());
        let done = "The script of this session has been copied.";
        copy_text(&script, done, move |words| runner.say(words));
    });
    listed("copy-script", IconName::Copy, "Copy script", on_copy)
}
