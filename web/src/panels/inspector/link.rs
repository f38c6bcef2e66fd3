//! Details of a link, in both directions.

use raft_lab::{NodeId, View};
use yew::prelude::*;

use crate::state::use_frame;
use crate::ui::{Fact, FactList};
use crate::words::delay;

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
            <section key={from.0} class="direction">
                <h3>{ format!("{from} → {to}") }</h3>
                <FactList {facts} />
            </section>
        }
    });
    html! { <div class="directions">{ for directions }</div> }
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
