//! Whether the operations have an order, in one line.

use std::rc::Rc;

use raft_lab::{DiagramWindow, Instant, VerdictView};
use yew::prelude::*;

use crate::state::use_controls;
use crate::ui::said;

#[derive(Properties, PartialEq)]
pub(super) struct VerdictProps {
    pub(super) verdict: Option<Rc<VerdictView>>,
}

#[component(Verdict)]
pub(super) fn verdict(props: &VerdictProps) -> Html {
    let runner = use_controls().runner;
    let Some(verdict) = &props.verdict else {
        return html! {
            <p class="diagram-verdict is-quiet">{ "Operations are judged when the run pauses." }</p>
        };
    };
    match &**verdict {
        VerdictView::Linearizable => html! {
            <p class="diagram-verdict is-good" data-testid="verdict">
                { "The operations so far are linearizable." }
            </p>
        },
        VerdictView::Unknown(words) => html! {
            <p class="diagram-verdict is-quiet" data-testid="verdict">
                { "Not judged: " }{ said(words, false) }
            </p>
        },
        VerdictView::Contradiction { impossible, times, sentence, .. } => {
            let (impossible, (first, last)) = (*impossible, *times);
            let on_show = Callback::from(move |_: MouseEvent| {
                runner.set_diagram(|window| {
                    let span = (last.0 - first.0) * 5 / 4;
                    window.span = span.max(DiagramWindow::LEAST_SPAN);
                    window.from = Some(Instant(first.0.saturating_sub(span / 10)));
                    (window.lit, window.only) = (None, None);
                    window.about = Some(impossible);
                });
            });
            html! {
                <p class="diagram-verdict is-broken" data-testid="verdict" role="alert">
                    <strong>{ "✕ Not linearizable. " }</strong>{ said(sentence, false) }{ " " }
                    <button type="button" class="text-button" onclick={on_show}>
                        { "Show it" }
                    </button>
                </p>
            }
        }
    }
}
