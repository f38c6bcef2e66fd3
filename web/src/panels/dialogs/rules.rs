//! The dialog with the rules that can be switched off: what each says and protects, who left it
//! out, and the shortest run that breaks something without it.

use std::rc::Rc;

use raft_lab::{Rule, rules};
use yew::prelude::*;

use crate::state::{use_controls, use_frame};
use crate::ui::{Dialog, SearchField};

/// Raft without its rules, one after the other, in the order in which one learns them.
const LADDER: [&str; 6] = [
    "stale-votes",
    "vote-ignores-log",
    "commit-old-term",
    "vote-forgotten",
    "ack-not-durable",
    "read-without-quorum",
];

#[derive(Properties, PartialEq)]
pub(crate) struct RulesProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Rules)]
pub(crate) fn rules_dialog(props: &RulesProps) -> Html {
    let all: Rc<Vec<Rule>> = use_memo((), |()| rules());
    let wanted = use_state_eq(String::new);
    let on_words = {
        let wanted = wanted.setter();
        Callback::from(move |words| wanted.set(words))
    };
    let ladder = || LADDER.iter().filter_map(|name| all.iter().find(|rule| rule.name == *name));
    let others = || all.iter().filter(|rule| !LADDER.contains(&rule.name));
    let rows = |rules: Vec<&Rule>| {
        let found: Vec<&Rule> = rules.into_iter().filter(|rule| fits(rule, &wanted)).collect();
        html! {
            <>
                if found.is_empty() { <p class="empty">{ "No rule has these words." }</p> }
                <ul class="rule-list">
                    { for found.into_iter().map(|rule| html! {
                        <Row key={rule.name} rule={rule.clone()}
                            on_close={props.on_close.clone()} />
                    }) }
                </ul>
            </>
        }
    };
    html! {
        <Dialog title="Break a rule" is_wide={true} on_close={props.on_close.clone()}>
            <p class="dialog-text">
                { "Each rule of the core, the disk and the store can be switched off, at any \
                   moment. Then watch what it was good for. A banner says which rules are off." }
            </p>
            <SearchField label="Search the rules" testid="rule-search" {on_words} />
            <div class="lesson-tracks">
                <section><h3>{ "Raft without …" }</h3>{ rows(ladder().collect()) }</section>
                <section><h3>{ "All others" }</h3>{ rows(others().collect()) }</section>
            </div>
        </Dialog>
    }
}

/// Whether one of the columns has these words.
fn fits(rule: &Rule, words: &str) -> bool {
    let columns = [rule.name, rule.rule, rule.section.unwrap_or(""), rule.breaks, rule.seen_in];
    columns.iter().any(|column| column.to_lowercase().contains(words))
}

#[derive(Properties, PartialEq)]
struct RowProps {
    rule: Rule,
    on_close: Callback<()>,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let (rule, controls, frame) = (&props.rule, use_controls(), use_frame());
    let is_off = frame.lab.rules_off.iter().any(|off| off.name == rule.name);
    let (word, label) = if is_off { ("mend", "Mend") } else { ("break", "Break") };
    let on_switch = {
        let (runner, line) = (controls.runner, format!("{word} {}", rule.name));
        Callback::from(move |_: MouseEvent| runner.exec(&line))
    };
    let on_challenge = {
        let (labs, rule, on_close) = (controls.labs.clone(), rule.clone(), props.on_close.clone());
        Callback::from(move |_: MouseEvent| {
            labs.challenge(&rule);
            on_close.emit(());
        })
    };
    let on_show = {
        let (labs, rule, on_close) = (controls.labs, rule.clone(), props.on_close.clone());
        Callback::from(move |_: MouseEvent| {
            labs.show_broken(&rule);
            on_close.emit(());
        })
    };
    html! {
        <li class={classes!("rule-row", is_off.then_some("is-off"))}
            id={format!("rule-{}", rule.name)} tabindex="-1"
            data-testid={format!("rule-{}", rule.name)}>
            <p class="rule-words">
                <code>{ rule.name }</code>
                { " " }{ rule.rule }
                if let Some(section) = rule.section { { format!(" ({section})") } }
            </p>
            <p class="rule-note">
                { format!("Without it, the property {} fails. Seen in {}.", rule.breaks,
                    rule.seen_in) }
            </p>
            <div class="rule-buttons">
                <button type="button" class="button is-small" onclick={on_switch}>{ label }</button>
                <button type="button" class="button is-small" onclick={on_show}
                    title="Opens the shortest known run that breaks something without this rule">
                    { "Show me" }
                </button>
                if rule.has_challenge {
                    <button type="button" class="button is-small" onclick={on_challenge}
                        title="Break something yourself without this rule, in few statements">
                        { "Challenge" }
                    </button>
                }
            </div>
        </li>
    }
}
