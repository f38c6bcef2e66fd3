//! Every decision, with its reason and its section of the paper.
//!
//! [`Trace`] is nested by topic. Each topic is a file: its decisions, the reasons in them, their
//! sections and their words. The `Display` forms are the words that the command line and the page
//! show. Their subject is the server, which they do not name ("refuses its vote to node 1: …"): the
//! reader of a trace knows whose it is.

mod client;
mod commit;
mod disk;
mod election;
mod ignored;
mod lifecycle;
mod membership;
mod pre_vote;
mod read;
mod replication;
mod snapshot;
mod term;
mod transfer;

use core::fmt;

pub use self::client::ClientTrace;
pub use self::commit::CommitTrace;
pub use self::disk::DiskTrace;
pub use self::election::{ElectionReason, ElectionRefusal, ElectionTrace, VoteRefusal};
pub use self::ignored::{IgnoreReason, IgnoredMessage};
pub use self::lifecycle::LifecycleTrace;
pub use self::membership::MembershipTrace;
pub use self::pre_vote::PreVoteTrace;
pub use self::read::ReadTrace;
pub use self::replication::{AppendRefusal, ReplicationTrace};
pub use self::snapshot::{SnapshotRefusal, SnapshotTrace};
pub use self::term::{ForgetRefusal, StepDownReason, TermTrace};
pub use self::transfer::TransferTrace;

use crate::words::Section;
use crate::{Say, Speaker, Thing, print_as_said};

/// Defines [`Trace`] and, for each topic, the conversion into it.
macro_rules! topics {
    ($($(#[$doc:meta])* $topic:ident($decision:ty)),+ $(,)?) => {
        /// One decision of a server, by topic.
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub enum Trace {
            $($(#[$doc])* $topic($decision),)+
        }

        $(
            impl From<$decision> for Trace {
                fn from(decision: $decision) -> Self {
                    Self::$topic(decision)
                }
            }
        )+

        impl Trace {
            /// The section of the Raft paper (extended version), or of the dissertation, that the
            /// decision follows.
            pub fn section(&self) -> Option<&'static str> {
                match self {
                    $(Self::$topic(decision) => decision.section(),)+
                }
            }
        }

        impl<T: From<Thing>> Say<T> for Trace {
            fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
                match self {
                    $(Self::$topic(decision) => decision.say(out)?,)+
                }
                match self.section() {
                    Some(section) => Section(section).say(out),
                    None => Ok(()),
                }
            }
        }

        print_as_said!(Thing: Trace, $($decision),+);
    };
}

topics! {
    /// A start.
    Lifecycle(LifecycleTrace),
    /// The term and its leader (§5.1, §5.2).
    Term(TermTrace),
    /// Pre-votes (dissertation §9.6).
    PreVote(PreVoteTrace),
    /// Elections (§5.2, §5.4.1).
    Election(ElectionTrace),
    /// Log replication (§5.3).
    Replication(ReplicationTrace),
    /// The commit index (§5.3, §5.4.2).
    Commit(CommitTrace),
    /// Commands of clients (§8).
    Client(ClientTrace),
    /// Reads without log entries (dissertation §6.4).
    Read(ReadTrace),
    /// Leadership transfer (dissertation §3.10).
    Transfer(TransferTrace),
    /// Membership changes (§6).
    Membership(MembershipTrace),
    /// Snapshots (§7).
    Snapshot(SnapshotTrace),
    /// The server's own disk.
    Disk(DiskTrace),
    /// A message without an effect.
    Ignored(IgnoredMessage),
}

print_as_said! {
    Thing: AppendRefusal, ElectionReason, ElectionRefusal, ForgetRefusal, IgnoreReason,
    SnapshotRefusal, StepDownReason, VoteRefusal,
}
