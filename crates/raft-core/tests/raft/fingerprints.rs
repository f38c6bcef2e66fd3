//! Fingerprints: nodes that have the same one behave alike.
//!
//! Three servers go through a long random run. Whenever a node has the fingerprint of an earlier
//! one, many inputs are tried on clones of both: outputs and next fingerprints must be the same.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;

use raft_core::{
    Bytes, Config, Input, Instant, Lens, LogIndex, Membership, MembershipChange, Message, Node,
    NodeId, Output, PersistId, Poll, ReadMode, Recovered, RequestId, RoleKind, Settings,
};

/// A step of time, in µs: all moments are multiples, so that waits of equal length occur.
const TICK: u64 = 50_000;

struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// A node and the numbers that its driver has for it.
#[derive(Clone)]
struct Seat {
    node: Node,
    /// What its clock showed at its last input.
    at: u64,
    issued: u64,
    reported: u64,
    disk: Recovered,
    writes: VecDeque<raft_core::Persist>,
}

impl Seat {
    fn start(config: Config, disk: Recovered, at: u64) -> Self {
        let node = Node::new(config, disk.clone(), Instant(at)).expect("the disk is sound");
        let mut seat = Self { node, at, issued: 0, reported: 0, disk, writes: VecDeque::new() };
        let _ = seat.drain();
        seat
    }

    /// One input, so long after the last one, then the outputs. Numbers of writes count from the
    /// last one that was reported before.
    fn handle(&mut self, later: u64, input: Input) -> Vec<Poll> {
        self.at += later;
        if let Input::Persisted(id) = input {
            self.reported = id.0;
        }
        self.node.handle(Instant(self.at), input);
        self.drain()
    }

    fn drain(&mut self) -> Vec<Poll> {
        let mut polls = Vec::new();
        loop {
            match self.node.poll_output() {
                Poll::Output(Output::Persist(write)) => {
                    self.issued = write.id.0;
                    self.writes.push_back(write.clone());
                    let id = PersistId(write.id.0 - self.reported);
                    polls.push(Poll::Output(Output::Persist(raft_core::Persist { id, ..write })));
                }
                Poll::Output(output) => polls.push(Poll::Output(output)),
                Poll::Drained { deadline } => {
                    let deadline = Instant(deadline.0.saturating_sub(self.at));
                    polls.push(Poll::Drained { deadline });
                    return polls;
                }
            }
        }
    }

    fn print(&self, lens: Lens<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.node.fingerprint(&mut hasher, lens);
        hasher.finish()
    }
}

struct Run {
    seats: Vec<Seat>,
    /// The name of each server; ids in `links` are names too.
    names: [u64; 3],
    /// In flight, by sender and receiver (places, not names).
    links: BTreeMap<(usize, usize), Vec<Message>>,
    settings: Settings,
    now: u64,
    requests: u64,
}

impl Run {
    fn new(settings: Settings, names: [u64; 3]) -> Self {
        let mut run = Self {
            seats: Vec::new(),
            names,
            links: BTreeMap::new(),
            settings,
            now: 1_000_000,
            requests: 0,
        };
        for place in 0..3 {
            let config = run.config(place);
            run.seats.push(Seat::start(config, Recovered::default(), run.now));
        }
        run
    }

    fn config(&self, place: usize) -> Config {
        let members = Membership::new(self.names.map(NodeId));
        let mut config = Config::new(NodeId(self.names[place]), members);
        (config.seed, config.settings) = (1, self.settings.clone());
        config
    }

    fn place_of(&self, node: NodeId) -> Option<usize> {
        self.names.iter().position(|name| NodeId(*name) == node)
    }

    fn give(&mut self, place: usize, input: Input) {
        let later = self.now - self.seats[place].at;
        for poll in self.seats[place].handle(later, input) {
            if let Poll::Output(Output::Send { to, message }) = poll
                && let Some(to) = self.place_of(to)
            {
                self.links.entry((place, to)).or_default().push(message);
            }
        }
    }

    /// Something random happens to a server, whose place is returned.
    fn step(&mut self, rng: &mut Rng, changes: bool) -> usize {
        let place = rng.below(3);
        let [kind, choice, other] = [rng.below(60), rng.below(1 << 20), rng.below(3)];
        self.requests += 1;
        let request = RequestId(self.requests % 3);
        match kind {
            0..18 | 36..56 => self.deliver((place, other), choice),
            18..24 => self.report(place, choice),
            24..27 => {
                let bytes = [b'a' + (choice % 2) as u8];
                self.give(place, Input::Propose { request, command: bytes.as_slice().into() });
            }
            27 => self.give(place, Input::Read { request, mode: ReadMode::Quorum }),
            28 => self.give(place, Input::Read { request, mode: ReadMode::Lease }),
            29 => self.give(place, Input::ForceElection),
            30 => self.give(place, Input::ForgetLeader),
            31 => {
                let to = NodeId(self.names[other]);
                self.give(place, Input::TransferLeadership { request, to });
            }
            32 => {
                let through = self.seats[place].node.last_applied();
                let data = Bytes::from([b's'].as_slice()).into();
                self.give(place, Input::SnapshotTaken { through, data });
            }
            33 => self.crash(place, choice),
            34 if changes => {
                let change = match choice % 3 {
                    0 => MembershipChange::Demote(NodeId(self.names[other])),
                    1 => MembershipChange::AddVoter(NodeId(self.names[other])),
                    _ => MembershipChange::AddLearner(NodeId(9)),
                };
                let contexts = Vec::new();
                self.give(
                    place,
                    Input::ChangeMembership { request, change, contexts, force: choice % 2 == 0 },
                );
            }
            _ => {
                self.now += if self.settings.check_quorum { TICK } else { 1 };
                for place in 0..3 {
                    if self.seats[place].node.deadline().0 <= self.now {
                        self.give(place, Input::Timeout);
                    }
                }
            }
        }
        place
    }

    fn deliver(&mut self, (to, from): (usize, usize), choice: usize) {
        let Some(waiting) = self.links.get_mut(&(from, to)).filter(|w| !w.is_empty()) else {
            return;
        };
        let place = choice / 4 % waiting.len();
        let message =
            if choice.is_multiple_of(4) { waiting[place].clone() } else { waiting.remove(place) };
        waiting.drain(..waiting.len().saturating_sub(6));
        self.give(to, Input::Message { from: NodeId(self.names[from]), message });
    }

    fn report(&mut self, place: usize, choice: usize) {
        let seat = &mut self.seats[place];
        let count = if choice.is_multiple_of(3) { 1 } else { seat.writes.len() };
        let writes: Vec<_> = seat.writes.drain(..count.min(seat.writes.len())).collect();
        let Some(last) = writes.last() else { return };
        let id = last.id;
        writes.into_iter().for_each(|write| seat.disk.store(write));
        self.give(place, Input::Persisted(id));
    }

    fn crash(&mut self, place: usize, choice: usize) {
        let config = self.config(place);
        let seat = &mut self.seats[place];
        let kept = choice % (seat.writes.len() + 1);
        let writes: Vec<_> = seat.writes.drain(..kept).collect();
        writes.into_iter().for_each(|write| seat.disk.store(write));
        *seat = Seat::start(config, seat.disk.clone(), self.now);
    }

    /// Inputs for a server: all that are of this moment, and some that are impossible.
    fn inputs(&self, place: usize) -> Vec<(u64, Input)> {
        let request = RequestId(77);
        let id = NodeId(self.names[(place + 1) % 3]);
        let through = self.seats[place].node.last_applied();
        let command = Bytes::from([b'z'].as_slice());
        let contexts = Vec::new();
        let mut inputs = vec![
            (0, Input::Timeout),
            (1, Input::Timeout),
            (TICK, Input::Timeout),
            (4 * TICK, Input::Timeout),
            (90 * TICK, Input::Timeout),
            (0, Input::Propose { request, command: command.clone() }),
            (0, Input::Read { request, mode: ReadMode::Quorum }),
            (TICK, Input::Read { request, mode: ReadMode::Lease }),
            (0, Input::ForceElection),
            (0, Input::ForgetLeader),
            (0, Input::TransferLeadership { request, to: id }),
            (0, Input::CancelChange { request }),
            (0, Input::SnapshotTaken { through, data: command.into() }),
            (0, Input::SnapshotFailed { through: LogIndex(1) }),
        ];
        let change = MembershipChange::Demote(id);
        inputs.push((0, Input::ChangeMembership { request, change, contexts, force: true }));
        for ((from, to), messages) in &self.links {
            if *to == place {
                let from = NodeId(self.names[*from]);
                inputs.extend(messages.iter().flat_map(|message| {
                    let input = Input::Message { from, message: message.clone() };
                    [(0, input.clone()), (3 * TICK, input)]
                }));
            }
        }
        inputs
    }
}

/// Tries inputs on two nodes that count as the same, and after each a timeout, which shows more.
fn compare(one: &Seat, other: &Seat, mut inputs: Vec<(u64, Input)>, lens: Lens<'_>) {
    let pending = one.issued - one.reported;
    assert_eq!(pending, other.issued - other.reported);
    inputs.extend((1..=pending).map(|write| (0, Input::Persisted(PersistId(write)))));
    for (later, input) in inputs {
        // Little time passes where it does not count.
        let later = if lens.with_time { later } else { later.min(1) };
        let (mut one, mut other) = (one.clone(), other.clone());
        for input in [input.clone(), Input::Timeout] {
            let [outputs, others] = [&mut one, &mut other].map(|seat| {
                let input = if let Input::Persisted(id) = input {
                    Input::Persisted(PersistId(seat.reported + id.0))
                } else {
                    input.clone()
                };
                said(seat.handle(later, input), lens)
            });
            assert_eq!(outputs, others, "{input:?}");
            assert_eq!(one.print(lens), other.print(lens), "{input:?}");
        }
    }
}

/// Without time, the deadline does not count. Messages come last, and those for different servers
/// have no order.
fn said(mut polls: Vec<Poll>, lens: Lens<'_>) -> Vec<Poll> {
    polls.retain(|poll| lens.with_time || matches!(poll, Poll::Output(_)));
    polls.sort_by_key(|poll| match poll {
        Poll::Output(Output::Send { to, .. }) => Some(*to),
        Poll::Output(_) | Poll::Drained { .. } => None,
    });
    polls
}

/// Runs, and compares each node with the first one that had its fingerprint. How many pairs were
/// compared whose states were not the same in every detail, and how many of those led.
fn compare_all(settings: &Settings, lens: Lens<'_>, changes: bool) -> (usize, usize) {
    let (mut pairs, mut leaders) = (0, 0);
    let mut seen: BTreeMap<(u64, u64), (Seat, String)> = BTreeMap::new();
    for seed in 1..=120 {
        let (mut run, mut rng) = (Run::new(settings.clone(), [1, 2, 3]), Rng(seed));
        for _ in 0..300 {
            let place = run.step(&mut rng, changes);
            let seat = &run.seats[place];
            let (print, details) = (seat.print(lens), format!("{:?}", seat.node));
            match seen.get(&(run.names[place], print)) {
                Some((_, known)) if *known == details => {}
                Some((earlier, _)) => {
                    pairs += 1;
                    leaders += usize::from(seat.node.role() == RoleKind::Leader);
                    compare(seat, earlier, run.inputs(place), lens);
                }
                None => {
                    seen.insert((run.names[place], print), (seat.clone(), details));
                }
            }
        }
    }
    (pairs, leaders)
}

fn timed() -> Settings {
    let timeout = Duration::from_micros(3 * TICK);
    Settings {
        heartbeat_interval: Duration::from_micros(TICK),
        election_timeout_min: timeout,
        election_timeout_max: timeout,
        trailing_entries: 1,
        ..Settings::default()
    }
}

/// Hardly any time passes against an election timeout.
fn timeless() -> Settings {
    let timeout = Duration::from_secs(3600);
    Settings {
        heartbeat_interval: Duration::from_micros(1),
        election_timeout_min: timeout,
        election_timeout_max: timeout,
        pre_vote: false,
        check_quorum: false,
        lease_reads: false,
        ..timed()
    }
}

#[test]
fn nodes_with_one_fingerprint_behave_alike() {
    for changes in [false, true] {
        let (pairs, leaders) = compare_all(&timed(), Lens::TIMED, changes);
        assert!(pairs > 1000 && leaders > 50, "only {pairs} pairs, {leaders} of leaders");
    }
}

#[test]
fn without_time_nodes_with_one_fingerprint_behave_alike() {
    for changes in [false, true] {
        let (pairs, leaders) = compare_all(&timeless(), Lens::TIMELESS, changes);
        assert!(pairs > 1000 && leaders > 50, "only {pairs} pairs, {leaders} of leaders");
    }
}

#[test]
fn names_of_servers_can_be_exchanged() {
    for settings in [timed(), timeless()] {
        let (names, mut led) = ([3, 1, 2], 0);
        let name = |node: NodeId| NodeId(names[node.0 as usize - 1]);
        let renamed = Lens { with_time: true, name: &name };
        for seed in 1..=20 {
            let runs = [[1, 2, 3], names].map(|names| Run::new(settings.clone(), names));
            let [mut run, mut other] = runs;
            let (mut rng, mut same) = (Rng(seed), Rng(seed));
            for _ in 0..300 {
                let place = run.step(&mut rng, false);
                other.step(&mut same, false);
                led += usize::from(run.seats[place].node.role() == RoleKind::Leader);
                let (print, others) =
                    (run.seats[place].print(renamed), other.seats[place].print(Lens::TIMED));
                assert_eq!(print, others, "{:?}", run.seats[place].node);
            }
        }
        assert!(led > 100, "{led} steps of leaders");
    }
}
