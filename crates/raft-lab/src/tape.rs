//! What the line of a run shows: who led when, faults, operations, and what happened.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use raft_core::{Instant, NodeId, Term};
use raft_kv::ClientId;
use raft_script::{Branch, Mark, MarkKind, MarkedOperation};
use raft_sim::EventNumber;
use serde::Serialize;

/// The most things of a kind on a tape. A line on a screen shows no more.
pub(crate) const PLACES: u64 = 400;

/// A part of a run as a line. All times are of the world's clock.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TapeView {
    /// The end of a line that shows the whole run: the end of the run when the tape was made.
    /// While time passes it is a little later, so that the line is seldom drawn again.
    pub end: Instant,
    /// The times of leaders, in the order of their beginnings. Two may lead at once: then the term
    /// of one is over.
    pub bands: Rc<[BandView]>,
    /// Elections: who asked for votes.
    pub asks: Rc<[AskView]>,
    /// When a leader committed entries.
    pub commits: Rc<[Instant]>,
    /// Nodes that are down or paused, partitions, and rules that are off.
    pub faults: Rc<[FaultView]>,
    /// The operations of clients.
    pub operations: Rc<[OperationView]>,
    /// What happened, in order.
    pub marks: Rc<[MarkView]>,
}

/// The time of a leader.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BandView {
    /// The leader.
    pub node: NodeId,
    /// Its term.
    pub term: Term,
    /// Its beginning.
    pub from: Instant,
    /// Its end; `None` if it still leads.
    pub to: Option<Instant>,
    /// The event in which it was elected.
    pub event: EventNumber,
    /// The event that ended its lead.
    pub ended_by: Option<EventNumber>,
}

/// A node asked for votes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct AskView {
    /// The node.
    pub node: NodeId,
    /// The term of the election.
    pub term: Term,
    /// The time.
    pub at: Instant,
    /// The event.
    pub event: EventNumber,
}

/// A fault that lasts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FaultView {
    /// The fault in words.
    pub words: String,
    /// Its beginning.
    pub from: Instant,
    /// Its end; `None` while it lasts.
    pub to: Option<Instant>,
    /// The event in which it began.
    pub event: EventNumber,
}

/// An operation of a client, or several that are too close together to be told apart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OperationView {
    /// The client.
    pub client: ClientId,
    /// The operation in words.
    pub words: String,
    /// Its start.
    pub from: Instant,
    /// Its end; `None` while the client waits.
    pub to: Option<Instant>,
    /// Whether the client got an answer. False while it waits, and if it gave up.
    pub is_answered: bool,
    /// The event of its end; `None` while the client waits.
    pub ended_by: Option<EventNumber>,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MarkView {
    /// The number of steps after it.
    pub steps: u64,
    /// The time.
    pub at: Instant,
    /// `leader`, `down`, `up`, `network`, `rule` or `broken`.
    pub kind: &'static str,
    /// What it is, in words.
    pub words: String,
}

/// The things that one can go to, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JumpTo {
    /// A node asks for votes, or leads.
    Election,
    /// A leader commits entries.
    Commit,
    /// A node goes down.
    Crash,
    /// A client gets an answer, or gives up.
    Answer,
    /// A property is broken.
    Violation,
}

const BROKEN: &str = "broken";

/// The number, or one that is larger by a 64th at most: as long as it grows by less, this is the
/// same.
pub(crate) fn rounded_up(number: u64) -> u64 {
    let place = number.checked_ilog2().unwrap_or(0).saturating_sub(6);
    number.next_multiple_of(1 << place)
}

/// A window of a line, cut into places.
struct Places {
    window: Range<u64>,
}

impl Places {
    fn place(&self, at: Instant) -> u64 {
        let width = (self.window.end - self.window.start).max(1);
        at.0.saturating_sub(self.window.start).saturating_mul(PLACES) / width
    }

    /// Whether a part of the time from `from` to `to` is in the window.
    fn shows(&self, from: Instant, to: Option<Instant>) -> bool {
        from.0 <= self.window.end && to.is_none_or(|to| to.0 >= self.window.start)
    }
}

impl TapeView {
    /// The tape of a branch in this window of time, in µs.
    pub(crate) fn of(branch: &Branch, window: Range<u64>) -> Self {
        let places = Places { window };
        let mut bands: Vec<BandView> = Vec::new();
        let mut asks: Vec<AskView> = Vec::new();
        let mut marks: Vec<MarkView> = Vec::new();
        let mut faults = Faults::of(branch);
        for mark in branch.marks() {
            let at = mark.at;
            faults.see(mark);
            if let MarkKind::Leads { node, term } = mark.kind {
                // One that is too short to be seen gives way.
                if bands.last().is_some_and(|last| places.place(last.from) == places.place(at)) {
                    bands.pop();
                }
                bands.push(BandView {
                    node,
                    term,
                    from: at,
                    to: None,
                    event: mark.event,
                    ended_by: None,
                });
            } else if let MarkKind::LeadsNoMore(node) = mark.kind {
                let open = |band: &&mut BandView| band.node == node && band.to.is_none();
                if let Some(band) = bands.iter_mut().rev().find(open) {
                    (band.to, band.ended_by) = (Some(at), Some(mark.event));
                }
            } else if let MarkKind::AsksForVotes { node, term } = mark.kind
                && places.shows(at, Some(at))
            {
                asks.push(AskView { node, term, at, event: mark.event });
            }
            let Some((kind, words)) = in_words(&mark.kind) else { continue };
            if !places.shows(at, Some(at)) {
                continue;
            }
            // Of several at one place, the first is shown, but nothing hides a broken property.
            let is_hidden = |last: &MarkView| places.place(last.at) == places.place(at);
            let view = MarkView { steps: mark.moment.steps, at, kind, words };
            match marks.last_mut().filter(|last| is_hidden(last)) {
                Some(last) if kind == BROKEN => *last = view,
                Some(_) => {}
                None => marks.push(view),
            }
        }
        bands.retain(|band| places.shows(band.from, band.to));
        asks.dedup_by_key(|ask| places.place(ask.at));
        Self {
            end: Instant(places.window.end),
            bands: bands.into(),
            asks: asks.into(),
            commits: commits(branch, &places),
            faults: faults.shown(&places),
            operations: operations(branch, &places),
            marks: marks.into(),
        }
    }
}

fn commits(branch: &Branch, places: &Places) -> Rc<[Instant]> {
    let commits = branch.commits().map(|(_, at)| at);
    let mut commits: Vec<Instant> = commits.filter(|at| places.shows(*at, Some(*at))).collect();
    commits.dedup_by_key(|at| places.place(*at));
    commits.into()
}

/// Operations of a client that begin at one place are one.
fn operations(branch: &Branch, places: &Places) -> Rc<[OperationView]> {
    let mut last: BTreeMap<ClientId, usize> = BTreeMap::new();
    let mut operations: Vec<OperationView> = Vec::new();
    for MarkedOperation { client, words, begins, ends, ended_by, .. } in branch.operations() {
        let (from, to) = (begins.1, ends.map(|(_, at, _)| at));
        if !places.shows(from, to) {
            continue;
        }
        let is_answered = ends.is_some_and(|(.., is_answered)| is_answered);
        let earlier = last.get(client).map(|place| &mut operations[*place]);
        match earlier.filter(|earlier| places.place(earlier.from) == places.place(from)) {
            Some(earlier) => {
                (earlier.to, earlier.is_answered) = (to, earlier.is_answered && is_answered);
                earlier.ended_by = *ended_by;
            }
            None => {
                last.insert(*client, operations.len());
                let (client, words, ended_by) = (*client, words.to_string(), *ended_by);
                let operation = OperationView { client, words, from, to, is_answered, ended_by };
                operations.push(operation);
            }
        }
    }
    operations.into()
}

/// The faults so far, and those that last.
#[derive(Default)]
struct Faults {
    all: Vec<FaultView>,
    down: BTreeMap<NodeId, usize>,
    paused: BTreeMap<NodeId, usize>,
    parted: Option<usize>,
    rules_off: Option<usize>,
}

impl Faults {
    /// Before the first mark: rules may be off from the beginning.
    fn of(branch: &Branch) -> Self {
        let mut faults = Self::default();
        let off = branch.head().world().setup().bugs.to_string();
        if let (false, Some(event)) = (off.is_empty(), EventNumber::new(1)) {
            let (words, from) = (format!("off: {off}"), Instant(0));
            faults.all.push(FaultView { words, from, to: None, event });
            faults.rules_off = Some(0);
        }
        faults
    }

    fn see(&mut self, mark: &Mark) {
        let at = mark.at;
        match &mark.kind {
            MarkKind::Down(node) => {
                self.end_of_pause(*node, at);
                let place = self.begin(format!("node {node} down"), mark);
                self.down.insert(*node, place);
            }
            MarkKind::Up(node) => {
                let place = self.down.remove(node);
                self.end(place, at);
            }
            MarkKind::Paused(node) => {
                let place = self.begin(format!("node {node} paused"), mark);
                self.paused.insert(*node, place);
            }
            MarkKind::Resumed(node) => self.end_of_pause(*node, at),
            MarkKind::Parted(words) => {
                let before = self.parted.take();
                self.end(before, at);
                self.parted = Some(self.begin(words.to_string(), mark));
            }
            MarkKind::Healed => {
                let place = self.parted.take();
                self.end(place, at);
            }
            MarkKind::Rules { off, .. } => {
                let before = self.rules_off.take();
                self.end(before, at);
                if !off.is_empty() {
                    self.rules_off = Some(self.begin(format!("off: {off}"), mark));
                }
            }
            MarkKind::AsksForVotes { .. }
            | MarkKind::Leads { .. }
            | MarkKind::LeadsNoMore(_)
            | MarkKind::LinkChanged(_)
            | MarkKind::Broken => {}
        }
    }

    fn begin(&mut self, words: String, mark: &Mark) -> usize {
        let (from, event) = (mark.at, mark.event);
        self.all.push(FaultView { words, from, to: None, event });
        self.all.len() - 1
    }

    fn end(&mut self, place: Option<usize>, at: Instant) {
        if let Some(fault) = place.and_then(|place| self.all.get_mut(place)) {
            fault.to = Some(at);
        }
    }

    fn end_of_pause(&mut self, node: NodeId, at: Instant) {
        let place = self.paused.remove(&node);
        self.end(place, at);
    }

    fn shown(mut self, places: &Places) -> Rc<[FaultView]> {
        self.all.retain(|fault| places.shows(fault.from, fault.to));
        self.all.dedup_by(|later, earlier| {
            places.place(later.from) == places.place(earlier.from) && later.words == earlier.words
        });
        self.all.into()
    }
}

fn in_words(kind: &MarkKind) -> Option<(&'static str, String)> {
    match kind {
        MarkKind::Leads { node, term } => {
            Some(("leader", format!("node {node} leads in term {term}")))
        }
        MarkKind::Down(node) => Some(("down", format!("node {node} goes down"))),
        MarkKind::Up(node) => Some(("up", format!("node {node} starts"))),
        MarkKind::Paused(node) => Some(("down", format!("node {node} is paused"))),
        MarkKind::Resumed(node) => Some(("up", format!("node {node} is resumed"))),
        MarkKind::Parted(words) | MarkKind::LinkChanged(words) => {
            Some(("network", words.to_string()))
        }
        MarkKind::Rules { words, .. } => Some(("rule", words.to_string())),
        MarkKind::Healed => Some(("network", "the network is whole again".to_owned())),
        MarkKind::Broken => Some((BROKEN, "a property is broken".to_owned())),
        MarkKind::AsksForVotes { .. } | MarkKind::LeadsNoMore(_) => None,
    }
}

impl JumpTo {
    /// The thing, in words.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Election => "election",
            Self::Commit => "commit",
            Self::Crash => "crash",
            Self::Answer => "answer",
            Self::Violation => "violation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_growing_line_seldom_changes() {
        let ends: std::collections::BTreeSet<u64> = (1..=3_600_000).map(rounded_up).collect();
        assert!(ends.len() < 64 * 22, "{} ends in an hour", ends.len());
        for number in [0, 1, 63, 64, 129, 1_000, 3_600_000_000] {
            let end = rounded_up(number);
            assert!(end >= number && end - number <= number / 64, "{number}: {end}");
        }
    }
}
