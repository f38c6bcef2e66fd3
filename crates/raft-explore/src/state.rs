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

    /// Adds the state to a list of bytes. Small numbers are one byte.
    pub(crate) fn pack(&self, servers: usize, list: &mut Vec<u8>) {
        let ids = self.servers[..servers].iter().chain([&self.history]).map(|id| u64::from(*id));
        ids.for_each(|id| write(id, list));
        write(self.budgets.0, list);
        write(self.letters.len() as u64, list);
        let mut before = 0;
        for letter in &self.letters {
            write(u64::from(letter - before), list);
            before = *letter;
        }
    }

    /// Becomes the state at a place in such a list, but for the sums. The place after it.
    pub(crate) fn unpack(&mut self, servers: usize, list: &[u8], place: usize) -> usize {
        let mut place = place;
        for id in &mut self.servers[..servers] {
            *id = read(list, &mut place) as Id;
        }
        self.history = read(list, &mut place) as Id;
        self.budgets = Budgets(read(list, &mut place));
        let (letters, mut letter) = (read(list, &mut place), 0);
        self.letters.clear();
        for _ in 0..letters {
            letter += read(list, &mut place) as Id;
            self.letters.push(letter);
        }
        place
    }
}

/// Seven bits in each byte, the lowest first; the highest bit says that more follow.
fn write(mut number: u64, list: &mut Vec<u8>) {
    while number > 0x7F {
        list.push(number as u8 | 0x80);
        number >>= 7;
    }
    list.push(number as u8);
}

fn read(list: &[u8], place: &mut usize) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = list[*place];
        *place += 1;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return number;
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_state_is_the_same_again() {
        let mut state = State::new(Budgets(0x0123_4567_89AB));
        state.servers = [7, 128, 90_000, 0, 0];
        state.history = 300;
        state.letters = vec![0, 0, 5, 5, 127, 1 << 23];
        let mut list = vec![9];
        state.pack(3, &mut list);
        let mut again = State::new(Budgets(0));
        assert_eq!(again.unpack(3, &list, 1), list.len());
        assert_eq!((again.servers, again.history), (state.servers, state.history));
        assert_eq!((again.budgets, again.letters), (state.budgets, state.letters));
    }
}
