//! Three servers in virtual time. Servers 1 and 3 have everything, and 1 is made the leader. Then 3
//! is cut off, unless messages are lost: the leader depends on 2, which is behind a slow link.

use std::collections::VecDeque;

use raft_core::{
    Body, Config, Entry, Input, Instant, LogIndex, Membership, Message, Node, NodeId, Output,
    Payload, Poll, Recovered, RoleKind,
};

/// Bytes of a message beside its data.
const HEADER_BYTES: u64 = 64;
/// Bytes of an entry beside its command.
pub(crate) const ENTRY_BYTES: u64 = 24;

/// One direction between servers 1 and 2. Times are in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Bytes per second.
    rate: u64,
    latency: u64,
    /// In per cent.
    loss: u64,
    /// When all bytes so far are sent.
    free: u64,
    /// Messages with the time at which they arrive.
    queue: VecDeque<(u64, Message)>,
    random: u64,
}

impl Link {
    pub(crate) fn new(rate: u64, latency: u64, loss: u64) -> Self {
        Self { rate, latency, loss, free: 0, queue: VecDeque::new(), random: 0x9E37_79B9_7F4A_7C15 }
    }

    fn send(&mut self, now: Instant, message: Message) {
        let bytes = size(&message);
        self.free = self.free.max(now.0) + bytes * 1_000_000 / self.rate;
        if !self.is_lost() {
            self.queue.push_back((self.free + self.latency, message));
        }
    }

    fn is_lost(&mut self) -> bool {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % 100 < self.loss
    }
}

/// The servers and what is under way.
pub(crate) struct World {
    now: Instant,
    nodes: [Node; 3],
    /// From 1 to 2, and back.
    links: [Link; 2],
    /// What arrives at once: to whom, from whom.
    local: VecDeque<(usize, Input)>,
    is_third_cut_off: bool,
    /// When the first byte of a snapshot or the first entry was sent.
    began: Option<Instant>,
    /// Bytes from 1 to 2 since then.
    pub(crate) sent_bytes: u64,
    /// How often server 2 stopped following, or server 1 leading.
    pub(crate) elections: u64,
    heard: Instant,
    /// The longest time in which server 2 heard nothing.
    pub(crate) longest_silence: u64,
    has_followed: bool,
}

impl World {
    /// Elects server 1.
    pub(crate) fn new(members: &Membership, disk: &Recovered, link: Link) -> Self {
        let node = |id, disk| {
            let mut config = Config::new(NodeId(id), members.clone());
            config.settings.lease_reads = false;
            Node::new(config, disk, Instant(1)).expect("the settings are valid")
        };
        let mut world = Self {
            now: Instant(1),
            nodes: [node(1, disk.clone()), node(2, Recovered::default()), node(3, disk.clone())],
            is_third_cut_off: false,
            links: [link.clone(), link],
            local: VecDeque::from([(0, Input::ForceElection)]),
            began: None,
            sent_bytes: 0,
            elections: 0,
            heard: Instant(1),
            longest_silence: 0,
            has_followed: false,
        };
        while world.nodes[0].role() != RoleKind::Leader {
            world.step();
        }
        world.is_third_cut_off = world.links[0].loss == 0;
        world
    }

    /// Goes on until server 2 has everything; the microseconds since the first byte. `None` if it
    /// takes longer than `limit`.
    pub(crate) fn run(&mut self, limit: u64) -> Option<u64> {
        let target = self.nodes[0].log().last().index.previous().max(LogIndex(1));
        while self.nodes[1].log().last().index < target {
            if self.now.0 > limit {
                return None;
            }
            self.step();
        }
        Some((self.now - self.began?).as_micros() as u64)
    }

    /// Handles the next input, and carries out what comes of it.
    fn step(&mut self) {
        let (place, input) = self.next();
        if place == 1 && matches!(input, Input::Message { .. }) {
            let silence = (self.now - self.heard).as_micros() as u64;
            if self.has_followed {
                self.longest_silence = self.longest_silence.max(silence);
            }
            self.heard = self.now;
        }
        let before = self.leads();
        self.nodes[place].handle(self.now, input);
        let after = self.leads();
        self.has_followed |= after;
        self.elections += u64::from(before && !after);
        while let Poll::Output(output) = self.nodes[place].poll_output() {
            match output {
                Output::Send { to, message } => self.send(place, to, message),
                Output::Persist(write) => {
                    self.local.push_back((place, Input::Persisted(write.id)));
                }
                Output::Apply(_)
                | Output::Restore(_)
                | Output::Reply { .. }
                | Output::SnapshotNeeded { .. }
                | Output::Files(_)
                | Output::Alarm(_)
                | Output::Trace(_) => {}
            }
        }
    }

    fn leads(&self) -> bool {
        self.nodes[0].role() == RoleKind::Leader && self.nodes[1].leader() == Some(NodeId(1))
    }

    /// What happens next, and to whom; the clock shows when.
    fn next(&mut self) -> (usize, Input) {
        if let Some((place, input)) = self.local.pop_front() {
            return (place, input);
        }
        let deadlines = self.nodes.iter().map(Node::deadline).enumerate();
        let up = deadlines.filter(|(place, _)| *place != 2 || !self.is_third_cut_off);
        let (place, due) = up.min_by_key(|(_, at)| *at).expect("there are servers");
        let arrivals = self.links.iter().enumerate();
        let first = arrivals.filter_map(|(link, l)| Some((l.queue.front()?.0, link))).min();
        match first {
            Some((at, link)) if at <= due.0 => {
                self.now = self.now.max(Instant(at));
                let (_, message) = self.links[link].queue.pop_front().expect("it is the first");
                let from = NodeId(link as u64 + 1);
                (1 - link, Input::Message { from, message })
            }
            _ => {
                self.now = self.now.max(due);
                (place, Input::Timeout)
            }
        }
    }

    fn send(&mut self, from: usize, to: NodeId, message: Message) {
        let to = to.0 as usize - 1;
        match (from, to) {
            (0, 1) => {
                if is_data(&message) {
                    self.began.get_or_insert(self.now);
                }
                self.sent_bytes += if self.began.is_some() { size(&message) } else { 0 };
                self.links[0].send(self.now, message);
            }
            (1, 0) => self.links[1].send(self.now, message),
            (0 | 2, 0 | 2) if self.is_third_cut_off => {}
            (0 | 2, 0 | 2) => {
                let from = NodeId(from as u64 + 1);
                self.local.push_back((to, Input::Message { from, message }));
            }
            // Servers 2 and 3 do not reach each other.
            _ => {}
        }
    }
}

/// Whether the message carries what server 2 lacks. The no-op of the term does not count.
fn is_data(message: &Message) -> bool {
    let is_command = |entry: &Entry| matches!(entry.payload, Payload::Command(_));
    if let Body::AppendEntries(request) = &message.body {
        return request.entries.first().is_some_and(is_command);
    }
    matches!(message.body, Body::InstallSnapshot(_))
}

fn size(message: &Message) -> u64 {
    let data = if let Body::InstallSnapshot(piece) = &message.body {
        piece.data.len() as u64
    } else if let Body::AppendEntries(request) = &message.body {
        request.entries.iter().map(|entry| ENTRY_BYTES + entry.payload.len() as u64).sum()
    } else {
        0
    };
    HEADER_BYTES + data
}
