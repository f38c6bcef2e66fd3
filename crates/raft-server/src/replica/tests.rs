//! What a caller is told, and when nothing leaves any more. The cluster has three replicas, of
//! which the first one leads; a disk stores at once.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use raft_core::{
    Body, HardState, LogPosition, Membership, MembershipChange, Message, NodeId, ReadMode, Refusal,
    RoleKind, SnapshotData, Term,
};

use super::*;

/// The state machine: all commands, with commas between.
#[derive(Clone, Default, Debug)]
struct Words(String);

impl StateMachine for Words {
    type Query = &'static str;
    type Response = String;
    type RestoreError = &'static str;

    fn apply(&mut self, index: LogIndex, command: &Bytes) -> String {
        let word = core::str::from_utf8(command).unwrap();
        let comma = if self.0.is_empty() { "" } else { "," };
        self.0 = format!("{}{comma}{word}", self.0);
        format!("{word} at {index}")
    }

    fn skip(&mut self, _: LogIndex) {}

    fn read(&self, query: &&'static str) -> String {
        format!("{query} {}", self.0)
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    fn restore(&mut self, data: &Bytes) -> Result<(), &'static str> {
        self.0 = String::from_utf8(data.to_vec()).map_err(|_| "no words")?;
        Ok(())
    }
}

/// Callers are numbers.
type Server = Replica<Words, u32>;

struct Cluster {
    servers: Vec<Server>,
    now: Instant,
    /// From, to, and the message.
    network: VecDeque<(usize, usize, Message)>,
    /// No message reaches this server or comes from it.
    cut_off: Option<usize>,
    answers: Vec<(u32, Outcome, ReplicaAnswer<String>)>,
    orders: Vec<(u32, Outcome)>,
    snapshots_needed: Vec<(usize, LogIndex)>,
    restored: Vec<usize>,
}

impl Cluster {
    fn new(change: impl Fn(&mut Config)) -> Self {
        let ids = [1, 2, 3].map(NodeId);
        let servers = ids.map(|id| {
            let mut config = Config::new(id, Membership::new(ids));
            config.seed = id.0;
            change(&mut config);
            Server::new(config, Recovered::default(), Words::default(), Instant(0)).unwrap()
        });
        let mut cluster = Self {
            servers: servers.into(),
            now: Instant(0),
            network: VecDeque::new(),
            cut_off: None,
            answers: Vec::new(),
            orders: Vec::new(),
            snapshots_needed: Vec::new(),
            restored: Vec::new(),
        };
        cluster.elect(0);
        cluster.beat(0);
        cluster
    }

    /// A second later, when no lease lasts.
    fn elect(&mut self, server: usize) {
        self.now = self.now + Duration::from_secs(1);
        self.give(server, ReplicaInput::ForceElection);
        self.settle();
        assert_eq!(self.servers[server].core().role(), RoleKind::Leader);
    }

    /// A heartbeat, by which followers learn what is committed.
    fn beat(&mut self, leader: usize) {
        self.now = self.servers[leader].deadline();
        self.give(leader, ReplicaInput::Timeout);
        self.settle();
    }

    fn give(&mut self, server: usize, input: ReplicaInput<&'static str, u32>) {
        self.servers[server].handle(self.now, input);
        self.drain(server);
    }

    fn ask(&mut self, server: usize, caller: u32, request: ReplicaRequest<&'static str>) {
        self.give(server, ReplicaInput::Request { caller, request });
    }

    fn drain(&mut self, place: usize) {
        while let Some(output) = self.servers[place].poll_output() {
            match output {
                ReplicaOutput::Persist(write) => {
                    self.servers[place].handle(self.now, ReplicaInput::Persisted(write.id));
                }
                ReplicaOutput::Send { to, message } => {
                    self.network.push_back((place, to.0 as usize - 1, message));
                }
                ReplicaOutput::Applied(entries) => {
                    let last = entries.last().unwrap().index;
                    assert_eq!(self.servers[place].applied(), last);
                }
                ReplicaOutput::Restore(snapshot) => {
                    let none = self.servers[place].poll_output();
                    assert!(none.is_none(), "{none:?} came before the state");
                    let data = snapshot.data.bytes().unwrap();
                    self.servers[place].restore(data).unwrap();
                    self.restored.push(place);
                }
                ReplicaOutput::Answer { caller, outcome, answer } => {
                    self.answers.push((caller, outcome, answer));
                }
                ReplicaOutput::Order { caller, outcome } => self.orders.push((caller, outcome)),
                ReplicaOutput::SnapshotNeeded { through } => {
                    self.snapshots_needed.push((place, through));
                }
                ReplicaOutput::Files(task) => panic!("there are no files: {task:?}"),
                ReplicaOutput::Alarm(alarm) => panic!("{alarm}"),
                ReplicaOutput::Trace(_) => {}
            }
        }
    }

    fn deliver(&mut self, (from, to, message): (usize, usize, Message)) {
        if self.cut_off != Some(from) && self.cut_off != Some(to) {
            self.give(to, ReplicaInput::Message { from: NodeId(from as u64 + 1), message });
        }
    }

    fn settle(&mut self) {
        while let Some(next) = self.network.pop_front() {
            self.deliver(next);
        }
    }

    /// Who was answered since the last call, and what.
    fn take_answers(&mut self) -> Vec<(u32, ReplicaAnswer<String>)> {
        self.answers.drain(..).map(|(caller, _, answer)| (caller, answer)).collect()
    }
}

fn command(text: &str) -> ReplicaRequest<&'static str> {
    ReplicaRequest::Command(Bytes::from(text.as_bytes()))
}

fn read(query: &'static str) -> ReplicaRequest<&'static str> {
    ReplicaRequest::Read { query, mode: ReadMode::Quorum }
}

fn response(text: &str) -> ReplicaAnswer<String> {
    ReplicaAnswer::Response(text.into())
}

/// Equal commands, and a read between them, all before one drain.
#[test]
fn each_caller_gets_the_response_to_its_own_request() {
    let mut cluster = Cluster::new(|_| {});
    cluster.ask(0, 1, command("b"));
    cluster.settle();
    assert_eq!(cluster.take_answers(), [(1, response("b at 2"))]);
    for (caller, request) in [(9, command("a")), (4, command("a")), (7, read("all"))] {
        cluster.servers[0].handle(cluster.now, ReplicaInput::Request { caller, request });
    }
    assert_eq!(cluster.servers[0].open_requests(), 3);
    cluster.drain(0);
    cluster.settle();
    let mut answers = cluster.take_answers();
    answers.sort_by_key(|(caller, _)| *caller);
    let expected = [(4, response("a at 4")), (7, response("all b")), (9, response("a at 3"))];
    assert_eq!(answers, expected);
    assert_eq!(cluster.servers[0].open_requests(), 0);
}

/// A follower answers from its own state, when that has what the leader had committed.
#[test]
fn a_follower_waits_with_the_answer_to_a_read_until_it_has_applied() {
    let mut cluster = Cluster::new(|_| {});
    cluster.ask(0, 1, command("a"));
    cluster.settle();
    assert_eq!(cluster.take_answers(), [(1, response("a at 2"))]);
    assert_eq!(cluster.servers[2].machine().0, "", "it has not heard of the commit");
    cluster.ask(2, 2, read("it"));
    cluster.settle();
    cluster.beat(0);
    assert_eq!(cluster.take_answers(), [(2, response("it a"))]);
}

#[test]
fn a_server_that_does_not_lead_names_the_leader_if_it_knows_one() {
    let mut cluster = Cluster::new(|_| {});
    cluster.ask(1, 5, command("a"));
    cluster.ask(1, 6, ReplicaRequest::TransferLeadership { to: NodeId(3) });
    let leader = Some(NodeId(1));
    assert_eq!(cluster.take_answers(), [(5, ReplicaAnswer::NotLeader(leader))]);
    assert_eq!(cluster.orders, [(6, Outcome::NotLeader { leader })]);
    cluster.now = cluster.now + Duration::from_secs(1);
    cluster.give(1, ReplicaInput::ForceElection);
    cluster.network.clear();
    cluster.ask(1, 7, command("a"));
    assert_eq!(cluster.take_answers(), [(7, ReplicaAnswer::NotLeader(None))]);
}

/// The callers of a deposed leader hear the outcomes of their requests, not of those of others at
/// the same places.
#[test]
fn a_deposed_leader_answers_what_it_was_asked() {
    let mut cluster = Cluster::new(|_| {});
    cluster.cut_off = Some(0);
    cluster.ask(0, 1, command("lost"));
    cluster.ask(0, 2, read("all"));
    cluster.settle();
    assert_eq!(cluster.take_answers(), []);
    cluster.elect(1);
    cluster.ask(1, 3, command("kept"));
    cluster.settle();
    assert_eq!(cluster.take_answers(), [(3, response("kept at 3"))]);
    cluster.cut_off = None;
    cluster.beat(1);
    cluster.beat(1);
    let mut answers = cluster.take_answers();
    answers.sort_by_key(|(caller, _)| *caller);
    let expected = [(1, ReplicaAnswer::Superseded), (2, ReplicaAnswer::NotLeader(None))];
    assert_eq!(answers, expected);
    assert_eq!(cluster.servers[0].machine().0, "kept");
}

/// The entry is applied, and drained, before the follower hears that it is the one of its caller.
#[test]
fn a_forwarded_command_has_its_response_though_the_entries_overtook_the_reply() {
    let mut cluster = Cluster::new(|config| config.settings.forward_proposals = true);
    cluster.ask(0, 1, command("b"));
    cluster.ask(2, 8, command("a"));
    let reply = overtake_reply(&mut cluster);
    assert_eq!(cluster.servers[2].machine().0, "b,a");
    assert_eq!(cluster.take_answers(), [(1, response("b at 2"))]);
    cluster.deliver(reply);
    assert_eq!(cluster.take_answers(), [(8, response("a at 3"))]);
    assert!(cluster.servers[2].responses.is_empty(), "nobody waits for another");
}

/// Delivers everything but the reply to a forwarded command, and the heartbeat after it.
fn overtake_reply(cluster: &mut Cluster) -> (usize, usize, Message) {
    let mut reply = None;
    while let Some(next) = cluster.network.pop_front() {
        if matches!(next.2.body, Body::ForwardReply(_)) {
            reply = Some(next);
        } else {
            cluster.deliver(next);
        }
    }
    cluster.beat(0);
    reply.expect("the leader replied")
}

/// Then the answer is that the outcome is unknown.
#[test]
fn the_responses_that_are_kept_are_bounded() {
    let mut cluster = Cluster::new(|config| config.settings.forward_proposals = true);
    cluster.ask(2, 8, command("a"));
    let reply = overtake_reply(&mut cluster);
    for caller in 0..MAX_RESPONSES as u32 {
        cluster.ask(0, 100 + caller, command("b"));
        cluster.settle();
    }
    cluster.beat(0);
    assert_eq!(cluster.servers[2].responses.len(), MAX_RESPONSES);
    cluster.take_answers();
    cluster.deliver(reply);
    assert_eq!(cluster.take_answers(), [(8, ReplicaAnswer::Unknown)]);
}

/// A read that waits, for ever here, is told of no command.
#[test]
fn a_response_that_nobody_waits_for_is_not_kept() {
    let mut cluster = Cluster::new(|config| config.settings.forward_proposals = true);
    cluster.ask(2, 1, command("a"));
    cluster.settle();
    cluster.beat(0);
    assert_eq!(cluster.take_answers(), [(1, response("a at 2"))]);
    cluster.ask(2, 2, read("all"));
    cluster.network.clear();
    cluster.ask(0, 3, command("b"));
    cluster.settle();
    cluster.beat(0);
    assert_eq!(cluster.servers[2].open_requests(), 1);
    assert!(cluster.servers.iter().all(|server| server.machine().0 == "a,b"));
    assert!(cluster.servers.iter().all(|server| server.responses.is_empty()));
}

/// A client asks again only where that is safe or said not to be.
#[test]
fn each_outcome_means_one_thing_to_a_client() {
    let position = LogPosition::new(LogIndex(7), Term(2));
    let busy = Refusal::TooManyPending { limit: 3 };
    let leader = Some(NodeId(2));
    let cases = [
        (Outcome::Committed(position), ReplicaAnswer::Response(5)),
        (Outcome::Readable { index: LogIndex(7) }, ReplicaAnswer::Response(5)),
        (Outcome::NotLeader { leader }, ReplicaAnswer::NotLeader(leader)),
        (Outcome::Refused(Refusal::NotLeader), ReplicaAnswer::NotLeader(None)),
        (Outcome::Refused(busy), ReplicaAnswer::Refused(busy)),
        (Outcome::Superseded { position }, ReplicaAnswer::Superseded),
    ];
    for (outcome, means) in cases {
        assert_eq!(ReplicaAnswer::new(outcome, Some(5)), means);
    }
    for outcome in [Outcome::Committed(position), Outcome::Unknown { position: None }] {
        assert_eq!(ReplicaAnswer::<u8>::new(outcome, None), ReplicaAnswer::Unknown);
    }
}

#[test]
fn orders_are_answered_with_the_words_of_the_core() {
    let mut cluster = Cluster::new(|_| {});
    let change = MembershipChange::Remove(NodeId(3));
    cluster.ask(0, 1, ReplicaRequest::CancelChange);
    cluster.ask(0, 2, ReplicaRequest::ChangeMembership { change, contexts: vec![], force: true });
    cluster.settle();
    cluster.ask(0, 3, ReplicaRequest::TransferLeadership { to: NodeId(2) });
    cluster.settle();
    assert!(
        matches!(
            cluster.orders[..],
            [
                (1, Outcome::Refused(Refusal::NoChange)),
                (2, Outcome::Committed(_)),
                (3, Outcome::Transferred { to: NodeId(2) }),
            ]
        ),
        "{:?}",
        cluster.orders
    );
}

#[test]
fn a_refusal_says_that_nothing_was_done() {
    let mut cluster = Cluster::new(|config| config.settings.max_command_bytes = 2);
    cluster.ask(0, 1, command("abc"));
    let refusal = Refusal::CommandTooLong { bytes: 3, limit: 2 };
    assert_eq!(cluster.take_answers(), [(1, ReplicaAnswer::Refused(refusal))]);
}

fn compacting(config: &mut Config) {
    config.settings.snapshot_threshold = 4;
    config.settings.trailing_entries = 0;
}

/// A snapshot that fails costs no log, and is asked for again; the one that succeeds brings a
/// server up that was away. Nothing leaves it before it has the state.
#[test]
fn a_snapshot_that_fails_is_asked_for_again() {
    let mut cluster = Cluster::new(compacting);
    cluster.cut_off = Some(2);
    let write = |cluster: &mut Cluster, caller| {
        cluster.ask(0, caller, command("a"));
        cluster.settle();
    };
    (1..=3).for_each(|caller| write(&mut cluster, caller));
    assert_eq!(cluster.snapshots_needed, [(0, LogIndex(4))]);
    cluster.give(0, ReplicaInput::SnapshotFailed { through: LogIndex(4) });
    assert_eq!(cluster.servers[0].core().log().len(), 4);
    write(&mut cluster, 4);
    assert!(cluster.snapshots_needed.contains(&(0, LogIndex(5))), "it is asked for again");

    let (through, data) = cluster.servers[0].snapshot();
    assert_eq!((through, &data[..]), (LogIndex(5), &b"a,a,a,a"[..]));
    cluster.give(0, ReplicaInput::SnapshotTaken { through, data: SnapshotData::Bytes(data) });
    assert_eq!(cluster.servers[0].core().log().len(), 0);
    cluster.cut_off = None;
    cluster.beat(0);
    cluster.beat(0);
    assert_eq!(cluster.restored, [2]);
    assert_eq!(cluster.servers[2].machine().0, "a,a,a,a");
    assert_eq!(cluster.servers[2].applied(), LogIndex(5));
}

#[test]
fn a_state_that_cannot_be_restored_lets_nothing_leave() {
    let members = Membership::new([1, 2, 3].map(NodeId));
    let snapshot = Snapshot {
        last_included_index: LogIndex(5),
        last_included_term: Term(1),
        membership: members.clone(),
        data: Bytes::from(&[0xff][..]).into(),
    };
    let hard_state = HardState { current_term: Term(1), voted_for: None };
    let disk = Recovered { hard_state, snapshot: Some(snapshot), ..Recovered::default() };
    let config = Config::new(NodeId(3), members);
    let mut server = Server::new(config, disk, Words::default(), Instant(0)).unwrap();
    let Some(ReplicaOutput::Restore(snapshot)) = server.poll_output() else {
        panic!("a snapshot is restored first");
    };
    server.handle(server.deadline(), ReplicaInput::Timeout);
    assert_eq!(server.restore(snapshot.data.bytes().unwrap()), Err("no words"));
    assert!(server.poll_output().is_none());
    assert_eq!(server.restore(&Bytes::from(&b"a"[..])), Ok(()));
    assert!(server.poll_output().is_some(), "the election that waited");
    assert_eq!(server.snapshot(), (LogIndex(5), Bytes::from(&b"a"[..])));
}

#[test]
#[should_panic(expected = "only a snapshot that the replica asks for is restored")]
fn nothing_is_restored_without_a_snapshot() {
    let mut cluster = Cluster::new(|_| {});
    let _ = cluster.servers[0].restore(&Bytes::default());
}

/// Not what waits in it, not what is reported later, and no answer: the next flush may succeed
/// without what the failed one was to write.
#[test]
fn after_a_failed_write_nothing_leaves() {
    let mut cluster = Cluster::new(|_| {});
    let server = &mut cluster.servers[0];
    server.handle(cluster.now, ReplicaInput::Request { caller: 1, request: command("a") });
    let mut writes = Vec::new();
    while let Some(output) = server.poll_output() {
        if let ReplicaOutput::Persist(write) = output {
            writes.push(write.id);
        }
    }
    server.handle(cluster.now, ReplicaInput::Request { caller: 2, request: read("all") });
    server.handle(cluster.now, ReplicaInput::PersistFailed);
    assert!(server.is_stopped());
    assert!(server.poll_output().is_none(), "what waited");
    assert_eq!((server.open_requests(), server.deadline()), (0, Instant(u64::MAX)));
    server.handle(cluster.now, ReplicaInput::Persisted(writes[0]));
    server.handle(cluster.now, ReplicaInput::Request { caller: 3, request: command("b") });
    server.handle(cluster.now, ReplicaInput::Timeout);
    assert!(server.poll_output().is_none(), "what came later");
    assert_eq!(server.open_requests(), 0);
    // A snapshot may be read when the write fails.
    assert!(server.restore(&Bytes::default()).is_ok());
}
