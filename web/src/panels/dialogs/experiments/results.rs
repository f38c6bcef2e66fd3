//! Charts, table and notes of an experiment, finished or not, and their export.

use std::rc::Rc;

use raft_jobs::experiment::{ExperimentReport, ExperimentTable, TableColumn};
use yew::prelude::*;

use super::progress;
use crate::hooks::{copy_text, save_file};
use crate::lab::MeasuringView;

#[derive(Properties, PartialEq)]
pub(super) struct ResultsProps {
    pub(super) measuring: MeasuringView,
    pub(super) is_measuring: bool,
}

#[component(Results)]
pub(super) fn results(props: &ResultsProps) -> Html {
    let MeasuringView { request, report, of, refusal } = &props.measuring;
    html! {
        <section class="experiment-results" aria-label="Results">
            if let Some(words) = refusal {
                <p class="find-error" role="alert" data-testid="experiment-refusal">{ words }</p>
            }
            if props.is_measuring {
                <progress max={of.to_string()} value={report.trials.to_string()}
                    aria-label="Trials done" />
            }
            <p class="find-progress" role="status" data-testid="experiment-progress">
                { progress(&props.measuring) }
            </p>
            <div class="experiment-charts" data-testid="experiment-charts" tabindex="0"
                role="region" aria-label="Charts">
                // The charts are made by this program; their texts are escaped.
                { for report.charts.iter().map(|chart| {
                    Html::from_html_unchecked(chart.svg().into())
                }) }
            </div>
            { table(&report.table) }
            { for report.notes.iter().map(|note| html! { <p class="find-note">{ note }</p> }) }
            <Export report={report.clone()} name={request.experiment.name()} />
        </section>
    }
}

fn table(table: &ExperimentTable) -> Html {
    let heading = |column: &TableColumn| match column.unit.as_str() {
        "" => column.name.clone(),
        unit => format!("{} {unit}", column.name),
    };
    html! {
        <div class="experiment-table" tabindex="0" role="region" aria-label="Table of results">
            <table data-testid="experiment-table">
                <thead><tr>
                    <td></td>
                    { for table.columns.iter().map(|column| html! {
                        <th scope="col">{ heading(column) }</th>
                    }) }
                </tr></thead>
                <tbody>
                    { for table.rows.iter().map(|row| html! {
                        <tr key={row.name.clone()}>
                            <th scope="row">{ &row.name }</th>
                            { for row.cells.iter().map(|cell| html! { <td>{ cell }</td> }) }
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ExportProps {
    report: Rc<ExperimentReport>,
    name: &'static str,
}

/// Copies or saves the table and the charts.
#[component(Export)]
fn export(props: &ExportProps) -> Html {
    let said = use_state_eq(|| "");
    let copy = |text: fn(&ExperimentReport) -> String, done: &'static str| {
        let (report, said) = (props.report.clone(), said.setter());
        Callback::from(move |_: MouseEvent| {
            let said = said.clone();
            copy_text(&text(&report), done, move |words| said.set(words));
        })
    };
    let save = |ending: &'static str, kind: &'static str, text: fn(&ExperimentReport) -> String| {
        let (report, said, name) = (props.report.clone(), said.setter(), props.name);
        Callback::from(move |_: MouseEvent| {
            let saved = save_file(&format!("{name}.{ending}"), kind, &text(&report));
            said.set(if saved.is_ok() { "" } else { "The browser does not save the file." });
        })
    };
    html! {
        <div class="dialog-buttons">
            <p class="find-note" role="status">{ *said }</p>
            <button type="button" class="button" data-testid="copy-csv"
                onclick={copy(ExperimentReport::csv, "The table has been copied.")}>
                { "Copy CSV" }
            </button>
            <button type="button" class="button" data-testid="save-csv"
                onclick={save("csv", "text/csv", ExperimentReport::csv)}>{ "Save CSV" }</button>
            <button type="button" class="button" data-testid="copy-svg"
                onclick={copy(ExperimentReport::svg, "The charts have been copied.")}>
                { "Copy SVG" }
            </button>
            <button type="button" class="button" data-testid="save-svg"
                onclick={save("svg", "image/svg+xml", ExperimentReport::svg)}>
                { "Save SVG" }
            </button>
        </div>
    }
}
