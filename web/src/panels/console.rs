//! The console: statements, their results, and the answers of clients. It is one line that opens.

mod prompt;

use raft_lab::{ConsoleKind, ConsoleLine};
use web_sys::HtmlElement;
use yew::prelude::*;

use self::prompt::Prompt;
pub(super) use self::prompt::with_completion;
use crate::state::{use_controls, use_frame};
use crate::ui::said;
use crate::words::milliseconds;

/// The lines that a closed console has, the last ones: a screen reader may read them.
const CLOSED_LINES: usize = 10;

#[component(Console)]
pub(crate) fn console() -> Html {
    let frame = use_frame();
    let end = use_node_ref();
    let is_open = use_state_eq(|| false);
    let last = frame.lab.console.last().cloned();
    let number = last.as_ref().map_or(0, |line| line.number);
    use_effect_with((end.clone(), number, *is_open), |(end, _, is_open)| {
        // The height is asked for only if it can be seen: the browser must lay out the page first.
        if let (Some(lines), true) = (end.cast::<HtmlElement>(), *is_open) {
            lines.set_scroll_top(lines.scroll_height());
        }
    });
    let on_toggle = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(!*is_open))
    };
    let lines = &frame.lab.console;
    let hidden = if *is_open { 0 } else { lines.len().saturating_sub(CLOSED_LINES) };
    html! {
        <section class={classes!("console", is_open.then_some("is-open"))} aria-label="Console">
            <div ref={end} class="console-lines" role="log" aria-label="Console" tabindex="0">
                if lines.is_empty() {
                    <p class="empty">
                        { "Type a command below, or click a node or a link. Clicks appear here as \
                           commands. " }<kbd>{ "Tab" }</kbd>{ " completes." }
                    </p>
                }
                { for lines.iter().skip(hidden).map(|line| html! {
                    <Line key={line.number} line={line.clone()} />
                }) }
            </div>
            <div class="console-bar">
                <Prompt />
                <Waiting />
                if let (Some(line), false) = (last, *is_open) {
                    <Last {line} />
                }
                <button type="button" class="button is-quiet console-toggle"
                    id="console-toggle" data-testid="console-toggle" title="`"
                    onclick={on_toggle}
                    aria-expanded={is_open.to_string()}>
                    { if *is_open { "Close" } else { "Console" } }
                </button>
            </div>
        </section>
    }
}

/// The last line, while the console is closed. An error is there as a whole: it shows its place in
/// the command.
#[component(Last)]
fn last(props: &LineProps) -> Html {
    let ConsoleLine { kind, words, .. } = &props.line;
    let text = words.to_string();
    let shown = match kind {
        ConsoleKind::Error => text.as_str(),
        ConsoleKind::Command | ConsoleKind::Reply | ConsoleKind::Answer | ConsoleKind::Info => {
            text.lines().next().unwrap_or_default()
        }
    };
    html! {
        <p class={classes!("console-last", looks(*kind).0,
            shown.contains('\n').then_some("is-long"))} data-testid="console-last"
            role="status">{ shown.to_owned() }</p>
    }
}

/// The class of a line, and its mark.
fn looks(kind: ConsoleKind) -> (&'static str, &'static str) {
    match kind {
        ConsoleKind::Command => ("is-command", "›"),
        ConsoleKind::Reply => ("is-reply", ""),
        ConsoleKind::Answer => ("is-answer", "↩"),
        ConsoleKind::Error => ("is-error", "!"),
        ConsoleKind::Info => ("is-info", "·"),
    }
}

/// The goal of the statement that is being waited for, and a button that cancels it.
#[component(Waiting)]
fn waiting() -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let on_cancel = use_callback(runner, |_: MouseEvent, runner| runner.cancel());
    html! {
        <span class="goal" aria-live="polite">
            if let Some(goal) = &frame.view.goal {
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
    let ConsoleLine { kind, words, at, .. } = &props.line;
    let (class, mark) = looks(*kind);
    html! {
        <div class={classes!("console-line", class)} data-testid="console-line">
            <span class="console-mark" aria-hidden="true">{ mark }</span>
            <span class="console-text">{ said(words, false) }</span>
            <time class="console-time">{ milliseconds(*at) }</time>
        </div>
    }
}
