//! The search against a plain one, which keeps whole states and computes everything anew.

use std::collections::{BTreeSet, VecDeque};
use std::hash::Hasher;

use raft_core::{Lens, Recovered};
use raft_sim::Fingerprint;

use super::*;
use crate::model::{Bounds, Reductions};
use crate::server::{Local, Reaction};

/// A state of the plain search: all parts in full.
#[derive(Clone)]
struct Plain {
    servers: Vec<Server>,
    letters: Vec<(NodeId, NodeId, Message)>,
    history: History,
    budgets: Budgets,
}

/// The servers, the messages with senders and receivers, the past, and the budgets.
type Key = (Vec<u64>, Vec<(u64, u64, u64)>, u64, u64);

fn print(tell: impl FnOnce(&mut Fingerprint)) -> u64 {
    let mut hasher = Fingerprint::default();
    tell(&mut hasher);
    hasher.finish()
}

impl Plain {
    /// The state by the fingerprints of its parts.
    fn key(&self) -> Key {
        let lens = Lens::TIMELESS;
        let server = |server: &Server| print(|hasher| server.fingerprint(hasher, lens));
        let mut letters: Vec<_> = self
            .letters
            .iter()
            .map(|(from, to, message)| {
                (from.0, to.0, print(|hasher| message.fingerprint(hasher, lens)))
            })
            .collect();
        letters.sort_unstable();
        let history = print(|hasher| self.history.fingerprint(hasher, lens));
        (self.servers.iter().map(server).collect(), letters, history, self.budgets.0)
    }

    fn after(&self, model: &Scope, place: usize, local: &Local) -> Self {
        let mut next = self.clone();
        let before = &self.servers[place];
        let Reaction { server, sent, effect } = before.react(model, local);
        let from = before.id();
        next.letters.extend(sent.into_iter().map(|(to, message)| (from, to, message)));
        next.servers[place] = server;
        let servers: Vec<&Server> = next.servers.iter().collect();
        let judged =
            Judged { servers: &servers, place, before, effect: &effect, reads: model.reads };
        let mut history = Cow::Borrowed(&self.history);
        judged.follow(&mut history).expect("no property is broken");
        next.history = history.into_owned();
        next
    }

    fn spent(&self, budget: Budget) -> Option<Self> {
        let budgets = (self.budgets.left(budget) > 0).then(|| self.budgets.spend(budget))?;
        Some(Self { budgets, ..self.clone() })
    }

    /// All states after one step.
    fn steps(&self, model: &Scope) -> Vec<Self> {
        let mut all = Vec::new();
        for place in 0..self.letters.len() {
            let (from, to, message) = self.letters[place].clone();
            let local = Local::Deliver { from, message };
            let to = to.0 as usize - 1;
            let mut taken = self.clone();
            taken.letters.remove(place);
            all.push(taken.after(model, to, &local));
            all.extend(self.spent(Budget::Duplicates).map(|it| it.after(model, to, &local)));
        }
        let bounds = model.bounds;
        for place in 0..self.servers.len() {
            let server = &self.servers[place];
            let pending = server.pending.len();
            let reports = BTreeSet::from([1, pending]);
            let reports = reports.into_iter().filter(|writes| (1..=pending).contains(writes));
            all.extend(reports.map(|writes| self.after(model, place, &Local::Report(writes))));
            let mut spend = |budget, local: Local| {
                all.extend(self.spent(budget).map(|it| it.after(model, place, &local)));
            };
            (0..=pending).for_each(|kept| spend(Budget::Crashes, Local::Crash { kept }));
            match server.leading() {
                None => spend(Budget::Elections, Local::Elect),
                Some(_) => {
                    let number = bounds.proposals - self.budgets.left(Budget::Proposals) + 1;
                    spend(Budget::Proposals, Local::Propose(u64::from(number)));
                    spend(Budget::Heartbeats, Local::Heartbeat);
                }
            }
            if server.has_news_for_snapshot() {
                spend(Budget::Snapshots, Local::Snapshot);
            }
        }
        all
    }
}

/// How many states there are.
fn count(model: &Scope) -> u64 {
    let servers: Vec<Server> =
        model.ids().map(|id| Server::start(model, id, Recovered::default())).collect();
    let history = History::new(Prefixes::default(), model.membership());
    let start = Plain { servers, letters: Vec::new(), history, budgets: Budgets::of(model) };
    let mut known = BTreeSet::from([start.key()]);
    let mut waiting = VecDeque::from([(start, 0)]);
    while let Some((state, depth)) = waiting.pop_front() {
        if depth < model.bounds.depth {
            for next in state.steps(model) {
                if known.insert(next.key()) {
                    waiting.push_back((next, depth + 1));
                }
            }
        }
    }
    known.len() as u64
}

#[test]
fn the_search_finds_exactly_the_states_that_there_are() {
    let deep = Bounds { depth: u16::MAX, ..Bounds::default() };
    let bounds = [
        Bounds { elections: 1, ..deep },
        Bounds { elections: 1, crashes: 1, depth: 9, ..deep },
        Bounds { elections: 1, proposals: 1, duplicates: 1, depth: 10, ..deep },
        Bounds { elections: 1, proposals: 1, heartbeats: 1, snapshots: 1, depth: 12, ..deep },
        Bounds { elections: 2, depth: 9, ..deep },
    ];
    for bounds in bounds {
        let model = Scope { bounds, reductions: Reductions::NONE, ..Scope::timeless(3) };
        let expected = count(&model);
        let mut explorer = Explorer::new(model);
        // In slices of any size.
        while !explorer.advance(777, u64::MAX).has_ended() {}
        assert_eq!(explorer.progress().states, expected, "{bounds:?}");
        assert!(expected > 1500, "{bounds:?} has only {expected} states");
    }
}
