//! A warning before it is too late: a round trip that comes near the election timeouts (§5.6).

use raft_core::NodeId;

use crate::{NodeView, View};

/// A round trip shall be shorter than this part of an election timeout: the half.
const SHARE: u64 = 2;

/// What a node needs for an answer from a majority, and how long it waits before it starts an
/// election. In microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TightTiming {
    /// The node for which the time is shortest.
    pub node: NodeId,
    /// Whether it is the only such node.
    pub is_alone: bool,
    /// The longest time of a round trip: there, onto the other's disk, and back; to the nearest
    /// nodes that make a majority with it.
    pub round_trip_micros: u64,
    /// Its shortest election timeout.
    pub timeout_micros: u64,
}

impl TightTiming {
    /// The warning for a moment: of the voter for which the time is shortest, if its round trip
    /// takes half of its election timeout or more. `None` if no voter is near that. Cut links,
    /// partitions and nodes that are down are faults of another kind: they do not count.
    pub fn of(view: &View) -> Option<Self> {
        let tight: Vec<Self> =
            view.nodes.iter().filter_map(|node| Self::of_node(view, node)).collect();
        let least_time = |it: &&Self| {
            // The larger part of a timeout first; a timeout is never 0.
            std::cmp::Reverse(it.round_trip_micros * 1_000 / it.timeout_micros.max(1))
        };
        let worst = tight.iter().min_by_key(least_time)?;
        Some(Self { is_alone: tight.len() == 1, ..*worst })
    }

    fn of_node(view: &View, node: &NodeView) -> Option<Self> {
        let voters = &view.membership.voters;
        if !voters.contains(&node.id) {
            return None;
        }
        let others = voters.iter().filter(|other| **other != node.id);
        let mut trips: Vec<u64> =
            others.filter_map(|other| round_trip(view, node.id, *other)).collect();
        trips.sort_unstable();
        // The node itself is one of the majority.
        let needed = (voters.len() / 2).checked_sub(1)?;
        let round_trip_micros = *trips.get(needed)?;
        let timeout_micros = node.election_timeout_min_micros;
        let is_tight = round_trip_micros * SHARE >= timeout_micros;
        let node = node.id;
        is_tight.then_some(Self { node, is_alone: false, round_trip_micros, timeout_micros })
    }

    /// The warning in a sentence, without its section.
    pub fn words(&self) -> String {
        let of_node =
            if self.is_alone { format!("For node {}: a", self.node) } else { "A".to_owned() };
        let (trip, timeout) = (ms(self.round_trip_micros), ms(self.timeout_micros));
        let timeouts = format!(
            "{of_node} round trip to a majority takes up to {trip} ms, and election timeouts \
             begin at {timeout} ms"
        );
        match self.round_trip_micros >= self.timeout_micros {
            true => format!("{timeouts}: elections without a cause are to be expected."),
            false => format!("{timeouts}: a little more, and elections begin without a cause."),
        }
    }
}

/// The longest time to another node, onto its disk, and back.
fn round_trip(view: &View, node: NodeId, other: NodeId) -> Option<u64> {
    let (there, back) = (view.link(node, other)?, view.link(other, node)?);
    let peer = view.node(other)?;
    let onto_disk = peer.disk.latency_max_micros + peer.handling_micros;
    Some(there.latency_max_micros + onto_disk + back.latency_max_micros)
}

/// Milliseconds, with a digit after the point where it is needed.
fn ms(micros: u64) -> String {
    match micros % 1_000 / 100 {
        0 => format!("{}", micros / 1_000),
        tenths => format!("{}.{tenths}", micros / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ExecStatus, Lab};

    fn warning(script: &str) -> Option<TightTiming> {
        let lab = Lab::run_script(script).expect("a script");
        TightTiming::of(&finished(lab).frame().view)
    }

    fn finished(mut lab: Lab) -> Lab {
        let time = std::time::Duration::from_millis(16);
        while lab.pacing().running {
            lab.tick(time, time);
        }
        lab
    }

    fn words(script: &str) -> String {
        warning(script).expect("a warning").words()
    }

    #[test]
    fn the_usual_settings_are_no_cause() {
        assert_eq!(warning("cluster nodes=5 seed=1\n"), None);
        let wide = "cluster nodes=3 seed=1 latency=70ms disk=1ms election=300ms..600ms\n";
        assert_eq!(warning(wide), None);
    }

    #[test]
    fn slow_links_are_near_the_timeouts() {
        let slow = "cluster nodes=5 seed=1 latency=10ms..70ms disk=20ms election=150ms..300ms\n";
        assert_eq!(
            words(slow),
            "A round trip to a majority takes up to 160 ms, and election timeouts begin at \
             150 ms: elections without a cause are to be expected."
        );
        let near = "cluster nodes=5 seed=1 latency=35.2ms disk=5ms election=150ms..300ms\n";
        assert_eq!(
            words(near),
            "A round trip to a majority takes up to 75.4 ms, and election timeouts begin at \
             150 ms: a little more, and elections begin without a cause."
        );
    }

    #[test]
    fn a_majority_that_is_near_is_enough() {
        let base = "cluster nodes=5 seed=1 latency=5ms disk=1ms election=150ms..300ms\n";
        let far = |links: &str| format!("{base}{links}");
        assert_eq!(warning(&far("link 1 <-> 4 latency=200ms\nlink 1 <-> 5 latency=200ms\n")), None);
        let alone = far(
            "link 1 -> 3 latency=200ms\nlink 1 <-> 4 latency=200ms\nlink 5 -> 1 latency=200ms\n",
        );
        assert_eq!(
            words(&alone),
            "For node 1: a round trip to a majority takes up to 206 ms, and election timeouts \
             begin at 150 ms: elections without a cause are to be expected."
        );
    }

    #[test]
    fn a_disk_and_the_settings_of_one_node_count() {
        let mut lab = finished(
            Lab::run_script("cluster nodes=3 seed=1 latency=5ms disk=1ms election=150ms..300ms\n")
                .expect("a script"),
        );
        let mut after = |line: &str| {
            assert!(!matches!(lab.exec(line), ExecStatus::Failed(_)), "{line}");
            TightTiming::of(&lab.frame().view)
        };
        assert_eq!(after("disk 2 latency=100ms"), None, "node 3 is enough for node 1");
        let slow = after("disk 3 latency=100ms").expect("a warning");
        assert_eq!((slow.node, slow.is_alone), (NodeId(1), true), "2 and 3 have node 1");
        assert_eq!(slow.round_trip_micros, 110_000);
    }
}
