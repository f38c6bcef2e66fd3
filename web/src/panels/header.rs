//! The head of the page: where the lab is stored, and actions on the whole lab.

use yew::prelude::*;

use super::open_script::OpenScript;
use crate::hooks::{ThemeContext, copy_text};
use crate::state::{Dialog, Theme, use_controls, use_frame};
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
    html! {
        <header class="top">
            <h1 class="brand"><span class="sun" aria-hidden="true"></span>{ "Helios" }</h1>
            <Place />
            <div class="top-actions">
                { tool("search", IconName::Search, "Search", open(Dialog::Palette)) }
                { tool("lessons", IconName::Lessons, "Lessons", open(Dialog::Lessons)) }
                <span class="tool-rare">
                    { tool("share", IconName::Share, "Share", open(Dialog::Share)) }
                </span>
                <span class="tool-wide tool-rare">
                    { tool("experiments", IconName::Chart, "Experiments",
                        open(Dialog::Experiments)) }
                </span>
                { tool("find", IconName::Find, "Find", open(Dialog::Find)) }
                <span class="tool-rare">
                    { tool("scenarios", IconName::Scenarios, "Scenarios",
                        open(Dialog::Scenarios)) }
                    <OpenScript />
                    { tool("new-lab", IconName::New, "New lab", open(Dialog::NewLab)) }
                    { tool("wipe-lab", IconName::Wipe, "Wipe", open(Dialog::WipeLab)) }
                    <CopyScript />
                </span>
                <button type="button" class="icon-button" id="theme" data-testid="theme"
                    onclick={on_theme}
                    aria-label={format!("Theme: {}", theme.name())}
                    title={format!("Theme: {}", theme.name())}>
                    <Icon name={IconName::Theme} />
                </button>
                <button type="button" class="icon-button" data-testid="help" aria-label="Help"
                    title="Keys and commands (?)" onclick={open(Dialog::Help)}>
                    <Icon name={IconName::Help} />
                </button>
            </div>
        </header>
    }
}

pub(super) fn tool(
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
    tool("copy-script", IconName::Copy, "Copy script", on_copy)
}
