//! Notices about the lab: it was recovered, it is in memory only, its storage failed, a rule is
//! off, a link led to another run.

use std::rc::Rc;

use raft_lab::{DurableState, RecoveryReport, Rule};
use yew::prelude::*;

use super::{Later, Panel};
use crate::lab::{OpenedScript, Origin, Scenario};
use crate::state::{use_controls, use_frame};
use crate::ui::{Icon, IconName};

#[derive(Properties, PartialEq)]
pub(crate) struct NoticesProps {
    pub(crate) origin: Origin,
    /// Why the last thing that somebody wanted to open is not there, in words.
    pub(crate) failure: Option<String>,
}

#[derive(Properties, PartialEq)]
struct OriginProps {
    origin: Origin,
}

#[component(Notices)]
pub(crate) fn notices(props: &NoticesProps) -> Html {
    let (frame, labs) = (use_frame(), use_controls().labs);
    let on_failure_seen = labs.on_failure.reform(|_: MouseEvent| None);
    // The dismissed origin: a later lab's notices are shown again.
    let dismissed = use_state_eq(|| None::<Origin>);
    let is_dismissed = dismissed.as_ref() == Some(&props.origin);
    let on_dismiss = {
        let (dismissed, origin) = (dismissed.setter(), props.origin.clone());
        Callback::from(move |_: MouseEvent| dismissed.set(Some(origin.clone())))
    };
    let failure = match &frame.lab.durable {
        DurableState::Durable { error, .. } => error.clone(),
        DurableState::Scratch => None,
    };
    html! {
        <div class="notices">
            if let Some(error) = failure {
                <Failure {error} />
            }
            if let Some(words) = &props.failure {
                <div class="notice is-important" role="alert" data-testid="not-opened">
                    <p>{ words }</p>
                    { dismiss(&on_failure_seen) }
                </div>
            }
            if !is_dismissed {
                { of_origin(&props.origin, &on_dismiss) }
            }
            if let Some(words) = &frame.lab.other_run {
                <div class="notice is-important" role="alert" data-testid="other-run">
                    <p>{ words.as_ref() }</p>
                </div>
            }
            <RulesOff origin={props.origin.clone()} />
            <Later panel={Panel::Timing} waits={true} />
            <Later panel={Panel::Searching} waits={true} />
        </div>
    }
}

fn of_origin(origin: &Origin, on_dismiss: &Callback<MouseEvent>) -> Html {
    match origin {
        Origin::Durable { recovered, warnings } => html! {
            <>
                { for recovered.iter().map(|report| recovery(report, on_dismiss)) }
                { for warnings.iter().map(|words| notice(words, on_dismiss)) }
            </>
        },
        Origin::Scratch { reason } => html! { <InMemory reason={reason.clone()} /> },
        Origin::Scenario(scenario) => html! { <Story {scenario} /> },
        // Its panel says it all.
        Origin::Lesson(_) => html! {},
        Origin::Script(script) => html! { <Opened script={script.clone()} /> },
    }
}

/// One sentence, with a line for each node on demand.
fn recovery(report: &RecoveryReport, on_dismiss: &Callback<MouseEvent>) -> Html {
    let words = report.to_string();
    let (first, rest) = words.split_once('\n').unwrap_or((&words, ""));
    html! {
        <div key="recovery" class="notice is-scenario" role="status" data-testid="recovered-banner">
            <details>
                <summary>{ first.trim_end_matches(':') }</summary>
                <pre>{ rest }</pre>
                <p>{ "Every node has restarted. Link settings and the console are not stored." }</p>
            </details>
            { dismiss(on_dismiss) }
        </div>
    }
}

fn notice(words: &str, on_dismiss: &Callback<MouseEvent>) -> Html {
    html! {
        <div key={words.to_owned()} class="notice" role="status" data-testid="notice">
            <p>{ words }</p>
            { dismiss(on_dismiss) }
        </div>
    }
}

fn dismiss(on_dismiss: &Callback<MouseEvent>) -> Html {
    html! {
        <button type="button" class="icon-button" aria-label="Dismiss"
            onclick={on_dismiss.clone()}>
            <Icon name={IconName::Close} />
        </button>
    }
}

#[derive(Properties, PartialEq)]
struct FailureProps {
    error: String,
}

/// The database stores no more writes, so no node acknowledges any, until a person decides.
#[component(Failure)]
fn failure(props: &FailureProps) -> Html {
    let runner = use_controls().runner;
    let on_go = use_callback(runner, |_: MouseEvent, runner| runner.continue_as_scratch());
    html! {
        <div class="notice is-important" role="alert" data-testid="storage-failed">
            <p>
                { format!("The lab has stopped, because the browser no longer stores its disks: \
                           {}. Or continue in memory.", props.error) }
            </p>
            <button type="button" class="button" onclick={on_go}>{ "Continue in memory" }</button>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct InMemoryProps {
    reason: Option<String>,
}

/// A lab that the browser does not store.
#[component(InMemory)]
fn in_memory(props: &InMemoryProps) -> Html {
    let reason = props.reason.clone().unwrap_or_default();
    let words = format!("{reason} This lab is in memory: it is lost when you close the page.");
    html! {
        <div class="notice" role="status" data-testid="notice">
            <p>{ words.trim() }</p>
            <BackToStored />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct StoryProps {
    scenario: &'static Scenario,
}

/// The scenario's title, and its story. At the key moment: what is to be seen.
#[component(Story)]
fn story(props: &StoryProps) -> Html {
    let scenario = props.scenario;
    let (labs, frame) = (use_controls().labs, use_frame());
    let on_again = Callback::from(move |_: MouseEvent| labs.again(|labs| labs.play(scenario)));
    html! {
        <div class="notice is-scenario" role="status" data-testid="scenario-story">
            <p><strong>{ scenario.title }</strong>{ ". " }
                { frame.lab.key_moment.as_deref().unwrap_or(scenario.story) }</p>
            <button type="button" class="button" onclick={on_again}>{ "Play again" }</button>
            <BackToStored />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct OpenedProps {
    script: Rc<OpenedScript>,
}

/// A script that a person opened.
#[component(Opened)]
fn opened(props: &OpenedProps) -> Html {
    let labs = use_controls().labs;
    let on_again = use_callback((labs, props.script.clone()), |_: MouseEvent, deps| {
        let (labs, script) = deps;
        labs.again(|labs| match &script.link {
            Some(link) => labs.open_link(link),
            None => labs.run_script(&script.name, &script.text),
        });
    });
    html! {
        <div class="notice is-scenario" role="status" data-testid="opened-script">
                <p><strong>{ &props.script.name }</strong>
                    { ": this script runs to its end, or to where it fails, in memory." }</p>
                <button type="button" class="button" data-testid="run-again" onclick={on_again}>
                    { "Run again" }
                </button>
                <BackToStored />
            </div>
    }
}

/// The rules that are off. A script can run again with all of them on; elsewhere they are switched
/// on.
#[component(RulesOff)]
fn rules_off(props: &OriginProps) -> Html {
    let (controls, frame) = (use_controls(), use_frame());
    let rules = &frame.lab.rules_off;
    if rules.is_empty() {
        return html! {};
    }
    let (labs, runner, origin) = (controls.labs, controls.runner, props.origin.clone());
    let on_mend = Callback::from(move |_: MouseEvent| match &origin {
        Origin::Script(script) => labs.mend(script),
        Origin::Durable { .. }
        | Origin::Scratch { .. }
        | Origin::Scenario(_)
        | Origin::Lesson(_) => runner.exec("mend all"),
    });
    let title = match &props.origin {
        Origin::Script(_) => "Run the same script with every rule on",
        Origin::Durable { .. }
        | Origin::Scratch { .. }
        | Origin::Scenario(_)
        | Origin::Lesson(_) => "Switch every rule on again",
    };
    html! {
        <div class="notice is-rule-off" role="status" data-testid="rule-off">
            <ul>{ for rules.iter().map(rule_off) }</ul>
            <button type="button" class="button" data-testid="mend" onclick={on_mend} {title}>
                { "Mend" }
            </button>
        </div>
    }
}

fn rule_off(rule: &Rule) -> Html {
    html! {
        <li key={rule.name}>
            <span aria-hidden="true">{ "⚡ " }</span>
            { "A rule is off: " }<strong>{ rule.name }</strong>
            { format!(". Without it, the property {} fails. Seen in {}.", rule.breaks,
                rule.seen_in) }
        </li>
    }
}

#[component(BackToStored)]
fn back_to_stored() -> Html {
    let labs = use_controls().labs;
    let on_back = Callback::from(move |_: MouseEvent| labs.reopen());
    html! {
        <button type="button" class="button" data-testid="back-to-lab" onclick={on_back}>
            { "Back to the stored lab" }
        </button>
    }
}
