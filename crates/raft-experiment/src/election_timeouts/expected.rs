//! The share of trials without a split vote that the timeouts, the latencies and the disks lead to.
//!
//! This is a model of the first elections after the crash, and uses nothing of the core: each of
//! the survivors has a timer, a term and a vote. A measurement that differs from the model shows
//! that one of the two gets a rule about votes or timers wrong.
//!
//! With `short-logs=2`, the first order of the result has a short derivation. Let A and B have the
//! whole log; C lacks an entry, and D lacks two. Timeouts are uniform over a range of width `r`. A
//! request arrives `w` after the timeout of its sender: the sender's own write and one message. If
//! `w` is much shorter than `r`, two timeouts are seldom within `w` of each other, three nearly
//! never. So one pair matters at a time:
//! - A and B: the first request brings the votes of C and D. It wins.
//! - D and another: nobody else would vote for D, and the other has three votes without D's.
//! - C and A, where A is before B: A has its own vote and B's, and needs D's. D votes for the
//!   request that arrives first, and both are in one term if A times out before C's request
//!   arrives. So the vote is split if `a < c + w_c < a + w_a`: `c - a` is in an interval of length
//!   `w_a`. The density of `c - min(a, b)` at 0 is 1/r.
//!
//! So a share of `mean(w) / r` of the first votes is split, whatever the distribution of `w`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use raft_sim::{DelayRange, Random};

use super::Conditions;

/// Something that happens in a first election.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Moment {
    TimesOut { server: usize, timer: u32 },
    Asks { candidate: usize, term: u32 },
    IsAsked { server: usize, candidate: usize, term: u32 },
    Votes { candidate: usize, term: u32 },
    HearsOfTerm { server: usize, term: u32 },
}

#[derive(Clone, Copy, Default)]
struct Server {
    term: u32,
    has_voted: bool,
    /// How often an election of its own or a vote started its timer anew.
    timer: u32,
    is_candidate: bool,
    votes: usize,
    /// When its writes so far are on disk, in µs; a disk does one at a time.
    written: u64,
}

struct Model<'a> {
    conditions: &'a Conditions,
    random: &'a mut Random,
    timeout: DrawsTimeout,
    /// The survivors of the crash, those with the longest log first.
    servers: Vec<Server>,
    /// The entries that each of them lacks.
    lacks: Vec<u32>,
    /// The old leader counts as a voter.
    majority: usize,
    /// By their times in µs.
    coming: BinaryHeap<Reverse<(u64, Moment)>>,
}

/// How an election timeout is drawn from its range.
type DrawsTimeout = fn(&mut Random, DelayRange) -> Duration;

/// Whether a first timeout leads to a leader, in one drawn trial.
pub(crate) fn is_decided(conditions: &Conditions, random: &mut Random) -> bool {
    is_decided_with(conditions, random, Random::delay)
}

fn is_decided_with(conditions: &Conditions, random: &mut Random, timeout: DrawsTimeout) -> bool {
    let lacks: Vec<u32> = conditions.lacks().collect();
    let mut model = Model {
        conditions,
        random,
        timeout,
        servers: vec![Server::default(); lacks.len()],
        majority: conditions.nodes as usize / 2 + 1,
        lacks,
        coming: BinaryHeap::new(),
    };
    for server in 0..model.servers.len() {
        let heard = model.message();
        model.start_timer(heard, server);
    }
    loop {
        let Reverse((at, moment)) = model.coming.pop().expect("a timer is always running");
        if let Some(winner) = model.winner_after(at, moment) {
            return model.servers[winner].timer == 1;
        }
        if !model.servers.iter().any(Server::may_win_by_first_timer) {
            return false;
        }
    }
}

impl Server {
    /// The timer that the heartbeats started runs, or began the election that is under way.
    fn may_win_by_first_timer(&self) -> bool {
        self.timer == 0 || (self.timer == 1 && self.is_candidate)
    }
}

impl Model<'_> {
    /// Carries the moment out. The candidate that has its majority now.
    fn winner_after(&mut self, at: u64, moment: Moment) -> Option<usize> {
        match moment {
            Moment::TimesOut { server, timer } => {
                if timer == self.servers[server].timer {
                    self.times_out(at, server);
                }
                None
            }
            Moment::Asks { candidate, term } => {
                for server in (0..self.servers.len()).filter(|server| *server != candidate) {
                    let arrives = at + self.message();
                    let is_asked = Moment::IsAsked { server, candidate, term };
                    self.coming.push(Reverse((arrives, is_asked)));
                }
                self.counts_vote(candidate, term)
            }
            Moment::IsAsked { server, candidate, term } => {
                self.is_asked(at, (server, candidate, term));
                None
            }
            Moment::Votes { candidate, term } => self.counts_vote(candidate, term),
            Moment::HearsOfTerm { server, term } => {
                if term > self.servers[server].term {
                    self.enter_term(server, term);
                    self.write(at, server);
                }
                None
            }
        }
    }

    fn start_timer(&mut self, at: u64, server: usize) {
        let after = at + micros((self.timeout)(self.random, self.conditions.election_timeout));
        let timer = self.servers[server].timer;
        self.coming.push(Reverse((after, Moment::TimesOut { server, timer })));
    }

    fn times_out(&mut self, at: u64, server: usize) {
        let state = &mut self.servers[server];
        (state.term, state.timer) = (state.term + 1, state.timer + 1);
        (state.has_voted, state.is_candidate, state.votes) = (true, true, 0);
        let term = state.term;
        self.start_timer(at, server);
        let written = self.write(at, server);
        self.coming.push(Reverse((written, Moment::Asks { candidate: server, term })));
    }

    fn is_asked(&mut self, at: u64, (server, candidate, term): (usize, usize, u32)) {
        let own_term = self.servers[server].term;
        if term < own_term {
            let hears = Moment::HearsOfTerm { server: candidate, term: own_term };
            let arrives = at + self.message();
            return self.coming.push(Reverse((arrives, hears)));
        }
        self.enter_term(server, term);
        let state = &mut self.servers[server];
        let grants = !state.has_voted && self.lacks[candidate] <= self.lacks[server];
        if grants {
            (state.has_voted, state.timer) = (true, state.timer + 1);
            self.start_timer(at, server);
        }
        // The term and the vote are one write, unless a dial says otherwise.
        if grants || term > own_term {
            let further = if grants { self.conditions.vote_writes - 1 } else { 0 };
            let written = self.write(at, server);
            let written = (0..further).fold(written, |_, _| self.write(at, server));
            if grants {
                let arrives = written + self.message();
                self.coming.push(Reverse((arrives, Moment::Votes { candidate, term })));
            }
        }
    }

    fn enter_term(&mut self, server: usize, term: u32) {
        let state = &mut self.servers[server];
        if term > state.term {
            *state = Server { term, has_voted: false, is_candidate: false, votes: 0, ..*state };
        }
    }

    fn counts_vote(&mut self, candidate: usize, term: u32) -> Option<usize> {
        let state = &mut self.servers[candidate];
        if !state.is_candidate || state.term != term {
            return None;
        }
        state.votes += 1;
        (state.votes == self.majority).then_some(candidate)
    }

    /// When a write that is issued now is on disk.
    fn write(&mut self, at: u64, server: usize) -> u64 {
        let takes = micros(self.conditions.disk_latency.draw(self.random));
        let written = &mut self.servers[server].written;
        *written = at.max(*written) + takes;
        *written
    }

    fn message(&mut self) -> u64 {
        micros(self.random.delay(self.conditions.link_latency))
    }
}

fn micros(time: Duration) -> u64 {
    time.as_micros() as u64
}

#[cfg(test)]
mod tests;
