//! A state: a few numbers, and the sums of the keys of its parts.

use crate::budgets::Budgets;
use crate::keys::mix;
use crate::locals::{Id, Parts};
use crate::model::Network;

/// The most servers.
pub(crate) const MAX_SERVERS: usize = 5;
/// The most ways to name the servers of a symmetric model, which has at most four.
pub(crate) const MAX_WAYS: usize = 24;

/// A state of all servers, of the network, and of the past.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// By ascending id; the places after the last server are not used.
    pub(crate) servers: [Id; MAX_SERVERS],
    pub(crate) history: Id,
    pub(crate) budgets: Budgets,
    /// The messages, in ascending order, each as often as it is on its way.
    pub(crate) letters: Vec<Id>,
    /// The sums of the keys of all parts but the budgets, one for each way to name the servers.
    sums: [u64; MAX_WAYS],
}

impl State {
    pub(crate) fn new(budgets: Budgets) -> Self {
        Self {
            servers: [0; MAX_SERVERS],
            history: 0,
            budgets,
            letters: Vec::new(),
            sums: [0; MAX_WAYS],
        }
    }

    /// Becomes a copy of another state, without new memory.
    pub(crate) fn copy(&mut self, other: &Self, parts: &Parts) {
        let Self { servers, history, budgets, letters, sums } = self;
        (*servers, *history, *budgets) = (other.servers, other.history, other.budgets);
        letters.clear();
        letters.extend_from_slice(&other.letters);
        let ways = parts.ways();
        sums[..ways].copy_from_slice(&other.sums[..ways]);
    }

    /// Computes the sums anew.
    pub(crate) fn sum(&mut self, servers: usize, parts: &Parts) {
        self.sums = [0; MAX_WAYS];
        for place in 0..servers {
            self.add(parts.server_keys(self.servers[place]));
        }
        for place in 0..self.letters.len() {
            self.add(parts.letter_keys(self.letters[place]));
        }
        self.add(parts.history_keys(self.history));
    }

    fn add(&mut self, keys: &[u64]) {
        for (sum, key) in self.sums.iter_mut().zip(keys) {
            *sum = sum.wrapping_add(*key);
        }
    }

    fn subtract(&mut self, keys: &[u64]) {
        for (sum, key) in self.sums.iter_mut().zip(keys) {
            *sum = sum.wrapping_sub(*key);
        }
    }

    /// The key of the state: the same for states that differ only by the names of servers.
    pub(crate) fn key(&self, parts: &Parts) -> u64 {
        let least = self.sums[..parts.ways()].iter().min().copied().unwrap_or_default();
        mix(least ^ mix(self.budgets.0))
    }

    pub(crate) fn set_server(&mut self, place: usize, id: Id, parts: &Parts) {
        let before = std::mem::replace(&mut self.servers[place], id);
        if before != id {
            self.subtract(parts.server_keys(before));
            self.add(parts.server_keys(id));
        }
    }

    pub(crate) fn set_history(&mut self, id: Id, parts: &Parts) {
        let before = std::mem::replace(&mut self.history, id);
        self.subtract(parts.history_keys(before));
        self.add(parts.history_keys(id));
    }

    /// One copy of a message is not on its way any more.
    pub(crate) fn remove(&mut self, letter: Id, parts: &Parts) {
        if let Ok(place) = self.letters.binary_search(&letter) {
            self.letters.remove(place);
            self.subtract(parts.letter_keys(letter));
        }
    }

    /// A message is sent. A network that repeats messages needs it once.
    pub(crate) fn insert(&mut self, letter: Id, network: Network, parts: &Parts) {
        let place = self.letters.binary_search(&letter);
        if network == Network::Repeating && place.is_ok() {
            return;
        }
        let (Ok(place) | Err(place)) = place;
        self.letters.insert(place, letter);
        self.add(parts.letter_keys(letter));
    }

    /// Takes the messages out of the network for which this is so.
    pub(crate) fn remove_if(&mut self, parts: &Parts, is_gone: impl Fn(Id) -> bool) {
        let mut place = 0;
        while let Some(letter) = self.letters.get(place).copied() {
            if is_gone(letter) {
                self.letters.remove(place);
                self.subtract(parts.letter_keys(letter));
            } else {
                place += 1;
            }
        }
    }

    /// Adds the state to a list of numbers.
    pub(crate) fn pack(&self, servers: usize, list: &mut Vec<u32>) {
        list.extend_from_slice(&self.servers[..servers]);
        list.extend([self.history, self.budgets.0 as u32, (self.budgets.0 >> 32) as u32]);
        list.push(self.letters.len() as u32);
        list.extend_from_slice(&self.letters);
    }

    /// Becomes the state at a place in such a list, but for the sums. The place after it.
    pub(crate) fn unpack(&mut self, servers: usize, list: &[u32], place: usize) -> usize {
        let (ids, rest) = list[place..].split_at(servers);
        self.servers[..servers].copy_from_slice(ids);
        self.history = rest[0];
        self.budgets = Budgets(u64::from(rest[1]) | u64::from(rest[2]) << 32);
        let letters = rest[3] as usize;
        self.letters.clear();
        self.letters.extend_from_slice(&rest[4..][..letters]);
        place + servers + 4 + letters
    }
}
