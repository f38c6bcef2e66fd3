//! The arguments of `helios diagram`.

use std::collections::BTreeSet;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use raft_core::{Instant, NodeId};
use raft_diagram::{Diagram, DiagramFilter, DiagramFormat, EventSet, LaneId};
use raft_kv::ClientId;
use raft_sim::units::digits;
use raft_sim::{EventNumber, MessageKind};

use crate::input::time;

/// Draw the sequence diagram of a script's run.
///
/// The script runs as with `helios run`. If an expectation fails or a property is broken, the
/// diagram ends there and says so. If the answers that clients got have no order, the fewest
/// operations found that contradict each other are marked.
///
/// Exit code: 0 if the script holds, 1 if it does not (its diagram is printed), 2 if there is no
/// diagram: the file cannot be read or is not a script, or there is too much to draw.
#[derive(Args)]
#[command(after_long_help = ONLY_HELP, arg_required_else_help = true)]
pub(crate) struct DiagramArguments {
    /// Script to run; `-` is standard input.
    pub(super) file: String,
    /// Begin at this virtual time, such as `1.5s` or `200ms`.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = time)]
    pub(super) from: Instant,
    /// End at this virtual time. The end of the run by default.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) to: Option<Instant>,
    /// The format of the diagram.
    #[arg(long, default_value = DiagramFormat::Svg.name(), value_parser = format())]
    pub(super) format: DiagramFormat,
    /// Draw only a part; --help lists the parts. May be repeated.
    #[arg(long, value_name = "PART", value_parser = only)]
    only: Vec<Only>,
    /// Draw routine without news too: heartbeats that repeat the last one, timers, counted votes.
    #[arg(long)]
    noise: bool,
}

const ONLY_HELP: &str = "\
PARTS of --only
  nodes=1,2             these nodes, and what is between them
  clients=1             these clients; with nodes=, both
  messages=RequestVote,RequestVoteReply
                        messages of these kinds; all that is no message stays
  operation=812         what happened for the operation that a client invoked with this event:
                        requests, the messages and writes with its entry, commit and answer
  caused-by=812         the event with this number, and all that it caused
  led-to=812            the event with this number, and the chain of its causes
The format txt shows the number of each event.

LIMITS
  svg and txt have at most 20,000 items, plantuml 2,000, mermaid 1,000 and 50,000 characters, which
  is the most that Mermaid draws. With more, choose a shorter time or a part.";

/// A part of a diagram.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Only {
    Lanes(Vec<LaneId>),
    Messages(Vec<MessageKind>),
    Operation(EventNumber),
    CausedBy(EventNumber),
    LedTo(EventNumber),
}

impl DiagramArguments {
    /// The filter; an error if an event is not in the diagram.
    pub(super) fn filter(&self, diagram: &Diagram) -> Result<DiagramFilter, String> {
        let mut filter = DiagramFilter { noise: self.noise, ..DiagramFilter::default() };
        let add = |filter: &mut DiagramFilter, more: EventSet| {
            let events = filter.events.take();
            filter.events = Some(events.map_or(more.clone(), |events| events.union(&more)));
        };
        for part in &self.only {
            match part {
                Only::Lanes(lanes) => {
                    filter.lanes.get_or_insert_with(BTreeSet::new).extend(lanes);
                }
                Only::Messages(kinds) => {
                    filter.messages.get_or_insert_with(BTreeSet::new).extend(kinds);
                }
                Only::Operation(event) => {
                    let events = diagram.operation_events(known(diagram, *event)?);
                    let none = || format!("event {event} begins no operation of a client");
                    add(&mut filter, events.ok_or_else(none)?);
                }
                Only::CausedBy(event) => {
                    add(&mut filter, diagram.future_of(known(diagram, *event)?));
                }
                Only::LedTo(event) => add(&mut filter, diagram.past_of(known(diagram, *event)?)),
            }
        }
        Ok(filter)
    }
}

fn known(diagram: &Diagram, event: EventNumber) -> Result<EventNumber, String> {
    let is_known = diagram.point_of(event).is_some();
    let error =
        || format!("there is no event {event} in that time; it has {}", diagram.event_count());
    is_known.then_some(event).ok_or_else(error)
}

fn format() -> impl TypedValueParser<Value = DiagramFormat> {
    let parser = PossibleValuesParser::new(DiagramFormat::ALL.map(DiagramFormat::name));
    parser.try_map(|name| DiagramFormat::named(&name).ok_or("no format has this name"))
}

fn only(word: &str) -> Result<Only, String> {
    let (name, values) = word.split_once('=').ok_or("a name, `=` and a value are expected")?;
    let numbers = || {
        let numbers: Option<Vec<u64>> = values.split(',').map(digits).collect();
        numbers.ok_or_else(|| format!("numbers with commas between them are expected: {values}"))
    };
    let event = || {
        let event = digits(values).and_then(EventNumber::new);
        event.ok_or_else(|| format!("the number of an event is expected: {values}"))
    };
    match name {
        "nodes" => {
            Ok(Only::Lanes(numbers()?.into_iter().map(|n| LaneId::Node(NodeId(n))).collect()))
        }
        "clients" => {
            Ok(Only::Lanes(numbers()?.into_iter().map(|n| LaneId::Client(ClientId(n))).collect()))
        }
        "messages" => values.split(',').map(kind).collect::<Result<_, _>>().map(Only::Messages),
        "operation" => event().map(Only::Operation),
        "caused-by" => event().map(Only::CausedBy),
        "led-to" => event().map(Only::LedTo),
        other => Err(format!(
            "`nodes`, `clients`, `messages`, `operation`, `caused-by` or `led-to` is expected, \
             found `{other}`"
        )),
    }
}

fn kind(name: &str) -> Result<MessageKind, String> {
    let found = MessageKind::ALL.into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| {
        let names = MessageKind::ALL.map(MessageKind::name).join(", ");
        format!("`{name}` is no kind of message; the kinds are {names}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read() {
        let nodes = vec![LaneId::Node(NodeId(1)), LaneId::Node(NodeId(3))];
        assert_eq!(only("nodes=1,3"), Ok(Only::Lanes(nodes)));
        assert_eq!(only("clients=2"), Ok(Only::Lanes(vec![LaneId::Client(ClientId(2))])));
        let kinds = vec![MessageKind::PreVote, MessageKind::Forward];
        assert_eq!(only("messages=PreVote,Forward"), Ok(Only::Messages(kinds)));
        let event = EventNumber::new(7).expect("not 0");
        assert_eq!(only("operation=7"), Ok(Only::Operation(event)));
        assert_eq!(only("caused-by=7"), Ok(Only::CausedBy(event)));
        assert_eq!(only("led-to=7"), Ok(Only::LedTo(event)));
        for wrong in ["", "nodes", "nodes=", "nodes=1,", "nodes=x", "messages=Vote", "led-to=0"] {
            assert!(only(wrong).is_err(), "{wrong}");
        }
    }
}
