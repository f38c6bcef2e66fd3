//! Is a recorded run a run of Raft? Each property that the record allows is judged by raft-check.

mod beginning;

use std::borrow::Cow;

use raft_check::{Property, RecordedChecks, RecordedState};
use raft_core::{Entry, Instant, LogIndex, NodeId, RoleKind, Term};
use raft_sim::Words;

use self::beginning::Commits;
use crate::model::{Fact, LogFact, RecordedRun, TraceSource, TraceStep};
use crate::state::{TraceNode, TraceState};

/// The verdict on a recorded run.
#[derive(Clone, Debug)]
pub struct TraceVerdict {
    /// The first step that no correct cluster makes.
    pub broken: Option<BrokenStep>,
    /// The properties that were judged, at each step up to there.
    pub judged: Vec<&'static Property>,
    /// The properties that the record says nothing about, with the reason.
    pub not_judged: Vec<(&'static Property, String)>,
}

/// A step that no correct cluster makes.
#[derive(Clone, Debug)]
pub struct BrokenStep {
    /// The place of the step in the run, from 0.
    pub step: usize,
    /// The line of the file, from 1.
    pub line: usize,
    /// The property.
    pub property: &'static Property,
    /// What is wrong, in a sentence.
    pub sentence: Words,
    /// The line's event, in words.
    pub text: String,
}

/// Judges a recorded run, up to its first contradiction.
pub fn judge(run: &RecordedRun) -> TraceVerdict {
    let mut judge = Judge::new(run);
    judge.take(&run.steps);
    judge.verdict()
}

/// Judges a run while its record grows.
///
/// Where a server [is observed](Fact::Observed), what it did before is not known. The checks then
/// begin anew from the states of all nodes that are known. The leader of each term is remembered.
pub struct Judge {
    source: TraceSource,
    state: TraceState,
    checks: RecordedChecks,
    seen: Seen,
    /// From this line on nothing is judged, for this reason.
    suspended: Option<(usize, Cow<'static, str>)>,
    commits: Commits,
    /// Of the entries up to here only the positions are compared.
    floor: LogIndex,
    /// Whether judging began anew: then not every log is known from its beginning.
    is_partial: bool,
    /// The number of steps so far.
    taken: usize,
    broken: Option<BrokenStep>,
}

/// What a record told of at least once.
#[derive(Default)]
struct Seen {
    leaders: bool,
    votes: bool,
    terms: bool,
    entries: bool,
    lengths: bool,
    commits: bool,
    applied: bool,
    acknowledged: bool,
}

impl Seen {
    /// Whether the record tells how far the logs go. Nothing is in a log of which it tells nothing.
    fn logs(&self) -> bool {
        self.entries || self.lengths
    }
}

impl Judge {
    /// Of a run before its first step.
    pub fn new(run: &RecordedRun) -> Self {
        let mut judge = Self {
            source: run.source,
            state: TraceState::beginning(run),
            checks: RecordedChecks::new(),
            seen: Seen::default(),
            suspended: None,
            commits: Commits::Unknown,
            floor: LogIndex(0),
            is_partial: false,
            taken: 0,
            broken: None,
        };
        judge.begin();
        judge
    }

    /// Takes the next steps, which are whole [moments](RecordedRun::moment). After the first
    /// contradiction nothing more is judged.
    pub fn take(&mut self, steps: &[TraceStep]) {
        let mut rest = steps;
        while !rest.is_empty() && self.broken.is_none() {
            let (moment, after) = rest.split_at(self.source.moment(rest));
            self.take_moment(moment);
            self.broken = self.found(moment);
            self.taken += moment.len();
            rest = after;
        }
    }

    /// The verdict so far.
    pub fn verdict(&self) -> TraceVerdict {
        let (judged, not_judged) = self.told();
        TraceVerdict { broken: self.broken.clone(), judged, not_judged }
    }

    /// The contradiction that the steps of a moment brought.
    fn found(&self, moment: &[TraceStep]) -> Option<BrokenStep> {
        let found = self.checks.violation()?;
        // The checks were told the places of the steps as their numbers.
        let place = (found.event as usize).max(self.taken);
        let step = moment.get(place - self.taken)?;
        Some(BrokenStep {
            step: place,
            line: step.line,
            property: found.property,
            sentence: found.description.clone(),
            text: step.text.clone(),
        })
    }

    /// Takes the steps of one moment, which are of one node.
    fn take_moment(&mut self, steps: &[TraceStep]) {
        let places = self.taken..;
        let node = steps.iter().find_map(|step| step.node);
        let before = node.and_then(|node| self.state.node(node).cloned()).unwrap_or_default();
        for (place, step) in places.clone().zip(steps) {
            for fact in &step.facts {
                self.state.take_fact(step.node, fact);
                self.note(step.line, fact);
                self.note_leader(place, step, fact);
            }
        }
        let Some(id) = node else { return };
        let Some(now) = self.state.node(id).cloned() else { return };
        let facts: Vec<(usize, &TraceStep, &Fact)> = places
            .zip(steps)
            .flat_map(|(place, step)| step.facts.iter().map(move |fact| (place, step, fact)))
            .collect();
        if facts.iter().any(|(_, _, fact)| **fact == Fact::Observed) {
            self.at(&facts, |fact| *fact == Fact::Observed);
            self.observe(id);
        } else if !facts.is_empty() {
            self.compare(id, &before, &now, &facts);
        }
    }

    /// Tells the checks of a leader, also of one that leads no more at the end of the moment.
    fn note_leader(&mut self, place: usize, step: &TraceStep, fact: &Fact) {
        let node = step.node.and_then(|id| Some((id, self.state.node(id)?.term)));
        if *fact == Fact::Role(RoleKind::Leader)
            && self.seen.terms
            && let Some((id, term)) = node
        {
            self.checks.now(Instant(step.at_us.unwrap_or_default()), place as u64);
            self.checks.leads(id, term);
        }
    }

    /// What is told next happened in the last step that says something of this kind.
    fn at(&mut self, facts: &[Told<'_>], is_it: impl Fn(&Fact) -> bool) {
        let found = facts.iter().rev().find(|(_, _, fact)| is_it(fact)).or(facts.first());
        if let Some((place, step, _)) = found {
            self.checks.now(Instant(step.at_us.unwrap_or_default()), *place as u64);
        }
    }

    fn note(&mut self, line: usize, fact: &Fact) {
        let seen = &mut self.seen;
        match fact {
            Fact::Unsafe(reason) => {
                self.suspended.get_or_insert((line, reason.clone()));
                self.checks.suspend_all(&Words::of(reason.as_ref()));
            }
            Fact::Term(_) => seen.terms = true,
            Fact::Vote(_) | Fact::Voted { .. } => seen.votes = true,
            Fact::Role(RoleKind::Leader) => seen.leaders = true,
            Fact::Log(LogFact::Entry(_)) => seen.entries = true,
            Fact::LogLength(_) => seen.lengths = true,
            Fact::Commit(_) => seen.commits = true,
            Fact::Applied(_) => seen.applied = true,
            Fact::Acknowledged { .. } => seen.acknowledged = true,
            Fact::Observed
            | Fact::Started
            | Fact::OutOfSight
            | Fact::Stopped
            | Fact::Renewed
            | Fact::Role(_)
            | Fact::Log(LogFact::Removed { .. } | LogFact::Unseen(_) | LogFact::Base { .. })
            | Fact::Disk(_)
            | Fact::DiskState(..)
            | Fact::AppliedThrough(_)
            | Fact::Sent(_)
            | Fact::Arrived(_)
            | Fact::Lost(_) => {}
        }
    }

    /// Tells the checks what changed, in the order in which they need it.
    fn compare(&mut self, id: NodeId, before: &TraceNode, now: &TraceNode, facts: &[Told<'_>]) {
        let has = |wanted: &Fact| facts.iter().any(|(_, _, fact)| *fact == wanted);
        if has(&Fact::Renewed) {
            self.checks.renewed(id);
        }
        if self.is_lost(before, now) {
            self.begin_anew();
            return;
        }
        if has(&Fact::Started) {
            self.at(facts, |fact| *fact == Fact::Started);
            // What it did since is in this moment too.
            let restored = now.log.snapshot.index;
            let (commit_index, last_applied) = (restored, restored);
            self.checks.started(id, RecordedState { commit_index, last_applied, ..recorded(now) });
        }
        self.compare_logs(id, before, now, facts);
        self.compare_leader(id, before, now, facts);
        if now.commit_index > before.commit_index && self.seen.logs() {
            self.at(facts, |fact| matches!(fact, Fact::Commit(_)));
            match now.log.length_only() {
                Some(last) => self.checks.commits_of_length(id, now.commit_index, last),
                None if self.commits == Commits::Unknown => self.begin_commits(),
                None => {
                    let entry = |index| now.log.get(index).or_else(|| before.log.get(index));
                    self.checks.commits(id, now.term, now.commit_index, entry);
                }
            }
        }
        for (place, step, fact) in facts {
            self.checks.now(Instant(step.at_us.unwrap_or_default()), *place as u64);
            self.tell(id, now, fact);
        }
        if now.log.base != before.log.base {
            self.checks.compacted(id, now.log.base);
        }
        self.at(facts, |fact| matches!(fact, Fact::Term(_) | Fact::Commit(_)));
        self.checks.state(id, recorded(now));
    }

    fn compare_leader(
        &mut self,
        id: NodeId,
        before: &TraceNode,
        now: &TraceNode,
        facts: &[Told<'_>],
    ) {
        let is_new = before.role != now.role || before.term != now.term;
        let leads = now.role == Some(RoleKind::Leader) && self.commits.are_before(now.term);
        if is_new && leads && self.seen.terms && self.seen.entries {
            self.at(facts, |fact| *fact == Fact::Role(RoleKind::Leader));
            self.checks.elected(id, now.term);
        }
    }

    /// Tells the checks of what a fact says by itself.
    fn tell(&mut self, id: NodeId, now: &TraceNode, fact: &Fact) {
        match fact {
            Fact::Voted { term, candidate } => {
                if self.seen.terms {
                    self.checks.votes(id, *term, *candidate);
                }
            }
            Fact::Applied(entry) if self.commits == Commits::Unknown => {
                self.checks.applied_through(id, entry.index);
            }
            Fact::Applied(entry) => {
                let tells_commits = self.seen.commits && self.seen.entries;
                let believed = tells_commits.then_some(now.commit_index);
                self.checks.applies(id, entry, now.term, believed);
            }
            Fact::AppliedThrough(index) => self.checks.applied_through(id, *index),
            // With a later term it is a late copy of a message that was true once.
            Fact::Acknowledged { leader, term, match_index } => {
                if *term == now.term && self.seen.logs() {
                    self.checks.acknowledges(id, *leader, *match_index, now.log.length_only());
                }
            }
            Fact::Sent(message) => {
                self.checks.sends(id, message.term.unwrap_or_default());
            }
            Fact::Observed
            | Fact::Started
            | Fact::OutOfSight
            | Fact::Stopped
            | Fact::Renewed
            | Fact::Unsafe(_)
            | Fact::Term(_)
            | Fact::Vote(_)
            | Fact::Role(_)
            | Fact::Log(_)
            | Fact::Disk(_)
            | Fact::DiskState(..)
            | Fact::LogLength(_)
            | Fact::Commit(_)
            | Fact::Arrived(_)
            | Fact::Lost(_) => {}
        }
    }

    fn compare_logs(
        &mut self,
        id: NodeId,
        before: &TraceNode,
        now: &TraceNode,
        facts: &[Told<'_>],
    ) {
        let is_about_logs = |fact: &Fact| {
            matches!(fact, Fact::Log(_) | Fact::Started | Fact::Renewed | Fact::LogLength(_))
        };
        if !facts.iter().any(|(_, _, fact)| is_about_logs(fact)) || before.log == now.log {
            return;
        }
        self.at(facts, is_about_logs);
        let leading = |node: &TraceNode| (node.role == Some(RoleKind::Leader)).then_some(node.term);
        let leads: Option<Term> = leading(now).filter(|_| leading(before) == leading(now));
        if let (Some(last), Some(earlier)) = (now.log.length_only(), before.log.length_only()) {
            if let Some(term) = leads.filter(|_| last < earlier) {
                self.checks.leader_shrinks(id, term, earlier, last);
            }
            return;
        }
        let first = facts.iter().filter_map(|(_, _, fact)| first_changed(fact));
        let first = first.min().unwrap_or(now.log.last().index.next());
        let mut kept = first.max(now.log.base.index.next()).previous();
        while before.log.get(kept.next()).is_some_and(|it| now.log.get(kept.next()) == Some(it)) {
            kept = kept.next();
        }
        let kept = kept.min(before.log.last().index.max(now.log.base.index));
        let entries = now.log.entries_from(kept.next());
        // What was committed in this moment may have left the log in it: that is told at its end.
        let held = before.log.get(now.log.base.index).map(Entry::position);
        let is_compacted = held == Some(now.log.base);
        let base = if is_compacted { before.log.base } else { now.log.base };
        self.checks.log_changed(id, leads, (base, kept), entries);
    }

    /// The properties that were judged, and those that could not be.
    fn told(&self) -> (Vec<&'static Property>, Vec<(&'static Property, String)>) {
        let (mut judged, mut not_judged) = (Vec::new(), Vec::new());
        for property in Property::all() {
            match self.missing(property) {
                None => judged.push(*property),
                Some(reason) => not_judged.push((*property, reason)),
            }
        }
        (judged, not_judged)
    }

    /// What a property needs and the record does not have.
    fn missing(&self, property: &'static Property) -> Option<String> {
        if !RecordedChecks::PROPERTIES.iter().any(|known| known.name == property.name) {
            return Some("it needs the cores, their disks or their settings".to_owned());
        }
        if let Some((line, reason)) = &self.suspended {
            return Some(format!("it was judged up to line {line} only, because {reason}"));
        }
        let seen = &self.seen;
        let needs = |needed: &[(bool, &str)]| {
            let missing = needed.iter().find(|(is_there, _)| !is_there);
            let form = self.source.name();
            missing.map(|(_, what)| format!("no line of the {form} file tells {what}"))
        };
        let entries = (seen.entries, "the entries of a log");
        let logs = (seen.logs(), "the entries of a log");
        let (leaders, terms) = ((seen.leaders, "who leads"), (seen.terms, "a node's term"));
        let commits = (seen.commits, "what is committed");
        match property.name {
            "Election Safety" => needs(&[leaders, terms]),
            "Vote Durability" => needs(&[(seen.votes, "who votes for whom"), terms]),
            "Monotonic State" => needs(&[(seen.terms || seen.commits, "a node's term")]),
            "Log Matching" => needs(&[entries]),
            "Leader Append-Only" => needs(&[logs, leaders]),
            "Leader Completeness" => needs(&[entries, leaders, commits, terms]),
            "Commit Rule" => needs(&[commits, logs]),
            "State Machine Safety" => needs(&[(seen.applied, "which entries are applied")]),
            _ => needs(&[(seen.acknowledged, "what a node acknowledges"), logs]),
        }
    }
}

/// A fact with the place of its step, and the step.
type Told<'a> = (usize, &'a TraceStep, &'a Fact);

/// The first entry that a fact changes. A start may change all.
fn first_changed(fact: &Fact) -> Option<LogIndex> {
    match fact {
        Fact::Log(LogFact::Entry(entry)) => Some(entry.index),
        Fact::Log(LogFact::Removed { from, .. }) => Some(*from),
        Fact::Started | Fact::Renewed => Some(LogIndex(0)),
        Fact::Log(LogFact::Unseen(_) | LogFact::Base { .. })
        | Fact::Observed
        | Fact::OutOfSight
        | Fact::Stopped
        | Fact::Unsafe(_)
        | Fact::Term(_)
        | Fact::Vote(_)
        | Fact::Voted { .. }
        | Fact::Role(_)
        | Fact::Disk(_)
        | Fact::DiskState(..)
        | Fact::LogLength(_)
        | Fact::Commit(_)
        | Fact::Applied(_)
        | Fact::AppliedThrough(_)
        | Fact::Acknowledged { .. }
        | Fact::Sent(_)
        | Fact::Arrived(_)
        | Fact::Lost(_) => None,
    }
}

fn recorded(node: &TraceNode) -> RecordedState {
    RecordedState {
        term: node.term,
        voted_for: node.voted_for,
        commit_index: node.commit_index,
        last_applied: node.last_applied,
    }
}
