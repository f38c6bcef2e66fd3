//! Three servers in one process, each a thread; the network is channels, a disk is a value that
//! outlives its thread. A leader is elected, a command is committed, the leader crashes, the others
//! go on, and the crashed server comes back from its disk.
//!
//! Run it with `cargo run -p helios-raft-core --example three_nodes`.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as RealInstant};

use raft_core::{
    Bytes, Config, Input, Instant, Membership, Message, Node, NodeId, Outcome, Output, Payload,
    Poll, Recovered, RequestId, RoleKind,
};

const IDS: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];

/// What reaches a server.
enum Mail {
    Message { from: NodeId, message: Message },
    Propose { command: &'static str, answer: Sender<Outcome> },
    PowerOff,
}

/// Where each server can be reached. A server that is down is not in it.
type Network = Arc<Mutex<BTreeMap<NodeId, Sender<Mail>>>>;

/// What survives a crash.
type Disk = Arc<Mutex<Recovered>>;

struct Server {
    node: Node,
    disk: Disk,
    network: Network,
    origin: RealInstant,
    /// The state machine: every command so far.
    state: Vec<String>,
    waiting: BTreeMap<u64, Sender<Outcome>>,
    last_request: u64,
}

fn main() {
    let network = Network::default();
    let disks: BTreeMap<NodeId, Disk> = IDS.map(|id| (id, Disk::default())).into();
    let origin = RealInstant::now();
    let mut threads: BTreeMap<NodeId, JoinHandle<()>> =
        IDS.map(|id| (id, start(id, disks[&id].clone(), network.clone(), origin))).into();

    let leader = propose(&network, "first");
    println!("== committed by node {leader}; now it loses its power");
    power_off(&network, leader);
    threads.remove(&leader).expect("it ran").join().expect("it did not panic");

    let next = propose(&network, "second");
    println!("== committed by node {next}; node {leader} comes back from its disk");
    let thread = start(leader, disks[&leader].clone(), network.clone(), origin);
    threads.insert(leader, thread);

    propose(&network, "third");
    // The followers hear with the next heartbeat what is committed.
    thread::sleep(Duration::from_millis(200));
    for id in IDS {
        power_off(&network, id);
    }
    for thread in threads.into_values() {
        thread.join().expect("it did not panic");
    }
}

/// Starts a server from its disk, in a thread of its own.
fn start(id: NodeId, disk: Disk, network: Network, origin: RealInstant) -> JoinHandle<()> {
    let (sender, mail) = mpsc::channel();
    network.lock().expect("not poisoned").insert(id, sender);
    thread::spawn(move || {
        let mut config = Config::new(id, Membership::new(IDS));
        config.trace = true;
        // The clock of `std` may stop while the machine sleeps.
        config.settings.lease_reads = false;
        let recovered = disk.lock().expect("not poisoned").clone();
        let node = Node::new(config, recovered, clock(origin)).expect("the disk is in order");
        let (state, waiting) = (Vec::new(), BTreeMap::new());
        let mut server = Server { node, disk, network, origin, state, waiting, last_request: 0 };
        server.drain();
        server.run(&mail);
        println!("node {id} stops; it had applied {:?}", server.state);
    })
}

fn power_off(network: &Network, id: NodeId) {
    if let Some(sender) = network.lock().expect("not poisoned").remove(&id) {
        // A server that is already gone needs no telling.
        let _ = sender.send(Mail::PowerOff);
    }
}

/// A client: asks one server after the other until one has committed the command. Who that was.
fn propose(network: &Network, command: &'static str) -> NodeId {
    loop {
        for id in IDS {
            let (answer, outcome) = mpsc::channel();
            let Some(server) = network.lock().expect("not poisoned").get(&id).cloned() else {
                continue;
            };
            let asked = server.send(Mail::Propose { command, answer });
            let outcome = asked.is_ok().then(|| outcome.recv_timeout(Duration::from_secs(1)));
            if let Some(Ok(Outcome::Committed(_))) = outcome {
                return id;
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The most mail that is read after the timer elapsed, before the node hears of that.
const MOST_LATE: u32 = 100;

fn clock(origin: RealInstant) -> Instant {
    Instant(origin.elapsed().as_micros() as u64)
}

impl Server {
    fn run(&mut self, mail: &Receiver<Mail>) {
        let mut deadline = self.node.deadline();
        let mut late = 0;
        loop {
            let patience = deadline - clock(self.origin);
            // Mail that waited comes before the timer, but not mail without end.
            late = if patience.is_zero() { late + 1 } else { 0 };
            let next = match late > MOST_LATE {
                true => Err(RecvTimeoutError::Timeout),
                false => mail.recv_timeout(patience),
            };
            let input = match next {
                Ok(Mail::Message { from, message }) => Input::Message { from, message },
                Ok(Mail::Propose { command, answer }) => {
                    self.last_request += 1;
                    self.waiting.insert(self.last_request, answer);
                    let request = RequestId(self.last_request);
                    Input::Propose { request, command: Bytes::from(command.as_bytes()) }
                }
                Err(RecvTimeoutError::Timeout) => Input::Timeout,
                Ok(Mail::PowerOff) | Err(RecvTimeoutError::Disconnected) => return,
            };
            deadline = self.handle(input);
        }
    }

    /// One input, then drain: the whole contract of the core. A write that is done is the next
    /// input. When the node's timer elapses.
    fn handle(&mut self, mut input: Input) -> Instant {
        loop {
            self.node.handle(clock(self.origin), input);
            let (stored, deadline) = self.drain();
            match stored {
                Some(stored) => input = stored,
                None => return deadline,
            }
        }
    }

    /// Carries out the outputs. The report of the last write, if there was one, and the deadline.
    fn drain(&mut self) -> (Option<Input>, Instant) {
        let mut stored = None;
        loop {
            let output = match self.node.poll_output() {
                Poll::Output(output) => output,
                Poll::Drained { deadline } => return (stored, deadline),
            };
            match output {
                Output::Persist(write) => {
                    // It speaks for all writes before it.
                    stored = Some(Input::Persisted(write.id));
                    // A real driver writes a file and calls fsync before it goes on.
                    self.disk.lock().expect("not poisoned").store(write);
                }
                Output::Send { to, message } => {
                    let from = self.node.id();
                    if let Some(peer) = self.network.lock().expect("not poisoned").get(&to) {
                        // A message to a server that just stopped is lost, as on any network.
                        let _ = peer.send(Mail::Message { from, message });
                    }
                }
                Output::Apply(entries) => {
                    for entry in &entries {
                        if let Payload::Command(command) = &entry.payload {
                            self.state.push(String::from_utf8_lossy(command).into_owned());
                        }
                    }
                }
                Output::Reply { request, outcome } => {
                    if let Some(client) = self.waiting.remove(&request.0) {
                        // A client that gave up does not want its answer any more.
                        let _ = client.send(outcome);
                    }
                }
                Output::Trace(trace) if self.node.role() != RoleKind::Follower => {
                    println!("node {} {trace}", self.node.id());
                }
                Output::Alarm(alarm) => println!("node {} ALARM: {alarm}", self.node.id()),
                // This log never grows long enough for a snapshot.
                Output::Trace(_) | Output::Restore(_) | Output::SnapshotNeeded { .. } => {}
                // Only with `Config::snapshot_files`, and after `SnapshotData::File`.
                Output::Files(task) => panic!("there are no files: {task:?}"),
            }
        }
    }
}
