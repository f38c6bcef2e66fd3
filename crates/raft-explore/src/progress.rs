//! A probe: from a state, with all faults over, can something new still be committed?

use std::collections::VecDeque;

use raft_core::{LogIndex, Message, NodeId};

use crate::model::Scope;
use crate::server::{Local, Server};

/// So many times, each server's clock goes on by a third of an election timeout.
const ROUNDS: usize = 60;

/// So many messages arrive. Servers that need more send them to each other without an end.
const MOST_DELIVERED: usize = 20_000;

/// The number of the probe's command.
const COMMAND: u64 = 1000;

/// Servers that are up, disks that store at once, and a network that delivers everything.
struct Calm<'a> {
    model: &'a Scope,
    servers: Vec<Server>,
    letters: VecDeque<(NodeId, NodeId, Message)>,
    delivered: usize,
}

/// Whether something new is committed in the end, as all voters know.
pub(crate) fn can_progress(
    model: &Scope,
    servers: Vec<Server>,
    letters: impl Iterator<Item = (NodeId, NodeId, Message)>,
) -> bool {
    let mut calm = Calm { model, servers, letters: letters.collect(), delivered: 0 };
    let committed = |server: &Server| server.node.commit_index();
    let before = calm.servers.iter().map(committed).max().unwrap_or(LogIndex(0));
    let tick = (model.settings.election_timeout_max / 3).as_micros() as u64;
    for round in 0..ROUNDS {
        calm.settle();
        for place in 0..calm.servers.len() {
            // One after the other, so that elections do not meet.
            let place = (place + round) % calm.servers.len();
            calm.happen(place, &Local::Tick(tick));
            calm.settle();
            if calm.servers[place].leading().is_some() {
                calm.happen(place, &Local::Propose(COMMAND));
                calm.settle();
            }
        }
        // A server that was removed may not know.
        let leader = calm.servers.iter().filter(|server| server.leading().is_some());
        let leader = leader.max_by_key(|server| server.leading());
        let is_done = leader.is_some_and(|leader| {
            let voters = leader.node.membership();
            let mut voters = calm.servers.iter().filter(|server| voters.is_voter(server.id()));
            voters.all(|server| committed(server) > before)
        });
        if is_done {
            return true;
        }
        if calm.delivered > MOST_DELIVERED {
            return false;
        }
    }
    false
}

impl Calm<'_> {
    fn happen(&mut self, place: usize, local: &Local) {
        let reaction = self.servers[place].react(self.model, local);
        let from = self.servers[place].id();
        self.servers[place] = reaction.server;
        self.letters.extend(reaction.sent.into_iter().map(|(to, message)| (from, to, message)));
    }

    /// All writes are reported, and all messages arrive.
    fn settle(&mut self) {
        while self.delivered <= MOST_DELIVERED {
            for place in 0..self.servers.len() {
                let writes = self.servers[place].pending.len();
                if writes > 0 {
                    self.happen(place, &Local::Report(writes));
                }
            }
            let Some((from, to, message)) = self.letters.pop_front() else { return };
            self.delivered += 1;
            if let Some(place) = self.servers.iter().position(|server| server.id() == to) {
                self.happen(place, &Local::Deliver { from, message });
            }
        }
    }
}
