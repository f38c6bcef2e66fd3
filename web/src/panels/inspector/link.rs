//! Details of a link, in both directions.

use raft_lab::{NodeId, View};
use yew::prelude::*;

use crate::state::{use_controls, use_frame};
use crate::ui::{Dial, Fact, FactList};
use crate::words::delay;

/// The latencies of the dial, in milliseconds.
const LATENCIES: &[u32] = &[0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];
/// The losses of the dial, in percent.
const LOSSES: &[u32] = &[0, 1, 2, 5, 10, 20, 30, 50, 75, 100];

#[derive(Properties, PartialEq)]
pub(crate) struct LinkDetailsProps {
    pub(crate) one: NodeId,
    pub(crate) other: NodeId,
}

#[component(LinkDetails)]
pub(crate) fn link_details(props: &LinkDetailsProps) -> Html {
    let frame = use_frame();
    let LinkDetailsProps { one, other } = *props;
    let directions = [(one, other), (other, one)].map(|(from, to)| {
        let facts = facts(&frame.view, from, to);
        html! {
            <section key={format!("{from}-{to}")} class="direction">
                <h3>{ format!("{from} → {to}") }</h3>
                <Dials {from} {to} />
                <FactList {facts} />
            </section>
        }
    });
    html! { <div class="directions">{ for directions }</div> }
}

#[derive(Properties, PartialEq)]
struct DialsProps {
    from: NodeId,
    to: NodeId,
}

/// Each says its line when it is let go: all messages take that time; so many of them are lost.
#[component(Dials)]
fn dials(props: &DialsProps) -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let DialsProps { from, to } = *props;
    let (latency_runner, loss_runner) = (runner.clone(), runner);
    let on_latency = Callback::from(move |latency: u32| {
        latency_runner.exec(&format!("link {from} -> {to} latency={latency}ms"));
    });
    let on_loss = Callback::from(move |loss: u32| {
        loss_runner.exec(&format!("link {from} -> {to} loss={loss}%"));
    });
    let Some(link) = frame.view.link(from, to) else { return html! {} };
    let latency = (link.latency_min_micros + link.latency_max_micros) as f64 / 2_000.0;
    html! {
        <>
            <Dial testid={format!("latency-{from}-{to}")} name="latency" values={LATENCIES}
                label={format!("Latency from {from} to {to}")} unit="ms"
                value={latency} on_set={on_latency} />
            <Dial testid={format!("loss-{from}-{to}")} name="loss" values={LOSSES}
                label={format!("Loss from {from} to {to}")} unit="%"
                value={f64::from(link.loss_per_million) / 10_000.0} on_set={on_loss} />
        </>
    }
}

fn facts(view: &View, from: NodeId, to: NodeId) -> Vec<Fact> {
    let Some(link) = view.link(from, to) else { return Vec::new() };
    let state = match (link.cut, link.reachable) {
        (true, _) => "cut",
        (false, true) => "open",
        (false, false) => "across the partition",
    };
    let percent = |per_million: u32| format!("{} %", f64::from(per_million) / 10_000.0);
    let under_way =
        view.messages.iter().filter(|message| message.from == from && message.to == to).count();
    let fact = |name: &'static str, value: String| Fact::new(name, value);
    vec![
        fact("state", state.to_owned()),
        fact("latency", delay(link.latency_min_micros, link.latency_max_micros)),
        fact("loss", percent(link.loss_per_million)),
        fact("duplication", percent(link.duplication_per_million)),
        fact("distribution", link.latency_shape.name().to_owned()),
        fact(
            "bandwidth",
            link.bandwidth.map_or("no limit".to_owned(), |rate| format!("{rate} B/s")),
        ),
        fact("reordering", if link.reordering { "yes" } else { "no" }.to_owned()),
        fact("in flight", under_way.to_string()),
    ]
}
