//! Questions about what the line of the run shows at a time.

use raft_lab::{Instant, OperationView, TapeView};
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::state::use_controls;
use crate::ui::{Menu, MenuItem};

/// The most questions of a menu.
const MOST: usize = 8;

/// Questions about the things at a time, in words and as lines of the language. Nothing that
/// happened after `now`, the shown moment, is known there.
fn questions(tape: &TapeView, at: Instant, now: Instant) -> Vec<(String, String)> {
    let at = at.min(now);
    let is_at = |from: Instant, to: Option<Instant>| from <= at && to.is_none_or(|to| to >= at);
    let mut all = Vec::new();
    if at == now && !tape.bands.iter().any(|band| is_at(band.from, band.to)) {
        all.push(("Why is there no leader?".to_owned(), "why no leader".to_owned()));
    }
    for band in tape.bands.iter().filter(|band| is_at(band.from, band.to)) {
        let words = format!("Why does node {} lead term {}?", band.node, band.term);
        all.push((words, format!("why {}", band.event)));
    }
    let over = tape.bands.iter().rfind(|band| band.to.is_some_and(|to| to <= at));
    if let Some((band, event)) = over.and_then(|band| Some((band, band.ended_by?))) {
        let words = format!("Why did node {} lead term {} no longer?", band.node, band.term);
        all.push((words, format!("why {event}")));
    }
    if let Some(ask) = tape.asks.iter().rfind(|ask| ask.at <= at) {
        let words = format!("Why did node {} ask for votes in term {}?", ask.node, ask.term);
        all.push((words, format!("why {}", ask.event)));
    }
    for fault in tape.faults.iter().filter(|fault| is_at(fault.from, fault.to)) {
        all.push((format!("Why “{}”?", fault.words), format!("why {}", fault.event)));
    }
    let operations = tape.operations.iter().filter(|op| is_at(op.from, op.to));
    all.extend(operations.filter_map(|operation| of_operation(operation, now)));
    all.truncate(MOST);
    all
}

/// Its answer, if it has come; else why it has not.
fn of_operation(operation: &OperationView, now: Instant) -> Option<(String, String)> {
    let OperationView { client, words, to, ended_by, .. } = operation;
    if let (Some(to), Some(event)) = (to, ended_by)
        && *to <= now
    {
        return Some((
            format!("Why did “{words}” of client {client} end so?"),
            format!("why {event}"),
        ));
    }
    let waits = format!("Why has “{words}” of client {client} no answer?");
    Some((waits, format!("why no answer client {client}")))
}

/// Where somebody asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Place {
    /// The time on the line.
    pub(super) at: Instant,
    /// The place in the window, in CSS pixels.
    pub(super) x: i32,
    pub(super) y: i32,
}

/// An open menu. Its questions do not change while time passes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Asked {
    place: Place,
    items: Vec<MenuItem>,
}

impl Asked {
    /// The menu at a place; `None` if nothing can be asked there.
    pub(super) fn new(tape: &TapeView, now: Instant, place: Place) -> Option<Self> {
        let item = |(number, (words, line)): (usize, (String, String))| MenuItem {
            testid: format!("tape-ask-{number}").into(),
            label: words.into(),
            line: line.into(),
            disabled: false,
            is_apart: false,
        };
        let items: Vec<MenuItem> =
            questions(tape, place.at, now).into_iter().enumerate().map(item).collect();
        (!items.is_empty()).then_some(Self { place, items })
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct AskingProps {
    /// The shown moment.
    pub(super) now: Instant,
    /// The menu, if it is open.
    pub(super) asked: Option<Asked>,
    pub(super) on_ask: Callback<Place>,
    pub(super) on_close: Callback<()>,
}

/// A button with a menu of questions about the shown moment. The menu is also that of a right click
/// on the line.
#[component(Asking)]
pub(super) fn asking(props: &AskingProps) -> Html {
    let AskingProps { now, asked, on_ask, on_close } = props;
    let runner = use_controls().runner;
    let on_click = use_callback((on_ask.clone(), *now), |event: MouseEvent, (on_ask, now)| {
        let Some(button) = event.target_dyn_into::<HtmlElement>() else { return };
        let place = button.get_bounding_client_rect();
        on_ask.emit(Place { at: *now, x: place.left() as i32, y: place.top() as i32 });
    });
    let on_choose = use_callback((runner, on_close.clone()), |line: AttrValue, deps| {
        let (runner, on_close) = deps;
        runner.exec(&line);
        on_close.emit(());
    });
    html! {
        <>
            <button type="button" class="button is-small tape-why" data-testid="tape-why"
                aria-haspopup="menu" aria-expanded={asked.is_some().to_string()}
                title="Questions about this moment" onclick={on_click}>{ "Why?" }</button>
            if let Some(Asked { place: Place { x, y, .. }, items }) = asked {
                <Menu label="Questions about this moment" x={*x} y={*y} items={items.clone()}
                    {on_choose} on_close={on_close.clone()} />
            }
        </>
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use raft_lab::{Lab, Setup};

    use super::*;

    #[test]
    fn everything_on_the_line_can_be_asked_about() {
        let mut lab = Lab::scratch(Setup { nodes: 3, ..Setup::default() }).expect("a set-up");
        let lines = ["run until leader", "set x=1", "run until idle", "crash leader", "set y=1"];
        for line in lines.into_iter().chain(["run 300ms"]) {
            lab.exec(line);
            while lab.frame().view.goal.is_some() {
                lab.tick(Duration::from_millis(16), Duration::from_secs(1));
            }
        }
        let frame = lab.frame();
        let (tape, now) = (&frame.lab.time.tape, frame.view.now);
        let mut asked = Vec::new();
        for part in 0..=100 {
            asked.extend(questions(tape, Instant(now.0 * part / 100), now));
        }
        asked.sort();
        asked.dedup();
        for begin in
            ["Why does node", "Why did node", "Why “node", "Why did “set x", "Why has “set y"]
        {
            assert!(asked.iter().any(|(words, _)| words.starts_with(begin)), "{begin}: {asked:?}");
        }
        for (words, line) in asked {
            lab.exec(&line);
            let answer = lab.frame().lab.explanation.clone().expect("an answer");
            assert_eq!(answer.asked, line, "{words}");
        }
    }

    #[test]
    fn what_comes_later_is_not_asked_about() {
        let tape = TapeView::default();
        let lines: Vec<String> =
            questions(&tape, Instant(9), Instant(9)).into_iter().map(|it| it.1).collect();
        assert_eq!(lines, ["why no leader"]);
        assert_eq!(questions(&tape, Instant(8), Instant(9)), []);
    }
}
