//! The parts of states, each kept once and named by a number: servers, messages, and pasts.
//!
//! What a server does when something happens to it is kept too, so that the core is asked once for
//! each pair of the two.

use std::hash::Hasher;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hashbrown::HashMap;
use raft_core::{Body, Lens, Message, NodeId, Term};
use raft_sim::Fingerprint;

use crate::history::History;
use crate::keys::{Mixed, mix};
use crate::model::{Scope, Time};
use crate::server::{Effect, Local, Reaction, Server};

/// Part of a state: its number.
pub(crate) type Id = u32;

/// A message on its way.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Letter {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: Message,
    /// Whether its receiver ignores it in a later term.
    pub(crate) is_answer: bool,
}

/// What a server does, with the parts as numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The server after it.
    pub(crate) next: Id,
    /// Its effect on others, if it has one; the numbers begin at 1.
    pub(crate) effect: Id,
    /// The messages that it sends: a part of [`Parts::sent`].
    sent: (u32, u32),
}

/// The keys of the parts, one for each way to name the servers.
#[derive(Clone, Debug, Default)]
struct Table {
    known: HashMap<u64, Id, Mixed>,
    /// As many for each part as there are ways.
    keys: Vec<u64>,
}

/// All parts.
#[derive(Debug)]
pub(crate) struct Parts {
    /// The ways to name the servers. The first is each server's own name.
    names: Vec<Vec<NodeId>>,
    with_time: bool,
    server_table: Table,
    servers: Vec<Server>,
    letter_table: Table,
    letters: Vec<Letter>,
    history_table: Table,
    histories: Vec<History>,
    steps: HashMap<u64, Step, Mixed>,
    effects: Vec<Effect>,
    sent: Vec<Id>,
}

impl Table {
    /// The number of a part with these keys, and whether it is new.
    fn place(&mut self, keys: impl Fn(usize) -> u64, ways: usize) -> (Id, bool) {
        let key = keys(0);
        let next = (self.keys.len() / ways) as Id;
        let id = *self.known.entry(key).or_insert(next);
        if id == next {
            self.keys.push(key);
            self.keys.extend((1..ways).map(keys));
        }
        (id, id == next)
    }

    fn keys_of(&self, id: Id, ways: usize) -> &[u64] {
        &self.keys[id as usize * ways..][..ways]
    }
}

impl Parts {
    pub(crate) fn new(model: &Scope) -> Self {
        let ids: Vec<NodeId> = model.ids().collect();
        let names = if model.is_symmetric() { orders(&ids) } else { vec![ids] };
        Self {
            names,
            with_time: model.time != Time::Slow,
            server_table: Table::default(),
            servers: Vec::new(),
            letter_table: Table::default(),
            letters: Vec::new(),
            history_table: Table::default(),
            histories: Vec::new(),
            steps: HashMap::default(),
            effects: vec![Effect::default()],
            sent: Vec::new(),
        }
    }

    /// How many ways there are to name the servers.
    pub(crate) fn ways(&self) -> usize {
        self.names.len()
    }

    /// How many different servers there are, and how often the core was asked.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.servers.len(), self.steps.len())
    }

    /// An estimate of the bytes.
    pub(crate) fn bytes(&self) -> usize {
        let ways = self.ways() * size_of::<u64>();
        let of_server = size_of::<Server>() + 1024 + ways;
        self.servers.len() * of_server
            + self.letters.len() * (size_of::<Letter>() + 64 + ways)
            + self.histories.len() * (size_of::<History>() + 128 + ways)
            + self.steps.capacity() * (size_of::<(u64, Step)>() + 1)
            + self.effects.len() * size_of::<Effect>()
            + self.sent.len() * size_of::<Id>()
    }

    pub(crate) fn server(&self, id: Id) -> &Server {
        &self.servers[id as usize]
    }

    pub(crate) fn letter(&self, id: Id) -> &Letter {
        &self.letters[id as usize]
    }

    pub(crate) fn history(&self, id: Id) -> &History {
        &self.histories[id as usize]
    }

    pub(crate) fn effect(&self, id: Id) -> &Effect {
        &self.effects[id as usize]
    }

    /// The messages of a step.
    pub(crate) fn sent(&self, step: Step) -> &[Id] {
        &self.sent[step.sent.0 as usize..][..step.sent.1 as usize]
    }

    pub(crate) fn server_keys(&self, id: Id) -> &[u64] {
        self.server_table.keys_of(id, self.ways())
    }

    pub(crate) fn letter_keys(&self, id: Id) -> &[u64] {
        self.letter_table.keys_of(id, self.ways())
    }

    pub(crate) fn history_keys(&self, id: Id) -> &[u64] {
        self.history_table.keys_of(id, self.ways())
    }

    /// The key of a part under one way to name the servers. The kinds of parts have unlike keys.
    fn key(&self, way: usize, kind: u64, tell: impl Fn(&mut Fingerprint, Lens<'_>)) -> u64 {
        let names = &self.names[way];
        let name = |node: NodeId| names.get(node.0 as usize - 1).copied().unwrap_or(node);
        let mut hasher = Fingerprint::default();
        hasher.write_u64(kind);
        tell(&mut hasher, Lens { with_time: self.with_time, name: &name });
        mix(hasher.finish())
    }

    pub(crate) fn add_server(&mut self, server: Server) -> Id {
        let mut table = std::mem::take(&mut self.server_table);
        let key = |way| self.key(way, 1, |hasher, lens| server.fingerprint(hasher, lens));
        let (id, is_new) = table.place(key, self.ways());
        self.server_table = table;
        if is_new {
            self.servers.push(server);
        }
        id
    }

    pub(crate) fn add_letter(&mut self, (from, to): (NodeId, NodeId), message: Message) -> Id {
        let mut table = std::mem::take(&mut self.letter_table);
        let key = |way| {
            self.key(way, 2, |hasher, lens| {
                hasher.write_u64((lens.name)(from).0);
                hasher.write_u64((lens.name)(to).0);
                message.fingerprint(hasher, lens);
            })
        };
        let (id, is_new) = table.place(key, self.ways());
        self.letter_table = table;
        if is_new {
            let is_answer = is_answer(&message.body);
            self.letters.push(Letter { from, to, message, is_answer });
        }
        id
    }

    pub(crate) fn add_history(&mut self, history: History) -> Id {
        let mut table = std::mem::take(&mut self.history_table);
        let key = |way| self.key(way, 3, |hasher, lens| history.fingerprint(hasher, lens));
        let (id, is_new) = table.place(key, self.ways());
        self.history_table = table;
        if is_new {
            self.histories.push(history);
        }
        id
    }

    /// What a server does when something happens to it. `code` names that.
    pub(crate) fn step(
        &mut self,
        model: &Scope,
        server: Id,
        code: u32,
        happens: impl FnOnce(&Self) -> Local,
    ) -> Step {
        let place = u64::from(server) << 32 | u64::from(code);
        if let Some(step) = self.steps.get(&place) {
            return *step;
        }
        let happens = happens(self);
        let before = self.server(server);
        let reaction = catch_unwind(AssertUnwindSafe(|| before.react(model, &happens)));
        let reaction = reaction.unwrap_or_else(|reason| {
            let text = reason.downcast_ref::<String>().map(String::as_str);
            let text = text.or(reason.downcast_ref::<&str>().copied());
            let stopped = Some(text.unwrap_or("an assertion failed").to_owned());
            let effect = Effect { stopped, ..Effect::default() };
            Reaction { server: before.clone(), sent: Vec::new(), effect }
        });
        let step = self.add_reaction(reaction);
        self.steps.insert(place, step);
        step
    }

    fn add_reaction(&mut self, Reaction { server, sent, effect }: Reaction) -> Step {
        let from = server.id();
        let first = self.sent.len() as u32;
        for (to, message) in sent {
            let letter = self.add_letter((from, to), message);
            self.sent.push(letter);
        }
        let effect = match effect == Effect::default() {
            true => 0,
            false => {
                self.effects.push(effect);
                self.effects.len() as Id - 1
            }
        };
        let next = self.add_server(server);
        Step { next, effect, sent: (first, self.sent.len() as u32 - first) }
    }

    /// Whether the receiver of an answer ignores it for ever: its disk has left the term.
    pub(crate) fn is_stale(&self, letter: Id, term_on_disk: Term) -> bool {
        let letter = self.letter(letter);
        letter.is_answer && letter.message.term < term_on_disk
    }
}

/// Whether the receiver ignores the message in a later term (§5.1). Requests are answered then.
fn is_answer(body: &Body) -> bool {
    match body {
        Body::PreVoteReply(_)
        | Body::RequestVoteReply(_)
        | Body::AppendEntriesReply(_)
        | Body::InstallSnapshotReply(_)
        | Body::TimeoutNow
        | Body::ReadIndexReply(_)
        | Body::ForwardReply(_) => true,
        Body::PreVote(_)
        | Body::RequestVote(_)
        | Body::AppendEntries(_)
        | Body::InstallSnapshot(_)
        | Body::ReadIndex(_)
        | Body::Forward(_) => false,
    }
}

/// All orders of these, the given one first.
fn orders(ids: &[NodeId]) -> Vec<Vec<NodeId>> {
    let Some((first, rest)) = ids.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for place in 0..ids.len() {
        for order in orders(rest) {
            let mut order = order;
            order.insert(place, *first);
            all.push(order);
        }
    }
    all
}
