//! The search: breadth first, so the first violation that is found has the shortest run.
//!
//! A state is a few numbers: one for each server, one for the past, the messages, and the budgets.
//! Its key is the sum of the keys of its parts, so the key of the next state follows from the parts
//! that change. States that differ only by the numbers of servers have the same key: of the sums
//! under all ways to name the servers, the smallest counts.

mod results;

use std::borrow::Cow;
use std::fmt;

use raft_check::PROGRESS;
use raft_check::judges::Broken;

use raft_core::{LogIndex, Membership, Message, Node, NodeId, Term};

use raft_sim::words;

pub use self::results::{Moments, Progress, Reached, Witness};
use crate::action::{Action, Kind};
use crate::budgets::{Budget, Budgets};
use crate::history::History;
use crate::judge::Judged;
use crate::keys::Keys;
use crate::locals::{self, Id, Parts};
use crate::model::{Network, Scope, Time};
use crate::origins::Origins;
use crate::prefixes::Prefixes;
use crate::progress::can_progress;
use crate::server::{Server, disk_of};
use crate::state::{MAX_SERVERS, State};

/// All that can happen in a model, as far as it was looked at.
pub struct Explorer {
    pub(crate) model: Scope,
    pub(crate) parts: Parts,
    keys: Keys,
    /// How each state was found.
    pub(crate) origins: Origins,
    /// The states of the present depth, packed, and where the next one of them begins.
    level: Vec<u8>,
    cursor: usize,
    /// The number of that state.
    number: u32,
    /// The states of the next depth.
    next_level: Vec<u8>,
    candidates: Candidates,
    progress: Progress,
    /// The state whose steps are looked at, and the one after a step.
    state: State,
    next: State,
    /// The first state.
    pub(crate) start: State,
    /// What else ends the search.
    goal: Option<Goal>,
}

impl fmt::Debug for Explorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explorer").field("progress", &self.progress).finish_non_exhaustive()
    }
}

/// States that were reached and may be new. They are looked up together.
#[derive(Debug, Default)]
struct Candidates {
    list: Vec<Candidate>,
    packed: Vec<u8>,
}

#[derive(Debug)]
struct Candidate {
    key: u64,
    /// Where it begins among the packed ones.
    begin: usize,
    /// The number of the state before, and the step.
    origin: (u32, Action),
}

/// So many are looked up together.
const CANDIDATES: usize = 256;

impl Candidates {
    /// A state, which is packed next.
    fn add(&mut self, key: u64, origin: (u32, Action)) {
        self.list.push(Candidate { key, begin: self.packed.len(), origin });
    }
}

/// Whether something holds for these nodes, in ascending order.
type Goal = Box<dyn Fn(&[&Node]) -> bool>;

impl Explorer {
    /// Begins at the start of a model.
    pub fn new(model: Scope) -> Self {
        let terms = model.disks.iter().flat_map(|(terms, _)| terms);
        let last_term = Term(terms.max().copied().unwrap_or_default());
        let empty = (Vec::new(), 0);
        let disks = model.disks.iter().chain(std::iter::repeat(&empty));
        let start = |(id, disk)| Server::start(&model, id, disk_of(last_term, disk));
        let servers: Vec<Server> = model.ids().zip(disks).map(start).collect();
        let longest = servers.iter().max_by_key(|server| server.node.commit_index());
        let mut committed = Prefixes::default();
        if let Some(server) = longest {
            for index in 1..=server.node.commit_index().0 {
                let prefix = server.log.get(LogIndex(index));
                prefix.into_iter().for_each(|prefix| committed.push(prefix));
            }
        }
        let governing = model.membership();
        Self::from_parts(model, servers, &[], (committed, governing))
    }

    /// Begins with these servers, these messages on their way, this committed log, and the
    /// membership whose quorum committed it.
    pub(crate) fn from_parts(
        model: Scope,
        servers: Vec<Server>,
        letters: &[(NodeId, NodeId, Message)],
        (committed, governing): (Prefixes, Membership),
    ) -> Self {
        assert!(servers.len() <= MAX_SERVERS, "at most {MAX_SERVERS} servers");
        let mut parts = Parts::new(&model);
        let mut history = History::new(committed, governing);
        for server in &servers {
            if let Some(term) = server.leading() {
                history.note_leader(term, server.id());
            }
        }
        let mut ids = [0; MAX_SERVERS];
        for (place, server) in servers.into_iter().enumerate() {
            ids[place] = parts.add_server(server);
        }
        let mut letters: Vec<Id> = letters
            .iter()
            .map(|(from, to, message)| parts.add_letter((*from, *to), message.clone()))
            .collect();
        letters.sort_unstable();
        let mut start = State::new(Budgets::of(&model));
        (start.servers, start.letters) = (ids, letters);
        start.history = parts.add_history(history);
        start.sum(usize::from(model.servers), &parts);
        let (mut keys, mut level) = (Keys::default(), Vec::new());
        keys.insert(start.key(&parts));
        start.pack(usize::from(model.servers), &mut level);
        Self {
            keys,
            origins: Origins::default(),
            level,
            cursor: 0,
            number: 0,
            next_level: Vec::new(),
            candidates: Candidates::default(),
            progress: Progress { states: 1, ..Progress::default() },
            state: start.clone(),
            next: start.clone(),
            start,
            goal: None,
            model,
            parts,
        }
    }

    /// Looks for a state in which this holds for the nodes, too. It ends the search like a
    /// violation. False, without effect, if it holds at the beginning already.
    pub fn look_for(&mut self, goal: impl Fn(&[&Node]) -> bool + 'static) -> bool {
        let goal: Goal = Box::new(goal);
        if self.holds(&goal, &self.start) {
            return false;
        }
        self.goal = Some(goal);
        true
    }

    fn holds(&self, goal: &Goal, state: &State) -> bool {
        let mut nodes = [&self.parts.server(state.servers[0]).node; MAX_SERVERS];
        for (node, id) in nodes.iter_mut().zip(&state.servers).take(self.servers()) {
            *node = &self.parts.server(*id).node;
        }
        goal(&nodes[..self.servers()])
    }

    pub(crate) fn servers(&self) -> usize {
        usize::from(self.model.servers)
    }

    /// How far the search is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The model that is explored.
    pub fn model(&self) -> &Scope {
        &self.model
    }

    /// How many different servers there are in all states, and how often the core was asked what
    /// one of them does.
    pub fn parts(&self) -> (usize, usize) {
        self.parts.counts()
    }

    /// An estimate of the bytes in memory.
    pub fn bytes(&self) -> usize {
        let levels = self.level.capacity() + self.next_level.capacity();
        let origins = self.origins.bytes();
        self.keys.bytes() + origins + levels + self.parts.bytes()
    }

    /// Looks at so many more steps, or a few more, and finds at most so many states in all. The
    /// search ends with the first violation, or when the goal holds.
    pub fn advance(&mut self, transitions: u64, most_states: u64) -> &Progress {
        let end = self.progress.transitions.saturating_add(transitions);
        while self.progress.transitions < end && !self.progress.has_ended() {
            if self.progress.states >= most_states.min(u64::from(u32::MAX)) {
                self.progress.is_full = true;
                break;
            }
            self.advance_one();
        }
        self.sift();
        &self.progress
    }

    /// Looks at all steps from one state.
    fn advance_one(&mut self) {
        if self.cursor == self.level.len() {
            self.sift();
            let is_end = self.next_level.is_empty();
            if is_end || self.progress.depth >= self.model.bounds.depth {
                self.progress.is_exhausted = true;
                return;
            }
            self.level.clear();
            std::mem::swap(&mut self.level, &mut self.next_level);
            self.cursor = 0;
            self.progress.depth += 1;
            self.progress.next = 0;
        }
        let mut state = std::mem::replace(&mut self.state, State::new(Budgets(0)));
        self.cursor = state.unpack(self.servers(), &self.level, self.cursor);
        // At the last depth there is nothing to look for.
        if self.progress.depth < self.model.bounds.depth {
            state.sum(self.servers(), &self.parts);
            self.expand(&state);
        }
        self.state = state;
        self.number += 1;
    }

    fn expand(&mut self, state: &State) {
        let mut before = None;
        for place in 0..state.letters.len() {
            let letter = state.letters[place];
            if before.replace(letter) == Some(letter) {
                continue;
            }
            let to = self.parts.letter(letter).to;
            let Some(to) = self.place_of(to) else { continue };
            self.take(state, Action::new(Kind::Deliver, to, letter));
            if self.model.network == Network::Counted {
                self.take_if_left(state, Action::new(Kind::DeliverCopy, to, letter));
            }
            if state.budgets.left(Budget::Losses) > 0 {
                self.lose(state, letter, to);
            }
        }
        for place in 0..self.servers() {
            self.expand_server(state, place);
        }
        if state.budgets.left(Budget::Ticks) > 0 {
            self.tick(state);
        }
    }

    fn place_of(&self, node: NodeId) -> Option<usize> {
        let place = node.0.checked_sub(1)? as usize;
        (place < self.servers()).then_some(place)
    }

    /// What can happen to a server, but for messages.
    fn expand_server(&mut self, state: &State, place: usize) {
        let server = self.parts.server(state.servers[place]);
        let (pending, leads) = (server.pending.len(), server.leading().is_some());
        let (has_news, heard) = (server.has_news_for_snapshot(), server.node.leader().is_some());
        if pending > 0 {
            self.take(state, Action::new(Kind::Report, place, 1));
        }
        if pending > 1 {
            self.take(state, Action::new(Kind::Report, place, pending as u32));
        }
        if state.budgets.left(Budget::Crashes) > 0 {
            for kept in 0..=pending {
                self.take(state, Action::new(Kind::Crash, place, kept as u32));
            }
        }
        if has_news {
            self.take_if_left(state, Action::new(Kind::Snapshot, place, 0));
        }
        if !leads {
            self.take_if_left(state, Action::new(Kind::Elect, place, 0));
            if heard {
                self.take_if_left(state, Action::new(Kind::Forget, place, 0));
            }
            return;
        }
        // Each command and each read has a number of its own.
        let bounds = self.model.bounds;
        let proposal = bounds.proposals.min(15) - state.budgets.left(Budget::Proposals) + 1;
        self.take_if_left(state, Action::new(Kind::Propose, place, u32::from(proposal)));
        let read = bounds.reads.min(15) - state.budgets.left(Budget::Reads);
        self.take_if_left(state, Action::new(Kind::Read, place, u32::from(read)));
        if self.model.time == Time::Slow {
            self.take_if_left(state, Action::new(Kind::Heartbeat, place, 0));
        }
        for to in (0..self.servers()).filter(|to| *to != place) {
            self.take_if_left(state, Action::new(Kind::Transfer, place, to as u32));
        }
        for change in 0..self.model.changes.len() {
            self.take_if_left(state, Action::new(Kind::Change, place, change as u32));
        }
    }

    fn take_if_left(&mut self, state: &State, action: Action) {
        if action.kind.budget().is_none_or(|budget| state.budgets.left(budget) > 0) {
            self.take(state, action);
        }
    }

    /// A step of one server.
    fn take(&mut self, state: &State, action: Action) {
        if self.progress.found.is_some() {
            return;
        }
        let place = usize::from(action.place);
        let step = self.step(state.servers[place], action);
        let is_idle = step.next == state.servers[place]
            && step.effect == 0
            && self.parts.sent(step).is_empty();
        if is_idle && self.model.reductions.idle_steps {
            return;
        }
        self.progress.transitions += 1;
        let mut next = self.begin(state, action);
        if action.kind == Kind::Deliver && self.model.network == Network::Counted {
            next.remove(action.argument, &self.parts);
        }
        let judged = self.follow(&mut next, place, step);
        self.end(next, action, judged);
    }

    /// A copy of the state, with the action's budget spent.
    fn begin(&mut self, state: &State, action: Action) -> State {
        let mut next = std::mem::replace(&mut self.next, State::new(Budgets(0)));
        next.copy(state, &self.parts);
        if let Some(budget) = action.kind.budget() {
            next.budgets = next.budgets.spend(budget);
        }
        next
    }

    pub(crate) fn step(&mut self, server: Id, action: Action) -> locals::Step {
        let Self { model, parts, .. } = self;
        parts.step(model, server, action.code(), |parts| action.local(model, parts))
    }

    /// The server at a place makes a step.
    fn follow(
        &mut self,
        next: &mut State,
        place: usize,
        step: locals::Step,
    ) -> Result<(), Reached> {
        let before = next.servers[place];
        next.set_server(place, step.next, &self.parts);
        let drops = self.model.drops_stale_answers();
        let term_on_disk = |parts: &Parts, id: Id| parts.server(id).disk.hard_state.current_term;
        let (parts, model) = (&self.parts, &self.model);
        if drops && parts.effect(step.effect).disk_changed {
            let term = term_on_disk(parts, step.next);
            if term > term_on_disk(parts, before) {
                let node = parts.server(step.next).id();
                let is_gone =
                    |letter| parts.letter(letter).to == node && parts.is_stale(letter, term);
                next.remove_if(parts, is_gone);
            }
        }
        for letter in parts.sent(step) {
            // A server that is not explored answers nothing.
            let Some(to) = self.place_of(parts.letter(*letter).to) else { continue };
            let is_stale = drops && parts.is_stale(*letter, term_on_disk(parts, next.servers[to]));
            if !is_stale {
                next.insert(*letter, model.network, parts);
            }
        }
        if step.effect == 0 { Ok(()) } else { self.judge(next, (place, before), step) }
    }

    fn judge(
        &mut self,
        next: &mut State,
        (place, before): (usize, Id),
        step: locals::Step,
    ) -> Result<(), Reached> {
        let parts = &self.parts;
        let mut servers = [parts.server(step.next); MAX_SERVERS];
        for (place, id) in next.servers.iter().enumerate().take(self.servers()) {
            servers[place] = parts.server(*id);
        }
        let servers = &servers[..self.servers()];
        let effect = parts.effect(step.effect);
        if let Some(message) = &effect.stopped {
            let (node, message) = (parts.server(before).id(), message.clone());
            return Err(Reached::Stopped { node, message });
        }
        self.progress.moments.note(effect, servers);
        let before = parts.server(before);
        let judged = Judged { servers, place, before, effect, reads: self.model.reads };
        let mut history = Cow::Borrowed(parts.history(next.history));
        judged.follow(&mut history).map_err(Reached::Broken)?;
        if let Cow::Owned(history) = history {
            let history = self.parts.add_history(history);
            next.set_history(history, &self.parts);
        }
        Ok(())
    }

    /// Keeps the candidates that are new.
    fn sift(&mut self) {
        let Candidates { list, packed } = &mut self.candidates;
        self.keys.look_at(list.iter().map(|candidate| candidate.key));
        for (place, Candidate { key, begin, origin: (before, action) }) in list.iter().enumerate() {
            if self.keys.insert(*key) {
                let end = list.get(place + 1).map_or(packed.len(), |next| next.begin);
                self.origins.push(*before, *action);
                self.next_level.extend_from_slice(&packed[*begin..end]);
                self.progress.states += 1;
                self.progress.next += 1;
            }
        }
        list.clear();
        packed.clear();
    }

    /// Notes the state after a step, if it is new, or the violation.
    fn end(&mut self, next: State, action: Action, judged: Result<(), Reached>) {
        match judged {
            Err(reached) => {
                let steps = self.run_to(self.number, action);
                self.progress.found = Some(Witness { reached, steps });
            }
            Ok(()) => {
                if self.goal.as_ref().is_some_and(|goal| self.holds(goal, &next)) {
                    return self.end(next, action, Err(Reached::Goal));
                }
                let key = next.key(&self.parts);
                let every = self.model.probe_every;
                if every > 0 && key.is_multiple_of(every) && !self.can_progress(&next) {
                    let description = words! { "with all faults over, nothing new is committed" };
                    let broken = Broken { property: &PROGRESS, description };
                    return self.end(next, action, Err(Reached::Broken(broken)));
                }
                self.candidates.add(key, (self.number, action));
                next.pack(self.servers(), &mut self.candidates.packed);
                if self.candidates.list.len() == CANDIDATES {
                    self.sift();
                }
            }
        }
        self.next = next;
    }

    fn can_progress(&mut self, state: &State) -> bool {
        self.progress.probes += 1;
        let servers = &state.servers[..self.servers()];
        let servers = servers.iter().map(|id| self.parts.server(*id).clone()).collect();
        let letters = state.letters.iter().map(|id| {
            let locals::Letter { from, to, message, .. } = self.parts.letter(*id).clone();
            (from, to, message)
        });
        can_progress(&self.model, servers, letters)
    }

    /// The network loses a message.
    fn lose(&mut self, state: &State, letter: Id, to: usize) {
        if self.progress.found.is_some() {
            return;
        }
        let action = Action::new(Kind::Lose, to, letter);
        self.progress.transitions += 1;
        let mut next = self.begin(state, action);
        next.remove(letter, &self.parts);
        self.end(next, action, Ok(()));
    }

    /// All clocks go on, one server after the other.
    fn tick(&mut self, state: &State) {
        let Time::Ticks(ticks) = self.model.time.clone() else { return };
        if self.progress.found.is_some() {
            return;
        }
        let action = Action::new(Kind::Tick, 0, 0);
        self.progress.transitions += 1;
        let mut next = self.begin(state, action);
        for (place, tick) in ticks.iter().enumerate().take(self.servers()) {
            let step = self.step(next.servers[place], Action::new(Kind::Tick, place, *tick as u32));
            let judged = self.follow(&mut next, place, step);
            if judged.is_err() {
                return self.end(next, action, judged);
            }
        }
        self.end(next, action, Ok(()));
    }
}

#[cfg(test)]
mod tests;
