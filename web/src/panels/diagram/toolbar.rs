//! The line over the diagram: zoom, the way back to the shown moment, and copies as text.

use std::rc::Rc;

use raft_lab::{DiagramFormat, DiagramView, Instant};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::pointing::zoom;
use crate::hooks::copy_text;
use crate::lab::Runner;
use crate::state::use_controls;

/// The formats of a copy, with their names.
const FORMATS: [(DiagramFormat, &str); 3] = [
    (DiagramFormat::Svg, "SVG"),
    (DiagramFormat::Mermaid, "Mermaid"),
    (DiagramFormat::PlantUml, "PlantUML"),
];

#[derive(Properties, PartialEq)]
pub(super) struct ToolbarProps {
    pub(super) view: Rc<DiagramView>,
    pub(super) on_filters: Callback<()>,
    pub(super) is_table: bool,
    pub(super) on_table: Callback<bool>,
}

#[component(Toolbar)]
pub(super) fn toolbar(props: &ToolbarProps) -> Html {
    let runner = use_controls().runner;
    let (view, is_table) = (&props.view, props.is_table);
    let follows = runner.diagram_window().is_none_or(|window| window.from.is_none());
    let kept = kept(view);
    let by = |factor: f64| {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| {
            runner.set_diagram(|window| zoom(window, factor, kept));
        })
    };
    let on_follow = {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| runner.set_diagram(|window| window.from = None))
    };
    html! {
        <div class="diagram-bar">
            <span class="tape-zoom" role="group" aria-label="Zoom of the diagram">
                <button type="button" class="button is-small" aria-label="More time"
                    data-testid="diagram-out" onclick={by(2.0)}>{ "−" }</button>
                <span class="diagram-span" data-testid="diagram-span">{ span(view) }</span>
                <button type="button" class="button is-small" aria-label="Less time"
                    data-testid="diagram-in" onclick={by(0.5)}>{ "+" }</button>
            </span>
            // In its place also when it has nothing to do, so that nothing moves.
            <button type="button" class="button is-small diagram-follow"
                aria-disabled={follows.to_string()} data-testid="diagram-follow"
                onclick={on_follow}>{ "Follow the moment" }</button>
            <button type="button" class="button is-small diagram-filter-toggle"
                onclick={props.on_filters.reform(|_: MouseEvent| ())}>{ "Filter" }</button>
            <button type="button" class="button is-small" data-testid="diagram-as-table"
                aria-pressed={is_table.to_string()}
                onclick={props.on_table.reform(move |_: MouseEvent| !is_table)}>
                { "Table" }
            </button>
            <Copies />
        </div>
    }
}

/// The time that stays in its place, and its part of the height: the moment that is shown, or the
/// middle of a window without it.
fn kept(view: &DiagramView) -> (Instant, f64) {
    let span = view.until.0 - view.from.0;
    match (view.from..view.until).contains(&view.cursor) {
        true => (view.cursor, (view.cursor.0 - view.from.0) as f64 / span.max(1) as f64),
        false => (Instant(view.from.0 + span / 2), 0.5),
    }
}

/// The time from the upper to the lower edge.
fn span(view: &DiagramView) -> String {
    let micros = view.until.0 - view.from.0;
    match micros {
        0..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        10_000..1_000_000 => format!("{:.0} ms", micros as f64 / 1e3),
        1_000_000..100_000_000 => format!("{:.1} s", micros as f64 / 1e6),
        _ => format!("{:.0} s", micros as f64 / 1e6),
    }
}

/// Copies what is shown, or all that is computed, as text.
#[component(Copies)]
fn copies() -> Html {
    let runner = use_controls().runner;
    let is_whole = use_state_eq(|| false);
    let said = use_state_eq(String::new);
    let on_whole = {
        let is_whole = is_whole.setter();
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            is_whole.set(input.checked());
        })
    };
    let copy_as = |format: DiagramFormat| {
        let (runner, said, is_whole) = (runner.clone(), said.setter(), *is_whole);
        Callback::from(move |_: MouseEvent| copy(&runner, format, is_whole, said.clone()))
    };
    html! {
        <span class="diagram-copies" role="group" aria-label="Copy the diagram">
            <span class="diagram-said" role="status" data-testid="diagram-said">{ &*said }</span>
            <span>{ "Copy" }</span>
            { for FORMATS.map(|(format, name)| html! {
                <button key={name} type="button" class="text-button"
                    aria-label={format!("Copy as {name}")} onclick={copy_as(format)}>
                    { name }
                </button>
            }) }
            <label class="diagram-check" title="All that is computed, not only what is shown">
                <input type="checkbox" checked={*is_whole} onchange={on_whole} />{ "all" }
            </label>
        </span>
    }
}

fn copy(runner: &Runner, format: DiagramFormat, is_whole: bool, said: UseStateSetter<String>) {
    match runner.export_diagram(format, is_whole) {
        Ok(text) => copy_text(&text, "Copied.", move |words| said.set(words.to_owned())),
        Err(words) => said.set(words),
    }
}
