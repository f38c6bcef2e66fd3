//! The state of the cluster in one sentence, above everything else: whether it is the live end of
//! the run, and the members.

mod changes;
mod members;
mod spoken;

use raft_lab::{PropertyView, View};
use yew::prelude::*;

use self::changes::Changes;
use self::members::Members;
use self::spoken::SpokenSentence;
use super::views::Views;
use crate::state::{use_controls, use_frame};
use crate::ui::said;
use crate::words::milliseconds;

#[component(Sentence)]
pub(crate) fn sentence() -> Html {
    let frame = use_frame();
    html! {
        <section class="sentence" aria-label="State of the cluster">
            <StateLine />
            <div class="headline-row">
                <p class="headline" data-testid="headline">
                    { said(&frame.view.headline, true) }
                </p>
                // Beside the words: they may be cut.
                if let Some(question) = question(&frame.view) {
                    <button type="button" class="text-button" data-ask={question}
                        data-testid="why-headline">{ "Why?" }</button>
                }
            </div>
            <Changes />
            <SpokenSentence />
        </section>
    }
}

/// The question that the headline raises.
fn question(view: &View) -> Option<String> {
    match broken(view).and_then(|property| property.broken.as_ref()) {
        Some(violation) => Some(format!("why {}", violation.event)),
        None => view.leader.is_none().then(|| "why no leader".to_owned()),
    }
}

/// The property that is broken.
fn broken(view: &View) -> Option<&PropertyView> {
    view.properties.iter().find(|property| property.broken.is_some())
}

/// Live or past, the branch, the members, and the way back.
#[component(StateLine)]
fn state_line() -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let time = &frame.lab.time;
    let on_return = use_callback(runner, |_: MouseEvent, runner| runner.return_to_live());
    let broken = broken(&frame.view);
    let state = match (time.is_past, broken) {
        (true, _) => "Looking at the past".to_owned(),
        (false, Some(property)) => format!("✕ {} is broken", property.name),
        (false, None) if frame.lab.pacing.running => "Live".to_owned(),
        (false, None) => "Live, paused".to_owned(),
    };
    let is_broken = broken.is_some() && !time.is_past;
    html! {
        <div class={classes!("state-line", time.is_past.then_some("is-past"),
            is_broken.then_some("is-broken"))}>
            <span class="state-words" data-testid="tape-state" role="status">{ state }</span>
            if time.is_past {
                <span class="state-note">
                    { format!("{} ms. A command here begins a branch.",
                        milliseconds(frame.view.now)) }
                </span>
            }
            if time.branches.len() > 1 {
                <span class="state-note">{ branch_name(time) }</span>
            }
            <Members />
            // Never disabled: the focus would fall to the page when it is used.
            <button type="button" class="button is-small state-return"
                data-testid="return-to-live" title="End"
                aria-disabled={(!time.is_past).to_string()} onclick={on_return}>
                { "Return to live" }
            </button>
            <Views />
        </div>
    }
}

fn branch_name(time: &raft_lab::TimeView) -> String {
    let branch = time.branches.iter().find(|branch| branch.id == time.branch);
    match branch {
        Some(branch) if branch.is_durable => format!("{}, stored", branch.name),
        Some(branch) => format!("{}, in memory", branch.name),
        None => String::new(),
    }
}
