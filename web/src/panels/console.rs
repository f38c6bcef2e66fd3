//! The console: statements, their results, and the answers of clients.

mod prompt;

use raft_lab::{ConsoleKind, ConsoleLine};
use web_sys::HtmlElement;
use yew::prelude::*;

use self::prompt::Prompt;
use crate::state::{use_controls, use_frame};
use crate::ui::Panel;
use crate::words::milliseconds;

#[component(Console)]
pub(crate) fn console() -> Html {
    let frame = use_frame();
    let end = use_node_ref();
    let last = frame.console.last().map_or(0, |line| line.number);
    use_effect_with((end.clone(), last), |(end, _)| {
        if let Some(lines) = end.cast::<HtmlElement>() {
            lines.set_scroll_top(lines.scroll_height());
        }
    });
    html! {
        <Panel name="console" title="Console" aside={html! { <Waiting /> }}>
            <div ref={end} class="console-lines" role="log" aria-label="Console" tabindex="0">
                if frame.console.is_empty() {
                    <p class="empty">
                        { "Type a command below, or click a node or a link. Clicks appear here as \
                           commands. " }<kbd>{ "Tab" }</kbd>{ " completes." }
                    </p>
                }
                { for frame.console.iter().map(|line| html! {
                    <Line key={line.number} line={line.clone()} />
                }) }
            </div>
            <Prompt />
        </Panel>
    }
}

/// The goal of the statement that is being waited for, and a button that cancels it.
#[component(Waiting)]
fn waiting() -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let on_cancel = use_callback(runner, |_: MouseEvent, runner| runner.cancel());
    html! {
        <span class="goal" aria-live="polite">
            if let Some(goal) = &frame.goal {
                <span class="goal-words">{ goal }</span>
                <button type="button" class="button is-quiet" onclick={on_cancel}>
                    { "Cancel" }
                </button>
            }
        </span>
    }
}

#[derive(Properties, PartialEq)]
struct LineProps {
    line: ConsoleLine,
}

#[component(Line)]
fn line(props: &LineProps) -> Html {
    let ConsoleLine { kind, text, at, .. } = &props.line;
    let (class, mark) = match kind {
        ConsoleKind::Command => ("is-command", "›"),
        ConsoleKind::Reply => ("is-reply", ""),
        ConsoleKind::Answer => ("is-answer", "↩"),
        ConsoleKind::Error => ("is-error", "!"),
        ConsoleKind::Info => ("is-info", "·"),
    };
    html! {
        <div class={classes!("console-line", class)} data-testid="console-line">
            <span class="console-mark" aria-hidden="true">{ mark }</span>
            <span class="console-text">{ text }</span>
            <time class="console-time">{ milliseconds(*at) }</time>
        </div>
    }
}
