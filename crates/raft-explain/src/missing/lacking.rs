//! Why a node does not have an entry.

use raft_core::{LogIndex, NodeId, Plain};
use raft_sim::{DropReason, Event, EventKind, MessageEvent, words};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::Cause;
use crate::facts::{Named, carries, link};

/// Why the log of a node lacked an entry at an event: the last message with it that was lost, or
/// that was still under way.
pub(crate) fn lacking<'a>(
    run: &Evidence<'a>,
    node: NodeId,
    index: LogIndex,
    at: &Event,
) -> Vec<Vec<Cause>> {
    let sent = run.last_before(at.number, |event| match &event.kind {
        EventKind::Message { to, message, event: MessageEvent::Sent { .. }, .. } => {
            *to == node && carries(message, index)
        }
        _ => false,
    });
    let lost = run.last_before(at.number, |event| match &event.kind {
        EventKind::Message { to, message, event: MessageEvent::Dropped { .. }, .. } => {
            *to == node && carries(message, index)
        }
        _ => false,
    });
    let lacks = words!(node, " lacks ", index);
    if let Some(lost) = lost {
        let EventKind::Message { message, event: MessageEvent::Dropped { reason, .. }, .. } =
            &lost.kind
        else {
            return Vec::new();
        };
        let why = match reason {
            DropReason::NodeDown => words!("is lost, ", node, " is down"),
            other => words!("is lost: ", Plain(other)),
        };
        return Chains::new(*run).led_by(lacks, lost, words!(Named(message), " ", why)).finish();
    }
    let Some(sent) = sent else { return Vec::new() };
    let EventKind::Message { id, message, .. } = &sent.kind else { return Vec::new() };
    match crate::facts::fate(run, sent, *id) {
        Some(end) if end.number < at.number => Vec::new(),
        Some(_) | None => {
            let first = link(sent, words!(lacks, ": ", Named(message), " is still under way"));
            vec![std::iter::once(first).chain(Chains::new(*run).statement_of(sent)).collect()]
        }
    }
}
