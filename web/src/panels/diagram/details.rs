//! The item that was clicked, in full, with what can be done with it. Its height is fixed.

use std::rc::Rc;

use raft_lab::{ItemDetails, Related};
use yew::prelude::*;

use super::pointing::let_go;
use crate::state::use_controls;
use crate::ui::{Icon, IconName, said};
use crate::words::milliseconds;

#[derive(Properties, PartialEq)]
pub(super) struct DetailsProps {
    pub(super) about: Option<Rc<ItemDetails>>,
    pub(super) lit: Option<Related>,
    pub(super) only: Option<Related>,
}

#[component(Details)]
pub(super) fn details(props: &DetailsProps) -> Html {
    let Some(about) = &props.about else {
        return html! {
            <p class="diagram-details is-empty">
                { "Point at anything to light what led to it; with Alt, what it caused. Click \
                   it to keep it; click a time at the left to go there." }
            </p>
        };
    };
    let times = match about.ended.filter(|ended| *ended > about.at) {
        Some(ended) => format!("{} to {} ms", milliseconds(about.at), milliseconds(ended)),
        None => format!("{} ms", milliseconds(about.at)),
    };
    html! {
        <div class="diagram-details" data-testid="diagram-about" aria-live="polite">
            <p class="diagram-words">
                <span class="diagram-time">{ times }</span>
                <span>{ said(&about.words, true) }</span>
            </p>
            <Actions about={about.clone()} lit={props.lit} only={props.only} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ActionsProps {
    about: Rc<ItemDetails>,
    lit: Option<Related>,
    only: Option<Related>,
}

#[component(Actions)]
fn actions(props: &ActionsProps) -> Html {
    let runner = use_controls().runner;
    let ActionsProps { about, lit, only } = props;
    let (steps, event) = (about.steps, about.event);
    let on_go = {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| runner.show_after(steps))
    };
    let related = |related: Related| {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| {
            runner.set_diagram(|window| {
                window.lit = Some(related);
                if window.only.is_some() {
                    window.only = Some(related);
                }
            });
        })
    };
    let on_only = {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| {
            runner.set_diagram(|window| {
                let lit = window.lit.unwrap_or(Related::Past(event));
                window.only = if window.only.is_some() { None } else { Some(lit) };
            });
        })
    };
    let on_close = {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| let_go(&runner))
    };
    let operation = about.is_operation.then_some((Related::Operation(about.event), "all of it"));
    let choices = [
        (Related::Past(about.event), "what led here"),
        (Related::Future(about.event), "what it caused"),
    ];
    html! {
        <div class="diagram-actions">
            <button type="button" class="button is-small" data-ask={format!("why {}", about.event)}>
                { "Why?" }
            </button>
            <button type="button" class="button is-small" onclick={on_go}
                data-testid="diagram-go">{ "Go there" }</button>
            <span class="diagram-choice" role="group" aria-label="Light">
                { for operation.into_iter().chain(choices).map(|(which, words)| html! {
                    <button key={words} type="button" class="button is-small"
                        aria-pressed={(*lit == Some(which)).to_string()}
                        onclick={related(which)}>{ words }</button>
                }) }
            </span>
            <button type="button" class="button is-small" data-testid="diagram-only"
                aria-pressed={only.is_some().to_string()} onclick={on_only}>
                { "only these" }
            </button>
            <button type="button" class="icon-button" aria-label="Let it go" title="Esc"
                onclick={on_close}><Icon name={IconName::Close} /></button>
        </div>
    }
}
