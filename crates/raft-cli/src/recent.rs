//! The last events before a failure, with repetitions folded.
//!
//! A cluster that cannot make progress repeats the same few events for minutes, and the event that
//! explains why was long before. So an event whose words, but for times, terms and indexes, were
//! there several times is told once, at its first time. The very last events are told as they are.
//! Of the lines before them, those about faults, memberships and leaders come first: they explain
//! the most.

use std::collections::{HashMap, VecDeque};

use raft_core::{ElectionTrace, Instant, Trace};
use raft_sim::{DiskEvent, Event, EventKind, Mention, Part, ProcessEvent, Words};

/// The number of events that are kept.
const KEPT: usize = 20_000;
/// The number of lines before the last events.
const LINES: usize = 14;
/// So many of these lines may be about faults, memberships and leaders.
const TELLING: usize = 10;
/// The number of last events that are told as they are.
const LAST: usize = 6;
/// Fewer equal events are no repetition.
const REPETITIONS: usize = 3;

/// The recent events of a run, oldest first.
#[derive(Default)]
pub(crate) struct Recent {
    events: VecDeque<Event>,
}

impl Recent {
    pub(crate) fn push(&mut self, event: &Event) {
        if self.events.len() == KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event.clone());
    }

    /// The last events in words, at most [`LINES`] and [`LAST`] lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        fold(self.events.iter().map(|event| Told {
            at: event.at,
            words: event.to_string(),
            shape: shape(&Words::of(&event.kind)),
            explains: explains(&event.kind),
        }))
    }
}

/// Whether an event is a fault or its end, or changes the membership or the leader.
fn explains(kind: &EventKind) -> bool {
    match kind {
        EventKind::Process { event: ProcessEvent::TimerElapsed { .. }, .. } => false,
        EventKind::Process { .. } | EventKind::Network(_) | EventKind::Cluster(_) => true,
        EventKind::Disk { event, .. } => {
            !matches!(event, DiskEvent::WriteIssued { .. } | DiskEvent::WriteDurable { .. })
        }
        EventKind::Core { trace, .. } => {
            let is_election_won =
                matches!(trace, Trace::Election(ElectionTrace::BecameLeader { .. }));
            is_election_won || matches!(trace, Trace::Membership(_))
        }
        EventKind::StateMachine { .. }
        | EventKind::Message { .. }
        | EventKind::Client { .. }
        | EventKind::Acted { .. } => false,
    }
}

/// An event to be told.
struct Told {
    at: Instant,
    /// With the time.
    words: String,
    /// The words without the time, and without most numbers.
    shape: String,
    explains: bool,
}

/// An event, or several whose shape is the same.
struct Line {
    /// The first of them.
    words: String,
    explains: bool,
    count: usize,
    last: Instant,
}

fn fold(events: impl Iterator<Item = Told>) -> Vec<String> {
    let events: Vec<Told> = events.collect();
    let (before, last) = events.split_at(events.len().saturating_sub(LAST));
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for event in before {
        *counts.entry(&event.shape).or_default() += 1;
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for Told { at, words, shape, explains } in before {
        let place = places.get(shape.as_str()).copied();
        if let Some(line) = place.and_then(|place| lines.get_mut(place)) {
            (line.count, line.last) = (line.count + 1, *at);
            continue;
        }
        if counts.get(shape.as_str()).is_some_and(|count| *count >= REPETITIONS) {
            places.insert(shape, lines.len());
        }
        lines.push(Line { words: words.clone(), explains: *explains, count: 1, last: *at });
    }
    let chosen = chosen(&lines);
    let folded = lines.iter().zip(chosen).filter(|(_, is_chosen)| *is_chosen);
    let folded = folded.map(|(line, _)| line.in_words());
    folded.chain(last.iter().map(|event| event.words.clone())).collect()
}

/// Which lines are told: the latest that explain, then the latest of the others.
fn chosen(lines: &[Line]) -> Vec<bool> {
    let mut chosen = vec![false; lines.len()];
    let mut left = LINES;
    for (explains, most) in [(true, TELLING), (false, LINES), (true, LINES)] {
        let places = (0..lines.len()).rev().filter(|place| lines[*place].explains == explains);
        let free: Vec<usize> =
            places.filter(|place| !chosen[*place]).take(most.min(left)).collect();
        left -= free.len();
        free.into_iter().for_each(|place| chosen[place] = true);
    }
    chosen
}

impl Line {
    fn in_words(&self) -> String {
        let Self { words, count, last, explains: _ } = self;
        match count {
            1 => words.clone(),
            _ => format!("{words} … the same {} times more, until {last}", count - 1),
        }
    }
}

/// The words with `#` for each number, unless it is that of a node or of a client.
fn shape(words: &Words) -> String {
    let mut shape = String::new();
    for Part { text, mention } in words.parts() {
        match mention {
            Some(Mention::Node(_) | Mention::Client(_)) => shape += text,
            Some(
                Mention::Term(_)
                | Mention::Index(_)
                | Mention::Entry(_)
                | Mention::Section(_)
                | Mention::Message(_)
                | Mention::Event(_)
                | Mention::Key(_),
            )
            | None => {
                for part in text.split_inclusive(|c: char| c.is_ascii_digit()) {
                    let plain = part.trim_end_matches(|c: char| c.is_ascii_digit());
                    shape += plain;
                    if plain != part && !shape.ends_with('#') {
                        shape.push('#');
                    }
                }
            }
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use raft_core::{NodeId, Term};
    use raft_kv::ClientId;
    use raft_sim::{MessageId, words};

    use super::*;

    #[test]
    fn only_nodes_and_clients_are_told_apart_by_their_numbers() {
        let (one, two) = (NodeId(1), NodeId(2));
        let starts = |node: NodeId, term: u64| words! { node, " starts ", Term(term) };
        let asks = |client: u64, attempt: u64| {
            words! { "client ", ClientId(client), " asks ", one, ", attempt ", attempt }
        };
        for (first, second, is_same) in [
            (starts(one, 3), starts(one, 41), true),
            (starts(one, 3), starts(two, 3), false),
            (words! { "after 7ms" }, words! { "after 1234ms" }, true),
            (asks(3, 2), asks(3, 55), true),
            (asks(3, 2), asks(4, 2), false),
        ] {
            assert_eq!(shape(&first) == shape(&second), is_same, "{first} / {second}");
        }
    }

    fn folded(events: impl IntoIterator<Item = Words>) -> Vec<String> {
        fold((1..).zip(events).map(|(at, words)| Told {
            at: Instant(at * 1000),
            words: format!("{at} {words}"),
            shape: shape(&words),
            explains: words.to_string().contains("crashes"),
        }))
    }

    #[test]
    fn the_line_that_explains_is_there_however_long_the_cluster_tries() {
        let (one, two) = (NodeId(1), NodeId(2));
        let start = [words! { "the network is partitioned: 1" }];
        let tries = (1..500).flat_map(|term| {
            let message = MessageId(3 * term);
            [
                words! { two, " asks for votes in ", Term(term) },
                words! { message, " from ", two, " to ", one, " is lost" },
            ]
        });
        let lines = folded(start.into_iter().chain(tries));
        assert_eq!(lines[0], "1 the network is partitioned: 1");
        let asked = "2 node 2 asks for votes in term 1 … the same 495 times more, until 992.000ms";
        assert_eq!(lines[1], asked);
        assert_eq!(lines.len(), 3 + LAST, "{lines:?}");
        assert_eq!(lines[8], "999 message 1497 from node 2 to node 1 is lost");
    }

    #[test]
    fn a_fault_is_told_though_much_else_happened_since() {
        let start = [words! { NodeId(1), " crashes" }];
        let others = (0..60).map(|node| words! { NodeId(node / 2), " votes" });
        let lines = folded(start.into_iter().chain(others));
        assert_eq!(lines.len(), LINES + LAST);
        assert_eq!(lines[0], "1 node 1 crashes");
    }

    #[test]
    fn events_that_do_not_repeat_are_told_as_they_are() {
        let events = (0..60).map(|node| words! { NodeId(node / 2), " crashes" });
        let lines = folded(events);
        assert_eq!(lines.len(), LINES + LAST);
        assert!(lines.iter().all(|line| !line.contains('…')), "{lines:?}");
        assert_eq!(lines[0], "41 node 20 crashes");
    }
}
