//! The rows of the line. For the eye only: the slider and the keys reach every moment, and the
//! events are a list of their own.

use std::collections::BTreeSet;
use std::rc::Rc;

use raft_lab::{BranchView, ClientId, Instant, TapeView};
use yew::prelude::*;

use super::scale::Scale;
use crate::picture::term_class;

/// The most rows of clients.
const MAX_CLIENTS: usize = 3;

#[derive(Properties, PartialEq)]
pub(super) struct PictureProps {
    pub(super) tape: TapeView,
    pub(super) scale: Scale,
    pub(super) branches: Rc<[BranchView]>,
}

#[component(Picture)]
pub(super) fn picture(props: &PictureProps) -> Html {
    let PictureProps { tape, scale, branches } = props;
    html! {
        <div class="tape-picture" aria-hidden="true" data-testid="tape-picture">
            <div class="tape-row tape-terms">
                { for tape.bands.iter().enumerate().map(|(place, band)| {
                    let words = format!("node {} leads term {}", band.node, band.term);
                    html! {
                        <span key={format!("band {place}")} title={words}
                            class={classes!("tape-band", term_class(band.term))}
                            style={bar(scale, band.from, band.to)}>
                            <b>{ band.node.to_string() }</b>{ format!(" term {}", band.term) }
                        </span>
                    }
                }) }
                { for within(scale, &tape.asks, |ask| ask.at).map(|(place, ask)| html! {
                    <span key={format!("ask {place}")} class="tape-ask"
                        title={format!("node {} asks for votes in term {}", ask.node, ask.term)}
                        style={at(scale, ask.at)}></span>
                }) }
            </div>
            <div class="tape-row tape-commits">
                { for within(scale, &tape.commits, |time| *time).map(|(place, time)| html! {
                    <span key={format!("commit {place}")} class="tape-commit"
                        style={at(scale, *time)}></span>
                }) }
                { for within(scale, &tape.marks, |mark| mark.at).map(|(place, mark)| html! {
                    <span key={format!("mark {place}")} title={mark.words.clone()}
                        class={classes!("tape-mark", format!("is-{}", mark.kind))}
                        style={at(scale, mark.at)}></span>
                }) }
            </div>
            <div class="tape-row tape-faults">
                { for tape.faults.iter().enumerate().map(|(place, fault)| html! {
                    <span key={place} class="tape-fault"
                        title={fault.words.clone()} style={bar(scale, fault.from, fault.to)}>
                        { &fault.words }
                    </span>
                }) }
            </div>
            { clients(tape, scale) }
            <div class="tape-row tape-axis">
                { for scale.ticks().into_iter().map(|(time, name)| html! {
                    <span key={time.0} class="tape-tick" style={at(scale, time)}>{ name }</span>
                }) }
                { for branches.iter().filter(|branch| branch.parent.is_some()).map(|branch| html! {
                    <span key={format!("branch {}", branch.id)} class="tape-fork"
                        title={format!("{} begins here", branch.name)}
                        style={at(scale, branch.from)}></span>
                }) }
            </div>
        </div>
    }
}

/// A row for each of the first clients. The others share the last one.
fn clients(tape: &TapeView, scale: &Scale) -> Html {
    let ids: BTreeSet<ClientId> = tape.operations.iter().map(|op| op.client).collect();
    let ids: Vec<ClientId> = ids.into_iter().collect();
    let row = |id: ClientId| ids.iter().position(|other| *other == id).unwrap_or(0);
    let rows = (0..MAX_CLIENTS).map(|place| {
        let operations = tape.operations.iter().enumerate();
        let operations = operations.filter(|(_, op)| row(op.client).min(MAX_CLIENTS - 1) == place);
        html! {
            <div key={format!("clients {place}")} class="tape-row tape-clients">
                { for operations.map(|(place, operation)| {
                    let words = format!("client {}: {}", operation.client, operation.words);
                    html! {
                        <span key={place} title={words}
                            style={bar(scale, operation.from, operation.to)}
                            class={classes!("tape-operation",
                                (!operation.is_answered).then_some("is-open"))}></span>
                    }
                }) }
            </div>
        }
    });
    html! { <>{ for rows }</> }
}

/// The things in the window, each with its place in the list, which is its key. A time or a number
/// of steps would be no key: several statements may be at one time, or after one step.
fn within<'a, T>(
    scale: &'a Scale,
    things: &'a [T],
    time: fn(&T) -> Instant,
) -> impl Iterator<Item = (usize, &'a T)> {
    things.iter().enumerate().filter(move |(_, thing)| scale.contains(time(thing)))
}

/// From a time to another one; `None`: to the end of the run.
fn bar(scale: &Scale, from: Instant, to: Option<Instant>) -> String {
    let start = scale.percent(from);
    let end = scale.percent(to.unwrap_or(scale.end()));
    format!("left:{start:.3}%;width:{:.3}%", end - start)
}

fn at(scale: &Scale, time: Instant) -> String {
    format!("left:{:.3}%", scale.percent(time))
}
