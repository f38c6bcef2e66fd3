//! What the properties say of a recorded run.

use std::rc::Rc;

use raft_lab::{JudgedProperty, PassedOver, PropertyVerdict, RunVerdict};
use yew::prelude::*;

use crate::words::counted;

#[derive(Properties, PartialEq)]
pub(super) struct VerdictProps {
    pub(super) verdict: Rc<RunVerdict>,
    /// The number of events before the moment that is shown.
    pub(super) events: usize,
    /// Whether the run goes on, and its events have numbers and no lines.
    pub(super) is_live: bool,
    pub(super) on_go: Callback<usize>,
}

/// One line: the first illegal step, and the way there; or that there is none.
#[component(Verdict)]
pub(super) fn verdict(props: &VerdictProps) -> Html {
    let VerdictProps { verdict, events, is_live, on_go } = props;
    let properties = &verdict.properties;
    let is_judged = |it: &&JudgedProperty| !matches!(it.verdict, PropertyVerdict::NotJudged(_));
    let judged = properties.iter().filter(is_judged).count();
    let all = properties.len();
    let found = properties.iter().find_map(|property| match &property.verdict {
        PropertyVerdict::Broken(sentence) => Some((property, sentence)),
        PropertyVerdict::Holds | PropertyVerdict::NotJudged(_) => None,
    });
    let Some(((property, sentence), (place, line))) = found.zip(verdict.broken) else {
        let (class, words) = match (judged, *is_live) {
            (0, true) => ("is-quiet", "Nothing to judge yet.".to_owned()),
            (0, false) => (
                "is-quiet",
                "Not judged: the file tells of no terms, roles and entries.".to_owned(),
            ),
            (_, true) => (
                "is-good",
                format!(
                    "✓ No contradiction to Raft so far. {judged} of {all} properties are judged."
                ),
            ),
            (_, false) => (
                "is-good",
                format!(
                    "✓ No contradiction to Raft. {judged} of {all} properties could be judged."
                ),
            ),
        };
        return html! {
            <p class={classes!("opened-verdict", class)} role="status" data-testid="file-verdict">
                <strong>{ words }</strong>
            </p>
        };
    };
    let on_click = on_go.reform(move |_: MouseEvent| place + 1);
    let is_there = *events == place + 1;
    let which = if *is_live { format!("Event {}", place + 1) } else { format!("Line {line}") };
    html! {
        <p class="opened-verdict is-broken" role="alert" data-testid="file-verdict">
            <strong>{ "✕ No run of Raft. " }</strong>
            <span>
                { format!("{which}: {} ({}) is broken: ", property.name, property.section) }
                { sentence.to_string() }{ "." }
            </span>
            <button type="button" class="button is-small" data-testid="to-illegal"
                aria-disabled={is_there.to_string()} onclick={on_click}>
                { if is_there { "This step" } else { "Go there" } }
            </button>
        </p>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct PropertiesProps {
    pub(super) verdict: Rc<RunVerdict>,
    pub(super) passed_over: PassedOver,
}

/// Each property with what can be said of it.
#[component(Properties)]
pub(super) fn properties(props: &PropertiesProps) -> Html {
    let PropertiesProps { verdict, passed_over } = props;
    html! {
        <div class="recorded-properties" tabindex="0">
            <ul class="property-list" data-testid="recorded-verdicts">
                { for verdict.properties.iter().map(property) }
            </ul>
            if let Some(first) = passed_over.first {
                <p class="dialog-note">
                    { format!("Passed over: {}, the first of them line {first}.",
                        counted(passed_over.count, "line that is no event",
                            "lines that are no event")) }
                </p>
            }
        </div>
    }
}

fn property(property: &JudgedProperty) -> Html {
    let JudgedProperty { name, section, meaning, verdict } = property;
    let (class, mark, words) = match verdict {
        PropertyVerdict::Holds => ("property", "✓", html! { "holds" }),
        PropertyVerdict::Broken(sentence) => {
            ("property is-broken", "✕", html! { format!("broken: {sentence}") })
        }
        PropertyVerdict::NotJudged(reason) => {
            ("property is-suspended", "–", html! { format!("not judged: {reason}") })
        }
    };
    html! {
        <li key={name.clone()} {class} title={meaning.clone()}>
            <span class="property-mark" aria-hidden="true">{ mark }</span>
            <span class="property-name">{ name }</span>
            <span class="section">{ section }</span>
            <p class="recorded-judgement">{ words }</p>
        </li>
    }
}
