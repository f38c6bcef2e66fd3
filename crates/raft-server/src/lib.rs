//! A server of a replicated state machine, without I/O.
//!
//! [`Replica`] is a [`raft_core::Node`], a [`StateMachine`], and the requests in between: who asked
//! what, and what each is answered. The core decides which commands are committed, in which order.
//! The replica applies them, and answers each caller from the state machine as it is at that place
//! of the log. It has no clock, files, sockets or threads. A *driver* owns those, on a real machine
//! or in a simulated world, so both run the same server.
//!
//! # The contract: inputs, then drain
//!
//! It is the contract of the [core](raft_core#the-contract-inputs-then-drain). Hand over each
//! [`ReplicaInput`] with [`Replica::handle`], then take every [`ReplicaOutput`] with
//! [`Replica::poll_output`] and carry them out in that order. Several inputs may come before a
//! drain: commands and reads in a row then become one write, and one message to each peer.
//!
//! The encodings of messages and writes are the driver's, like all that crosses its borders:
//! `raft-storage` has records for writes. What the core asks of a driver
//! ([`raft_core::drivers`]) a replica asks too, except that it applies the entries and matches the
//! answers by itself.
//!
//! ```
//! use raft_core::{Bytes, Config, Instant, LogIndex, Membership, NodeId, ReadMode, Recovered};
//! use raft_server::{
//!     Replica, ReplicaAnswer, ReplicaInput, ReplicaOutput, ReplicaRequest, StateMachine,
//! };
//!
//! /// A sum of the bytes of all commands.
//! struct Sum(u64);
//!
//! impl StateMachine for Sum {
//!     type Query = ();
//!     type Response = u64;
//!     type RestoreError = &'static str;
//!
//!     fn apply(&mut self, _: LogIndex, command: &Bytes) -> u64 {
//!         self.0 += command.iter().map(|byte| u64::from(*byte)).sum::<u64>();
//!         self.0
//!     }
//!
//!     fn skip(&mut self, _: LogIndex) {}
//!
//!     fn read(&self, _: &()) -> u64 {
//!         self.0
//!     }
//!
//!     fn snapshot(&self) -> Vec<u8> {
//!         self.0.to_le_bytes().to_vec()
//!     }
//!
//!     fn restore(&mut self, data: &Bytes) -> Result<(), &'static str> {
//!         self.0 = u64::from_le_bytes((**data).try_into().map_err(|_| "not eight bytes")?);
//!         Ok(())
//!     }
//! }
//!
//! type Server = Replica<Sum, &'static str>;
//!
//! /// One input, then drain. A write that is stored is the next input. Who was answered, and what.
//! fn handle(
//!     server: &mut Server,
//!     input: ReplicaInput<(), &'static str>,
//! ) -> Vec<(&'static str, ReplicaAnswer<u64>)> {
//!     let now = server.deadline();
//!     server.handle(now, input);
//!     let mut answers = Vec::new();
//!     while let Some(output) = server.poll_output() {
//!         match output {
//!             ReplicaOutput::Persist(write) => {
//!                 // A real driver stores it first.
//!                 server.handle(now, ReplicaInput::Persisted(write.id));
//!             }
//!             ReplicaOutput::Answer { caller, answer, .. } => answers.push((caller, answer)),
//!             ReplicaOutput::Restore(snapshot) => {
//!                 let data = snapshot.data.bytes().expect("there are no files");
//!                 server.restore(data).expect("it has a checksum");
//!             }
//!             ReplicaOutput::SnapshotNeeded { .. } => {
//!                 let (through, data) = server.snapshot();
//!                 server.handle(now, ReplicaInput::SnapshotTaken { through, data: data.into() });
//!             }
//!             // The only server of its cluster sends nothing.
//!             ReplicaOutput::Send { .. } | ReplicaOutput::Files(_) => {}
//!             ReplicaOutput::Applied(_) | ReplicaOutput::Order { .. } => {}
//!             ReplicaOutput::Alarm(alarm) => eprintln!("{alarm}"),
//!             ReplicaOutput::Trace(trace) => println!("{trace}"),
//!         }
//!     }
//!     answers
//! }
//!
//! let config = Config::new(NodeId(1), Membership::new([NodeId(1)]));
//! let mut server = Server::new(config, Recovered::default(), Sum(0), Instant(0))?;
//! let command = ReplicaRequest::Command(Bytes::from(&[2, 3][..]));
//! let ask = |caller, request| ReplicaInput::Request { caller, request };
//! let early = handle(&mut server, ask("early", command.clone()));
//! assert_eq!(early, [("early", ReplicaAnswer::NotLeader(None))]);
//!
//! handle(&mut server, ReplicaInput::Timeout); // Its election timer elapses, and it leads.
//! let written = handle(&mut server, ask("writer", command));
//! assert_eq!(written, [("writer", ReplicaAnswer::Response(5))]);
//! let question = ReplicaRequest::Read { query: (), mode: ReadMode::Quorum };
//! let read = handle(&mut server, ask("reader", question));
//! assert_eq!(read, [("reader", ReplicaAnswer::Response(5))]);
//! # Ok::<(), raft_core::RestartError>(())
//! ```
//!
//! # Which answer belongs to whom
//!
//! A request has an identity from its arrival to its answer, and a caller gets exactly one answer,
//! unless the replica stops or is dropped first. The response to a command is that of the entry at
//! which it was committed. On a follower that forwards commands
//! ([`Settings::forward_proposals`](raft_core::Settings::forward_proposals)), the entry may be
//! applied before the leader's word of its place arrives. So while forwarded requests wait, the
//! replica keeps the last 1,024 responses.
//!
//! A question is answered from the state at the moment at which the core allows the read. Nobody
//! needs to allow a look at [`Replica::machine`], which may be old.
//!
//! # What is deliberately absent
//!
//! - **Sessions.** To apply a command once although a client repeats it (§8) is the state machine's
//!   business: only a state that is replicated can remember what it applied.
//! - **Time limits of clients.** A command that waits may still be committed. Who does not want to
//!   wait for the answer drops it when it comes.
//! - **A second queue.** Responses are computed in the drain. A slow state machine slows its
//!   server, and with it the clients: no queue in between can overflow.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod io;
mod machine;
mod replica;

pub use io::{ReplicaAnswer, ReplicaInput, ReplicaOutput, ReplicaRequest};
pub use machine::StateMachine;
pub use replica::Replica;
