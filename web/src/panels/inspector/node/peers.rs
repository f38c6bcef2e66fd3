//! A leader's replication state (Figure 2: nextIndex and matchIndex).

use raft_lab::{Instant, PeerView, ProgressKind};
use yew::prelude::*;

use crate::words::bytes;

#[derive(Properties, PartialEq)]
pub(super) struct PeersProps {
    pub(super) peers: Vec<PeerView>,
    pub(super) now: Instant,
}

#[component(Peers)]
pub(super) fn peers(props: &PeersProps) -> Html {
    let rows = props.peers.iter().map(|peer| row(peer, props.now));
    html! {
        <table class="small-table" data-testid="peers">
            <caption>{ "Replication to the other nodes" }</caption>
            <thead><tr>
                <th scope="col">{ "node" }</th><th scope="col">{ "state" }</th>
                <th scope="col">{ "match" }</th><th scope="col">{ "next" }</th>
                <th scope="col">{ "in flight" }</th><th scope="col">{ "heard" }</th>
            </tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

fn row(peer: &PeerView, now: Instant) -> Html {
    let mode = match peer.state {
        ProgressKind::Probe => "probe".to_owned(),
        ProgressKind::Replicate => "replicate".to_owned(),
        ProgressKind::Snapshot { received, total } => {
            format!("snapshot {}/{}", bytes(received), bytes(total))
        }
    };
    let in_flight = match peer.in_flight {
        0 if peer.in_flight_bytes == 0 => "–".to_owned(),
        messages => format!("{messages} · {}", bytes(peer.in_flight_bytes)),
    };
    let heard = format!("{} ms ago", (now - peer.last_contact).as_millis());
    html! {
        <tr key={peer.id.0}>
            <th scope="row">{ peer.id.to_string() }</th>
            <td>{ mode }</td>
            <td>{ peer.match_index.to_string() }</td>
            <td>{ peer.next_index.to_string() }</td>
            <td>{ in_flight }</td>
            <td>{ heard }</td>
        </tr>
    }
}
