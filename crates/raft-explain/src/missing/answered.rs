//! Why a client got its last answer, and not earlier.

use raft_core::{Bare, LogIndex, LogPosition, Node, NodeId};
use raft_kv::{ClientId, Sequence};
use raft_sim::{ClientEvent, Event, ProcessEvent, Words, words};

use super::answers;
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::missing::lacking;
use crate::question::Unanswerable;
use crate::said::{At, Named, Took};
use crate::seen::{Passing, appended, carries, committed, operation, process};

/// An operation that is over.
pub(crate) struct Ended<'a> {
    pub(crate) run: Evidence<'a>,
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    /// Its end.
    pub(crate) event: &'a Event,
    pub(crate) end: &'a ClientEvent,
}

/// Why a client got its last answer, and not earlier.
pub(super) fn why(run: &Evidence<'_>, client: ClientId) -> Result<Explanation, Unanswerable> {
    if run.world.client(client).is_none() {
        return Err(Unanswerable::NoSuchClient(client));
    }
    let ended = run.record.iter().rev().find_map(|event| {
        let (_, sequence, end) = operation(event).filter(|(of, ..)| *of == client)?;
        let is_end = matches!(end, ClientEvent::Answered { .. } | ClientEvent::GaveUp);
        is_end.then_some(Ended { run: *run, client, sequence, event, end })
    });
    match ended {
        Some(ended) => Ok(Explanation::of(ended.why())),
        None => answers::none(run, client),
    }
}

impl<'a> Ended<'a> {
    /// Why it ended so, and not earlier.
    pub(crate) fn why(&self) -> Finding {
        let run = &self.run;
        let (silence, causes) = self.waited_for_silence();
        let finding = Finding::new(words!(self.answer(), self.fate(), silence));
        let finding = match self.stale_answer() {
            Some(node) => finding
                .section("dissertation §6.4")
                .because_all(run.causes(self.event))
                .because_all(self.unknown_to(node)),
            None => finding.section("§8").because_all(run.causes(self.event)),
        };
        finding.because_all(causes).because_all(self.not_committed())
    }

    /// The loss because of which the entry of a write that was given up was not committed.
    fn not_committed(&self) -> Vec<Vec<Cause>> {
        let entry = self.entries().pop().filter(|_| matches!(self.end, ClientEvent::GaveUp));
        let Some(entry) = entry else { return Vec::new() };
        let lost = self.run.record.iter().find_map(|event| {
            let it = Passing::of(event).filter(Passing::is_lost)?;
            let carries = it.message.term == entry.term && carries(it.message, entry.index);
            carries.then(|| {
                (event, words!("no answer: ", Named(it.message), " to ", it.to, " is lost"))
            })
        });
        lost.map(|(event, said)| self.run.led_by_as(event, said)).unwrap_or_default()
    }

    /// What happened to the operation.
    fn its(&self, event: &'a Event) -> Option<&'a ClientEvent> {
        let (client, sequence, event) = operation(event)?;
        ((client, sequence) == (self.client, self.sequence)).then_some(event)
    }

    /// The node whose answer may be stale.
    fn stale_answer(&self) -> Option<NodeId> {
        let ClientEvent::Answered { node, read, .. } = self.end else { return None };
        read.may_be_stale().then_some(*node)
    }

    fn answer(&self) -> Words {
        let mut before = self.run.record.before(self.event.number);
        let began =
            before.find(|event| matches!(self.its(event), Some(ClientEvent::Invoked { .. })));
        let took = Took(self.event.at - began.map_or(self.event.at, |began| began.at));
        let ClientEvent::Answered { node, attempts, .. } = self.end else {
            return words! {
                "The client gave up after ", took, ": its patience ended without an answer, and no \
                 answer means neither yes nor no"
            };
        };
        match self.stale_answer() {
            Some(node) => words! {
                "Node ", Bare(node), " answered from its own store after ", took,
                ", attempt {attempts}. A local read asks nobody and shows what that node has \
                 applied, here up to ", self.applied(node)
            },
            None => {
                words! {
                    "The client got its answer from ", node, " after ", took, ", attempt {attempts}"
                }
            }
        }
    }

    fn applied(&self, node: NodeId) -> LogIndex {
        self.run.core(node).map_or(LogIndex(0), Node::last_applied)
    }

    /// A time-out on the way means that a server did not answer: says so, and why.
    fn waited_for_silence(&self) -> (Words, Vec<Vec<Cause>>) {
        let run = &self.run;
        let silent = run.record.before(self.event.number).find_map(|event| {
            let ClientEvent::TimedOut { node } = self.its(event)? else { return None };
            Some((event, *node))
        });
        let Some((timed_out, node)) = silent else { return (Words::default(), Vec::new()) };
        let waited = Took(run.world.setup().client_timeout);
        let words = words! {
            ". It waited a whole time-out, ", waited, ", for ", node, ", which did not answer"
        };
        let down = run.last_before(timed_out.number, |event| {
            matches!(process(event, node), Some(ProcessEvent::Crashed | ProcessEvent::Paused))
        });
        (words, run.led_by(down))
    }

    /// The entries that the requests of the operation made: its first try and its retries.
    fn entries(&self) -> Vec<LogPosition> {
        let arrived = self.run.record.iter().filter(|event| {
            matches!(self.its(event), Some(ClientEvent::Arrived { is_up: true, .. }))
        });
        let made = arrived.filter_map(|arrived| {
            let rest = self.run.rest_of_step(arrived);
            let caused = rest.filter(|event| event.cause == Some(arrived.number));
            caused.filter_map(appended).find(|(_, is_noop)| !is_noop)
        });
        made.map(|(position, _)| position).collect()
    }

    /// The end of a write, as far as the run knows.
    fn fate(&self) -> Words {
        let is_answered = matches!(self.end, ClientEvent::Answered { .. });
        match (is_answered, self.entries().as_slice()) {
            (true, [first, .., last]) => words! {
                ". Entry ", Bare(last), " is a retry of entry ", Bare(first), ": same session, \
                 same number. The state machine remembers the answer that it gave and returns it \
                 without applying the command again, if the first was applied"
            },
            (false, [.., entry]) => {
                words!(". The run knows more: ", self.fate_of(*entry))
            }
            (true, [] | [_]) | (false, []) => Words::default(),
        }
    }

    fn fate_of(&self, entry: LogPosition) -> Words {
        let committed = self.run.record.iter().find_map(|event| {
            let (node, ..) = committed(event).filter(|(_, _, to)| entry.index <= *to)?;
            let log = self.run.core(node)?.log();
            Some((At(event.at), log.term_at(entry.index)?))
        });
        match committed {
            Some((at, term)) if term == entry.term => {
                words!("its entry ", Bare(entry), " is committed, since ", at)
            }
            Some((at, term)) => {
                let other = LogPosition::new(entry.index, term);
                words! {
                    "its entry was ", Bare(entry), ", and ", Bare(other),
                    " was committed in its place at ", at, ", so this write did not happen, and as \
                     the client does not ask again, never will"
                }
            }
            None => words!("its entry is ", Bare(entry), ", and not committed so far"),
        }
    }

    /// The first entry that is committed and that a node had not applied.
    fn unknown_to(&self, node: NodeId) -> Vec<Vec<Cause>> {
        let next = self.applied(node).next();
        let mut before = self.run.record.before(self.event.number);
        match before.any(|event| committed(event).is_some_and(|(_, _, to)| next <= to)) {
            true => lacking(&self.run, node, next, self.event),
            false => Vec::new(),
        }
    }
}
