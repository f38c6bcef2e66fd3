//! Two branches beside each other, and what differs between them.

use raft_lab::{ComparisonView, DifferenceView, FirstDifference, Frame};
use yew::prelude::*;

use super::{Cluster, Logs};
use crate::state::{Controls, Side, use_controls, use_frame};
use crate::ui::{Panel, said};

/// The branch that the live one left, the differences, and the live branch.
#[component(Comparison)]
pub(crate) fn comparison() -> Html {
    let frame = use_frame();
    let Some(comparison) = frame.lab.comparison.clone() else { return html! {} };
    html! {
        <>
            <Branch side={Side::Other} name={comparison.there.clone()} />
            <Differences comparison={(*comparison).clone()} />
            <Branch side={Side::Live} name={comparison.here.clone()} />
        </>
    }
}

#[derive(Properties, PartialEq)]
struct BranchProps {
    side: Side,
    name: String,
}

#[component(Branch)]
fn branch(props: &BranchProps) -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let side = props.side;
    let frame: Frame = side.of(&frame);
    // Commands act in the live branch.
    let controls = match side {
        Side::Live => controls,
        Side::Other | Side::Recorded => Controls { open_menu: Callback::noop(), ..controls },
    };
    html! {
        <section class="compare-side" aria-label={props.name.clone()}
            data-testid={if side == Side::Live { "compare-here" } else { "compare-there" }}>
            <p class="compare-name">{ &props.name }</p>
            <p class="headline">{ said(&frame.view.headline, true) }</p>
            <ContextProvider<Side> context={side}>
            <ContextProvider<Controls> context={controls}>
            <ContextProvider<Frame> context={frame.clone()}>
                <Cluster />
                <Logs />
            </ContextProvider<Frame>>
            </ContextProvider<Controls>>
            </ContextProvider<Side>>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct DifferencesProps {
    comparison: ComparisonView,
}

#[component(Differences)]
fn differences(props: &DifferencesProps) -> Html {
    let runner = use_controls().runner;
    let on_close = use_callback(runner.clone(), |_: MouseEvent, runner| runner.stop_comparing());
    let ComparisonView { here, there, only_here, only_there, first, rows, .. } = &props.comparison;
    let close = html! {
        <button type="button" class="button is-small" data-testid="stop-comparing"
            onclick={on_close}>{ "Stop comparing" }</button>
    };
    let only = |name: &str, statements: &[String]| {
        statements
            .iter()
            .map(|text| {
                html! { <li>{ format!("Only in {name}: ") }<code>{ text.clone() }</code></li> }
            })
            .collect::<Html>()
    };
    html! {
        <Panel name="comparison" title="Compare" aside={close}>
            <div class="compare-body" tabindex="0" data-testid="comparison">
                <ul class="compare-only">
                    { only(there, only_there) }{ only(here, only_here) }
                </ul>
                if let Some(first) = first {
                    <First first={first.clone()} />
                }
                <table class="compare-rows">
                    <thead>
                        <tr><th scope="col">{ "Now" }</th><th scope="col">{ there }</th>
                            <th scope="col">{ here }</th></tr>
                    </thead>
                    <tbody>{ for rows.iter().map(row) }</tbody>
                </table>
                if rows.is_empty() {
                    <p class="empty">
                        { "At this moment, both clusters are in the same state." }
                    </p>
                }
            </div>
        </Panel>
    }
}

fn row(row: &DifferenceView) -> Html {
    html! {
        <tr key={row.what.clone()}>
            <th scope="row">{ &row.what }</th><td>{ &row.there }</td><td>{ &row.here }</td>
        </tr>
    }
}

#[derive(Properties, PartialEq)]
struct FirstProps {
    first: FirstDifference,
}

#[component(First)]
fn first(props: &FirstProps) -> Html {
    let FirstDifference { steps, here, there } = &props.first;
    let runner = use_controls().runner;
    let on_go =
        use_callback((runner, *steps), |_: MouseEvent, (runner, steps)| runner.show_after(*steps));
    html! {
        <div class="compare-first">
            <button type="button" class="text-button" onclick={on_go}>
                { "First difference" }
            </button>
            <p>{ there }</p>
            <p>{ here }</p>
        </div>
    }
}
