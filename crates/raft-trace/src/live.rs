//! The lines of a trace that is made while it is read: what real servers tell of themselves.
//!
//! Who watches a cluster comes late. So its trace begins with a line for each server that tells its
//! state, and has such a line again wherever events are missing.

use raft_core::{Entry, LogIndex, LogPosition, Membership, NodeId, RoleKind, Term};
use raft_sim::EventKind;

use crate::json::object;
use crate::kinds::{self, FieldRow, KindRow};
use crate::write::{FORM, VERSION};

/// The state of a server, as it tells it itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Observed {
    /// The server.
    pub node: NodeId,
    /// Its role.
    pub role: RoleKind,
    /// Its term.
    pub term: Term,
    /// Its vote in that term.
    pub voted_for: Option<NodeId>,
    /// The last entry that its snapshot covers.
    pub snapshot: LogPosition,
    /// The position before the first entry of `entries`.
    pub log_start: LogPosition,
    /// The last entries of its log.
    pub entries: Vec<Entry>,
    /// Its commit index.
    pub commit_index: LogIndex,
    /// The last entry that it applied.
    pub last_applied: LogIndex,
}

pub(crate) static WATCHED: &[KindRow] = &[
    KindRow {
        name: OBSERVED,
        meaning: "told its state: what was before, or since its last line, is in no line",
        fields: kinds::fields! {
            role: RoleKind,
            term: Term,
            voted_for: Option<NodeId>,
            snapshot: LogPosition,
            log_start: LogPosition,
            entries: Vec<Entry>,
            commit_index: LogIndex,
            last_applied: LogIndex,
        },
    },
    KindRow {
        name: OUT_OF_SIGHT,
        meaning: "does not tell what it does: it is down, or cannot be reached",
        fields: kinds::fields! { reason: &'static str },
    },
];

pub(crate) const OBSERVED: &str = "observed";
pub(crate) const OUT_OF_SIGHT: &str = "out_of_sight";

/// The first line of a trace of real servers.
pub fn live_header(nodes: &[NodeId], membership: &Membership) -> String {
    let mut line = String::new();
    object(&mut line, |header| {
        header.text("form", FORM);
        header.field("version", &VERSION);
        header.text("program", concat!("helios ", env!("CARGO_PKG_VERSION")));
        header.field("nodes", &nodes.to_vec());
        header.field("membership", membership);
        header.field("disks", &Vec::<u64>::new());
    });
    line
}

/// A line of a trace, from the members that [`event_members`] and its like made.
pub fn live_line(event: u64, time_us: u64, cause: Option<u64>, members: &str) -> String {
    let cause = cause.map(|cause| format!("\"cause\":{cause},")).unwrap_or_default();
    format!("{{\"event\":{event},\"time_us\":{time_us},{cause}{members}}}")
}

/// The members of an event's line, but for its number, its time and its cause.
pub fn event_members(kind: &EventKind) -> String {
    members(|line| {
        line.text("kind", kind.full_name());
        kinds::write(kind, line);
        line.text("text", kind);
    })
}

/// The same of a server's state.
pub fn observed_members(observed: &Observed) -> String {
    let it = observed;
    members(|line| {
        line.text("kind", OBSERVED);
        line.field("node", &it.node);
        line.field("role", &it.role);
        line.field("term", &it.term);
        line.field("voted_for", &it.voted_for);
        line.field("snapshot", &it.snapshot);
        line.field("log_start", &it.log_start);
        line.field("entries", &it.entries);
        line.field("commit_index", &it.commit_index);
        line.field("last_applied", &it.last_applied);
        let (node, role, term) = (it.node, it.role, it.term);
        line.text("text", &format_args!("node {node} is {role} of term {term}, as it tells"));
    })
}

/// The same of a server that does not tell anything any more.
pub fn out_of_sight_members(node: NodeId, reason: &str) -> String {
    members(|line| {
        line.text("kind", OUT_OF_SIGHT);
        line.field("node", &node);
        line.text("reason", reason);
        line.text("text", &format_args!("node {node} cannot be seen: {reason}"));
    })
}

fn members(write: impl FnOnce(&mut crate::json::Members<'_>)) -> String {
    let mut line = String::new();
    object(&mut line, write);
    line.pop();
    line.remove(0);
    line
}
