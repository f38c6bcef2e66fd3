//! The progress of a search, and the runs that it found.

use raft_jobs::HuntCounts;
use yew::prelude::*;

use super::chances::Chances;
use crate::lab::{Activity, FinderView, HitView, SearchView, ShorteningView};
use crate::state::use_controls;
use crate::words::{grouped, milliseconds};

#[derive(Properties, PartialEq)]
pub(super) struct HitsProps {
    pub(super) view: FinderView,
    pub(super) on_close: Callback<()>,
}

#[component(Hits)]
pub(super) fn hits(props: &HitsProps) -> Html {
    let Some(search) = &props.view.search else { return html! {} };
    let is_searching = props.view.activity == Some(Activity::Searching);
    html! {
        <section class="find-found" aria-label="Runs found">
            if let Some(words) = &search.refusal {
                <p class="find-error" role="alert" data-testid="find-refusal">{ words }</p>
            }
            if is_searching {
                <progress max={search.seeds.to_string()} value={search.counts.seeds.to_string()}
                    aria-label="Runs looked at" />
            }
            <p class="find-progress" role="status" data-testid="find-progress">
                { if is_searching { progress(search) } else { result(search) } }
            </p>
            if search.failed > 0 {
                <p class="find-note">
                    { format!("{} stopped at a check inside the Raft code.",
                        crate::words::counted(search.failed, "run", "runs")) }
                </p>
            }
            <ul class="find-hits" data-testid="find-hits">
                { for search.hits.iter().map(|hit| html! {
                    <Hit key={hit.seed} hit={*hit} is_future={search.from.is_some()}
                        shortening={props.view.shortening.clone()
                            .filter(|shortening| shortening.seed == hit.seed)}
                        on_close={props.on_close.clone()} />
                }) }
            </ul>
            if search.from.is_some() && !is_searching && search.refusal.is_none() {
                <Chances activity={props.view.activity} chances={props.view.chances.clone()}
                    on_close={props.on_close.clone()} />
            }
        </section>
    }
}

/// `312 of 1,000 runs, 45 a second, 3 found`
pub(super) fn progress(search: &SearchView) -> String {
    let HuntCounts { seeds, hits, steps } = search.counts;
    let a_second = |count: u64| grouped((count as f64 / search.seconds.max(0.001)) as u64);
    format!(
        "{} of {} runs, {} a second, {} steps a second, {} found",
        grouped(seeds),
        grouped(search.seeds),
        a_second(seeds),
        a_second(steps),
        grouped(hits),
    )
}

/// The result of a search that is over.
fn result(search: &SearchView) -> String {
    let HuntCounts { seeds, hits, .. } = search.counts;
    let found = format!("{} of {} runs", grouped(hits), grouped(seeds));
    match search.span {
        Some(micros) if seeds > 0 => format!(
            "“{}” came to hold in {found} within {} s: {} %.",
            search.condition,
            micros as f64 / 1e6,
            (hits * 100 + seeds / 2) / seeds,
        ),
        _ if hits == 0 => {
            format!("“{}” was not found in {} runs.", search.condition, grouped(seeds))
        }
        _ => format!("“{}” came to hold in {found}.", search.condition),
    }
}

#[derive(Properties, PartialEq)]
struct HitProps {
    hit: HitView,
    is_future: bool,
    /// If its script is being shortened, or was.
    shortening: Option<ShorteningView>,
    on_close: Callback<()>,
}

#[component(Hit)]
fn hit(props: &HitProps) -> Html {
    let HitView { seed, at, steps } = props.hit;
    let controls = use_controls();
    let on_open = {
        let (controls, on_close) = (controls.clone(), props.on_close.clone());
        Callback::from(move |_: MouseEvent| {
            controls.finder.open(seed, &controls.labs);
            on_close.emit(());
        })
    };
    let is_short = props.shortening.as_ref().is_some_and(|it| it.script.is_some());
    let is_under_way =
        props.shortening.as_ref().is_some_and(|it| it.script.is_none() && it.refusal.is_none());
    let on_shorten = {
        let finder = controls.finder.clone();
        Callback::from(move |_: MouseEvent| match (is_short, is_under_way) {
            (true, _) => {}
            (false, true) => finder.cancel(),
            (false, false) => finder.shorten(seed),
        })
    };
    let kind = if props.is_future { "future" } else { "seed" };
    html! {
        <li class="find-hit" data-testid={format!("hit-{seed}")}>
            <span class="find-hit-words">
                { format!("{kind} {seed}, at {} ms, after {} steps", milliseconds(at),
                    grouped(steps)) }
            </span>
            <button type="button" class="button is-small" onclick={on_open}
                aria-label={format!("Open {kind} {seed}")}>{ "Open" }</button>
            // One button, so that the focus stays on it.
            <button type="button" class="button is-small" onclick={on_shorten}
                aria-disabled={is_short.to_string()}
                aria-label={format!("{} {kind} {seed}",
                    if is_under_way { "Cancel shortening" } else { "Shorten" })}
                title="Make its script as short as it can be">
                { if is_under_way { "Cancel" } else { "Shorten" } }
            </button>
            if let Some(shortening) = &props.shortening {
                <Short shortening={shortening.clone()} on_close={props.on_close.clone()} />
            }
        </li>
    }
}

#[derive(Properties, PartialEq)]
struct ShortProps {
    shortening: ShorteningView,
    on_close: Callback<()>,
}

/// A script that is being shortened, or was.
#[component(Short)]
fn short(props: &ShortProps) -> Html {
    let controls = use_controls();
    let ShorteningView { runs, max_runs, before, statements, script, refusal, .. } =
        &props.shortening;
    if let Some(words) = refusal {
        return html! { <p class="find-error" role="alert">{ words }</p> };
    }
    let on_open = {
        let (controls, on_close) = (controls, props.on_close.clone());
        Callback::from(move |_: MouseEvent| {
            controls.finder.open_short(&controls.labs);
            on_close.emit(());
        })
    };
    html! {
        <div class="find-short">
            if let Some(script) = script {
                <pre class="find-script" tabindex="0" aria-label="The short script"
                    data-testid="short-script">{ script.trim_end() }</pre>
                <button type="button" class="button is-small" data-testid="open-short"
                    onclick={on_open}>{ "Open the short one" }</button>
            } else {
                <progress max={max_runs.to_string()} value={runs.to_string()}
                    aria-label="Replays" />
                <span role="status">
                    { format!("{statements} of {before} statements after {runs} replays") }
                </span>
            }
        </div>
    }
}
