//! The board of rare events: what each means, in how many drawn runs it happened, and a button that
//! shows one.

use raft_jobs::{BoardRow, FindOrder, Runs, board_rows, default_profile};
use yew::prelude::*;

use crate::lab::{Activity, BoardView};
use crate::state::use_controls;
use crate::words::counted;

/// The number of drawn runs that are counted.
const RUNS: u64 = 200;
/// An event that was not counted is looked for in so many runs.
const SEARCHED: u64 = 5_000;

#[derive(Properties, PartialEq)]
pub(super) struct BoardProps {
    pub(super) activity: Option<Activity>,
    pub(super) board: Option<BoardView>,
}

#[component(BoardSection)]
pub(super) fn board_section(props: &BoardProps) -> Html {
    let controls = use_controls();
    let is_counting = props.activity == Some(Activity::Counting);
    let on_count = Callback::from(move |_: MouseEvent| {
        if is_counting {
            return controls.finder.cancel();
        }
        let rules_off = controls.runner.crossroads().rules_off;
        controls.finder.count(default_profile(), &rules_off, RUNS);
    });
    let rows: Vec<BoardRow> =
        props.board.as_ref().map_or_else(board_rows, |board| board.rows.to_vec());
    html! {
        <section class="find-board" aria-label="Rare events">
            <div class="find-line">
                <h3>{ "Rare events" }</h3>
                <button type="button" class="button is-small" data-testid="board-count"
                    onclick={on_count}>
                    { match is_counting {
                        true => "Cancel".to_owned(),
                        false => format!("Count them in {RUNS} random runs"),
                    } }
                </button>
            </div>
            if let Some(board) = &props.board {
                if let Some(words) = &board.refusal {
                    <p class="find-error" role="alert">{ words }</p>
                }
                if is_counting {
                    <progress max={board.of.to_string()} value={board.runs.to_string()}
                        aria-label="Runs counted" />
                }
                <p class="find-progress" role="status" data-testid="board-progress">
                    { format!("{} of {} runs with the faults of {}.", board.runs, board.of,
                        board.profile) }
                    if board.failed > 0 {
                        { format!(" {} stopped at a check inside the Raft code.",
                            counted(board.failed, "run", "runs")) }
                    }
                </p>
            }
            <ul class="rule-list" data-testid="board">
                { for rows.into_iter().map(|row| html! {
                    <Row key={row.name} {row} of={props.board.as_ref().map(|board| board.runs)} />
                }) }
            </ul>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    row: BoardRow,
    /// The number of runs that were counted.
    of: Option<u64>,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let controls = use_controls();
    let row = props.row;
    let on_show = Callback::from(move |_: MouseEvent| {
        let order = FindOrder {
            condition: format!("happened {}", row.name),
            runs: Runs::Drawn {
                profile: default_profile().to_owned(),
                nodes: None,
                rules_off: controls.runner.crossroads().rules_off,
            },
            seeds: SEARCHED,
            enough: Some(1),
        };
        // Every event on the board is a condition.
        let _ = controls.finder.search(order, None);
    });
    let count = props.of.map(|of| match row.runs {
        0 => format!("in none of {of} runs"),
        runs => format!("in {runs} of {of} runs"),
    });
    html! {
        <li class="rule-row" data-testid={format!("event-{}", row.name)}>
            <p class="rule-words"><code>{ row.name }</code>{ " " }{ row.meaning }</p>
            if let Some(count) = count { <p class="rule-note">{ count }</p> }
            <div class="rule-buttons">
                <button type="button" class="button is-small" onclick={on_show}
                    aria-label={format!("Find one: {}", row.name)}>{ "Find one" }</button>
            </div>
        </li>
    }
}
